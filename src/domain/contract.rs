//! From the choice of a kindergarten to enrolment: choose, send, fill in, sign by both sides on the same bytes.
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use std::collections::HashSet;

use super::journal::facts;
use super::round::Offer;
use super::signature::{self, Desk as SigningDesk, Received, Shown};
use super::{application, journal, notice, paper as wallet, round, transition};
use crate::app::Deed;
use crate::db;
use crate::db::application::Case;
use crate::db::contract::{NewContract, Parties};
use crate::db::file::FileRow;
use crate::db::queue::LockedQueue;
use crate::fault::{Failure, Fault};
use crate::integrations::contract_pdf::{
    self, Bilingual, ChildFacts, ContractFacts, KindergartenFacts, PaperFacts, ParentFacts,
};
use crate::integrations::contract_text::TEMPLATE_VERSION;
use crate::rules::city::City;
use crate::rules::contract::{Awaited, VersionReason};
use crate::rules::deadline::almaty_day;
use crate::rules::document::DocumentKind;
use crate::rules::iin::{Bin, Iin};
use crate::rules::journal::What;
use crate::rules::matching::Need;
use crate::rules::notice::Notice;
use crate::rules::paper::{Dates, Owner, PaperReason};
use crate::rules::person::{FullName, Language};
use crate::rules::phone::Phone;
use crate::rules::reason::KindergartenReason;
use crate::rules::refusal::Refusal;
use crate::rules::signature::{Side, SignatureRefusal, Taken};
use crate::rules::stage::Stage;
use crate::rules::stage_name::StageName;

pub mod check;
mod many;
mod package;
pub mod phone_signing;
mod step;
mod version;

pub use many::{Done, Outcome, ShownText, SignatureFile, WaitingRow, sign_many, waiting};
pub use package::{Kept, Package, kindergarten_package, own_package};
pub use step::{step, step_of_family, steps};
pub use version::{
    Changes, VersionRow, change_terms, changes, kindergarten_version, new_version, own_version, own_versions,
    versions_for_kindergarten, versions_for_parent,
};

pub use crate::db::contract::HeldDocument;
pub use crate::db::contract::{AttachedDocument, ContractRow, FamilyLine, FamilyView};
pub use crate::db::group::ChoiceRow;
pub use crate::db::paper::ReturnRow;

/// What a family with a confirmed voucher may choose from, its wishes first.
pub struct Choices {
    pub rows: Vec<ChoiceRow>,
    /// The group that keeps a place for it.
    pub kept: Option<Uuid>,
    /// The groups that can be chosen now, without anybody else losing a place.
    pub open: HashSet<Uuid>,
}

/// As the page shows it: the deed looks again, under the queue's lock.
pub async fn choices(conn: &mut PgConnection, application: Uuid) -> Result<Choices, Failure> {
    let case = db::application::load(conn, application).await?;
    let queue = db::queue::find_by_id(conn, case.queue).await?.ok_or(Failure::NotFound)?;
    let rows = db::group::for_choice(conn, application).await?;
    let offer = Offer::of(conn, &queue, application).await?;
    let free: Vec<Uuid> = rows.iter().filter(|row| row.suits && row.free > 0).map(|row| row.group).collect();
    Ok(Choices { kept: offer.kept(), open: offer.open(&free), rows })
}

/// The family chooses: the place is held at once, and no other voucher loses its place by it. The queue is locked before
/// the case, as everywhere: choices, rounds and changes of groups wait for each other there.
pub async fn choose(conn: &mut PgConnection, deed: &Deed, number: &str, group: Uuid) -> Result<(), Failure> {
    let queue = lock_queue_of(conn, number).await?;
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().choose(group, deed.today(), deed.calendar())?;
    let chosen = db::group::find(conn, group).await?.ok_or(Failure::NotFound)?;
    let need = Need {
        correction_type: case.correction_type.as_deref(),
        language: &case.language,
        birth_year: case.birth_year,
    };
    if !chosen.places.suits(&need) || chosen.city != application::CITY {
        return Err(Refusal::NotSuitable.into());
    }
    if let Some(reason) = db::contract::declined_for_good(conn, case.id, chosen.kindergarten).await? {
        let reason = KindergartenReason::parse(&reason)
            .ok_or_else(|| Fault::Broken("an unknown reason".to_owned()))?;
        return Err(Refusal::DeclinedBefore { reason }.into());
    }
    if chosen.places.free == 0 {
        return Err(Refusal::NoFreePlace.into());
    }
    if !Offer::of(conn, &queue, case.id).await?.open(&[group]).contains(&group) {
        return Err(Refusal::HeldForOthers.into());
    }
    db::round::keep(conn, &[case.id], &[None]).await?;
    let facts = facts!(Group: group, Kindergarten: chosen.kindergarten);
    transition::settle(conn, deed, &case, &next, What::ChooseKindergarten, facts).await
}

async fn lock_queue_of(conn: &mut PgConnection, number: &str) -> Result<LockedQueue, Failure> {
    let queue = db::queue::of_number(conn, number).await?.ok_or(Failure::NotFound)?;
    Ok(db::queue::lock(conn, queue).await?)
}

/// The family takes its choice back, until the kindergarten has signed.
pub async fn take_back(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().take_back(deed.today(), deed.calendar())?;
    transition::settle(conn, deed, &case, &next, What::TakeChoiceBack, facts!()).await
}

// ---- The kindergarten's side. ----

pub async fn families(conn: &mut PgConnection, kindergarten: Uuid) -> Result<Vec<FamilyLine>, Fault> {
    Ok(db::contract::families(conn, kindergarten).await?)
}

/// A family that chose this kindergarten. The look is journalled.
pub async fn open_family(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<FamilyView, Failure> {
    let family = family(conn, deed, number).await?;
    journal::about(conn, deed, What::LookAtCase, family.id, facts!()).await?;
    Ok(family)
}

async fn family(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<FamilyView, Failure> {
    db::contract::family(conn, number, kindergarten_of(deed)?).await?.ok_or(Failure::NotFound)
}

fn kindergarten_of(deed: &Deed) -> Result<Uuid, Failure> {
    match deed.actor {
        crate::rules::actor::Actor::Person { role, .. } => role.kindergarten().ok_or(Failure::NotFound),
        crate::rules::actor::Actor::System => Err(Failure::NotFound),
    }
}

async fn lock_family(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Case, Failure> {
    let kindergarten = kindergarten_of(deed)?;
    match db::application::lock_of_kindergarten(conn, number, kindergarten).await? {
        Some(id) => Ok(db::application::load(conn, id).await?),
        None if db::contract_version::was_sent_by(conn, number, kindergarten).await? => {
            Err(Refusal::FamilyLeft.into())
        }
        None => Err(Failure::NotFound),
    }
}

/// The kindergarten sends the contract («Шартты жіберу»): the family holds the case again.
pub async fn send(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    starts_on: NaiveDate,
    parent_fee: u32,
) -> Result<(), Failure> {
    let case = lock_family(conn, deed, number).await?;
    let contract = deed.app.secrets.id();
    let next = case.stage.clone().send_contract(contract, deed.today())?;
    let (Some(voucher), Some(group)) = (next.voucher(), next.group()) else { return Err(Failure::NotFound) };
    let new = NewContract {
        id: contract,
        application: case.id,
        voucher,
        group,
        number: &deed.app.secrets.case_number(),
        template_version: TEMPLATE_VERSION,
        starts_on,
        parent_fee: parent_fee.cast_signed(),
        now: deed.now,
    };
    db::contract::insert(conn, new).await?;
    transition::settle(conn, deed, &case, &next, What::SendContract, facts!()).await?;
    let conclude_by = conclude_by(deed, &next);
    let (kindergarten_kk, kindergarten_ru) = names(conn, group).await?;
    let told = Notice::ContractSent { kindergarten_kk, kindergarten_ru, conclude_by };
    notice::enqueue(conn, deed, case.applicant, Some(case.id), &told).await?;
    Ok(())
}

/// A paper the kindergarten sends back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub kind: DocumentKind,
    pub reason: PaperReason,
    /// Its own words, if the reason does not say it all.
    pub comment: String,
}

/// The kindergarten sends papers back to be corrected: the contract with the parent's signature is void, and its next
/// version waits for the family, with all other papers in it.
pub async fn return_papers(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    returned: &[Returned],
) -> Result<(), Failure> {
    let case = lock_family(conn, deed, number).await?;
    case.stage.clone().return_papers(deed.app.secrets.id(), deed.today())?;
    let (Some(old), Some(group)) = (case.stage.contract(), case.stage.group()) else {
        return Err(Failure::NotFound);
    };
    let contract = new_version(conn, deed, &case, VersionReason::PapersReturned).await?;
    let attached = db::contract::documents(conn, old).await?;
    for one in returned {
        db::contract::detach(conn, contract, one.kind.as_str()).await?;
        let new = db::paper::NewReturn {
            contract,
            kind: one.kind.as_str(),
            file: attached.iter().find(|paper| paper.kind == one.kind.as_str()).map(|paper| paper.file),
            reason: one.reason.as_str(),
            comment: &one.comment,
            now: deed.now,
        };
        db::paper::send_back(conn, new).await?;
    }
    let conclude_by = conclude_by(deed, &db::application::load(conn, case.id).await?.stage);
    let (kindergarten_kk, kindergarten_ru) = names(conn, group).await?;
    let told = Notice::PapersReturned { kindergarten_kk, kindergarten_ru, conclude_by };
    notice::enqueue(conn, deed, case.applicant, Some(case.id), &told).await?;
    Ok(())
}

fn conclude_by(deed: &Deed, stage: &Stage) -> NaiveDate {
    let due = stage.conclude_term().and_then(|term| term.due(deed.calendar()).ok());
    due.map_or(deed.today(), |due| due.by)
}

/// What was sent back before this version of a contract and is to be put right in it.
pub async fn returned(conn: &mut PgConnection, contract: &ContractRow) -> Result<Vec<ReturnRow>, Failure> {
    if contract.filled_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(db::paper::returned(conn, contract.id).await?)
}

/// What the family of a case has to put right, for its page.
pub async fn to_mend(conn: &mut PgConnection, application: Uuid) -> Result<Vec<ReturnRow>, Failure> {
    match db::contract::of_application(conn, application).await? {
        Some(contract) => returned(conn, &contract).await,
        None => Ok(Vec::new()),
    }
}

/// The kindergarten declines by the closed list; the family keeps its voucher and chooses again.
pub async fn decline(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    reason: KindergartenReason,
) -> Result<(), Failure> {
    let queue = lock_queue_of(conn, number).await?;
    let case = lock_family(conn, deed, number).await?;
    let next = case.stage.clone().decline(deed.today())?;
    let group = case.stage.group().ok_or(Failure::NotFound)?;
    // Only the vaccination ratio removes the kindergarten for this family (`rules.md` 3.4).
    let is_final = reason == KindergartenReason::VaccinationRatio;
    db::contract::decline(conn, case.id, kindergarten_of(deed)?, reason.as_str(), is_final, deed.now).await?;
    let (kindergarten_kk, kindergarten_ru) = names(conn, group).await?;
    transition::settle(conn, deed, &case, &next, What::Decline, facts!(Reason: reason.as_str())).await?;
    let told = Notice::Declined { kindergarten_kk, kindergarten_ru, reason: reason.as_str().to_owned() };
    notice::enqueue(conn, deed, case.applicant, Some(case.id), &told).await?;
    // The place it gave up may be none that it can have again.
    round::reseat(conn, deed, &queue).await
}

async fn names(conn: &mut PgConnection, group: Uuid) -> Result<(String, String), Failure> {
    let group = db::group::find(conn, group).await?.ok_or(Failure::NotFound)?;
    Ok((group.kindergarten_kk, group.kindergarten_ru))
}

// ---- Filling in. ----

/// The contract page of the applicant.
pub struct Desk {
    pub case: Case,
    /// What the contract waits for.
    pub awaited: Option<Awaited>,
    pub contract: ContractRow,
    pub attached: Vec<AttachedDocument>,
    /// Papers the portal already holds, of the wallet before all others, offered again.
    pub held: Vec<HeldDocument>,
    /// Papers the kindergarten sent back to be corrected.
    pub returned: Vec<ReturnRow>,
    /// The newest signature of each side, whatever became of it.
    pub parent_check: Option<Shown>,
    pub kindergarten_check: Option<Shown>,
    /// The newest first.
    pub versions: Vec<VersionRow>,
    pub changes: Option<Changes>,
}

/// The applicant's open contract.
pub async fn desk(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Desk, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let contract = db::contract::of_application(conn, case.id).await?.ok_or(Failure::NotFound)?;
    let attached = db::contract::documents(conn, contract.id).await?;
    let whose = db::contract::Whose { applicant: case.applicant, child: case.child, contract: contract.id };
    let held = db::contract::held_documents(conn, whose, deed.today()).await?;
    let returned = returned(conn, &contract).await?;
    let awaited = step(conn, &case.stage).await?;
    let parent_check = signature::newest(conn, contract.id, Side::Parent).await?;
    let kindergarten_check = signature::newest(conn, contract.id, Side::Kindergarten).await?;
    let versions = versions_for_parent(conn, case.id).await?;
    let changes = changes(conn, &versions, Side::Parent).await?;
    Ok(Desk {
        case,
        awaited,
        contract,
        attached,
        held,
        returned,
        parent_check,
        kindergarten_check,
        versions,
        changes,
    })
}

/// The same for whoever sends what was filled in: that it is too late for it is told as such.
pub async fn desk_to_fill(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Desk, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    to_fill(&case)?;
    desk(conn, deed, number).await
}

/// The contract that the family may fill in, until the kindergarten has signed it.
fn to_fill(case: &Case) -> Result<Uuid, Refusal> {
    match &case.stage {
        Stage::AwaitingParentSignature(held) | Stage::AwaitingKindergartenSignature(held) => {
            Ok(held.contract)
        }
        other => Err(Refusal::NotInThisStage { stage: other.name() }),
    }
}

/// One paper for the contract: a fresh draft file, one already held, or none (only where it is not required).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    pub kind: DocumentKind,
    pub file: Option<Uuid>,
    /// The dates of a fresh file: it is kept in the family's wallet, in the place of the one before.
    pub fresh: Option<Dates>,
}

/// The parent fills the contract in and attaches the papers; its text is generated once and frozen with its hash. Until the
/// kindergarten has signed it may be filled in anew: that is a new version. `shown` is the hash of the text that stood when
/// the form was shown, empty before there was one: another text is not replaced unseen.
pub async fn fill(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    address: &str,
    papers: &[Paper],
    shown: Option<&str>,
) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let mut contract = to_fill(&case)?;
    let text = db::contract::pdf(conn, contract).await?;
    let hash = text.as_deref().map(|pdf| hex::encode(sha256(pdf))).unwrap_or_default();
    if shown.is_some_and(|shown| shown != hash) {
        return Err(Refusal::ContractChanged.into());
    }
    if text.is_some() {
        if is_filled_so(conn, contract, address, papers).await? {
            return Ok(());
        }
        contract = version::new_version(conn, deed, &case, VersionReason::Refilled).await?;
    }
    for paper in papers {
        attach(conn, deed, &case, contract, paper).await?;
        keep_in_wallet(conn, deed, &case, paper).await?;
    }
    freeze(conn, deed, contract, address).await?;
    Ok(journal::about(conn, deed, What::FillContract, case.id, facts!(Contract: contract)).await?)
}

/// Nothing is changed: what was filled in is sent once more.
async fn is_filled_so(
    conn: &mut PgConnection,
    contract: Uuid,
    address: &str,
    papers: &[Paper],
) -> Result<bool, Failure> {
    let attached = db::contract::documents(conn, contract).await?;
    let as_before = |paper: &Paper| {
        let before = attached.iter().find(|one| one.kind == paper.kind.as_str());
        before.map(|one| one.file) == paper.file
    };
    Ok(papers.iter().all(as_before)
        && db::contract::address(conn, contract).await?.as_deref() == Some(address))
}

/// Generates the text of a version and freezes it.
async fn freeze(conn: &mut PgConnection, deed: &Deed, contract: Uuid, address: &str) -> Result<(), Failure> {
    let parties = db::contract::parties(conn, contract).await?;
    let papers = papers(&db::contract::documents(conn, contract).await?);
    let facts = facts(deed, &parties, address, papers)?;
    let pdf = contract_pdf::render(&facts).map_err(|error| Fault::Broken(format!("contract: {error}")))?;
    Ok(db::contract::freeze(conn, contract, address, TEMPLATE_VERSION, &pdf, deed.now).await?)
}

/// The attached papers as the text names them, in the order of the form.
fn papers(attached: &[AttachedDocument]) -> Vec<PaperFacts> {
    let named = DocumentKind::ALL.into_iter().filter_map(|kind| {
        let paper = attached.iter().find(|one| one.kind == kind.as_str())?;
        let name =
            Bilingual { kk: kind.name(Language::Kk).to_owned(), ru: kind.name(Language::Ru).to_owned() };
        Some(PaperFacts { name, sha256: hex::encode(&paper.sha256) })
    });
    named.collect()
}

async fn attach(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    contract: Uuid,
    paper: &Paper,
) -> Result<(), Failure> {
    let Some(file) = paper.file else {
        return Ok(db::contract::detach(conn, contract, paper.kind.as_str()).await?);
    };
    db::file::own(conn, file, case.applicant, deed.now).await?.ok_or(Failure::NotFound)?;
    db::file::keep(conn, file).await?;
    Ok(db::contract::attach(conn, contract, paper.kind.as_str(), file).await?)
}

/// One place for a family's papers: what it uploads for a contract is in its wallet from then on.
async fn keep_in_wallet(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    paper: &Paper,
) -> Result<(), Failure> {
    let (Some(dates), Some(file)) = (paper.fresh, paper.file) else { return Ok(()) };
    let child = (paper.kind.owner() == Owner::Child).then_some(case.child);
    let place = wallet::Place { child, kind: paper.kind };
    wallet::save(conn, deed, case.applicant, place, Some(file), dates).await
}

/// What the text of the contract speaks of, from the rows.
fn facts(
    deed: &Deed,
    it: &Parties,
    address: &str,
    papers: Vec<PaperFacts>,
) -> Result<ContractFacts, Failure> {
    let unreadable = |what: &str| Fault::Broken(format!("contract: {what} of a stored row is not valid"));
    // The only one that is opened.
    let city = <&City>::default();
    let same = |text: &str| Bilingual { kk: text.to_owned(), ru: text.to_owned() };
    let check = |under: &str| {
        format!("{}{under}/check?contract={}&version={}", deed.app.config.base_url, it.number, it.version)
    };
    let phone =
        it.parent_phone.as_deref().and_then(|phone| Phone::parse(phone).ok()).ok_or(Refusal::NoPhone)?;
    Ok(ContractFacts {
        number: it.number.clone(),
        version: it.version.unsigned_abs(),
        concluded_on: almaty_day(it.sent_at),
        city: Bilingual { kk: city.name(Language::Kk).to_owned(), ru: city.name(Language::Ru).to_owned() },
        kindergarten: KindergartenFacts {
            name: Bilingual { kk: it.kindergarten_kk.clone(), ru: it.kindergarten_ru.clone() },
            bin: Bin::parse(&it.bin).map_err(|_| unreadable("BIN"))?,
            address: Bilingual {
                kk: it.kindergarten_address_kk.clone(),
                ru: it.kindergarten_address_ru.clone(),
            },
            head: whole_name(&it.head_name),
        },
        parent: ParentFacts {
            name: whole_name(&it.parent_name),
            iin: Iin::parse(&it.parent_iin).map_err(|_| unreadable("IIN"))?,
            address: same(address),
            phone,
        },
        child: ChildFacts {
            name: whole_name(&it.child_name),
            iin: Iin::parse(&it.child_iin).map_err(|_| unreadable("child's IIN"))?,
            birth_on: it.child_birth_on,
        },
        voucher_number: it.voucher_number.clone(),
        voucher_issued_on: almaty_day(it.voucher_issued_at),
        group: same(&it.group_name),
        group_language: Language::parse(&it.language).unwrap_or(Language::Kk),
        starts_on: it.starts_on,
        monthly_sum: u64::from(deed.settings.voucher_tenge),
        parent_fee: u64::from(it.parent_fee.unsigned_abs()),
        papers,
        check_url: Bilingual { kk: check("/kk"), ru: check("/ru") },
        code_url: check(""),
    })
}

/// «Тегі Аты Әкесінің аты» as one line, in its parts.
fn whole_name(line: &str) -> FullName {
    let mut words = line.split_whitespace().map(str::to_owned);
    FullName {
        surname: words.next().unwrap_or_default(),
        name: words.next().unwrap_or_default(),
        patronymic: Some(words.collect::<Vec<_>>().join(" ")).filter(|rest| !rest.is_empty()),
    }
}

/// Can the contract's font print this text?
pub fn printable(text: &str) -> bool {
    contract_pdf::can_print(text)
}

// ---- Signing. ----

/// The exact bytes to sign.
pub struct Frozen {
    pub contract: Uuid,
    pub pdf: Vec<u8>,
}

impl Frozen {
    /// The hash that pages show and signatures are made over.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.pdf))
    }
}

/// The frozen text for the applicant.
pub async fn own_pdf(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Frozen, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    frozen(conn, &case).await
}

/// The frozen text for the kindergarten, once the parent has signed it.
pub async fn kindergarten_pdf(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Frozen, Failure> {
    let family = family(conn, deed, number).await?;
    let case = db::application::load(conn, family.id).await?;
    match case.stage.name() {
        StageName::AwaitingKindergartenSignature | StageName::Enrolled => frozen(conn, &case).await,
        _ => Err(Failure::NotFound),
    }
}

async fn frozen(conn: &mut PgConnection, case: &Case) -> Result<Frozen, Failure> {
    let contract = case.stage.contract().ok_or(Failure::NotFound)?;
    let pdf = db::contract::pdf(conn, contract).await?.ok_or(Failure::NotFound)?;
    Ok(Frozen { contract, pdf })
}

/// A paper of a family, for the kindergarten it chose, once the parent has sent the contract.
pub async fn kindergarten_paper(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    kind: &str,
) -> Result<FileRow, Failure> {
    let frozen = kindergarten_pdf(conn, deed, number).await?;
    let file = db::file::of_contract(conn, frozen.contract, kind).await?.ok_or(Failure::NotFound)?;
    let family = family(conn, deed, number).await?;
    journal::look(conn, deed, family.id, file.id).await?;
    Ok(file)
}

/// What the kindergarten sees of a contract: the row and its papers.
pub async fn of_family(
    conn: &mut PgConnection,
    application: Uuid,
) -> Result<Option<(ContractRow, Vec<AttachedDocument>)>, Failure> {
    let Some(contract) = db::contract::of_application(conn, application).await? else { return Ok(None) };
    let papers = db::contract::documents(conn, contract.id).await?;
    Ok(Some((contract, papers)))
}

/// The parent signs and sends the contract. `shown` is the hash of the text the page showed.
pub async fn sign_as_parent(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    received: &Received,
    shown: &str,
) -> Result<Taken, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    sign(conn, deed, &case, Side::Parent, received, shown).await
}

/// The kindergarten signs the same bytes: the child is enrolled, other live applications of the child are archived.
pub async fn sign_as_kindergarten(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    received: &Received,
    shown: &str,
) -> Result<Taken, Failure> {
    let case = lock_family(conn, deed, number).await?;
    sign(conn, deed, &case, Side::Kindergarten, received, shown).await
}

async fn sign(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    side: Side,
    received: &Received,
    shown: &str,
) -> Result<Taken, Failure> {
    must_be_shown(conn, case, side, shown).await?;
    signed_by(deed, case, side)?;
    let frozen = frozen(conn, case).await.map_err(|_| Refusal::ContractChanged)?;
    let desk = SigningDesk { case, contract: frozen.contract, side, pdf: &frozen.pdf };
    signature::take(conn, deed, &desk, received).await
}

/// The stage after this side's signature.
fn signed_by(deed: &Deed, case: &Case, side: Side) -> Result<Stage, Refusal> {
    let stage = case.stage.clone();
    match side {
        Side::Parent => stage.sign_as_parent(deed.today(), deed.calendar()),
        Side::Kindergarten => stage.sign_as_kindergarten(deed.today()),
    }
}

/// Whether the case waits for this side's signature.
pub(super) fn awaits(deed: &Deed, case: &Case, side: Side) -> bool {
    signed_by(deed, case, side).is_ok()
}

pub(super) fn sha256(pdf: &[u8]) -> Vec<u8> {
    Sha256::digest(pdf).to_vec()
}

/// A verified signature takes effect. `at` is when it was received.
pub(super) async fn accept(
    conn: &mut PgConnection,
    deed: &Deed,
    desk: &SigningDesk<'_>,
    cms: &[u8],
    verdict: &Value,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let SigningDesk { case, contract, side, .. } = *desk;
    let next = signed_by(deed, case, side)?;
    let facts = facts!(Contract: contract);
    match side {
        Side::Parent => {
            db::contract::parent_signed(conn, contract, cms, verdict, at).await?;
            transition::settle(conn, deed, case, &next, What::SignAsParent, facts).await
        }
        Side::Kindergarten => {
            // Cases before places, as the sweeps take them: nobody waits in a circle.
            let others = db::application::lock_live_of_child(conn, case.child, case.id).await?;
            db::contract::kindergarten_signed(conn, contract, cms, verdict, at).await?;
            transition::settle(conn, deed, case, &next, What::SignAsKindergarten, facts).await?;
            let parties = db::contract::parties(conn, contract).await?;
            let told = Notice::Enrolled {
                kindergarten_kk: parties.kindergarten_kk,
                kindergarten_ru: parties.kindergarten_ru,
            };
            notice::enqueue(conn, deed, case.applicant, Some(case.id), &told).await?;
            archive_others(conn, deed, &others).await
        }
    }
}

/// A signature that was not accepted is written down; nothing else has changed.
pub async fn note_refused(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    side: Side,
    why: SignatureRefusal,
) -> Result<(), Failure> {
    note(conn, deed, number, side, why.code()).await
}

/// So is one that came for a text which is another one by now.
pub async fn note_changed(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    side: Side,
) -> Result<(), Failure> {
    note(conn, deed, number, side, "contract_changed").await
}

async fn note(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    side: Side,
    why: &str,
) -> Result<(), Failure> {
    let application = match side {
        Side::Parent => application::lock_own(conn, deed, number).await?.id,
        Side::Kindergarten => family(conn, deed, number).await?.id,
    };
    let facts = facts!(Side: side.as_str(), Why: why);
    Ok(journal::about(conn, deed, What::RefuseSignature, application, facts).await?)
}

/// A text that is another one now than the page showed is told as such, before whatever else has changed with it.
async fn must_be_shown(conn: &mut PgConnection, case: &Case, side: Side, shown: &str) -> Result<(), Failure> {
    if case.stage.contract().is_none() {
        return Ok(());
    }
    match frozen(conn, case).await {
        Ok(frozen) if frozen.sha256() == shown => Ok(()),
        _ => Err(changed(conn, case, side).await?.into()),
    }
}

/// Why a text that was shown to this side can no longer be signed. A new version is the family's to sign first.
async fn changed(conn: &mut PgConnection, case: &Case, side: Side) -> Result<Refusal, Failure> {
    Ok(match (side, case.stage.name()) {
        (_, stage) if case.stage.contract().is_none() => Refusal::NotInThisStage { stage },
        (Side::Kindergarten, StageName::AwaitingParentSignature) => {
            let open = db::contract::of_application(conn, case.id).await?.ok_or(Failure::NotFound)?;
            Refusal::FamilySignsFirst { version: open.version }
        }
        _ => Refusal::ContractChanged,
    })
}

/// Enrolment archives the child's applications in the other queue (`rules.md` 3.1); they are locked.
async fn archive_others(conn: &mut PgConnection, deed: &Deed, others: &[Uuid]) -> Result<(), Failure> {
    for case in db::application::load_many(conn, others).await? {
        let next = case.stage.clone().enrolled_elsewhere()?;
        transition::settle(conn, deed, &case, &next, What::ArchiveEnrolledElsewhere, facts!()).await?;
        notice::enqueue(conn, deed, case.applicant, Some(case.id), &Notice::EnrolledElsewhere).await?;
    }
    Ok(())
}

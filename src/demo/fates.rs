//! What happens to the families of the demo: each step is the deed a person would do.
use chrono::{Duration, NaiveDate};
use uuid::Uuid;

use super::cast::{Application, Family, Fate};
use super::{Stage, add_person, as_parent};
use crate::app::Deed;
use crate::domain::application::{self, ConclusionSource, Submission, SubmissionKind};
use crate::domain::child::Checked;
use crate::domain::contract::{self, Paper};
use crate::domain::paper::Place;
use crate::domain::signature::{self, Patience};
use crate::domain::{self, child, file, review, voucher};
use crate::fault::{Failure, Fault};
use crate::integrations::registry::Kinship;
use crate::rules::actor::{Actor, Role};
use crate::rules::deadline::almaty_day;
use crate::rules::document::{DocumentKind, Media};
use crate::rules::iin::Iin;
use crate::rules::paper::{Dates, Expiry};
use crate::rules::reason::DoctorReason;
use crate::rules::stage::Stage as CaseStage;
use crate::rules::stage_name::StageName;
use crate::sandbox::people;
use crate::sandbox::pki::{Holder, KeyKind, Organisation, Position};

/// The first round of the demo was so many days ago.
pub const FIRST_ROUND_DAYS_AGO: i64 = 20;

/// A submitted application and its people.
pub struct Played {
    pub parent: Uuid,
    pub parent_iin: Iin,
    pub number: String,
    pub fate: Fate,
}

/// Every family registers, adds its children, applies; the doctor decides.
pub async fn apply_all(stage: &Stage<'_>, families: &[Family]) -> Result<Vec<Played>, Failure> {
    let mut played = Vec::new();
    for family in families {
        let parent = add_person(stage, &family.parent, family.language).await?;
        for one in &family.applications {
            let number = apply(stage, parent, &family.parent.iin, one).await?;
            decide(stage, &number, one).await?;
            played.push(Played { parent, parent_iin: family.parent.iin, number, fate: one.fate });
        }
    }
    Ok(played)
}

async fn apply(
    stage: &Stage<'_>,
    parent: Uuid,
    parent_iin: &Iin,
    one: &Application,
) -> Result<String, Failure> {
    let (mut tx, deed) = stage.deed(as_parent(parent), one.submitted).await?;
    let unknown = || Fault::Broken("the demo names a child nobody knows".to_owned());
    let today = almaty_day(stage.now);
    let relation = people::relation(parent_iin, &one.child, today).ok_or_else(unknown)?;
    let kinship =
        Kinship { relation: relation.to_owned(), child: people::person(&one.child).ok_or_else(unknown)? };
    let checked = Checked { iin: one.child, kinship, seal: String::new() };
    let child = child::add(&mut tx, &deed, &checked, None).await?.map_err(|_| unknown())?;
    let serving = application::serving(&mut tx, one.correction.map(|it| it.code())).await?;
    let at = usize::try_from(one.submitted).unwrap_or(0);
    let mut wishes: Vec<Uuid> =
        (0..3).filter_map(|n| serving.get((at + n * 5) % serving.len().max(1))).map(|one| one.id).collect();
    wishes.dedup();
    let kind = match one.correction {
        None => SubmissionKind::General,
        Some(correction) => {
            let found = people::conclusion(&one.child, today).ok_or_else(unknown)?;
            let source = ConclusionSource::Fetched {
                number: found.number,
                issued_on: found.issued_on,
                valid_until: found.valid_until,
            };
            SubmissionKind::Special { correction, conclusion: source }
        }
    };
    let it = Submission { child, kind, language: one.language, wishes: unique(wishes) };
    let number = application::submit(&mut tx, &deed, &it).await?;
    tx.commit().await?;
    Ok(number)
}

fn unique(wishes: Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = Vec::new();
    for wish in wishes {
        if !seen.contains(&wish) {
            seen.push(wish);
        }
    }
    seen
}

async fn decide(stage: &Stage<'_>, number: &str, one: &Application) -> Result<(), Failure> {
    if one.fate == Fate::Withdrawn {
        return Ok(());
    }
    let (mut tx, deed) = stage.deed(stage.as_doctor(), one.submitted - reviewed_after(one.submitted)).await?;
    match one.fate {
        Fate::AwaitsReview => return Ok(()),
        Fate::Rejected => review::reject(&mut tx, &deed, number, DoctorReason::WrongType, None).await?,
        _ if one.correction.is_some() => review::confirm(&mut tx, &deed, number).await?,
        _ => {}
    }
    Ok(tx.commit().await?)
}

/// Doctors decide within three days, and before now: hours after the submission.
fn reviewed_after(submitted: i64) -> i64 {
    (4 + submitted * 7 % 67).min(submitted - 1).max(0)
}

/// When the families of a round and their kindergartens acted, in hours before now.
#[derive(Clone, Copy)]
pub struct Times {
    confirmed: i64,
    chose: i64,
    sent: i64,
    signed: i64,
}

impl Times {
    /// Of the latest round: some families are still in the middle of it.
    pub const LATEST: Self = {
        let confirmed = 24 * FIRST_ROUND_DAYS_AGO - 8;
        Self { confirmed, chose: confirmed - 2, sent: 24 * 2, signed: 24 }
    };

    /// Of a round so many days ago, after which nobody lost a day.
    pub fn after(days_ago: i64) -> Self {
        let confirmed = 24 * days_ago - 8;
        Self { confirmed, chose: confirmed - 2, sent: confirmed - 20, signed: confirmed - 44 }
    }
}

/// What became of the vouchers of a round.
pub async fn live_on(stage: &Stage<'_>, played: &[Played], times: Times) -> Result<(), Failure> {
    for one in played {
        if one.fate == Fate::Withdrawn {
            let (mut tx, deed) = stage.deed(as_parent(one.parent), 50).await?;
            application::withdraw(&mut tx, &deed, &one.number).await?;
            tx.commit().await?;
        } else if stage_of(stage, one).await?.name() == StageName::VoucherIssued {
            with_voucher(stage, one, times).await?;
        }
    }
    Ok(())
}

async fn stage_of(stage: &Stage<'_>, one: &Played) -> Result<CaseStage, Failure> {
    let mut conn = stage.app.pool.acquire().await?;
    Ok(application::see(&mut conn, &one.number, one.parent, almaty_day(stage.now)).await?.stage)
}

async fn with_voucher(stage: &Stage<'_>, one: &Played, times: Times) -> Result<(), Failure> {
    the_text_was_taken(stage, one, times).await?;
    let (mut tx, deed) = stage.deed(as_parent(one.parent), times.confirmed).await?;
    match one.fate {
        Fate::Lapses => return Ok(()),
        Fate::Refuses => voucher::refuse(&mut tx, &deed, &one.number).await?,
        _ => voucher::confirm(&mut tx, &deed, &one.number).await?,
    }
    tx.commit().await?;
    if matches!(one.fate, Fate::Refuses | Fate::RunsOut) {
        return Ok(());
    }
    let Some(kindergarten) = choose(stage, one, times).await? else { return Ok(()) };
    match one.fate {
        Fate::TakesBack => take_back(stage, one).await,
        Fate::AwaitsParent => send(stage, one, kindergarten, times).await,
        Fate::TermsChanged => {
            send(stage, one, kindergarten, times).await?;
            fill(stage, one, times.signed + 4).await?;
            change_terms(stage, one, kindergarten, times.signed).await
        }
        Fate::AwaitsKindergarten | Fate::Enrols => {
            send(stage, one, kindergarten, times).await?;
            sign(stage, one, kindergarten, times).await
        }
        _ => Ok(()),
    }
}

/// The gateway took the text within the hour.
async fn the_text_was_taken(stage: &Stage<'_>, one: &Played, times: Times) -> Result<(), Failure> {
    let (mut tx, deed) = stage.deed(Actor::System, times.confirmed + 7).await?;
    let id = application::see(&mut tx, &one.number, one.parent, deed.today()).await?.view.id;
    voucher::notice_accepted(&mut tx, &deed, id).await?;
    Ok(tx.commit().await?)
}

/// The first group with a place; where it went meanwhile, the family keeps its voucher.
async fn choose(stage: &Stage<'_>, one: &Played, times: Times) -> Result<Option<Uuid>, Failure> {
    let seen = {
        let mut conn = stage.app.pool.acquire().await?;
        let seen = application::see(&mut conn, &one.number, one.parent, almaty_day(stage.now)).await?;
        contract::choices(&mut conn, seen.view.id).await?
    };
    for row in seen.rows.iter().filter(|row| seen.open.contains(&row.group)) {
        let (mut tx, deed) = stage.deed(as_parent(one.parent), times.chose).await?;
        match contract::choose(&mut tx, &deed, &one.number, row.group).await {
            Ok(()) => {
                tx.commit().await?;
                return Ok(Some(row.kindergarten));
            }
            Err(Failure::Refused(_)) => tx.rollback().await?,
            Err(failure) => return Err(failure),
        }
    }
    Ok(None)
}

async fn take_back(stage: &Stage<'_>, one: &Played) -> Result<(), Failure> {
    let (mut tx, deed) = stage.deed(as_parent(one.parent), 3).await?;
    contract::take_back(&mut tx, &deed, &one.number).await?;
    Ok(tx.commit().await?)
}

fn as_staff(stage: &Stage<'_>, kindergarten: Uuid) -> Actor {
    Actor::Person { account: stage.operator, role: Role::Kindergarten(kindergarten) }
}

async fn send(stage: &Stage<'_>, one: &Played, kindergarten: Uuid, times: Times) -> Result<(), Failure> {
    let (mut tx, deed) = stage.deed(as_staff(stage, kindergarten), times.sent).await?;
    contract::send(&mut tx, &deed, &one.number, first_day(&deed, 30), 0).await?;
    Ok(tx.commit().await?)
}

/// The first working day after so many days: the day on which a child comes for the first time.
fn first_day(deed: &Deed, days: i64) -> NaiveDate {
    deed.calendar().working_day_from(deed.today() + Duration::days(days))
}

/// A one-page PDF that says what it is.
fn paper(kind: DocumentKind) -> Vec<u8> {
    let text = format!("BT /F1 18 Tf 60 760 Td ({}) Tj ET", kind.as_str());
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    }
    let start = pdf.len();
    pdf.push_str("xref\n0 6\n0000000000 65535 f \n");
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    pdf.push_str(&format!("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    pdf.into_bytes()
}

/// A few papers of the demo's parent: an identity card about to expire, two papers of each child.
pub async fn fill_wallet(stage: &Stage<'_>, cases: &[Played]) -> Result<(), Failure> {
    let Some(one) = cases.iter().find(|one| one.parent_iin == super::cast::demo_parent().iin) else {
        return Ok(());
    };
    let children = child::list(stage.app, one.parent).await?;
    let (mut tx, deed) = stage.deed(as_parent(one.parent), 2).await?;
    let day = |days: i64| Some(deed.today() + Duration::days(days));
    let (card, none) = (Dates { issued_on: day(20 - 3652), expires_on: day(20) }, Dates::default());
    let mut papers = vec![(None, DocumentKind::ParentId, card)];
    for child in &children {
        papers.push((Some(child.id), DocumentKind::BirthCertificate, none));
        papers.push((Some(child.id), DocumentKind::Form065, none));
    }
    for ((child, kind, dates), n) in papers.into_iter().zip(1..) {
        let name = format!("құжат-{n}.pdf");
        let judged = file::Judged { name: &name, media: Media::Pdf, bytes: &paper(kind) };
        let id = file::keep_draft(stage.app, one.parent, stage.app.secrets.id(), &judged).await?;
        if let Some(place) = Place::of(child, kind) {
            domain::paper::save(&mut tx, &deed, one.parent, place, Some(id), dates).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Two weeks later than it was offered.
async fn change_terms(
    stage: &Stage<'_>,
    one: &Played,
    kindergarten: Uuid,
    hours_ago: i64,
) -> Result<(), Failure> {
    let (mut tx, deed) = stage.deed(as_staff(stage, kindergarten), hours_ago).await?;
    let starts_on = first_day(&deed, 44);
    contract::change_terms(&mut tx, &deed, &one.number, starts_on, 0).await?;
    Ok(tx.commit().await?)
}

/// The family whose contract has a second version to read and sign.
pub async fn with_new_terms<'a>(
    stage: &Stage<'_>,
    played: &'a [Played],
) -> Result<Option<&'a Played>, Failure> {
    for one in played.iter().filter(|one| one.fate == Fate::TermsChanged) {
        if stage_of(stage, one).await?.name() == StageName::AwaitingParentSignature {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

/// The family fills the contract in, with its papers; the text and its hash.
async fn fill(stage: &Stage<'_>, one: &Played, hours_ago: i64) -> Result<contract::Frozen, Failure> {
    let mut papers = Vec::new();
    for kind in DocumentKind::ALL.into_iter().filter(|kind| kind.required()) {
        let judged =
            file::Judged { name: &format!("{}.pdf", kind.as_str()), media: Media::Pdf, bytes: &paper(kind) };
        let id = file::keep_draft(stage.app, one.parent, stage.app.secrets.id(), &judged).await?;
        papers.push((kind, id));
    }
    let (mut tx, deed) = stage.deed(as_parent(one.parent), hours_ago).await?;
    let papers: Vec<Paper> = papers.into_iter().map(|(kind, id)| uploaded(kind, id, deed.today())).collect();
    contract::fill(&mut tx, &deed, &one.number, "Алматы қ., Абай даңғылы, 10-үй, 5-пәтер", &papers, None)
        .await?;
    let frozen = contract::own_pdf(&mut tx, &deed, &one.number).await?;
    tx.commit().await?;
    Ok(frozen)
}

/// A paper as a family uploads it: an identity card says until when it is good.
fn uploaded(kind: DocumentKind, file: Uuid, today: NaiveDate) -> Paper {
    let expires_on = (kind.expiry() == Expiry::Always).then(|| today + Duration::days(5 * 365));
    Paper { kind, file: Some(file), fresh: Some(Dates { issued_on: None, expires_on }) }
}

async fn sign(stage: &Stage<'_>, one: &Played, kindergarten: Uuid, times: Times) -> Result<(), Failure> {
    let frozen = fill(stage, one, times.signed).await?;
    let shown = frozen.sha256();
    let cms = signed_by(stage, &one.parent_iin, None, &frozen.pdf, times.signed)?;
    let received = signature::receive(stage.app, &cms, &frozen.pdf, None, Patience::JOB).await?;
    let (mut tx, deed) = stage.deed(as_parent(one.parent), times.signed).await?;
    contract::sign_as_parent(&mut tx, &deed, &one.number, &received, &shown).await?;
    tx.commit().await?;
    if one.fate == Fate::AwaitsKindergarten {
        return Ok(());
    }
    let (mut tx, deed) = stage.deed(as_staff(stage, kindergarten), times.signed - 4).await?;
    let seen = contract::open_family(&mut tx, &deed, &one.number).await?;
    let bin =
        contract::of_family(&mut tx, seen.id).await?.map(|(contract, _)| contract.bin).unwrap_or_default();
    tx.commit().await?;
    let cms = signed_by(stage, &super::cast::operator().iin, Some(&bin), &frozen.pdf, times.signed - 4)?;
    let received = signature::receive(stage.app, &cms, &frozen.pdf, None, Patience::JOB).await?;
    let (mut tx, deed) = stage.deed(as_staff(stage, kindergarten), times.signed - 4).await?;
    contract::sign_as_kindergarten(&mut tx, &deed, &one.number, &received, &shown).await?;
    Ok(tx.commit().await?)
}

/// A real signature with a sandbox key.
fn signed_by(
    stage: &Stage<'_>,
    iin: &Iin,
    bin: Option<&str>,
    data: &[u8],
    hours_ago: i64,
) -> Result<Vec<u8>, Failure> {
    let nobody = || Fault::Broken("the demo has no key for this person".to_owned());
    let person = people::person(iin).ok_or_else(nobody)?;
    let holder = Holder {
        iin: iin.as_str().to_owned(),
        surname: person.surname,
        first_name: person.name,
        patronymic: person.patronymic,
        organisation: bin.map(|bin| Organisation {
            bin: bin.to_owned(),
            name: "ДЕМО".to_owned(),
            position: Position::Head,
        }),
    };
    let sandbox = stage.app.sandbox.as_ref().ok_or_else(nobody)?;
    let signed = sandbox.pki.sign(&holder, KeyKind::Sign, data, stage.now - Duration::hours(hours_ago));
    Ok(signed.map_err(|error| Fault::Broken(format!("{error:#}")))?)
}

/// One family has confirmed and is choosing now.
pub async fn after_the_second_round(stage: &Stage<'_>, played: &[Played]) -> Result<(), Failure> {
    let mut confirmed = 0;
    for one in played.iter().rev() {
        if confirmed < 6 && stage_of(stage, one).await?.name() == StageName::VoucherIssued {
            let (mut tx, deed) = stage.deed(as_parent(one.parent), 0).await?;
            voucher::confirm(&mut tx, &deed, &one.number).await?;
            tx.commit().await?;
            confirmed += 1;
        }
    }
    Ok(())
}

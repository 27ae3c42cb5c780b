//! The contract on the parent's side: fill it in, attach the papers, read it, sign it, send it.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::case::{TermBox, now};
use super::documents::{AttachedLine, Days, attached_lines, dates_text, files_hint, read_dates};
use super::{download, upload};
use crate::app::SharedApp;
use crate::domain::contract::{self, ContractRow, Desk, HeldDocument, Paper, VersionRow};
use crate::domain::file;
use crate::domain::signature::{self as signature_deeds, Patience, Received, Shown};
use crate::fault::Failure;
use crate::locale::words::StepWords;
use crate::locale::{self, date};
use crate::rules::contract::Step;
use crate::rules::deadline::almaty_day;
use crate::rules::document::DocumentKind;
use crate::rules::paper::{Expiry, PaperReason};
use crate::rules::person::Language;
use crate::rules::refusal::Refusal;
use crate::rules::signature::{Side, Taken};
use crate::rules::stage_name::StageName;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form, Upload, has_forbidden};
use crate::web::page::{self, Page};
use crate::web::versions::{Versions, give_package, with_version};
use crate::web::visit::Signed;
use crate::web::{address, again, may_sign, urls};

/// The longest address that fits the contract, in characters.
const LONGEST_ADDRESS: usize = 200;

/// One paper of the form: its name, whether it is required, what the portal holds of it.
pub struct PaperField {
    pub field: &'static str,
    pub name: &'static str,
    /// The name, and whether it is required.
    pub label: String,
    /// Attached already, to this contract or with this form's draft.
    pub attached: Option<String>,
    /// The tick that takes off a paper which need not be attached.
    pub drop: Option<String>,
    /// The draft's file, by its identifier; empty when there is none.
    pub kept: String,
    /// Held from before and offered: the file and the sentence of its tick.
    pub held: Option<(String, String)>,
    /// It ends soon, or before the child's first day in the kindergarten.
    pub warning: Option<&'static str>,
    /// Why the kindergarten sent it back.
    pub returned: Option<String>,
    /// The field of the day until which a fresh file is good, and its hint, where such papers have one.
    pub expires: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "parent/contract_fill.html")]
pub struct Fill {
    pub p: Page,
    pub a: Answers,
    pub number: String,
    pub contract: ContractRow,
    pub papers: Vec<PaperField>,
    pub versions: Versions,
    /// A signature stands under the text that is changed here.
    pub is_signed: bool,
    pub documents_hint: String,
}

impl Fill {
    fn new(
        app: &SharedApp,
        signed: &Signed,
        number: &str,
        (desk, today): (Desk, NaiveDate),
        a: Answers,
    ) -> Self {
        let language = signed.visit.language;
        let policy = app.policy();
        let days = Days { today, use_on: Some(desk.contract.starts_on), settings: &policy };
        let papers =
            DocumentKind::ALL.into_iter().map(|kind| paper_field(language, kind, &desk, &days, &a)).collect();
        Self {
            versions: versions(app, signed, number, &desk),
            is_signed: desk.contract.parent_signed_at.is_some(),
            documents_hint: files_hint(app, language),
            p: Page::new(app, &signed.visit),
            a,
            number: number.to_owned(),
            contract: desk.contract,
            papers,
        }
    }

    pub fn kindergarten(&self) -> &str {
        if self.p.language == Language::Kk {
            &self.contract.kindergarten_kk
        } else {
            &self.contract.kindergarten_ru
        }
    }

    pub fn fee(&self) -> String {
        date::tenge(i64::from(self.contract.parent_fee))
    }

    pub fn hash(&self) -> String {
        hash(&self.contract)
    }

    pub fn sent_back(&self) -> bool {
        self.papers.iter().any(|paper| paper.returned.is_some())
    }

    pub fn path(&self, rest: &str) -> String {
        format!("{}/contract{rest}", urls::application(self.p.language, &self.number))
    }

    pub fn kept_name(&self, field: &str) -> String {
        format!("{field}_kept")
    }

    pub fn held_name(&self, field: &str) -> String {
        format!("{field}_held")
    }
}

fn paper_field(
    language: Language,
    kind: DocumentKind,
    desk: &Desk,
    days: &Days<'_>,
    a: &Answers,
) -> PaperField {
    let words = crate::locale::words(language);
    let w = &words.contract;
    let field = kind.as_str();
    let hint = match kind.expiry() {
        Expiry::Never => None,
        Expiry::IfAny => Some(words.contract_step.expires_if_any.as_str()),
        Expiry::Always => Some(words.contract_step.expires_always.as_str()),
    };
    let draft = a.value(&format!("{field}_name"));
    let attached = desk.attached.iter().find(|one| one.kind == field);
    let held =
        desk.held.iter().find(|one| one.kind == field).filter(|_| attached.is_none() && draft.is_empty());
    let label = if kind.required() {
        kind.name(language).to_owned()
    } else {
        format!("{} ({})", kind.name(language), w.if_any)
    };
    PaperField {
        field,
        name: kind.name(language),
        label,
        drop: (!kind.required() && attached.is_some()).then(|| format!("{field}_drop")),
        kept: a.value(&format!("{field}_kept")).to_owned(),
        attached: match (draft, attached) {
            ("", None) => None,
            ("", Some(one)) => Some(with_dates(
                locale::fill(&w.attached, &[("name", &one.name)]),
                dates_text(language, one.issued_on, one.expires_on),
            )),
            (name, _) => Some(locale::fill(&w.attached, &[("name", name)])),
        },
        // A file that was just chosen says its own day.
        warning: match (held, attached) {
            (Some(one), _) => days.warning(words, one.expires_on),
            (None, Some(one)) if draft.is_empty() => days.warning(words, one.expires_on),
            _ => None,
        },
        held: held.map(|one| (one.file.to_string(), held_text(language, one))),
        returned: desk
            .returned
            .iter()
            .find(|one| one.kind == field)
            .map(|one| why_returned(language, &one.reason, &one.comment)),
        expires: hint.map(|hint| (format!("{field}_expires_on"), hint)),
    }
}

fn held_text(language: Language, one: &HeldDocument) -> String {
    let w = crate::locale::words(language);
    let text = locale::fill(&w.contract.use_held, &[("name", &one.name)]);
    with_dates(text, dates_text(language, None, one.expires_on))
}

fn with_dates(text: String, dates: String) -> String {
    if dates.is_empty() { text } else { format!("{text}. {dates}") }
}

/// «Сурет анық емес. Екінші беті көрінбейді»
pub fn why_returned(language: Language, reason: &str, comment: &str) -> String {
    let reason = PaperReason::parse(reason).map_or("", |it| locale::wording::paper_reason(language, it));
    if comment.is_empty() { reason.to_owned() } else { format!("{reason}. {comment}") }
}

async fn desk(app: &SharedApp, signed: &Signed, number: &str) -> Result<Desk, WebError> {
    let mut look = again::look(app, signed).await?;
    let desk = contract::desk(&mut look.tx, &look.deed, number).await?;
    look.commit().await?;
    Ok(desk)
}

async fn desk_to_fill(app: &SharedApp, signed: &Signed, number: &str) -> Result<Desk, WebError> {
    let mut look = again::look(app, signed).await?;
    let desk = contract::desk_to_fill(&mut look.tx, &look.deed, number).await?;
    look.commit().await?;
    Ok(desk)
}

#[derive(Template)]
#[template(path = "parent/contract.html")]
pub struct ContractPage {
    pub p: Page,
    pub a: Answers,
    pub number: String,
    pub contract: ContractRow,
    pub step: Step,
    pub term: Option<TermBox>,
    pub papers: Vec<AttachedLine>,
    pub versions: Versions,
    pub ncalayer: String,
    /// A signature that waits for its check, or did not pass it.
    pub check: Option<CheckBox>,
}

/// What is said of a signature that was not accepted at once.
pub struct CheckBox {
    pub waits: bool,
    pub text: String,
}

impl CheckBox {
    /// `own` is the newest signature of whoever reads, `other` that of the other side.
    pub fn new(language: Language, reader: Side, own: Option<Shown>, other: Option<Shown>) -> Option<Self> {
        let w = locale::words(language);
        let waits = |shown: &Shown, text: &str| {
            let text = locale::fill(text, &[("at", &date::moment(shown.received_at))]);
            Some(Self { waits: true, text })
        };
        match (own, other) {
            (Some(own), _) if own.state == "waiting" => waits(&own, &w.key_check.waits_own),
            (Some(own), _) if own.state == "refused" => {
                let why = own.reason.as_deref().and_then(|why| w.signature.why.get(why));
                let (at, why) = (date::moment(own.received_at), why.map_or("", String::as_str));
                let text = locale::fill(&w.key_check.refused_own, &[("at", &at), ("why", why)]);
                Some(Self { waits: false, text })
            }
            (_, Some(other)) if other.state == "waiting" => waits(
                &other,
                match reader {
                    Side::Parent => &w.key_check.waits_other_kindergarten,
                    Side::Kindergarten => &w.key_check.waits_other_parent,
                },
            ),
            _ => None,
        }
    }
}

impl ContractPage {
    pub fn path(&self, rest: &str) -> String {
        format!("{}/contract{rest}", urls::application(self.p.language, &self.number))
    }

    pub fn hash(&self) -> String {
        hash(&self.contract)
    }

    pub fn signed_by_parent(&self) -> Option<String> {
        self.contract
            .parent_signed_at
            .map(|at| locale::fill(&self.p.w.contract.signed_by_parent, &[("at", &date::moment(at))]))
    }

    pub fn signed_by_kindergarten(&self) -> Option<String> {
        self.contract
            .kindergarten_signed_at
            .map(|at| locale::fill(&self.p.w.contract.signed_by_kindergarten, &[("at", &date::moment(at))]))
    }

    pub fn says(&self) -> &'static StepWords {
        locale::wording::step(self.p.language, self.step)
    }

    pub fn may_sign(&self) -> bool {
        matches!(self.step, Step::Sign | Step::FamilyChecked)
    }

    /// The signature that was sent is checked: another one is only for whoever wants it.
    pub fn is_checked(&self) -> bool {
        self.step == Step::FamilyChecked
    }

    pub fn is_the_kindergartens(&self) -> bool {
        self.step == Step::Kindergarten
    }

    /// Until the kindergarten has signed, what was filled in can be changed.
    pub fn may_change(&self) -> bool {
        matches!(self.step, Step::Kindergarten | Step::KindergartenChecked)
    }

    /// With its version: what was changed and signed again is told apart.
    pub fn name(&self) -> String {
        with_version(self.p.w, &self.contract.number, self.contract.version)
    }
}

/// Where the signing page finds NCALayer: the person's own, or the sandbox's with a key of this person.
pub fn ncalayer(app: &SharedApp, iin: &str, bin: Option<&str>) -> String {
    if !app.config.sandbox {
        return app.config.ncalayer_url.clone();
    }
    let bin = bin.map(|bin| format!("&bin={bin}")).unwrap_or_default();
    format!("/sandbox/ncalayer?iin={iin}{bin}&key=sign")
}

async fn sign_page(
    app: &SharedApp,
    signed: &Signed,
    number: &str,
    desk: Desk,
    a: Answers,
) -> Result<ContractPage, WebError> {
    let language = signed.visit.language;
    let now = now(app, signed).await?;
    let term = TermBox::of(app, language, &desk.case.stage, now);
    let policy = app.policy();
    let days = Days { today: almaty_day(now), use_on: Some(desk.contract.starts_on), settings: &policy };
    let open = desk.contract.kindergarten_signed_at.is_none();
    let iin = crate::domain::profile::show(app, signed.account).await?.account.iin;
    Ok(ContractPage {
        p: Page::new(app, &signed.visit),
        a,
        number: number.to_owned(),
        step: desk.awaited.ok_or(Failure::NotFound)?.step,
        term,
        papers: attached_lines(language, &desk.attached, open.then_some(&days)),
        versions: versions(app, signed, number, &desk),
        check: CheckBox::new(language, Side::Parent, desk.parent_check, desk.kindergarten_check),
        contract: desk.contract,
        ncalayer: ncalayer(app, iin.as_str(), None),
    })
}

fn versions(app: &SharedApp, signed: &Signed, number: &str, desk: &Desk) -> Versions {
    let p = Page::new(app, &signed.visit);
    Versions::new(&p, &desk.versions, desk.changes.as_ref(), desk.awaited, text_link(&p, number))
}

fn text_link(p: &Page, number: &str) -> impl Fn(&VersionRow) -> Option<String> + use<> {
    let base = format!("{}/contract/versions", urls::application(p.language, number));
    move |row| Some(format!("{base}/{}", row.id))
}

/// Of the text that stands; empty before there is one.
fn hash(contract: &ContractRow) -> String {
    hex::encode(contract.pdf_sha256.as_deref().unwrap_or_default())
}

/// The contracts of a case that has no open one.
#[derive(Template)]
#[template(path = "parent/contract_past.html")]
pub struct Past {
    p: Page,
    number: String,
    versions: Versions,
}

/// Not filled in yet → the form; ready → read and sign; signed → what both sides did; none is open → those before.
pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let rows = contract::own_versions(&mut look.tx, &look.deed, &number).await?;
    look.commit().await?;
    if rows.is_empty() {
        return Err(Failure::NotFound.into());
    }
    if rows.iter().all(|row| row.voided_at.is_some()) {
        let p = Page::new(&app, &signed.visit);
        let versions = Versions::new(&p, &rows, None, None, text_link(&p, &number));
        return page::show(&Past { p, number, versions });
    }
    let desk = desk(&app, &signed, &number).await?;
    if desk.contract.filled_at.is_none() {
        let back = format!("{}/contract/fill", urls::application(signed.visit.language, &number));
        return Ok(Redirect::to(&back).into_response());
    }
    Ok(may_sign(page::show(&sign_page(&app, &signed, &number, desk, Answers::default()).await?)?))
}

pub async fn fill_page(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let desk = desk(&app, &signed, &number).await?;
    if !matches!(
        desk.case.stage.name(),
        StageName::AwaitingParentSignature | StageName::AwaitingKindergartenSignature
    ) {
        return Ok(Redirect::to(&urls::application(signed.visit.language, &number)).into_response());
    }
    let mut a = Answers::default();
    let address = desk.contract.parent_address.clone();
    a.set("address", address.unwrap_or_default());
    let today = almaty_day(now(&app, &signed).await?);
    page::show(&Fill::new(&app, &signed, &number, (desk, today), a))
}

pub async fn fill_in(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    if let Some(location) = form.effect(&app).await? {
        return Err(WebError::AlreadyDone { location });
    }
    let desk = desk_to_fill(&app, &signed, &number).await?;
    let mut a = form.answers();
    let address = read_address(&signed, &form, &mut a);
    let today = almaty_day(now(&app, &signed).await?);
    let (papers, file_status) = read_papers(&app, &signed, &form, (&desk, today), &mut a).await?;
    let shown = form.text("shown");
    if a.is_good() {
        let mut work = form.begin(&app, &signed.visit).await?;
        match contract::fill(&mut work.tx, &work.deed, &number, &address, &papers, Some(shown)).await {
            Ok(()) => {
                let there = format!("{}/contract", urls::application(signed.visit.language, &number));
                return work.finish(there).await;
            }
            Err(Failure::Refused(Refusal::ContractChanged)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let desk = desk_to_fill(&app, &signed, &number).await?;
    // What was filled in well and not taken is late for its text, whatever stands now.
    if a.is_good() || shown != hash(&desk.contract) {
        a.set_trouble(&locale::words(signed.visit.language).contract_step.changed_meanwhile);
    }
    let status = file_status.filter(|_| a.errors().len() == 1).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    page::show_with(status, &Fill::new(&app, &signed, &number, (desk, today), a))
}

fn read_address(signed: &Signed, form: &Form, a: &mut Answers) -> String {
    let w = crate::locale::words(signed.visit.language);
    let address = form.text("address").split_whitespace().collect::<Vec<_>>().join(" ");
    if address.chars().count() < 5 {
        a.fail("address", &w.contract.e_address);
    } else if address.chars().count() > LONGEST_ADDRESS {
        a.fail("address", locale::fill(&w.form.too_long, &[("most", &LONGEST_ADDRESS.to_string())]));
    } else if has_forbidden(&address) || !contract::printable(&address) {
        a.fail("address", &w.contract.e_letters);
    }
    address
}

async fn read_papers(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    (desk, today): (&Desk, NaiveDate),
    a: &mut Answers,
) -> Result<(Vec<Paper>, Option<StatusCode>), WebError> {
    let language = signed.visit.language;
    let w = crate::locale::words(language);
    let mut papers = Vec::new();
    let mut worst = None;
    for kind in DocumentKind::ALL {
        let field = kind.as_str();
        let (kept, status) = upload::take(app, signed, form, field, a).await?;
        worst = worst.or(status);
        // Several files may have the same fault; a paper that is not there is named by its own sentence.
        if status.is_some() {
            a.call(field, kind.name(language));
        }
        a.call(&format!("{field}_expires_on"), kind.name(language));
        let ticked = form.text(&format!("{field}_held"));
        let held = || desk.held.iter().find(|one| one.kind == field && one.file.to_string() == ticked);
        let attached = || desk.attached.iter().find(|one| one.kind == field).map(|one| one.file);
        let attached = attached().filter(|_| kind.required() || !form.ticked(&format!("{field}_drop")));
        let fresh = kept.as_ref().and_then(|_| read_dates(form, &format!("{field}_"), kind, today, w, a));
        let file = kept.map(|kept| kept.id).or_else(|| held().map(|one| one.file)).or(attached);
        if file.is_none() && kind.required() && a.error(field).is_none() {
            a.fail(field, locale::fill(&w.contract.e_document, &[("document", kind.name(language))]));
        }
        papers.push(Paper { kind, file, fresh });
    }
    Ok((papers, worst))
}

/// The exact bytes both sides sign.
pub async fn pdf(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let frozen = contract::own_pdf(&mut look.tx, &look.deed, &number).await?;
    look.commit().await?;
    Ok(download(&format!("{number}.pdf"), "application/pdf", frozen.pdf))
}

/// The text of any version, void or not.
pub async fn version(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number, id)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let frozen = contract::own_version(&mut look.tx, &look.deed, &number, address::id(&id)?).await?;
    look.commit().await?;
    Ok(download(&format!("{number}.pdf"), "application/pdf", frozen.pdf))
}

/// Everything of a contract that both sides have signed.
pub async fn package(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let package = contract::own_package(&mut look.tx, &look.deed, &number).await?;
    look.commit().await?;
    give_package(package, &app.config.base_url)
}

pub async fn paper(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number, kind)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let row = file::of_own_contract(&mut look.tx, &look.deed, &number, &kind).await?;
    look.give(&app, &row).await
}

/// A signature that came with a form, and the place of the page where it was made: there its refusal is told.
pub struct Sent {
    pub cms: Vec<u8>,
    pub place: &'static str,
}

/// What the browser signed (base64), else the file. Nothing: no file was chosen, which is told at the field.
pub fn signature(language: Language, form: &Form, a: &mut Answers) -> Option<Sent> {
    let typed = form.text("signature");
    if !typed.is_empty() {
        return Some(Sent { cms: typed.as_bytes().to_vec(), place: "sign_browser" });
    }
    let Some(file) = form.file("signature_file") else {
        a.fail("signature_file", &locale::words(language).contract.e_signature);
        return None;
    };
    Some(Sent { cms: signature_in(file), place: "signature_file" })
}

/// What came as a file. One that was too large to be kept is refused for its size further on, as any other.
pub fn signature_in(file: &Upload) -> Vec<u8> {
    if file.too_large { signature_deeds::too_large() } else { file.head.to_vec() }
}

pub async fn sign(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    let good = again::password(&app, &signed, &form, &mut a).await?;
    let sent = signature(signed.visit.language, &form, &mut a);
    if let (true, Some(Sent { cms, place })) = (good, sent) {
        if let Some(location) = form.effect(&app).await? {
            return Err(WebError::AlreadyDone { location });
        }
        // The authority is asked before the deed: nothing is locked while it thinks.
        let received = receive(&app, &signed, &number, &cms).await?;
        let mut work = form.begin(&app, &signed.visit).await?;
        let shown = form.text("shown");
        match contract::sign_as_parent(&mut work.tx, &work.deed, &number, &received, shown).await {
            Ok(taken) => {
                let here = urls::application(signed.visit.language, &number);
                return work
                    .finish(match taken {
                        Taken::Accepted => format!("{here}?done=signed"),
                        Taken::Waiting => format!("{here}/contract?done=signature_waits"),
                    })
                    .await;
            }
            Err(Failure::Refused(Refusal::Signature(reason))) => {
                drop(work);
                again::note_refused(&app, &signed, &number, Side::Parent, reason).await?;
                a.fail(place, locale::wording::signature(signed.visit.language, reason));
            }
            Err(failure @ Failure::Refused(Refusal::ContractChanged)) => {
                drop(work);
                again::note_changed(&app, &signed, &number, Side::Parent).await?;
                return Err(failure.into());
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    let desk = desk(&app, &signed, &number).await?;
    Ok(may_sign(page::show_again(&sign_page(&app, &signed, &number, desk, a).await?)?))
}

/// What is heard about a signature. Without a text to sign nobody is asked: the deed will say so.
async fn receive(app: &SharedApp, signed: &Signed, number: &str, cms: &[u8]) -> Result<Received, WebError> {
    let mut look = again::look(app, signed).await?;
    let pdf = match contract::own_pdf(&mut look.tx, &look.deed, number).await {
        Ok(frozen) => frozen.pdf,
        Err(Failure::NotFound) => Vec::new(),
        Err(failure) => return Err(failure.into()),
    };
    look.commit().await?;
    Ok(signature_deeds::receive(app, cms, &pdf, None, Patience::PAGE).await?)
}

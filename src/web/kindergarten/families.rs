//! The families that chose this kindergarten: send the contract, decline, sign.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};

use crate::app::SharedApp;
use crate::domain::contract::{
    self, AttachedDocument, ContractRow, FamilyLine, FamilyView, ReturnRow, Returned, VersionRow,
};
use crate::domain::signature::{self as signature_deeds, Patience, Received};
use crate::fault::{Failure, Fault};
use crate::locale::{date, fill, wording};
use crate::rules::contract::{Awaited, Known, Step};
use crate::rules::deadline::almaty_day;
use crate::rules::document::DocumentKind;
use crate::rules::kindergarten_step;
use crate::rules::paper::PaperReason;
use crate::rules::person::Language;
use crate::rules::phone::Phone;
use crate::rules::reason::KindergartenReason;
use crate::rules::refusal::Refusal;
use crate::rules::signature::{Side, Taken};
use crate::rules::stage_name::StageName;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form, has_forbidden};
use crate::web::page::{self, Page};
use crate::web::parent::contract::{CheckBox, Sent, ncalayer, signature, why_returned};
use crate::web::parent::documents::{AttachedLine, Days, attached_lines};
use crate::web::parent::{cabinet, download};
use crate::web::versions::{Versions, give_package, with_version};
use crate::web::visit::Signed;
use crate::web::{Routes, Who, address, again, may_sign, urls};

/// The largest monthly fee a form takes, in tenge.
const LARGEST_FEE: u32 = 1_000_000;

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/kindergarten", Who::Kindergarten, list)
        .get("/{lang}/kindergarten/families/{number}", Who::Kindergarten, show)
        .get("/{lang}/kindergarten/families/{number}/contract", Who::Kindergarten, pdf)
        .get("/{lang}/kindergarten/families/{number}/papers/{kind}", Who::Kindergarten, paper)
        .post("/{lang}/kindergarten/families/{number}/send", Who::Kindergarten, send)
        .post("/{lang}/kindergarten/families/{number}/terms", Who::Kindergarten, change_terms)
        .get("/{lang}/kindergarten/families/{number}/versions/{id}", Who::Kindergarten, version)
        .get("/{lang}/kindergarten/families/{number}/package", Who::Kindergarten, package)
        .post("/{lang}/kindergarten/families/{number}/return-papers", Who::Kindergarten, return_papers)
        .post("/{lang}/kindergarten/families/{number}/decline", Who::Kindergarten, decline)
        .post_files("/{lang}/kindergarten/families/{number}/sign", Who::Kindergarten, sign)
}

#[derive(Template)]
#[template(path = "kindergarten/families.html")]
pub struct Families {
    pub p: Page,
    pub lines: Vec<(FamilyLine, Option<ActBy>)>,
}

/// By when the kindergarten acts.
pub struct ActBy {
    pub day: NaiveDate,
    pub late: bool,
}

/// `None` when it is not the kindergarten's turn, or its signature waits for its check.
fn act_by(
    app: &SharedApp,
    now: DateTime<Utc>,
    stage: StageName,
    since: Option<DateTime<Utc>>,
    days: i32,
) -> Option<ActBy> {
    if !kindergarten_step::is_due_in(stage) {
        return None;
    }
    let due = kindergarten_step::due(&app.calendar(), since?, days.unsigned_abs())?;
    Some(ActBy { day: due.by, late: due.is_past(almaty_day(now)) })
}

fn stage_of(stage: &str) -> StageName {
    StageName::parse(stage).unwrap_or(StageName::Archived)
}

impl Families {
    /// May be ticked, to be signed with others.
    pub fn waits_for_signature(&self, line: &FamilyLine) -> bool {
        step_of(line) == Some(Step::Kindergarten)
    }

    /// A signature waits for the authority's word.
    pub fn is_checked(&self, line: &FamilyLine) -> bool {
        step_of(line).is_some_and(Step::is_checked)
    }

    pub fn has_many(&self) -> bool {
        self.lines.iter().any(|(line, _)| self.waits_for_signature(line))
    }

    pub fn tick(&self, line: &FamilyLine) -> String {
        fill(&self.p.w.sign_many.tick, &[("child", &line.child_name)])
    }

    pub fn status(&self, line: &FamilyLine) -> &'static str {
        wording::stage(self.p.language, stage_of(&line.stage))
    }

    /// Seen from the kindergarten: it acts where the family waits.
    pub fn tag(&self, line: &FamilyLine) -> &'static str {
        kindergarten_tag(stage_of(&line.stage), self.is_checked(line))
    }
}

/// What the contract of a line waits for; the list does not tell filling in from signing.
fn step_of(line: &FamilyLine) -> Option<Step> {
    let waiting = line.waiting.as_deref().and_then(Side::parse);
    Step::of(stage_of(&line.stage), Known { filled: true, returned: false, waiting })
}

/// While a signature is checked, nobody has to act.
fn kindergarten_tag(stage: StageName, checked: bool) -> &'static str {
    match stage {
        _ if checked => "tag--waiting",
        StageName::AwaitingContract | StageName::AwaitingKindergartenSignature => "tag--act",
        StageName::AwaitingParentSignature => "tag--waiting",
        other => cabinet::tag(other, None),
    }
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let now = crate::web::parent::case::now(&app, &signed).await?;
    let lines = contract::families(&mut conn, signed.kindergarten()?).await?.into_iter().map(|line| {
        let act_by = act_by(&app, now, stage_of(&line.stage), line.step_since, line.step_days);
        (line, act_by)
    });
    let lines = lines.collect();
    drop(conn);
    page::show(&Families { p: Page::new(&app, &signed.visit), lines })
}

#[derive(Template)]
#[template(path = "kindergarten/family.html")]
pub struct Family {
    pub p: Page,
    pub a: Answers,
    pub it: FamilyView,
    pub stage: StageName,
    pub act_by: Option<ActBy>,
    /// What the contract waits for, if there is one.
    pub awaited: Option<Awaited>,
    pub contract: Option<ContractRow>,
    pub papers: Vec<AttachedDocument>,
    pub paper_lines: Vec<AttachedLine>,
    pub versions: Versions,
    /// What this kindergarten sent back, and the family has not signed again.
    pub returned: Vec<ReturnRow>,
    pub ncalayer: String,
    /// A signature that waits for its check, or did not pass it.
    pub check: Option<CheckBox>,
}

impl Family {
    pub fn status(&self) -> &'static str {
        wording::stage(self.p.language, self.stage)
    }

    pub fn tag(&self) -> &'static str {
        kindergarten_tag(self.stage, self.is_checked())
    }

    pub fn path(&self, rest: &str) -> String {
        self.p.url(&format!("kindergarten/families/{}{rest}", self.it.number))
    }

    pub fn act_by_text(&self) -> Option<String> {
        let (it, w) = (self.act_by.as_ref()?, &self.p.w.families);
        let sentence = if it.late { &w.late_text } else { &w.act_by_text };
        Some(fill(sentence, &[("day", &self.p.date(&it.day))]))
    }

    pub fn is_late(&self) -> bool {
        self.act_by.as_ref().is_some_and(|it| it.late)
    }

    pub fn parent_phone(&self) -> Option<Phone> {
        self.it.parent_phone.as_deref().and_then(|stored| Phone::parse(stored).ok())
    }

    pub fn reasons(&self) -> Vec<(&'static str, &'static str)> {
        KindergartenReason::ALL.iter().map(|reason| (reason.as_str(), reason.name(self.p.language))).collect()
    }

    pub fn may_decline(&self) -> bool {
        matches!(self.stage, StageName::AwaitingContract | StageName::AwaitingKindergartenSignature)
    }

    pub fn may_send(&self) -> bool {
        self.stage == StageName::AwaitingContract
    }

    pub fn may_sign(&self) -> bool {
        self.stage == StageName::AwaitingKindergartenSignature
    }

    /// Another day or fee, until the kindergarten itself has signed.
    pub fn may_change_terms(&self) -> bool {
        matches!(self.stage, StageName::AwaitingParentSignature | StageName::AwaitingKindergartenSignature)
    }

    pub fn is_enrolled(&self) -> bool {
        self.stage == StageName::Enrolled
    }

    pub fn contract_title(&self) -> String {
        let title = &self.p.w.contract.title;
        self.contract.as_ref().map(|it| with_version(self.p.w, title, it.version)).unwrap_or_default()
    }

    /// A signature waits for the authority's word.
    pub fn is_checked(&self) -> bool {
        self.awaited.is_some_and(|it| it.step.is_checked())
    }

    /// What the contract waits for, as the kindergarten should know it.
    pub fn waits_for(&self) -> Option<String> {
        let (it, language) = (self.awaited?, self.p.language);
        let step = wording::step(language, it.step).kindergarten.clone();
        // A new version is the family's to sign first.
        let lost = it
            .lost
            .map(|lost| wording::refusal(language, &Refusal::FamilySignsFirst { version: lost.version }));
        Some(lost.map(|first| format!("{first} {step}")).unwrap_or(step))
    }

    /// The contract and the papers are the kindergarten's to see once the parent has sent them.
    pub fn sees_contract(&self) -> bool {
        matches!(self.stage, StageName::AwaitingKindergartenSignature | StageName::Enrolled)
    }

    pub fn hash(&self) -> String {
        self.contract
            .as_ref()
            .and_then(|contract| contract.pdf_sha256.as_deref())
            .map(hex::encode)
            .unwrap_or_default()
    }

    /// The papers that may be sent back: the fields of each, and what it is.
    pub fn returnable(&self) -> Vec<(String, String, &'static str)> {
        let names = |paper: &AttachedDocument| {
            let kind = DocumentKind::parse(&paper.kind).map_or("", |kind| kind.name(self.p.language));
            (format!("reason_{}", paper.kind), format!("comment_{}", paper.kind), kind)
        };
        self.papers.iter().map(names).collect()
    }

    pub fn paper_reasons(&self) -> Vec<(&'static str, &'static str)> {
        let language = self.p.language;
        PaperReason::ALL.iter().map(|it| (it.as_str(), wording::paper_reason(language, *it))).collect()
    }

    /// Something was wrong in that form: it is unfolded.
    pub fn return_is_open(&self) -> bool {
        self.a.errors().iter().any(|(field, _)| {
            field == "return-papers" || field.starts_with("reason_") || field.starts_with("comment_")
        })
    }

    pub fn sent_back(&self) -> Vec<String> {
        let line = |one: &ReturnRow| {
            let kind = DocumentKind::parse(&one.kind).map_or("", |kind| kind.name(self.p.language));
            format!("{kind}: {}", why_returned(self.p.language, &one.reason, &one.comment))
        };
        self.returned.iter().map(line).collect()
    }

    pub fn signed_by_parent(&self) -> Option<String> {
        let at = self.contract.as_ref()?.parent_signed_at?;
        Some(fill(&self.p.w.contract.signed_by_parent, &[("at", &date::moment(at))]))
    }

    pub fn signed_by_kindergarten(&self) -> Option<String> {
        let at = self.contract.as_ref()?.kindergarten_signed_at?;
        Some(fill(&self.p.w.contract.signed_by_kindergarten, &[("at", &date::moment(at))]))
    }
}

async fn family_page(
    app: &SharedApp,
    signed: &Signed,
    number: &str,
    mut a: Answers,
) -> Result<Family, WebError> {
    let mut look = again::look(app, signed).await?;
    let it = contract::open_family(&mut look.tx, &look.deed, number).await?;
    let found = contract::of_family(&mut look.tx, it.id).await?;
    let rows = contract::versions_for_kindergarten(&mut look.tx, &look.deed, it.id).await?;
    let returned = match &found {
        Some((open, _)) => contract::returned(&mut look.tx, open).await?,
        None => Vec::new(),
    };
    let changes = contract::changes(&mut look.tx, &rows, Side::Kindergarten).await?;
    let awaited = contract::step_of_family(&mut look.tx, it.id).await?;
    let now = look.deed.now;
    let check = match &found {
        Some((contract, _)) => {
            let own = signature_deeds::newest(&mut look.tx, contract.id, Side::Kindergarten).await?;
            let other = signature_deeds::newest(&mut look.tx, contract.id, Side::Parent).await?;
            // That the family's did not pass is the family's own affair.
            CheckBox::new(signed.visit.language, Side::Kindergarten, own, other)
        }
        None => None,
    };
    look.commit().await?;
    let (contract, papers) = found.map_or((None, Vec::new()), |(contract, papers)| (Some(contract), papers));
    let iin = crate::domain::profile::show(app, signed.account).await?.account.iin;
    let bin = contract.as_ref().map(|contract| contract.bin.clone());
    // Another form was sent, or none: that of the offer says what counts.
    if !a.has("starts_on") {
        let offer = contract.as_ref();
        a.set("starts_on", offer.map(|it| it.starts_on.to_string()).unwrap_or_default());
        a.set("parent_fee", offer.map_or(0, |it| it.parent_fee).to_string());
    }
    let p = Page::new(app, &signed.visit);
    let base = p.url(&format!("kindergarten/families/{number}/versions"));
    let link = |row: &VersionRow| row.parent_signed_at.map(|_| format!("{base}/{}", row.id));
    let policy = app.policy();
    let use_on = contract.as_ref().map(|contract| contract.starts_on);
    let days = Days { today: almaty_day(now), use_on, settings: &policy };
    let open = contract.as_ref().is_some_and(|contract| contract.kindergarten_signed_at.is_none());
    Ok(Family {
        paper_lines: attached_lines(p.language, &papers, open.then_some(&days)),
        versions: Versions::new(&p, &rows, changes.as_ref(), awaited, link),
        ncalayer: ncalayer(app, iin.as_str(), bin.as_deref()),
        p,
        stage: stage_of(&it.stage),
        act_by: act_by(app, now, stage_of(&it.stage), it.step_since, it.step_days),
        a,
        it,
        contract,
        papers,
        check,
        awaited,
        returned,
    })
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let shown = family_page(&app, &signed, &number, Answers::default()).await?;
    Ok(may_sign(page::show(&shown)?))
}

pub async fn pdf(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let frozen = contract::kindergarten_pdf(&mut look.tx, &look.deed, &number).await?;
    look.commit().await?;
    Ok(download(&format!("{number}.pdf"), "application/pdf", frozen.pdf))
}

pub async fn paper(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number, kind)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let row = contract::kindergarten_paper(&mut look.tx, &look.deed, &number, &kind).await?;
    look.give(&app, &row).await
}

fn here(signed: &Signed, number: &str, done: &str) -> String {
    urls::page(signed.visit.language, &format!("kindergarten/families/{number}?done={done}"))
}

pub async fn send(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    let Some((starts_on, fee)) = read_terms(&app, &signed, &form, &mut a) else {
        return Ok(may_sign(page::show_again(&family_page(&app, &signed, &number, a).await?)?));
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    contract::send(&mut work.tx, &work.deed, &number, starts_on, fee).await?;
    work.finish(here(&signed, &number, "contract_sent")).await
}

/// Another day or fee: a new version of the contract.
pub async fn change_terms(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    let Some((starts_on, fee)) = read_terms(&app, &signed, &form, &mut a) else {
        return Ok(may_sign(page::show_again(&family_page(&app, &signed, &number, a).await?)?));
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let changed = contract::change_terms(&mut work.tx, &work.deed, &number, starts_on, fee).await?;
    let done = if changed { "contract_changed" } else { "contract_stays" };
    work.finish(here(&signed, &number, done)).await
}

/// «15 000» as people write it, also with the spaces that do not break.
fn without_spaces(number: &str) -> String {
    number.chars().filter(|it| !it.is_whitespace()).collect()
}

/// The day of the start and the fee, or what is wrong with them. A child comes for the first time on a working day.
fn read_terms(app: &SharedApp, signed: &Signed, form: &Form, a: &mut Answers) -> Option<(NaiveDate, u32)> {
    let language = signed.visit.language;
    let w = &crate::locale::words(language).families;
    let today = signed.visit.signed_in.as_ref().map(|signed_in| almaty_day(signed_in.now));
    let starts_on = NaiveDate::parse_from_str(form.text("starts_on"), "%Y-%m-%d").ok().filter(|day| {
        today.is_none_or(|today| (*day - today).num_days() >= 0 && (*day - today).num_days() <= 366)
    });
    let working = starts_on.map(|day| app.calendar().working_day_from(day));
    match starts_on.zip(working) {
        None => a.fail("starts_on", &w.e_starts_on),
        Some((day, next)) if day != next => a.fail("starts_on", wording::day_off(language, day, next)),
        Some(_) => {}
    }
    let fee: Option<u32> =
        without_spaces(form.text("parent_fee")).parse().ok().filter(|fee| *fee <= LARGEST_FEE);
    if fee.is_none() {
        a.fail("parent_fee", &w.e_fee);
    }
    starts_on.filter(|_| a.error("starts_on").is_none()).zip(fee)
}

/// The text of a version that the parent had signed, void or not.
pub async fn version(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number, id)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let frozen = contract::kindergarten_version(&mut look.tx, &look.deed, &number, address::id(&id)?).await?;
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
    let package = contract::kindergarten_package(&mut look.tx, &look.deed, &number).await?;
    look.commit().await?;
    give_package(package, &app.config.base_url)
}

pub async fn decline(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let Some(reason) = KindergartenReason::parse(form.text("reason")) else {
        let mut a = form.answers();
        a.fail("reason", &crate::locale::words(signed.visit.language).families.e_reason);
        return Ok(may_sign(page::show_again(&family_page(&app, &signed, &number, a).await?)?));
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    contract::decline(&mut work.tx, &work.deed, &number, reason).await?;
    work.finish(urls::page(signed.visit.language, "kindergarten?done=declined")).await
}

/// The longest comment on a paper that is sent back, in characters.
const LONGEST_COMMENT: usize = 300;

fn read_returned(
    form: &Form,
    papers: &[AttachedDocument],
    language: Language,
    a: &mut Answers,
) -> Vec<Returned> {
    let w = crate::locale::words(language);
    let mut returned = Vec::new();
    for kind in papers.iter().filter_map(|paper| DocumentKind::parse(&paper.kind)) {
        let (reason_field, comment_field) =
            (format!("reason_{}", kind.as_str()), format!("comment_{}", kind.as_str()));
        for field in [&reason_field, &comment_field] {
            a.call(field, kind.name(language));
        }
        let comment = form.text(&comment_field);
        let Some(reason) = PaperReason::parse(form.text(&reason_field)) else {
            if !comment.is_empty() {
                a.fail(&reason_field, &w.papers.e_return_reason);
            }
            continue;
        };
        if comment.chars().count() > LONGEST_COMMENT {
            a.fail(&comment_field, fill(&w.form.too_long, &[("most", &LONGEST_COMMENT.to_string())]));
        } else if has_forbidden(comment) {
            a.fail(&comment_field, &w.form.forbidden_characters);
        } else if reason == PaperReason::Other && comment.is_empty() {
            a.fail(&comment_field, &w.papers.e_return_comment);
        }
        returned.push(Returned { kind, reason, comment: comment.to_owned() });
    }
    if returned.is_empty() && a.is_good() {
        a.fail("return-papers", &w.papers.e_return);
    }
    returned
}

pub async fn return_papers(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let shown = family_page(&app, &signed, &number, form.answers()).await?;
    let mut a = form.answers();
    let stage = shown.stage;
    let returned = read_returned(&form, &shown.papers, signed.visit.language, &mut a);
    if stage == StageName::AwaitingKindergartenSignature && !a.is_good() {
        return Ok(may_sign(page::show_again(&family_page(&app, &signed, &number, a).await?)?));
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    contract::return_papers(&mut work.tx, &work.deed, &number, &returned).await?;
    work.finish(here(&signed, &number, "papers_returned")).await
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
        match contract::sign_as_kindergarten(&mut work.tx, &work.deed, &number, &received, shown).await {
            Ok(Taken::Accepted) => return work.finish(here(&signed, &number, "signed")).await,
            Ok(Taken::Waiting) => return work.finish(here(&signed, &number, "signature_waits")).await,
            Err(Failure::Refused(Refusal::Signature(reason))) => {
                drop(work);
                again::note_refused(&app, &signed, &number, Side::Kindergarten, reason).await?;
                a.fail(place, wording::signature(signed.visit.language, reason));
            }
            Err(failure @ Failure::Refused(Refusal::ContractChanged | Refusal::FamilySignsFirst { .. })) => {
                drop(work);
                again::note_changed(&app, &signed, &number, Side::Kindergarten).await?;
                return Err(failure.into());
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(may_sign(page::show_again(&family_page(&app, &signed, &number, a).await?)?))
}

/// What is heard about a signature. Without a text to sign nobody is asked: the deed will say so.
async fn receive(app: &SharedApp, signed: &Signed, number: &str, cms: &[u8]) -> Result<Received, WebError> {
    let mut look = again::look(app, signed).await?;
    let pdf = match contract::kindergarten_pdf(&mut look.tx, &look.deed, number).await {
        Ok(frozen) => frozen.pdf,
        Err(Failure::NotFound) => Vec::new(),
        Err(failure) => return Err(failure.into()),
    };
    look.commit().await?;
    Ok(signature_deeds::receive(app, cms, &pdf, None, Patience::PAGE).await?)
}

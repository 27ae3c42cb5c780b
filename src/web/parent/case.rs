//! The page of one application: where it stands, who has the case, by when to act, and what can be done.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::cabinet::tag;
use super::contract::{CheckBox, why_returned};
use super::place::Moves;
use crate::app::SharedApp;
use crate::domain::application::{self, Seen};
use crate::domain::contract;
use crate::domain::ledger::Receipt;
use crate::domain::signature as signatures;
use crate::domain::{file, moment};
use crate::fault::{Failure, Fault};
use crate::locale::{date, fill, wording, words};
use crate::rules::contract::{Awaited, Step as ContractStep};
use crate::rules::correction::CorrectionType;
use crate::rules::deadline::{StandsStill, almaty_day, days_left};
use crate::rules::document::DocumentKind;
use crate::rules::kindergarten_step;
use crate::rules::pause::{Pause, PauseWhy};
use crate::rules::person::{Language, outgrown_on};
use crate::rules::reason::{ArchiveReason, DoctorReason};
use crate::rules::refusal::Refusal;
use crate::rules::signature::Side;
use crate::rules::stage::{Due, Stage};
use crate::rules::stage_name::StageName;
use crate::web::again;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::versions::lost_text;
use crate::web::visit::Signed;

/// The one box that says by when to act.
pub struct TermBox {
    pub label: &'static str,
    pub date: String,
    pub left: String,
    pub whole_day: bool,
    /// It stands still: there is no day.
    pub still: bool,
}

/// The last day of a term, or the day before which it does not end.
pub fn day(language: Language, due: Due) -> String {
    let day = date::long(due.by, language);
    if due.firm { day } else { fill(&words(language).case.not_before, &[("day", &day)]) }
}

impl TermBox {
    /// A running term, as of today.
    pub fn new(
        app: &SharedApp,
        language: Language,
        label: &'static str,
        due: Due,
        now: DateTime<Utc>,
    ) -> Self {
        let w = words(language);
        let left = i64::from(days_left(&app.calendar(), almaty_day(now), due.by));
        Self::until(language, label, due, w.counts.working_days.of(language, left), now)
    }

    /// The last day with what is left until then, in the days of that term.
    fn until(language: Language, label: &'static str, due: Due, days: String, now: DateTime<Utc>) -> Self {
        let w = &words(language).case;
        // Until the sweep comes round the family finds the case as it was.
        let over = due.is_past(almaty_day(now));
        Self {
            label,
            date: day(language, due),
            left: if over { w.over.clone() } else { fill(&w.left, &[("days", &days)]) },
            whole_day: due.firm && !over,
            still: false,
        }
    }

    /// A term that stands still: why, and what is kept.
    fn still(
        language: Language,
        label: &'static str,
        why: Option<PauseWhy>,
        StandsStill { days_left }: StandsStill,
    ) -> Self {
        let w = words(language);
        let why = match why {
            Some(PauseWhy::Kindergarten) => w.term.still_kindergarten.as_str(),
            Some(PauseWhy::Check) => &w.term.still_check,
            Some(PauseWhy::NoPlace) => &w.term.still_no_place,
            Some(PauseWhy::Outage) | None => &w.term.still_outage,
        };
        let days = w.counts.working_days.of(language, i64::from(days_left));
        let kept = fill(&w.term.stands, &[("days", &days)]);
        Self {
            label,
            date: w.term.still.clone(),
            left: format!("{why} {kept}"),
            whole_day: false,
            still: true,
        }
    }

    /// The term of a voucher, running or not.
    fn of_voucher(
        app: &SharedApp,
        language: Language,
        label: &'static str,
        stage: &Stage,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let open = |pause: &&Pause| pause.to.is_none();
        let why = stage.term()?.pauses.iter().filter(open).map(|pause| pause.why).min();
        Some(match stage.due(&app.calendar())? {
            Ok(due) => Self::new(app, language, label, due, now),
            Err(still) => Self::still(language, label, why, still),
        })
    }

    /// The term that runs in this stage, if one does.
    pub fn of(app: &SharedApp, language: Language, stage: &Stage, now: DateTime<Utc>) -> Option<Self> {
        let w = &words(language).case;
        match stage {
            // Until the gateway has taken the notice the day can still move: "not before".
            Stage::VoucherIssued(_) => Self::of_voucher(app, language, &w.confirm_by, stage, now),
            Stage::VoucherConfirmed(_)
            | Stage::AwaitingContract(_)
            | Stage::AwaitingParentSignature(_)
            | Stage::AwaitingKindergartenSignature(_) => {
                Self::of_voucher(app, language, &w.conclude_by, stage, now)
            }
            Stage::OnStopList(listed) => {
                listed.return_by?;
                let due = listed.due(&app.calendar());
                let days = (due.by - almaty_day(now)).num_days() + 1;
                let days = words(language).counts.days.of(language, days);
                Some(Self::until(language, &w.return_by, due, days, now))
            }
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "parent/case.html")]
pub struct CasePage {
    pub p: Page,
    pub it: Seen,
    pub contract: OfContract,
    /// The applicant's alone.
    pub receipt: Option<Receipt>,
    pub stage: StageName,
    pub term: Option<TermBox>,
    /// There is something to explain day by day.
    pub has_term: bool,
    pub can_extend: bool,
    /// The term is over: the sentence that says so.
    pub passed: Option<String>,
    /// How the place moved lately; only in the queue.
    pub moves: Option<Moves>,
    /// The file with the last day can be had.
    pub has_file: bool,
    /// What else the family should know of time: the kindergarten's own term, the end of the stop list, school age.
    pub about_time: Vec<(bool, String)>,
}

/// What the page says of the family's contract.
#[derive(Default)]
pub struct OfContract {
    pub step: Option<ContractStep>,
    /// The applicant's alone: what was signed counts no more, and by when to sign again.
    pub lost: Option<String>,
    /// The applicant's alone: the papers to put right, and why.
    pub to_mend: Vec<String>,
    /// The applicant's alone: their signature did not pass its check.
    pub check: Option<CheckBox>,
    /// The applicant's alone: there are contracts, though none is open.
    pub past: bool,
}

impl OfContract {
    async fn see(
        app: &SharedApp,
        language: Language,
        it: &Seen,
        now: DateTime<Utc>,
    ) -> Result<Self, WebError> {
        use StageName::{AwaitingReview, OnStopList, Queued, VoucherIssued};
        // Nobody there has had a contract: most families, and their page costs what it did.
        if matches!(it.stage.name(), AwaitingReview | Queued | VoucherIssued | OnStopList) {
            return Ok(Self::default());
        }
        let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
        let awaited = contract::step(&mut conn, &it.stage).await?;
        let step = awaited.map(|it| it.step);
        let mut seen = Self { step, ..Self::default() };
        if !it.view.own {
            return Ok(seen);
        }
        seen.lost = lost(app, language, &it.stage, awaited, now);
        match (step, it.stage.contract()) {
            (Some(ContractStep::Mend), _) => {
                let rows = contract::to_mend(&mut conn, it.view.id).await?;
                seen.to_mend = rows
                    .iter()
                    .map(|one| {
                        let kind = DocumentKind::parse(&one.kind).map_or("", |kind| kind.name(language));
                        format!("{kind}: {}", why_returned(language, &one.reason, &one.comment))
                    })
                    .collect();
            }
            (Some(ContractStep::Sign), Some(id)) => {
                let own = signatures::newest(&mut conn, id, Side::Parent).await?;
                seen.check = CheckBox::new(language, Side::Parent, own, None);
            }
            (None, _) => seen.past = !contract::versions_for_parent(&mut conn, it.view.id).await?.is_empty(),
            _ => {}
        }
        Ok(seen)
    }
}

/// That the family has to sign again; nothing once its term is over.
pub fn lost(
    app: &SharedApp,
    language: Language,
    stage: &Stage,
    awaited: Option<Awaited>,
    now: DateTime<Utc>,
) -> Option<String> {
    let lost = awaited?.lost.filter(|_| passed(app, stage, now).is_none())?;
    Some(lost_text(language, lost, stage.due(&app.calendar()).and_then(Result::ok)))
}

/// The last good day of the family's term, if it is over: nothing can be done any more, whether or not the sweep has run.
pub fn passed(app: &SharedApp, stage: &Stage, now: DateTime<Utc>) -> Option<chrono::NaiveDate> {
    let due = match stage {
        Stage::VoucherIssued(_) | Stage::VoucherConfirmed(_) | Stage::AwaitingParentSignature(_) => {
            stage.due(&app.calendar())?.ok()?
        }
        _ => return None,
    };
    due.is_past(almaty_day(now)).then_some(due.by)
}

/// Sentences about time, the worrying ones marked.
fn about_time(app: &SharedApp, language: Language, it: &Seen, now: DateTime<Utc>) -> Vec<(bool, String)> {
    let kindergarten = kindergarten_due(app, language, it, now);
    let list = super::term::list_until(language, &it.stage, &app.calendar()).map(|text| (false, text));
    let school = outgrows(app, language, it, now).map(|text| (true, text));
    [kindergarten, list, school].into_iter().flatten().collect()
}

/// By when the kindergarten answers or signs; once that day is over, what the family can do about it.
fn kindergarten_due(
    app: &SharedApp,
    language: Language,
    it: &Seen,
    now: DateTime<Utc>,
) -> Option<(bool, String)> {
    let term = it.stage.conclude_term()?;
    if !kindergarten_step::is_due_in(it.stage.name()) {
        return None;
    }
    let since = kindergarten_step::since(it.view.stage_since, &term.pauses)?;
    let due = kindergarten_step::due(&app.calendar(), since, term.rules.kindergarten_step_days)?;
    let (w, late) = (&words(language).case, due.is_past(almaty_day(now)));
    let sentence = if late { &w.kindergarten_late } else { &w.kindergarten_by };
    Some((late, fill(sentence, &[("day", &date::long(due.by, language))])))
}

/// The day on which the child outgrows the queue, when the family has been warned of it or is about to be.
fn outgrows(app: &SharedApp, language: Language, it: &Seen, now: DateTime<Utc>) -> Option<String> {
    let policy = app.policy();
    let on = outgrown_on(it.view.birth_year, policy.child_under_years)?;
    let days = (on - almaty_day(now)).num_days();
    let near = (0..=i64::from(policy.outgrown_first_notice_days)).contains(&days);
    (near && it.stage.name().is_live())
        .then(|| fill(&words(language).case.outgrows, &[("day", &date::long(on, language))]))
}

/// The steps of the road, for the list on the page.
const ROAD: [(&[StageName], u8); 6] = [
    (&[StageName::AwaitingReview], 0),
    (&[StageName::Queued, StageName::OnStopList], 1),
    (&[StageName::VoucherIssued], 2),
    (&[StageName::VoucherConfirmed], 3),
    (
        &[
            StageName::AwaitingContract,
            StageName::AwaitingParentSignature,
            StageName::AwaitingKindergartenSignature,
        ],
        4,
    ),
    (&[StageName::Enrolled], 5),
];

/// A step of the road: its name, done, current.
pub struct Step {
    pub name: &'static str,
    pub done: bool,
    pub current: bool,
}

impl CasePage {
    /// `was_term`: the application is over and had a term.
    fn new(
        app: &SharedApp,
        signed: &Signed,
        (it, contract): (Seen, OfContract),
        was_term: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let language = signed.visit.language;
        let can_extend = it.view.own && it.stage.clone().extend(almaty_day(now), &app.calendar()).is_ok();
        let passed =
            passed(app, &it.stage, now).map(|last| wording::refusal(language, &Refusal::TermPassed { last }));
        let term = TermBox::of(app, language, &it.stage, now).filter(|_| passed.is_none());
        let has_file = super::term::last_day(&it.stage, &app.calendar(), now).is_some();
        let about_time = about_time(app, language, &it, now);
        let p = Page::new(app, &signed.visit);
        let today = almaty_day(now);
        let moves =
            it.view.place.map(|_| Moves::new(&p, &it.moves, application::history_from(today), today, today));
        Self {
            p,
            receipt: it.view.own.then(|| it.receipt.clone()),
            has_term: was_term || term.is_some() || it.stage.name() == StageName::OnStopList,
            stage: it.stage.name(),
            term,
            can_extend,
            passed,
            moves,
            has_file,
            about_time,
            contract,
            it,
        }
    }

    pub fn status(&self) -> &'static str {
        wording::stage(self.p.language, self.stage)
    }

    pub fn ledger_day(&self, day: &chrono::NaiveDate) -> String {
        fill(&self.p.w.ledger.receipt_day, &[("day", &date::short(*day))])
    }

    pub fn tag(&self) -> &'static str {
        tag(self.stage, self.contract.step)
    }

    pub fn what_now(&self) -> &'static str {
        let w = &self.p.w.case;
        if let Some(step) = self.contract.step {
            let says = wording::step(self.p.language, step);
            return if self.may_act() { &says.now } else { &says.other };
        }
        match &self.it.stage {
            Stage::AwaitingReview => &w.now_awaiting_review,
            Stage::Queued => &w.now_queued,
            Stage::VoucherIssued(_) => &w.now_voucher_issued,
            Stage::VoucherConfirmed(_) => &w.now_voucher_confirmed,
            Stage::AwaitingContract(_) => &w.now_awaiting_contract,
            // These have a contract, and with it a step.
            Stage::AwaitingParentSignature(_)
            | Stage::AwaitingKindergartenSignature(_)
            | Stage::Enrolled(_) => self.status(),
            Stage::OnStopList(listed) if listed.return_by.is_none() => &w.now_on_stop_list_final,
            Stage::OnStopList(_) => &w.now_on_stop_list,
            Stage::Archived(_) => &w.now_archived,
        }
    }

    pub fn road(&self) -> Vec<Step> {
        let w = &self.p.w.case;
        let names = [
            &w.step_review,
            &w.step_queue,
            &w.step_voucher,
            &w.step_choice,
            &w.step_contract,
            &w.step_enrolled,
        ];
        let here = ROAD.iter().find(|(stages, _)| stages.contains(&self.stage)).map(|(_, at)| *at);
        let steps = names.into_iter().zip(0u8..).map(|(name, at)| Step {
            name,
            done: here.is_some_and(|here| at < here) || self.stage == StageName::Enrolled,
            current: here == Some(at) && self.stage != StageName::Enrolled,
        });
        // The general queue has no doctor.
        steps.skip(usize::from(self.it.view.queue_type == "general")).collect()
    }

    pub fn place_how(&self) -> String {
        match self.it.view.place {
            Some(place) if place > 1 => {
                let families = self.p.w.counts.families.of(self.p.language, place - 1);
                fill(&self.p.w.case.place_how, &[("families", &families)])
            }
            _ => self.p.w.case.place_first.clone(),
        }
    }

    pub fn queue_type(&self) -> &'static str {
        let w = &self.p.w.apply;
        if self.it.view.queue_type == "special" { &w.special } else { &w.general }
    }

    pub fn correction(&self) -> Option<&'static str> {
        self.it
            .view
            .correction_type
            .as_deref()
            .and_then(|code| CorrectionType::parse(code).ok())
            .map(|one| one.name(self.p.language))
    }

    pub fn language_name(&self) -> &'static str {
        let w = &self.p.w.apply;
        if self.it.view.language == "kk" { &w.language_kk } else { &w.language_ru }
    }

    pub fn named(&self, kk: &str, ru: &str) -> String {
        if self.p.language == Language::Kk { kk.to_owned() } else { ru.to_owned() }
    }

    pub fn wish_names(&self) -> Vec<String> {
        self.it.wishes.iter().map(|wish| self.named(&wish.name_kk, &wish.name_ru)).collect()
    }

    pub fn kindergarten(&self) -> Option<String> {
        Some(self.named(self.it.view.kindergarten_kk.as_deref()?, self.it.view.kindergarten_ru.as_deref()?))
    }

    pub fn reason(&self) -> Option<&'static str> {
        self.it
            .view
            .archive_reason
            .as_deref()
            .and_then(ArchiveReason::parse)
            .map(|reason| reason.name(self.p.language))
    }

    pub fn reject_reason(&self) -> Option<&'static str> {
        self.it
            .view
            .reject_reason
            .as_deref()
            .and_then(DoctorReason::parse)
            .map(|reason| reason.name(self.p.language))
    }

    /// The conclusion in a few words; `None` in the general queue.
    pub fn conclusion(&self) -> Option<String> {
        let (v, w) = (&self.it.view, &self.p.w.case);
        let source = v.conclusion_source.as_deref()?;
        Some(match (source, v.conclusion_received_at) {
            ("registry", Some(_)) => fill(
                &w.conclusion_from_registry,
                &[("number", v.conclusion_number.as_deref().unwrap_or_default())],
            ),
            ("registry", None) => w.conclusion_waiting.clone(),
            _ => v.conclusion_file_name.clone().unwrap_or_default(),
        })
    }

    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", urls::application(self.p.language, &self.it.view.number))
    }

    pub fn may_act(&self) -> bool {
        self.it.view.own
    }

    pub fn may_withdraw(&self) -> bool {
        self.it.view.own && self.stage.is_live()
    }

    pub fn may_return(&self) -> bool {
        self.it.view.own && matches!(&self.it.stage, Stage::OnStopList(listed) if listed.return_by.is_some())
    }

    pub fn may_take_back(&self) -> bool {
        self.it.view.own && self.stage.holds_place()
    }

    pub fn has_contract(&self) -> bool {
        self.it.stage.contract().is_some()
    }

    pub fn may_change_wishes(&self) -> bool {
        self.it.view.own && matches!(self.stage, StageName::AwaitingReview | StageName::Queued)
    }

    /// No place is left for its voucher: the clocks stand still.
    pub fn has_no_place(&self) -> bool {
        self.stands_still(PauseWhy::NoPlace)
    }

    /// A signature waits for its check.
    pub fn signature_waits(&self) -> bool {
        self.contract.step.is_some_and(ContractStep::is_checked)
    }

    pub fn is_concluded(&self) -> bool {
        self.contract.step == Some(ContractStep::Concluded)
    }

    /// Where the step of the contract is done or looked at: the address, the words, whether it is the family's turn.
    pub fn contract_link(&self) -> Option<(String, &'static str, bool)> {
        let step = self.contract.step.filter(|step| self.passed.is_none() || !step.is_the_familys())?;
        let rest = match step {
            ContractStep::Fill | ContractStep::Mend => "/contract/fill",
            _ => "/contract",
        };
        Some((self.path(rest), &wording::step(self.p.language, step).link, step.is_the_familys()))
    }

    fn stands_still(&self, why: PauseWhy) -> bool {
        let term = self.it.stage.term();
        term.is_some_and(|term| term.pauses.iter().any(|pause| pause.to.is_none() && pause.why == why))
    }
}

/// The application as this visitor may see it, and the moment of the request.
pub async fn see(app: &SharedApp, signed: &Signed, number: &str) -> Result<(Seen, DateTime<Utc>), WebError> {
    let now = now(app, signed).await?;
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    Ok((application::see(&mut conn, number, signed.account, almaty_day(now)).await?, now))
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (it, now) = see(&app, &signed, &number).await?;
    let was_term = super::term::last_stage(&app, &it).await?.is_some();
    let contract = OfContract::see(&app, signed.visit.language, &it, now).await?;
    page::show(&CasePage::new(&app, &signed, (it, contract), was_term, now))
}

/// The applicant's own conclusion file: a look at a medical file, journalled first.
pub async fn conclusion(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let row = file::of_own_conclusion(&mut look.tx, &look.deed, &number).await?;
    look.give(&app, &row).await
}

#[derive(Template)]
#[template(path = "parent/sure.html")]
pub struct Sure {
    pub p: Page,
    pub a: Answers,
    pub title: &'static str,
    pub cost: String,
    pub button: &'static str,
    pub action: String,
    pub back: String,
}

/// An application of the applicant's own: to the other representative its deeds are not there.
pub async fn own(app: &SharedApp, signed: &Signed, number: &str) -> Result<Seen, WebError> {
    let (seen, _) = see(app, signed, number).await?;
    if !seen.view.own {
        return Err(WebError::Failed(Failure::NotFound));
    }
    Ok(seen)
}

async fn withdraw_sure(app: &SharedApp, signed: &Signed, number: &str, a: Answers) -> Result<Sure, WebError> {
    let seen = own(app, signed, number).await?;
    // What can no longer be withdrawn says so before the button.
    seen.stage.withdraw()?;
    let back = urls::application(signed.visit.language, number);
    let p = Page::new(app, &signed.visit);
    let w = &p.w.case;
    Ok(Sure {
        title: &w.withdraw_title,
        cost: w.withdraw_cost.clone(),
        button: &w.withdraw_yes,
        action: format!("{back}/withdraw"),
        back,
        a,
        p,
    })
}

pub async fn withdraw_page(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    page::show(&withdraw_sure(&app, &signed, &number, Answers::default()).await?)
}

pub async fn withdraw(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    if !again::password(&app, &signed, &form, &mut a).await? {
        return page::show_again(&withdraw_sure(&app, &signed, &number, a).await?);
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    application::withdraw(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

pub async fn return_to_queue(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    application::return_to_queue(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

/// The moment of this request, for pages that show days left.
pub async fn now(app: &SharedApp, signed: &Signed) -> Result<DateTime<Utc>, Failure> {
    match &signed.visit.signed_in {
        Some(signed_in) => Ok(signed_in.now),
        None => Ok(moment::now(app).await?),
    }
}

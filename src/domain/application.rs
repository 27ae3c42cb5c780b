//! A family applies, withdraws, comes back from the stop list; and what it sees of its applications.
use chrono::{Datelike, NaiveDate};
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::facts;
use super::{journal, ledger, transition};
use crate::app::Deed;
use crate::db;
use crate::db::application::{Case, NewApplication, Submitting};
use crate::fault::{Failure, Fault};
use crate::rules;
use crate::rules::correction::CorrectionType;
use crate::rules::deadline::almaty_day;
use crate::rules::journal::What;
use crate::rules::person::{Language, preschool_age};
use crate::rules::queue_event;
use crate::rules::queue_order::QueueType;
use crate::rules::refusal::Refusal;
use crate::rules::stage::Stage;

pub use crate::db::application::{Seen, Summary, View, WishRow};

/// The most kindergartens of one application, in order of wish.
pub const MOST_WISHES: usize = 5;
/// The one city of the portal so far; its row is in `cities`.
pub const CITY: &str = "almaty";

/// Where the PMPK conclusion comes from.
#[derive(Debug, Clone)]
pub enum ConclusionSource {
    /// An uploaded file of the applicant's, judged already.
    Upload { file: Uuid },
    /// Fetched from Arkotek by its number and found good.
    Fetched { number: String, issued_on: NaiveDate, valid_until: NaiveDate },
    /// Arkotek was silent: the application keeps its date and waits.
    Awaited { number: String },
}

/// An application as the form gives it, every field already parsed.
#[derive(Debug, Clone)]
pub struct Submission {
    pub child: Uuid,
    pub kind: SubmissionKind,
    pub language: Language,
    /// In order of wish; the first is required.
    pub wishes: Vec<Uuid>,
}

#[derive(Debug, Clone)]
pub enum SubmissionKind {
    Special { correction: CorrectionType, conclusion: ConclusionSource },
    General,
}

impl SubmissionKind {
    pub fn queue_type(&self) -> QueueType {
        match self {
            Self::Special { .. } => QueueType::Special,
            Self::General => QueueType::General,
        }
    }

    pub fn correction(&self) -> Option<&'static str> {
        match self {
            Self::Special { correction, .. } => Some(correction.code()),
            Self::General => None,
        }
    }
}

/// Submits. The child must be the applicant's; the place in the queue comes from the database's clock.
pub async fn submit(conn: &mut PgConnection, deed: &Deed, it: &Submission) -> Result<String, Failure> {
    let applicant = deed.actor.account().ok_or(Failure::NotFound)?;
    let child = db::child::applying(conn, applicant, it.child).await?.ok_or(Failure::NotFound)?;
    if !preschool_age(child.birth_on, deed.today(), deed.settings.child_under_years) {
        return Err(Refusal::ChildTooOld.into());
    }
    if child.enrolled {
        return Err(Refusal::ChildEnrolled.into());
    }
    let id = deed.app.secrets.id();
    let number = deed.app.secrets.case_number();
    let salt = deed.app.secrets.salt();
    let stage = Stage::submitted(it.kind.queue_type() == QueueType::Special);
    let new = NewApplication {
        id,
        number: &number,
        handle: &rules::ledger::handle(&salt, &number),
        salt,
        applicant,
        child: it.child,
        queue_type: it.kind.queue_type(),
        correction_type: it.kind.correction(),
        city: CITY,
        district: &child.district,
        language: it.language.as_str(),
        birth_year: child.birth_on.year(),
        now: deed.now,
        stage: stage.name(),
    };
    let lines = ledger::submitted(deed, &new);
    let facts = facts!(Queue: it.kind.queue_type().as_str(), Child: it.child);
    let with = Submitting {
        wishes: &it.wishes,
        enters: queue_event::moved(None, &stage),
        handles: &lines.handles,
        bodies: &lines.bodies,
        journal: journal::entry(deed, What::Submit, facts),
    };
    if !db::application::insert(conn, &new, &with).await? {
        return Err(Refusal::ChildEnrolled.into());
    }
    if let SubmissionKind::Special { correction, conclusion } = &it.kind {
        keep_conclusion(conn, deed, id, applicant, *correction, conclusion).await?;
    }
    Ok(number)
}

async fn keep_conclusion(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    applicant: Uuid,
    correction: CorrectionType,
    source: &ConclusionSource,
) -> Result<(), Failure> {
    match source {
        ConclusionSource::Upload { file } => {
            db::file::own(conn, *file, applicant, deed.now).await?.ok_or(Failure::NotFound)?;
            db::file::keep(conn, *file).await?;
            db::conclusion::uploaded(conn, application, *file, deed.now).await?;
            if db::conclusion::is_anothers(conn, application).await? {
                journal::about(conn, deed, What::SuspectConclusion, application, facts!()).await?;
            }
        }
        ConclusionSource::Fetched { number, issued_on, valid_until } => {
            let it = db::conclusion::Fetched {
                number,
                issued_on: *issued_on,
                valid_until: *valid_until,
                correction_type: correction.code(),
            };
            db::conclusion::fetched(conn, application, &it, deed.now).await?;
        }
        ConclusionSource::Awaited { number } => db::conclusion::awaited(conn, application, number).await?,
    }
    Ok(())
}

/// The applicant's own case, locked; anybody else's is not there.
pub async fn lock_own(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Case, Failure> {
    let applicant = deed.actor.account().ok_or(Failure::NotFound)?;
    let id = db::application::lock_own(conn, number, applicant).await?.ok_or(Failure::NotFound)?;
    Ok(db::application::load(conn, id).await?)
}

/// The family withdraws its application, at any time before enrolment.
pub async fn withdraw(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = lock_own(conn, deed, number).await?;
    let next = case.stage.clone().withdraw()?;
    transition::settle(conn, deed, &case, &next, What::Withdraw, facts!()).await
}

/// The family comes back from the stop list, once, keeping its date.
pub async fn return_to_queue(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = lock_own(conn, deed, number).await?;
    let next = case.stage.clone().return_to_queue(deed.today(), deed.calendar())?;
    transition::settle(conn, deed, &case, &next, What::ReturnToQueue, facts!()).await?;
    db::application::returned(conn, case.id, Some(deed.now)).await?;
    Ok(())
}

/// The wishes of an application that may still change them, and what they are chosen from.
pub struct Wishes {
    pub chosen: Vec<Uuid>,
    pub serving: Vec<Serving>,
}

/// `None`: a voucher was issued, or the case is over.
pub async fn wishes(conn: &mut PgConnection, number: &str, account: Uuid) -> Result<Option<Wishes>, Failure> {
    let today = almaty_day(crate::clock::now(conn).await?);
    let seen = see(conn, number, account, today).await?;
    if !seen.view.own {
        return Err(Failure::NotFound);
    }
    if !takes_wishes(&seen.stage) {
        return Ok(None);
    }
    let chosen = db::queue::wishes(conn, &[seen.view.id]).await?.remove(&seen.view.id).unwrap_or_default();
    let serving = serving(conn, seen.view.correction_type.as_deref()).await?;
    Ok(Some(Wishes { chosen, serving }))
}

fn takes_wishes(stage: &Stage) -> bool {
    matches!(stage, Stage::AwaitingReview | Stage::Queued)
}

/// Other wishes, until a voucher is issued; the place in the queue stays (`rules.md` 3.4).
pub async fn change_wishes(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    wishes: &[Uuid],
) -> Result<(), Failure> {
    let case = lock_own(conn, deed, number).await?;
    if !takes_wishes(&case.stage) {
        return Err(Refusal::NotInThisStage { stage: case.stage.name() }.into());
    }
    db::application::set_wishes(conn, case.id, wishes).await?;
    Ok(journal::about(conn, deed, What::ChangeWishes, case.id, facts!(Wishes: wishes)).await?)
}

// ---- What the family sees. ----

pub async fn of_family(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Summary>, Fault> {
    Ok(db::application::of_family(conn, account).await?)
}

pub use crate::db::application::history_from;

/// `today`: until when the history of the place is told.
pub async fn see(
    conn: &mut PgConnection,
    number: &str,
    account: Uuid,
    today: NaiveDate,
) -> Result<Seen, Failure> {
    db::application::see(conn, number, account, today).await?.ok_or(Failure::NotFound)
}

/// The children whom the form offers.
pub use crate::db::child::Child;

pub async fn children(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Child>, Fault> {
    Ok(db::child::of_account(conn, account).await?)
}

pub use crate::db::group::Serving;

/// Kindergartens that serve a correction type, or the general queue: the only ones the form shows.
pub async fn serving(conn: &mut PgConnection, correction: Option<&str>) -> Result<Vec<Serving>, Fault> {
    Ok(db::group::serving(conn, CITY, correction).await?)
}

//! The phthisiatrician confirms or rejects (guide: "фтизиатр-дәрігер").
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::facts;
use super::transition::Step;
use super::{journal, notice, transition};
use crate::app::Deed;
use crate::db;
use crate::db::application::Case;
use crate::db::file::FileRow;
use crate::fault::{Failure, Fault};
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::reason::DoctorReason;

pub use crate::db::conclusion::{ReviewLine, ReviewView};

/// Cases on one page of the list.
pub const PAGE: i64 = 50;

/// The list, oldest first, and how many wait in all.
pub async fn list(conn: &mut PgConnection, page: i64) -> Result<(Vec<ReviewLine>, i64), Fault> {
    let count = db::conclusion::count_to_review(conn).await?;
    Ok((db::conclusion::to_review(conn, (page - 1) * PAGE, PAGE).await?, count))
}

/// What the doctor opens.
pub struct Opened {
    pub view: ReviewView,
    /// The same file was given for another child, too.
    pub suspect: bool,
}

/// Opens a case: a look at medical data, journalled before anything is shown.
pub async fn open(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Opened, Failure> {
    let view = seen(conn, deed, number).await?;
    journal::about(conn, deed, What::LookAtCase, view.id, facts!()).await?;
    let suspect = db::conclusion::is_anothers(conn, view.id).await?;
    Ok(Opened { view, suspect })
}

/// The conclusion's file, for the doctor's eyes.
pub async fn file(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<FileRow, Failure> {
    let view = seen(conn, deed, number).await?;
    let file = db::file::of_conclusion(conn, view.id).await?.ok_or(Failure::NotFound)?;
    journal::look(conn, deed, view.id, file.id).await?;
    Ok(file)
}

async fn seen(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<ReviewView, Failure> {
    let doctor = deed.actor.account().ok_or(Failure::NotFound)?;
    let since = deed.now - chrono::Duration::days(i64::from(deed.settings.doctor_sees_days));
    db::conclusion::review_view(conn, number, doctor, since).await?.ok_or(Failure::NotFound)
}

async fn lock(conn: &mut PgConnection, number: &str) -> Result<Case, Failure> {
    let id = db::application::lock_for_review(conn, number).await?.ok_or(Failure::NotFound)?;
    Ok(db::application::load(conn, id).await?)
}

/// Confirms: the family is in the queue and is told its place.
pub async fn confirm(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = lock(conn, number).await?;
    let next = case.stage.clone().confirm_documents(db::conclusion::is_there(conn, case.id).await?)?;
    transition::settle(conn, deed, &case, &next, What::ConfirmDocuments, facts!()).await?;
    mark_reviewed(conn, deed, case.id).await?;
    let place = db::place::place(conn, case.id).await?.unwrap_or(1);
    notice::enqueue(conn, deed, case.applicant, Some(case.id), &Notice::Confirmed { place }).await?;
    Ok(())
}

/// Rejects with a reason; the application goes to the archive.
pub async fn reject(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    reason: DoctorReason,
    text: Option<&str>,
) -> Result<(), Failure> {
    let case = lock(conn, number).await?;
    let next = case.stage.clone().reject(reason)?;
    let facts = facts!(Reason: reason.as_str());
    let rejection = Some((reason, text));
    transition::settle_many(conn, deed, &[Step { case: &case, next, what: What::Reject, facts, rejection }])
        .await?;
    mark_reviewed(conn, deed, case.id).await?;
    let doctor = deed.actor.account().ok_or(Failure::NotFound)?;
    let told = Notice::Rejected {
        doctor: db::account::by_id(conn, doctor).await?.ok_or(Failure::NotFound)?.name.full(),
        reason: reason.as_str().to_owned(),
        text: text.map(str::to_owned),
    };
    notice::enqueue(conn, deed, case.applicant, Some(case.id), &told).await?;
    Ok(())
}

async fn mark_reviewed(conn: &mut PgConnection, deed: &Deed, application: Uuid) -> Result<(), Failure> {
    let doctor = deed.actor.account().ok_or(Failure::NotFound)?;
    Ok(db::application::reviewed(conn, application, doctor, deed.now).await?)
}

//! From one stage to the next, with everything that hangs on it: the place in the group, the voucher, the contract, the
//! term, the journal. Every deed on an application ends here.
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use crate::app::Deed;
use crate::db;
use crate::db::application::Case;
use crate::db::queue_event::Move;
use crate::fault::{Failure, Fault};
use crate::rules::queue_event;
use crate::rules::reason::{ArchiveReason, DoctorReason};
use crate::rules::stage::{Stage, StageName};

/// Saves the next stage of a locked case and what follows from it.
pub async fn settle(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    next: &Stage,
    what: &str,
    facts: Value,
) -> Result<(), Failure> {
    settle_with(conn, deed, case, next, what, facts, None).await
}

/// The same, for a rejection with the doctor's reason and words.
pub async fn settle_with(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    next: &Stage,
    what: &str,
    facts: Value,
    rejection: Option<(DoctorReason, Option<&str>)>,
) -> Result<(), Failure> {
    move_place(conn, &case.stage, next).await?;
    move_voucher(conn, deed, &case.stage, next).await?;
    if let Some(contract) = case.stage.contract()
        && next.contract() != Some(contract)
    {
        db::contract::void(conn, contract, deed.now).await?;
    }
    db::application::save_stage(conn, case.id, next, rejection, deed.now).await?;
    move_queue(conn, deed, case.id, Some(&case.stage), next).await?;
    journal::about(conn, deed, what, case.id, facts).await?;
    Ok(())
}

/// The queue's events follow the stage; a new application comes from none.
pub async fn move_queue(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    from: Option<&Stage>,
    to: &Stage,
) -> Result<(), Fault> {
    if let Some(cause) = queue_event::moved(from, to) {
        db::queue_event::record_many(conn, &[Move { application, cause }], deed.now).await?;
    }
    Ok(())
}

/// The group's counts follow the stage: held from the choice, taken at enrolment, freed otherwise.
async fn move_place(conn: &mut PgConnection, from: &Stage, to: &Stage) -> Result<(), Failure> {
    match (from.group(), to.group()) {
        (None, Some(group)) => db::group::hold(conn, group).await?,
        (Some(group), None) => db::group::release(conn, group).await?,
        (Some(group), Some(_)) if to.name() == StageName::Enrolled => db::group::enrol(conn, group).await?,
        _ => {}
    }
    Ok(())
}

async fn move_voucher(conn: &mut PgConnection, deed: &Deed, from: &Stage, to: &Stage) -> Result<(), Failure> {
    if let (Some(voucher), Some(reason)) = (from.voucher(), end_of_voucher(to)) {
        db::voucher::end(conn, voucher, reason, deed.now).await?;
        return Ok(());
    }
    if let (Some(voucher), Some(term)) = (to.voucher(), to.conclude_term()) {
        let due = term.due(deed.calendar()).ok();
        db::voucher::save_term(conn, voucher, term, due, deed.now).await?;
    }
    Ok(())
}

/// Why a voucher ends when its application comes to this stage.
fn end_of_voucher(to: &Stage) -> Option<&'static str> {
    match to {
        Stage::OnStopList(_) => Some("lapsed"),
        Stage::Enrolled(_) => Some("enrolled"),
        Stage::Archived(ArchiveReason::Refused) => Some("refused"),
        Stage::Archived(ArchiveReason::NotFinished) => Some("not_finished"),
        Stage::Archived(ArchiveReason::Outgrown) => Some("outgrown"),
        Stage::Archived(ArchiveReason::EnrolledElsewhere) => Some("enrolled_elsewhere"),
        Stage::Archived(_) => Some("withdrawn"),
        _ => None,
    }
}

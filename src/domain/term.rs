//! Terms that stand still and run again, and what a change of the calendar or an outage does to all of them.
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use crate::app::Deed;
use crate::db;
use crate::fault::Failure;
use crate::rules::deadline::PauseWhy;
use crate::rules::refusal::Refusal;
use crate::rules::stage::Stage;

/// The term of an application's live voucher stands still from today. Said twice, it is done once; without a live
/// voucher it is refused.
pub async fn stand_still(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    why: PauseWhy,
) -> Result<(), Failure> {
    change(conn, deed, application, "stand_still", why, Stage::stand_still).await
}

/// What made the term stand still is over: it runs again from tomorrow.
pub async fn resume(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    why: PauseWhy,
) -> Result<(), Failure> {
    change(conn, deed, application, "resume", why, Stage::resume).await
}

type Change = fn(Stage, chrono::NaiveDate, PauseWhy) -> Result<Stage, Refusal>;

async fn change(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    what: &str,
    why: PauseWhy,
    change: Change,
) -> Result<(), Failure> {
    db::application::lock(conn, application).await?;
    let case = db::application::load(conn, application).await?;
    let next = change(case.stage.clone(), deed.today(), why)?;
    if next == case.stage {
        return Ok(());
    }
    save(conn, deed, &next).await?;
    Ok(journal::about(conn, deed, what, application, json!({ "why": why.as_str() })).await?)
}

/// The term of the stage's voucher with its pauses, and its last good day as the calendar has it now.
async fn save(conn: &mut PgConnection, deed: &Deed, stage: &Stage) -> Result<(), Failure> {
    let (Some(voucher), Some(term)) = (stage.voucher(), stage.term()) else { return Ok(()) };
    let due = term.due(deed.calendar()).ok();
    if let Stage::VoucherIssued(_) = stage {
        db::voucher::save_confirm_term(conn, voucher, term, due).await?;
    } else {
        db::voucher::save_term(conn, voucher, term, due, deed.now).await?;
    }
    Ok(())
}

//! What the operator sees at a glance.
use crate::app::SharedApp;
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::kindergarten::{CITY, GroupKind};
use crate::rules::stage_name::StageName;

use super::kindergarten::Sheet;

pub use crate::db::overview::{Dashboard, FamilyLine, JournalLine, QueueLine};

/// The journal's page shows as many of the newest lines.
const JOURNAL_LINES: i64 = 200;

pub async fn dashboard(app: &SharedApp) -> Result<Dashboard, Fault> {
    Ok(db::overview::dashboard(&mut *app.pool.acquire().await?, CITY).await?)
}

/// The kind of a queue and one page of its families in a stage.
pub async fn families(
    app: &SharedApp,
    queue: i32,
    stage: StageName,
    page: i64,
) -> Result<(GroupKind, Sheet<FamilyLine>), Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let correction_type = db::overview::queue(&mut conn, queue).await?.ok_or(Failure::NotFound)?;
    let kind = GroupKind::of(correction_type.as_deref()).ok_or(Failure::NotFound)?;
    Ok((kind, db::overview::families(&mut conn, queue, stage, page).await?))
}

pub async fn journal(app: &SharedApp, number: Option<&str>) -> Result<Vec<JournalLine>, Fault> {
    Ok(db::overview::journal(&mut *app.pool.acquire().await?, number, JOURNAL_LINES).await?)
}

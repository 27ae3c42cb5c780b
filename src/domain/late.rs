//! Kindergartens that are late with a step of theirs: the operator's alarm.
use chrono::{DateTime, NaiveDate, Utc};

use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;
use crate::rules::deadline::almaty_day;
use crate::rules::kindergarten_step;
use crate::rules::settings::Setting;

pub use crate::db::late::LateRow;

/// The page shows so many, the longest late first.
const SHOWN: i64 = 200;

/// A late case with the day that was the last, and the days since.
pub struct Late {
    pub row: LateRow,
    pub due: NaiveDate,
    pub days: i64,
}

fn before(app: &SharedApp, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let most = Setting::of("kindergarten_step_days").map_or(0, |setting| *setting.bounds.end());
    kindergarten_step::late_before(&app.calendar(), almaty_day(now), most)
}

pub async fn count(app: &SharedApp) -> Result<i64, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    Ok(db::late::count(&mut conn, &before(app, now)).await?)
}

pub async fn list(app: &SharedApp) -> Result<Vec<Late>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let today = almaty_day(now);
    let rows = db::late::list(&mut conn, &before(app, now), SHOWN).await?;
    let late = rows.into_iter().filter_map(|row| {
        let due = kindergarten_step::due(&app.calendar(), row.since, row.step_days)?.by;
        Some(Late { due, days: (today - due).num_days(), row })
    });
    Ok(late.collect())
}

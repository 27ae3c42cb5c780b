//! The city's day in a few figures, for the front page.
use chrono::Datelike;

use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;
use crate::rules::city::City;
use crate::rules::deadline::{almaty_day, day_begins};

pub use crate::db::today::Today;

/// As of now; vouchers since the first day of this month in Almaty.
pub async fn of(app: &SharedApp, city: &City) -> Result<Today, Fault> {
    let mut conn = app.pool.acquire().await?;
    let today = almaty_day(crate::clock::now(&mut conn).await?);
    let first = today.with_day(1).unwrap_or(today);
    Ok(db::today::today(&mut conn, city.code, day_begins(first)).await?)
}

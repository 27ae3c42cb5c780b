//! The calendar as data: its versions, and what a change does to the open terms.
use sqlx::{PgConnection, PgPool};

use super::journal;
use super::journal::facts;
use super::term::{self, Effect};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::calendar::NewVersion;
use crate::fault::{Failure, Fault};
use crate::rules::calendar::Calendar;
use crate::rules::journal::What;

pub use crate::db::calendar::VersionRow;

/// The first version of a fresh database is the calendar shipped with the program.
pub async fn ship(pool: &PgPool) -> Result<(), Fault> {
    let mut tx = pool.begin().await?;
    if db::calendar::newest(&mut tx).await?.calendar == 0 {
        let at = crate::clock::now(&mut tx).await?;
        let shipped = NewVersion { version: 1, at, by: None, reason: "" };
        db::calendar::add(&mut tx, shipped, &Calendar::shipped()).await?;
    }
    Ok(tx.commit().await?)
}

/// Newest first.
pub async fn versions(app: &SharedApp) -> Result<Vec<VersionRow>, Fault> {
    Ok(db::calendar::versions(&mut *app.pool.acquire().await?).await?)
}

/// A version to look at, without outages; `None`: there is no such version.
pub async fn version(app: &SharedApp, version: i32) -> Result<Option<Calendar>, Fault> {
    let mut conn = app.pool.acquire().await?;
    if !(0..=db::calendar::newest(&mut conn).await?.calendar).contains(&version) {
        return Ok(None);
    }
    Ok(Some(db::calendar::load(&mut conn, version).await?))
}

/// Saves a calendar as the newest version and moves the open terms. The deed goes alone.
pub async fn save(
    conn: &mut PgConnection,
    deed: &mut Deed,
    next: Calendar,
    reason: &str,
) -> Result<Effect, Failure> {
    let version = deed.clock.calendar + 1;
    let new = NewVersion { version, at: deed.now, by: deed.actor.account(), reason };
    db::calendar::add(conn, new, &next).await?;
    let effect = term::recompute(conn, deed, next).await?;
    let facts = facts!(Version: version, Reason: reason, Terms: effect.moved.len());
    journal::on(conn, deed, What::ChangeCalendar, deed.request, facts).await?;
    Ok(effect)
}

/// Reads the newest calendar, if this process has an older one.
pub async fn refresh(app: &SharedApp, conn: &mut PgConnection) -> Result<(), Fault> {
    let newest = db::calendar::newest(conn).await?;
    app.calendar.at(conn, newest).await?;
    Ok(())
}

//! Banners: the operator's word on every page. Pages take those in force from a copy in the process, read anew at most
//! once a second, so that no page costs a query of its own.
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use super::journal::facts;
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::banner::Banner;
use crate::rules::journal::What;

pub use crate::db::banner::BannerRow;

/// A page waits no longer for the banners: a database in trouble is to be seen by what the page itself asks of it.
const PATIENCE: Duration = Duration::from_millis(300);

/// Reads the banners in force, if the copy is a second old.
pub async fn keep_fresh(app: &SharedApp) {
    if app.banners.is_due() {
        match tokio::time::timeout(PATIENCE, refresh(app)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the banners were not read"),
            Err(_) => tracing::warn!("the banners were not read in time"),
        }
    }
}

/// Reads the banners in force now, and the newest calendar.
pub async fn refresh(app: &SharedApp) -> Result<(), Fault> {
    let mut conn = app.pool.acquire().await?;
    let banners = db::banner::in_force(&mut conn).await?;
    app.banners.set(banners);
    super::calendar::refresh(app, &mut conn).await
}

pub async fn list(app: &SharedApp) -> Result<Vec<BannerRow>, Fault> {
    Ok(db::banner::list(&mut *app.pool.acquire().await?).await?)
}

pub async fn add(
    conn: &mut PgConnection,
    deed: &Deed,
    banner: &Banner,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), Fault> {
    let id = deed.app.secrets.id();
    db::banner::add(conn, id, banner, (from, to), deed.actor.account(), deed.now).await?;
    // The words stay in the banner's own row, which is never deleted.
    let facts = facts!(Kind: banner.kind.as_str(), From: from, To: to);
    journal::on(conn, deed, What::AddBanner, id, facts).await
}

/// Takes a banner off at once. Pressed twice, it is done once.
pub async fn withdraw(conn: &mut PgConnection, deed: &Deed, id: Uuid) -> Result<(), Failure> {
    if db::banner::withdraw(conn, id, deed.now).await? {
        journal::on(conn, deed, What::WithdrawBanner, id, facts!()).await?;
    }
    Ok(())
}

//! Pressing twice, going back, retrying after a crash: one effect, the same result.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;

/// See [`db::form_key::take`].
pub async fn take(conn: &mut PgConnection, key: &[u8], now: DateTime<Utc>) -> Result<Option<String>, Fault> {
    Ok(db::form_key::take(conn, key, now).await?)
}

/// Where a key led to, if it was taken in a deed that is over.
pub async fn effect(app: &SharedApp, key: &[u8]) -> Result<Option<String>, Fault> {
    Ok(db::form_key::effect(&mut *app.pool.acquire().await?, key).await?)
}

pub async fn keep(conn: &mut PgConnection, key: &[u8], location: &str) -> Result<(), Fault> {
    Ok(db::form_key::keep(conn, key, location).await?)
}

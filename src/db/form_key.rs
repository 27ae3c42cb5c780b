//! The one-time keys of forms, and where each led.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Takes a key. A second press waits for the first to end; `Some` is where the first one led.
pub async fn take(
    conn: &mut PgConnection,
    key: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<String>, sqlx::Error> {
    let taken = sqlx::query!(
        "insert into form_keys (key, used_at, location) values ($1, $2, '') on conflict do nothing",
        key,
        now
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if taken == 1 {
        return Ok(None);
    }
    sqlx::query_scalar!("select location from form_keys where key = $1", key).fetch_optional(conn).await
}

/// Where a used key led.
pub async fn effect(conn: &mut PgConnection, key: &[u8]) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select location from form_keys where key = $1", key).fetch_optional(conn).await
}

pub async fn keep(conn: &mut PgConnection, key: &[u8], location: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update form_keys set location = $2 where key = $1", key, location).execute(conn).await?;
    Ok(())
}

/// Keys older than `before` are forgotten: no browser keeps a form that long.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("delete from form_keys where used_at < $1", before).execute(conn).await?.rows_affected())
}

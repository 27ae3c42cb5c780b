//! Settings: rows with the moment from which each holds.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::rules::settings::Settings;

/// The newest row of each name not after `now`, over the defaults.
pub async fn in_force(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Settings, sqlx::Error> {
    let rows = sqlx::query!(
        "select distinct on (name) name, value from settings where valid_from <= $1 order by name, valid_from desc",
        now
    )
    .fetch_all(conn)
    .await?;
    let mut settings = Settings::default();
    for row in rows {
        settings.set(&row.name, row.value.unsigned_abs());
    }
    Ok(settings)
}

/// A new value from a moment on; saying the same twice changes nothing.
pub async fn put(
    conn: &mut PgConnection,
    name: &str,
    value: i32,
    valid_from: DateTime<Utc>,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into settings (name, valid_from, value, reason) values ($1, $2, $3, $4)
         on conflict (name, valid_from) do update set value = excluded.value, reason = excluded.reason",
        name,
        valid_from,
        value,
        reason
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Since when the value in force of each name holds, for those that ever got a row.
pub async fn since(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<(String, DateTime<Utc>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select distinct on (name) name, valid_from from settings where valid_from <= $1 order by name, valid_from desc",
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.valid_from)).collect())
}

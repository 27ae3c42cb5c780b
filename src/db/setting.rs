//! Settings: rows with the moment from which each holds.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

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

/// A value with the moment from which it holds, or will hold.
#[derive(Debug, Clone)]
pub struct SettingRow {
    pub name: String,
    pub valid_from: DateTime<Utc>,
    pub value: u32,
    pub reason: String,
    /// The operator; nobody for rows the system came with.
    pub set_by: Option<String>,
    pub set_at: Option<DateTime<Utc>>,
}

/// Every row there is, of each name the oldest first.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<SettingRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select s.name, s.valid_from, s.value, s.reason, s.set_at,
                  case when a.id is not null then concat_ws(' ', a.surname, a.name) end as set_by
           from settings s left join accounts a on a.id = s.set_by order by s.name, s.valid_from"#
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(|row| SettingRow {
        name: row.name,
        valid_from: row.valid_from,
        value: row.value.unsigned_abs(),
        reason: row.reason,
        set_by: row.set_by,
        set_at: row.set_at,
    });
    Ok(rows.collect())
}

/// A new value from a moment on. What was planned for the same moment is replaced.
pub async fn put(
    conn: &mut PgConnection,
    name: &str,
    value: u32,
    valid_from: DateTime<Utc>,
    reason: &str,
    set: (Option<Uuid>, DateTime<Utc>),
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into settings (name, valid_from, value, reason, set_by, set_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (name, valid_from) do update
         set value = excluded.value, reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at",
        name,
        valid_from,
        value.cast_signed(),
        reason,
        set.0,
        set.1
    )
    .execute(conn)
    .await?;
    Ok(())
}

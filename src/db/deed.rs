//! How a deed begins: the moment, the settings in force, and which calendar and outages hold; in one statement.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::rules::calendar::ClockVersion;
use crate::rules::settings::Settings;

pub struct Beginning {
    pub now: DateTime<Utc>,
    pub settings: Settings,
    pub clock: ClockVersion,
}

/// `alone`: no other deed is under way until this transaction ends; the calendar and the outages are changed so.
pub async fn begin(conn: &mut PgConnection, alone: bool) -> Result<Beginning, sqlx::Error> {
    let row = sqlx::query!(
        r#"select b.moment as "moment!", b.calendar as "calendar!", b.outages as "outages!",
                  coalesce(s.names, '{}') as "names!", coalesce(s.amounts, '{}') as "amounts!"
           from begin_deed($1) b,
                lateral (select array_agg(f.name) as names, array_agg(f.value) as amounts
                         from (select distinct on (name) name, value from settings
                               where valid_from <= b.moment order by name, valid_from desc) f) s"#,
        alone
    )
    .fetch_one(conn)
    .await?;
    let mut settings = Settings::default();
    for (name, value) in row.names.iter().zip(&row.amounts) {
        settings.set(name, value.unsigned_abs());
    }
    Ok(Beginning {
        now: row.moment,
        settings,
        clock: ClockVersion { calendar: row.calendar, outages: row.outages },
    })
}

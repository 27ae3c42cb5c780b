//! The calendar's versions: rows are only ever added.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::calendar::{Calendar, CalendarDay, ClockVersion, DayKind};

/// The newest version, and how many changes the outages have seen.
pub async fn newest(conn: &mut PgConnection) -> Result<ClockVersion, sqlx::Error> {
    sqlx::query_as!(
        ClockVersion,
        r#"select coalesce((select max(version) from calendar_versions), 0) as "calendar!",
                  coalesce((select max(revision) from outages), 0) as "outages!""#
    )
    .fetch_one(conn)
    .await
}

/// The days of a version; version 0 is what the program was shipped with.
pub async fn load(conn: &mut PgConnection, version: i32) -> Result<Calendar, sqlx::Error> {
    if version == 0 {
        return Ok(Calendar::shipped());
    }
    let rows = sqlx::query!(
        "select on_day, kind, name_kk, name_ru, estimated from calendar_days where version = $1",
        version
    )
    .fetch_all(conn)
    .await?;
    let days = rows.into_iter().map(|row| {
        let kind = DayKind::parse(&row.kind)
            .ok_or_else(|| sqlx::Error::Decode(format!("a day of kind {}", row.kind).into()))?;
        let (name_kk, name_ru) = (row.name_kk, row.name_ru);
        Ok(CalendarDay { on: row.on_day, kind, name_kk, name_ru, estimated: row.estimated })
    });
    Ok(Calendar::from_days(days.collect::<Result<Vec<_>, sqlx::Error>>()?))
}

/// A version as a line of the operator's list.
#[derive(Debug, Clone)]
pub struct VersionRow {
    pub version: i32,
    pub made_at: DateTime<Utc>,
    /// `None`: shipped with the program.
    pub made_by: Option<String>,
    pub reason: String,
}

/// Newest first.
pub async fn versions(conn: &mut PgConnection) -> Result<Vec<VersionRow>, sqlx::Error> {
    sqlx::query_as!(
        VersionRow,
        r#"select v.version, v.made_at, v.reason,
                  case when a.id is not null then concat_ws(' ', a.surname, a.name) end as made_by
           from calendar_versions v left join accounts a on a.id = v.made_by order by v.version desc"#
    )
    .fetch_all(conn)
    .await
}

/// Who makes a version, and why.
pub struct NewVersion<'a> {
    pub version: i32,
    pub at: DateTime<Utc>,
    pub by: Option<Uuid>,
    pub reason: &'a str,
}

/// Writes a version whole. One that exists stays as it is.
pub async fn add(
    conn: &mut PgConnection,
    new: NewVersion<'_>,
    calendar: &Calendar,
) -> Result<(), sqlx::Error> {
    let made = sqlx::query!(
        "insert into calendar_versions (version, made_at, made_by, reason) values ($1, $2, $3, $4) on conflict do nothing",
        new.version,
        new.at,
        new.by,
        new.reason
    )
    .execute(&mut *conn)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(());
    }
    let days: Vec<&CalendarDay> = calendar.days().collect();
    let on: Vec<NaiveDate> = days.iter().map(|day| day.on).collect();
    let kinds: Vec<String> = days.iter().map(|day| day.kind.as_str().to_owned()).collect();
    let names_kk: Vec<String> = days.iter().map(|day| day.name_kk.clone()).collect();
    let names_ru: Vec<String> = days.iter().map(|day| day.name_ru.clone()).collect();
    let estimated: Vec<bool> = days.iter().map(|day| day.estimated).collect();
    sqlx::query!(
        "insert into calendar_days (version, on_day, kind, name_kk, name_ru, estimated)
         select $1, day.* from unnest($2::date[], $3::text[], $4::text[], $5::text[], $6::bool[]) as day",
        new.version,
        &on,
        &kinds,
        &names_kk,
        &names_ru,
        &estimated
    )
    .execute(conn)
    .await?;
    Ok(())
}

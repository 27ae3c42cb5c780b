//! Outages: days on which every term stands still.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::pause::{Pause, PauseWhy};

/// An outage as a line of the operator's list.
#[derive(Debug, Clone)]
pub struct OutageRow {
    pub id: Uuid,
    pub from_on: NaiveDate,
    /// `None` while it lasts.
    pub to_on: Option<NaiveDate>,
    pub text_kk: String,
    pub text_ru: String,
    pub declared_at: DateTime<Utc>,
    /// Declared by mistake: it stops no term.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl OutageRow {
    /// The days on which terms stand still; none, if it was withdrawn.
    pub fn pause(&self) -> Option<Pause> {
        let pause = Pause { from: self.from_on, to: self.to_on, why: PauseWhy::Outage };
        self.withdrawn_at.is_none().then_some(pause)
    }
}

/// Newest first.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<OutageRow>, sqlx::Error> {
    sqlx::query_as!(
        OutageRow,
        "select id, from_on, to_on, text_kk, text_ru, declared_at, withdrawn_at from outages order by from_on desc, declared_at desc, id"
    )
    .fetch_all(conn)
    .await
}

/// A new outage; the revision of the table is the one after `before`.
pub async fn add(
    conn: &mut PgConnection,
    outage: &OutageRow,
    by: Option<Uuid>,
    before: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into outages (id, from_on, to_on, text_kk, text_ru, declared_at, declared_by, revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        outage.id,
        outage.from_on,
        outage.to_on,
        outage.text_kk,
        outage.text_ru,
        outage.declared_at,
        by,
        before + 1
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn end(conn: &mut PgConnection, id: Uuid, to: NaiveDate, before: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("update outages set to_on = $2, revision = $3 where id = $1", id, to, before + 1)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn withdraw(
    conn: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    before: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update outages set withdrawn_at = $2, revision = $3 where id = $1", id, now, before + 1)
        .execute(conn)
        .await?;
    Ok(())
}

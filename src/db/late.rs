//! Kindergartens that are late with a step of theirs. While a signature of theirs waits for its check the step is not theirs,
//! and after it they have their days anew.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::rules::stage_name::StageName;

/// A case that waits for its kindergarten longer than the rules of its voucher give it. No name, no child.
#[derive(Debug, Clone)]
pub struct LateRow {
    pub number: String,
    pub stage: StageName,
    /// When the step began.
    pub since: DateTime<Utc>,
    pub step_days: u32,
    pub kindergarten_kk: String,
    pub kindergarten_ru: String,
}

/// The longest late first. `before`: for steps of 1, 2, … working days, the moment before which a case came to be late now
/// (`rules::kindergarten_step::late_before`).
pub async fn list(
    conn: &mut PgConnection,
    before: &[DateTime<Utc>],
    most: i64,
) -> Result<Vec<LateRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.number, a.stage, since as "since!", (v.rules ->> 'kindergarten_step_days')::int as "step_days!", k.name_kk, k.name_ru
           from applications a join vouchers v on v.id = a.voucher_id
           join groups g on g.id = a.group_id join kindergartens k on k.id = g.kindergarten_id
           cross join lateral step_since(v.id, a.stage_since) as since
           where a.stage in ('awaiting_contract', 'awaiting_kindergarten_signature')
             and since < ($1::timestamptz[])[(v.rules ->> 'kindergarten_step_days')::int]
           order by since, a.id limit $2"#,
        before,
        most
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().filter_map(|row| {
        Some(LateRow {
            stage: StageName::parse(&row.stage)?,
            number: row.number,
            since: row.since,
            step_days: row.step_days.unsigned_abs(),
            kindergarten_kk: row.name_kk,
            kindergarten_ru: row.name_ru,
        })
    });
    Ok(rows.collect())
}

/// How many there are.
pub async fn count(conn: &mut PgConnection, before: &[DateTime<Utc>]) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "late!" from applications a join vouchers v on v.id = a.voucher_id
           cross join lateral step_since(v.id, a.stage_since) as since
           where a.stage in ('awaiting_contract', 'awaiting_kindergarten_signature')
             and since < ($1::timestamptz[])[(v.rules ->> 'kindergarten_step_days')::int]"#,
        before
    )
    .fetch_one(conn)
    .await
}

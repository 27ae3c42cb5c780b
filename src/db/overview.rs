//! What the operator sees at a glance: the queues, the counts, the journal.
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::kindergarten::Sheet;
use crate::rules::stage_name::StageName;

/// A queue and how many families wait in it.
#[derive(Debug, Clone, Deserialize)]
pub struct QueueLine {
    pub id: i32,
    pub correction_type: Option<String>,
    pub waiting: i64,
    /// Vouchers out that are not used yet.
    pub vouchers: i64,
    pub free: i64,
}

#[derive(Debug, Clone)]
pub struct Dashboard {
    pub queues: Vec<QueueLine>,
    pub reviews: i64,
    pub undelivered: i64,
    /// Files that the store of files does not have: an alarm.
    pub missing_files: i64,
}

/// Everything the operator's first page counts: a single statement.
pub async fn dashboard(conn: &mut PgConnection, city: &str) -> Result<Dashboard, sqlx::Error> {
    let row = sqlx::query!(
        r#"with kinds as (
             select q.id, q.correction_type,
                    (select count(*) from applications a where a.queue_id = q.id and a.stage = 'queued') as waiting,
                    (select count(*) from applications a where a.queue_id = q.id and a.stage in ('voucher_issued', 'voucher_confirmed',
                        'awaiting_contract', 'awaiting_parent_signature', 'awaiting_kindergarten_signature')) as vouchers,
                    (select coalesce(sum(g.capacity - g.enrolled - g.held), 0) from groups g join kindergartens k on k.id = g.kindergarten_id
                     where k.city = q.city and g.correction_type is not distinct from q.correction_type
                       and g.closed_at is null and k.closed_at is null) as free
             from queues q where q.city = $1)
           select coalesce((select jsonb_agg(k order by k.correction_type is not null, k.correction_type) from kinds k), '[]') as "queues!: Json<Vec<QueueLine>>",
                  (select count(*) from applications a where a.stage = 'awaiting_review' and a.city = $1) as "reviews!",
                  (select count(*) from notices n where n.state = 'failed') as "undelivered!",
                  (select count(*) from files f where f.missing_since is not null) as "missing_files!""#,
        city
    )
    .fetch_one(conn)
    .await?;
    Ok(Dashboard {
        queues: row.queues.0,
        reviews: row.reviews,
        undelivered: row.undelivered,
        missing_files: row.missing_files,
    })
}

/// A family in a queue, as the operator sees it: no name, no child.
#[derive(Debug, Clone)]
pub struct FamilyLine {
    pub line: i64,
    pub handle: String,
    pub number: String,
    pub submitted_at: DateTime<Utc>,
    pub stage: StageName,
    pub stage_since: DateTime<Utc>,
}

/// The correction type of a queue, if there is such a queue.
pub async fn queue(conn: &mut PgConnection, id: i32) -> Result<Option<Option<String>>, sqlx::Error> {
    sqlx::query_scalar!("select correction_type from queues where id = $1", id).fetch_optional(conn).await
}

/// One page of the families of a queue that stand in a stage, in the queue's order.
pub async fn families(
    conn: &mut PgConnection,
    queue: i32,
    stage: StageName,
    page: i64,
) -> Result<Sheet<FamilyLine>, sqlx::Error> {
    let total = sqlx::query_scalar!(
        r#"select count(*) as "total!" from applications where queue_id = $1 and stage = $2"#,
        queue,
        stage.as_str()
    )
    .fetch_one(&mut *conn)
    .await?;
    let sheet = Sheet::new(Vec::new(), Some(total), page);
    let skipped = (sheet.page - 1) * Sheet::<FamilyLine>::ROWS;
    let rows = sqlx::query!(
        r#"select coalesce(public_handle, '') as "handle!", number, submitted_at, stage_since from applications
           where queue_id = $1 and stage = $2 order by submitted_at, id limit $3 offset $4"#,
        queue,
        stage.as_str(),
        Sheet::<FamilyLine>::ROWS,
        skipped
    )
    .fetch_all(conn)
    .await?;
    let lines = (skipped + 1..).zip(rows).map(|(line, row)| FamilyLine {
        line,
        handle: row.handle,
        number: row.number,
        submitted_at: row.submitted_at,
        stage,
        stage_since: row.stage_since,
    });
    Ok(Sheet { rows: lines.collect(), ..sheet })
}

/// A line of the journal.
#[derive(Debug, Clone)]
pub struct JournalLine {
    pub at: DateTime<Utc>,
    pub role: String,
    pub actor: Option<String>,
    pub deed: String,
    pub number: Option<String>,
    pub subject: Option<String>,
    pub facts: serde_json::Value,
    pub request: Uuid,
}

/// The newest lines, of one application where its number is given.
pub async fn journal(
    conn: &mut PgConnection,
    number: Option<&str>,
    most: i64,
) -> Result<Vec<JournalLine>, sqlx::Error> {
    sqlx::query_as!(
        JournalLine,
        r#"select j.at, j.actor_role as role, case when c.id is not null then concat_ws(' ', c.surname, c.name) end as actor, j.deed,
                  a.number as "number?", j.subject, j.facts, j.request_id as request
           from journal j left join accounts c on c.id = j.actor_id left join applications a on a.id = j.application_id
           where $1::text is null or j.application_id = (select f.id from applications f where f.number = $1)
           order by j.id desc limit $2"#,
        number,
        most
    )
    .fetch_all(conn)
    .await
}

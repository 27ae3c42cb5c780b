//! Queues: their rows, the order inside, what a round needs to know. The order is that of `rules::queue_order`.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::matching::FreePlaces;
use crate::rules::queue_order::QueueType;

/// The queue's row, made when its first family comes.
pub async fn ensure(
    conn: &mut PgConnection,
    city: &str,
    queue_type: QueueType,
    correction_type: Option<&str>,
) -> Result<i32, sqlx::Error> {
    let found = find(conn, city, queue_type, correction_type).await?;
    if let Some(id) = found {
        return Ok(id);
    }
    sqlx::query!(
        "insert into queues (city, queue_type, correction_type) values ($1, $2, $3) on conflict do nothing",
        city,
        queue_type.as_str(),
        correction_type
    )
    .execute(&mut *conn)
    .await?;
    find(conn, city, queue_type, correction_type).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn find(
    conn: &mut PgConnection,
    city: &str,
    queue_type: QueueType,
    correction_type: Option<&str>,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from queues where city = $1 and queue_type = $2 and correction_type is not distinct from $3",
        city,
        queue_type.as_str(),
        correction_type
    )
    .fetch_optional(conn)
    .await
}

pub async fn all(conn: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!("select id from queues order by id").fetch_all(conn).await
}

/// A queue under lock: rounds, choices and changes of groups wait for each other here.
#[derive(Debug, Clone)]
pub struct LockedQueue {
    pub id: i32,
    pub city: String,
    pub correction_type: Option<String>,
}

/// Not so strictly that events of the queue could not name it meanwhile: whoever withdraws holds its case already, and a
/// round may want that very case.
pub async fn lock(conn: &mut PgConnection, id: i32) -> Result<LockedQueue, sqlx::Error> {
    sqlx::query_as!(
        LockedQueue,
        "select id, city, correction_type from queues where id = $1 for no key update",
        id
    )
    .fetch_one(conn)
    .await
}

/// A family in the queue, or one that holds a voucher and no place yet.
#[derive(Debug, Clone)]
pub struct Family {
    pub application: Uuid,
    pub language: String,
    pub birth_year: i32,
    pub submitted_at: DateTime<Utc>,
    /// Kindergartens that declined this family for good.
    pub closed: Vec<Uuid>,
}

/// The families whose turn it is, in order. A child with a live voucher in the other queue is passed over.
pub async fn heads(conn: &mut PgConnection, queue: i32) -> Result<Vec<Family>, sqlx::Error> {
    sqlx::query_as!(
        Family,
        r#"select a.id as application, a.language, a.birth_year, a.submitted_at,
                  coalesce((select array_agg(d.kindergarten_id) from declines d where d.application_id = a.id and d.final), '{}') as "closed!"
           from applications a
           where a.queue_id = $1 and a.stage = 'queued'
             and not exists (select from vouchers v where v.child_id = a.child_id and v.ended_at is null)
           order by a.submitted_at, a.id"#,
        queue
    )
    .fetch_all(conn)
    .await
}

/// The families with a live voucher that hold no place yet: each must stay seatable.
pub async fn unseated(conn: &mut PgConnection, queue: i32) -> Result<Vec<Family>, sqlx::Error> {
    sqlx::query_as!(
        Family,
        r#"select a.id as application, a.language, a.birth_year, a.submitted_at,
                  coalesce((select array_agg(d.kindergarten_id) from declines d where d.application_id = a.id and d.final), '{}') as "closed!"
           from applications a
           where a.queue_id = $1 and a.stage in ('voucher_issued', 'voucher_confirmed')
           order by a.submitted_at, a.id"#,
        queue
    )
    .fetch_all(conn)
    .await
}

/// A group with free places of this queue's kind.
#[derive(Debug, Clone)]
pub struct OpenGroup {
    pub id: Uuid,
    pub kindergarten: Uuid,
    pub places: FreePlaces,
}

pub async fn open_groups(
    conn: &mut PgConnection,
    queue: &LockedQueue,
) -> Result<Vec<OpenGroup>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select g.id, g.kindergarten_id, g.correction_type, g.language, g.birth_year_from, g.birth_year_to,
                  g.capacity - g.enrolled - g.held as "free!"
           from groups g join kindergartens k on k.id = g.kindergarten_id
           where k.city = $1 and g.correction_type is not distinct from $2 and g.closed_at is null and k.closed_at is null
             and g.enrolled + g.held < g.capacity
           order by g.id"#,
        queue.city,
        queue.correction_type
    )
    .fetch_all(conn)
    .await?;
    let groups = rows.into_iter().map(|row| OpenGroup {
        id: row.id,
        kindergarten: row.kindergarten_id,
        places: FreePlaces {
            correction_type: row.correction_type,
            language: row.language,
            birth_years: (row.birth_year_from, row.birth_year_to),
            free: row.free.max(0).unsigned_abs() as usize,
        },
    });
    Ok(groups.collect())
}

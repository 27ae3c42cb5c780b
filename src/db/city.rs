//! What everybody may know of the city: queues by handle and day, counts. Nothing by which a child could be found.
use chrono::NaiveDate;
use sqlx::PgConnection;

#[derive(Debug, Clone)]
pub struct QueueLine {
    pub id: i32,
    pub queue_type: String,
    pub correction_type: Option<String>,
    pub waiting: i64,
    pub free: i64,
}

/// Every queue: how many wait, how many places of its kind are free.
pub async fn queues(conn: &mut PgConnection, city: &str) -> Result<Vec<QueueLine>, sqlx::Error> {
    sqlx::query_as!(
        QueueLine,
        r#"select q.id, q.queue_type, q.correction_type,
                  (select count(*) from applications a where a.queue_id = q.id and a.stage = 'queued') as "waiting!",
                  (select coalesce(sum(g.capacity - g.enrolled - g.held), 0) from groups g join kindergartens k on k.id = g.kindergarten_id
                   where k.city = q.city and g.correction_type is not distinct from q.correction_type
                     and g.closed_at is null and k.closed_at is null) as "free!"
           from queues q where q.city = $1 order by q.queue_type desc, q.id"#,
        city
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct Turn {
    pub handle: String,
    pub submitted_on: NaiveDate,
}

/// The order of a queue, from the head.
pub async fn order(
    conn: &mut PgConnection,
    queue: i32,
    from: i64,
    most: i64,
) -> Result<Vec<Turn>, sqlx::Error> {
    sqlx::query_as!(
        Turn,
        r#"select public_handle as "handle!", (submitted_at at time zone 'Asia/Almaty')::date as "submitted_on!"
           from applications where queue_id = $1 and stage = 'queued' order by submitted_at, id offset $2 limit $3"#,
        queue,
        from,
        most
    )
    .fetch_all(conn)
    .await
}

/// Families ahead plus one, by public handle.
pub async fn place_of_handle(
    conn: &mut PgConnection,
    queue: i32,
    handle: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select (select count(*) + 1 from applications b where b.queue_id = a.queue_id and b.stage = 'queued'
                and (b.submitted_at, b.id) < (a.submitted_at, a.id)) as "place!"
           from applications a where a.public_handle = $2 and a.queue_id = $1 and a.stage = 'queued'"#,
        queue,
        handle
    )
    .fetch_optional(conn)
    .await
}

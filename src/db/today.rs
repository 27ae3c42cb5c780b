//! The city's day in a few figures.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

/// Families waiting, vouchers given, places free.
#[derive(Debug, Clone)]
pub struct Today {
    /// Applications waiting in each queue.
    pub waiting: Vec<i64>,
    /// Vouchers issued since the moment asked for.
    pub issued: i64,
    /// Free places by correction type; `None`: groups of the general queue.
    pub free: Vec<(Option<String>, i64)>,
}

pub async fn today(conn: &mut PgConnection, city: &str, since: DateTime<Utc>) -> Result<Today, sqlx::Error> {
    let row = sqlx::query!(
        r#"select array(select count(*) from queues q join applications a on a.queue_id = q.id and a.stage = 'queued'
                        where q.city = $1 group by q.id) as "waiting!",
                  (select count(*) from vouchers v join applications a on a.id = v.application_id
                   where a.city = $1 and v.issued_at >= $2) as "issued!",
                  (select coalesce(jsonb_agg(jsonb_build_array(correction_type, free) order by correction_type), '[]')
                   from (select g.correction_type, sum(g.capacity - g.enrolled - g.held) as free
                         from groups g join kindergartens k on k.id = g.kindergarten_id
                         where k.city = $1 and g.closed_at is null and k.closed_at is null
                         group by g.correction_type) kinds) as "free!: Json<Vec<(Option<String>, i64)>>""#,
        city,
        since
    )
    .fetch_one(conn)
    .await?;
    Ok(Today { waiting: row.waiting, issued: row.issued, free: row.free.0 })
}

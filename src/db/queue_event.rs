//! The queue's events: written once, with the stage they follow; read by statistics.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::queue_event::Cause;

/// Applications (by their ids) entered the order of their queues or left it.
pub async fn record_many(
    conn: &mut PgConnection,
    moves: &[(Uuid, Cause)],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let applications: Vec<Uuid> = moves.iter().map(|(application, _)| *application).collect();
    let steps: Vec<i16> = moves.iter().map(|(_, cause)| cause.step()).collect();
    let causes: Vec<String> = moves.iter().map(|(_, cause)| cause.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into queue_events (queue_id, application_id, at, step, cause)
         select a.queue_id, a.id, $4, m.step, m.cause
         from unnest($1::uuid[], $2::smallint[], $3::text[]) with ordinality as m (id, step, cause, line)
         join applications a on a.id = m.id order by m.line",
        &applications,
        &steps,
        &causes,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

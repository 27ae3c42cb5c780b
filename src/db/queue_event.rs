//! The queue's events: written once, with the stage they follow; read by statistics and by the explained place.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::queue_event::Cause;

/// An application enters the order of its queue, or leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub application: Uuid,
    /// Its place in the order: the queue, and since when it waits there.
    pub queue: i32,
    pub submitted_at: DateTime<Utc>,
    pub cause: Cause,
}

/// Writes each move, and in the same statement the delta by which places change: neither can be forgotten. The stages are
/// saved in the same transaction. Any number of moves cost one statement.
pub async fn record_many(
    conn: &mut PgConnection,
    moves: &[Move],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let applications: Vec<Uuid> = moves.iter().map(|it| it.application).collect();
    let queues: Vec<i32> = moves.iter().map(|it| it.queue).collect();
    let submitted: Vec<DateTime<Utc>> = moves.iter().map(|it| it.submitted_at).collect();
    let steps: Vec<i16> = moves.iter().map(|it| it.cause.step()).collect();
    let causes: Vec<String> = moves.iter().map(|it| it.cause.as_str().to_owned()).collect();
    sqlx::query!(
        "with moves as (
             select nextval('queue_events_id_seq') as id, m.*
             from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::smallint[], $5::text[]) with ordinality
                 as m (application, queue, submitted_at, step, cause, line) order by m.line),
           told as (
             insert into queue_events (id, queue_id, application_id, at, step, cause) overriding system value
             select m.id, m.queue, m.application, $6, m.step, m.cause from moves m)
         insert into place_deltas (queue_id, submitted_at, application_id, event_id, at, step, cause)
         select m.queue, m.submitted_at, m.application, m.id, $6, m.step, m.cause from moves m",
        &applications,
        &queues,
        &submitted,
        &steps,
        &causes,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

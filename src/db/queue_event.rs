//! The queue's events: written once, with the stage they follow; read by statistics and by the explained place.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::queue_event::Cause;

/// An application enters the order of its queue, or leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub application: Uuid,
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
    let steps: Vec<i16> = moves.iter().map(|it| it.cause.step()).collect();
    let causes: Vec<String> = moves.iter().map(|it| it.cause.as_str().to_owned()).collect();
    sqlx::query!(
        "with told as (
             insert into queue_events (queue_id, application_id, at, step, cause)
             select a.queue_id, a.id, $4, m.step, m.cause
             from unnest($1::uuid[], $2::smallint[], $3::text[]) with ordinality as m (application, step, cause, line)
             join applications a on a.id = m.application order by m.line
             returning id, queue_id, application_id, at, step, cause)
         insert into place_deltas (queue_id, submitted_at, application_id, event_id, at, step, cause)
         select t.queue_id, a.submitted_at, t.application_id, t.id, t.at, t.step, t.cause
         from told t join applications a on a.id = t.application_id",
        &applications,
        &steps,
        &causes,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

//! The queue's events: written once, with the stage they follow; read by statistics.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::queue_event::Cause;

/// An application (of this id) entered the order of its queue or left it.
pub async fn record(
    conn: &mut PgConnection,
    application: Uuid,
    cause: Cause,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into queue_events (queue_id, application_id, at, step, cause)
         select queue_id, id, $2, $3, $4 from applications where id = $1",
        application,
        at,
        cause.step(),
        cause.as_str()
    )
    .execute(conn)
    .await?;
    Ok(())
}

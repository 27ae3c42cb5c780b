//! Notices: what people were told.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::notice::Notice;

/// Plans a notice in the deed's own transaction, in the account's language; it is sent later.
pub async fn plan(
    conn: &mut PgConnection,
    id: Uuid,
    account: Uuid,
    application: Option<Uuid>,
    notice: &Notice,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let facts = serde_json::to_value(notice).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into notices (id, account_id, application_id, notice, language, created_at, state, next_attempt_at)
         select $1, a.id, $3, $4, a.language, $5, 'queued', $5 from accounts a where a.id = $2",
        id,
        account,
        application,
        facts,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

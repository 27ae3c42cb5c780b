//! Who did or saw what: rows are only ever added.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub struct Entry<'a> {
    pub at: DateTime<Utc>,
    pub actor: Option<Uuid>,
    pub role: &'a str,
    pub deed: &'a str,
    pub application: Option<Uuid>,
    pub subject: Option<&'a str>,
    pub request: Uuid,
    pub facts: serde_json::Value,
}

pub async fn add(conn: &mut PgConnection, entry: Entry<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into journal (at, actor_id, actor_role, deed, application_id, subject, request_id, facts)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        entry.at,
        entry.actor,
        entry.role,
        entry.deed,
        entry.application,
        entry.subject,
        entry.request,
        entry.facts
    )
    .execute(conn)
    .await?;
    Ok(())
}

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

/// The same entry for many applications, each with its own facts.
pub async fn add_many(
    conn: &mut PgConnection,
    entry: Entry<'_>,
    facts: Vec<(Uuid, serde_json::Value)>,
) -> Result<(), sqlx::Error> {
    let (applications, facts): (Vec<Uuid>, Vec<serde_json::Value>) = facts.into_iter().unzip();
    sqlx::query!(
        "insert into journal (at, actor_id, actor_role, deed, application_id, request_id, facts)
         select $1, $2, $3, $4, of.application, $5, of.facts
         from unnest($6::uuid[], $7::jsonb[]) as of (application, facts)",
        entry.at,
        entry.actor,
        entry.role,
        entry.deed,
        entry.request,
        &applications,
        &facts
    )
    .execute(conn)
    .await?;
    Ok(())
}

//! Who did or saw what: rows are only ever added.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// One deed about many applications, each with its facts.
pub struct About<'a> {
    pub at: DateTime<Utc>,
    pub actor: Option<Uuid>,
    pub role: &'a str,
    pub request: Uuid,
    /// The application, what was done to it, the facts.
    pub lines: &'a [(Uuid, &'a str, serde_json::Value)],
}

pub async fn add_many(conn: &mut PgConnection, about: About<'_>) -> Result<(), sqlx::Error> {
    let applications: Vec<Uuid> = about.lines.iter().map(|(application, ..)| *application).collect();
    let deeds: Vec<String> = about.lines.iter().map(|(_, deed, _)| (*deed).to_owned()).collect();
    let facts: Vec<serde_json::Value> = about.lines.iter().map(|(.., facts)| facts.clone()).collect();
    sqlx::query!(
        "insert into journal (at, actor_id, actor_role, request_id, application_id, deed, facts)
         select $1, $2, $3, $4, l.application, l.deed, l.facts
         from unnest($5::uuid[], $6::text[], $7::jsonb[]) with ordinality as l (application, deed, facts, line) order by l.line",
        about.at,
        about.actor,
        about.role,
        about.request,
        &applications,
        &deeds,
        &facts
    )
    .execute(conn)
    .await?;
    Ok(())
}

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

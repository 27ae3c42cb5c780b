//! Every deed and every look at a medical file is written down in the deed's own transaction: no row, no deed.
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::Deed;
use crate::db;
use crate::fault::Fault;

/// Writes down a deed about an application.
pub async fn about(
    conn: &mut PgConnection,
    deed: &Deed,
    what: &str,
    application: Uuid,
    facts: Value,
) -> Result<(), Fault> {
    write(conn, deed, what, Some(application), None, facts).await
}

/// Writes down deeds about many applications at once: the application, what was done to it, the facts.
pub async fn about_many(
    conn: &mut PgConnection,
    deed: &Deed,
    lines: &[(Uuid, &str, Value)],
) -> Result<(), Fault> {
    let (actor, role) = (deed.actor.account(), deed.actor.role_name());
    let about = db::journal::About { at: deed.now, actor, role, request: deed.request, lines };
    Ok(db::journal::add_many(conn, about).await?)
}

/// Writes down a deed about something else: an account, a group, a file.
pub async fn on(
    conn: &mut PgConnection,
    deed: &Deed,
    what: &str,
    subject: Uuid,
    facts: Value,
) -> Result<(), Fault> {
    write(conn, deed, what, None, Some(subject), facts).await
}

/// Writes down a deed about the portal as a whole.
pub async fn of_portal(conn: &mut PgConnection, deed: &Deed, what: &str, facts: Value) -> Result<(), Fault> {
    write(conn, deed, what, None, None, facts).await
}

/// Writes down a look at a file that belongs to a case.
pub async fn look(conn: &mut PgConnection, deed: &Deed, application: Uuid, file: Uuid) -> Result<(), Fault> {
    write(conn, deed, "look_at_file", Some(application), Some(file), Value::Object(Default::default())).await
}

async fn write(
    conn: &mut PgConnection,
    deed: &Deed,
    what: &str,
    application: Option<Uuid>,
    subject: Option<Uuid>,
    facts: Value,
) -> Result<(), Fault> {
    let subject = subject.map(|id| id.to_string());
    let entry = db::journal::Entry { application, subject: subject.as_deref(), ..entry(deed, what, facts) };
    Ok(db::journal::add(conn, entry).await?)
}

/// The line of a deed, about nothing in particular yet.
pub fn entry<'a>(deed: &Deed, what: &'a str, facts: Value) -> db::journal::Entry<'a> {
    db::journal::Entry {
        at: deed.now,
        actor: deed.actor.account(),
        role: deed.actor.role_name(),
        deed: what,
        application: None,
        subject: None,
        request: deed.request,
        facts,
    }
}

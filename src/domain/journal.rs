//! Every deed and every look at a medical file is written down in the deed's own transaction: no row, no deed.
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::Deed;
use crate::db;
use crate::fault::Fault;
use crate::rules::journal::{Fact, What};

/// What is known beside a deed: each fact under a name that has its words.
#[derive(Debug, Clone, Default)]
pub struct Facts(serde_json::Map<String, Value>);

impl Facts {
    pub fn of<const N: usize>(facts: [(Fact, Value); N]) -> Self {
        Self(facts.map(|(fact, value)| (fact.as_str().to_owned(), value)).into_iter().collect())
    }
}

impl From<Facts> for Value {
    fn from(Facts(facts): Facts) -> Self {
        Self::Object(facts)
    }
}

/// `facts!(Side: side.as_str(), Why: why.code())`
macro_rules! facts {
    ($($fact:ident: $value:expr),* $(,)?) => {
        $crate::domain::journal::Facts::of([$(($crate::rules::journal::Fact::$fact, serde_json::json!($value))),*])
    };
}
pub(crate) use facts;

/// Writes down a deed about an application.
pub async fn about(
    conn: &mut PgConnection,
    deed: &Deed,
    what: What,
    application: Uuid,
    facts: Facts,
) -> Result<(), Fault> {
    write(conn, deed, what, Some(application), None, facts).await
}

/// Writes down deeds about many applications at once: the application, what was done to it, the facts.
pub async fn about_many(
    conn: &mut PgConnection,
    deed: &Deed,
    lines: &[(Uuid, What, Facts)],
) -> Result<(), Fault> {
    let (actor, role) = (deed.actor.account(), deed.actor.role_name());
    let lines: Vec<(Uuid, &str, Value)> =
        lines.iter().map(|(about, what, facts)| (*about, what.as_str(), facts.clone().into())).collect();
    let about = db::journal::About { at: deed.now, actor, role, request: deed.request, lines: &lines };
    Ok(db::journal::add_many(conn, about).await?)
}

/// Writes down a deed about something else: an account, a group, a file.
pub async fn on(
    conn: &mut PgConnection,
    deed: &Deed,
    what: What,
    subject: Uuid,
    facts: Facts,
) -> Result<(), Fault> {
    write(conn, deed, what, None, Some(subject), facts).await
}

/// Writes down a deed about the portal as a whole.
pub async fn of_portal(conn: &mut PgConnection, deed: &Deed, what: What, facts: Facts) -> Result<(), Fault> {
    write(conn, deed, what, None, None, facts).await
}

/// Writes down a look at a file that belongs to a case.
pub async fn look(conn: &mut PgConnection, deed: &Deed, application: Uuid, file: Uuid) -> Result<(), Fault> {
    write(conn, deed, What::LookAtFile, Some(application), Some(file), facts!()).await
}

async fn write(
    conn: &mut PgConnection,
    deed: &Deed,
    what: What,
    application: Option<Uuid>,
    subject: Option<Uuid>,
    facts: Facts,
) -> Result<(), Fault> {
    let subject = subject.map(|id| id.to_string());
    let entry = db::journal::Entry { application, subject: subject.as_deref(), ..entry(deed, what, facts) };
    Ok(db::journal::add(conn, entry).await?)
}

/// The line of a deed, about nothing in particular yet.
pub fn entry(deed: &Deed, what: What, facts: Facts) -> db::journal::Entry<'static> {
    db::journal::Entry {
        at: deed.now,
        actor: deed.actor.account(),
        role: deed.actor.role_name(),
        deed: what.as_str(),
        application: None,
        subject: None,
        request: deed.request,
        facts: facts.into(),
    }
}

//! Staff: who works for the portal, in which role. Accounts are never deleted, only closed.
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::integrations::registry::Person;
use crate::rules::actor::Role;
use crate::rules::iin::Iin;
use crate::rules::person::Language;
use crate::rules::phone::Phone;

pub use crate::db::staff::{Member, MemberRole, StaffRow};

use super::kindergarten::Sheet;

pub async fn list(
    app: &SharedApp,
    role: Option<&str>,
    words: &[String],
    page: i64,
) -> Result<Sheet<StaffRow>, Fault> {
    Ok(db::staff::list(&mut *app.pool.acquire().await?, role, words, page).await?)
}

pub async fn find(app: &SharedApp, account: Uuid) -> Result<Member, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    db::staff::find(&mut conn, account).await?.ok_or(Failure::NotFound)
}

/// What the registry says of a new member of staff; asked before the deed opens its transaction.
#[derive(Debug, Clone)]
pub enum Known {
    Person(Person),
    /// There is no such person.
    Nobody,
    /// There is, but the number is not theirs: the codes would go to a stranger.
    OtherPhone,
}

pub async fn ask_registry(app: &SharedApp, iin: &Iin, phone: &Phone) -> Result<Known, Failure> {
    let Some(person) = app.registry.person(iin).await? else { return Ok(Known::Nobody) };
    Ok(if app.registry.phone_belongs(iin, phone).await? { Known::Person(person) } else { Known::OtherPhone })
}

/// A member of staff to be. The role carries its kindergarten.
#[derive(Debug, Clone)]
pub struct NewStaff {
    pub role: Role,
    pub iin: Iin,
    pub phone: Phone,
    pub person: Person,
}

/// An existing account just gets the role; a new one has no password until its person sets one by an SMS code.
/// Saying it twice changes nothing.
pub async fn add(conn: &mut PgConnection, deed: &Deed, new: NewStaff) -> Result<(), Failure> {
    if new.role == Role::Parent {
        return Err(Fault::Broken("a parent is no member of staff".to_owned()).into());
    }
    let account = db::staff::NewAccount {
        id: deed.app.secrets.id(),
        iin: &new.iin,
        phone: &new.phone,
        name: &new.person.full_name(),
        sex: new.person.sex().unwrap_or_else(|| new.iin.sex()),
        birth_on: new.person.birth_date,
        language: Language::default(),
        now: deed.now,
    };
    let account = db::staff::ensure_account(conn, account).await?;
    if db::staff::grant(conn, deed.app.secrets.id(), account, new.role, deed.now).await? {
        journal::on(conn, deed, "staff_added", account, facts(new.role)).await?;
    }
    Ok(())
}

/// Ends the sessions too: the next request is signed out, whichever process it asks.
pub async fn disable(conn: &mut PgConnection, deed: &Deed, account: Uuid) -> Result<(), Failure> {
    // Nobody closes the door behind themselves.
    if deed.actor.account() == Some(account) || !db::staff::disable(conn, account, deed.now).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, "account_disabled", account, json!({})).await?)
}

pub async fn enable(conn: &mut PgConnection, deed: &Deed, account: Uuid) -> Result<(), Failure> {
    if !db::staff::enable(conn, account).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, "account_enabled", account, json!({})).await?)
}

pub async fn remove_role(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    role_id: Uuid,
) -> Result<(), Failure> {
    if deed.actor.account() == Some(account) {
        return Err(Failure::NotFound);
    }
    let role = db::staff::revoke(conn, account, role_id).await?.ok_or(Failure::NotFound)?;
    Ok(journal::on(conn, deed, "role_removed", account, facts(role)).await?)
}

fn facts(role: Role) -> serde_json::Value {
    json!({ "role": role.as_str(), "kindergarten": role.kindergarten() })
}

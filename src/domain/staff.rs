//! The operator gives somebody a role. The person sets a password through the SMS road, like everybody.
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use super::journal::{Facts, facts};
use super::kindergarten::Sheet;
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::integrations::registry::Person;
use crate::rules::actor::Role;
use crate::rules::iin::{Bin, Iin};
use crate::rules::journal::What;
use crate::rules::phone::Phone;

pub use crate::db::staff::{Member, MemberRole, StaffRow};

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

/// Who is to have which role.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// `doctor`, `kindergarten` or `operator`.
    pub role: &'static str,
    pub iin: Iin,
    pub phone: Phone,
    /// The kindergarten's, for its staff only.
    pub bin: Option<Bin>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    NewAccount,
    RoleOfKnownPerson,
    HadItAlready,
    NoSuchKindergarten,
    PhoneTaken,
}

/// `person` is what the registry says of the IIN, asked before the transaction.
pub async fn add(
    conn: &mut PgConnection,
    deed: &Deed,
    new: &NewStaff,
    person: &Person,
) -> Result<Added, Fault> {
    let kindergarten = match &new.bin {
        Some(bin) => match db::staff::kindergarten_of(conn, bin.as_str()).await? {
            Some(id) => Some(id),
            None => return Ok(Added::NoSuchKindergarten),
        },
        None => None,
    };
    let row = db::staff::NewPerson {
        id: deed.app.secrets.id(),
        iin: new.iin.as_str(),
        phone: new.phone.e164(),
        surname: &person.surname,
        name: &person.name,
        patronymic: person.patronymic.as_deref(),
        sex: new.iin.sex().as_str(),
        birth_on: new.iin.birth_on(),
    };
    let (account, made) = match db::staff::find_or_add(conn, row, deed.now).await {
        Ok(found) => found,
        Err(error) if breaks(&error, "accounts_phone_unique") => return Ok(Added::PhoneTaken),
        Err(error) => return Err(error.into()),
    };
    let id = deed.app.secrets.id();
    let granted = db::staff::grant(conn, id, account, new.role, kindergarten, deed.now).await?;
    if granted {
        super::journal::on(conn, deed, What::GrantRole, account, facts!(Role: new.role)).await?;
    }
    Ok(match (made, granted) {
        (true, _) => Added::NewAccount,
        (false, true) => Added::RoleOfKnownPerson,
        (false, false) => Added::HadItAlready,
    })
}

/// From the command line: asks the registry, then does it.
pub async fn add_by_system(app: &SharedApp, new: &NewStaff) -> Result<Added, Fault> {
    let person = app.registry.person(&new.iin).await;
    let person =
        person.map_err(|_| Fault::Setup("the person registry is silent: try again later".to_owned()))?;
    let person = person.ok_or_else(|| Fault::Setup("the person registry knows no such person".to_owned()))?;
    let mut tx = app.pool.begin().await?;
    let deed = Deed::by_system(app, &mut tx).await?;
    let added = add(&mut tx, &deed, new, &person).await?;
    tx.commit().await?;
    Ok(added)
}

fn breaks(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}

/// Ends the sessions too: the next request is signed out, whichever process it asks.
pub async fn disable(conn: &mut PgConnection, deed: &Deed, account: Uuid) -> Result<(), Failure> {
    // Nobody closes the door behind themselves.
    if deed.actor.account() == Some(account) || !db::staff::disable(conn, account, deed.now).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, What::AccountDisabled, account, facts!()).await?)
}

pub async fn enable(conn: &mut PgConnection, deed: &Deed, account: Uuid) -> Result<(), Failure> {
    if !db::staff::enable(conn, account).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, What::AccountEnabled, account, facts!()).await?)
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
    Ok(journal::on(conn, deed, What::RoleRemoved, account, facts(role)).await?)
}

fn facts(role: Role) -> Facts {
    facts!(Role: role.as_str(), Kindergarten: role.kindergarten())
}

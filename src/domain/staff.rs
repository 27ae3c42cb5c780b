//! The operator gives somebody a role. The person sets a password through the SMS road, like everybody.
use sqlx::PgConnection;

use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::Fault;
use crate::integrations::registry::Person;
use crate::rules::iin::{Bin, Iin};
use crate::rules::phone::Phone;

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
        super::journal::on(conn, deed, "grant_role", account, serde_json::json!({ "role": new.role }))
            .await?;
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

//! Children: the registry must confirm that the adult is the child's parent or legal representative.
use sqlx::PgConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::journal;
use super::journal::facts;
use super::limit::{self, HOUR, Limit};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::integrations::registry::Kinship;
use crate::rules::actor::Actor;
use crate::rules::district::District;
use crate::rules::iin::{Iin, IinError};
use crate::rules::journal::What;
use crate::rules::person::{Sex, preschool_age};

pub use crate::db::child::{Child, ChildNeed};

/// Why a child is refused at its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildRefusal {
    Iin(IinError),
    NotPreschool,
    AlreadyAdded,
    /// No such person, or not this adult's: one answer for both.
    NotFound,
    /// The registry does not know the district: it is asked.
    NoDistrict,
}

pub async fn list(app: &SharedApp, account: Uuid) -> Result<Vec<Child>, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    Ok(db::child::of_account(&mut conn, account).await?)
}

/// What places would suit the children of this account.
pub async fn needs(app: &SharedApp, account: Uuid) -> Result<Vec<ChildNeed>, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    Ok(db::child::needs(&mut conn, account).await?)
}

/// What the registry said, and a seal that this account has asked about this child: saving is not another try.
pub struct Checked {
    pub iin: Iin,
    pub kinship: Kinship,
    pub seal: String,
}

impl Checked {
    pub fn district(&self) -> Option<District> {
        self.kinship.child.district.as_deref().and_then(|code| District::parse(code).ok())
    }

    pub fn sex(&self) -> Sex {
        self.kinship.child.sex().unwrap_or_else(|| self.iin.sex())
    }
}

fn seal(deed: &Deed, account: Uuid, iin: &Iin) -> String {
    let day = deed.today().to_string();
    let mac = deed.app.secrets.mac("child", &[account.as_bytes(), iin.as_str().as_bytes(), day.as_bytes()]);
    hex::encode(mac)
}

/// Asks the registry about a child. Every try is written down before anything is asked; a try is counted unless `sealed`
/// shows that it was counted already.
pub async fn check(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    typed: &str,
    sealed: &str,
) -> Result<Result<Checked, ChildRefusal>, Failure> {
    let account = actor.account().ok_or(Failure::NotFound)?;
    let (mut tx, deed) = Deed::open(app, actor, request).await?;
    let judged = judge(&mut tx, &deed, account, typed, sealed).await;
    let result = match &judged {
        Ok(Ok(_)) => "asked",
        Ok(Err(_)) => "refused",
        Err(_) => "too_often",
    };
    let child = hex::encode(app.secrets.mac("journal_child", &[typed.as_bytes()]));
    let facts = facts!(Child: child, Result: result);
    journal::on(&mut tx, &deed, What::CheckChild, account, facts).await?;
    tx.commit().await.map_err(Fault::from)?;
    let iin = match judged? {
        Ok(iin) => iin,
        Err(refusal) => return Ok(Err(refusal)),
    };
    ask_registry(app, &deed, account, iin).await
}

async fn judge(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    typed: &str,
    sealed: &str,
) -> Result<Result<Iin, ChildRefusal>, Failure> {
    let iin = match Iin::parse(typed) {
        Ok(iin) => iin,
        Err(error) => return Ok(Err(ChildRefusal::Iin(error))),
    };
    if !preschool_age(iin.birth_on(), deed.today(), deed.settings.child_under_years) {
        return Ok(Err(ChildRefusal::NotPreschool));
    }
    if db::child::is_added(conn, account, &iin).await? {
        return Ok(Err(ChildRefusal::AlreadyAdded));
    }
    if !bool::from(seal(deed, account, &iin).as_bytes().ct_eq(sealed.as_bytes())) {
        let windows = [(deed.settings.child_check_hour, HOUR)];
        limit::take(conn, deed, &[Limit::new("child_check", account.as_bytes(), &windows)]).await?;
    }
    Ok(Ok(iin))
}

async fn ask_registry(
    app: &SharedApp,
    deed: &Deed,
    account: Uuid,
    iin: Iin,
) -> Result<Result<Checked, ChildRefusal>, Failure> {
    let adult = {
        let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
        db::account::by_id(&mut conn, account).await?.ok_or(Failure::NotFound)?
    };
    let kinship = match app.registry.kinship(&adult.iin, &iin).await {
        Ok(kinship) => kinship,
        Err(silence) => {
            // A registry that is silent costs the family no try.
            let windows = [(deed.settings.child_check_hour, HOUR)];
            let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
            limit::give_back(&mut conn, deed, &[Limit::new("child_check", account.as_bytes(), &windows)])
                .await?;
            return Err(silence);
        }
    };
    let younger = |kinship: &Kinship| kinship.child.birth_date > adult.birth_on;
    let Some(kinship) = kinship.filter(younger) else { return Ok(Err(ChildRefusal::NotFound)) };
    if !preschool_age(kinship.child.birth_date, deed.today(), deed.settings.child_under_years) {
        return Ok(Err(ChildRefusal::NotPreschool));
    }
    Ok(Ok(Checked { iin, kinship, seal: seal(deed, account, &iin) }))
}

/// Adds the child to this adult's. The row of the child is shared with its other representative.
pub async fn add(
    conn: &mut PgConnection,
    deed: &Deed,
    checked: &Checked,
    asked_district: Option<District>,
) -> Result<Result<Uuid, ChildRefusal>, Failure> {
    let account = deed.actor.account().ok_or(Failure::NotFound)?;
    let Some(district) = checked.district().or(asked_district) else {
        return Ok(Err(ChildRefusal::NoDistrict));
    };
    let child = Child {
        id: deed.app.secrets.id(),
        iin: checked.iin,
        name: checked.kinship.child.full_name(),
        sex: checked.sex(),
        birth_on: checked.kinship.child.birth_date,
        district,
    };
    let id = db::child::save(conn, &child, deed.now).await?;
    if !db::child::add_guardian(conn, id, account, &checked.kinship.relation, deed.now).await? {
        return Ok(Err(ChildRefusal::AlreadyAdded));
    }
    let facts = facts!(Relation: checked.kinship.relation);
    journal::on(conn, deed, What::AddChild, id, facts).await?;
    Ok(Ok(id))
}

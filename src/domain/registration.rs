//! Registration: phone and IIN → code → password. An IIN that has an account goes on as recovery on the same pages.
use sqlx::PgConnection;
use uuid::Uuid;

use super::challenge::{self, CodeToSend, Purpose, Visitor};
use super::journal::facts;
use super::{journal, limit, notice};
use crate::app::{Deed, SharedApp};
use crate::db::{self, account::Standing};
use crate::fault::{Failure, Fault};
use crate::integrations::registry::Person;
use crate::rules::actor::Actor;
use crate::rules::deadline::almaty_day;
use crate::rules::iin::Iin;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::person::{Language, Sex};
use crate::rules::phone::Phone;
use crate::rules::policy::POLICY_VERSION;

/// What was typed on the first page.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub purpose: Purpose,
    pub phone: Phone,
    pub iin: Iin,
}

/// Is this person too young for an account (`settings.adult_from_years`)? The IIN alone tells.
pub async fn is_too_young(app: &SharedApp, iin: &Iin) -> Result<bool, Fault> {
    let today = almaty_day(super::moment::now(app).await?);
    let years = app.policy().adult_from_years;
    Ok(today.years_since(iin.birth_on()).is_none_or(|lived| lived < years))
}

/// A road that has begun: its row is there, the registry is to be asked.
pub struct Begun {
    challenge: Uuid,
    claim: Claim,
    visitor: Visitor,
    deed: Deed,
}

/// Counts the claim and makes its row: for known and unknown people alike, before the registry is asked.
pub async fn begin(
    conn: &mut PgConnection,
    deed: &Deed,
    claim: Claim,
    visitor: &Visitor,
) -> Result<Uuid, Failure> {
    let limits = challenge::limits(deed, visitor, Some(&claim.phone), Some(&claim.iin), None);
    limit::take(conn, deed, &limits).await?;
    let policy = (claim.purpose == Purpose::Register).then_some(POLICY_VERSION);
    let about = (None, Some(&claim.iin), policy);
    let id = challenge::begin(conn, deed, claim.purpose, visitor, &claim.phone, about).await?;
    let facts = facts!(Purpose: claim.purpose.as_str());
    journal::on(conn, deed, What::AskCode, id, facts).await?;
    Ok(id)
}

impl Begun {
    pub fn new(challenge: Uuid, claim: Claim, visitor: Visitor, deed: Deed) -> Self {
        Self { challenge, claim, visitor, deed }
    }
}

/// Asks the registry both questions, whatever the first answer, and arms the code if they fit. When the registry is
/// silent the road has not begun: nothing was counted.
pub async fn ask_registry(app: &SharedApp, begun: &Begun) -> Result<Option<CodeToSend>, Failure> {
    let claim = &begun.claim;
    let (belongs, person) =
        tokio::join!(app.registry.phone_belongs(&claim.iin, &claim.phone), app.registry.person(&claim.iin));
    let answers = belongs.and_then(|belongs| person.map(|person| (belongs, person)));
    let (mut tx, deed) = Deed::open(app, begun.deed.actor, begun.deed.request).await?;
    let (belongs, person) = match answers {
        Ok(answers) => answers,
        Err(silence) => {
            forget(&mut tx, begun).await?;
            tx.commit().await.map_err(Fault::from)?;
            return Err(silence);
        }
    };
    let may_send = match db::account::standing(&mut tx, &claim.iin).await? {
        Standing::Open => true,
        Standing::Absent => claim.purpose == Purpose::Register,
        Standing::Disabled => false,
    } && belongs
        && person.is_some();
    let to = (&claim.phone, begun.visitor.language);
    let code = challenge::arm(&mut tx, &deed, begun.challenge, to, may_send, person.as_ref()).await?;
    tx.commit().await.map_err(Fault::from)?;
    Ok(code)
}

async fn forget(conn: &mut PgConnection, begun: &Begun) -> Result<(), Fault> {
    let claim = &begun.claim;
    let limits = challenge::limits(&begun.deed, &begun.visitor, Some(&claim.phone), Some(&claim.iin), None);
    limit::give_back(conn, &begun.deed, &limits).await?;
    Ok(db::challenge::forget_one(conn, begun.challenge).await?)
}

/// Who has proven the code in this browser, as the registry says; shown before the password is chosen.
#[derive(Debug, Clone)]
pub struct Known {
    pub person: Person,
    pub iin: Iin,
    pub phone: Phone,
}

pub async fn proven(app: &SharedApp, purpose: Purpose, visitor: &Visitor) -> Result<Option<Known>, Failure> {
    let (mut tx, deed) = Deed::open(app, Actor::System, app.secrets.id()).await?;
    Ok(known(&mut tx, &deed, purpose, visitor).await?.map(|(_, _, known)| known))
}

async fn known(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
) -> Result<Option<(Uuid, Option<String>, Known)>, Fault> {
    let Some(proven) = challenge::proven(conn, deed, purpose, visitor).await? else { return Ok(None) };
    let iin = proven.row.iin.as_deref().and_then(|iin| Iin::parse(iin).ok());
    let (Some(iin), Some(person)) = (iin, challenge::person_of(&proven.row)) else { return Ok(None) };
    Ok(Some((proven.row.id, proven.row.policy_version, Known { person, iin, phone: proven.phone })))
}

/// The last step: the password is stored, the number belongs to this person from now on. A former holder of the number
/// is told; an account that was there before loses its sessions and known browsers. Returns the account.
pub async fn save_password(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
    password_hash: &str,
) -> Result<Uuid, Failure> {
    let found = known(conn, deed, purpose, visitor).await?;
    let Some((challenge, policy_version, known)) = found else { return Err(Failure::NotFound) };
    if db::account::standing(conn, &known.iin).await? == Standing::Disabled {
        return Err(Failure::NotFound);
    }
    let saved =
        save_person(conn, deed, &known, visitor.language, password_hash, policy_version.as_deref()).await?;
    db::challenge::use_up(conn, challenge, deed.now).await?;
    let what = if saved.recovered { What::RecoverAccount } else { What::RegisterAccount };
    let facts = facts!(Policy: policy_version, PhoneReplaced: saved.phone_replaced);
    journal::on(conn, deed, what, saved.id, facts).await?;
    if saved.recovered {
        super::recovery::close_old_doors(conn, deed, &saved).await?;
    }
    Ok(saved.id)
}

/// A person whose number is proven has an account from now on, or the old one anew.
pub async fn save_person(
    conn: &mut PgConnection,
    deed: &Deed,
    known: &Known,
    language: Language,
    password_hash: &str,
    policy_version: Option<&str>,
) -> Result<db::account::Saved, Failure> {
    take_phone(conn, deed, &known.phone, &known.iin).await?;
    let proven = db::account::Proven {
        id: deed.app.secrets.id(),
        iin: &known.iin,
        phone: &known.phone,
        name: &known.person.full_name(),
        sex: known.person.sex().unwrap_or_else(|| known.iin.sex()),
        birth_on: known.person.birth_date,
        language,
        password_hash,
        policy_version,
        now: deed.now,
    };
    Ok(db::account::save_proven(conn, &proven).await?)
}

/// A proven number leaves its former holder, who is told.
pub(super) async fn take_phone(
    conn: &mut PgConnection,
    deed: &Deed,
    phone: &Phone,
    new_holder: &Iin,
) -> Result<(), Failure> {
    db::account::lock_phone(conn, phone).await?;
    let former: Option<(Uuid, Language)> = db::account::release_phone(conn, phone, new_holder).await?;
    if let Some((former, _)) = former {
        notice::enqueue(conn, deed, former, None, &Notice::PhoneMoved).await?;
        journal::on(conn, deed, What::PhoneMoved, former, facts!()).await?;
    }
    Ok(())
}

impl Known {
    pub fn sex(&self) -> Sex {
        self.person.sex().unwrap_or_else(|| self.iin.sex())
    }
}

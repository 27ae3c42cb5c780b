//! SMS codes: asked for, tried, asked for again. The same road for known and unknown people.
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::journal::facts;
use super::limit::{self, DAY, HOUR, Limit};
use crate::app::{App, Deed, SharedApp};
use crate::db::{self, challenge::ChallengeRow};
use crate::fault::{Failure, Fault};
use crate::integrations::registry::Person;
use crate::integrations::sms::SmsAnswer;
use crate::rules::iin::Iin;
use crate::rules::journal::What;
use crate::rules::notice::TextKind;
use crate::rules::person::Language;
use crate::rules::phone::Phone;

/// From asking to the last step of the road (the password): then it begins anew.
const ROAD_MINUTES: i64 = 30;
/// Pauses between tries to hand a code to the gateway; all of them fit into a code's life.
const RETRY_AFTER: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(15), Duration::from_secs(45)];

/// What a code is for. It is good for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Register,
    Recover,
    SignIn,
    ChangePhone,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Recover => "recover",
            Self::SignIn => "sign_in",
            Self::ChangePhone => "change_phone",
        }
    }
}

/// The browser a code is bound to, hashed; and where it comes from, for the limits.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub hash: [u8; 32],
    pub address: String,
    pub language: Language,
}

/// A code on its way, to be sent after the deed was committed. It is known nowhere else.
pub struct CodeToSend {
    pub to: Phone,
    pub code: String,
    pub language: Language,
    reference: String,
}

/// An asked-for code, as its page shows it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub phone: Phone,
    pub again_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub proven: bool,
}

/// A road whose code was proven.
pub(super) struct Proven {
    pub row: ChallengeRow,
    pub phone: Phone,
}

pub(super) fn phone_of(row: &ChallengeRow) -> Result<Phone, Fault> {
    Phone::parse(&row.phone).map_err(|error| Fault::Broken(format!("challenge: {error}")))
}

pub(super) fn person_of(row: &ChallengeRow) -> Option<Person> {
    row.person.clone().and_then(|person| serde_json::from_value(person).ok())
}

pub(super) async fn latest(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
) -> Result<Option<ChallengeRow>, Fault> {
    let since = deed.now - chrono::Duration::minutes(ROAD_MINUTES);
    Ok(db::challenge::latest(conn, purpose.as_str(), &visitor.hash, since).await?)
}

/// What the code's page shows; `None`: nothing was asked for, the road begins anew.
pub async fn asked(app: &SharedApp, purpose: Purpose, visitor: &Visitor) -> Result<Option<Asked>, Failure> {
    let (mut tx, deed) = Deed::open(app, crate::rules::actor::Actor::System, app.secrets.id()).await?;
    let Some(row) = latest(&mut tx, &deed, purpose, visitor).await? else { return Ok(None) };
    let pause = chrono::Duration::seconds(i64::from(deed.settings.code_again_seconds));
    Ok(Some(Asked {
        phone: phone_of(&row)?,
        again_at: row.sent_at + pause,
        now: deed.now,
        proven: row.proven_at.is_some(),
    }))
}

/// The limits of asking for a code (`rules.md` §2.2): by phone and IIN at registration and recovery, by account at
/// sign-in, by address everywhere.
pub(super) fn limits<'a>(
    deed: &Deed,
    visitor: &'a Visitor,
    phone: Option<&'a Phone>,
    iin: Option<&'a Iin>,
    account: Option<&'a Uuid>,
) -> Vec<Limit<'a>> {
    let s = &deed.settings;
    let mut limits =
        vec![Limit::new("code_address", visitor.address.as_bytes(), &[(s.code_address_hour, HOUR)])];
    if let Some(iin) = iin {
        limits.push(Limit::new("code_iin", iin.as_str().as_bytes(), &[(s.code_iin_hour, HOUR)]));
    }
    if let Some(phone) = phone {
        let windows = [(1, s.code_again_seconds), (s.code_phone_hour, HOUR), (s.code_phone_day, DAY)];
        limits.push(Limit::new("code_phone", phone.e164().as_bytes(), &windows));
    }
    if let Some(account) = account {
        let windows = [(s.sign_in_code_hour, HOUR), (s.sign_in_code_day, DAY)];
        limits.push(Limit::new("code_sign_in", account.as_bytes(), &windows));
    }
    limits
}

/// Makes the row of a code; the code itself comes with [`arm`].
pub(super) async fn begin(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
    phone: &Phone,
    about: (Option<Uuid>, Option<&Iin>, Option<&str>),
) -> Result<Uuid, Fault> {
    let (account, iin, policy_version) = about;
    let new = db::challenge::NewChallenge {
        id: deed.app.secrets.id(),
        purpose: purpose.as_str(),
        visitor: &visitor.hash,
        account,
        iin: iin.map(Iin::as_str),
        phone: phone.e164(),
        policy_version,
        language: visitor.language.as_str(),
        asked_at: deed.now,
        expires_at: expiry(deed),
    };
    db::challenge::ask(conn, &new).await?;
    Ok(new.id)
}

fn expiry(deed: &Deed) -> DateTime<Utc> {
    deed.now + chrono::Duration::minutes(i64::from(deed.settings.code_minutes))
}

fn code_hash(app: &App, id: Uuid, code: &str) -> [u8; 32] {
    app.secrets.mac("sms_code", &[id.as_bytes(), code.as_bytes()])
}

/// Gives the row its code, or, where nothing may be sent, leaves it without one. Both cost the same.
pub(super) async fn arm(
    conn: &mut PgConnection,
    deed: &Deed,
    id: Uuid,
    to: (&Phone, Language),
    may_send: bool,
    person: Option<&Person>,
) -> Result<Option<CodeToSend>, Fault> {
    let code = new_code(deed, id, to);
    let hash = code_hash(&deed.app, id, &code.code);
    let person = person.and_then(|person| serde_json::to_value(person).ok()).filter(|_| may_send);
    db::challenge::arm(conn, id, person.as_ref(), may_send.then_some(&hash[..])).await?;
    Ok(may_send.then_some(code))
}

fn new_code(deed: &Deed, id: Uuid, (to, language): (&Phone, Language)) -> CodeToSend {
    let secrets = &deed.app.secrets;
    let reference = format!("{}-{}-{}", TextKind::Code.as_str(), id.simple(), deed.now.timestamp());
    CodeToSend { to: *to, code: secrets.sms_code(), language, reference }
}

/// Tries a code. Commit whatever the answer is: the attempt has been counted. A code proven before leads on again.
pub async fn prove(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
    typed: &str,
) -> Result<bool, Failure> {
    let Some(row) = latest(conn, deed, purpose, visitor).await? else { return Ok(false) };
    let counted = db::challenge::count_attempt(conn, row.id, deed.now).await?;
    let given = code_hash(&deed.app, row.id, typed);
    let stored = row.code_hash.clone().unwrap_or_else(|| vec![0; 32]);
    let fits = bool::from(given[..].ct_eq(&stored[..])) && row.code_hash.is_some();
    let right = fits && (counted || row.proven_at.is_some());
    if right && row.proven_at.is_none() {
        db::challenge::prove(conn, row.id, deed.now).await?;
    }
    let facts = facts!(Purpose: purpose.as_str(), Right: right);
    super::journal::on(conn, deed, What::TryCode, row.account_id.unwrap_or(row.id), facts).await?;
    Ok(right)
}

/// The proven and not yet used code of this browser.
pub(super) async fn proven(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
) -> Result<Option<Proven>, Fault> {
    let row = latest(conn, deed, purpose, visitor).await?.filter(|row| row.proven_at.is_some());
    row.map(|row| Ok(Proven { phone: phone_of(&row)?, row })).transpose()
}

/// A new code after a minute, under the same limits. The attempts stay counted.
pub async fn again(
    conn: &mut PgConnection,
    deed: &Deed,
    purpose: Purpose,
    visitor: &Visitor,
) -> Result<Option<CodeToSend>, Failure> {
    let Some(row) = latest(conn, deed, purpose, visitor).await? else { return Err(Failure::NotFound) };
    if row.proven_at.is_some() {
        return Ok(None);
    }
    let again_at = row.sent_at + chrono::Duration::seconds(i64::from(deed.settings.code_again_seconds));
    if deed.now < again_at {
        return Err(Failure::TooOften { again_at });
    }
    let phone = phone_of(&row)?;
    let iin = row.iin.as_deref().and_then(|iin| Iin::parse(iin).ok());
    let account = row.account_id.filter(|_| purpose == Purpose::SignIn);
    let limited_phone = (purpose != Purpose::SignIn).then_some(&phone);
    limit::take(conn, deed, &limits(deed, visitor, limited_phone, iin.as_ref(), account.as_ref())).await?;
    let language = Language::parse(&row.language).unwrap_or_default();
    let code = new_code(deed, row.id, (&phone, language));
    let hash = code_hash(&deed.app, row.id, &code.code);
    let may_send = row.code_hash.is_some();
    db::challenge::renew(conn, row.id, may_send.then_some(&hash[..]), deed.now, expiry(deed)).await?;
    let facts = facts!(Purpose: purpose.as_str());
    super::journal::on(conn, deed, What::AskCodeAgain, row.account_id.unwrap_or(row.id), facts).await?;
    Ok(may_send.then_some(code))
}

/// Hands a code to the gateway, again and again while the code lives. The reference stays the same, so that the
/// gateway can drop repeats.
pub async fn deliver(app: SharedApp, code: CodeToSend, text: String) {
    let mut pauses = RETRY_AFTER.into_iter();
    loop {
        match app.sms.send(&code.to, &text, TextKind::Code, code.language, &code.reference).await {
            SmsAnswer::Taken { .. } => return,
            SmsAnswer::Refused => return tracing::warn!("a code was refused by the gateway"),
            SmsAnswer::Later => {}
        }
        let Some(pause) = pauses.next() else { return tracing::warn!("a code could not be handed over") };
        tokio::time::sleep(pause).await;
    }
}

//! The account's own affairs: phone, password, language, sessions, roles.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::challenge::{self, CodeToSend, Purpose, Visitor};
use super::journal::facts;
use super::limit::{self, HOUR, Limit};
use super::{journal, notice, password, registration, sign_in};
use crate::app::{Deed, SharedApp};
use crate::db::{self, session::NewSession};
use crate::fault::{Failure, Fault};
use crate::rules::actor::{Actor, Role};
use crate::rules::iin::Iin;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::person::Language;
use crate::rules::phone::Phone;

pub use crate::db::account::{Account, Granted};
pub use crate::db::session::ListedSession;

/// All of the profile page.
pub struct Profile {
    pub account: Account,
    pub roles: Vec<Granted>,
    pub sessions: Vec<ListedSession>,
}

pub async fn show(app: &SharedApp, account: Uuid) -> Result<Profile, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let now = crate::clock::now(&mut conn).await?;
    let found = db::account::by_id(&mut conn, account).await?.ok_or(Failure::NotFound)?;
    let roles = db::account::roles(&mut conn, account).await?;
    let sessions = db::session::of_account(&mut conn, account, now, &app.policy()).await?;
    Ok(Profile { account: found, roles, sessions })
}

/// The password given again by somebody signed in; wrong ones are counted.
pub async fn password_is_right(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    typed: &str,
) -> Result<bool, Failure> {
    let id = actor.account().ok_or(Failure::NotFound)?;
    let (mut tx, deed) = Deed::open(app, actor, request).await?;
    let wrong = [Limit::new("password_again", id.as_bytes(), &[(deed.settings.password_account_hour, HOUR)])];
    limit::take(&mut tx, &deed, &wrong).await?;
    let account = db::account::by_id(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    tx.commit().await.map_err(Fault::from)?;
    let right = password::is_right(app, account.password_hash.as_deref(), typed).await;
    if !matches!(right, Ok(false)) {
        let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
        limit::give_back(&mut conn, &deed, &wrong).await?;
    }
    right
}

/// The password was given again just now: for a while it is not asked for.
pub async fn password_given(conn: &mut PgConnection, deed: &Deed, id_hash: &[u8]) -> Result<(), Fault> {
    Ok(db::session::password_given(conn, id_hash, deed.now).await?)
}

/// Replaces the password; every other session of the account ends.
pub async fn change_password(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    hash: &str,
    this_session: &[u8],
) -> Result<(), Failure> {
    db::account::set_password(conn, account, hash).await?;
    db::session::end_others(conn, account, Some(this_session)).await?;
    db::session::password_given(conn, this_session, deed.now).await?;
    notice::enqueue(conn, deed, account, None, &Notice::PasswordChanged).await?;
    Ok(journal::on(conn, deed, What::ChangePassword, account, facts!()).await?)
}

/// Begins a change of number: counted like a registration, whatever the registry will say.
pub async fn begin_phone(
    conn: &mut PgConnection,
    deed: &Deed,
    visitor: &Visitor,
    account: &Account,
    phone: &Phone,
) -> Result<Uuid, Failure> {
    let limits = challenge::limits(deed, visitor, Some(phone), Some(&account.iin), None);
    limit::take(conn, deed, &limits).await?;
    let about = (Some(account.id), Some(&account.iin), None);
    let id = challenge::begin(conn, deed, Purpose::ChangePhone, visitor, phone, about).await?;
    journal::on(conn, deed, What::AskCode, account.id, facts!(Purpose: "change_phone")).await?;
    Ok(id)
}

/// Does the registry tie the number to this person? Asked before the deed.
pub async fn phone_belongs(app: &SharedApp, iin: &Iin, phone: &Phone) -> Result<bool, Failure> {
    app.registry.phone_belongs(iin, phone).await
}

/// The code to the new number, if the registry ties it to this person.
pub async fn arm_phone(
    conn: &mut PgConnection,
    deed: &Deed,
    challenge: Uuid,
    phone: &Phone,
    language: Language,
    belongs: bool,
) -> Result<Option<CodeToSend>, Fault> {
    challenge::arm(conn, deed, challenge, (phone, language), belongs, None).await
}

/// After the right code: the new number. A former holder is told, and so is this person.
pub async fn change_phone(conn: &mut PgConnection, deed: &Deed, visitor: &Visitor) -> Result<(), Failure> {
    let proven = challenge::proven(conn, deed, Purpose::ChangePhone, visitor).await?;
    let proven = proven.filter(|proven| proven.row.account_id == deed.actor.account());
    let Some(proven) = proven else { return Err(Failure::NotFound) };
    let Some(id) = deed.actor.account() else { return Err(Failure::NotFound) };
    let account = db::account::by_id(conn, id).await?.ok_or(Failure::NotFound)?;
    registration::take_phone(conn, deed, &proven.phone, &account.iin).await?;
    db::account::set_phone(conn, id, &proven.phone).await?;
    db::challenge::use_up(conn, proven.row.id, deed.now).await?;
    notice::enqueue(conn, deed, id, None, &Notice::PhoneChanged).await?;
    Ok(journal::on(conn, deed, What::ChangePhone, id, facts!()).await?)
}

pub async fn set_language(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    language: Language,
) -> Result<(), Failure> {
    db::account::set_language(conn, account, language).await?;
    let facts = facts!(Language: language.as_str());
    Ok(journal::on(conn, deed, What::SetLanguage, account, facts).await?)
}

/// Ends one session of one's own; another's is not there.
pub async fn end_session(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    half_hash: &[u8],
) -> Result<(), Failure> {
    if !db::session::end_of_account(conn, account, half_hash).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, What::EndSession, account, facts!()).await?)
}

pub async fn end_other_sessions(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    this_session: &[u8],
) -> Result<(), Failure> {
    let ended = db::session::end_others(conn, account, Some(this_session)).await?;
    Ok(journal::on(conn, deed, What::EndSessions, account, facts!(Ended: ended)).await?)
}

/// How a role may be taken on.
pub enum Switch {
    Open(NewSession),
    /// The role was granted after this sign-in, and staff give a code: sign in anew.
    SignInAnew,
}

/// Another role of the same person: a new session that goes on counting from the same sign-in.
pub async fn switch_role(
    conn: &mut PgConnection,
    deed: &Deed,
    role: Role,
    since: (DateTime<Utc>, DateTime<Utc>),
    user_agent: &str,
) -> Result<Switch, Failure> {
    let account = deed.actor.account().ok_or(Failure::NotFound)?;
    let roles = db::account::roles(conn, account).await?;
    let granted = roles.iter().find(|granted| granted.role == role);
    if role.is_staff() && granted.is_none() {
        return Err(Failure::NotFound);
    }
    if granted.is_some_and(|granted| granted.granted_at > since.0) {
        return Ok(Switch::SignInAnew);
    }
    journal::on(conn, deed, What::SwitchRole, account, facts!(Role: role.as_str())).await?;
    let session = sign_in::session(account, role, user_agent);
    Ok(Switch::Open(NewSession { since: Some(since), ..session }))
}

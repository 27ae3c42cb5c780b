//! Sign-in: phone or IIN and password; a code for staff, and for parents on an unknown browser.
use sqlx::PgConnection;
use uuid::Uuid;

use super::challenge::{self, CodeToSend, Purpose, Visitor};
use super::journal::facts;
use super::limit::{self, HOUR, Limit};
use super::{journal, password};
use crate::app::{App, Deed, SharedApp};
use crate::db::{self, account::Account, session::NewSession};
use crate::fault::{Failure, Fault};
use crate::rules::actor::{Actor, Role};
use crate::rules::iin::Iin;
use crate::rules::journal::What;
use crate::rules::phone::Phone;

/// What was typed into «phone or IIN».
#[derive(Debug, Clone)]
pub struct Login {
    typed: String,
    iin: Option<Iin>,
    phone: Option<Phone>,
}

impl Login {
    /// Neither an IIN nor a phone: nobody's, and judged like anybody's.
    pub fn parse(typed: &str) -> Self {
        let typed = typed.trim();
        Self { typed: typed.to_lowercase(), iin: Iin::parse(typed).ok(), phone: Phone::parse(typed).ok() }
    }

    fn name(&self) -> &str {
        self.iin.as_ref().map(Iin::as_str).or(self.phone.as_ref().map(Phone::e164)).unwrap_or(&self.typed)
    }
}

/// The mark of a browser on which a code was once given.
pub fn browser_hash(app: &App, mark: &str) -> [u8; 32] {
    app.secrets.mac("known_browser", &[mark.as_bytes()])
}

/// How a right password goes on.
pub enum Entry {
    Open(NewSession),
    AskCode(CodeToSend),
    /// The account's number has moved to a new holder: no code can reach this person.
    NoPhone,
}

/// Judges the password: the same work and the same answer whether the account exists or not. Wrong ones are counted per
/// login, on a known browser in a bucket of its own, so that a stranger cannot lock the owner out.
pub async fn check_password(
    app: &SharedApp,
    request: Uuid,
    visitor: &Visitor,
    known_browser: Option<&str>,
    login: &Login,
    typed: &str,
) -> Result<Option<Uuid>, Failure> {
    let (mut tx, deed) = Deed::open(app, Actor::System, request).await?;
    let account = db::account::by_login(&mut tx, login.iin.as_ref(), login.phone.as_ref()).await?;
    let browser = known_browser.map(|mark| browser_hash(app, mark));
    let is_known = match (&account, &browser) {
        (Some(account), Some(browser)) => db::browser::is_known(&mut tx, account.id, browser).await?,
        _ => false,
    };
    let mut subject = login.name().as_bytes().to_vec();
    subject.extend(browser.filter(|_| is_known).unwrap_or_default());
    let wrong = [Limit::new("password_wrong", &subject, &[(deed.settings.password_account_hour, HOUR)])];
    let tries = [Limit::new(
        "sign_in_address",
        visitor.address.as_bytes(),
        &[(deed.settings.sign_in_address_hour, HOUR)],
    )];
    limit::take(&mut tx, &deed, &wrong).await?;
    limit::take(&mut tx, &deed, &tries).await?;
    tx.commit().await.map_err(Fault::from)?;

    let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = password::is_right(app, stored, typed).await;
    let (mut tx, after) = Deed::open(app, Actor::System, request).await?;
    if !matches!(right, Ok(false)) {
        limit::give_back(&mut tx, &deed, &wrong).await?;
    }
    if let (Ok(right), Some(account)) = (&right, &account) {
        let facts = facts!(Right: right);
        journal::on(&mut tx, &after, What::TryPassword, account.id, facts).await?;
    }
    tx.commit().await.map_err(Fault::from)?;
    let right = right?;
    Ok(account.filter(|_| right).map(|account| account.id))
}

/// The role a session begins in: the widest staff role, else parent.
async fn first_role(conn: &mut PgConnection, account: Uuid) -> Result<Role, Fault> {
    let roles = db::account::roles(conn, account).await?;
    Ok(roles.first().map_or(Role::Parent, |granted| granted.role))
}

pub(super) fn session(account: Uuid, role: Role, browser: &str) -> NewSession {
    NewSession {
        account_id: account,
        role: role.as_str().to_owned(),
        kindergarten_id: role.kindergarten(),
        browser: browser.to_owned(),
        since: None,
    }
}

/// After the right password: a session, or a code first.
pub async fn enter(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    visitor: &Visitor,
    known_browser: Option<&str>,
    user_agent: &str,
) -> Result<Entry, Failure> {
    let Some(account) = db::account::by_id(conn, account).await? else { return Err(Failure::NotFound) };
    let role = first_role(conn, account.id).await?;
    let known = match known_browser {
        Some(mark) => db::browser::is_known(conn, account.id, &browser_hash(&deed.app, mark)).await?,
        None => false,
    };
    if known && !role.is_staff() {
        journal::on(conn, deed, What::SignIn, account.id, facts!(Role: role.as_str())).await?;
        return Ok(Entry::Open(session(account.id, role, user_agent)));
    }
    ask_code(conn, deed, &account, visitor).await
}

async fn ask_code(
    conn: &mut PgConnection,
    deed: &Deed,
    account: &Account,
    visitor: &Visitor,
) -> Result<Entry, Failure> {
    let Some(phone) = &account.phone else { return Ok(Entry::NoPhone) };
    limit::take(conn, deed, &challenge::limits(deed, visitor, None, None, Some(&account.id))).await?;
    let about = (Some(account.id), None, None);
    let id = challenge::begin(conn, deed, Purpose::SignIn, visitor, phone, about).await?;
    let code = challenge::arm(conn, deed, id, (phone, visitor.language), true, None).await?;
    journal::on(conn, deed, What::AskCode, account.id, facts!(Purpose: "sign_in")).await?;
    code.map(Entry::AskCode).ok_or(Failure::NotFound)
}

/// After the right code: the session, and the browser known from now on by `new_mark`.
pub async fn enter_with_code(
    conn: &mut PgConnection,
    deed: &Deed,
    visitor: &Visitor,
    browser: (Option<&str>, &str),
    user_agent: &str,
) -> Result<NewSession, Failure> {
    let proven = challenge::proven(conn, deed, Purpose::SignIn, visitor).await?;
    let account = proven.as_ref().and_then(|proven| proven.row.account_id);
    let (Some(proven), Some(account)) = (proven, account) else { return Err(Failure::NotFound) };
    let Some(account) = db::account::by_id(conn, account).await? else { return Err(Failure::NotFound) };
    db::challenge::use_up(conn, proven.row.id, deed.now).await?;
    know_browser(conn, deed, account.id, browser).await?;
    let role = first_role(conn, account.id).await?;
    journal::on(conn, deed, What::SignIn, account.id, facts!(Role: role.as_str(), Code: true)).await?;
    Ok(session(account.id, role, user_agent))
}

/// The browser gets a new mark; accounts that knew the old one know the new one.
pub async fn know_browser(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    (old_mark, new_mark): (Option<&str>, &str),
) -> Result<(), Fault> {
    let new_hash = browser_hash(&deed.app, new_mark);
    if let Some(old) = old_mark {
        db::browser::rename(conn, &browser_hash(&deed.app, old), &new_hash).await?;
    }
    Ok(db::browser::remember(conn, account, &new_hash, deed.now).await?)
}

pub async fn sign_out(conn: &mut PgConnection, deed: &Deed) -> Result<(), Fault> {
    match deed.actor.account() {
        Some(account) => journal::on(conn, deed, What::SignOut, account, facts!()).await,
        None => Ok(()),
    }
}

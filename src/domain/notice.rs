//! Notices: planned in the deed's transaction, sent after it, shown in the cabinet for ever.
use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::Fault;
use crate::integrations::sms::{Delivery, SmsAnswer};
use crate::rules::deadline;
use crate::rules::notice::Notice;
use crate::rules::person::Language;
use crate::rules::phone::Phone;

/// After the first try, so many more …
const RETRIES: i32 = 48;
/// … this far apart (T53). A try whose process died is followed by the next one then, too.
const BETWEEN_TRIES: Duration = Duration::minutes(5);
/// How often the gateway is asked what became of a text.
const BETWEEN_QUESTIONS: Duration = Duration::minutes(5);
/// The gateway itself gives up after a day (`params[validity]`); its word may come an hour later.
const DELIVERY_PATIENCE: Duration = Duration::hours(25);
/// The gateway answers about so many texts at once.
const QUESTIONS_AT_ONCE: i64 = 100;

/// Plans a notice: it stands in the cabinet when the deed is committed, and its text leaves in the send window.
pub async fn enqueue(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    application: Option<Uuid>,
    notice: &Notice,
) -> Result<(), Fault> {
    let id = deed.app.secrets.id();
    let planned = db::notice::Planned { id, account, application, notice, quiet: false };
    Ok(db::notice::plan_many(conn, &[planned], deed.now).await?)
}

/// What is said to an account about an application.
pub type Told = (Uuid, Uuid, Notice);

/// Plans many notices in one statement.
pub async fn enqueue_many(conn: &mut PgConnection, deed: &Deed, told: &[Told]) -> Result<(), Fault> {
    plan(conn, deed, told, false).await
}

/// The same for notices that stand in the cabinet only: no text leaves.
pub async fn enqueue_quietly(conn: &mut PgConnection, deed: &Deed, told: &[Told]) -> Result<(), Fault> {
    plan(conn, deed, told, true).await
}

async fn plan(conn: &mut PgConnection, deed: &Deed, told: &[Told], quiet: bool) -> Result<(), Fault> {
    let planned: Vec<db::notice::Planned<'_>> = told
        .iter()
        .map(|(account, application, notice)| db::notice::Planned {
            id: deed.app.secrets.id(),
            account: *account,
            application: Some(*application),
            notice,
            quiet,
        })
        .collect();
    Ok(db::notice::plan_many(conn, &planned, deed.now).await?)
}

/// Plans the notice that a letter is answered, in the letter's language. Without a number to send it to, it stands in
/// the cabinet and no text leaves.
pub async fn letter_answered(
    conn: &mut PgConnection,
    deed: &Deed,
    (account, recipient): (Option<Uuid>, Option<&str>),
    language: Language,
    number: &str,
) -> Result<(), Fault> {
    let notice = &Notice::LetterAnswered { number: number.to_owned() };
    let (id, language) = (deed.app.secrets.id(), language.as_str());
    let answer = db::notice::Answer { id, account, recipient, language, notice };
    Ok(db::notice::plan_answer(conn, answer, deed.now).await?)
}

/// A notice whose text is to leave now.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: Uuid,
    pub application: Option<Uuid>,
    /// The number of the case, for the link.
    pub number: Option<String>,
    pub notice: Notice,
    pub language: Language,
    attempts: i32,
}

/// What there is to send.
#[derive(Debug)]
pub enum Next {
    /// Taken for this process: send it, then say how it went with [`answered`].
    Send(Box<Due>, Phone),
    /// It could never be sent, and is settled: the account has no number, or the kind is unknown.
    Unsendable,
    Nothing,
    /// Texts leave from this moment on.
    WindowOpensAt(DateTime<Utc>),
}

/// Takes the notice that has waited longest, if the send window is open.
pub async fn next(app: &SharedApp) -> Result<Next, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let calendar = app.calendar();
    if !deadline::window_open(now, &calendar) {
        return Ok(Next::WindowOpensAt(deadline::window_opens_at(now, &calendar)));
    }
    let Some(row) = db::notice::claim(&mut conn, now, now + BETWEEN_TRIES).await? else {
        return Ok(Next::Nothing);
    };
    drop(conn);
    let phone = row.phone.and_then(|phone| Phone::parse(&phone).ok());
    let due = Due {
        id: row.id,
        application: row.application_id,
        number: row.number,
        notice: match serde_json::from_value(row.notice) {
            Ok(notice) => notice,
            Err(_) => return unknown_kind(app, row.id, now).await,
        },
        language: Language::parse(&row.language).unwrap_or_default(),
        attempts: row.attempts,
    };
    match phone {
        Some(phone) => Ok(Next::Send(Box::new(due), phone)),
        None => {
            answered(app, &due, None, SmsAnswer::Refused).await?;
            Ok(Next::Unsendable)
        }
    }
}

/// Only another version of the portal can have planned it: it is not tried for ever.
async fn unknown_kind(app: &SharedApp, id: Uuid, now: DateTime<Utc>) -> Result<Next, Fault> {
    tracing::error!(notice = %id, "a notice of an unknown kind");
    db::notice::settle(&mut *app.pool.acquire().await?, id, "failed", now).await?;
    Ok(Next::Unsendable)
}

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    Sent,
    Failed,
    WillRetry,
}

/// Writes down what the gateway answered about a text to this number.
pub async fn answered(
    app: &SharedApp,
    due: &Due,
    phone: Option<Phone>,
    answer: SmsAnswer,
) -> Result<Tried, Fault> {
    let mut tx = app.pool.begin().await?;
    let deed = Deed::by_system(app, &mut tx).await?;
    let tried = match answer {
        SmsAnswer::Taken { id } => {
            let phone = phone.as_ref().map_or("", Phone::e164);
            if db::notice::taken(&mut tx, due.id, &id, phone, deed.now).await? {
                day0_is_known(&mut tx, &deed, due).await?;
            }
            Tried::Sent
        }
        SmsAnswer::Later if due.attempts <= RETRIES => Tried::WillRetry,
        SmsAnswer::Later | SmsAnswer::Refused => {
            tracing::warn!(notice = %due.id, attempts = due.attempts, "a text was not taken");
            db::notice::settle(&mut tx, due.id, "failed", deed.now).await?;
            day0_is_known(&mut tx, &deed, due).await?;
            Tried::Failed
        }
    };
    tx.commit().await?;
    Ok(tried)
}

/// The gateway has taken this text, or never will: in the transaction that says so, a voucher learns its day 0
/// (`rules.md` 3.2).
async fn day0_is_known(conn: &mut PgConnection, deed: &Deed, due: &Due) -> Result<(), Fault> {
    let (Notice::VoucherIssued { .. }, Some(application)) = (&due.notice, due.application) else {
        return Ok(());
    };
    super::voucher::notice_accepted(conn, deed, application).await
}

/// Texts that were asked about, and how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Asked {
    pub delivered: u64,
    pub failed: u64,
    pub waiting: u64,
}

/// Asks the gateway what became of the texts it took.
pub async fn ask_deliveries(app: &SharedApp) -> Result<Asked, Fault> {
    let mut asked = Asked::default();
    loop {
        let mut conn = app.pool.acquire().await?;
        let now = crate::clock::now(&mut conn).await?;
        let sent = db::notice::claim_sent(&mut conn, now, now + BETWEEN_QUESTIONS, QUESTIONS_AT_ONCE).await?;
        drop(conn);
        if sent.is_empty() {
            return Ok(asked);
        }
        let ids: Vec<String> = sent.iter().map(|text| text.provider_id.clone()).collect();
        let known = app.sms.statuses(&ids).await;
        let mut conn = app.pool.acquire().await?;
        for text in sent {
            let said = known.iter().find(|(id, _)| *id == text.provider_id).map(|(_, delivery)| *delivery);
            match said.unwrap_or(Delivery::Waiting) {
                Delivery::Delivered => {
                    db::notice::settle(&mut conn, text.id, "delivered", now).await?;
                    asked.delivered += 1;
                }
                Delivery::Waiting if now - text.sent_at < DELIVERY_PATIENCE => asked.waiting += 1,
                Delivery::Failed | Delivery::Waiting => {
                    db::notice::settle(&mut conn, text.id, "failed", now).await?;
                    asked.failed += 1;
                }
            }
        }
    }
}

/// How a notice's text fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextState {
    /// There is none: the cabinet was asked for.
    Kept,
    Queued,
    Sent,
    Delivered,
    Failed,
}

/// A notice as the cabinet shows it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub notice: Notice,
    pub at: DateTime<Utc>,
    pub unread: bool,
    pub text: TextState,
    /// Since when the text stands so; for a queued one, since it was planned.
    pub text_since: DateTime<Utc>,
    /// The case it is about, and whose it is.
    pub number: Option<String>,
    pub child: Option<String>,
}

/// Everything this account was told, newest first.
pub async fn of_account(app: &SharedApp, account: Uuid) -> Result<Vec<Shown>, Fault> {
    let rows = db::notice::of_account(&mut *app.pool.acquire().await?, account).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let notice = serde_json::from_value(row.notice).ok()?;
        let (text, since) = match row.state.as_str() {
            "kept" => (TextState::Kept, None),
            "queued" => (TextState::Queued, None),
            "sent" => (TextState::Sent, row.sent_at),
            "delivered" => (TextState::Delivered, row.settled_at),
            _ => (TextState::Failed, row.settled_at),
        };
        Some(Shown {
            notice,
            at: row.created_at,
            unread: row.read_at.is_none(),
            text,
            text_since: since.unwrap_or(row.created_at),
            number: row.number,
            child: row.child,
        })
    });
    Ok(shown.collect())
}

/// Marks what the page showed: nothing that came after its newest notice.
pub async fn mark_read(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    until: DateTime<Utc>,
) -> Result<(), Fault> {
    db::notice::mark_read(conn, account, until, deed.now).await?;
    Ok(())
}

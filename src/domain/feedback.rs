//! Letters of the public: anybody writes, the operator answers, and good answers are published for all.
use chrono::Duration;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::facts;
use super::kindergarten::Sheet;
use super::limit::{self, DAY, HOUR, Limit};
use super::{journal, notice};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::actor::Actor;
use crate::rules::feedback::{LetterState, Reply, Topic};
use crate::rules::journal::What;
use crate::rules::person::Language;
use crate::rules::phone::Phone;
use crate::rules::refusal::Refusal;

pub use crate::db::feedback::{Letter, ListedLetter, Question, Wording};

/// The number of a letter is shown to the browser that sent it for so long.
const NUMBER_SHOWN: Duration = Duration::hours(1);

/// What somebody wrote, read and found good.
#[derive(Debug, Clone)]
pub struct NewLetter {
    pub topic: Topic,
    pub text: String,
    pub language: Language,
    pub application_number: Option<String>,
    pub reply: Reply,
    /// For an answer by SMS.
    pub phone: Option<Phone>,
}

/// From where it came: limits are counted by it.
#[derive(Debug, Clone)]
pub struct Sender {
    pub address: String,
    pub browser: String,
}

fn browser_hash(app: &SharedApp, browser: &str) -> [u8; 32] {
    app.secrets.mac("letter", &[browser.as_bytes()])
}

/// Keeps a letter; the answer is its identifier.
pub async fn send(
    conn: &mut PgConnection,
    deed: &Deed,
    letter: &NewLetter,
    sender: &Sender,
) -> Result<Uuid, Failure> {
    let s = &deed.settings;
    let mut limits = vec![
        Limit::new("letter_address", sender.address.as_bytes(), &[(s.letter_address_hour, HOUR)]),
        Limit::new("letter_browser", sender.browser.as_bytes(), &[(s.letter_browser_hour, HOUR)]),
    ];
    if let Some(phone) = &letter.phone {
        limits.push(Limit::new("letter_phone", phone.e164().as_bytes(), &[(s.letter_phone_day, DAY)]));
    }
    limit::take(conn, deed, &limits).await?;
    let id = deed.app.secrets.id();
    let new = db::feedback::NewLetter {
        id,
        number: &deed.app.secrets.case_number(),
        topic: letter.topic,
        text: &letter.text,
        language: letter.language,
        application_number: letter.application_number.as_deref(),
        reply: letter.reply,
        phone: letter.phone.as_ref().map(Phone::e164),
        account: deed.actor.account(),
        browser: &browser_hash(&deed.app, &sender.browser),
    };
    db::feedback::add(conn, new, deed.now).await?;
    journal::on(conn, deed, What::SendLetter, id, facts!(Topic: letter.topic.as_str())).await?;
    Ok(id)
}

/// The number of a letter that this browser has just sent.
pub async fn number_of_sent(app: &SharedApp, id: Uuid, browser: &str) -> Result<Option<String>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let since = crate::clock::now(&mut conn).await? - NUMBER_SHOWN;
    Ok(db::feedback::sent_number(&mut conn, id, &browser_hash(app, browser), since).await?)
}

/// How it stands with a letter, for whoever has its number. Guessing is limited by address.
pub async fn follow(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    number: &str,
    address: &str,
) -> Result<Option<Letter>, Failure> {
    let (mut tx, deed) = Deed::open(app, actor, request).await?;
    let windows = [(deed.settings.lookup_address_hour, HOUR)];
    limit::take(&mut tx, &deed, &[Limit::new("follow_letter", address.as_bytes(), &windows)]).await?;
    let letter = db::feedback::by_number(&mut tx, number).await?;
    tx.commit().await?;
    Ok(letter)
}

pub async fn of_account(app: &SharedApp, account: Uuid) -> Result<Vec<Letter>, Fault> {
    Ok(db::feedback::of_account(&mut *app.pool.acquire().await?, account).await?)
}

/// The published questions, by topic in the order of the list.
pub async fn published(app: &SharedApp) -> Result<Vec<Question>, Fault> {
    Ok(db::feedback::questions(&mut *app.pool.acquire().await?, None, true).await?)
}

pub async fn list(
    app: &SharedApp,
    topic: Option<Topic>,
    state: Option<LetterState>,
    page: i64,
) -> Result<Sheet<ListedLetter>, Fault> {
    Ok(db::feedback::list(&mut *app.pool.acquire().await?, topic, state, page).await?)
}

/// The operator opens a letter. A look at one that names an application is journalled.
pub async fn read(conn: &mut PgConnection, deed: &Deed, id: Uuid) -> Result<Letter, Failure> {
    let letter = db::feedback::find(conn, id).await?.ok_or(Failure::NotFound)?;
    let facts = facts!(Letter: id);
    match letter.application {
        Some(application) => journal::about(conn, deed, What::LookAtLetter, application, facts).await?,
        None if letter.application_number.is_some() => {
            journal::on(conn, deed, What::LookAtLetter, id, facts!()).await?;
        }
        None => {}
    }
    Ok(letter)
}

/// The operator begins to answer: whoever follows the letter sees that. Pressed twice, it is done once.
pub async fn take(conn: &mut PgConnection, deed: &Deed, id: Uuid) -> Result<(), Failure> {
    db::feedback::find(conn, id).await?.ok_or(Failure::NotFound)?;
    if db::feedback::take(conn, id, deed.actor.account(), deed.now).await? {
        journal::on(conn, deed, What::TakeLetter, id, facts!()).await?;
    }
    Ok(())
}

/// The answer, once; the sender is told in the way they asked for.
pub async fn answer(conn: &mut PgConnection, deed: &Deed, id: Uuid, text: &str) -> Result<(), Failure> {
    let letter = db::feedback::find(conn, id).await?.ok_or(Failure::NotFound)?;
    if !db::feedback::answer(conn, id, text, deed.actor.account(), deed.now).await? {
        return Err(Refusal::AlreadyAnswered.into());
    }
    journal::on(conn, deed, What::AnswerLetter, id, facts!(Topic: letter.topic.as_str())).await?;
    let told = match letter.reply {
        Reply::Sms => (letter.account, letter.phone.as_deref()),
        // Whoever was signed in finds the answer in the cabinet, whether they asked for a notice or not.
        Reply::Cabinet | Reply::None => (letter.account, None),
    };
    if letter.reply != Reply::None {
        notice::letter_answered(conn, deed, told, letter.language, &letter.number).await?;
    }
    Ok(())
}

/// Every question, published or taken off.
pub async fn questions(app: &SharedApp) -> Result<Vec<Question>, Fault> {
    Ok(db::feedback::questions(&mut *app.pool.acquire().await?, None, false).await?)
}

pub async fn question(app: &SharedApp, id: Uuid) -> Result<Question, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    db::feedback::questions(&mut conn, Some(id), false).await?.pop().ok_or(Failure::NotFound)
}

/// A question of the operator's own, or one that came of a letter.
pub async fn publish(
    conn: &mut PgConnection,
    deed: &Deed,
    letter: Option<Uuid>,
    words: &Wording,
) -> Result<Uuid, Failure> {
    if let Some(letter) = letter {
        db::feedback::find(conn, letter).await?.ok_or(Failure::NotFound)?;
    }
    let id = deed.app.secrets.id();
    db::feedback::publish(conn, (id, letter), words, deed.actor.account(), deed.now).await?;
    journal::on(conn, deed, What::PublishQuestion, id, facts!(Topic: words.topic.as_str())).await?;
    Ok(id)
}

/// Other words for a question; one that was taken off is published again.
pub async fn change(conn: &mut PgConnection, deed: &Deed, id: Uuid, words: &Wording) -> Result<(), Failure> {
    db::feedback::questions(conn, Some(id), false).await?.pop().ok_or(Failure::NotFound)?;
    db::feedback::publish(conn, (id, None), words, deed.actor.account(), deed.now).await?;
    journal::on(conn, deed, What::ChangeQuestion, id, facts!(Topic: words.topic.as_str())).await?;
    Ok(())
}

/// Takes a question off the public page. Pressed twice, it is done once.
pub async fn withdraw(conn: &mut PgConnection, deed: &Deed, id: Uuid) -> Result<(), Failure> {
    db::feedback::questions(conn, Some(id), false).await?.pop().ok_or(Failure::NotFound)?;
    if db::feedback::withdraw(conn, id, deed.actor.account(), deed.now).await? {
        journal::on(conn, deed, What::WithdrawQuestion, id, facts!()).await?;
    }
    Ok(())
}

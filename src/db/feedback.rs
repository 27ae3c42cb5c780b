//! Letters of the public, the operator's answers, the questions and answers published from them.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::kindergarten::Sheet;
use crate::rules::feedback::{LetterState, Reply, Topic};
use crate::rules::person::Language;

/// A letter as it is written down.
pub struct NewLetter<'a> {
    pub id: Uuid,
    pub number: &'a str,
    pub topic: Topic,
    pub text: &'a str,
    pub language: Language,
    pub application_number: Option<&'a str>,
    pub reply: Reply,
    pub phone: Option<&'a str>,
    pub account: Option<Uuid>,
    pub browser: &'a [u8],
}

pub async fn add(conn: &mut PgConnection, new: NewLetter<'_>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into letters (id, number, topic, text, language, application_number, reply, phone, account_id, browser, received_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id,
        new.number,
        new.topic.as_str(),
        new.text,
        new.language.as_str(),
        new.application_number,
        new.reply.as_str(),
        new.phone,
        new.account,
        new.browser,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The number of a letter this browser sent since then.
pub async fn sent_number(
    conn: &mut PgConnection,
    id: Uuid,
    browser: &[u8],
    since: DateTime<Utc>,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select number from letters where id = $1 and browser = $2 and received_at > $3",
        id,
        browser,
        since
    )
    .fetch_optional(conn)
    .await
}

/// A letter with its answer.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: Uuid,
    pub number: String,
    pub topic: Topic,
    pub text: String,
    pub language: Language,
    pub application_number: Option<String>,
    /// The application, if there is one of that number.
    pub application: Option<Uuid>,
    pub reply: Reply,
    pub phone: Option<String>,
    pub account: Option<Uuid>,
    pub received_at: DateTime<Utc>,
    pub taken_at: Option<DateTime<Utc>>,
    pub answer: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    /// Who of the operators answered.
    pub answered_by: Option<String>,
}

impl Letter {
    pub fn state(&self) -> LetterState {
        LetterState::of(self.taken_at.is_some(), self.answered_at.is_some())
    }
}

struct LetterRow {
    id: Uuid,
    number: String,
    topic: String,
    text: String,
    language: String,
    application_number: Option<String>,
    application: Option<Uuid>,
    reply: String,
    phone: Option<String>,
    account: Option<Uuid>,
    received_at: DateTime<Utc>,
    taken_at: Option<DateTime<Utc>>,
    answer: Option<String>,
    answered_at: Option<DateTime<Utc>>,
    answered_by: Option<String>,
}

impl From<LetterRow> for Letter {
    fn from(row: LetterRow) -> Self {
        Self {
            id: row.id,
            number: row.number,
            topic: Topic::parse(&row.topic).unwrap_or(Topic::Other),
            text: row.text,
            language: Language::parse(&row.language).unwrap_or_default(),
            application_number: row.application_number,
            application: row.application,
            reply: Reply::parse(&row.reply).unwrap_or(Reply::None),
            phone: row.phone,
            account: row.account,
            received_at: row.received_at,
            taken_at: row.taken_at,
            answer: row.answer,
            answered_at: row.answered_at,
            answered_by: row.answered_by,
        }
    }
}

/// Letters that fit the rest of the statement.
macro_rules! letters {
    ($rest:tt, $($argument:expr),*) => {
        sqlx::query_as!(
            LetterRow,
            r#"select l.id, l.number, l.topic, l.text, l.language, l.application_number,
                      (select p.id from applications p where p.number = l.application_number) as application,
                      l.reply, l.phone, l.account_id as account, l.received_at, l.taken_at, l.answer, l.answered_at,
                      (select concat_ws(' ', a.name, a.surname) from accounts a where a.id = l.answered_by) as answered_by
               from letters l "# + $rest,
            $($argument),*
        )
    };
}

/// By its number, as whoever follows it has it.
pub async fn by_number(conn: &mut PgConnection, number: &str) -> Result<Option<Letter>, sqlx::Error> {
    Ok(letters!("where l.number = $1", number).fetch_optional(conn).await?.map(Letter::from))
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Letter>, sqlx::Error> {
    Ok(letters!("where l.id = $1", id).fetch_optional(conn).await?.map(Letter::from))
}

/// What this person wrote while signed in, newest first.
pub async fn of_account(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Letter>, sqlx::Error> {
    let rows = letters!("where l.account_id = $1 order by l.received_at desc, l.id", account)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(Letter::from).collect())
}

/// A letter as a line of the operator's list.
#[derive(Debug, Clone)]
pub struct ListedLetter {
    pub id: Uuid,
    pub topic: Topic,
    pub language: Language,
    /// How it begins.
    pub beginning: String,
    pub state: LetterState,
    pub received_at: DateTime<Utc>,
    pub answered_at: Option<DateTime<Utc>>,
}

/// One page of the letters: first those without an answer, the oldest first; then the answered ones, the newest first.
pub async fn list(
    conn: &mut PgConnection,
    topic: Option<Topic>,
    state: Option<LetterState>,
    page: i64,
) -> Result<Sheet<ListedLetter>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with found as (
             select l.id, l.topic, l.language, left(l.text, 120) as beginning, l.received_at, l.taken_at, l.answered_at,
                    count(*) over () as total,
                    row_number() over (order by l.answered_at is not null,
                                       case when l.answered_at is null then l.received_at end,
                                       l.answered_at desc, l.id) as line
             from letters l
             where ($1::text is null or l.topic = $1)
               and ($2::text is null or $2 = case when l.answered_at is not null then 'answered'
                                                  when l.taken_at is not null then 'being_answered' else 'received' end))
           select id, topic, language, beginning as "beginning!", received_at, taken_at, answered_at, total as "total!"
           from found f
           where (f.line - 1) / $4::bigint = least($3::bigint, (f.total + $4 - 1) / $4) - 1
           order by f.line"#,
        topic.map(Topic::as_str),
        state.map(LetterState::as_str),
        page,
        Sheet::<ListedLetter>::ROWS
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map(|row| row.total);
    let letters = rows.into_iter().map(|row| ListedLetter {
        id: row.id,
        topic: Topic::parse(&row.topic).unwrap_or(Topic::Other),
        language: Language::parse(&row.language).unwrap_or_default(),
        beginning: row.beginning,
        state: LetterState::of(row.taken_at.is_some(), row.answered_at.is_some()),
        received_at: row.received_at,
        answered_at: row.answered_at,
    });
    Ok(Sheet::new(letters.collect(), total, page))
}

/// Somebody has begun to answer; `false` when somebody had before.
pub async fn take(
    conn: &mut PgConnection,
    id: Uuid,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!(
        "update letters set taken_at = $3, taken_by = $2 where id = $1 and taken_at is null",
        id,
        by,
        now
    );
    Ok(taken.execute(conn).await?.rows_affected() == 1)
}

/// Writes the answer, once; `false` when there is one.
pub async fn answer(
    conn: &mut PgConnection,
    id: Uuid,
    text: &str,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let answered = sqlx::query!(
        "update letters set answer = $2, answered_at = $4, answered_by = $3,
                taken_at = coalesce(taken_at, $4), taken_by = coalesce(taken_by, $3)
         where id = $1 and answered_at is null",
        id,
        text,
        by,
        now
    );
    Ok(answered.execute(conn).await?.rows_affected() == 1)
}

/// A question and its answer, in both languages.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: Uuid,
    pub letter: Option<Uuid>,
    pub topic: Topic,
    pub question_kk: String,
    pub question_ru: String,
    pub answer_kk: String,
    pub answer_ru: String,
    pub published_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl Question {
    pub fn question(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.question_kk,
            Language::Ru => &self.question_ru,
        }
    }

    pub fn answer(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.answer_kk,
            Language::Ru => &self.answer_ru,
        }
    }
}

/// Every question, those off the public page last; or one.
pub async fn questions(
    conn: &mut PgConnection,
    only: Option<Uuid>,
    published: bool,
) -> Result<Vec<Question>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, letter_id, topic, question_kk, question_ru, answer_kk, answer_ru, published_at, changed_at, withdrawn_at
         from questions where ($1::uuid is null or id = $1) and (not $2 or withdrawn_at is null)
         order by withdrawn_at is not null,
                  array_position(array['queue', 'voucher', 'documents', 'kindergarten', 'contract', 'portal', 'other'], topic),
                  published_at, id",
        only,
        published
    )
    .fetch_all(conn)
    .await?;
    let questions = rows.into_iter().map(|row| Question {
        id: row.id,
        letter: row.letter_id,
        topic: Topic::parse(&row.topic).unwrap_or(Topic::Other),
        question_kk: row.question_kk,
        question_ru: row.question_ru,
        answer_kk: row.answer_kk,
        answer_ru: row.answer_ru,
        published_at: row.published_at,
        changed_at: row.changed_at,
        withdrawn_at: row.withdrawn_at,
    });
    Ok(questions.collect())
}

/// A question as the operator wrote it.
#[derive(Debug, Clone)]
pub struct Wording {
    pub topic: Topic,
    pub question_kk: String,
    pub question_ru: String,
    pub answer_kk: String,
    pub answer_ru: String,
}

/// Publishes a question, or the same question in other words: what was taken off comes back.
pub async fn publish(
    conn: &mut PgConnection,
    (id, letter): (Uuid, Option<Uuid>),
    words: &Wording,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into questions (id, letter_id, topic, question_kk, question_ru, answer_kk, answer_ru, published_at, changed_at, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $9, $9, $8)
         on conflict (id) do update set topic = $3, question_kk = $4, question_ru = $5, answer_kk = $6, answer_ru = $7,
                changed_at = $9, changed_by = $8, withdrawn_at = null",
        id,
        letter,
        words.topic.as_str(),
        words.question_kk,
        words.question_ru,
        words.answer_kk,
        words.answer_ru,
        by,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a question off the public page; `false` when it is not on it.
pub async fn withdraw(
    conn: &mut PgConnection,
    id: Uuid,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let withdrawn = sqlx::query!(
        "update questions set withdrawn_at = $3, changed_at = $3, changed_by = $2 where id = $1 and withdrawn_at is null",
        id,
        by,
        now
    );
    Ok(withdrawn.execute(conn).await?.rows_affected() == 1)
}

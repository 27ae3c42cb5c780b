//! Notices: the outbox of texts and what stands in the cabinet for ever.
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::notice::Notice;

/// A notice to an account, about an application where there is one.
pub struct Planned<'a> {
    pub id: Uuid,
    pub account: Uuid,
    pub application: Option<Uuid>,
    pub notice: &'a Notice,
    /// Stands in the cabinet only: no text leaves.
    pub quiet: bool,
}

/// Plans notices in the deed's own transaction, each in the account's language; they are sent later.
pub async fn plan_many(
    conn: &mut PgConnection,
    planned: &[Planned<'_>],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = planned.iter().map(|one| one.id).collect();
    let accounts: Vec<Uuid> = planned.iter().map(|one| one.account).collect();
    let applications: Vec<Option<Uuid>> = planned.iter().map(|one| one.application).collect();
    let notices: Result<Vec<Value>, _> = planned.iter().map(|one| serde_json::to_value(one.notice)).collect();
    let notices = notices.map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let quiet: Vec<bool> = planned.iter().map(|one| one.quiet).collect();
    sqlx::query!(
        "insert into notices (id, account_id, application_id, notice, language, created_at, state, next_attempt_at)
         select p.id, a.id, p.application, p.notice, a.language, $5, case when p.quiet then 'kept' else 'queued' end, $5
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[], $6::bool[]) as p (id, account, application, notice, quiet)
         join accounts a on a.id = p.account",
        &ids,
        &accounts,
        &applications as &[Option<Uuid>],
        &notices,
        now,
        &quiet
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An answer to a letter: to an account, to a number, or to both.
pub struct Answer<'a> {
    pub id: Uuid,
    pub account: Option<Uuid>,
    /// The number that was asked for; none: the notice stands in the cabinet and no text leaves.
    pub recipient: Option<&'a str>,
    pub language: &'a str,
    pub notice: &'a Notice,
}

/// Plans the notice of an answer, in the letter's language.
pub async fn plan_answer(
    conn: &mut PgConnection,
    answer: Answer<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let facts = serde_json::to_value(answer.notice).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into notices (id, account_id, recipient, notice, language, created_at, state, next_attempt_at)
         values ($1, $2, $3, $4, $5, $6, case when $3::text is null then 'kept' else 'queued' end, $6)",
        answer.id,
        answer.account,
        answer.recipient,
        facts,
        answer.language,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A notice whose text is to leave.
pub struct DueRow {
    pub id: Uuid,
    pub application_id: Option<Uuid>,
    pub number: Option<String>,
    pub notice: Value,
    pub language: String,
    pub phone: Option<String>,
    pub attempts: i32,
}

/// Takes the notice that has waited longest. Until `leased_until` nobody else takes it: whoever took it and died is
/// followed by another then.
pub async fn claim(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
) -> Result<Option<DueRow>, sqlx::Error> {
    sqlx::query_as!(
        DueRow,
        r#"with due as (select id from notices where state = 'queued' and next_attempt_at <= $1
                        order by next_attempt_at, created_at, id limit 1 for update skip locked)
           update notices n set attempts = n.attempts + 1, next_attempt_at = $2
           from due where n.id = due.id
           returning n.id, n.application_id, n.notice, n.language, n.attempts,
                     coalesce(n.recipient, (select phone from accounts a where a.id = n.account_id)) as phone,
                     (select number from applications p where p.id = n.application_id) as number"#,
        now,
        leased_until
    )
    .fetch_optional(conn)
    .await
}

/// The gateway took the text. `false`: somebody else has settled it meanwhile.
pub async fn taken(
    conn: &mut PgConnection,
    id: Uuid,
    provider_id: &str,
    phone: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update notices set state = 'sent', provider_id = $2, phone = $3, sent_at = $4, next_attempt_at = $4
         where id = $1 and state = 'queued'",
        id,
        provider_id,
        phone,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The end of a text's road: delivered, or failed.
pub async fn settle(
    conn: &mut PgConnection,
    id: Uuid,
    state: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update notices set state = $2, settled_at = $3 where id = $1 and state in ('queued', 'sent')",
        id,
        state,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A text the gateway took and has not reported on.
pub struct SentRow {
    pub id: Uuid,
    pub provider_id: String,
    pub sent_at: DateTime<Utc>,
}

/// Those to be asked about now; they are asked about again at `next`.
pub async fn claim_sent(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
    most: i64,
) -> Result<Vec<SentRow>, sqlx::Error> {
    sqlx::query_as!(
        SentRow,
        r#"with due as (select id from notices where state = 'sent' and next_attempt_at <= $1
                        order by next_attempt_at, id limit $3 for update skip locked)
           update notices n set next_attempt_at = $2 from due where n.id = due.id
           returning n.id, n.provider_id as "provider_id!", n.sent_at as "sent_at!""#,
        now,
        next,
        most
    )
    .fetch_all(conn)
    .await
}

/// A notice as the cabinet shows it.
pub struct ShownRow {
    pub notice: Value,
    pub created_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
    pub state: String,
    pub sent_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    pub number: Option<String>,
    pub child: Option<String>,
}

/// Everything this account was told, newest first.
pub async fn of_account(conn: &mut PgConnection, account: Uuid) -> Result<Vec<ShownRow>, sqlx::Error> {
    sqlx::query_as!(
        ShownRow,
        r#"select n.notice, n.created_at, n.read_at, n.state, n.sent_at, n.settled_at, p.number as "number?", c.name as "child?"
           from notices n left join applications p on p.id = n.application_id left join children c on c.id = p.child_id
           where n.account_id = $1 order by n.created_at desc, n.id"#,
        account
    )
    .fetch_all(conn)
    .await
}

/// Marks what had come by `until`; says how many.
pub async fn mark_read(
    conn: &mut PgConnection,
    account: Uuid,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let marked = sqlx::query!(
        "update notices set read_at = $3 where account_id = $1 and created_at <= $2 and read_at is null",
        account,
        until,
        now
    )
    .execute(conn)
    .await?;
    Ok(marked.rows_affected())
}

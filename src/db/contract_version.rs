//! The versions of a contract: each is a row of its own; the one before is void.
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// The open version is void; `new` takes its place with the same offer, address and papers, and no text yet. Answers the
/// contract's number and which version is void.
pub async fn succeed(
    conn: &mut PgConnection,
    old: Uuid,
    new: Uuid,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(String, i32), sqlx::Error> {
    sqlx::query!("update contracts set voided_at = $2, void_reason = $3 where id = $1", old, now, why)
        .execute(&mut *conn)
        .await?;
    let made = sqlx::query!(
        "insert into contracts (id, application_id, voucher_id, group_id, number, version, template_version, starts_on, parent_fee,
                                sent_at, parent_address)
         select $2, application_id, voucher_id, group_id, number, version + 1, template_version, starts_on, parent_fee, sent_at,
                parent_address
         from contracts where id = $1
         returning number, version",
        old,
        new
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into contract_documents (contract_id, kind, file_id)
         select $2, kind, file_id from contract_documents where contract_id = $1",
        old,
        new
    )
    .execute(&mut *conn)
    .await?;
    // What was sent back and is not put right yet is so in the next version, too.
    sqlx::query!(
        "insert into paper_returns (contract_id, kind, file_id, reason, comment, returned_at)
         select $2, r.kind, r.file_id, r.reason, r.comment, r.returned_at
         from paper_returns r join contracts t on t.id = r.contract_id where t.id = $1 and t.pdf is null",
        old,
        new
    )
    .execute(conn)
    .await?;
    Ok((made.number, made.version - 1))
}

/// What is known of a contract, for its step.
#[derive(Debug, Clone)]
pub struct KnownStep {
    pub id: Uuid,
    pub filled: bool,
    pub returned: bool,
    /// Whose signature waits for its check.
    pub waiting: Option<String>,
    pub version: i32,
    /// Why the last version that the family signed is void, if it has not signed this one.
    pub lost: Option<String>,
}

pub async fn steps(conn: &mut PgConnection, contracts: &[Uuid]) -> Result<Vec<KnownStep>, sqlx::Error> {
    sqlx::query_as!(
        KnownStep,
        r#"select t.id, t.pdf is not null as "filled!", exists (select from paper_returns r where r.contract_id = t.id) as "returned!",
                  (select c.party from signature_checks c where c.contract_id = t.id and c.state = 'waiting'
                   order by c.received_at desc limit 1) as "waiting?",
                  t.version, (select o.void_reason from contracts o
                   where o.application_id = t.application_id and o.number = t.number and o.version < t.version
                     and o.parent_signed_at is not null and t.parent_signed_at is null
                   order by o.version desc limit 1) as "lost?"
           from contracts t where t.id = any($1)"#,
        contracts
    )
    .fetch_all(conn)
    .await
}

/// Another offer of the kindergarten, on a version that has no text yet.
pub async fn set_terms(
    conn: &mut PgConnection,
    id: Uuid,
    starts_on: NaiveDate,
    parent_fee: i32,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update contracts set starts_on = $2, parent_fee = $3, sent_at = $4 where id = $1",
        id,
        starts_on,
        parent_fee,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The accounts of the kindergarten that the group belongs to.
pub async fn staff_of_group(conn: &mut PgConnection, group: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select r.account_id from roles r join groups g on g.kindergarten_id = r.kindergarten_id
         where g.id = $1 and r.role = 'kindergarten'",
        group
    )
    .fetch_all(conn)
    .await
}

/// A member of the staff of the kindergarten that a contract is with.
pub struct Member {
    pub application: Uuid,
    /// Of the contract.
    pub number: String,
    pub account: Uuid,
}

/// Whom the kindergartens of these contracts consist of.
pub async fn staff_of_contracts(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Member>, sqlx::Error> {
    sqlx::query_as!(
        Member,
        "select t.application_id as application, t.number, r.account_id as account
         from contracts t join groups g on g.id = t.group_id
         join roles r on r.kindergarten_id = g.kindergarten_id and r.role = 'kindergarten'
         where t.id = any($1) order by t.id, r.account_id",
        ids
    )
    .fetch_all(conn)
    .await
}

/// Has this kindergarten ever sent this family a contract?
pub async fn was_sent_by(
    conn: &mut PgConnection,
    number: &str,
    kindergarten: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from contracts t join applications a on a.id = t.application_id join groups g on g.id = t.group_id
               where a.number = $1 and g.kindergarten_id = $2) as "sent!""#,
        number,
        kindergarten
    )
    .fetch_one(conn)
    .await
}

/// A version as lists show it.
#[derive(Debug, Clone)]
pub struct VersionRow {
    pub id: Uuid,
    pub number: String,
    pub version: i32,
    pub sent_at: DateTime<Utc>,
    pub starts_on: NaiveDate,
    pub parent_fee: i32,
    pub parent_address: Option<String>,
    pub pdf_sha256: Option<Vec<u8>>,
    pub parent_signed_at: Option<DateTime<Utc>>,
    pub kindergarten_signed_at: Option<DateTime<Utc>>,
    pub voided_at: Option<DateTime<Utc>>,
    pub void_reason: Option<String>,
}

/// Every version of the case's contracts with this group's kindergarten, the newest first.
pub async fn of_case(
    conn: &mut PgConnection,
    application: Uuid,
    kindergarten: Option<Uuid>,
) -> Result<Vec<VersionRow>, sqlx::Error> {
    sqlx::query_as!(
        VersionRow,
        "select t.id, t.number, t.version, t.sent_at, t.starts_on, t.parent_fee, t.parent_address, t.pdf_sha256, t.parent_signed_at,
                t.kindergarten_signed_at, t.voided_at, t.void_reason
         from contracts t join groups g on g.id = t.group_id
         where t.application_id = $1 and ($2::uuid is null or g.kindergarten_id = $2)
         order by t.sent_at desc, t.version desc, t.id",
        application,
        kindergarten
    )
    .fetch_all(conn)
    .await
}

/// The text of one version of the case's contracts; for a kindergarten only of its own, and only what the parent had signed.
pub async fn pdf(
    conn: &mut PgConnection,
    application: Uuid,
    id: Uuid,
    kindergarten: Option<Uuid>,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select t.pdf as "pdf!" from contracts t join groups g on g.id = t.group_id
           where t.application_id = $1 and t.id = $2 and t.pdf is not null
             and ($3::uuid is null or (g.kindergarten_id = $3 and t.parent_cms is not null))"#,
        application,
        id,
        kindergarten
    )
    .fetch_optional(conn)
    .await
}

/// A contract with both signatures.
#[derive(Debug, Clone)]
pub struct SignedRow {
    pub number: String,
    pub version: i32,
    pub template_version: String,
    pub pdf: Vec<u8>,
    pub pdf_sha256: Vec<u8>,
    pub parent_cms: Vec<u8>,
    pub parent_verdict: Value,
    pub parent_signed_at: DateTime<Utc>,
    pub kindergarten_cms: Vec<u8>,
    pub kindergarten_verdict: Value,
    pub kindergarten_signed_at: DateTime<Utc>,
}

pub async fn signed(conn: &mut PgConnection, id: Uuid) -> Result<Option<SignedRow>, sqlx::Error> {
    sqlx::query_as!(
        SignedRow,
        r#"select number, version, template_version, pdf as "pdf!", pdf_sha256 as "pdf_sha256!", parent_cms as "parent_cms!",
                  parent_verdict as "parent_verdict!", parent_signed_at as "parent_signed_at!",
                  kindergarten_cms as "kindergarten_cms!", kindergarten_verdict as "kindergarten_verdict!",
                  kindergarten_signed_at as "kindergarten_signed_at!"
           from contracts where id = $1 and kindergarten_cms is not null and voided_at is null"#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// What the portal says of a version to anybody: nobody's name, no date of birth.
#[derive(Debug, Clone)]
pub struct KnownRow {
    pub number: String,
    pub version: i32,
    pub pdf_sha256: Option<Vec<u8>>,
    pub parent_signed_at: Option<DateTime<Utc>>,
    pub kindergarten_signed_at: Option<DateTime<Utc>>,
    pub voided_at: Option<DateTime<Utc>>,
}

pub async fn by_hash(conn: &mut PgConnection, sha256: &[u8]) -> Result<Option<KnownRow>, sqlx::Error> {
    sqlx::query_as!(
        KnownRow,
        "select number, version, pdf_sha256, parent_signed_at, kindergarten_signed_at, voided_at from contracts where pdf_sha256 = $1",
        sha256
    )
    .fetch_optional(conn)
    .await
}

/// The signatures that the portal took under this text, each with the moment it was judged by.
pub async fn signatures(
    conn: &mut PgConnection,
    sha256: &[u8],
) -> Result<Vec<(Vec<u8>, DateTime<Utc>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select cms as "cms!", at as "at!" from contracts t,
                  lateral (values (t.parent_cms, t.parent_signed_at), (t.kindergarten_cms, t.kindergarten_signed_at)) as s (cms, at)
           where t.pdf_sha256 = $1 and s.cms is not null order by at"#,
        sha256
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cms, row.at)).collect())
}

pub async fn by_number(
    conn: &mut PgConnection,
    number: &str,
    version: i32,
) -> Result<Option<KnownRow>, sqlx::Error> {
    sqlx::query_as!(
        KnownRow,
        "select number, version, pdf_sha256, parent_signed_at, kindergarten_signed_at, voided_at from contracts
         where number = $1 and version = $2",
        number,
        version
    )
    .fetch_optional(conn)
    .await
}

/// A contract that waits for the kindergarten's signature: none of its own is being checked.
#[derive(Debug, Clone)]
pub struct WaitingRow {
    /// Of the application.
    pub number: String,
    pub child_name: String,
    pub group_name: String,
    pub contract: String,
    pub version: i32,
    pub pdf_sha256: Vec<u8>,
    pub parent_signed_at: DateTime<Utc>,
    pub bin: String,
}

/// The longest waiting first.
pub async fn waiting(conn: &mut PgConnection, kindergarten: Uuid) -> Result<Vec<WaitingRow>, sqlx::Error> {
    sqlx::query_as!(
        WaitingRow,
        r#"select a.number, concat_ws(' ', c.surname, c.name) as "child_name!", g.name as group_name, t.number as contract, t.version,
                  t.pdf_sha256 as "pdf_sha256!", t.parent_signed_at as "parent_signed_at!", k.bin
           from applications a join groups g on g.id = a.group_id join kindergartens k on k.id = g.kindergarten_id
           join children c on c.id = a.child_id join contracts t on t.id = a.contract_id
           where g.kindergarten_id = $1 and a.stage = 'awaiting_kindergarten_signature' and t.parent_cms is not null
             and not exists (select from signature_checks s
                             where s.contract_id = t.id and s.party = 'kindergarten' and s.state = 'waiting')
           order by t.parent_signed_at, a.id limit 50"#,
        kindergarten
    )
    .fetch_all(conn)
    .await
}

//! The family's wallet: the papers it has now.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A paper of the wallet with its file.
#[derive(Debug, Clone)]
pub struct PaperRow {
    pub id: Uuid,
    pub child: Option<Uuid>,
    pub kind: String,
    pub file: Uuid,
    pub name: String,
    pub issued_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub stored_at: DateTime<Utc>,
    /// The first day in the kindergarten by an open contract of this family; only in the list.
    pub use_on: Option<NaiveDate>,
}

pub async fn of_account(conn: &mut PgConnection, account: Uuid) -> Result<Vec<PaperRow>, sqlx::Error> {
    sqlx::query_as!(
        PaperRow,
        r#"select p.id, p.child_id as child, p.kind, p.file_id as file, f.name, p.issued_on, p.expires_on, p.stored_at,
                  (select max(t.starts_on) from applications a join contracts t on t.id = a.contract_id
                   where a.applicant_id = p.account_id and (p.child_id is null or a.child_id = p.child_id)
                     and a.stage in ('awaiting_parent_signature', 'awaiting_kindergarten_signature')) as "use_on?"
           from papers p join files f on f.id = p.file_id where p.account_id = $1"#,
        account
    )
    .fetch_all(conn)
    .await
}

/// The paper of this account in this place, locked.
pub async fn lock(
    conn: &mut PgConnection,
    account: Uuid,
    child: Option<Uuid>,
    kind: &str,
) -> Result<Option<PaperRow>, sqlx::Error> {
    sqlx::query_as!(
        PaperRow,
        r#"select p.id, p.child_id as child, p.kind, p.file_id as file, f.name, p.issued_on, p.expires_on, p.stored_at,
                  null::date as "use_on?"
           from papers p join files f on f.id = p.file_id
           where p.account_id = $1 and p.child_id is not distinct from $2 and p.kind = $3 for update of p"#,
        account,
        child,
        kind
    )
    .fetch_optional(conn)
    .await
}

pub struct NewPaper<'a> {
    pub id: Uuid,
    pub account: Uuid,
    pub child: Option<Uuid>,
    pub kind: &'a str,
    pub file: Uuid,
    pub issued_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub now: DateTime<Utc>,
}

/// Puts a paper into its place; the one that was there is gone from it. What was told about another day is forgotten.
pub async fn put(conn: &mut PgConnection, new: NewPaper<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into papers (id, account_id, child_id, kind, file_id, issued_on, expires_on, stored_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict on constraint papers_once do update set file_id = excluded.file_id, issued_on = excluded.issued_on,
             expires_on = excluded.expires_on, stored_at = excluded.stored_at,
             warned = case when papers.expires_on is not distinct from excluded.expires_on then papers.warned else '{}' end",
        new.id,
        new.account,
        new.child,
        new.kind,
        new.file,
        new.issued_on,
        new.expires_on,
        new.now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn remove(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from papers where id = $1", id).execute(conn).await?;
    Ok(())
}

/// A paper whose family may have to be warned.
#[derive(Debug, Clone)]
pub struct Expiring {
    pub id: Uuid,
    pub account: Uuid,
    pub kind: String,
    /// Whose it is, if it is a child's.
    pub child_name: Option<String>,
    pub expires_on: NaiveDate,
    pub warned: Vec<String>,
    /// The first day in the kindergarten by an open contract of this family.
    pub use_on: Option<NaiveDate>,
}

/// Papers that expire by `soon`, or before an open contract begins; after this one, locked until the transaction ends.
pub async fn expiring(
    conn: &mut PgConnection,
    today: NaiveDate,
    soon: NaiveDate,
    after: Uuid,
    most: i64,
) -> Result<Vec<Expiring>, sqlx::Error> {
    sqlx::query_as!(
        Expiring,
        r#"select p.id, p.account_id as account, p.kind, (select c.name from children c where c.id = p.child_id) as child_name,
                  p.expires_on as "expires_on!", p.warned, use.starts_on as "use_on?"
           from papers p cross join lateral (
               select max(t.starts_on) as starts_on from applications a join contracts t on t.id = a.contract_id
               where a.applicant_id = p.account_id and (p.child_id is null or a.child_id = p.child_id)
                 and a.stage in ('awaiting_parent_signature', 'awaiting_kindergarten_signature')) as use
           where p.expires_on >= $1 and (p.expires_on <= $2 or p.expires_on < use.starts_on) and p.id > $3
           order by p.id limit $4 for update of p skip locked"#,
        today,
        soon,
        after,
        most
    )
    .fetch_all(conn)
    .await
}

pub async fn warned(conn: &mut PgConnection, id: Uuid, warning: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update papers set warned = array_append(warned, $2) where id = $1", id, warning)
        .execute(conn)
        .await?;
    Ok(())
}

/// May this account act for this child?
pub async fn is_guardian(conn: &mut PgConnection, account: Uuid, child: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from guardians where account_id = $1 and child_id = $2) as "is!""#,
        account,
        child
    )
    .fetch_one(conn)
    .await
}

// ---- Sent back to be corrected. ----

/// A paper the kindergarten sent back, and why.
#[derive(Debug, Clone)]
pub struct ReturnRow {
    pub kind: String,
    pub file: Option<Uuid>,
    pub reason: String,
    pub comment: String,
}

/// A paper that an open contract of this account waits for, and the case.
#[derive(Debug, Clone)]
pub struct ToMendRow {
    pub child: Uuid,
    pub number: String,
    pub kind: String,
    /// The file that was sent back.
    pub file: Option<Uuid>,
    pub reason: String,
    pub comment: String,
}

/// What the kindergartens sent back to this account, and it has not put right.
pub async fn to_mend(conn: &mut PgConnection, account: Uuid) -> Result<Vec<ToMendRow>, sqlx::Error> {
    sqlx::query_as!(
        ToMendRow,
        "select a.child_id as child, a.number, r.kind, r.file_id as file, r.reason, r.comment
         from applications a join contracts t on t.id = a.contract_id join paper_returns r on r.contract_id = t.id
         where a.applicant_id = $1 and a.stage = 'awaiting_parent_signature' and t.filled_at is null
         order by r.returned_at, a.number",
        account
    )
    .fetch_all(conn)
    .await
}

pub struct NewReturn<'a> {
    /// The version of the contract that is to come with a better one.
    pub contract: Uuid,
    pub kind: &'a str,
    pub file: Option<Uuid>,
    pub reason: &'a str,
    pub comment: &'a str,
    pub now: DateTime<Utc>,
}

pub async fn send_back(conn: &mut PgConnection, new: NewReturn<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into paper_returns (contract_id, kind, file_id, reason, comment, returned_at) values ($1, $2, $3, $4, $5, $6)",
        new.contract,
        new.kind,
        new.file,
        new.reason,
        new.comment,
        new.now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was sent back before this version of the contract.
pub async fn returned(conn: &mut PgConnection, contract: Uuid) -> Result<Vec<ReturnRow>, sqlx::Error> {
    sqlx::query_as!(
        ReturnRow,
        "select kind, file_id as file, reason, comment from paper_returns where contract_id = $1",
        contract
    )
    .fetch_all(conn)
    .await
}

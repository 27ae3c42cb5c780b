//! The versions of a contract: each is a row of its own; the one before is void.
use chrono::{DateTime, NaiveDate, Utc};
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
    .execute(conn)
    .await?;
    Ok((made.number, made.version - 1))
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

/// A version as lists show it.
#[derive(Debug, Clone)]
pub struct VersionRow {
    pub id: Uuid,
    pub number: String,
    pub version: i32,
    pub sent_at: DateTime<Utc>,
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
        "select t.id, t.number, t.version, t.sent_at, t.pdf_sha256, t.parent_signed_at, t.kindergarten_signed_at, t.voided_at, t.void_reason
         from contracts t join groups g on g.id = t.group_id
         where t.application_id = $1 and ($2::uuid is null or g.kindergarten_id = $2)
         order by t.sent_at desc, t.version desc, t.id",
        application,
        kindergarten
    )
    .fetch_all(conn)
    .await
}

//! What is forgotten when its time is over.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub async fn forget_challenges(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("delete from challenges where asked_at < $1", before).execute(conn).await?;
    Ok(gone.rows_affected())
}

pub async fn forget_sessions(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("delete from sessions where signed_in_at < $1", before).execute(conn).await?;
    Ok(gone.rows_affected())
}

/// Drafts' files whose time is over, locked until the transaction ends. One that a case took meanwhile is none.
pub async fn drafts_over(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from files f where kept_until < $1
           and not exists (select from contract_documents d where d.file_id = f.id)
           and not exists (select from conclusions c where c.file_id = f.id)
           and not exists (select from papers p where p.file_id = f.id)
           and not exists (select from paper_returns r where r.file_id = f.id)
         order by kept_until limit $2 for update skip locked",
        now,
        most
    )
    .fetch_all(conn)
    .await
}

pub async fn forget_files(conn: &mut PgConnection, ids: &[Uuid]) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("delete from files where id = any($1)", ids).execute(conn).await?;
    Ok(gone.rows_affected())
}

/// The files of the database; only those still kept at this moment, if one is given.
pub async fn files(
    conn: &mut PgConnection,
    kept_at: Option<DateTime<Utc>>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from files where $1::timestamptz is null or kept_until is null or kept_until > $1",
        kept_at
    )
    .fetch_all(conn)
    .await
}

/// Files of the store without a row, as of now: those seen so before this moment are given back, the others remembered.
pub async fn lone_files(
    conn: &mut PgConnection,
    lone: &[Uuid],
    now: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query!("delete from lone_files where not file_id = any($1)", lone).execute(&mut *conn).await?;
    sqlx::query!(
        "insert into lone_files (file_id, seen_at) select id, $2 from unnest($1::uuid[]) as seen (id) on conflict do nothing",
        lone,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!("select file_id from lone_files where seen_at < $1", before).fetch_all(conn).await
}

/// Marks the rows whose file the store does not have, and unmarks the others; answers how many there are.
pub async fn mark_missing(
    conn: &mut PgConnection,
    missing: &[Uuid],
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query!(
        "update files set missing_since = null where missing_since is not null and not id = any($1)",
        missing
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update files set missing_since = $2 where id = any($1) and missing_since is null",
        missing,
        now
    )
    .execute(&mut *conn)
    .await?;
    missing_files(conn).await
}

/// Files that the store does not have, by the last look.
async fn missing_files(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from files where missing_since is not null"#)
        .fetch_one(conn)
        .await
}

/// Has nobody registered yet?
pub async fn is_empty(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select not exists (select from accounts) as "empty!""#).fetch_one(conn).await
}

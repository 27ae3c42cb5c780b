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

/// Drafts' files whose time is over, locked until the transaction ends.
pub async fn drafts_over(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from files where kept_until < $1 order by kept_until limit $2 for update skip locked",
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

/// Has nobody registered yet?
pub async fn is_empty(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select not exists (select from accounts) as "empty!""#).fetch_one(conn).await
}

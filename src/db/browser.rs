//! Browsers on which a person has once given an SMS code. Their marks are stored hashed.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub async fn is_known(conn: &mut PgConnection, account: Uuid, browser: &[u8]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from known_browsers where account_id = $1 and browser_hash = $2) as "known!""#,
        account,
        browser
    )
    .fetch_one(conn)
    .await
}

/// The browser has a new mark: whoever was known by the old one is known by the new.
pub async fn rename(conn: &mut PgConnection, old: &[u8], new: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update known_browsers set browser_hash = $2 where browser_hash = $1", old, new)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn remember(
    conn: &mut PgConnection,
    account: Uuid,
    browser: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into known_browsers (account_id, browser_hash, known_since) values ($1, $2, $3) on conflict do nothing",
        account,
        browser,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// After a recovery no browser is known but the one that proved the code.
pub async fn forget_all(conn: &mut PgConnection, account: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from known_browsers where account_id = $1", account).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::PgPool;

    #[sqlx::test]
    async fn a_new_mark_takes_over_whom_the_old_one_knew(pool: PgPool) {
        let mut conn = pool.acquire().await.unwrap();
        let now: DateTime<Utc> = "2026-11-22T10:00:00Z".parse().unwrap();
        let account = Uuid::from_u128(1);
        // Runtime SQL: only this test makes a bare account.
        sqlx::query(
            "insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
             values ($1, '900101400011', 'А', 'Б', 'f', '1990-01-01', 'kk', $2)",
        )
        .bind(account)
        .bind(now)
        .execute(&mut *conn)
        .await
        .unwrap();
        remember(&mut conn, account, b"old", now).await.unwrap();
        rename(&mut conn, b"old", b"new").await.unwrap();
        assert!(is_known(&mut conn, account, b"new").await.unwrap());
        assert!(!is_known(&mut conn, account, b"old").await.unwrap());
        forget_all(&mut conn, account).await.unwrap();
        assert!(!is_known(&mut conn, account, b"new").await.unwrap());
    }
}

//! SMS codes asked for. A row is made for known and unknown people alike; a code is bound to a browser and a purpose.
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

pub struct NewChallenge<'a> {
    pub id: Uuid,
    pub purpose: &'a str,
    pub visitor: &'a [u8],
    pub account: Option<Uuid>,
    pub iin: Option<&'a str>,
    pub phone: &'a str,
    pub policy_version: Option<&'a str>,
    pub language: &'a str,
    pub asked_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub struct ChallengeRow {
    pub id: Uuid,
    pub account_id: Option<Uuid>,
    pub iin: Option<String>,
    pub phone: String,
    pub person: Option<Value>,
    pub policy_version: Option<String>,
    pub language: String,
    pub code_hash: Option<Vec<u8>>,
    pub asked_at: DateTime<Utc>,
    pub sent_at: DateTime<Utc>,
    pub proven_at: Option<DateTime<Utc>>,
}

/// Without a code yet: [`arm`] gives it one.
pub async fn ask(conn: &mut PgConnection, new: &NewChallenge<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into challenges (id, purpose, visitor_hash, account_id, iin, phone, policy_version, language,
                                 asked_at, sent_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
        new.id,
        new.purpose,
        new.visitor,
        new.account,
        new.iin,
        new.phone,
        new.policy_version,
        new.language,
        new.asked_at,
        new.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the registry said and the hash of the code that is sent; nothing at all for people it does not tie together.
pub async fn arm(
    conn: &mut PgConnection,
    id: Uuid,
    person: Option<&Value>,
    code_hash: Option<&[u8]>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update challenges set person = $2, code_hash = $3 where id = $1", id, person, code_hash)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn forget_one(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from challenges where id = $1", id).execute(conn).await?;
    Ok(())
}

/// The newest of this browser and purpose that is not used up, asked for at or after `since`. Locked until the end
/// of the deed.
pub async fn latest(
    conn: &mut PgConnection,
    purpose: &str,
    visitor: &[u8],
    since: DateTime<Utc>,
) -> Result<Option<ChallengeRow>, sqlx::Error> {
    sqlx::query_as!(
        ChallengeRow,
        "select id, account_id, iin, phone, person, policy_version, language, code_hash, asked_at, sent_at, proven_at
         from challenges where purpose = $1 and visitor_hash = $2 and used_at is null and asked_at >= $3
         order by asked_at desc limit 1 for update",
        purpose,
        visitor,
        since
    )
    .fetch_optional(conn)
    .await
}

/// Counts one attempt, while there are attempts and time left. `false`: nothing may be compared any more.
pub async fn count_attempt(
    conn: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let counted = sqlx::query!(
        "update challenges set attempts = attempts + 1
         where id = $1 and attempts < 5 and expires_at > $2 and used_at is null and proven_at is null",
        id,
        now
    );
    Ok(counted.execute(conn).await?.rows_affected() == 1)
}

pub async fn prove(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update challenges set proven_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}

pub async fn use_up(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update challenges set used_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}

/// A new code in place of the old one. The attempts stay counted.
pub async fn renew(
    conn: &mut PgConnection,
    id: Uuid,
    code_hash: Option<&[u8]>,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update challenges set code_hash = $2, sent_at = $3, expires_at = $4 where id = $1",
        id,
        code_hash,
        now,
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Old codes with what the registry said are not kept.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("delete from challenges where asked_at < $1", before)
        .execute(conn)
        .await?
        .rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::PgPool;

    async fn asked(pool: &PgPool, now: DateTime<Utc>) -> Uuid {
        let id = Uuid::from_u128(7);
        let new = NewChallenge {
            id,
            purpose: "register",
            visitor: b"browser",
            account: None,
            iin: None,
            phone: "+77071234567",
            policy_version: None,
            language: "kk",
            asked_at: now,
            expires_at: now + chrono::Duration::minutes(5),
        };
        ask(&mut pool.acquire().await.unwrap(), &new).await.unwrap();
        id
    }

    #[sqlx::test]
    async fn however_many_try_at_once_five_attempts_are_compared(pool: PgPool) {
        let now: DateTime<Utc> = "2026-11-22T10:00:00Z".parse().unwrap();
        let id = asked(&pool, now).await;
        let tries = (0..40).map(|_| {
            let pool = pool.clone();
            tokio::spawn(
                async move { count_attempt(&mut pool.acquire().await.unwrap(), id, now).await.unwrap() },
            )
        });
        let compared = futures_util::future::join_all(tries).await;
        assert_eq!(compared.into_iter().filter(|one| *one.as_ref().unwrap()).count(), 5);
    }

    #[sqlx::test]
    async fn a_code_is_found_in_its_own_browser_and_for_its_own_purpose_only(pool: PgPool) {
        let now: DateTime<Utc> = "2026-11-22T10:00:00Z".parse().unwrap();
        let id = asked(&pool, now).await;
        let mut conn = pool.acquire().await.unwrap();
        for (purpose, visitor, found) in [
            ("register", &b"browser"[..], Some(id)),
            ("recover", b"browser", None),
            ("register", b"another", None),
        ] {
            let row = latest(&mut conn, purpose, visitor, now).await.unwrap();
            assert_eq!(row.map(|row| row.id), found, "{purpose}");
        }
        let late = now + chrono::Duration::minutes(5);
        assert!(!count_attempt(&mut conn, id, late).await.unwrap(), "a code lives five minutes");
    }
}

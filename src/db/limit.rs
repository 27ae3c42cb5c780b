//! How often somebody has done something lately. The moments themselves are kept, so every window is exact.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// At most `most` times within any `seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub most: u32,
    pub seconds: u32,
}

/// Takes one more time, if all windows allow it: decided and stored by one statement, so that any number of processes
/// together never exceed a window. A refused time leaves no trace; the answer is then the moment when it will be
/// allowed.
pub async fn take(
    conn: &mut PgConnection,
    scope: &str,
    subject: &[u8],
    windows: &[Window],
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let most: Vec<i32> = windows.iter().map(|window| window.most.cast_signed()).collect();
    let seconds: Vec<i32> = windows.iter().map(|window| window.seconds.cast_signed()).collect();
    let taken = sqlx::query!(
        "insert into limits as l (scope, subject, hits)
         select $1, $2, array[$3::timestamptz] where not exists (select from unnest($4::int[]) as most where most <= 0)
         on conflict (scope, subject) do update
         set hits = (select array_agg(hit) from unnest(l.hits || excluded.hits) as hit
                     where hit > $3 - make_interval(secs => (select max(s) from unnest($5::int[]) as s)))
         where not exists (
             select from unnest($4::int[], $5::int[]) as w (most, seconds)
             where w.most <= (select count(*) from unnest(l.hits) as hit where hit > $3 - make_interval(secs => w.seconds)))",
        scope,
        subject,
        now,
        &most,
        &seconds
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if taken == 1 { Ok(None) } else { again_at(conn, scope, subject, &most, &seconds, now).await.map(Some) }
}

/// When the fullest window has room again.
async fn again_at(
    conn: &mut PgConnection,
    scope: &str,
    subject: &[u8],
    most: &[i32],
    seconds: &[i32],
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(max(room.at), $3::timestamptz + interval '1 hour') as "at!"
           from limits l, unnest($4::int[], $5::int[]) as w (most, seconds),
                lateral (select (array_agg(hit order by hit desc))[w.most] + make_interval(secs => w.seconds) as at
                         from unnest(l.hits) as hit where hit > $3::timestamptz - make_interval(secs => w.seconds)) as room
           where l.scope = $1 and l.subject = $2"#,
        scope,
        subject,
        now,
        most,
        seconds
    )
    .fetch_one(conn)
    .await
}

/// Gives a time back: what was counted did not happen.
pub async fn give_back(
    conn: &mut PgConnection,
    scope: &str,
    subject: &[u8],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update limits set hits = array_remove(hits, $3::timestamptz) where scope = $1 and subject = $2",
        scope,
        subject,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets whoever has done nothing since `before`.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let old = sqlx::query!(
        "delete from limits where not exists (select from unnest(hits) as hit where hit >= $1)",
        before
    );
    Ok(old.execute(conn).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;
    use sqlx::PgPool;

    const WINDOWS: [Window; 2] = [Window { most: 3, seconds: 3_600 }, Window { most: 5, seconds: 86_400 }];

    async fn take_at(pool: &PgPool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        take(&mut pool.acquire().await.unwrap(), "sms", b"x", &WINDOWS, now).await.unwrap()
    }

    fn start() -> DateTime<Utc> {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    #[sqlx::test]
    async fn parallel_takes_never_exceed_a_window(pool: PgPool) {
        let tries = (0..40).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { take_at(&pool, start()).await.is_none() })
        });
        let allowed = futures_util::future::join_all(tries).await;
        assert_eq!(allowed.into_iter().filter(|one| *one.as_ref().unwrap()).count(), 3);
    }

    #[sqlx::test]
    async fn every_window_slides_and_the_refusal_names_the_moment(pool: PgPool) {
        let minutes = |n| start() + Duration::minutes(n);
        for n in [0, 10, 20] {
            assert_eq!(take_at(&pool, minutes(n)).await, None);
        }
        assert_eq!(take_at(&pool, minutes(59)).await, Some(minutes(60)));
        assert_eq!(take_at(&pool, minutes(60)).await, None);
        assert_eq!(take_at(&pool, minutes(61)).await, Some(minutes(70)));
        assert_eq!(take_at(&pool, minutes(75)).await, None);
        // Five in a day: the first one must be a day old.
        assert_eq!(take_at(&pool, minutes(300)).await, Some(minutes(1440)));
        assert_eq!(take_at(&pool, minutes(1440)).await, None);
    }

    #[sqlx::test]
    async fn a_time_given_back_can_be_taken_again(pool: PgPool) {
        for n in 0..3 {
            assert_eq!(take_at(&pool, start() + Duration::seconds(n)).await, None);
        }
        assert!(take_at(&pool, start() + Duration::seconds(3)).await.is_some());
        give_back(&mut pool.acquire().await.unwrap(), "sms", b"x", start()).await.unwrap();
        assert_eq!(take_at(&pool, start() + Duration::seconds(3)).await, None);
    }
}

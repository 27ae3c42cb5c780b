//! Sessions: whose browser is signed in, in which role, since when.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::settings::Settings;

/// What a session is opened with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewSession {
    pub account_id: Uuid,
    pub role: String,
    pub kindergarten_id: Option<Uuid>,
    /// The browser's own name for itself, shown in the list of sessions.
    pub browser: String,
    /// Since when the person is signed in and when the password was given, where a session goes on in another role.
    #[serde(default)]
    pub since: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// A line in the list of sessions.
pub struct ListedSession {
    pub id_hash: Vec<u8>,
    pub role: String,
    pub browser: String,
    pub signed_in_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

pub struct FoundSession {
    pub account_id: Uuid,
    pub role: String,
    pub kindergarten_id: Option<Uuid>,
    pub name: String,
    pub language: String,
    pub signed_in_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub password_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub unread: i64,
}

pub async fn open(conn: &mut PgConnection, id_hash: &[u8], new: &NewSession) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into sessions (id_hash, account_id, role, kindergarten_id, data, browser, signed_in_at, seen_at, password_at)
         select $1, $2, $3, $4, '{}', $5, coalesce($6, moment), moment, coalesce($7, moment) from portal_now() as moment",
        id_hash,
        new.account_id,
        new.role,
        new.kindergarten_id,
        new.browser,
        new.since.map(|since| since.0),
        new.since.map(|since| since.1)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A live session with its account and the clock, in one read. Staff roles must still be granted.
pub async fn find(
    conn: &mut PgConnection,
    id_hash: &[u8],
    limits: &Settings,
) -> Result<Option<FoundSession>, sqlx::Error> {
    sqlx::query_as!(
        FoundSession,
        r#"select s.account_id, s.role, s.kindergarten_id, concat_ws(' ', a.name, a.surname) as "name!", a.language,
                  s.signed_in_at, s.seen_at, s.password_at, moment as "now!",
                  (select count(*) from notices n where n.account_id = a.id and n.read_at is null) as "unread!"
           from portal_now() as moment, sessions s join accounts a on a.id = s.account_id
           where s.id_hash = $1 and a.disabled_at is null
             and (s.role = 'parent' or exists (select from roles r where r.account_id = a.id and r.role = s.role
                  and r.kindergarten_id is not distinct from s.kindergarten_id))
             and moment < s.seen_at + case when s.role = 'parent' then make_interval(days => $2) else make_interval(mins => $3) end
             and moment < s.signed_in_at + case when s.role = 'parent' then make_interval(days => $4) else make_interval(hours => $5) end"#,
        id_hash,
        limits.parent_idle_days.cast_signed(),
        limits.staff_idle_minutes.cast_signed(),
        limits.parent_session_days.cast_signed(),
        limits.staff_session_hours.cast_signed()
    )
    .fetch_optional(conn)
    .await
}

/// Moves the idle limit; called at most once a minute for a session.
pub async fn touch(conn: &mut PgConnection, id_hash: &[u8], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update sessions set seen_at = greatest(seen_at, $2) where id_hash = $1", id_hash, now)
        .execute(conn)
        .await?;
    Ok(())
}

/// The password was given again.
pub async fn password_given(
    conn: &mut PgConnection,
    id_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update sessions set password_at = $2 where id_hash = $1", id_hash, now)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn end_by_hash(conn: &mut PgConnection, id_hash: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where id_hash = $1", id_hash).execute(conn).await?;
    Ok(())
}

/// The live sessions of an account, the latest first.
pub async fn of_account(
    conn: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
    limits: &Settings,
) -> Result<Vec<ListedSession>, sqlx::Error> {
    sqlx::query_as!(
        ListedSession,
        "select id_hash, role, browser, signed_in_at, seen_at from sessions
         where account_id = $1
           and $2 < seen_at + case when role = 'parent' then make_interval(days => $3) else make_interval(mins => $4) end
           and $2 < signed_in_at + case when role = 'parent' then make_interval(days => $5) else make_interval(hours => $6) end
         order by seen_at desc, id_hash",
        account,
        now,
        limits.parent_idle_days.cast_signed(),
        limits.staff_idle_minutes.cast_signed(),
        limits.parent_session_days.cast_signed(),
        limits.staff_session_hours.cast_signed()
    )
    .fetch_all(conn)
    .await
}

/// Ends one session of this account, named by the first half of its hash. `false`: there is no such one.
pub async fn end_of_account(
    conn: &mut PgConnection,
    account: Uuid,
    half_hash: &[u8],
) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query!(
        "delete from sessions where account_id = $1 and substr(id_hash, 1, 16) = $2",
        account,
        half_hash
    );
    Ok(ended.execute(conn).await?.rows_affected() > 0)
}

/// Ends all sessions of an account but the one named.
pub async fn end_others(
    conn: &mut PgConnection,
    account: Uuid,
    kept: Option<&[u8]>,
) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query!(
        "delete from sessions where account_id = $1 and id_hash is distinct from $2",
        account,
        kept
    );
    Ok(ended.execute(conn).await?.rows_affected())
}

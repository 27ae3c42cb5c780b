//! What the sandbox remembers, in a schema of its own that production never has: the clock's offset, messages,
//! faults, demo accounts. Any process may be asked.
//!
//! The queries are not checked at build time: the schema the checks know has no sandbox.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool};

/// How late a slow service answers.
pub const SLOW: Duration = Duration::from_secs(10);
/// Of several processes starting at once one lays the tables, the others wait.
const DDL_LOCK: i64 = 0x5a_4e_44_42;

const SCHEMA: &str = "
    create schema if not exists sandbox;
    create table if not exists sandbox.clock (
        one boolean primary key default true check (one),
        ahead_us bigint not null default 0
    );
    insert into sandbox.clock default values on conflict do nothing;
    create table if not exists sandbox.messages (
        id bigint primary key generated always as identity,
        reference text not null unique,
        recipient text not null,
        body text not null,
        sent_at timestamptz not null,
        state text not null default 'delivered'
    );
    create index if not exists messages_recipient on sandbox.messages (recipient, id desc);
    create table if not exists sandbox.faults (service text primary key, mode text not null);
    create table if not exists sandbox.accounts (
        phone text primary key,
        role text not null,
        iin text not null,
        bin text,
        password text not null,
        name text not null
    );
    create or replace function portal_now() returns timestamptz language sql volatile as
        $$ select clock_timestamp() + coalesce((select ahead_us from sandbox.clock), 0) * interval '1 microsecond' $$;
";

/// Limits that would stop one machine from trying many things; those per phone and per IIN stay.
const RAISED: [&str; 7] = [
    "code_address_hour",
    "sign_in_code_hour",
    "sign_in_code_day",
    "sign_in_address_hour",
    "lookup_address_hour",
    "letter_address_hour",
    "letter_browser_hour",
];

/// Lays the schema, moves the clock's function, raises the limits. Any number of times, by any number of processes.
pub async fn prepare(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(DDL_LOCK).execute(&mut *tx).await?;
    // What is there already is not worth a notice in the log.
    sqlx::raw_sql("set local client_min_messages to warning").execute(&mut *tx).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
    for name in RAISED {
        sqlx::query(
            "insert into settings (name, valid_from, value, reason) values ($1, '2000-01-01Z', 1000000, 'sandbox')
             on conflict do nothing",
        )
        .bind(name)
        .execute(&mut *tx)
        .await?;
    }
    // Machines try the forms here.
    sqlx::query(
        "insert into settings (name, valid_from, value, reason) values ('letter_seconds', '2000-01-01Z', 0, 'sandbox')
         on conflict do nothing",
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// Moves the clock as `target` says from now; `None` from it leaves the clock alone.
pub async fn move_clock(
    conn: &mut PgConnection,
    target: impl FnOnce(DateTime<Utc>) -> Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query("select from sandbox.clock for update").execute(&mut *conn).await?;
    let now = crate::clock::now(conn).await?;
    let Some(to) = target(now) else { return Ok(None) };
    sqlx::query("update sandbox.clock set ahead_us = ahead_us + $1")
        .bind((to - now).num_microseconds().unwrap_or_default())
        .execute(&mut *conn)
        .await?;
    Ok(Some(to))
}

/// A text as the gateway got it.
#[derive(Debug, Clone, Serialize, FromRow)]
pub struct Message {
    pub to: String,
    pub text: String,
    pub kind: String,
    pub lang: String,
    pub sent_at: DateTime<Utc>,
    pub state: String,
}

/// Newest first; of one number, or of all.
pub async fn messages(conn: &mut PgConnection, to: Option<&str>) -> Result<Vec<Message>, sqlx::Error> {
    sqlx::query_as(
        "select recipient as to, body as text, split_part(reference, '.', 1) as kind,
                split_part(reference, '.', 2) as lang, sent_at, state
         from sandbox.messages where recipient = $1 or $1 is null order by id desc limit 1000",
    )
    .bind(to)
    .fetch_all(conn)
    .await
}

/// Keeps a text; one that came before under the same reference is dropped, its number stays.
pub async fn keep_message(
    conn: &mut PgConnection,
    reference: &str,
    to: &str,
    text: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "insert into sandbox.messages (reference, recipient, body, sent_at) values ($1, $2, $3, portal_now())
         on conflict (reference) do update set reference = excluded.reference returning id",
    )
    .bind(reference)
    .bind(to)
    .bind(text)
    .fetch_one(conn)
    .await
}

/// The states of these texts; an unknown one is left out.
pub async fn message_states(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<(i64, String)>, sqlx::Error> {
    sqlx::query_as("select id, state from sandbox.messages where id = any($1)")
        .bind(ids)
        .fetch_all(conn)
        .await
}

/// An outside system that can be made to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Faulty {
    Sms,
    Registry,
    Pmpk,
    Eds,
}

impl Faulty {
    pub const ALL: [Self; 4] = [Self::Sms, Self::Registry, Self::Pmpk, Self::Eds];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Registry => "registry",
            Self::Pmpk => "pmpk",
            Self::Eds => "eds",
        }
    }
}

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Ok,
    /// Answers after ten seconds.
    Slow,
    /// Answers 500.
    Error,
    /// Hangs up.
    Down,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::Ok, Self::Slow, Self::Error, Self::Down];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Slow => "slow",
            Self::Error => "error",
            Self::Down => "down",
        }
    }
}

pub async fn mode(conn: &mut PgConnection, service: Faulty) -> Result<Mode, sqlx::Error> {
    let name: Option<String> = sqlx::query_scalar("select mode from sandbox.faults where service = $1")
        .bind(service.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(name.and_then(|name| Mode::ALL.into_iter().find(|mode| mode.as_str() == name)).unwrap_or_default())
}

pub async fn set_mode(conn: &mut PgConnection, service: Faulty, mode: Mode) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sandbox.faults values ($1, $2) on conflict (service) do update set mode = excluded.mode",
    )
    .bind(service.as_str())
    .bind(mode.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// A person of the demo city whom anybody may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct DemoAccount {
    pub role: String,
    pub phone: String,
    pub iin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    pub password: String,
    pub name: String,
}

pub async fn accounts(conn: &mut PgConnection) -> Result<Vec<DemoAccount>, sqlx::Error> {
    sqlx::query_as("select role, phone, iin, bin, password, name from sandbox.accounts order by role, phone")
        .fetch_all(conn)
        .await
}

/// Lists an account on the panel: called by the demo city for everybody it makes.
pub async fn add_account(conn: &mut PgConnection, account: &DemoAccount) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sandbox.accounts (phone, role, iin, bin, password, name) values ($1, $2, $3, $4, $5, $6)
         on conflict (phone) do update set role = excluded.role, iin = excluded.iin, bin = excluded.bin,
             password = excluded.password, name = excluded.name",
    )
    .bind(&account.phone)
    .bind(&account.role)
    .bind(&account.iin)
    .bind(&account.bin)
    .bind(&account.password)
    .bind(&account.name)
    .execute(conn)
    .await?;
    Ok(())
}

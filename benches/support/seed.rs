//! The bench's own database and what is in it.
use anyhow::{Context, Result};
use balabaqsha::app::SharedApp;
use balabaqsha::domain::session::{self, NewSession};
use balabaqsha::rules::iin::check_digit;
use balabaqsha::web::session::id_hash;
use sqlx::{Connection, PgConnection, PgPool};
use tower_sessions::session::Id;
use uuid::Uuid;

/// A parent in the middle of the longest queue, signed in.
pub struct Family {
    pub application: Uuid,
    pub number: String,
    pub cookie: String,
}

/// A fresh database of the bench's own beside the one named, on the same server.
pub async fn named_database(url: &str, name: &str) -> Result<String> {
    let mut conn = PgConnection::connect(url).await?;
    for statement in [format!("drop database if exists {name}"), format!("create database {name}")] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await?;
    }
    conn.close().await?;
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = address.rsplit_once('/').context("DATABASE_URL names no database")?;
    Ok(format!("{server}/{name}?{options}"))
}

/// Statements one at a time, on one connection: `vacuum` goes into no transaction.
pub async fn run(pool: &PgPool, statements: &'static str) -> Result<()> {
    let mut conn = pool.acquire().await?;
    for statement in statements.split_inclusive(";\n") {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut *conn).await?;
    }
    Ok(())
}

pub async fn city(app: &SharedApp) -> Result<Family> {
    run(&app.pool, include_str!("city.sql")).await?;
    let mut conn = app.pool.acquire().await?;
    let (application, number, account_id): (Uuid, String, Uuid) = sqlx::query_as(
        "select id, number, applicant_id from applications where queue_type = 'general' order by submitted_at, id offset 1250 limit 1",
    )
    .fetch_one(&mut *conn)
    .await?;
    // The crowd has numbers that only look right; the family's own are read by its pages.
    sqlx::query("update accounts set iin = $2 where id = $1")
        .bind(account_id)
        .bind(iin("92030440")?)
        .execute(&mut *conn)
        .await?;
    sqlx::query("update children set iin = $2 where id = (select child_id from applications where id = $1)")
        .bind(application)
        .bind(iin("23060750")?)
        .execute(&mut *conn)
        .await?;
    drop(conn);
    let id = Id(i128::from_be_bytes(app.secrets.token()));
    let new = NewSession {
        account_id,
        role: "parent".to_owned(),
        kindergarten_id: None,
        browser: "bench".to_owned(),
        since: None,
    };
    session::open(app, &id_hash(&id), &new).await?;
    let cookie = format!("session={id}; browser=AAAAAAAAAAAAAAAAAAAAAA; language=kk");
    Ok(Family { application, number, cookie })
}

/// The first number with this beginning that has a check digit.
fn iin(first_eight: &str) -> Result<String> {
    let numbers = (1..100).map(|serial| format!("{first_eight}{serial:03}"));
    let mut good = numbers.filter_map(|eleven| {
        let check = check_digit(eleven.as_bytes())?;
        Some(format!("{eleven}{}", char::from(check)))
    });
    good.next().context("no such number")
}

//! P9: a round of 1,500 vouchers among 50,000 waiting families, beside the same writes without deciding anything.
use std::time::Instant;

use anyhow::{Result, ensure};
use balabaqsha::app::{Deed, SharedApp};
use balabaqsha::db;
use balabaqsha::domain::round;
use balabaqsha::rules::round::Outcome;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::PAIRS;
use crate::support::figure::{Figure, median};
use crate::support::seed;

/// Free places, and so vouchers.
const VOUCHERS: i64 = 1_500;

pub async fn figures(app: &SharedApp) -> Result<Vec<Figure>> {
    seed::run(&app.pool, include_str!("support/rounds.sql")).await?;
    let queue: i32 = sqlx::query_scalar("select id from queues").fetch_one(&app.pool).await?;
    let (mut ours, mut reference, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let pair = (whole_round(app, queue).await?, writes_alone(app, queue).await?);
        ours.push(pair.0);
        reference.push(pair.1);
        ratios.push(pair.0 / pair.1);
    }
    let (ours, reference) = (median(&mut ours), median(&mut reference));
    Ok(vec![Figure::at_most("P9 round of 1,500 among 50,000, ms", ours, reference, median(&mut ratios), 2.0)])
}

/// A round as it is held, in milliseconds; nothing of it stays, so that the next pair finds the same queue.
async fn whole_round(app: &SharedApp, queue: i32) -> Result<f64> {
    let mut tx = app.pool.begin().await?;
    let began = Instant::now();
    let deed = Deed::by_system(app, &mut tx).await.map_err(told)?;
    let (did, _) = round::run(&mut tx, &deed, queue).await.map_err(told)?;
    checked(&mut tx).await?;
    let took = began.elapsed();
    ensure!(i64::try_from(did.issued)? == VOUCHERS, "{} vouchers", did.issued);
    tx.rollback().await?;
    Ok(took.as_secs_f64() * 1e3)
}

/// What a round writes, for the first in order, whoever they are.
async fn writes_alone(app: &SharedApp, queue: i32) -> Result<f64> {
    let mut tx = app.pool.begin().await?;
    let began = Instant::now();
    let deed = Deed::by_system(app, &mut tx).await.map_err(told)?;
    let locked = db::queue::lock(&mut tx, queue).await?;
    let heads: Vec<(Uuid, String)> = sqlx::query_as(
        "select id, public_handle from applications where queue_id = $1 and stage = 'queued' order by submitted_at, id limit $2",
    )
    .bind(queue)
    .bind(VOUCHERS)
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<Uuid> = heads.iter().map(|(id, _)| *id).collect();
    db::queue::lock_in_stages(&mut tx, &ids, &["queued"]).await?;
    let unkept = ids.iter().map(|id| (*id, None)).collect();
    round::issue(&mut tx, &deed, &locked, &round::first_term(&deed), &unkept).await.map_err(told)?;
    let protocol = db::round::NewRound {
        id: app.secrets.id(),
        queue,
        at: deed.now,
        held_by: None,
        places: &[],
        vouchers_out: 0,
        waiting: 0,
        issued: ids.len(),
        kept_back: 0,
        passed_over: 0,
        reseated: 0,
        unseated: 0,
    };
    let line = |(_, handle): &'_ (Uuid, String)| (handle.clone(), Outcome::Issued);
    let lines: Vec<(String, Outcome)> = heads.iter().map(line).collect();
    let lines: Vec<db::round::NewLine<'_>> = lines
        .iter()
        .map(|(handle, outcome)| db::round::NewLine { handle, outcome: *outcome, group: None })
        .collect();
    db::round::insert(&mut tx, &protocol, &lines).await?;
    checked(&mut tx).await?;
    let took = began.elapsed();
    tx.rollback().await?;
    Ok(took.as_secs_f64() * 1e3)
}

/// What would be checked at the commit.
async fn checked(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("set constraints all immediate").execute(conn).await?;
    Ok(())
}

fn told(failure: impl std::fmt::Debug) -> anyhow::Error {
    anyhow::anyhow!("{failure:?}")
}

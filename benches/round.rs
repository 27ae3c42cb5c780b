//! P9: a round of 1,500 vouchers among 50,000 waiting families, beside the same writes without deciding anything.
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use balabaqsha::app::{Deed, SharedApp};
use balabaqsha::db;
use balabaqsha::db::queue::LockedQueue;
use balabaqsha::domain::transition::{self, Step};
use balabaqsha::domain::{ledger, notice, place, round};
use balabaqsha::rules::deadline::notice_day0;
use balabaqsha::rules::notice::Notice;
use balabaqsha::rules::round::Outcome;
use balabaqsha::rules::stage::Term;
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
    issue(&mut tx, &deed, &locked, &ids).await?;
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

/// The same statements as those of `domain::round`.
async fn issue(conn: &mut PgConnection, deed: &Deed, queue: &LockedQueue, ids: &[Uuid]) -> Result<()> {
    let rules = deed.settings.term_rules();
    let (day0, days) = (notice_day0(deed.now, deed.calendar()), rules.confirm_days);
    let cases = db::application::load_many(conn, ids).await?;
    let (mut next, mut vouchers) = (Vec::new(), Vec::new());
    for case in &cases {
        let voucher = deed.app.secrets.id();
        let stage = case.stage.clone().issue(voucher, Term::begin(day0, days, rules), deed.calendar());
        next.push(stage.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?);
        vouchers.push(db::voucher::NewVoucher {
            id: voucher,
            application: case.id,
            child: case.child,
            number: deed.app.secrets.case_number(),
            kept: None,
        });
    }
    let confirm_by = next.first().and_then(|stage| stage.term()?.shown).context("nobody waits")?;
    let term = db::voucher::FirstTerm { now: deed.now, day0, days, confirm_by, rules };
    db::voucher::insert_all(conn, &vouchers, &term).await?;
    let facts = serde_json::json!({ "confirm_by": confirm_by });
    let step =
        |(case, next)| Step { case, next, what: "issue_voucher", facts: facts.clone(), rejection: None };
    let steps: Vec<Step<'_>> = cases.iter().zip(next).map(step).collect();
    transition::settle_many(conn, deed, &steps).await.map_err(told)?;
    let tell = |case: &db::application::Case| (case.applicant, case.id, Notice::VoucherIssued { confirm_by });
    let notices: Vec<_> = cases.iter().map(tell).collect();
    notice::enqueue_many(conn, deed, &notices).await.map_err(told)?;
    ledger::round(conn, deed, queue, cases.len()).await.map_err(told)?;
    place::fold(conn, queue.id).await.map_err(told)?;
    Ok(())
}

/// What would be checked at the commit.
async fn checked(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("set constraints all immediate").execute(conn).await?;
    Ok(())
}

fn told(failure: impl std::fmt::Debug) -> anyhow::Error {
    anyhow::anyhow!("{failure:?}")
}

//! P4–P6: the place in the queue, read and kept, beside the least that the same database does. A database of its own with
//! as many waiting as the country has; a fifth of them in the hottest queue, and a month of its events.
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use balabaqsha::db;
use balabaqsha::db::queue_event::Move;
use balabaqsha::domain::place;
use balabaqsha::rules::queue_event::Cause;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::figure::{Figure, median};

/// Alternating pairs of one comparison, and reads on each side of a pair.
const PAIRS: usize = 7;
const READS: usize = 1_500;
/// Writers at once, and how long one side writes.
const CLIENTS: usize = 16;
const SIDE: Duration = Duration::from_secs(4);
/// As often as the portal's own background work.
const FOLD_EVERY: Duration = Duration::from_secs(1);
/// Waiting families at which the place is read.
const SIZES: [i64; 3] = [10_000, 1_000_000, 5_000_000];
const MILLION: i64 = SIZES[1];
/// The last day of the seeded events.
const TODAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 11, 22);

/// Every figure of the place. `url` names a database on the server; the bench makes one of its own beside it.
pub async fn figures(url: &str) -> Result<Vec<Figure>> {
    let url = crate::support::seed::named_database(url, "balabaqsha_bench_place").await?;
    let mut conn = PgConnection::connect(&url).await?;
    // As the portal asks of its own connections.
    sqlx::raw_sql(
        "alter database balabaqsha_bench_place set plan_cache_mode = force_generic_plan;
         alter database balabaqsha_bench_place set jit = off",
    )
    .execute(&mut conn)
    .await?;
    let pool = PgPoolOptions::new().max_connections(40).connect(&url).await?;
    db::health::MIGRATIONS.run(&pool).await?;
    let mut conn = PgConnection::connect(&url).await?;
    sqlx::raw_sql(include_str!("support/places.sql")).execute(&mut conn).await?;
    let mut figures = Vec::new();
    // Of the place read, in primary-key selects of the same moment: a machine has slow minutes.
    let mut costs = Vec::new();
    let mut there = 0;
    for size in SIZES {
        grow(&mut conn, there, size).await?;
        there = size;
        let pairs = reads(&mut conn, size, of_place).await?;
        costs.push(median(&mut pairs.iter().map(|pair| pair.0 / pair.1).collect::<Vec<_>>()));
        if size != MILLION {
            continue;
        }
        figures.push(Figure::most("P4 place read, us, a million waiting", pairs, 2.5));
        figures.push(Figure::most(
            "P4 page with history read, us",
            reads(&mut conn, size, of_page).await?,
            10.0,
        ));
        some_deltas(&mut conn).await?;
        figures.push(Figure::most(
            "P4 place read, us, 100 deltas",
            reads(&mut conn, size, of_place).await?,
            3.0,
        ));
        place::fold(&mut conn, 1).await?;
        figures.push(Figure::rate("P6 joins, rows/s", writes(&pool, Cause::Confirmed).await?, 0.8));
        figures.push(Figure::rate("P6 leaves, rows/s", writes(&pool, Cause::VoucherIssued).await?, 0.8));
    }
    let growth = (costs[2] / costs[0]).ln() / (SIZES[2] as f64 / SIZES[0] as f64).ln();
    figures.push(Figure::limit("P5 growth exponent of the place read", growth, 0.10));
    pool.close().await;
    Ok(figures)
}

/// More families, up to `size`; every fifth in the hottest queue.
async fn grow(conn: &mut PgConnection, there: i64, size: i64) -> Result<()> {
    sqlx::query("select grow($1, $2)").bind(there + 1).bind(size).execute(&mut *conn).await?;
    let queues: Vec<i32> =
        sqlx::query_scalar("select id from queues order by id").fetch_all(&mut *conn).await?;
    for queue in queues {
        db::place::rebuild_marks(conn, queue).await?;
    }
    sqlx::raw_sql("vacuum analyze").execute(conn).await?;
    Ok(())
}

/// The application with this number, if it waits.
async fn id_of(conn: &mut PgConnection, n: i64) -> Result<Option<Uuid>> {
    let waiting = "select id from applications where number = 'B' || $1::bigint and stage = 'queued'";
    Ok(sqlx::query_scalar(waiting).bind(n).fetch_optional(conn).await?)
}

/// Alternating reads of random families of the hottest queue: p50 in microseconds of ours and of a primary-key select.
async fn reads<F>(conn: &mut PgConnection, size: i64, ours: F) -> Result<Vec<(f64, f64)>>
where
    F: AsyncFn(&mut PgConnection, i64, Uuid) -> Result<()>,
{
    let mut chosen = Vec::new();
    for turn in 0..READS as i64 {
        let n = 5 * (1 + turn * 7_919 % (size / 5 - 1));
        if let Some(id) = id_of(conn, n).await? {
            chosen.push((n, id));
        }
    }
    let mut pairs = Vec::new();
    for _ in 0..=PAIRS {
        let a = p50(conn, &chosen, &ours).await?;
        let b = p50(conn, &chosen, &of_key).await?;
        pairs.push((a, b));
    }
    // The first pair warmed plans and caches.
    let pairs = pairs.split_off(1);
    let (mut ours, mut key): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (ours, key) = (median(&mut ours), median(&mut key));
    println!("{size} waiting: {ours:.1} us beside {key:.1} us of a primary-key select");
    Ok(pairs)
}

async fn p50<F>(conn: &mut PgConnection, chosen: &[(i64, Uuid)], read: &F) -> Result<f64>
where
    F: AsyncFn(&mut PgConnection, i64, Uuid) -> Result<()>,
{
    let mut taken = Vec::with_capacity(chosen.len());
    for (n, id) in chosen {
        let began = Instant::now();
        read(conn, *n, *id).await?;
        taken.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(&mut taken))
}

async fn of_key(conn: &mut PgConnection, n: i64, id: Uuid) -> Result<()> {
    let number: String =
        sqlx::query_scalar("select number from applications where id = $1").bind(id).fetch_one(conn).await?;
    ensure!(number == format!("B{n}"), "another row");
    Ok(())
}

async fn of_place(conn: &mut PgConnection, _: i64, id: Uuid) -> Result<()> {
    ensure!(db::place::place(conn, id).await?.is_some_and(|place| place > 0), "no place");
    Ok(())
}

/// What the application page reads, the place and its history in it.
async fn of_page(conn: &mut PgConnection, n: i64, _: Uuid) -> Result<()> {
    let applicant = Uuid::from_u128(n.unsigned_abs().into());
    let seen = db::application::see(conn, &format!("B{n}"), applicant, TODAY.context("a day")?).await?;
    ensure!(seen.is_some_and(|seen| seen.moves.len() == 7), "no history");
    Ok(())
}

/// A hundred moves at the head of the queue, not folded.
async fn some_deltas(conn: &mut PgConnection) -> Result<()> {
    let head: Vec<Standing> = sqlx::query_as(
        "select id, submitted_at from applications where queue_id = 1 and stage = 'queued' order by submitted_at, id limit 100",
    )
    .fetch_all(&mut *conn)
    .await?;
    for family in &head {
        leave(conn, *family).await?;
    }
    let moves: Vec<Move> = head.iter().map(|family| moved(*family, Cause::VoucherIssued)).collect();
    Ok(db::queue_event::record_many(conn, &moves, balabaqsha::clock::of_this_machine()).await?)
}

/// A family of the hottest queue: the application, and since when it waits.
type Standing = (Uuid, DateTime<Utc>);

fn moved((application, submitted_at): Standing, cause: Cause) -> Move {
    Move { application, queue: 1, submitted_at, cause }
}

async fn leave(conn: &mut PgConnection, (application, _): Standing) -> Result<()> {
    sqlx::query(
        "update applications set stage = 'on_stop_list', stop_listed_on = '2026-11-22' where id = $1",
    )
    .bind(application)
    .execute(conn)
    .await?;
    Ok(())
}

async fn join(conn: &mut PgConnection, (application, submitted_at): Standing) -> Result<()> {
    sqlx::query("select join_queue($1, $2)").bind(application).bind(submitted_at).execute(conn).await?;
    Ok(())
}

/// Rows per second of 16 writers in the hottest queue: the application's row and its event, with the place kept beside it
/// (the delta, and a folder at work) and without. An event is written either way: statistics live on it.
async fn writes(pool: &PgPool, cause: Cause) -> Result<Vec<(f64, f64)>> {
    let mut rates = Vec::new();
    for pair in 0..PAIRS {
        // A day of its own: some sixteen thousand moves, ten times the busiest that there may be.
        let at = balabaqsha::clock::of_this_machine() + TimeDelta::days(pair.try_into()?);
        let pair = (side(pool, cause, Some(at)).await?, side(pool, cause, None).await?);
        println!("{}: {:.0} rows/s kept, {:.0} rows/s not", cause.as_str(), pair.0, pair.1);
        rates.push(pair);
    }
    // What the sides left is cleared away: the unfolded deltas, then the rows whose coming and going was told to nobody.
    let mut tx = pool.begin().await?;
    place::fold(&mut tx, 1).await?;
    place::rebuild(&mut tx, 1).await?;
    tx.commit().await?;
    Ok(rates)
}

/// `kept`: at which moment the places are told that somebody came or left; else they are not.
async fn side(pool: &PgPool, cause: Cause, kept: Option<DateTime<Utc>>) -> Result<f64> {
    let mut writers = JoinSet::new();
    for turn in 0..CLIENTS {
        writers.spawn(writer(pool.clone(), turn, cause, kept));
    }
    let mut rate = 0.0;
    while !writers.is_empty() {
        tokio::select! {
            Some(written) = writers.join_next() => rate += written??,
            () = tokio::time::sleep(FOLD_EVERY), if kept.is_some() => {
                let mut tx = pool.begin().await?;
                place::fold(&mut tx, 1).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(rate)
}

/// One writer's rows per second.
async fn writer(pool: PgPool, turn: usize, cause: Cause, kept: Option<DateTime<Utc>>) -> Result<f64> {
    let mut conn = pool.acquire().await?;
    let families: Vec<Standing> = sqlx::query_as(if cause.step() > 0 {
        // Others than those that are there; `$1` makes both statements take the same.
        "select gen_random_uuid(), now() + (n * 16 + $1) * interval '1 microsecond' from generate_series(1, 10000) n"
    } else {
        "select id, submitted_at from applications
         where queue_id = 1 and stage = 'queued' and hashtext(number) & 15 = $1 limit 10000"
    })
    .bind(i32::try_from(turn)?)
    .fetch_all(&mut *conn)
    .await?;
    let (began, mut written) = (Instant::now(), 0u32);
    for family in families {
        if began.elapsed() >= SIDE {
            break;
        }
        let mut tx = conn.begin().await?;
        if cause.step() > 0 {
            join(&mut tx, family).await?
        } else {
            leave(&mut tx, family).await?
        }
        match kept {
            Some(at) => db::queue_event::record_many(&mut tx, &[moved(family, cause)], at).await?,
            None => event(&mut tx, family, cause).await?,
        }
        tx.commit().await?;
        written += 1;
    }
    Ok(f64::from(written) / began.elapsed().as_secs_f64())
}

/// The event alone.
async fn event(conn: &mut PgConnection, (application, _): Standing, cause: Cause) -> Result<()> {
    sqlx::query(
        "insert into queue_events (queue_id, application_id, at, step, cause) values (1, $1, $2, $3, $4)",
    )
    .bind(application)
    .bind(balabaqsha::clock::of_this_machine())
    .bind(cause.step())
    .bind(cause.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

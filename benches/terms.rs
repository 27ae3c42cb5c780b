//! P7 and P8: submitting an application beside pgbench's own transaction, expiring vouchers beside bare row versions.
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use balabaqsha::app::{Deed, SharedApp};
use balabaqsha::domain::application::{self, Submission, SubmissionKind};
use balabaqsha::domain::voucher::{self, Sweep};
use balabaqsha::rules::actor::{Actor, Role};
use balabaqsha::rules::person::Language;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::support::figure::Figure;
use crate::support::seed;

const CLIENTS: usize = 16;
const PAIRS: usize = 5;
/// How long each side of P7 is measured.
const SIDE: Duration = Duration::from_secs(2);
/// Vouchers that expire on one side of a pair of P8: five pairs sweep a hundred thousand.
const EXPIRED: usize = 20_000;
/// The floor of P8 is written in batches as large as a sweep's.
const BATCH: i64 = 400;

pub async fn figures(url: &str, app: &SharedApp) -> Result<Vec<Figure>> {
    seed::run(&app.pool, include_str!("support/terms.sql")).await?;
    let mut figures = vec![submissions(url, app).await?];
    figures.extend(expiring(app).await?);
    Ok(figures)
}

/// P7: a whole submission (checks, order, journal, ledger) beside pgbench's TPC-B-like transaction.
async fn submissions(url: &str, app: &SharedApp) -> Result<Figure> {
    let families: Vec<(Uuid, Uuid)> =
        sqlx::query_as("select account_id, child_id from guardians order by child_id")
            .fetch_all(&app.pool)
            .await?;
    let wishes: Vec<Uuid> =
        sqlx::query_scalar("select id from kindergartens order by bin limit 3").fetch_all(&app.pool).await?;
    let families = Arc::new((families, wishes));
    let pgbench = Pgbench::prepare(url).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let mut rates = Vec::new();
    for pair in 0..=PAIRS {
        let ours = submit_for(app, &families, &next, SIDE).await?;
        let reference = pgbench.rate(SIDE).await?;
        // The first pair warms up both.
        if pair > 0 {
            rates.push((ours, reference));
        }
    }
    let submitted: i64 = sqlx::query_scalar("select count(*) from applications where queue_type = 'general'")
        .fetch_one(&app.pool)
        .await?;
    let journalled: i64 =
        sqlx::query_scalar("select count(*) from journal where deed = 'submit'").fetch_one(&app.pool).await?;
    ensure!(submitted == journalled, "{submitted} submitted, {journalled} journalled");
    Ok(Figure::rate("P7 submissions ÷ TPC-B-like, 16 clients, tps", rates, 0.5))
}

type Families = Arc<(Vec<(Uuid, Uuid)>, Vec<Uuid>)>;

/// Submissions per second of sixteen clients; every one must be taken.
async fn submit_for(
    app: &SharedApp,
    families: &Families,
    next: &Arc<AtomicUsize>,
    time: Duration,
) -> Result<f64> {
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (app, families, next) = (app.clone(), families.clone(), next.clone());
            tokio::spawn(async move {
                let mut submitted = 0u32;
                while began.elapsed() < time {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (account, child) = *families.0.get(index).context("too few families were seeded")?;
                    submit(&app, account, child, &families.1).await?;
                    submitted += 1;
                }
                Ok::<u32, anyhow::Error>(submitted)
            })
        })
        .collect();
    let mut submitted = 0;
    for client in clients {
        submitted += client.await??;
    }
    Ok(f64::from(submitted) / began.elapsed().as_secs_f64())
}

async fn submit(app: &SharedApp, account: Uuid, child: Uuid, wishes: &[Uuid]) -> Result<()> {
    let actor = Actor::Person { account, role: Role::Parent };
    let (mut tx, deed) = Deed::open(app, actor, app.secrets.id()).await?;
    let wishes = wishes.to_vec();
    let it = Submission { child, kind: SubmissionKind::General, language: Language::Kk, wishes };
    application::submit(&mut tx, &deed, &it).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
    Ok(tx.commit().await?)
}

/// The tool that PostgreSQL comes with, on a database of its own beside ours.
struct Pgbench {
    program: String,
    url: String,
}

impl Pgbench {
    async fn prepare(url: &str) -> Result<Self> {
        let url = seed::named_database(url, "balabaqsha_bench_tpcb").await?;
        let mut conn = <PgConnection as sqlx::Connection>::connect(&url).await?;
        let bin: String = sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'")
            .fetch_one(&mut conn)
            .await?;
        let this = Self { program: format!("{bin}/pgbench"), url };
        this.run(&["-i", "-q", "-s", "20"]).await?;
        Ok(this)
    }

    /// Transactions per second.
    async fn rate(&self, time: Duration) -> Result<f64> {
        let seconds = time.as_secs().to_string();
        let clients = CLIENTS.to_string();
        let told = self.run(&["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds]).await?;
        let line = told.lines().find(|line| line.starts_with("tps = ")).context("pgbench told no tps")?;
        let number = line.trim_start_matches("tps = ").split(' ').next().context("a number")?;
        Ok(number.parse()?)
    }

    async fn run(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args(words).arg(&self.url);
        let output = tokio::task::spawn_blocking(move || command.output()).await?.context("pgbench")?;
        ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// P8: a hundred thousand vouchers that nobody confirmed go to the stop list; and how long a family could have waited
/// for a transaction of the sweep.
async fn expiring(app: &SharedApp) -> Result<[Figure; 2]> {
    let mut rates = Vec::new();
    let mut longest = Duration::ZERO;
    for day in 0..PAIRS {
        let moment: chrono::DateTime<chrono::Utc> =
            sqlx::query_scalar("select timestamptz '2026-11-10 12:00+05' + $1 * interval '1 day'")
                .bind(i32::try_from(day)?)
                .fetch_one(&app.pool)
                .await?;
        let watch = Watch::begin(app.pool.clone());
        let began = Instant::now();
        let swept =
            voucher::sweep_as_of(app, Sweep::Lapsed, moment).await.map_err(|it| anyhow::anyhow!("{it:?}"))?;
        let ours = began.elapsed();
        longest = longest.max(watch.end().await?);
        ensure!(swept == EXPIRED, "{swept} were swept");
        let began = Instant::now();
        floor(&app.pool, i32::try_from(day)?).await?;
        let reference = began.elapsed();
        rates.push((EXPIRED as f64 / ours.as_secs_f64(), EXPIRED as f64 / reference.as_secs_f64()));
    }
    Ok([
        Figure::rate("P8 expiring ÷ bare row versions, rows/s", rates, 0.4),
        Figure::limit("P8 longest transaction of a sweep, ms", longest.as_secs_f64() * 1e3, 250.0),
    ])
}

/// The same number of row versions in the same tables, with nothing decided.
async fn floor(pool: &PgPool, day: i32) -> Result<()> {
    for batch in 0..EXPIRED as i64 / BATCH {
        let mut tx = pool.begin().await?;
        for statement in [
            "update applications set stage = 'archived', archive_reason = 'withdrawn', archived_at = now(), voucher_id = null
             where id in (select application_id from floor_rows where day = $1 and batch = $2)",
            "update vouchers set ended_at = now(), end_reason = 'lapsed'
             where application_id in (select application_id from floor_rows where day = $1 and batch = $2)",
            "insert into journal (at, actor_role, deed, application_id, request_id)
             select now(), 'system', 'lapse', application_id, application_id from floor_rows where day = $1 and batch = $2",
            "insert into notices (id, account_id, application_id, notice, language, created_at, state, next_attempt_at)
             select gen_random_uuid(), applicant_id, application_id, '{\"kind\": \"voucher_lapsed\", \"return_by\": null}', 'kk', now(), 'queued', now()
             from floor_rows where day = $1 and batch = $2",
            "insert into ledger_entries (body) select application_id::text from floor_rows where day = $1 and batch = $2",
        ] {
            sqlx::query(statement).bind(day).bind(batch).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Looks every few milliseconds how long the oldest transaction of others has lasted.
struct Watch {
    stop: Arc<AtomicBool>,
    looking: tokio::task::JoinHandle<Result<Duration>>,
}

impl Watch {
    fn begin(pool: PgPool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let looking = tokio::spawn(async move {
            let mut conn = pool.acquire().await?;
            let mut longest = 0.0f64;
            while !stopped.load(Ordering::Relaxed) {
                let oldest: Option<f64> = sqlx::query_scalar(
                    "select max(extract(epoch from clock_timestamp() - xact_start))::float8 from pg_stat_activity
                     where pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend'",
                )
                .fetch_one(&mut *conn)
                .await?;
                longest = longest.max(oldest.unwrap_or(0.0));
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok(Duration::from_secs_f64(longest))
        });
        Self { stop, looking }
    }

    async fn end(self) -> Result<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        self.looking.await?
    }
}

//! `make bench`: what the portal costs beside the least that could be asked of the same machine in the same run.
//!
//! Only ratios count. Each side is loaded in turn, five times (ABAB), over keep-alive connections to 127.0.0.1; the
//! medians are compared, every answer's status and length is asserted. `target/bench/summary.json` has the result.
mod contract;
mod place;
mod round;
mod signatures;
mod support;
mod terms;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::routing::get;
use balabaqsha::app::SharedApp;
use balabaqsha::db::kindergarten::{Filter, Order};
use balabaqsha::domain;
use balabaqsha::rules::district::District;
use balabaqsha::rules::kindergarten::{GroupKind, Ownership};
use balabaqsha::rules::person::Language;
use balabaqsha::web::cache;
use support::figure::{Figure, median, report};
use support::load::{Pair, compare};
use support::{portal, seed, wire};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Alternating pairs of one comparison.
const PAIRS: usize = 5;
/// How long one side of a pair is loaded.
const SIDE: Duration = Duration::from_millis(1_500);
/// Starts of the binary.
const STARTS: usize = 5;

fn main() -> Result<()> {
    // `cargo test --benches` runs this too, and has nothing to measure.
    if !std::env::args().any(|word| word == "--bench") {
        return Ok(());
    }
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set: run `make bench`")?;
    // The portal has a runtime of its own, so that it shares nothing with its clients but the cores.
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let target = target_folder()?;
    // `cargo bench --bench portal -- terms` measures one part alone.
    let part = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    let mut figures = Vec::new();
    if wanted("pages") {
        let url = client.block_on(seed::named_database(&url, "balabaqsha_bench"))?;
        figures.extend(pages(&server, &client, &url, &target)?);
    }
    if wanted("round") {
        let url = client.block_on(seed::named_database(&url, "balabaqsha_bench_round"))?;
        let portal = server.block_on(portal::start(&url, &target.join("bench")))?;
        figures.extend(server.block_on(round::figures(&portal.app))?);
    }
    if wanted("terms") {
        let url = client.block_on(seed::named_database(&url, "balabaqsha_bench_terms"))?;
        let portal = server.block_on(portal::start(&url, &target.join("bench")))?;
        figures.extend(server.block_on(terms::figures(&url, &portal.app))?);
    }
    if wanted("place") {
        figures.extend(client.block_on(place::figures(&url))?);
    }
    if wanted("contract") {
        figures.push(contract::figure()?);
    }
    if wanted("signatures") {
        figures.extend(signatures::figures(&target.join("bench"))?);
    }
    report(&figures, &target.join("bench"))
}

/// What visitors and families open.
fn pages(server: &Runtime, client: &Runtime, url: &str, target: &Path) -> Result<Vec<Figure>> {
    let portal = server.block_on(portal::start(url, &target.join("bench")))?;
    let family = server.block_on(seed::city(&portal.app))?;
    Ok(vec![
        client.block_on(public_pages(server, &portal))?,
        client.block_on(catalogue(server, &portal))?,
        client.block_on(application(server, &portal, &family))?,
        binary_size()?,
        client.block_on(first_page(url, &portal))?,
        client.block_on(wire::largest_page(&portal, &family))?,
    ])
}

/// `target/`, wherever cargo was told to put it: the bench is `target/<profile>/deps/portal-<hash>`.
fn target_folder() -> Result<PathBuf> {
    let bench = std::env::current_exe()?;
    Ok(bench.ancestors().nth(3).context("the bench does not lie in a target folder")?.to_owned())
}

/// P1: what everybody opens, beside bare bodies of the same sizes from the same process.
async fn public_pages(server: &Runtime, portal: &portal::Portal) -> Result<Figure> {
    let queue: i32 = sqlx::query_scalar("select id from queues where queue_type = 'general'")
        .fetch_one(&portal.app.pool)
        .await?;
    let pages = ["".to_owned(), "kindergartens".to_owned(), format!("queue/{queue}"), "bulletin".to_owned()];
    let pages: Vec<String> = pages.iter().map(|page| format!("/kk/{page}")).collect();
    let mut bodies = Vec::new();
    for page in &pages {
        let answer = wire::get(portal.address, page, "", "identity").await?;
        let (_, body) = answer.body.split_once("\r\n\r\n").context("a body")?;
        bodies.push(axum::body::Bytes::from(body.to_owned()));
    }
    let bare = Router::new().route("/{page}", get(body)).with_state(Arc::new(bodies));
    let bare = server.spawn(portal::serve(bare)).await??;
    let pair = Pair {
        ours: (portal.address, pages),
        reference: (bare, (0..4).map(|page| format!("/{page}")).collect()),
        // A visitor who has been here before.
        cookie: "browser=AAAAAAAAAAAAAAAAAAAAAA; language=kk".to_owned(),
    };
    let rates = compare(&pair, PAIRS, SIDE).await?;
    Ok(Figure::rate("P1 public pages, requests/s", rates, 0.5))
}

type Bodies = Arc<Vec<axum::body::Bytes>>;

async fn body(
    State(bodies): State<Bodies>,
    Segment(page): Segment<usize>,
) -> Result<axum::response::Html<axum::body::Bytes>, axum::http::StatusCode> {
    bodies.get(page).cloned().map(axum::response::Html).ok_or(axum::http::StatusCode::NOT_FOUND)
}

/// The searches of P2: an address and what it means.
fn searches() -> Result<Vec<(&'static str, Filter, i64)>> {
    let kind = |word| GroupKind::parse(word).context("a known kind");
    let none = Filter::default;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Ok(vec![
        ("", none(), 1),
        ("?page=7", none(), 7),
        ("?district=medeu", Filter { district: Some(District::parse("medeu")?), ..none() }, 1),
        ("?kind=autism", Filter { kind: Some(kind("autism")?), ..none() }, 1),
        (
            "?kind=general&language=kk",
            Filter { kind: Some(kind("general")?), language: Some(Language::Kk), ..none() },
            1,
        ),
        ("?ownership=private&page=2", Filter { ownership: Some(Ownership::Private), ..none() }, 2),
        (
            "?name=%D0%B1%D0%B0%D0%BB%D0%B0%D0%BF%D0%B0%D0%BD",
            Filter { words: words(&["балапан"]), ..none() },
            1,
        ),
        (
            "?district=alatau&kind=speech_severe&language=ru&ownership=state",
            Filter {
                district: Some(District::parse("alatau")?),
                kind: Some(kind("speech_severe")?),
                language: Some(Language::Ru),
                ownership: Some(Ownership::State),
                ..none()
            },
            1,
        ),
    ])
}

type Searches = (SharedApp, Arc<Vec<Filter>>);

/// P2: the catalogue, uncached, beside the same statement in a handler that draws nothing.
async fn catalogue(server: &Runtime, portal: &portal::Portal) -> Result<Figure> {
    let searches = searches()?;
    let filters: Vec<Filter> = searches.iter().map(|(_, filter, _)| filter.clone()).collect();
    let bare = Router::new()
        .route("/{search}/{page}", get(rows))
        .with_state((portal.app.clone(), Arc::new(filters)));
    let bare = server.spawn(portal::serve(bare)).await??;
    let pair = Pair {
        ours: (portal.address, searches.iter().map(|(it, ..)| format!("/kk/kindergartens{it}")).collect()),
        reference: (
            bare,
            searches.iter().enumerate().map(|(n, (.., page))| format!("/{n}/{page}")).collect(),
        ),
        cookie: String::new(),
    };
    portal.pages.keep_for(Duration::ZERO);
    let rates = compare(&pair, PAIRS, SIDE).await;
    portal.pages.keep_for(cache::AGE);
    let rates = rates?;
    Ok(Figure::rate("P2 catalogue with filters, requests/s", rates, 0.7))
}

async fn rows(
    State((app, filters)): State<Searches>,
    Segment((search, page)): Segment<(usize, i64)>,
) -> Result<String, axum::http::StatusCode> {
    let filter = filters.get(search).ok_or(axum::http::StatusCode::NOT_FOUND)?;
    let found =
        domain::kindergarten::catalogue(&app, Default::default(), filter, Order::Name, Language::Kk, page)
            .await
            .map_err(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(format!("{found:?}"))
}

/// P3: the application page, signed in, beside one row read by its primary key.
async fn application(server: &Runtime, portal: &portal::Portal, family: &seed::Family) -> Result<Figure> {
    let bare = Router::new().route("/{id}", get(one)).with_state(portal.app.clone());
    let bare = server.spawn(portal::serve(bare)).await??;
    let pair = Pair {
        ours: (portal.address, vec![format!("/kk/applications/{}", family.number)]),
        reference: (bare, vec![format!("/{}", family.application)]),
        cookie: family.cookie.clone(),
    };
    let rates = compare(&pair, PAIRS, SIDE).await?;
    Ok(Figure::rate("P3 application page, signed in, requests/s", rates, 0.35))
}

async fn one(
    State(app): State<SharedApp>,
    Segment(id): Segment<Uuid>,
) -> Result<String, axum::http::StatusCode> {
    let found = sqlx::query_scalar::<_, String>("select number from applications where id = $1")
        .bind(id)
        .fetch_one(&app.pool)
        .await;
    found.map_err(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// The stripped binary that cargo built beside this bench.
fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_balabaqsha"))
}

fn binary_size() -> Result<Figure> {
    let bytes = std::fs::metadata(binary())?.len();
    Ok(Figure::limit("P11 binary, MB", bytes as f64 / 1e6, 30.0))
}

/// P11: from the start of the process to the first page, the cluster up and migrated.
async fn first_page(url: &str, portal: &portal::Portal) -> Result<Figure> {
    let mut taken = Vec::new();
    for _ in 0..STARTS {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let began = Instant::now();
        let mut child = tokio::process::Command::new(binary())
            .envs(portal.environment(url, port))
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let address = ([127, 0, 0, 1], port).into();
        loop {
            ensure!(began.elapsed() < Duration::from_secs(10), "no page ten seconds after the start");
            ensure!(child.try_wait()?.is_none(), "the portal ended by itself");
            match wire::get(address, "/kk/", "", "identity").await {
                Ok(answer) if answer.status == 200 => break,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        taken.push(began.elapsed().as_secs_f64() * 1e3);
        child.kill().await?;
    }
    Ok(Figure::limit("P11 first page after the start, ms", median(&mut taken), 300.0))
}

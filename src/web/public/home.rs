//! The front page; and what machines ask about this process.
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Redirect, Response};

use crate::app::SharedApp;
use crate::domain;
use crate::domain::today::Today;
use crate::locale::{date, fill};
use crate::rules::correction::CorrectionType;
use crate::rules::disclosure;
use crate::rules::person::Language;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::{Visit, preferred_language};
use crate::web::{Routes, Who, statics, urls};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/", Who::Everybody, root)
        .get("/{lang}", Who::Everybody, slash)
        .get("/favicon.ico", Who::Everybody, icon)
        .get_public("/{lang}/", page)
        .get("/healthz", Who::Everybody, alive)
        .get("/readyz", Who::Everybody, ready)
}

/// To the visitor's language.
async fn root(State(app): State<SharedApp>, headers: HeaderMap) -> Redirect {
    Redirect::to(&urls::page(preferred_language(&headers, app.config.tls()), ""))
}

/// `/kk` is `/kk/`.
async fn slash(visit: Visit) -> Redirect {
    Redirect::to(&urls::page(visit.language, ""))
}

/// Old browsers ask here without being told to.
async fn icon() -> Redirect {
    Redirect::to(&statics::address("icon.svg"))
}

/// A kind of group with places to take.
struct Kind {
    code: &'static str,
    name: &'static str,
    free: i64,
    /// Of the kind with most places, in per cent: how long its bar is.
    share: i64,
}

#[derive(Template)]
#[template(path = "public/home.html")]
struct HomePage {
    p: Page,
    /// The five steps, with the terms in force.
    steps: Vec<String>,
    today_title: String,
    waiting: String,
    issued: String,
    free_general: i64,
    free_special: i64,
    kinds: Vec<Kind>,
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let today = domain::today::of(&app, visit.city).await?;
    let p = Page::new(&app, &visit);
    let (w, terms) = (&p.w.home_page, app.policy());
    let days = |n: u32| p.w.counts.working_days.of(p.language, i64::from(n));
    let facts = [("confirm", &*days(terms.confirm_days)), ("conclude", &*days(terms.conclude_days))];
    let steps = [&w.step_1, &w.step_2, &w.step_3, &w.step_4, &w.step_5];
    let steps = steps.into_iter().map(|step| fill(step, &facts)).collect();
    let free = |special: bool| {
        let kinds = today.free.iter().filter(|(kind, _)| kind.is_some() == special);
        kinds.map(|(_, free)| free).sum()
    };
    show(&HomePage {
        steps,
        today_title: fill(&w.today, &[("city", p.city_name())]),
        // Queues too short to be shown are in no sum: less the others it would give them away.
        waiting: families(&p, disclosure::total(today.waiting.iter().copied()).unwrap_or(0)),
        issued: families(&p, today.issued),
        free_general: free(false),
        free_special: free(true),
        kinds: special_kinds(&today, p.language),
        p,
    })
}

/// Counts of families under five are hidden; counts of places are not.
fn families(p: &Page, count: i64) -> String {
    disclosure::shown(count).map_or_else(|| p.fewer(), date::grouped)
}

/// The correction types that have free places, most first.
fn special_kinds(today: &Today, language: Language) -> Vec<Kind> {
    let known = today.free.iter().filter_map(|(code, free)| {
        let correction = CorrectionType::parse(code.as_deref()?).ok()?;
        Some((correction, *free))
    });
    let mut kinds: Vec<_> = known.filter(|(_, free)| *free > 0).collect();
    kinds.sort_by_key(|(_, free)| -free);
    let most = kinds.first().map_or(1, |(_, free)| *free);
    let line = |(correction, free): (CorrectionType, i64)| Kind {
        code: correction.code(),
        name: correction.name(language),
        free,
        share: free * 100 / most,
    };
    kinds.into_iter().map(line).collect()
}

/// The process lives.
async fn alive() -> &'static str {
    "ok"
}

/// The database answers, migrations are done.
async fn ready(State(app): State<SharedApp>) -> (StatusCode, &'static str) {
    if domain::health::is_ready(&app).await {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    }
}

//! The front page; and what machines ask about this process.
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Redirect, Response};

use crate::app::SharedApp;
use crate::domain;
use crate::locale::fill;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::{Visit, preferred_language};
use crate::web::{Routes, Who, urls};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/", Who::Everybody, root)
        .get_public("/{lang}/", page)
        .get("/healthz", Who::Everybody, alive)
        .get("/readyz", Who::Everybody, ready)
}

/// To the visitor's language.
async fn root(State(app): State<SharedApp>, headers: HeaderMap) -> Redirect {
    Redirect::to(&urls::page(preferred_language(&headers, app.config.tls()), ""))
}

#[derive(Template)]
#[template(path = "public/home.html")]
struct HomePage {
    p: Page,
    /// The five steps, with the terms in force.
    steps: Vec<String>,
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let (w, terms) = (&p.w.home_page, app.policy());
    let days = |n: u32| p.w.counts.working_days.of(p.language, i64::from(n));
    let facts = [("confirm", &*days(terms.confirm_days)), ("conclude", &*days(terms.conclude_days))];
    let steps = [&w.step_1, &w.step_2, &w.step_3, &w.step_4, &w.step_5];
    let steps = steps.into_iter().map(|step| fill(step, &facts)).collect();
    show(&HomePage { p, steps })
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

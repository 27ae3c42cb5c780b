//! The policy on users' data.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::locale::{date, fill};
use crate::rules::policy::POLICY_VERSION;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;
use crate::web::{Routes, Who};

pub fn routes(routes: Routes) -> Routes {
    routes.get("/{lang}/policy", Who::Everybody, page)
}

#[derive(Template)]
#[template(path = "public/policy.html")]
struct PolicyPage {
    p: Page,
    version: String,
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    // A version is the day of its wording.
    let day = POLICY_VERSION.parse().map_or_else(|_| POLICY_VERSION.to_owned(), date::short);
    let version = fill(&p.w.policy_page.version, &[("version", &day)]);
    show(&PolicyPage { p, version })
}

//! The policy on users' data, and the accessibility statement.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::locale::{date, fill};
use crate::rules::policy::POLICY_VERSION;
use crate::web::Routes;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;

pub fn routes(routes: Routes) -> Routes {
    routes.get_public("/{lang}/policy", page).get_public("/{lang}/accessibility", accessibility)
}

#[derive(Template)]
#[template(path = "public/policy.html")]
struct PolicyPage {
    p: Page,
    version: String,
}

#[derive(Template)]
#[template(path = "public/accessibility.html")]
struct AccessibilityPage {
    p: Page,
    as_of: String,
}

/// The day of the last look at the whole portal; a new look gets a new day.
const CHECKED_ON: &str = "22.11.2026";

async fn accessibility(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let as_of = fill(&p.w.accessibility_page.as_of, &[("day", CHECKED_ON)]);
    show(&AccessibilityPage { p, as_of })
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let day = POLICY_VERSION.parse().map_or(POLICY_VERSION.to_owned(), date::short);
    let version = fill(&p.w.policy_page.version, &[("version", &day)]);
    show(&PolicyPage { p, version })
}

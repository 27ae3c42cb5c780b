//! The policy on users' data.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::locale::fill;
use crate::rules::policy::POLICY_VERSION;
use crate::web::Routes;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;

pub fn routes(routes: Routes) -> Routes {
    routes.get_public("/{lang}/policy", page)
}

#[derive(Template)]
#[template(path = "public/policy.html")]
struct PolicyPage {
    p: Page,
    version: String,
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let version = fill(&p.w.policy_page.version, &[("version", POLICY_VERSION)]);
    show(&PolicyPage { p, version })
}

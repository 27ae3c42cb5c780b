//! The ledger as everybody sees it: what it is for, its root of each day, and how to check it without us.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::ledger::{self, Link, Root};
use crate::locale::date;
use crate::web::Routes;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;

pub fn routes(routes: Routes) -> Routes {
    routes.get_public("/{lang}/ledger", page)
}

/// The newest days shown; the others are in the open data.
const DAYS: i32 = 30;

#[derive(Template)]
#[template(path = "public/ledger.html")]
struct LedgerPage {
    p: Page,
    newest: Option<Link>,
    roots: Vec<Root>,
}

impl LedgerPage {
    fn grouped(&self, number: &u64) -> String {
        date::grouped(i64::try_from(*number).unwrap_or(i64::MAX))
    }
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let newest = ledger::newest(&app).await?;
    let roots = ledger::roots(&app, DAYS).await?;
    show(&LedgerPage { p: Page::new(&app, &visit), newest, roots })
}

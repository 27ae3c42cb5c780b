//! «Менің өтініштерім».
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::cabinet::Line;
use crate::app::SharedApp;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "parent/applications.html")]
pub struct Applications {
    pub p: Page,
    pub lines: Vec<Line>,
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let now = super::case::now(&app, &signed).await?;
    let lines = Line::of_family(&app, signed.visit.language, signed.account, now).await?;
    page::show(&Applications { p: Page::new(&app, &signed.visit), lines })
}

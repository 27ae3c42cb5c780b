//! «Менің өтініштерім».
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::cabinet::Line;
use crate::app::SharedApp;
use crate::domain;
use crate::fault::Fault;
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
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let summaries = domain::application::of_family(&mut conn, signed.account).await?;
    let language = signed.visit.language;
    drop(conn);
    let now = super::case::now(&app, &signed).await?;
    let line = |summary| Line::from_summary(&app, language, summary, now);
    let lines = summaries.into_iter().map(line).collect();
    page::show(&Applications { p: Page::new(&app, &signed.visit), lines })
}

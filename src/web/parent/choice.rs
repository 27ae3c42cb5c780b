//! «Балабақшаны таңдау»: only what suits this child, wishes first; a place is held at once.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::case::{TermBox, passed, see};
use crate::app::SharedApp;
use crate::domain::contract::ChoiceRow;
use crate::domain::contract;
use crate::fault::{Failure, Fault};
use crate::locale::fill;
use crate::rules::person::Language;
use crate::rules::reason::KindergartenReason;
use crate::rules::stage::StageName;
use crate::web::error::WebError;
use crate::web::form::Form;
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "parent/choose.html")]
pub struct Choose {
    pub p: Page,
    pub number: String,
    pub term: Option<TermBox>,
    pub options: Vec<ChoiceRow>,
}

impl Choose {
    pub fn name<'a>(&self, row: &'a ChoiceRow) -> &'a str {
        if self.p.language == Language::Kk { &row.name_kk } else { &row.name_ru }
    }

    pub fn address<'a>(&self, row: &'a ChoiceRow) -> &'a str {
        if self.p.language == Language::Kk { &row.address_kk } else { &row.address_ru }
    }

    pub fn wish(&self, row: &ChoiceRow) -> Option<String> {
        row.wish.map(|rank| fill(&self.p.w.choose.wish, &[("n", &rank.to_string())]))
    }

    /// Why this group cannot be chosen now; `None` when it can.
    pub fn closed(&self, row: &ChoiceRow) -> Option<String> {
        let w = &self.p.w.choose;
        if let Some(reason) = row.declined.as_deref().and_then(KindergartenReason::parse) {
            return Some(fill(&w.declined, &[("reason", reason.name(self.p.language))]));
        }
        (row.free <= 0).then(|| w.no_free.clone())
    }

    pub fn free(&self, row: &ChoiceRow) -> String {
        fill(&self.p.w.choose.free, &[("n", &row.free.to_string())])
    }

    pub fn label(&self, row: &ChoiceRow) -> String {
        fill(&self.p.w.choose.choose_named, &[("name", self.name(row))])
    }

    pub fn action(&self) -> String {
        format!("{}/choose", urls::application(self.p.language, &self.number))
    }
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (seen, at) = see(&app, &signed, &number).await?;
    let over = passed(&app, &seen.stage, at).is_some();
    if !seen.view.own || over || seen.stage.name() != StageName::VoucherConfirmed {
        return Ok(Redirect::to(&urls::application(signed.visit.language, &number)).into_response());
    }
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let options = contract::choices(&mut conn, seen.view.id).await?;
    drop(conn);
    let term = TermBox::of(&app, signed.visit.language, &seen.stage, at);
    page::show(&Choose { p: Page::new(&app, &signed.visit), number, term, options })
}

pub async fn choose(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let group = form.text("group").parse().map_err(|_| Failure::NotFound)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    contract::choose(&mut work.tx, &work.deed, &number, group).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

pub async fn take_back(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    contract::take_back(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

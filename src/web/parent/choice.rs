//! «Балабақшаны таңдау»: only what suits this child, wishes first; a place is held at once.
use std::collections::HashSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::case::{TermBox, passed, see};
use crate::app::SharedApp;
use crate::domain::contract;
use crate::domain::contract::ChoiceRow;
use crate::fault::{Failure, Fault};
use crate::locale::{fill, kindergarten as said};
use crate::rules::person::Language;
use crate::rules::reason::KindergartenReason;
use crate::rules::stage_name::StageName;
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
    /// Of the application.
    language: String,
    kept: Option<Uuid>,
    open: HashSet<Uuid>,
}

/// Why a group cannot be chosen, and a sentence more.
pub struct Closed {
    pub why: String,
    pub more: Option<String>,
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

    /// The place that is kept for this family.
    pub fn is_kept(&self, row: &ChoiceRow) -> bool {
        self.kept == Some(row.group)
    }

    /// Why this group cannot be chosen now; `None` when it can.
    pub fn closed(&self, row: &ChoiceRow) -> Option<Closed> {
        let w = &self.p.w.choose;
        let why = |why: String| Some(Closed { why, more: None });
        if !row.suits {
            let years = said::born(self.p.language, row.birth_years);
            let language =
                Language::parse(&row.language).map_or("", |of| said::language(self.p.language, of));
            return why(match row.language == self.language {
                true => fill(&w.other_years, &[("years", &years)]),
                false => fill(&w.other_language, &[("language", language)]),
            });
        }
        if let Some(reason) = row.declined.as_deref().and_then(KindergartenReason::parse) {
            return why(fill(&w.declined, &[("reason", reason.name(self.p.language))]));
        }
        if row.free <= 0 {
            return why(w.no_free.clone());
        }
        (!self.open.contains(&row.group))
            .then(|| Closed { why: w.held.clone(), more: Some(w.held_text.clone()) })
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
    let choices = contract::choices(&mut conn, seen.view.id).await?;
    drop(conn);
    let term = TermBox::of(&app, signed.visit.language, &seen.stage, at);
    page::show(&Choose {
        p: Page::new(&app, &signed.visit),
        number,
        term,
        options: choices.rows,
        language: seen.view.language,
        kept: choices.kept,
        open: choices.open,
    })
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

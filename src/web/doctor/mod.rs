//! «Қаралатын өтініштер»: the phthisiatrician's list and the case, the conclusion beside the data.
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::error::WebError;
use super::form::{Answers, Form, LONGEST_TEXT, has_forbidden};
use super::page::{self, Page};
use super::visit::Signed;
use super::{Routes, Who, again, urls};
use crate::app::SharedApp;
use crate::domain::review::{self, Opened, ReviewLine, ReviewView};
use crate::fault::Fault;
use crate::locale::{fill, wording};
use crate::rules::correction::CorrectionType;
use crate::rules::deadline::almaty_day;
use crate::rules::reason::DoctorReason;
use crate::rules::stage_name::StageName;

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/doctor", Who::Doctor, list)
        .get("/{lang}/doctor/{number}", Who::Doctor, show)
        .get("/{lang}/doctor/{number}/conclusion", Who::Doctor, conclusion)
        .post("/{lang}/doctor/{number}/confirm", Who::Doctor, confirm)
        .post("/{lang}/doctor/{number}/reject", Who::Doctor, reject)
}

#[derive(Template)]
#[template(path = "doctor/list.html")]
pub struct List {
    pub p: Page,
    pub lines: Vec<ReviewLine>,
    pub count: i64,
    pub page: i64,
    pub pages: i64,
}

impl List {
    pub fn count_text(&self) -> String {
        fill(&self.p.w.review.count, &[("n", &self.count.to_string())])
    }

    pub fn correction(&self, line: &ReviewLine) -> &'static str {
        CorrectionType::parse(&line.correction_type).map_or("", |one| one.name(self.p.language))
    }
}

#[derive(Deserialize)]
pub struct PageQuery {
    page: Option<String>,
}

pub async fn list(
    State(app): State<SharedApp>,
    signed: Signed,
    Query(query): Query<PageQuery>,
) -> Result<Response, WebError> {
    let asked = query.page.and_then(|page| page.parse().ok()).unwrap_or(1i64).clamp(1, 100_000);
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let (lines, count) = review::list(&mut conn, asked).await?;
    let pages = (count + review::PAGE - 1) / review::PAGE;
    page::show(&List { p: Page::new(&app, &signed.visit), lines, count, page: asked, pages })
}

#[derive(Template)]
#[template(path = "doctor/case.html")]
pub struct CasePage {
    pub p: Page,
    pub a: Answers,
    pub it: ReviewView,
    pub suspect: bool,
    pub today: chrono::NaiveDate,
}

impl CasePage {
    pub fn open(&self) -> bool {
        self.it.stage == StageName::AwaitingReview.as_str()
    }

    pub fn status(&self) -> &'static str {
        StageName::parse(&self.it.stage).map_or("", |stage| wording::stage(self.p.language, stage))
    }

    pub fn correction(&self) -> &'static str {
        CorrectionType::parse(&self.it.correction_type).map_or("", |one| one.name(self.p.language))
    }

    pub fn conclusion_correction(&self) -> Option<&'static str> {
        let code = self.it.conclusion_type.as_deref()?;
        Some(CorrectionType::parse(code).map_or("", |one| one.name(self.p.language)))
    }

    pub fn type_differs(&self) -> bool {
        self.it.conclusion_type.as_deref().is_some_and(|code| code != self.it.correction_type)
    }

    pub fn expired(&self) -> bool {
        self.it.valid_until.is_some_and(|until| until < self.today)
    }

    pub fn reasons(&self) -> Vec<(&'static str, &'static str)> {
        DoctorReason::ALL.iter().map(|reason| (reason.as_str(), reason.name(self.p.language))).collect()
    }

    pub fn file_link(&self) -> Option<String> {
        self.it.file_name.as_ref().map(|name| fill(&self.p.w.review.open_file, &[("name", name)]))
    }

    pub fn path(&self, rest: &str) -> String {
        self.p.url(&format!("doctor/{}{rest}", self.it.number))
    }
}

async fn case_page(app: &SharedApp, signed: &Signed, number: &str, a: Answers) -> Result<CasePage, WebError> {
    let mut look = again::look(app, signed).await?;
    let Opened { view: it, suspect } = review::open(&mut look.tx, &look.deed, number).await?;
    let today = almaty_day(look.deed.now);
    look.commit().await?;
    Ok(CasePage { p: Page::new(app, &signed.visit), a, it, suspect, today })
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    page::show(&case_page(&app, &signed, &number, Answers::default()).await?)
}

pub async fn conclusion(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut look = again::look(&app, &signed).await?;
    let row = review::file(&mut look.tx, &look.deed, &number).await?;
    look.give(&app, &row).await
}

pub async fn confirm(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    review::confirm(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::page(signed.visit.language, "doctor?done=decided")).await
}

pub async fn reject(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    let reason = DoctorReason::parse(form.text("reason"));
    let text = form.text("text");
    let w = crate::locale::words(signed.visit.language);
    if reason.is_none() {
        a.fail("reason", &w.review.e_reason);
    }
    if reason == Some(DoctorReason::Other) && text.is_empty() {
        a.fail("text", &w.review.e_text);
    } else if text.chars().count() > LONGEST_TEXT {
        a.fail("text", fill(&w.form.too_long, &[("most", &LONGEST_TEXT.to_string())]));
    } else if has_forbidden(text) {
        a.fail("text", &w.form.forbidden_characters);
    }
    let Some(reason) = reason.filter(|_| a.is_good()) else {
        return page::show_again(&case_page(&app, &signed, &number, a).await?);
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    review::reject(&mut work.tx, &work.deed, &number, reason, Some(text).filter(|text| !text.is_empty()))
        .await?;
    work.finish(urls::page(signed.visit.language, "doctor?done=decided")).await
}

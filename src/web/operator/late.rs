//! Kindergartens that keep a family waiting beyond their own terms.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::late::Late;
use crate::locale::kindergarten as said;
use crate::rules::stage_name::StageName;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "operator/late.html")]
struct LatePage {
    p: Page,
    late: Vec<Late>,
}

impl LatePage {
    fn kindergarten<'a>(&self, it: &'a Late) -> &'a str {
        said::of_two(self.p.language, &it.row.kindergarten_kk, &it.row.kindergarten_ru)
    }

    fn step(&self, it: &Late) -> &'static str {
        let w = &self.p.w.operator;
        if it.row.stage == StageName::AwaitingContract { &w.late_answer } else { &w.late_signature }
    }

    fn days(&self, it: &Late) -> String {
        self.p.w.counts.days.of(self.p.language, it.days)
    }
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let late = domain::late::list(&app).await?;
    page::show(&LatePage { p: Page::new(&app, &signed.visit), late })
}

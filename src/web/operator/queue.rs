//! The queues with their families in order.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::dashboard::QueueCounts;
use crate::app::SharedApp;
use crate::domain;
use crate::domain::overview::FamilyLine;
use crate::fault::Failure;
use crate::locale::{fill, kindergarten as said, wording};
use crate::rules::stage_name::StageName;
use crate::web::address::{Pager, Query};
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "operator/queues.html")]
struct QueuesPage {
    p: Page,
    queues: Vec<QueueCounts>,
}

pub async fn all(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let found = domain::overview::dashboard(&app).await?;
    let p = Page::new(&app, &signed.visit);
    let queues = found.queues.iter().map(|line| QueueCounts::new(p.language, line)).collect();
    page::show(&QueuesPage { p, queues })
}

#[derive(Template)]
#[template(path = "operator/queue.html")]
struct QueuePage {
    p: Page,
    id: i32,
    kind: &'static str,
    stage: StageName,
    stages: Vec<(&'static str, &'static str)>,
    families: Vec<FamilyLine>,
    pager: Pager,
}

impl QueuePage {
    fn stage_name(&self, stage: &StageName) -> &'static str {
        wording::stage(self.p.language, *stage)
    }

    fn title(&self) -> String {
        fill(&self.p.w.operator.queue_title, &[("kind", self.kind)])
    }

    /// Only those who wait have a place; the others are counted off.
    fn line_name(&self) -> &'static str {
        let w = &self.p.w.operator;
        if self.stage == StageName::Queued { &w.place } else { &w.line }
    }
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let queue: i32 = id.parse().ok().filter(|n: &i32| n.to_string() == id).ok_or(Failure::NotFound)?;
    let stage = StageName::parse(query.text("stage")).unwrap_or(StageName::Queued);
    let (kind, sheet) = domain::overview::families(&app, queue, stage, query.page()).await?;
    let p = Page::new(&app, &signed.visit);
    let kept = vec![("stage", query.text("stage").to_owned())];
    page::show(&QueuePage {
        id: queue,
        kind: said::kind(p.language, kind),
        stage,
        stages: StageName::ALL.map(|stage| (stage.as_str(), wording::stage(p.language, stage))).into(),
        pager: Pager::new(p.url(&format!("operator/queue/{queue}")), kept, sheet.page, sheet.pages()),
        families: sheet.rows,
        p,
    })
}

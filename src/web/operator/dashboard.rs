//! The operator's first page: how the day stands.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::ledger::{self, Checked};
use crate::domain::overview::QueueLine;
use crate::locale::fill;
use crate::locale::kindergarten as said;
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

/// A queue as a line of a table.
pub struct QueueCounts {
    pub id: i32,
    pub kind: String,
    pub waiting: i64,
    pub vouchers: i64,
    pub free: i64,
}

impl QueueCounts {
    pub fn new(language: Language, line: &QueueLine) -> Self {
        let kind =
            GroupKind::of(line.correction_type.as_deref()).map(|kind| said::kind(language, kind).to_owned());
        Self {
            id: line.id,
            kind: kind.or_else(|| line.correction_type.clone()).unwrap_or_default(),
            waiting: line.waiting,
            vouchers: line.vouchers,
            free: line.free,
        }
    }
}

#[derive(Template)]
#[template(path = "operator/dashboard.html")]
struct DashboardPage {
    p: Page,
    queues: Vec<QueueCounts>,
    waiting: i64,
    vouchers: i64,
    free: i64,
    reviews: i64,
    undelivered: i64,
    /// The ledger is not as it should be.
    alarm: Option<Checked>,
    late: i64,
    missing_files: i64,
}

impl DashboardPage {
    fn alarm(&self) -> Option<String> {
        let (found, w) = (self.alarm.as_ref()?, &self.p.w.ledger);
        Some(fill(&w.alarm, &[("number", &found.number.to_string()), ("at", &self.p.moment(&found.at))]))
    }

    fn missing_files(&self) -> Option<String> {
        let n = self.missing_files;
        (n > 0).then(|| fill(&self.p.w.papers.missing_files, &[("n", &n.to_string())]))
    }

    fn alarm_kind(&self) -> &str {
        let w = &self.p.w.ledger;
        match self.alarm.as_ref().and_then(|found| found.wrong.as_deref()) {
            Some("event") => &w.alarm_event,
            Some("anchor") => &w.alarm_anchor,
            Some("live") => &w.alarm_live,
            _ => &w.alarm_chain,
        }
    }
}

pub async fn show(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let found = domain::overview::dashboard(&app).await?;
    let p = Page::new(&app, &signed.visit);
    page::show(&DashboardPage {
        waiting: found.queues.iter().map(|queue| queue.waiting).sum(),
        vouchers: found.queues.iter().map(|queue| queue.vouchers).sum(),
        free: found.queues.iter().map(|queue| queue.free).sum(),
        queues: found.queues.iter().map(|line| QueueCounts::new(p.language, line)).collect(),
        reviews: found.reviews,
        undelivered: found.undelivered,
        missing_files: found.missing_files,
        alarm: ledger::alarm(&app).await?,
        late: domain::late::count(&app).await?,
        p,
    })
}

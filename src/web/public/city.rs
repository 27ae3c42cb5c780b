//! The public queue, the figures of the city: plain pages without personal data.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::city::{self, Figures, HIDDEN_UNDER, PAGE, QueueLine, Turn};
use crate::fault::Failure;
use crate::locale::{date, fill};
use crate::rules::correction::CorrectionType;
use crate::web::address::Query;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;
use crate::web::{Routes, Who};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/queue", Who::Everybody, queues)
        .get("/{lang}/queue/{queue}", Who::Everybody, queue)
        .get("/{lang}/statistics", Who::Everybody, statistics)
}

#[derive(Template)]
#[template(path = "public/queues.html")]
struct Queues {
    p: Page,
    figures: Figures,
    statistics: bool,
}

fn queue_name(p: &Page, line: &QueueLine) -> String {
    let correction = line.correction_type.as_deref().and_then(|code| CorrectionType::parse(code).ok());
    match correction {
        Some(correction) => format!("{}: {}", p.w.apply.special, correction.name(p.language)),
        None => p.w.apply.general.clone(),
    }
}

/// Counts of families under five are hidden; counts of places are not.
fn count(p: &Page, waiting: i64) -> String {
    if waiting < HIDDEN_UNDER {
        fill(&p.w.city_pages.fewer, &[("n", &HIDDEN_UNDER.to_string())])
    } else {
        waiting.to_string()
    }
}

impl Queues {
    fn name(&self, line: &QueueLine) -> String {
        queue_name(&self.p, line)
    }

    fn waiting(&self, line: &QueueLine) -> String {
        count(&self.p, line.waiting)
    }

    fn total(&self) -> String {
        count(&self.p, self.figures.queues.iter().map(|line| line.waiting).sum())
    }

    fn free(&self) -> i64 {
        self.figures.queues.iter().map(|line| line.free).sum()
    }
}

async fn queues(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    show(&Queues {
        p: Page::new(&app, &visit),
        figures: city::figures(&app, visit.city).await?,
        statistics: false,
    })
}

async fn statistics(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    show(&Queues {
        p: Page::new(&app, &visit),
        figures: city::figures(&app, visit.city).await?,
        statistics: true,
    })
}

#[derive(Template)]
#[template(path = "public/queue.html")]
struct QueuePage {
    p: Page,
    line: QueueLine,
    turns: Vec<Turn>,
    page: i64,
}

impl QueuePage {
    fn name(&self) -> String {
        queue_name(&self.p, &self.line)
    }

    fn waiting(&self) -> String {
        count(&self.p, self.line.waiting)
    }

    fn place(&self, index: &usize) -> i64 {
        (self.page - 1) * PAGE + i64::try_from(*index).unwrap_or(0) + 1
    }

    fn day(&self, turn: &Turn) -> String {
        date::short(turn.submitted_on)
    }

    fn has_next(&self) -> bool {
        self.page < self.pages()
    }

    fn pages(&self) -> i64 {
        if self.turns.is_empty() { 1 } else { (self.line.waiting + PAGE - 1) / PAGE }
    }
}

async fn queue(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let id: i32 = id.parse().map_err(|_| Failure::NotFound)?;
    let page = query.page();
    let (line, turns) = city::order(&app, visit.city, id, page).await?;
    show(&QueuePage { p: Page::new(&app, &visit), line, turns, page })
}

//! Protocols of rounds for everybody: by handle, without anything by which a child could be found.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::city;
use crate::domain::round::{self, PAGE};
use crate::fault::Failure;
use crate::locale::fill;
use crate::rules::disclosure;
use crate::web::address::{self, Pager, Query};
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::protocol::{self, FamilyLine, PlaceLine, Reader, RoundLine};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "public/rounds.html")]
struct RoundsPage {
    p: Page,
    queue: String,
    back: String,
    title: String,
    rounds: Vec<RoundLine>,
    pager: Pager,
}

pub async fn list(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let id: i32 = id.parse().map_err(|_| Failure::NotFound)?;
    let queue = city::queue(&app, visit.city, id).await?;
    let (found, total) = round::list(&app, visit.city, Some(id), query.page()).await?;
    let p = Page::new(&app, &visit);
    let pages = round::pages(total);
    let name = super::queue::queue_name(&p, &queue);
    show(&RoundsPage {
        title: fill(&p.w.rounds.public_title, &[("queue", &name)]),
        back: format!("queue/{id}"),
        queue: name,
        rounds: found.iter().map(|one| RoundLine::new(&p, Reader::Everybody, one)).collect(),
        pager: Pager::new(
            p.url(&format!("queue/{id}/rounds")),
            Vec::new(),
            query.page().clamp(1, pages),
            pages,
        ),
        p,
    })
}

#[derive(Template)]
#[template(path = "public/round.html")]
struct RoundPage {
    p: Page,
    title: String,
    queue: String,
    back: String,
    how: String,
    waiting: String,
    places: Vec<PlaceLine>,
    /// Hidden when fewer than five waited.
    lines: Option<Vec<FamilyLine>>,
    /// As it was typed.
    typed: String,
    sought: Option<String>,
    found: bool,
    pager: Pager,
}

impl RoundPage {
    fn is_sought(&self, line: &FamilyLine) -> bool {
        self.sought.as_deref() == Some(line.handle.as_str())
    }
}

pub async fn one(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, queue, id)): Path<(String, String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let queue: i32 = queue.parse().map_err(|_| Failure::NotFound)?;
    let line = city::queue(&app, visit.city, queue).await?;
    let it = round::find(&app, address::id(&id)?).await?;
    if it.queue != queue {
        return Err(WebError::Failed(Failure::NotFound));
    }
    let p = Page::new(&app, &visit);
    let open = disclosure::shown(i64::from(it.waiting)).is_some();
    let typed = query.text("handle").to_owned();
    let sought = Some(super::queue::handle(&typed)).filter(|handle| open && !handle.is_empty());
    let there = match &sought {
        Some(handle) => round::ordinal_of(&app, &it, handle).await?,
        None => None,
    };
    let pages = if open { round::pages(round::line_count(&it)) } else { 1 };
    let at = there.map_or_else(|| query.page(), |ordinal| (ordinal - 1) / PAGE + 1).clamp(1, pages);
    let lines = if open { Some(round::lines(&app, &it, at).await?) } else { None };
    let head = RoundLine::new(&p, Reader::Everybody, &it);
    show(&RoundPage {
        title: protocol::title(&p, &it),
        queue: super::queue::queue_name(&p, &line),
        back: format!("queue/{queue}/rounds"),
        how: head.how,
        waiting: protocol::families(&p, Reader::Everybody, it.waiting),
        places: protocol::places(&p, &it.places.0),
        lines: lines
            .map(|lines| lines.iter().map(|line| FamilyLine::new(&p, Reader::Everybody, line)).collect()),
        typed,
        found: there.is_some(),
        sought,
        pager: Pager::new(p.url(&format!("queue/{queue}/rounds/{id}")), Vec::new(), at, pages),
        p,
    })
}

//! Rounds: their protocols, the dry run, and holding one by hand.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::round::{self, PAGE};
use crate::fault::Failure;
use crate::locale::fill;
use crate::web::address::{self, Pager, Query};
use crate::web::error::WebError;
use crate::web::form::Form;
use crate::web::page::{self, Page};
use crate::web::protocol::{self, FamilyLine, PlaceLine, Reader, RoundLine};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "operator/rounds.html")]
struct RoundsPage {
    p: Page,
    rounds: Vec<RoundLine>,
    pager: Pager,
}

pub async fn list(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let (found, total) = round::list(&app, Default::default(), None, query.page()).await?;
    let p = Page::new(&app, &signed.visit);
    let pages = round::pages(total);
    page::show(&RoundsPage {
        rounds: found.iter().map(|one| RoundLine::new(&p, Reader::Operator, one)).collect(),
        pager: Pager::new(p.url("operator/rounds"), Vec::new(), query.page().clamp(1, pages), pages),
        p,
    })
}

/// A protocol, and a dry run, which looks the same.
#[derive(Template)]
#[template(path = "operator/round.html")]
struct RoundPage {
    p: Page,
    title: String,
    queue: String,
    /// How it was held; none: it was not.
    how: Option<String>,
    vouchers_out: i64,
    waiting: i64,
    places: Vec<PlaceLine>,
    lines: Vec<FamilyLine>,
    /// What the button of a dry run carries.
    mark: Option<String>,
    calendar_unknown: bool,
    pager: Pager,
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let found = round::find(&app, address::id(&id)?).await?;
    let pages = round::pages(round::line_count(&found));
    let at = query.page().clamp(1, pages);
    let lines = round::lines(&app, &found, at).await?;
    let p = Page::new(&app, &signed.visit);
    let head = RoundLine::new(&p, Reader::Operator, &found);
    page::show(&RoundPage {
        title: protocol::title(&p, &found),
        queue: head.queue,
        how: Some(head.how),
        vouchers_out: i64::from(found.vouchers_out),
        waiting: i64::from(found.waiting),
        places: protocol::places(&p, &found.places.0),
        lines: lines.iter().map(|line| FamilyLine::new(&p, Reader::Operator, line)).collect(),
        mark: None,
        calendar_unknown: false,
        pager: Pager::new(p.url(&format!("operator/rounds/{id}")), Vec::new(), at, pages),
        p,
    })
}

fn queue_id(text: &str) -> Result<i32, WebError> {
    let id = text.parse().ok().filter(|id: &i32| id.to_string() == text);
    id.ok_or(WebError::Failed(Failure::NotFound))
}

/// What a round would do now: the same code decides, and nothing is saved.
pub async fn rehearse(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let found = round::rehearse(&app, queue_id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    let queue = protocol::queue_name(p.language, found.correction_type.as_deref());
    let pages = round::pages(i64::try_from(found.lines.len()).unwrap_or(i64::MAX));
    let at = query.page().clamp(1, pages);
    let page = usize::try_from(at - 1).unwrap_or(0);
    let rows = usize::try_from(PAGE).unwrap_or(1);
    let lines = found.lines.iter().skip(page * rows).take(rows);
    page::show(&RoundPage {
        title: fill(&p.w.rounds.dry_title, &[("queue", &queue)]),
        queue,
        how: None,
        vouchers_out: i64::try_from(found.vouchers_out).unwrap_or(i64::MAX),
        waiting: found.waiting,
        places: protocol::places(&p, &found.places),
        lines: lines.map(|line| FamilyLine::new(&p, Reader::Operator, line)).collect(),
        mark: Some(found.mark).filter(|_| !found.lines.is_empty()),
        calendar_unknown: found.calendar_unknown,
        pager: Pager::new(p.url(&format!("operator/queue/{id}/round")), Vec::new(), at, pages),
        p,
    })
}

/// Holds the round, and says so if it came out otherwise than the dry run showed.
pub async fn hold(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let queue = queue_id(&id)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    let (protocol, as_seen) = round::hold_seen(&mut work.tx, &work.deed, queue, form.text("mark")).await?;
    let p = Page::new(&app, &signed.visit);
    let done = if as_seen { "round_done" } else { "round_changed" };
    let to = match protocol {
        Some(protocol) => format!("operator/rounds/{protocol}?done={done}"),
        None => format!("operator/queue/{queue}/round?done=round_nothing"),
    };
    work.finish(p.url(&to)).await
}

//! How a place in the queue moved, day by day and why: a picture and the sentences beside it, on the application page for
//! the last days and on a page of its own for all of them.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{Days, NaiveDate};

use super::case;
use crate::app::SharedApp;
use crate::domain::place::{self, Step};
use crate::fault::Fault;
use crate::locale::{date, fill};
use crate::rules::deadline::almaty_day;
use crate::rules::queue_event::Cause;
use crate::web::address::{Pager, Query};
use crate::web::chart::{Chart, Series};
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::visit::Signed;

/// Days on one page of the whole history.
const PAGE_DAYS: u64 = 30;

/// What one day did, ready to be shown.
pub struct MoveLine {
    pub day: String,
    pub is_today: bool,
    /// «37 → 31», where the family stood there before and after.
    pub moved: Option<String>,
    /// Why; or what the family did itself.
    pub told: Vec<String>,
}

/// How a place moved in some days.
pub struct Moves {
    pub lines: Vec<MoveLine>,
    /// Our own SVG; none where there is nothing to draw yet.
    pub drawing: Option<String>,
}

impl Moves {
    /// `steps`: the latest first, none after `last`.
    pub fn new(p: &Page, steps: &[Step], first: NaiveDate, last: NaiveDate, today: NaiveDate) -> Self {
        let lines = steps.iter().filter_map(|step| line(p, step, today)).collect();
        Self { lines, drawing: drawing(p, steps, first, last) }
    }
}

fn line(p: &Page, step: &Step, today: NaiveDate) -> Option<MoveLine> {
    let mut told: Vec<String> = step.joined.map(|cause| joined(p, cause, step.from)).into_iter().collect();
    let causes: Vec<String> = step.causes.iter().map(|(cause, count)| why(p, cause, count)).collect();
    if !causes.is_empty() {
        told.push(causes.join(", "));
    }
    told.extend(step.left.map(|cause| left(p, cause)));
    let moved =
        (!causes.is_empty()).then(|| format!("{} → {}", date::grouped(step.from), date::grouped(step.to)));
    (!told.is_empty()).then(|| MoveLine {
        day: date::short(step.day),
        is_today: step.day == today,
        moved,
        told,
    })
}

/// «4 отбасы ваучер алды»; what moves the place back says by how much.
fn why(p: &Page, cause: Cause, count: i64) -> String {
    let w = &p.w.place;
    let words = match cause {
        Cause::Submitted | Cause::Confirmed => &w.ahead_confirmed,
        Cause::Returned => &w.ahead_returned,
        Cause::VoucherIssued => &w.ahead_voucher_issued,
        Cause::Withdrawn => &w.ahead_withdrawn,
        Cause::Outgrown => &w.ahead_outgrown,
        Cause::EnrolledElsewhere => &w.ahead_enrolled_elsewhere,
    };
    let told = words.of(p.language, count);
    if cause.step() > 0 { format!("{told} (+{count})") } else { told }
}

fn joined(p: &Page, cause: Cause, place: i64) -> String {
    let w = &p.w.place;
    let sentence = match cause {
        Cause::Confirmed => &w.joined_confirmed,
        Cause::Returned => &w.joined_returned,
        _ => &w.joined_submitted,
    };
    fill(sentence, &[("place", &date::grouped(place))])
}

fn left(p: &Page, cause: Cause) -> String {
    let w = &p.w.place;
    match cause {
        Cause::VoucherIssued => &w.left_voucher_issued,
        Cause::Outgrown => &w.left_outgrown,
        Cause::EnrolledElsewhere => &w.left_enrolled_elsewhere,
        _ => &w.left_withdrawn,
    }
    .clone()
}

/// The place at the end of each day; the line is broken where the family did not stand in the queue.
fn drawing(p: &Page, steps: &[Step], first: NaiveDate, last: NaiveDate) -> Option<String> {
    let end_of = |day: NaiveDate| {
        let latest = steps.iter().find(|step| step.day == day)?;
        // Places are small enough to be exact as `f64`.
        latest.left.is_none().then_some(latest.to as f64)
    };
    let since = steps.last()?.day.max(first);
    let days: Vec<NaiveDate> = since.iter_days().take_while(|day| *day <= last).collect();
    let values: Vec<Option<f64>> = days.iter().map(|day| end_of(*day)).collect();
    if values.iter().flatten().count() < 2 {
        return None;
    }
    let w = &p.w.place;
    let labels: Vec<String> = days.iter().map(|day| day.format("%d.%m").to_string()).collect();
    let chart = Chart {
        id: "moves",
        title: &w.title,
        description: &w.chart_about,
        labels: &labels,
        series: &[Series { name: w.chart_line.clone(), values }],
    };
    Some(chart.close_up())
}

#[derive(Template)]
#[template(path = "parent/place.html")]
struct PlacePage {
    p: Page,
    number: String,
    child: String,
    /// Only in the queue.
    place: Option<i64>,
    period: String,
    moves: Moves,
    pager: Pager,
}

/// The history of the place since the application was submitted.
pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let (seen, now) = case::see(&app, &signed, &number).await?;
    let today = almaty_day(now);
    let submitted = almaty_day(seen.view.submitted_at).min(today);
    let days = u64::try_from((today - submitted).num_days()).unwrap_or_default() + 1;
    let pages = i64::try_from(days.div_ceil(PAGE_DAYS)).unwrap_or(1);
    let turn = query.page().min(pages);
    let back = PAGE_DAYS * (turn - 1).unsigned_abs();
    let last = today - Days::new(back);
    let first = (last - Days::new(PAGE_DAYS - 1)).max(submitted);
    let mut steps = {
        let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
        place::history(&mut conn, seen.view.id, first, today).await?
    };
    steps.retain(|step| step.day <= last);
    let p = Page::new(&app, &signed.visit);
    let address = format!("{}/place", urls::application(p.language, &seen.view.number));
    page::show(&PlacePage {
        moves: Moves::new(&p, &steps, first, last, today),
        pager: Pager::new(address, Vec::new(), turn, pages),
        period: format!("{} – {}", date::short(first), date::short(last)),
        number: seen.view.number,
        child: seen.view.child_name,
        place: seen.view.place,
        p,
    })
}

//! The public queue: how many wait, in which order, by handle and day of submission; and one's own status by the number
//! of the receipt, without signing in. Nothing by which a child could be found.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::rounds;
use crate::app::SharedApp;
use crate::domain::city::{self, PAGE, QueueLine, Turn};
use crate::domain::lookup::{self, Asker};
use crate::fault::Failure;
use crate::locale::{date, fill, wording};
use crate::rules::correction::CorrectionType;
use crate::rules::disclosure;
use crate::rules::kindergarten::GroupKind;
use crate::rules::stage_name::StageName;
use crate::secrets;
use crate::web::address::{Pager, Query};
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{Page, show, show_again, show_later};
use crate::web::visit::Visit;
use crate::web::{Routes, Who};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get_public("/{lang}/queue", queues)
        .get("/{lang}/queue/find", Who::Everybody, ask)
        .post("/{lang}/queue/find", Who::Everybody, find)
        .get_public("/{lang}/queue/{queue}", queue)
        .get_public("/{lang}/queue/{queue}/rounds", rounds::list)
        .get_public("/{lang}/queue/{queue}/rounds/{round}", rounds::one)
}

/// «Жалпы кезек», or the special queue of a correction type.
pub fn queue_name(p: &Page, line: &QueueLine) -> String {
    let correction = line.correction_type.as_deref().and_then(|code| CorrectionType::parse(code).ok());
    match correction {
        Some(correction) => format!("{}: {}", p.w.apply.special, correction.name(p.language)),
        None => p.w.statistics.general.clone(),
    }
}

/// Counts of families under five are hidden.
fn count(p: &Page, waiting: i64) -> String {
    disclosure::shown(waiting).map_or_else(|| p.fewer(), |waiting| waiting.to_string())
}

#[derive(Template)]
#[template(path = "public/queues.html")]
struct QueuesPage {
    p: Page,
    queues: Vec<QueueLine>,
}

impl QueuesPage {
    fn name(&self, line: &QueueLine) -> String {
        queue_name(&self.p, line)
    }

    fn waiting(&self, line: &QueueLine) -> String {
        count(&self.p, line.waiting)
    }
}

async fn queues(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let mut queues = city::queues(&app, visit.city).await?;
    // The general queue first, then the correction types as every list has them.
    let kind = |line: &QueueLine| {
        GroupKind::all().position(|kind| kind.correction_type() == line.correction_type.as_deref())
    };
    queues.sort_by_key(kind);
    show(&QueuesPage { p: Page::new(&app, &visit), queues })
}

/// A handle that was looked for, and its place in this queue.
struct Sought {
    handle: String,
    place: Option<i64>,
}

#[derive(Template)]
#[template(path = "public/queue.html")]
struct QueuePage {
    p: Page,
    name: String,
    line: QueueLine,
    turns: Vec<Turn>,
    sought: Option<Sought>,
    /// As it was typed.
    typed: String,
    pager: Pager,
}

impl QueuePage {
    fn waiting(&self) -> String {
        fill(&self.p.w.public_queue.waiting_now, &[("waiting", &count(&self.p, self.line.waiting))])
    }

    fn caption(&self) -> String {
        fill(&self.p.w.public_queue.order_caption, &[("queue", &self.name)])
    }

    fn place(&self, index: &usize) -> i64 {
        (self.pager.page - 1) * PAGE + i64::try_from(*index).unwrap_or(0) + 1
    }

    fn day(&self, turn: &Turn) -> String {
        date::short(turn.submitted_on)
    }

    /// Everybody in the order has the same status.
    fn status(&self) -> &'static str {
        wording::stage(self.p.language, StageName::Queued)
    }

    fn is_sought(&self, turn: &Turn) -> bool {
        self.sought.as_ref().is_some_and(|sought| sought.handle == turn.handle)
    }

    fn found(&self) -> Option<String> {
        let sought = self.sought.as_ref()?;
        let place = sought.place?.to_string();
        Some(fill(&self.p.w.public_queue.handle_here, &[("handle", &sought.handle), ("place", &place)]))
    }
}

/// A handle as people type it: any case, spaces and dashes.
pub fn handle(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

async fn queue(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response, WebError> {
    let id: i32 = id.parse().map_err(|_| Failure::NotFound)?;
    let line = city::queue(&app, visit.city, id).await?;
    let typed = query.text("handle").to_owned();
    let sought = match handle(&typed) {
        _ if typed.is_empty() => None,
        handle => Some(Sought { place: city::place_of_handle(&app, &line, &handle).await?, handle }),
    };
    let pages = city::pages(&line);
    let there = sought.as_ref().and_then(|sought| sought.place).map(|place| (place - 1) / PAGE + 1);
    let page = there.unwrap_or_else(|| query.page()).clamp(1, pages);
    let turns = city::order(&app, &line, page).await?;
    let p = Page::new(&app, &visit);
    let pages = if turns.is_empty() { 1 } else { pages };
    let pager = Pager::new(p.url(&format!("queue/{id}")), Vec::new(), page, pages);
    show(&QueuePage { name: queue_name(&p, &line), p, line, turns, sought, typed, pager })
}

#[derive(Template)]
#[template(path = "public/find.html")]
struct FindPage {
    p: Page,
    a: Answers,
}

async fn ask(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    show(&FindPage { p: Page::new(&app, &visit), a: Answers::default() })
}

#[derive(Template)]
#[template(path = "public/found.html")]
struct FoundPage {
    p: Page,
    /// None: there is no such application.
    stage: Option<StageName>,
}

impl FoundPage {
    fn title(&self) -> &str {
        let w = &self.p.w.public_queue;
        if self.stage.is_some() { &w.found_title } else { &w.unknown_title }
    }

    fn status(&self) -> &'static str {
        self.stage.map_or("", |stage| wording::stage(self.p.language, stage))
    }
}

/// The answer is the page itself: the number stands in no address, no history and no log.
async fn find(State(app): State<SharedApp>, visit: Visit, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let mut a = form.answers();
    let typed = form.text("number");
    let Some(number) = secrets::parse_case_number(typed) else {
        let w = p.w;
        a.fail("number", if typed.is_empty() { &w.form.required } else { &w.public_queue.find_wrong });
        return show_again(&FindPage { p, a });
    };
    let who = Asker { browser: &visit.browser, address: visit.address, request: visit.request };
    match lookup::status(&app, &who, &number).await {
        Ok(stage) => show(&FoundPage { p, stage }),
        Err(failure) => show_later(&app, &visit, failure.into(), a, |a| FindPage { p, a }).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_it_is_typed() {
        assert_eq!(handle(" ab2c-d3 efgh "), "AB2CD3EFGH");
        assert_eq!(handle("белгі"), "");
    }
}

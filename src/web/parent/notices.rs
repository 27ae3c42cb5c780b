//! What this account was told, and how each text fared. Anybody signed in has such a page.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::app::SharedApp;
use crate::domain::{self, notice::TextState};
use crate::locale::wording;
use crate::rules::notice::Notice;
use crate::web::error::WebError;
use crate::web::form::Form;
use crate::web::page::{Page, show};
use crate::web::urls;
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "parent/notices.html")]
struct NoticesPage {
    p: Page,
    notices: Vec<Line>,
    /// The moment of the newest: what comes later was not seen on this page. Empty when all are read.
    newest: String,
}

struct Line {
    text: String,
    at: String,
    unread: bool,
    delivery: &'static str,
    delivery_at: String,
    /// The page of the case, if it is about one: its address, whose it is and its number.
    case: Option<(String, String)>,
    /// It is about a letter of theirs.
    letter: bool,
    /// It is about a paper of the wallet.
    paper: bool,
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let told = domain::notice::of_account(&app, signed.account).await?;
    let newest = told.first().filter(|_| told.iter().any(|notice| notice.unread));
    let newest = newest.map_or(String::new(), |n| n.at.to_rfc3339_opts(SecondsFormat::Micros, true));
    let notices = told.into_iter().map(|notice| line(&p, notice)).collect();
    show(&NoticesPage { p, notices, newest })
}

fn line(p: &Page, told: domain::notice::Shown) -> Line {
    let w = &p.w.notice;
    Line {
        text: wording::notice(p.language, &told.notice),
        at: p.moment(&told.at),
        unread: told.unread,
        delivery: match told.text {
            TextState::Kept => &w.state_kept,
            TextState::Queued => &w.state_queued,
            TextState::Sent => &w.state_sent,
            TextState::Delivered => &w.state_delivered,
            TextState::Failed => &w.state_failed,
        },
        delivery_at: p.moment(&told.text_since),
        letter: matches!(told.notice, Notice::LetterAnswered { .. }),
        paper: matches!(told.notice, Notice::PaperExpires { .. }),
        case: told.number.map(|number| {
            let child = told.child.map(|child| format!("{child}, ")).unwrap_or_default();
            (link(p, &told.notice, &number), format!("{child}{number}"))
        }),
    }
}

/// The page of the case as whoever was told sees it.
fn link(p: &Page, told: &Notice, number: &str) -> String {
    match told.is_to_kindergarten() {
        // The family's page is closed to it.
        _ if matches!(told, Notice::ContractLeft { .. }) => p.url("kindergarten"),
        true => p.url(&format!("kindergarten/families/{number}")),
        false => urls::application(p.language, number),
    }
}

/// Marks as read what the page showed.
pub async fn mark_read(
    State(app): State<SharedApp>,
    signed: Signed,
    form: Form,
) -> Result<Response, WebError> {
    let until: DateTime<Utc> = form.text("newest").parse().map_err(|_| WebError::Malformed)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::notice::mark_read(&mut work.tx, &work.deed, signed.account, until).await?;
    work.finish(urls::page(signed.visit.language, "notices")).await
}

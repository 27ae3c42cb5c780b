//! The status slip: one printed page with where an application stands today, in both languages, and a QR code to the page
//! that tells its status to whoever has the number.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::case::{TermBox, see};
use crate::app::SharedApp;
use crate::domain::application::Seen;
use crate::fault::Failure;
use crate::locale::words::Words;
use crate::locale::{date, wording, words};
use crate::rules::person::Language;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::qr::{self, Qr};
use crate::web::urls;
use crate::web::visit::Signed;

/// The slip in one of its languages.
struct Side {
    w: &'static Words,
    lang: &'static str,
    queue_type: &'static str,
    status: &'static str,
    place: Option<String>,
    term: Option<TermBox>,
    as_of: String,
}

impl Side {
    fn new(app: &SharedApp, it: &Seen, language: Language, now: DateTime<Utc>) -> Self {
        let w = words(language);
        Self {
            w,
            lang: language.as_str(),
            queue_type: if it.view.queue_type == "special" { &w.apply.special } else { &w.apply.general },
            status: wording::stage(language, it.stage.name()),
            place: it.view.place.map(date::grouped),
            term: TermBox::of(app, language, &it.stage, now),
            as_of: date::moment(now),
        }
    }
}

#[derive(Template)]
#[template(path = "parent/slip.html")]
struct Slip {
    p: Page,
    sides: [Side; 2],
    number: String,
    handle: String,
    /// Number and hash of its entry in the ledger, once it is linked.
    entry: Option<(i64, String)>,
    submitted: String,
    find: String,
    qr: Qr,
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (it, now) = see(&app, &signed, &number).await?;
    if !it.view.own {
        return Err(WebError::Failed(Failure::NotFound));
    }
    let language = signed.visit.language;
    let other = if language == Language::Kk { Language::Ru } else { Language::Kk };
    let find = format!("{}{}", app.config.base_url, urls::page(language, "queue/find"));
    page::show(&Slip {
        p: Page::new(&app, &signed.visit),
        sides: [language, other].map(|language| Side::new(&app, &it, language, now)),
        // The number stands behind the #: no server is sent it, no log keeps it.
        qr: qr::of(&format!("{find}#{}", it.view.number))?,
        find,
        submitted: date::moment(it.view.submitted_at),
        handle: it.view.public_handle,
        entry: it.receipt.number.zip(it.receipt.hash.as_ref().map(hex::encode)),
        number: it.view.number,
    })
}

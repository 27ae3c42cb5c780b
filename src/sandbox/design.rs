//! `/sandbox/design`: every part of the portal's look on one living page, drawn by the same templates and the same style
//! sheet as the pages themselves. `?lang=ru` for Russian.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::rules::person::Language;
use crate::web::address::Query;
use crate::web::error::WebError;
use crate::web::form::Answers;
use crate::web::page::{Page, show as show_page};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "sandbox/design.html")]
struct Design {
    p: Page,
    /// A form as it is first shown.
    a: Answers,
    /// The same form come back.
    wrong: Answers,
    colours: [&'static str; 14],
    icons: [&'static str; 11],
    options: [(&'static str, &'static str); 2],
}

const COLOURS: [&str; 14] = [
    "paper",
    "surface",
    "sunk",
    "ink",
    "soft",
    "line",
    "edge",
    "accent",
    "good",
    "good-soft",
    "act",
    "act-soft",
    "wrong",
    "term",
];

const ICONS: [&str; 11] =
    ["queue", "house", "chart", "talk", "place", "menu", "phone", "calendar", "book", "print", "paper"];

pub async fn show(
    State(app): State<SharedApp>,
    mut visit: Visit,
    query: Query,
) -> Result<Response, WebError> {
    visit.language = Language::parse(query.text("lang")).unwrap_or(visit.language);
    let p = Page::new(&app, &visit);
    let mut a = Answers::default();
    a.set("city", "kk");
    let mut wrong = a.clone();
    wrong.set("phone", "+7 9");
    wrong.fail("phone", &p.w.form.required);
    wrong.set_trouble(&p.w.errors.silent_text);
    let options = [("kk", p.w.apply.language_kk.as_str()), ("ru", p.w.apply.language_ru.as_str())];
    show_page(&Design { a, wrong, colours: COLOURS, icons: ICONS, options, p })
}

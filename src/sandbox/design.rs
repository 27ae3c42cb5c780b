//! `/sandbox/design`: every part of the portal's look on one living page, drawn by the same templates and the same style
//! sheet as the pages themselves. `?lang=ru` for Russian.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::rules::person::Language;
use crate::web::address::{Pager, Query};
use crate::web::chart::{Chart, Series};
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
    pager: Pager,
    lines: String,
    bars: String,
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
    let pager = Pager::new("/sandbox/design".to_owned(), Vec::new(), 2, 3);
    let (lines, bars) = charts(&p);
    show_page(&Design { pager, lines, bars, a, wrong, colours: COLOURS, icons: ICONS, options, p })
}

/// The two kinds of chart, one value hidden.
fn charts(p: &Page) -> (String, String) {
    let labels: Vec<String> = (1..=6).map(|month| format!("{month:02}.26")).collect();
    let of = |name: &str, values: [Option<f64>; 6]| Series { name: name.to_owned(), values: values.to_vec() };
    let series = [
        of(&p.w.apply.general, [Some(12.0), Some(18.0), Some(31.0), Some(27.0), Some(40.0), Some(36.0)]),
        of(&p.w.apply.special, [None, Some(6.0), Some(9.0), Some(8.0), Some(14.0), Some(11.0)]),
    ];
    let chart = |id| Chart {
        id,
        title: &p.w.home_page.statistics,
        description: &p.w.statistics.hidden_note,
        labels: &labels,
        series: &series,
    };
    (chart("lines").lines(), chart("bars").bars(&p.w.statistics.hidden))
}

//! Free places now, for people; and where machines find the same.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::open_data::{self, FreeRow};
use crate::locale::kindergarten as said;
use crate::rules::district::District;
use crate::rules::figure::Figure;
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;
use crate::web::Routes;
use crate::web::address::{Pager, Query};
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;

/// Rows on one page.
const ROWS: usize = 40;

pub fn routes(routes: Routes) -> Routes {
    routes.get_public("/{lang}/bulletin", page)
}

/// Free places of one kind, in words.
struct Line {
    address: String,
    name: String,
    district: String,
    kind: &'static str,
    language: &'static str,
    born: String,
    free: i64,
}

#[derive(Template)]
#[template(path = "public/bulletin.html")]
struct BulletinPage {
    p: Page,
    query: Query,
    districts: Vec<(&'static str, &'static str)>,
    kinds: Vec<(&'static str, &'static str)>,
    found: String,
    lines: Vec<Line>,
    pager: Pager,
    /// What it holds, and its address without the ending.
    data: Vec<(String, String)>,
}

impl BulletinPage {
    fn is(&self, name: &str, value: &str) -> bool {
        self.query.text(name) == value
    }

    fn any(&self) -> bool {
        District::parse(self.query.text("district")).is_ok()
            || GroupKind::parse(self.query.text("kind")).is_some()
    }

    fn address(&self, data: &str, kind: &str) -> String {
        format!("/api/v1/{data}.{kind}?city={}", self.p.city().code)
    }
}

fn line(p: &Page, row: FreeRow) -> Line {
    let language = p.language;
    Line {
        address: p.url(&format!("kindergartens/{}", row.kindergarten)),
        name: said::of_two(language, &row.name_kk, &row.name_ru).to_owned(),
        district: said::district(language, &row.district),
        kind: GroupKind::of(row.correction_type.as_deref()).map_or("", |kind| said::kind(language, kind)),
        language: Language::parse(&row.language).map_or("", |one| said::language(language, one)),
        born: said::born(language, (row.birth_year_from, row.birth_year_to)),
        free: row.free,
    }
}

async fn page(State(app): State<SharedApp>, visit: Visit, query: Query) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let district = District::parse(query.text("district")).ok();
    let kind = GroupKind::parse(query.text("kind"));
    let rows = open_data::free_places(&app, visit.city, district, kind).await?;
    let free = rows.iter().map(|row| row.free).sum();
    let pages = i64::try_from(rows.len().div_ceil(ROWS)).unwrap_or(1).max(1);
    let page = query.page().clamp(1, pages);
    let skipped = usize::try_from(page - 1).unwrap_or(0) * ROWS;
    let kept = ["district", "kind"].map(|name| (name, query.text(name).to_owned())).into();
    let w = &p.w.bulletin;
    let mut data = vec![
        (w.data_free.clone(), "free-places".to_owned()),
        (w.data_kindergartens.clone(), "kindergartens".to_owned()),
        (w.data_queues.clone(), "queues".to_owned()),
    ];
    let s = &p.w.statistics;
    for figure in Figure::ALL {
        let title = match figure {
            Figure::QueueLength => &s.queue_length,
            Figure::Vouchers => &s.vouchers,
            Figure::WaitingTime => &s.waiting_time,
            Figure::Places => &s.places,
            Figure::ReviewTime => &s.review_time,
        };
        let title = format!("{}: {title}", w.data_statistics);
        data.push((title, format!("statistics/{}", figure.as_str())));
    }
    show(&BulletinPage {
        districts: District::all().map(|one| (one.code(), one.name(p.language))).collect(),
        kinds: GroupKind::all().map(|one| (one.as_str(), said::kind(p.language, one))).collect(),
        found: w.found.of(p.language, free),
        lines: rows.into_iter().skip(skipped).take(ROWS).map(|row| line(&p, row)).collect(),
        pager: Pager::new(p.url("bulletin"), kept, page, pages),
        data,
        query,
        p,
    })
}

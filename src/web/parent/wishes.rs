//! The wishes of an application: up to five kindergartens in order, on the form and, until a voucher is issued, alone.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::application::{MOST_WISHES, Serving};
use crate::fault::Fault;
use crate::locale::{fill, kindergarten as said, words};
use crate::rules::district::District;
use crate::rules::person::Language;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::visit::Signed;

/// Up to so many kindergartens a list may stand on the page five times.
const SHORT_LIST: usize = 60;
const FIELDS: [&str; MOST_WISHES] = ["wish_1", "wish_2", "wish_3", "wish_4", "wish_5"];

/// By district: its name, then its kindergartens.
pub type Offered = Vec<(&'static str, Vec<(String, String)>)>;

/// In the order of the list of districts; within one as the catalogue sorts.
pub fn by_district(language: Language, serving: &[Serving]) -> Offered {
    let of = |district: District| {
        let there = serving.iter().filter(|one| one.district == district.code());
        let name = |one: &Serving| said::of_two(language, &one.name_kk, &one.name_ru).to_owned();
        (district.name(language), there.map(|one| (one.id.to_string(), name(one))).collect::<Vec<_>>())
    };
    District::all().map(of).filter(|(_, there)| !there.is_empty()).collect()
}

/// So many fields of wishes are shown. A long list is not written five times: one field more than are filled in.
pub fn shown(a: &Answers, offered: &Offered) -> usize {
    let offered: usize = offered.iter().map(|(_, of_district)| of_district.len()).sum();
    if offered <= SHORT_LIST {
        return MOST_WISHES;
    }
    let last = FIELDS.iter().rposition(|field| !a.value(field).is_empty() || a.error(field).is_some());
    last.map_or(1, |last| (last + 2).min(MOST_WISHES))
}

/// The fields with their labels.
pub fn fields(language: Language, shown: usize) -> impl Iterator<Item = (&'static str, String)> {
    let label = move |n: usize| fill(&words(language).apply.wish, &[("n", &n.to_string())]);
    (1..).zip(FIELDS).take(shown).map(move |(n, field)| (field, label(n)))
}

/// What was wished for, in order; every wrong field is told. `required`: at least one.
pub fn read(
    form: &Form,
    language: Language,
    serving: &[Serving],
    required: bool,
    a: &mut Answers,
) -> Vec<Uuid> {
    let w = &words(language).apply;
    let mut wishes: Vec<Uuid> = Vec::new();
    for field in FIELDS {
        let typed = form.text(field);
        if typed.is_empty() {
            continue;
        }
        match serving.iter().find(|one| one.id.to_string() == typed) {
            Some(one) if wishes.contains(&one.id) => a.fail(field, &w.e_wish_twice),
            Some(one) => wishes.push(one.id),
            None => a.fail(field, &w.e_wish_serves),
        }
    }
    if required && wishes.is_empty() && FIELDS.iter().all(|field| a.error(field).is_none()) {
        a.fail(FIELDS[0], &w.e_wish);
    }
    wishes
}

#[derive(Template)]
#[template(path = "parent/wishes.html")]
struct WishesPage {
    p: Page,
    a: Answers,
    number: String,
    kindergartens: Offered,
}

impl WishesPage {
    fn new(app: &SharedApp, signed: &Signed, a: Answers, number: String, serving: &[Serving]) -> Self {
        let kindergartens = by_district(signed.visit.language, serving);
        Self { p: Page::new(app, &signed.visit), a, number, kindergartens }
    }

    fn wishes(&self) -> impl Iterator<Item = (&'static str, String)> {
        fields(self.p.language, shown(&self.a, &self.kindergartens))
    }

    fn may_wish_more(&self) -> bool {
        shown(&self.a, &self.kindergartens) < MOST_WISHES
    }
}

pub async fn form(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let Some(wishes) = domain::application::wishes(&mut conn, &number, signed.account).await? else {
        return Ok(Redirect::to(&urls::application(signed.visit.language, &number)).into_response());
    };
    let mut a = Answers::default();
    for (field, wish) in FIELDS.iter().zip(&wishes.chosen) {
        a.set(field, wish.to_string());
    }
    page::show(&WishesPage::new(&app, &signed, a, number, &wishes.serving))
}

pub async fn change(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let found = domain::application::wishes(&mut conn, &number, signed.account).await?;
    drop(conn);
    let mut a = form.answers();
    let chosen = match &found {
        Some(wishes) => read(&form, signed.visit.language, &wishes.serving, true, &mut a),
        // The deed says why it is too late.
        None => Vec::new(),
    };
    if let Some(wishes) = &found {
        if form.ticked("more") {
            return page::show(&WishesPage::new(&app, &signed, a, number, &wishes.serving));
        }
        if !a.is_good() {
            return page::show_again(&WishesPage::new(&app, &signed, a, number, &wishes.serving));
        }
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::application::change_wishes(&mut work.tx, &work.deed, &number, &chosen).await?;
    work.finish(format!("{}?done=wishes_saved", urls::application(signed.visit.language, &number))).await
}

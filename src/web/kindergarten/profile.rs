//! What the kindergarten says of itself: where it is, who works there, whom it can let in.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::{Kindergarten, Profile};
use crate::locale::kindergarten as said;
use crate::locale::words::Words;
use crate::rules::facility::{Facility, HOURS, Specialist};
use crate::rules::kindergarten::office_phone;
use crate::rules::map::{Position, PositionError};
use crate::rules::person::Language;
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "kindergarten/profile.html")]
struct ProfilePage {
    p: Page,
    a: Answers,
    facts: FactLists,
    name: String,
    kindergarten: Kindergarten,
}

impl ProfilePage {
    async fn new(app: &SharedApp, signed: &Signed, a: Option<Answers>) -> Result<Self, WebError> {
        let kindergarten = domain::kindergarten::of(app, signed.kindergarten()?).await?;
        let p = Page::new(app, &signed.visit);
        let name = said::of_two(p.language, &kindergarten.name_kk, &kindergarten.name_ru).to_owned();
        let facts = FactLists::new(p.language);
        Ok(Self { a: a.unwrap_or_else(|| filled(&kindergarten)), facts, name, kindergarten, p })
    }
}

/// The longest way to a kindergarten, in characters.
const LONGEST_WAY: usize = 600;

/// The closed lists of the form: name of the field, label.
pub struct FactLists {
    pub facilities: Vec<(String, &'static str)>,
    pub therapists: Vec<(String, &'static str)>,
}

impl FactLists {
    pub fn new(language: Language) -> Self {
        Self {
            facilities: Facility::all().map(|one| (ticked(one), one.name(language))).collect(),
            therapists: Specialist::all().map(|one| (hours(one), one.name(language))).collect(),
        }
    }
}

fn ticked(one: Facility) -> String {
    format!("access_{}", one.code())
}

fn hours(one: Specialist) -> String {
    format!("hours_{}", one.code())
}

/// The form as the kindergarten stands.
pub fn filled(kindergarten: &Kindergarten) -> Answers {
    let (mut a, profile) = (Answers::default(), &kindergarten.profile);
    a.set("address_kk", &profile.address_kk);
    a.set("address_ru", &profile.address_ru);
    a.set("phone", &profile.phone);
    a.set("head_name", &profile.head_name);
    a.set("barrier_free", if profile.barrier_free { "yes" } else { "" });
    a.set("position", profile.position.map(|place| place.to_string()).unwrap_or_default());
    a.set("directions_kk", &profile.directions_kk);
    a.set("directions_ru", &profile.directions_ru);
    for one in &profile.accessibility {
        a.set(&ticked(*one), "yes");
    }
    for (one, week) in &profile.therapists {
        a.set(&hours(*one), week.to_string());
    }
    a
}

/// The fields the operator's form has too.
pub fn read(form: &Form, a: &mut Answers, w: &Words) -> Profile {
    let phone = office_phone(form.text("phone"));
    let profile = Profile {
        address_kk: fields::line(form, a, w, "address_kk", 200),
        address_ru: fields::line(form, a, w, "address_ru", 200),
        phone: phone.clone().unwrap_or_default(),
        head_name: fields::line(form, a, w, "head_name", 120),
        barrier_free: form.ticked("barrier_free"),
        position: position(form, a, w),
        directions_kk: fields::paragraphs(form, a, w, "directions_kk", LONGEST_WAY),
        directions_ru: fields::paragraphs(form, a, w, "directions_ru", LONGEST_WAY),
        accessibility: Facility::all().filter(|one| form.ticked(&ticked(*one))).collect(),
        therapists: therapists(form, a, w),
    };
    if phone.is_none() {
        a.fail("phone", &w.kindergarten_admin.phone_wrong);
    }
    for (empty, other) in [("directions_kk", "directions_ru"), ("directions_ru", "directions_kk")] {
        if form.text(empty).is_empty() && !form.text(other).is_empty() {
            a.fail(empty, &w.kindergarten_admin.other_language);
        }
    }
    profile
}

/// Empty: nobody knows yet.
fn position(form: &Form, a: &mut Answers, w: &Words) -> Option<Position> {
    let typed = form.text("position");
    if typed.is_empty() {
        return None;
    }
    let wrong = match Position::parse(typed) {
        Ok(place) => return Some(place),
        Err(PositionError::Malformed) => &w.kindergarten_admin.position_wrong,
        Err(PositionError::FarAway) => &w.kindergarten_admin.position_far,
    };
    a.fail("position", wrong);
    None
}

/// Empty: nobody of this profession works here.
fn therapists(form: &Form, a: &mut Answers, w: &Words) -> Vec<(Specialist, i32)> {
    let worked = Specialist::all().filter(|one| !form.text(&hours(*one)).is_empty());
    let wrong = &w.kindergarten_admin.hours_wrong;
    worked.map(|one| (one, fields::number(form, a, w, &hours(one), HOURS, wrong))).collect()
}

pub async fn show(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    page::show(&ProfilePage::new(&app, &signed, None).await?)
}

pub async fn save(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut answers = form.answers();
    let profile = read(&form, &mut answers, p.w);
    if !answers.is_good() {
        return page::show_again(&ProfilePage::new(&app, &signed, Some(answers)).await?);
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::kindergarten::change_profile(&mut work.tx, &work.deed, signed.kindergarten()?, &profile).await?;
    work.finish(p.url("kindergarten/profile?done=kindergarten_saved")).await
}

//! What the kindergarten says of itself: addresses, phone, head, barrier-free.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::{Kindergarten, Profile};
use crate::locale::kindergarten as said;
use crate::locale::words::Words;
use crate::rules::kindergarten::office_phone;
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
    name: String,
    kindergarten: Kindergarten,
}

impl ProfilePage {
    async fn new(app: &SharedApp, signed: &Signed, a: Option<Answers>) -> Result<Self, WebError> {
        let kindergarten = domain::kindergarten::of(app, signed.kindergarten()?).await?;
        let p = Page::new(app, &signed.visit);
        let name = said::of_two(p.language, &kindergarten.name_kk, &kindergarten.name_ru).to_owned();
        Ok(Self { a: a.unwrap_or_else(|| filled(&kindergarten)), name, kindergarten, p })
    }
}

/// The form as the kindergarten stands.
pub fn filled(kindergarten: &Kindergarten) -> Answers {
    let mut a = Answers::default();
    a.set("address_kk", &kindergarten.address_kk);
    a.set("address_ru", &kindergarten.address_ru);
    a.set("phone", &kindergarten.phone);
    a.set("head_name", &kindergarten.head_name);
    a.set("barrier_free", if kindergarten.barrier_free { "yes" } else { "" });
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
    };
    if phone.is_none() {
        a.fail("phone", &w.kindergarten_admin.phone_wrong);
    }
    profile
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

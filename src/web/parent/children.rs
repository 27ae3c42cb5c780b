//! «Менің балаларым»: the list, and adding a child whom the registry ties to this adult.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::child::{self, Checked, Child, ChildRefusal};
use crate::locale::words;
use crate::locale::words::Words;
use crate::rules::district::District;
use crate::rules::person::Sex;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{Page, show, show_again, show_later};
use crate::web::visit::Signed;
use crate::web::{Routes, Who, fields, urls};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/children", Who::Parent, list)
        .post("/{lang}/children", Who::Parent, save)
        .get("/{lang}/children/new", Who::Parent, open)
        .post("/{lang}/children/new", Who::Parent, check)
}

#[derive(Template)]
#[template(path = "parent/children.html")]
struct ListPage {
    p: Page,
    children: Vec<Child>,
}

impl ListPage {
    fn district(&self, child: &Child) -> &'static str {
        child.district.name(self.p.language)
    }
}

async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let children = child::list(&app, signed.account).await?;
    show(&ListPage { p: Page::new(&app, &signed.visit), children })
}

#[derive(Template)]
#[template(path = "parent/child_new.html")]
struct NewPage {
    p: Page,
    a: Answers,
}

/// What the registry says, to be looked over before it is saved.
#[derive(Template)]
#[template(path = "parent/child_found.html")]
struct FoundPage {
    p: Page,
    a: Answers,
    checked: Checked,
}

impl FoundPage {
    fn sex(&self) -> &str {
        match self.checked.sex() {
            Sex::Male => &self.p.w.password.male,
            Sex::Female => &self.p.w.password.female,
        }
    }

    fn patronymic(&self) -> &str {
        self.checked.kinship.child.patronymic.as_deref().unwrap_or_default()
    }

    fn district(&self) -> Option<&'static str> {
        self.checked.district().map(|district| district.name(self.p.language))
    }

    fn districts(&self) -> Vec<(&'static str, &'static str)> {
        District::all().map(|district| (district.code(), district.name(self.p.language))).collect()
    }
}

fn new_page(app: &SharedApp, signed: &Signed, a: Answers) -> NewPage {
    NewPage { p: Page::new(app, &signed.visit), a }
}

fn refusal_text(w: &Words, refusal: ChildRefusal) -> &str {
    match refusal {
        ChildRefusal::Iin(error) => fields::iin_error(w, error),
        ChildRefusal::NotPreschool => &w.children.not_preschool,
        ChildRefusal::AlreadyAdded => &w.children.already_added,
        ChildRefusal::NotFound => &w.children.not_found,
        ChildRefusal::NoDistrict => &w.children.district_needed,
    }
}

async fn open(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    show(&new_page(&app, &signed, Answers::default()))
}

fn refused(
    app: &SharedApp,
    signed: &Signed,
    mut a: Answers,
    refusal: ChildRefusal,
) -> Result<Response, WebError> {
    a.fail("iin", refusal_text(words(signed.visit.language), refusal));
    show_again(&new_page(app, signed, a))
}

/// Asks about the child of the form; `Err` is the page that says why not.
async fn checked(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    seal: &str,
) -> Result<Result<Checked, Response>, WebError> {
    let answer = child::check(app, signed.actor(), signed.visit.request, form.text("iin"), seal).await;
    match answer {
        Ok(Ok(checked)) => Ok(Ok(checked)),
        Ok(Err(refusal)) => refused(app, signed, form.answers(), refusal).map(Err),
        Err(failure) => {
            let page = |a| new_page(app, signed, a);
            show_later(app, &signed.visit, failure.into(), form.answers(), page).await.map(Err)
        }
    }
}

/// «ЖСН тексеру»: nothing is stored but the try.
async fn check(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    match checked(&app, &signed, &form, "").await? {
        Ok(checked) => show(&FoundPage { p: Page::new(&app, &signed.visit), a: form.answers(), checked }),
        Err(page) => Ok(page),
    }
}

/// «Сақтау»: the registry is asked again; nothing of the form is believed but that the IIN was checked before.
async fn save(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    if let Some(location) = form.effect(&app).await? {
        return Err(WebError::AlreadyDone { location });
    }
    let checked = match checked(&app, &signed, &form, form.text("seal")).await? {
        Ok(checked) => checked,
        Err(page) => return Ok(page),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let district = District::parse(form.text("district")).ok();
    match child::add(&mut work.tx, &work.deed, &checked, district).await? {
        Ok(_) => work.finish(urls::page(signed.visit.language, "children?done=child_added")).await,
        Err(ChildRefusal::NoDistrict) => no_district(&app, &signed, form.answers(), checked),
        Err(refusal) => refused(&app, &signed, form.answers(), refusal),
    }
}

fn no_district(
    app: &SharedApp,
    signed: &Signed,
    mut a: Answers,
    checked: Checked,
) -> Result<Response, WebError> {
    let p = Page::new(app, &signed.visit);
    a.fail("district", &p.w.children.district_needed);
    show_again(&FoundPage { p, a, checked })
}

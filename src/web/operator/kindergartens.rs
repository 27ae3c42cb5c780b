//! Kindergartens as the operator keeps them.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::groups::GroupPage;
use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::{Filter, Kindergarten, Order, Organisation};
use crate::locale::kindergarten as said;
use crate::locale::words::Words;
use crate::rules::district::District;
use crate::rules::iin::Bin;
use crate::rules::kindergarten::Ownership;
use crate::web::address::{self, Pager, Query};
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::group_form::{self, GroupLine};
use crate::web::kindergarten::profile;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

/// A kindergarten as a line of a table.
struct Line {
    address: String,
    name: String,
    district: String,
    ownership: String,
    groups: usize,
    free: i64,
}

#[derive(Template)]
#[template(path = "operator/kindergartens.html")]
struct ListPage {
    p: Page,
    typed: String,
    found: String,
    lines: Vec<Line>,
    pager: Pager,
}

pub async fn list(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let filter = Filter { words: query.words("name"), ..Filter::default() };
    let (city, page) = (Default::default(), query.page());
    let found = domain::kindergarten::catalogue(&app, city, &filter, Order::Name, p.language, page).await?;
    let sheet = found.sheet;
    let typed = query.text("name").to_owned();
    let lines = sheet.rows.iter().map(|row| Line {
        address: p.url(&format!("operator/kindergartens/{}", row.id)),
        name: said::of_two(p.language, &row.name_kk, &row.name_ru).to_owned(),
        district: said::district(p.language, &row.district),
        ownership: said::ownership_of(p.language, &row.ownership),
        groups: row.places.len(),
        free: row.places.iter().map(|places| places.free).sum(),
    });
    page::show(&ListPage {
        lines: lines.collect(),
        found: p.w.catalogue.found.of(p.language, sheet.total),
        pager: Pager::new(
            p.url("operator/kindergartens"),
            vec![("name", typed.clone())],
            sheet.page,
            sheet.pages(),
        ),
        typed,
        p,
    })
}

/// The form of a new kindergarten, and of one that is there with its groups.
#[derive(Template)]
#[template(path = "operator/kindergarten.html")]
struct KindergartenPage {
    p: Page,
    a: Answers,
    facts: profile::FactLists,
    districts: Vec<(&'static str, &'static str)>,
    owners: Vec<(&'static str, &'static str)>,
    id: Option<String>,
    bin: String,
    groups: Vec<GroupLine>,
}

impl KindergartenPage {
    fn new(p: Page, a: Answers, kindergarten: Option<&Kindergarten>) -> Self {
        let language = p.language;
        let groups = kindergarten.iter().flat_map(|kindergarten| &kindergarten.groups);
        Self {
            facts: profile::FactLists::new(language),
            districts: District::all().map(|district| (district.code(), district.name(language))).collect(),
            owners: Ownership::ALL.map(|owner| (owner.as_str(), said::ownership(language, owner))).into(),
            id: kindergarten.map(|kindergarten| kindergarten.id.to_string()),
            bin: kindergarten.map(|kindergarten| kindergarten.bin.clone()).unwrap_or_default(),
            groups: groups.map(|group| GroupLine::new(language, group)).collect(),
            a,
            p,
        }
    }
}

fn filled(kindergarten: &Kindergarten) -> Answers {
    let mut a = profile::filled(kindergarten);
    a.set("bin", &kindergarten.bin);
    a.set("name_kk", &kindergarten.name_kk);
    a.set("name_ru", &kindergarten.name_ru);
    a.set("district", &kindergarten.district);
    a.set("ownership", &kindergarten.ownership);
    a
}

/// What was typed, with a message at each wrong field.
fn read(form: &Form, w: &Words) -> Result<Organisation, Answers> {
    let mut answers = form.answers();
    let a = &mut answers;
    let bin = Bin::parse(form.text("bin")).ok();
    if bin.is_none() {
        a.fail("bin", &w.operator.bin_wrong);
    }
    let name_kk = fields::line(form, a, w, "name_kk", 150);
    let name_ru = fields::line(form, a, w, "name_ru", 150);
    let district = fields::one_of(form, a, w, "district", |code| District::parse(code).ok());
    let ownership = fields::one_of(form, a, w, "ownership", Ownership::parse);
    let profile = profile::read(form, a, w);
    match (bin, district, ownership) {
        (Some(bin), Some(district), Some(ownership)) if answers.is_good() => {
            Ok(Organisation { bin, name_kk, name_ru, district, ownership, profile })
        }
        _ => Err(answers),
    }
}

fn bin_taken(form: &Form, w: &Words) -> Answers {
    let mut answers = form.answers();
    answers.fail("bin", &w.operator.bin_taken);
    answers
}

pub async fn new(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    page::show(&KindergartenPage::new(Page::new(&app, &signed.visit), Answers::default(), None))
}

pub async fn add(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let new = match read(&form, p.w) {
        Ok(new) => new,
        Err(answers) => return page::show_again(&KindergartenPage::new(p, answers, None)),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let Some(id) = domain::kindergarten::add(&mut work.tx, &work.deed, &new).await? else {
        let answers = bin_taken(&form, p.w);
        return page::show_again(&KindergartenPage::new(p, answers, None));
    };
    work.finish(p.url(&format!("operator/kindergartens/{id}?done=kindergarten_saved"))).await
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::of(&app, address::id(&id)?).await?;
    page::show(&KindergartenPage::new(
        Page::new(&app, &signed.visit),
        filled(&kindergarten),
        Some(&kindergarten),
    ))
}

pub async fn change(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::of(&app, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    let new = match read(&form, p.w) {
        Ok(new) => new,
        Err(answers) => return page::show_again(&KindergartenPage::new(p, answers, Some(&kindergarten))),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    if domain::kindergarten::change(&mut work.tx, &work.deed, kindergarten.id, &new).await?.is_none() {
        let answers = bin_taken(&form, p.w);
        return page::show_again(&KindergartenPage::new(p, answers, Some(&kindergarten)));
    }
    work.finish(p.url(&format!("operator/kindergartens/{id}?done=kindergarten_saved"))).await
}

pub async fn new_group(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::open_one(&app, address::id(&id)?).await?;
    page::show(&GroupPage::new(Page::new(&app, &signed.visit), Answers::default(), &kindergarten, None))
}

pub async fn add_group(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::open_one(&app, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    let new = match group_form::read(&form, &signed) {
        Ok(new) => new,
        Err(answers) => return page::show_again(&GroupPage::new(p, answers, &kindergarten, None)),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::kindergarten::add_group(&mut work.tx, &work.deed, kindergarten.id, &new).await?;
    work.finish(p.url(&format!("operator/kindergartens/{id}?done=group_saved"))).await
}

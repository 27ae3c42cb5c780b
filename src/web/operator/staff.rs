//! Staff accounts: who may review, enrol, operate.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::staff::{Added, Known, Member, MemberRole, NewStaff, StaffRow};
use crate::fault::Failure;
use crate::locale::kindergarten as said;
use crate::locale::words::Words;
use crate::rules::iin::Bin;
use crate::web::address::{self, Pager, Query};
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

/// The roles of staff, in the order of the form.
const ROLES: [&str; 3] = ["doctor", "kindergarten", "operator"];

fn role_names(w: &'static Words) -> Vec<(&'static str, &'static str)> {
    ROLES.map(|role| (role, role_name(w, role))).into()
}

fn role_name(w: &'static Words, role: &str) -> &'static str {
    w.operator.roles.get(role).map_or("", String::as_str)
}

#[derive(Template)]
#[template(path = "operator/staff.html")]
struct ListPage {
    p: Page,
    typed: String,
    role: &'static str,
    roles: Vec<(&'static str, &'static str)>,
    staff: Vec<StaffRow>,
    pager: Pager,
}

impl ListPage {
    fn role_of(&self, row: &StaffRow) -> &'static str {
        role_name(self.p.w, &row.role)
    }

    fn name_of(&self, row: &StaffRow) -> String {
        [Some(&row.surname), Some(&row.name), row.patronymic.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn kindergarten_of(&self, row: &StaffRow) -> String {
        named(&self.p, &row.kindergarten_kk, &row.kindergarten_ru)
    }
}

fn named(p: &Page, kk: &Option<String>, ru: &Option<String>) -> String {
    said::of_two(p.language, kk.as_deref().unwrap_or_default(), ru.as_deref().unwrap_or_default()).to_owned()
}

pub async fn list(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let role = ROLES.into_iter().find(|role| *role == query.text("role"));
    let sheet = domain::staff::list(&app, role, &query.words("name"), query.page()).await?;
    let (typed, role) = (query.text("name").to_owned(), role.unwrap_or_default());
    let kept = vec![("name", typed.clone()), ("role", role.to_owned())];
    page::show(&ListPage {
        pager: Pager::new(p.url("operator/staff"), kept, sheet.page, sheet.pages()),
        roles: role_names(p.w),
        staff: sheet.rows,
        typed,
        role,
        p,
    })
}

#[derive(Template)]
#[template(path = "operator/staff_new.html")]
struct NewPage {
    p: Page,
    a: Answers,
    roles: Vec<(&'static str, &'static str)>,
}

impl NewPage {
    fn new(p: Page, a: Answers) -> Self {
        Self { roles: role_names(p.w), a, p }
    }
}

pub async fn new(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let mut a = Answers::default();
    for name in ["role", "bin"] {
        a.set(name, query.text(name));
    }
    page::show(&NewPage::new(Page::new(&app, &signed.visit), a))
}

/// The role, with the number of the kindergarten where it has one; the IIN, the phone.
fn read(form: &Form, w: &Words) -> Result<NewStaff, Answers> {
    let mut a = form.answers();
    let role = fields::one_of(form, &mut a, w, "role", |code| ROLES.into_iter().find(|role| *role == code));
    let bin = Bin::parse(form.text("bin")).ok().filter(|_| role == Some("kindergarten"));
    if role == Some("kindergarten") && bin.is_none() {
        a.fail("bin", &w.operator.bin_wrong);
    }
    let iin = fields::iin(form, "iin", w, &mut a);
    let phone = fields::phone(form, "phone", w, &mut a);
    match (role, iin, phone) {
        (Some(role), Some(iin), Some(phone)) if a.is_good() => Ok(NewStaff { role, iin, phone, bin }),
        _ => Err(a),
    }
}

pub async fn add(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let new = match read(&form, p.w) {
        Ok(new) => new,
        Err(answers) => return page::show_again(&NewPage::new(p, answers)),
    };
    let wrong = |p: Page, field: &str, text: &str| {
        let mut a = form.answers();
        a.fail(field, text);
        page::show_again(&NewPage::new(p, a))
    };
    let words = &p.w.operator;
    let person = match domain::staff::ask_registry(&app, &new.iin, &new.phone).await {
        Ok(Known::Person(person)) => person,
        Ok(Known::Nobody) => return wrong(p, "iin", &words.iin_unknown),
        Ok(Known::OtherPhone) => return wrong(p, "phone", &words.phone_other),
        Err(Failure::Silent(_)) => return silent(p, form.answers()),
        Err(failure) => return Err(failure.into()),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    match domain::staff::add(&mut work.tx, &work.deed, &new, &person).await? {
        Added::NoSuchKindergarten => wrong(p, "bin", &words.bin_unknown),
        Added::PhoneTaken => wrong(p, "phone", &words.phone_taken),
        _ => work.finish(p.url("operator/staff?done=staff_added")).await,
    }
}

/// The registry does not answer: the form again with everything typed, 503.
fn silent(p: Page, mut a: Answers) -> Result<Response, WebError> {
    a.fail("iin", &p.w.errors.silent_registry);
    let mut response = page::show_with(StatusCode::SERVICE_UNAVAILABLE, &NewPage::new(p, a))?;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    Ok(response)
}

#[derive(Template)]
#[template(path = "operator/member.html")]
struct MemberPage {
    p: Page,
    member: Member,
    /// Nobody closes the door behind themselves.
    oneself: bool,
}

impl MemberPage {
    fn role_of(&self, role: &MemberRole) -> &'static str {
        role_name(self.p.w, role.role.as_str())
    }

    fn kindergarten_of(&self, role: &MemberRole) -> String {
        named(&self.p, &role.kindergarten_kk, &role.kindergarten_ru)
    }
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let member = domain::staff::find(&app, address::id(&id)?).await?;
    let oneself = member.account == signed.account;
    page::show(&MemberPage { p: Page::new(&app, &signed.visit), member, oneself })
}

pub async fn disable(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::staff::disable(&mut work.tx, &work.deed, address::id(&id)?).await?;
    work.finish(Page::new(&app, &signed.visit).url(&format!("operator/staff/{id}?done=saved"))).await
}

pub async fn enable(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::staff::enable(&mut work.tx, &work.deed, address::id(&id)?).await?;
    work.finish(Page::new(&app, &signed.visit).url(&format!("operator/staff/{id}?done=saved"))).await
}

pub async fn remove_role(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    let role = address::id(form.text("role"))?;
    domain::staff::remove_role(&mut work.tx, &work.deed, address::id(&id)?, role).await?;
    // The last role gone, the page of this person is gone with it.
    work.finish(Page::new(&app, &signed.visit).url("operator/staff?done=saved")).await
}

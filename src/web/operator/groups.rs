//! A kindergarten's groups as the operator changes them: also where a voucher loses its place, after seeing whose.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use crate::app::SharedApp;
use crate::domain::kindergarten::{self, GroupChange, GroupRow, Kindergarten};
use crate::locale::kindergarten as said;
use crate::web::address;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::group_form::{self, GroupLists};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

/// The form of a group; new ones have none to close.
#[derive(Template)]
#[template(path = "operator/group.html")]
pub struct GroupPage {
    p: Page,
    a: Answers,
    lists: GroupLists,
    id: String,
    name: String,
    group: Option<GroupRow>,
    taken_note: Option<String>,
}

impl GroupPage {
    pub fn new(p: Page, a: Answers, kindergarten: &Kindergarten, group: Option<GroupRow>) -> Self {
        Self {
            name: said::of_two(p.language, &kindergarten.name_kk, &kindergarten.name_ru).to_owned(),
            lists: GroupLists::new(p.language),
            id: kindergarten.id.to_string(),
            taken_note: group.as_ref().and_then(|group| group_form::taken_note(p.language, group)),
            a,
            group,
            p,
        }
    }

    /// The kindergarten's own page.
    fn back(&self) -> String {
        format!("operator/kindergartens/{}", self.id)
    }

    fn address(&self) -> String {
        self.p.url(&self.back())
    }

    fn title(&self) -> &'static str {
        let w = &self.p.w.kindergarten_admin;
        if self.group.is_some() { &w.edit_title } else { &w.new_title }
    }
}

/// Whose voucher would lose its place; the same form again, with them in it.
#[derive(Template)]
#[template(path = "operator/group_sure.html")]
struct SurePage {
    p: Page,
    a: Answers,
    /// The form's fields, as they were sent.
    fields: &'static [&'static str],
    id: String,
    group: String,
    name: String,
    losers: Vec<String>,
}

impl SurePage {
    fn back(&self) -> String {
        format!("operator/kindergartens/{}", self.id)
    }

    fn address(&self) -> String {
        self.p.url(&self.back())
    }

    fn seen(&self) -> String {
        self.losers.join(" ")
    }

    fn families(&self) -> String {
        let count = i64::try_from(self.losers.len()).unwrap_or(i64::MAX);
        self.p.w.counts.families.of(self.p.language, count)
    }
}

const FIELDS: [&str; 6] = ["name", "kind", "language", "born_from", "born_to", "capacity"];

type Address = Path<(String, String, String)>;

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id, group)): Address,
) -> Result<Response, WebError> {
    let kindergarten = kindergarten::of(&app, address::id(&id)?).await?;
    let group = kindergarten::group(&app, kindergarten.id, address::id(&group)?).await?;
    let (p, a) = (Page::new(&app, &signed.visit), group_form::filled(&group));
    page::show(&GroupPage::new(p, a, &kindergarten, Some(group)))
}

pub async fn change(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id, group)): Address,
    form: Form,
) -> Result<Response, WebError> {
    let new = match group_form::read(&form, &signed) {
        Ok(new) => new,
        Err(answers) => {
            let kindergarten = kindergarten::of(&app, address::id(&id)?).await?;
            let group = kindergarten::group(&app, kindergarten.id, address::id(&group)?).await?;
            let p = Page::new(&app, &signed.visit);
            return page::show_again(&GroupPage::new(p, answers, &kindergarten, Some(group)));
        }
    };
    let ids = (address::id(&id)?, address::id(&group)?);
    apply(&app, &signed, &form, ids, GroupChange::To(&new), &FIELDS).await
}

pub async fn close(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id, group)): Address,
    form: Form,
) -> Result<Response, WebError> {
    let ids = (address::id(&id)?, address::id(&group)?);
    apply(&app, &signed, &form, ids, GroupChange::Close, &[]).await
}

async fn apply(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    (id, group): (Uuid, Uuid),
    change: GroupChange<'_>,
    fields: &'static [&'static str],
) -> Result<Response, WebError> {
    let p = Page::new(app, &signed.visit);
    let mut work = form.begin(app, &signed.visit).await?;
    let seen = form.text("seen");
    let losers = kindergarten::change_group_seeing(&mut work.tx, &work.deed, id, group, change, seen).await?;
    if losers.is_empty() {
        return work.finish(p.url(&format!("operator/kindergartens/{id}?done=group_saved"))).await;
    }
    // Nothing is kept: the transaction ends with the work.
    drop(work);
    let kindergarten = kindergarten::of(app, id).await?;
    let name = said::of_two(p.language, &kindergarten.name_kk, &kindergarten.name_ru).to_owned();
    let (id, group) = (id.to_string(), group.to_string());
    page::show_with(StatusCode::CONFLICT, &SurePage { a: form.answers(), fields, id, group, name, losers, p })
}

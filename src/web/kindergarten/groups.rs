//! The kindergarten's groups: how many places, for whom.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::{GroupChange, GroupRow};
use crate::web::address;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::group_form::{self, GroupLine, GroupLists};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "kindergarten/groups.html")]
struct GroupsPage {
    p: Page,
    groups: Vec<GroupLine>,
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::of(&app, signed.kindergarten()?).await?;
    let p = Page::new(&app, &signed.visit);
    let groups = kindergarten.groups.iter().map(|group| GroupLine::new(p.language, group)).collect();
    page::show(&GroupsPage { p, groups })
}

/// The form of a new group, and of one that is there.
#[derive(Template)]
#[template(path = "kindergarten/group.html")]
struct GroupPage {
    p: Page,
    a: Answers,
    lists: GroupLists,
    group: Option<GroupRow>,
    taken_note: Option<String>,
}

impl GroupPage {
    fn new(p: Page, a: Answers, group: Option<GroupRow>) -> Self {
        let taken_note = group.as_ref().and_then(|group| group_form::taken_note(p.language, group));
        Self { lists: GroupLists::new(p.language), a, group, taken_note, p }
    }
}

pub async fn new(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    page::show(&GroupPage::new(Page::new(&app, &signed.visit), Answers::default(), None))
}

pub async fn add(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let new = match group_form::read(&form, &signed) {
        Ok(new) => new,
        Err(answers) => return page::show_again(&GroupPage::new(p, answers, None)),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::kindergarten::add_group(&mut work.tx, &work.deed, signed.kindergarten()?, &new).await?;
    work.finish(p.url("kindergarten/groups?done=group_saved")).await
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let group = domain::kindergarten::group(&app, signed.kindergarten()?, address::id(&id)?).await?;
    page::show(&GroupPage::new(Page::new(&app, &signed.visit), group_form::filled(&group), Some(group)))
}

pub async fn change(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let (id, kindergarten) = (address::id(&id)?, signed.kindergarten()?);
    let p = Page::new(&app, &signed.visit);
    let new = match group_form::read(&form, &signed) {
        Ok(new) => new,
        Err(answers) => {
            let group = domain::kindergarten::group(&app, kindergarten, id).await?;
            return page::show_again(&GroupPage::new(p, answers, Some(group)));
        }
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let change = GroupChange::To(&new);
    domain::kindergarten::change_group(&mut work.tx, &work.deed, kindergarten, id, change).await?;
    work.finish(p.url("kindergarten/groups?done=group_saved")).await
}

pub async fn close(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    let (kindergarten, id) = (signed.kindergarten()?, address::id(&id)?);
    domain::kindergarten::change_group(&mut work.tx, &work.deed, kindergarten, id, GroupChange::Close)
        .await?;
    work.finish(Page::new(&app, &signed.visit).url("kindergarten/groups?done=group_saved")).await
}

//! «Құжаттарым»: the family's wallet of papers, kept once and reused in every contract.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use uuid::Uuid;

use super::upload;
use crate::app::SharedApp;
use crate::domain::child;
use crate::domain::paper::{self, PaperRow, Place};
use crate::fault::Failure;
use crate::locale::words::Words;
use crate::locale::{date, fill};
use crate::rules::deadline::almaty_day;
use crate::rules::document::DocumentKind;
use crate::rules::paper::{DateError, Dates, Expiry, Warning};
use crate::rules::person::Language;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;
use crate::web::{Routes, Who, again, urls};

/// What stands in an address for the parent's own papers.
const OWN: &str = "own";

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/documents", Who::Parent, list)
        .get("/{lang}/documents/{owner}/{kind}", Who::Parent, show)
        .post_files("/{lang}/documents/{owner}/{kind}", Who::Parent, save)
        .post("/{lang}/documents/{owner}/{kind}/remove", Who::Parent, remove)
        .get("/{lang}/documents/{owner}/{kind}/file", Who::Parent, file)
}

/// The place that an address names.
fn place(owner: &str, kind: &str) -> Result<Place, Failure> {
    let kind = DocumentKind::parse(kind).ok_or(Failure::NotFound)?;
    let child = match owner {
        OWN => None,
        id => Some(Uuid::parse_str(id).ok().filter(|it| it.to_string() == id).ok_or(Failure::NotFound)?),
    };
    Place::of(child, kind).ok_or(Failure::NotFound)
}

fn path(place: Place) -> String {
    let owner = place.child.map_or(OWN.to_owned(), |child| child.to_string());
    format!("documents/{owner}/{}", place.kind.as_str())
}

/// One place of the wallet as the list shows it.
pub struct Line {
    pub name: String,
    pub file: Option<String>,
    pub dates: String,
    /// The class of its tag and what it says.
    pub tag: (&'static str, String),
    pub path: String,
}

#[derive(Template)]
#[template(path = "parent/documents.html")]
struct ListPage {
    p: Page,
    /// Whose the papers are, and each place.
    owners: Vec<(String, Vec<Line>)>,
    has_children: bool,
}

struct Lines<'a> {
    language: Language,
    w: &'static Words,
    today: NaiveDate,
    settings: &'a crate::rules::settings::Settings,
    rows: &'a [PaperRow],
}

impl Lines<'_> {
    fn of(&self, child: Option<Uuid>) -> Vec<Line> {
        let kinds = DocumentKind::ALL.into_iter().filter_map(|kind| Place::of(child, kind));
        kinds.map(|place| self.line(place)).collect()
    }

    fn line(&self, place: Place) -> Line {
        let row = self.rows.iter().find(|row| row.child == place.child && row.kind == place.kind.as_str());
        let name = place.kind.name(self.language);
        let name = if place.kind.required() {
            name.to_owned()
        } else {
            format!("{name} ({})", self.w.contract.if_any)
        };
        Line {
            name,
            file: row.map(|row| row.name.clone()),
            dates: row.map(|row| dates_text(self.language, row)).unwrap_or_default(),
            tag: self.tag(row),
            path: path(place),
        }
    }

    fn tag(&self, row: Option<&PaperRow>) -> (&'static str, String) {
        let w = &self.w.papers;
        let Some(row) = row else { return ("", w.tag_missing.clone()) };
        let Some(expires_on) = row.expires_on else { return ("tag--good", w.tag_there.clone()) };
        if expires_on < self.today {
            return ("tag--act", w.tag_over.clone());
        }
        match Warning::due(self.today, expires_on, row.use_on, self.settings) {
            Some(Warning::BeforeUse) => ("tag--act", w.tag_before_use.clone()),
            Some(_) => ("tag--act", w.tag_soon.clone()),
            None => ("tag--good", w.tag_there.clone()),
        }
    }
}

fn dates_text(language: Language, row: &PaperRow) -> String {
    let w = &crate::locale::words(language).papers;
    let on = |sentence: &str, day: NaiveDate| fill(sentence, &[("day", &date::short(day))]);
    let issued = row.issued_on.map(|day| on(&w.issued_text, day));
    let expires = row.expires_on.map(|day| on(&w.expires_text, day));
    issued.into_iter().chain(expires).collect::<Vec<_>>().join(" ")
}

async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let (rows, children) =
        (paper::wallet(&app, signed.account).await?, child::list(&app, signed.account).await?);
    let now = super::case::now(&app, &signed).await?;
    let p = Page::new(&app, &signed.visit);
    let policy = app.policy();
    let lines =
        Lines { language: p.language, w: p.w, today: almaty_day(now), settings: &policy, rows: &rows };
    let own = (p.w.papers.own.clone(), lines.of(None));
    let of_children = children.iter().map(|child| (child.name.full(), lines.of(Some(child.id))));
    let owners = std::iter::once(own).chain(of_children).collect();
    page::show(&ListPage { owners, has_children: !children.is_empty(), p })
}

#[derive(Template)]
#[template(path = "parent/document.html")]
struct PaperPage {
    p: Page,
    a: Answers,
    place: Place,
    row: Option<PaperRow>,
    /// Whose it is.
    owner: String,
    hint: String,
}

impl PaperPage {
    fn name(&self) -> &'static str {
        self.place.kind.name(self.p.language)
    }

    fn path(&self, rest: &str) -> String {
        self.p.url(&format!("{}{rest}", path(self.place)))
    }

    fn expires(&self) -> bool {
        self.place.kind.expiry() != Expiry::Never
    }

    fn expires_hint(&self) -> &str {
        match self.place.kind.expiry() {
            Expiry::Always => &self.p.w.papers.expires_always,
            _ => &self.p.w.papers.expires_if_any,
        }
    }

    fn kept(&self) -> Option<String> {
        let name = self.a.value("paper_name");
        (!name.is_empty()).then(|| fill(&self.p.w.apply.file_kept, &[("name", name)]))
    }
}

/// What a form with papers says about its files.
pub fn files_hint(app: &SharedApp, language: Language) -> String {
    let (pdf, photo) = (app.policy().upload_megabytes.to_string(), app.policy().photo_megabytes.to_string());
    fill(&crate::locale::words(language).papers.files_hint, &[("pdf", &pdf), ("photo", &photo)])
}

async fn paper_page(
    app: &SharedApp,
    signed: &Signed,
    place: Place,
    row: Option<PaperRow>,
    a: Answers,
) -> Result<PaperPage, WebError> {
    let p = Page::new(app, &signed.visit);
    let owner = match place.child {
        None => p.w.papers.own.clone(),
        Some(id) => {
            let children = child::list(app, signed.account).await?;
            children.iter().find(|child| child.id == id).ok_or(Failure::NotFound)?.name.full()
        }
    };
    Ok(PaperPage { hint: files_hint(app, p.language), p, a, place, row, owner })
}

/// What is in the place now; another family's child is not there.
async fn found(app: &SharedApp, signed: &Signed, place: Place) -> Result<Option<PaperRow>, WebError> {
    let mut look = again::look(app, signed).await?;
    let row = paper::find(&mut look.tx, signed.account, place).await?;
    look.commit().await?;
    Ok(row)
}

type At = Path<(String, String, String)>;

async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, owner, kind)): At,
) -> Result<Response, WebError> {
    let place = place(&owner, &kind)?;
    let row = found(&app, &signed, place).await?;
    let mut a = Answers::default();
    let iso = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    a.set("issued_on", iso(row.as_ref().and_then(|row| row.issued_on)));
    a.set("expires_on", iso(row.as_ref().and_then(|row| row.expires_on)));
    page::show(&paper_page(&app, &signed, place, row, a).await?)
}

/// A date as a browser sends it, or as people write it.
fn read_date(form: &Form, name: &str, w: &Words, a: &mut Answers) -> Option<NaiveDate> {
    let typed = form.text(name);
    let day = ["%Y-%m-%d", "%d.%m.%Y"].into_iter().find_map(|it| NaiveDate::parse_from_str(typed, it).ok());
    if day.is_none() && !typed.is_empty() {
        a.fail(name, &w.papers.e_date);
    }
    day
}

/// The dates of a paper; their fields are called `<prefix>issued_on` and `<prefix>expires_on`.
pub fn read_dates(
    form: &Form,
    prefix: &str,
    kind: DocumentKind,
    today: NaiveDate,
    w: &Words,
    a: &mut Answers,
) -> Option<Dates> {
    let (issued, expires) = (format!("{prefix}issued_on"), format!("{prefix}expires_on"));
    let dates =
        Dates { issued_on: read_date(form, &issued, w, a), expires_on: read_date(form, &expires, w, a) };
    if a.error(&issued).is_some() || a.error(&expires).is_some() {
        return None;
    }
    let (field, sentence) = match dates.check(kind, today) {
        Ok(dates) => return Some(dates),
        Err(DateError::Issued) => (issued, &w.papers.e_issued),
        Err(DateError::ExpiryNeeded) => (expires, &w.papers.e_expiry_needed),
        Err(DateError::Expiry) => (expires, &w.papers.e_expiry),
        Err(DateError::Expired) => (expires, &w.papers.e_expired),
    };
    a.fail(&field, sentence);
    None
}

async fn save(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, owner, kind)): At,
    form: Form,
) -> Result<Response, WebError> {
    let place = place(&owner, &kind)?;
    let row = found(&app, &signed, place).await?;
    let mut a = form.answers();
    let w = crate::locale::words(signed.visit.language);
    let (fresh, file_status) = upload::take(&app, &signed, &form, "paper", &mut a).await?;
    if fresh.is_none() && row.is_none() && a.error("paper").is_none() {
        a.fail("paper", &w.papers.e_file);
    }
    let today = almaty_day(super::case::now(&app, &signed).await?);
    let dates = read_dates(&form, "", place.kind, today, w, &mut a);
    let Some(dates) = dates.filter(|_| a.is_good()) else {
        let status =
            file_status.filter(|_| a.errors().len() == 1).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        return page::show_with(status, &paper_page(&app, &signed, place, row, a).await?);
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    paper::save(&mut work.tx, &work.deed, signed.account, place, fresh.map(|it| it.id), dates).await?;
    work.finish(urls::page(signed.visit.language, "documents?done=paper_saved")).await
}

async fn remove(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, owner, kind)): At,
    form: Form,
) -> Result<Response, WebError> {
    let place = place(&owner, &kind)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    paper::remove(&mut work.tx, &work.deed, signed.account, place).await?;
    work.finish(urls::page(signed.visit.language, "documents?done=paper_removed")).await
}

async fn file(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, owner, kind)): At,
) -> Result<Response, WebError> {
    let place = place(&owner, &kind)?;
    let mut look = again::look(&app, &signed).await?;
    let row = paper::look(&mut look.tx, &look.deed, signed.account, place).await?;
    look.give(&app, &row).await
}

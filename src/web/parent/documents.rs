//! «Құжаттарым»: the family's wallet of papers, kept once and reused in every contract.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use uuid::Uuid;

use super::contract::why_returned;
use super::upload;
use crate::app::SharedApp;
use crate::domain::child;
use crate::domain::contract::AttachedDocument;
use crate::domain::paper::{self, PaperRow, Place, ToMendRow};
use crate::fault::Failure;
use crate::locale::words::Words;
use crate::locale::{after_colon, date, fill, words};
use crate::rules::deadline::almaty_day;
use crate::rules::document::DocumentKind;
use crate::rules::paper::{DateError, Dates, Expiry, Warning};
use crate::rules::person::Language;
use crate::rules::settings::Settings;
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
    pub tag: (&'static str, &'static str),
    pub path: String,
    pub backs: Vec<Back>,
}

/// A kindergarten sent a paper back: why, and where another one takes its place.
pub struct Back {
    pub text: String,
    pub fill: String,
    pub link: &'static str,
    /// The wallet has another file by now; the contract does not.
    replaced: bool,
}

fn backs(language: Language, rows: &[ToMendRow], place: Place, file: Option<Uuid>) -> Vec<Back> {
    let w = &words(language).papers;
    let back = |row: &ToMendRow| {
        let replaced = file.is_some() && file != row.file;
        let (text, link) = match replaced {
            true => (&w.back_replaced, &w.back_attach),
            false => (&w.back, &w.back_replace),
        };
        Back {
            text: fill(text, &[("why", &after_colon(&why_returned(language, &row.reason, &row.comment)))]),
            fill: format!("{}/contract/fill#{}", urls::application(language, &row.number), row.kind),
            link,
            replaced,
        }
    };
    rows.iter().filter(|row| row.is_of(place)).map(back).collect()
}

/// By which days a paper is judged.
pub struct Days<'a> {
    pub today: NaiveDate,
    /// The first day in the kindergarten.
    pub use_on: Option<NaiveDate>,
    pub settings: &'a Settings,
}

impl Days<'_> {
    /// What is to be said of the last day of a paper; nothing while it is far.
    pub fn warning(&self, w: &'static Words, expires_on: Option<NaiveDate>) -> Option<&'static str> {
        let (expires_on, w) = (expires_on?, &w.papers);
        if expires_on < self.today {
            return Some(&w.tag_over);
        }
        // Before its use the family needs another one, however far that day is.
        if self.use_on.is_some_and(|on| expires_on < on) {
            return Some(&w.tag_before_use);
        }
        Warning::due(self.today, expires_on, self.use_on, self.settings).map(|_| w.tag_soon.as_str())
    }
}

/// A paper of a contract, as both sides see it.
pub struct AttachedLine {
    pub kind: String,
    /// What it is, and the family's file.
    pub name: String,
    pub dates: String,
    pub warning: Option<&'static str>,
}

/// The papers of a contract; no `days`: it is concluded, and nobody is warned any more.
pub fn attached_lines(
    language: Language,
    attached: &[AttachedDocument],
    days: Option<&Days<'_>>,
) -> Vec<AttachedLine> {
    let line = |one: &AttachedDocument| {
        let kind = DocumentKind::parse(&one.kind).map_or("", |kind| kind.name(language));
        AttachedLine {
            kind: one.kind.clone(),
            name: format!("{kind}: {}", one.name),
            dates: dates_text(language, one.issued_on, one.expires_on),
            warning: days.and_then(|days| days.warning(words(language), one.expires_on)),
        }
    };
    attached.iter().map(line).collect()
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
    settings: &'a Settings,
    rows: &'a [PaperRow],
    to_mend: &'a [ToMendRow],
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
        let backs = backs(self.language, self.to_mend, place, row.map(|row| row.file));
        Line {
            name,
            file: row.map(|row| row.name.clone()),
            dates: row
                .map(|row| dates_text(self.language, row.issued_on, row.expires_on))
                .unwrap_or_default(),
            tag: if backs.iter().any(|back| !back.replaced) {
                ("tag--act", &self.w.papers.tag_returned)
            } else {
                self.tag(row)
            },
            path: path(place),
            backs,
        }
    }

    fn tag(&self, row: Option<&PaperRow>) -> (&'static str, &'static str) {
        let w = &self.w.papers;
        let Some(row) = row else { return ("", &w.tag_missing) };
        let days = Days { today: self.today, use_on: row.use_on, settings: self.settings };
        match days.warning(self.w, row.expires_on) {
            Some(warning) => ("tag--act", warning),
            None => ("tag--good", &w.tag_there),
        }
    }
}

/// «Дата выдачи: 05.05.2020. Действует до 05.05.2030.»
pub fn dates_text(language: Language, issued: Option<NaiveDate>, expires: Option<NaiveDate>) -> String {
    let w = &words(language).papers;
    let on = |sentence: &str, day: NaiveDate| fill(sentence, &[("day", &date::short(day))]);
    let issued = issued.map(|day| on(&w.issued_text, day));
    let expires = expires.map(|day| on(&w.expires_text, day));
    issued.into_iter().chain(expires).collect::<Vec<_>>().join(" ")
}

async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let (rows, children) =
        (paper::wallet(&app, signed.account).await?, child::list(&app, signed.account).await?);
    let to_mend = paper::to_mend(&app, signed.account).await?;
    let now = super::case::now(&app, &signed).await?;
    let p = Page::new(&app, &signed.visit);
    let policy = app.policy();
    let lines = Lines {
        language: p.language,
        w: p.w,
        today: almaty_day(now),
        settings: &policy,
        rows: &rows,
        to_mend: &to_mend,
    };
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
    backs: Vec<Back>,
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
    fill(&words(language).papers.files_hint, &[("pdf", &pdf), ("photo", &photo)])
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
    let to_mend = paper::to_mend(app, signed.account).await?;
    let backs = backs(p.language, &to_mend, place, row.as_ref().map(|row| row.file));
    Ok(PaperPage { hint: files_hint(app, p.language), p, a, place, row, owner, backs })
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
        Err(DateError::IssuedLater) => (issued, &w.papers.e_issued_later),
        Err(DateError::IssuedLongAgo) => (issued, &w.papers.e_issued_long_ago),
        Err(DateError::ExpiryNeeded) => (expires, &w.papers.e_expiry_needed),
        Err(DateError::ExpiryBeforeIssue) => (expires, &w.papers.e_expiry_before_issue),
        Err(DateError::ExpiryTooFar) => (expires, &w.papers.e_expiry_too_far),
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
    let w = words(signed.visit.language);
    let (fresh, file_status) = upload::take(&app, &signed, &form, "paper", &mut a).await?;
    if fresh.is_none() && row.is_none() && a.error("paper").is_none() {
        a.fail("paper", &w.papers.e_file);
    }
    let today = almaty_day(super::case::now(&app, &signed).await?);
    // Both may be no date at all.
    a.call("issued_on", &w.papers.issued);
    a.call("expires_on", &w.papers.expires);
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

//! What every page is given: words, language, the visitor, fresh form tokens; and how a template becomes an answer.
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::error::WebError;
use super::form::{self, Answers};
use super::statics;
use super::urls;
use super::visit::Visit;
use crate::app::SharedApp;
use crate::fault::{Failure, Fault};
use crate::locale::{self, words::Words};
use crate::rules::actor::Role;
use crate::rules::city::{CITIES, City};
use crate::rules::disclosure::HIDDEN_UNDER;
use crate::rules::person::Language;

/// The frame around a page.
#[derive(Clone)]
pub struct Page {
    pub w: &'static Words,
    pub language: Language,
    visit: Visit,
    app: SharedApp,
}

impl Page {
    pub fn new(app: &SharedApp, visit: &Visit) -> Self {
        Self {
            w: locale::words(visit.language),
            language: visit.language,
            visit: visit.clone(),
            app: app.clone(),
        }
    }

    pub fn lang(&self) -> &'static str {
        self.language.as_str()
    }

    /// The city this browser picked.
    pub fn city(&self) -> &'static City {
        self.visit.city
    }

    /// Where this page stands, for the way back from a page beside it: goes into a query.
    pub fn here(&self) -> String {
        let path = self.url(&self.visit.path);
        let whole = format!("{path}?{}", self.visit.query);
        if self.visit.query.is_empty() || urls::own_page(&whole).is_none() {
            return path;
        }
        whole.replace('?', "%3F").replace('&', "%26").replace('=', "%3D")
    }

    /// Said on every page while the city picked is not opened.
    pub fn not_opened(&self) -> String {
        let cities = CITIES.iter().filter(|city| city.opened).map(|city| city.name(self.language));
        let opened = cities.collect::<Vec<_>>().join(", ");
        locale::fill(&self.w.layout.city_not_opened, &[("city", self.city_name()), ("opened", &opened)])
    }

    /// «Алматы қ.»
    pub fn city_name(&self) -> &'static str {
        self.visit.city.name(self.language)
    }

    /// What stands for a count that is hidden: «5-тен аз».
    pub fn fewer(&self) -> String {
        locale::fill(&self.w.statistics.fewer, &[("n", &HIDDEN_UNDER.to_string())])
    }

    /// An address under the page's language.
    pub fn url(&self, path: &str) -> String {
        urls::page(self.language, path)
    }

    /// This page in the other language, query kept.
    pub fn in_language(&self, language: &str) -> String {
        let query =
            if self.visit.query.is_empty() { String::new() } else { format!("?{}", self.visit.query) };
        format!("/{language}/{}{query}", self.visit.path)
    }

    /// A fresh token: each form of a page has its own.
    pub fn token(&self) -> String {
        form::token(&self.app, &self.visit)
    }

    pub fn asset(&self, name: &str) -> String {
        statics::address(name)
    }

    pub fn signed_in(&self) -> bool {
        self.visit.signed_in.is_some()
    }

    pub fn name(&self) -> &str {
        self.visit.signed_in.as_ref().map_or("", |signed_in| signed_in.name.as_str())
    }

    pub fn unread(&self) -> i64 {
        self.visit.signed_in.as_ref().map_or(0, |signed_in| signed_in.unread)
    }

    pub fn is_parent(&self) -> bool {
        self.visit.role() == Some(Role::Parent)
    }

    pub fn is_doctor(&self) -> bool {
        self.visit.role() == Some(Role::Doctor)
    }

    pub fn is_kindergarten(&self) -> bool {
        matches!(self.visit.role(), Some(Role::Kindergarten(_)))
    }

    pub fn is_operator(&self) -> bool {
        self.visit.role() == Some(Role::Operator)
    }

    /// The operator of eGov mobile has agreed to it.
    pub fn signs_by_phone(&self) -> bool {
        self.app.config.egov_mobile.is_some()
    }

    /// A sentence about the app on the phone: people's keys are in one app, organisations' in the other.
    pub fn of_phone(&self, sentence: &str) -> String {
        let app = if self.is_kindergarten() { "eGov Business" } else { "eGov mobile" };
        locale::fill(sentence, &[("app", app)])
    }

    pub fn sandbox(&self) -> bool {
        self.app.config.sandbox
    }

    /// What the operator has to say on every page.
    pub fn banners(&self) -> std::sync::Arc<Vec<crate::rules::banner::Banner>> {
        self.app.banners.in_force()
    }

    pub fn said<'a>(&self, banner: &'a crate::rules::banner::Banner) -> &'a str {
        banner.text(self.language)
    }

    /// The menu entry of the section this page is in.
    pub fn in_section(&self, section: &str) -> bool {
        self.visit.path == section || self.visit.path.starts_with(&format!("{section}/"))
    }

    /// This very page.
    pub fn on_page(&self, path: &str) -> bool {
        self.visit.path == path
    }

    /// A deed that was just done, named in the address by a fixed word.
    pub fn done(&self) -> Option<&'static str> {
        let word = self.visit.query.split('&').find_map(|pair| pair.strip_prefix("done="))?;
        locale::wording::done(self.w, word)
    }

    /// Some deeds ask for the password again (`rules.md` 3.1): the field is part of their form.
    pub fn asks_password(&self) -> bool {
        let minutes = i64::from(self.app.policy().password_again_minutes);
        self.visit.signed_in.as_ref().is_some_and(|signed_in| {
            signed_in.now - signed_in.password_at > chrono::Duration::minutes(minutes)
        })
    }

    pub fn date(&self, day: &chrono::NaiveDate) -> String {
        locale::date::long(*day, self.language)
    }

    pub fn short_date(&self, day: &chrono::NaiveDate) -> String {
        locale::date::short(*day)
    }

    /// `14:05:30`
    pub fn clock(&self, at: &chrono::DateTime<chrono::Utc>) -> String {
        locale::date::clock_time(*at)
    }

    /// `2026-11-22T09:05:30Z`, for the browser's own counting.
    pub fn machine(&self, at: &chrono::DateTime<chrono::Utc>) -> String {
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    pub fn moment(&self, at: &chrono::DateTime<chrono::Utc>) -> String {
        locale::date::moment(*at)
    }
}

/// A page as an answer.
pub fn show(template: &impl Template) -> Result<Response, WebError> {
    show_with(StatusCode::OK, template)
}

/// The form again, with a message at each wrong field.
pub fn show_again(template: &impl Template) -> Result<Response, WebError> {
    show_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

pub fn show_with(status: StatusCode, template: &impl Template) -> Result<Response, WebError> {
    let html = template.render().map_err(|error| Fault::Broken(format!("template: {error}")))?;
    Ok((status, Html(html)).into_response())
}

/// A form that could not be served now (an outside service is silent, a limit, too much to do): shown again with what
/// was typed, and with `Retry-After`. Any other end of a deed stays what it is.
pub async fn show_later<T: Template>(
    app: &SharedApp,
    visit: &Visit,
    error: WebError,
    mut answers: Answers,
    page: impl FnOnce(Answers) -> T,
) -> Result<Response, WebError> {
    let WebError::Failed(failure) = &error else { return Err(error) };
    let seconds = match failure {
        Failure::Silent(_) | Failure::Busy => 30,
        Failure::TooOften { again_at } => seconds_until(app, *again_at).await,
        _ => return Err(error),
    };
    let status = error.status();
    answers.set_trouble(locale::wording::failure(visit.language, status.as_u16(), Some(failure)).1);
    let mut response = show_with(status, &page(answers))?;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

/// Whole seconds from now, at least one: for `Retry-After`.
pub async fn seconds_until(app: &SharedApp, at: chrono::DateTime<chrono::Utc>) -> i64 {
    crate::domain::moment::now(app).await.map_or(60, |now| (at - now).num_seconds().max(1))
}

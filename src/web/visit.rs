//! Who came, in which language, to which page: made once per request, before any handler.
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::net::IpAddr;
use tower_sessions::Session;
use uuid::Uuid;

use super::browser::set_cookie;
use super::error::WebError;
use super::session::{self, SignedIn};
use crate::app::SharedApp;
use crate::fault::Failure;
use crate::rules::actor::{Actor, Role};
use crate::rules::city::City;
use crate::rules::person::Language;

/// One request, seen from the portal.
#[derive(Debug, Clone)]
pub struct Visit {
    pub language: Language,
    /// The city this browser picked.
    pub city: &'static City,
    /// The path without its language, and the query: the language switch keeps both.
    pub path: String,
    pub query: String,
    pub signed_in: Option<SignedIn>,
    /// A random mark of this browser: forms and SMS codes are bound to it.
    pub browser: String,
    pub address: IpAddr,
    pub request: Uuid,
    pub user_agent: String,
}

impl Visit {
    pub fn role(&self) -> Option<Role> {
        self.signed_in.as_ref().and_then(SignedIn::role)
    }

    pub fn actor(&self) -> Option<Actor> {
        let signed_in = self.signed_in.as_ref()?;
        Some(Actor::Person { account: signed_in.account, role: signed_in.role()? })
    }

    /// What a form token is tied to: the session, or the browser of a visitor who has none.
    pub fn binder(&self) -> &[u8] {
        match &self.signed_in {
            Some(signed_in) => &signed_in.id_hash,
            None => self.browser.as_bytes(),
        }
    }
}

/// For how long a browser keeps its mark, its language and its city.
pub const COOKIE_DAYS: u32 = 400;

pub fn browser_cookie(tls: bool) -> &'static str {
    if tls { "__Host-browser" } else { "browser" }
}

fn language_cookie(tls: bool) -> &'static str {
    if tls { "__Host-language" } else { "language" }
}

pub fn city_cookie(tls: bool) -> &'static str {
    if tls { "__Host-city" } else { "city" }
}

/// The cookies of a visitor who has no session and nothing to be given.
pub struct Marks<'a> {
    pub city: &'static City,
    browser: bool,
    language: Option<&'a str>,
}

impl<'a> Marks<'a> {
    /// `None`: there is a cookie besides, perhaps of a session.
    pub fn of(headers: &'a HeaderMap, tls: bool) -> Option<Self> {
        let mut marks = Self { city: Default::default(), browser: false, language: None };
        for line in headers.get_all(header::COOKIE) {
            for cookie in line.to_str().ok()?.split(';') {
                let (name, value) = cookie.trim().split_once('=')?;
                match name {
                    name if name == browser_cookie(tls) => marks.browser = is_browser_mark(value),
                    name if name == language_cookie(tls) => marks.language = Some(value),
                    name if name == city_cookie(tls) => marks.city = City::parse(value).unwrap_or_default(),
                    _ => return None,
                }
            }
        }
        Some(marks)
    }

    /// A page at this path would give no other ones.
    pub fn are_set_for(&self, path: &str) -> bool {
        self.browser && self.language.is_some() && path.get(1..3) == self.language
    }
}

fn is_browser_mark(mark: &str) -> bool {
    mark.len() == 22 && mark.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Cookie, then `Accept-Language`, then Kazakh.
pub fn preferred_language(headers: &HeaderMap, tls: bool) -> Language {
    let jar = CookieJar::from_headers(headers);
    if let Some(language) = jar.get(language_cookie(tls)).and_then(|cookie| Language::parse(cookie.value())) {
        return language;
    }
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted
        .split(',')
        .find_map(|one| Language::parse(one.trim().get(..2)?.to_ascii_lowercase().as_str()))
        .unwrap_or(Language::Kk)
}

fn address(parts: &Parts) -> IpAddr {
    parts
        .extensions
        .get::<super::server::Peer>()
        .map_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), |peer| peer.0)
}

/// Fills in the [`Visit`] and gives the browser its mark.
pub async fn layer(State(app): State<SharedApp>, session: Session, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let tls = app.config.tls();
    let jar = CookieJar::from_headers(&parts.headers);
    let known = jar
        .get(browser_cookie(tls))
        .map(|cookie| cookie.value().to_owned())
        .filter(|mark| is_browser_mark(mark));
    let browser = known.clone().unwrap_or_else(|| URL_SAFE_NO_PAD.encode(app.secrets.token()));
    let path = parts.uri.path();
    // What everybody may keep for years carries nobody's mark.
    // A form that comes back with its mistakes stands where it stood: its deed's address cannot be opened.
    let page = if parts.method == Method::GET { path } else { super::form_page(path) };
    let marks = !path.starts_with("/static/");
    let in_path = path
        .get(1..3)
        .filter(|_| path.len() == 3 || path.as_bytes().get(3) == Some(&b'/'))
        .and_then(Language::parse);
    let visit = Visit {
        language: in_path.unwrap_or_else(|| preferred_language(&parts.headers, tls)),
        city: jar.get(city_cookie(tls)).and_then(|cookie| City::parse(cookie.value())).unwrap_or_default(),
        path: if in_path.is_some() { page.get(4..).unwrap_or_default().to_owned() } else { String::new() },
        query: parts.uri.query().unwrap_or_default().to_owned(),
        signed_in: session::signed_in(&session).await,
        browser,
        address: address(&parts),
        request: app.secrets.id(),
        user_agent: parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .chars()
            .take(300)
            .collect(),
    };
    let data = super::api::is_data(path) || super::mobile::is_mobile(path);
    parts.extensions.insert(visit.clone());
    if in_path.is_some() {
        crate::domain::banner::keep_fresh(&app).await;
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // What is for machines and for caches on the way marks nobody.
    if data {
        return response;
    }
    if known.is_none() && marks {
        set_cookie(&mut response, tls, browser_cookie(tls), &visit.browser, COOKIE_DAYS);
    }
    if in_path.is_some() && jar.get(language_cookie(tls)).map(|c| c.value()) != Some(visit.language.as_str())
    {
        set_cookie(&mut response, tls, language_cookie(tls), visit.language.as_str(), COOKIE_DAYS);
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().cloned().ok_or(WebError::Failed(Failure::NotFound))
    }
}

/// A signed-in visitor; the route's `Who` has already been checked.
#[derive(Debug, Clone)]
pub struct Signed {
    pub visit: Visit,
    pub account: Uuid,
    pub role: Role,
}

impl Signed {
    pub fn actor(&self) -> Actor {
        Actor::Person { account: self.account, role: self.role }
    }

    /// The kindergarten this person works for; not found for anybody else.
    pub fn kindergarten(&self) -> Result<Uuid, WebError> {
        self.role.kindergarten().ok_or(WebError::Failed(Failure::NotFound))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        let visit = Visit::from_request_parts(parts, state).await?;
        let (Some(signed_in), Some(role)) = (&visit.signed_in, visit.role()) else {
            return Err(WebError::SignedOut);
        };
        Ok(Self { account: signed_in.account, role, visit })
    }
}

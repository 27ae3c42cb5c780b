//! Public pages, kept whole in the process for a second and given to everybody who comes without a session.
//!
//! Nothing is ever invalidated: what is kept is thrown away before it can be a second behind, so that every page is
//! correct within a second of a change made anywhere, by any number of processes. However many ask at once, one draws.
//! A visitor who is signed in is drawn a page of their own, which nobody keeps.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::body::{self, Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use moka::future::Cache;
use sha2::{Digest, Sha256};

use super::api;
use super::encoding::{self, Coding};
use super::error::WebError;
use super::form;
use super::visit::{Marks, Visit};
use crate::app::App;
use crate::fault::Failure;
use crate::rules::city::City;

/// How old a kept page may be when it is given out.
pub const AGE: Duration = Duration::from_secs(1);
/// What all kept pages together may weigh, in bytes.
const MOST: u64 = 64 * 1024 * 1024;
/// A single page larger than this is not kept, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;
/// A page nobody asks for is let go after so long.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// Smaller answers are not squeezed, in bytes.
const WORTH_SQUEEZING: usize = 1024;
/// A page is squeezed once and sent many times within its second: harder than one that is drawn for one visitor.
const BROTLI: i32 = 5;
const GZIP: u32 = 6;

/// The kept pages of this process.
pub struct Pages {
    kept: Cache<String, Found>,
    age_ms: AtomicU64,
}

impl Default for Pages {
    fn default() -> Self {
        let kept = Cache::builder()
            .max_capacity(MOST)
            .weigher(|key: &String, found| weight(key, found))
            .time_to_live(FORGOTTEN)
            .build();
        Self { kept, age_ms: AtomicU64::new(AGE.as_millis().try_into().unwrap_or(u64::MAX)) }
    }
}

/// What stands under a key.
#[derive(Clone)]
enum Found {
    Kept(Arc<Kept>),
    /// Drawn at this moment, and not to be kept: an error, a page of one visitor's.
    Passed(Instant),
}

fn weight(key: &str, found: &Found) -> u32 {
    let body = match found {
        // The page as it is, and its two squeezed forms.
        Found::Kept(kept) => kept.body.len() * 3 / 2,
        Found::Passed(_) => 0,
    };
    u32::try_from(key.len() + body + 512).unwrap_or(u32::MAX)
}

impl Found {
    fn begun(&self) -> Instant {
        match self {
            Self::Kept(kept) => kept.begun,
            Self::Passed(begun) => *begun,
        }
    }
}

/// A whole answer, in up to three forms.
struct Kept {
    /// When drawing began: what the page says may be as old as that.
    begun: Instant,
    headers: HeaderMap,
    body: Bytes,
    brotli: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
}

impl Pages {
    /// Lets go of everything: the sandbox moved the clock.
    pub fn forget(&self) {
        self.kept.invalidate_all();
    }

    /// How long pages are kept from now on; [`AGE`] unless said otherwise. For no time: each visitor is drawn their own,
    /// as tests and the bench of drawing want it.
    pub fn keep_for(&self, age: Duration) {
        self.age_ms.store(age.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn is_stale(&self, found: &Found, now: Instant) -> bool {
        self.is_old(found.begun(), now)
    }

    fn is_old(&self, begun: Instant, now: Instant) -> bool {
        now.saturating_duration_since(begun).as_millis() >= u128::from(self.age_ms.load(Ordering::Relaxed))
    }

    /// The kept page of this key, drawn by `draw` when there is none or it is too old at `now`.
    /// `Err`: what was drawn for this very caller and is not kept; `Ok(None)`: it was drawn for another.
    async fn find(
        &self,
        key: String,
        now: Instant,
        draw: impl Future<Output = Response> + Send,
    ) -> Result<Option<Arc<Kept>>, Response> {
        if self.age_ms.load(Ordering::Relaxed) == 0 {
            return keep(draw.await, now).await.map(|kept| Some(Arc::new(kept)));
        }
        let found = match self.kept.get(&key).await.filter(|found| !self.is_stale(found, now)) {
            Some(found) => found,
            None => {
                let mut own = None;
                let fill = async {
                    match keep(draw.await, now).await {
                        Ok(kept) => Found::Kept(Arc::new(kept)),
                        Err(response) => {
                            own = Some(response);
                            Found::Passed(now)
                        }
                    }
                };
                let entry = self.kept.entry(key).or_insert_with_if(fill, |found| self.is_stale(found, now));
                let found = entry.await.into_value();
                if let Some(own) = own {
                    return Err(own);
                }
                found
            }
        };
        Ok(match found {
            Found::Kept(kept) => Some(kept),
            Found::Passed(_) => None,
        })
    }
}

/// What a page depends on. Banners stand on every page: a page drawn before one came is another page.
fn key(app: &App, city: &City, uri: &Uri) -> String {
    let mut key = format!("{} {}?{}", city.code, uri.path(), uri.query().unwrap_or_default());
    for banner in app.banners.in_force().iter() {
        key.push(' ');
        key.push_str(&banner.text_kk);
    }
    key
}

/// What is kept for this request, if it comes without a session and its page would give it nothing to keep.
pub async fn at_once(app: &App, pages: &Pages, request: &Parts) -> Option<Response> {
    let (uri, headers) = (&request.uri, &request.headers);
    if request.method != Method::GET || super::host(app, headers, uri).is_err() {
        return None;
    }
    let data = api::is_data(uri.path());
    let marks = Marks::of(headers, app.config.tls())?;
    if !data && !marks.are_set_for(uri.path()) {
        return None;
    }
    match pages.kept.get(&key(app, marks.city, uri)).await? {
        Found::Kept(kept) if !pages.is_old(kept.begun, Instant::now()) => Some(kept.answer(headers, data)),
        _ => None,
    }
}

/// Answers a request for a public page: from what is kept, or by `draw`.
pub async fn answer<F>(app: &App, pages: &Pages, request: Request, draw: impl Fn(Request) -> F) -> Response
where
    F: Future<Output = Response> + Send,
{
    let Some(visit) = request.extensions().get::<Visit>() else {
        return WebError::Failed(Failure::NotFound).into_response();
    };
    if visit.signed_in.is_some() {
        return draw(request).await;
    }
    let uri = request.uri();
    let data = api::is_data(uri.path());
    let key = key(app, visit.city, uri);
    let asked = request.headers().clone();
    let (mut parts, _) = request.into_parts();
    // The body of a HEAD is that of the GET; whoever is outside cuts it off.
    parts.method = Method::GET;
    let first = Request::from_parts(parts.clone(), Body::empty());
    match pages.find(key, Instant::now(), draw(first)).await {
        Ok(Some(kept)) => kept.answer(&asked, data),
        Ok(None) => draw(Request::from_parts(parts, Body::empty())).await,
        Err(own) => own,
    }
}

/// A good answer that is the same for everybody, made whole; any other comes back as it was.
async fn keep(response: Response, begun: Instant) -> Result<Kept, Response> {
    let small = response.body().size_hint().upper().is_some_and(|size| size <= LARGEST);
    let marks = response.headers().contains_key(header::SET_COOKIE);
    if response.status() != StatusCode::OK || marks || !small {
        return Err(response);
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = body::to_bytes(body, LARGEST as usize).await else {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    // A form's token is one visitor's: such a page stays theirs.
    if holds(&body, form::TOKEN.as_bytes()) {
        return Err(Response::from_parts(parts, Body::from(body)));
    }
    let mut headers = parts.headers;
    headers.remove(header::CONTENT_LENGTH);
    let hash = hex::encode(&Sha256::digest(&body)[..12]);
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{hash}\"")) {
        headers.insert(header::ETAG, tag);
    }
    Ok(Kept { begun, headers, body, brotli: OnceLock::new(), gzip: OnceLock::new() })
}

fn holds(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|part| part == word)
}

impl Kept {
    /// The page in the form this client takes, or word that it has it already.
    fn answer(&self, asked: &HeaderMap, data: bool) -> Response {
        let mut headers = self.headers.clone();
        let (cache, vary) = if data {
            ("public, max-age=10", "accept-encoding")
        } else {
            ("no-cache", "cookie, accept-encoding")
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static(vary));
        if self.is_known(asked) {
            headers.remove(header::CONTENT_TYPE);
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let (coding, body) = self.form(Coding::of(asked));
        if let Some(name) = coding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        (headers, body).into_response()
    }

    fn form(&self, coding: Coding) -> (Coding, Bytes) {
        let squeezed = match coding {
            _ if self.body.len() < WORTH_SQUEEZING => None,
            Coding::Plain => None,
            Coding::Brotli => self.brotli.get_or_init(|| encoding::brotli(&self.body, BROTLI)).clone(),
            Coding::Gzip => self.gzip.get_or_init(|| encoding::gzip(&self.body, GZIP)).clone(),
        };
        squeezed.map_or_else(|| (Coding::Plain, self.body.clone()), |body| (coding, body))
    }

    /// `If-None-Match`, compared weakly.
    fn is_known(&self, asked: &HeaderMap) -> bool {
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let Some(own) = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(opaque) else {
            return false;
        };
        let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(|list| list.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    async fn text(pages: &Pages, at: Instant, text: &str) -> String {
        let page = text.to_owned();
        match pages.find("k".to_owned(), at, async move { page.into_response() }).await {
            Ok(Some(kept)) => String::from_utf8_lossy(&kept.body).into_owned(),
            Ok(None) => "another's".to_owned(),
            Err(own) => format!("own {}", own.status()),
        }
    }

    #[tokio::test]
    async fn a_page_is_never_a_second_behind() {
        let (pages, begun) = (Pages::default(), Instant::now());
        let after = |ms| begun + Duration::from_millis(ms);
        assert_eq!(text(&pages, begun, "one").await, "one");
        assert_eq!(text(&pages, after(999), "two").await, "one");
        assert_eq!(text(&pages, after(1000), "three").await, "three");
        assert_eq!(text(&pages, after(1500), "four").await, "three");
        pages.forget();
        assert_eq!(text(&pages, after(1600), "five").await, "five");
    }

    #[tokio::test]
    async fn however_many_ask_at_once_one_draws() {
        let (pages, drawn, now) = (Arc::new(Pages::default()), Arc::new(AtomicUsize::new(0)), Instant::now());
        let asks = (0..50).map(|_| {
            let (pages, drawn) = (pages.clone(), drawn.clone());
            tokio::spawn(async move {
                let draw = async {
                    drawn.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    "page".into_response()
                };
                pages.find("k".to_owned(), now, draw).await.is_ok_and(|kept| kept.is_some())
            })
        });
        let all = futures_util::future::join_all(asks).await;
        assert!(all.into_iter().all(|one| one.is_ok_and(|kept| kept)));
        assert_eq!(drawn.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn errors_cookies_and_forms_are_nobody_elses() {
        let (pages, now) = (Pages::default(), Instant::now());
        for (key, response) in [
            ("error", StatusCode::NOT_FOUND.into_response()),
            ("cookie", ([(header::SET_COOKIE, "a=b")], "x").into_response()),
            ("form", "<input name=\"form_token\" value=\"1\">".into_response()),
        ] {
            assert!(pages.find(key.to_owned(), now, async { response }).await.is_err(), "{key}");
            let another = pages.find(key.to_owned(), now, async { "x".into_response() }).await;
            assert!(matches!(another, Ok(None)), "{key}");
        }
    }

    #[tokio::test]
    async fn a_client_that_has_the_page_is_told_so() {
        let kept =
            keep("Кезек".repeat(300).into_response(), Instant::now()).await.unwrap_or_else(|_| panic!());
        let tag = kept.headers[header::ETAG].clone();
        let ask = |name, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            kept.answer(&headers, false)
        };
        let strong = tag.to_str().unwrap().replace("W/", "");
        for known in [tag.to_str().unwrap(), &strong, "*", &format!("\"x\", {strong}")] {
            let answer = ask(header::IF_NONE_MATCH, known);
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(answer.headers()[header::ETAG], tag);
        }
        assert_eq!(ask(header::IF_NONE_MATCH, "\"x\"").status(), StatusCode::OK);
        let squeezed = ask(header::ACCEPT_ENCODING, "gzip, br");
        assert_eq!(squeezed.headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(squeezed.headers()[header::VARY], "cookie, accept-encoding");
        assert_eq!(
            kept.answer(&HeaderMap::new(), true).headers()[header::CACHE_CONTROL],
            "public, max-age=10"
        );
    }
}

//! What people see. Every route says who may; the table of routes is printed by `balabaqsha routes`.
pub mod address;
pub mod again;
pub mod api;
pub mod browser;
pub mod cache;
pub mod chart;
pub mod doctor;
pub mod encoding;
pub mod error;
pub mod fields;
pub mod form;
pub mod group_form;
mod ics;
mod key_check;
pub mod kindergarten;
pub mod map;
pub mod mobile;
pub mod operator;
pub mod page;
pub mod parent;
mod phone_signing;
pub mod protocol;
pub mod public;
pub mod qr;
pub mod server;
pub mod session;
pub mod statics;
pub mod urls;
pub mod versions;
pub mod visit;

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};
use tower::{ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, Predicate};
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::{App, SharedApp};
use crate::fault::{Failure, Fault};
use crate::rules::actor::Role;
use crate::rules::refusal::Refusal;
use cache::Pages;
use error::{Told, WebError};
use page::Page;
use visit::Visit;

/// Who may open a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Everybody,
    SignedIn,
    Parent,
    Doctor,
    Kindergarten,
    Operator,
    /// The sandbox answers this machine only.
    Loopback,
}

impl Who {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::SignedIn => "signed in",
            Self::Parent => "parent",
            Self::Doctor => "doctor",
            Self::Kindergarten => "kindergarten",
            Self::Operator => "operator",
            Self::Loopback => "loopback",
        }
    }

    fn admits(self, role: Role) -> bool {
        match self {
            Self::Everybody | Self::SignedIn | Self::Loopback => true,
            Self::Parent => role == Role::Parent,
            Self::Doctor => role == Role::Doctor,
            Self::Kindergarten => matches!(role, Role::Kindergarten(_)),
            Self::Operator => role == Role::Operator,
        }
    }
}

/// A line of the route table.
#[derive(Debug, Clone)]
pub struct RouteLine {
    pub method: Method,
    pub path: String,
    pub who: Who,
}

/// The largest body of a form without files, in bytes.
const FORM_BODY: usize = 64 * 1024;
/// The largest body of a form with files: six papers of a contract at their limit, and a file over its limit is still
/// read, so that the form can come back with everything else in it.
const FILES_BODY: usize = 126 * 1024 * 1024;

/// A body up to so many bytes comes quickly over any line.
const LARGEST_QUICK: usize = 1024 * 1024;
/// A request is answered within this time …
const FORM_TIME: Duration = Duration::from_secs(30);
/// … and one with files, from a phone far from the mast, within this.
const FILES_TIME: Duration = Duration::from_secs(5 * 60);

fn within(time: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time)
}

/// The router and its table, built together so that neither can know a route the other does not.
#[derive(Default)]
pub struct Routes {
    router: Router<SharedApp>,
    table: Vec<RouteLine>,
}

impl Routes {
    pub fn get<H, T>(self, path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        self.add(Method::GET, MethodFilter::GET, path, who, handler)
    }

    /// A page or a list for everybody that is the same for every visitor of a city: kept for a second and given to all
    /// who come without a session ([`cache`]). Not for pages with a form that is posted: its token is one visitor's.
    pub fn get_public<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        let kept = move |State(app): State<SharedApp>, Extension(pages): KeptPages, request: Request| {
            let (handler, state) = (handler.clone(), app.clone());
            async move {
                let draw = |request| handler.clone().call(request, state.clone());
                cache::answer(&app, &pages, request, draw).await
            }
        };
        self.get(path, Who::Everybody, kept)
    }

    pub fn post<H, T>(self, path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        self.add(Method::POST, MethodFilter::POST, path, who, handler)
    }

    /// A form that carries files: its body may be larger.
    pub fn post_files<H, T>(self, path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        self.add_limited((Method::POST, MethodFilter::POST), path, who, handler, FILES_BODY)
    }

    /// The same for everybody, who may send less.
    pub fn post_files_up_to<H, T>(self, path: &str, who: Who, most: usize, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        self.add_limited((Method::POST, MethodFilter::POST), path, who, handler, most)
    }

    /// What a machine brings, up to so many bytes.
    pub fn put_up_to<H, T>(self, path: &str, who: Who, most: usize, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        self.add_limited((Method::PUT, MethodFilter::PUT), path, who, handler, most)
    }

    fn add<H, T>(self, method: Method, filter: MethodFilter, path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        self.add_limited((method, filter), path, who, handler, FORM_BODY)
    }

    fn add_limited<H, T>(
        mut self,
        (method, filter): (Method, MethodFilter),
        path: &str,
        who: Who,
        handler: H,
        most: usize,
    ) -> Self
    where
        H: Handler<T, SharedApp>,
        T: 'static,
    {
        let route = on(filter, handler)
            .route_layer(middleware::from_fn(move |request, next| guard(who, request, next)))
            .route_layer(middleware::from_fn_with_state(path.starts_with("/{lang}"), known_language))
            .layer::<_, Infallible>(DefaultBodyLimit::max(most))
            .layer(within(if most > LARGEST_QUICK { FILES_TIME } else { FORM_TIME }));
        self.router = self.router.route(path, route);
        self.table.push(RouteLine { method, path: path.to_owned(), who });
        self
    }
}

/// The front door of every route: signed out → to the sign-in page and back; another role → not found.
async fn guard(who: Who, request: Request, next: Next) -> Response {
    // No name of anything has a NUL, and the database takes none.
    if request.uri().path().contains("%00") {
        return WebError::Failed(Failure::NotFound).into_response();
    }
    match who {
        Who::Everybody => return next.run(request).await,
        Who::Loopback if server::is_loopback(&request) => return next.run(request).await,
        Who::Loopback => return StatusCode::NOT_FOUND.into_response(),
        _ => {}
    }
    let Some(visit) = request.extensions().get::<Visit>() else {
        return WebError::Failed(Failure::NotFound).into_response();
    };
    match visit.role() {
        None => {
            let back = if request.method() == Method::GET {
                request.uri().path()
            } else {
                form_page(request.uri().path())
            };
            let next = urls::own_page(back).map(|page| format!("?next={page}")).unwrap_or_default();
            Redirect::to(&format!("{}{next}", urls::page(visit.language, "login"))).into_response()
        }
        Some(role) if who.admits(role) => next.run(request).await,
        Some(_) => WebError::Failed(Failure::NotFound).into_response(),
    }
}

/// A page exists in Kazakh and in Russian; `/en/…` is not there. A query is well-formed.
async fn known_language(State(has_language): State<bool>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let language = path.split('/').nth(1).unwrap_or_default();
    if has_language && crate::rules::person::Language::parse(language).is_none() {
        return WebError::Failed(Failure::NotFound).into_response();
    }
    // Told on every page, also on those that ask for nothing.
    if has_language && form::is_malformed(request.uri().query().unwrap_or_default()) {
        return WebError::Malformed.into_response();
    }
    next.run(request).await
}

/// The page a form stands on: the nearest address above the deed's that can be opened.
fn form_page(path: &str) -> &str {
    static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let pages = table().into_iter().filter(|line| line.method == Method::GET);
        pages.map(|line| line.path).collect()
    });
    let fits = |page: &str, pattern: &str| {
        page.split('/').count() == pattern.split('/').count()
            && page
                .split('/')
                .zip(pattern.split('/'))
                .all(|(one, other)| other.starts_with('{') || one == other)
    };
    let above = std::iter::successors(Some(path), |page| page.rsplit_once('/').map(|(above, _)| above));
    above.into_iter().find(|page| PAGES.iter().any(|pattern| fits(page, pattern))).unwrap_or(path)
}

/// The sandbox's own addresses exist only where the sandbox does.
fn routes(sandbox: bool) -> Routes {
    let routes = Routes::default();
    let routes = public::routes(routes);
    let routes = api::routes(routes);
    let routes = parent::routes(routes);
    let routes = key_check::routes(routes);
    let routes = phone_signing::routes(routes);
    let routes = mobile::routes(routes);
    let routes = doctor::routes(routes);
    let routes = kindergarten::routes(routes);
    let routes = operator::routes(routes);
    #[cfg(feature = "sandbox")]
    if sandbox {
        return crate::sandbox::routes(routes);
    }
    let _ = sandbox;
    routes
}

/// Every route with its method and who may open it.
pub fn table() -> Vec<RouteLine> {
    routes(cfg!(feature = "sandbox")).table
}

/// The whole portal as a service. What is kept of public pages is given out in front of everything that a visitor
/// without a session has no use for.
pub fn router(app: SharedApp) -> Router {
    router_keeping(app, Arc::default())
}

/// The same with public pages kept in `kept`.
pub fn router_keeping(app: SharedApp, kept: Arc<Pages>) -> Router {
    let pages = pages(app.clone()).layer(Extension(kept.clone()));
    let front = service_fn(move |request: Request| {
        let (app, kept, pages) = (app.clone(), kept.clone(), pages.clone());
        async move {
            let (parts, body) = request.into_parts();
            match cache::at_once(&app, &kept, &parts).await {
                Some(mut page) => {
                    dress(&app, page.headers_mut(), true);
                    Ok(page)
                }
                None => pages.oneshot(Request::from_parts(parts, body)).await,
            }
        }
    });
    Router::new().fallback_service(front)
}

/// How a handler asks for the kept pages of its process.
pub type KeptPages = Extension<Arc<Pages>>;

fn pages(app: SharedApp) -> Router {
    routes(app.config.sandbox)
        .router
        .fallback(|| async { WebError::Failed(Failure::NotFound) })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(middleware::from_fn(cross_site))
        .layer(middleware::from_fn_with_state(app.clone(), hosts))
        .layer(CatchPanicLayer::custom(panic_page))
        // Whatever was refused or broke inside is told on a page, in the language of its address.
        .layer(middleware::from_fn_with_state(app.clone(), error_pages))
        .layer(middleware::from_fn_with_state(app.clone(), visit::layer))
        .layer(session::layer(&app))
        .layer(within(FILES_TIME))
        .layer(CatchPanicLayer::custom(panic_page))
        .layer(middleware::from_fn_with_state(app.clone(), headers))
        .layer(CompressionLayer::new().quality(COMPRESSION).compress_when(Text))
        .with_state(app)
}

/// Pages are drawn anew for every request: squeezing them is to cost less than drawing them. Brotli's second level is
/// the first that remembers a list which comes again further down a page; it is no slower than those below it.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(2);

/// What is worth squeezing. A form's token is another one on every rendering, so that the length of a squeezed page
/// tells nothing of it.
#[derive(Clone)]
struct Text;

impl Predicate for Text {
    fn should_compress<B>(&self, response: &axum::http::Response<B>) -> bool
    where
        B: axum::body::HttpBody,
    {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let text =
            |kind: &str| kind.starts_with("text/") || kind == "application/json" || kind == "image/svg+xml";
        kind.is_some_and(text) && response.body().size_hint().exact().is_none_or(|size| size >= 1024)
    }
}

/// Any `Host` but ours is answered 421: links and forms never speak of another.
async fn hosts(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    match host(&app, request.headers(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(status) => status.into_response(),
    }
}

fn host(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<(), StatusCode> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(StatusCode::BAD_REQUEST) };
    let host = host.to_str().unwrap_or_default().to_lowercase();
    let authority = uri.authority();
    let named = authority.is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(&host));
    if named && app.config.allowed_hosts.contains(&host) {
        Ok(())
    } else {
        Err(StatusCode::MISDIRECTED_REQUEST)
    }
}

/// `Sec-Fetch-Site`, then `Origin`, before anything is read; the sandbox's own machine interface is exempt,
/// and so is eGov mobile: its token is the authority, and no browser has it.
async fn cross_site(request: Request, next: Next) -> Response {
    use tower::Layer;
    let path = request.uri().path();
    if path.starts_with("/sandbox") || mobile::is_mobile(path) {
        return next.run(request).await;
    }
    let inner = service_fn(move |request: Request| {
        let next = next.clone();
        async move { Ok::<_, std::convert::Infallible>(next.run(request).await) }
    });
    let service =
        CsrfLayer::new().with_rejection_response(|_error| WebError::Forged.into_response()).layer(inner);
    service.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// The headers of every answer, errors and static files included.
async fn headers(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let private = !request.uri().path().starts_with("/static/");
    let mut response = next.run(request).await;
    dress(&app, response.headers_mut(), private);
    response
}

fn dress(app: &App, headers: &mut HeaderMap, private: bool) {
    let policy = match (headers.remove("x-signing-page").is_some(), headers.remove("x-tile-page").is_some()) {
        (false, false) => HeaderValue::from_static(USUAL_POLICY),
        (signs, tiles) => wider_policy(app, signs, tiles),
    };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(self)");
    if app.config.tls() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if private {
        set(header::CACHE_CONTROL, "no-store");
    }
}

/// Of every page that neither signs nor shows tiles.
const USUAL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The same, with NCALayer's address for a page that signs, and the tile server's for the detailed map.
fn wider_policy(app: &App, signs: bool, tiles: bool) -> HeaderValue {
    let mut policy = USUAL_POLICY.to_owned();
    if signs {
        let ncalayer = app.config.ncalayer_url.split('?').next().unwrap_or_default();
        let sockets = format!("connect-src 'self' {ncalayer} {}", sandbox_socket(app));
        policy = policy.replace("connect-src 'self'", sockets.trim_end());
    }
    if tiles && let Some(origin) = app.config.tile_server.as_deref().and_then(crate::config::tile_origin) {
        policy = policy.replace("img-src 'self' data:", &format!("img-src 'self' data: {origin}"));
    }
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(USUAL_POLICY))
}

fn sandbox_socket(app: &App) -> String {
    if app.config.sandbox { app.config.base_url.replacen("http", "ws", 1) } else { String::new() }
}

/// A page that signs in the browser may speak to NCALayer; no other page may.
pub fn may_sign(mut response: Response) -> Response {
    response.headers_mut().insert("x-signing-page", HeaderValue::from_static("1"));
    response
}

/// A page with a detailed map may load its pictures from the operator's tile server; no other page may.
pub fn may_show_tiles(mut response: Response) -> Response {
    response.headers_mut().insert("x-tile-page", HeaderValue::from_static("1"));
    response
}

/// One error page with a way out and a reference number.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub p: Page,
    pub title: String,
    pub text: String,
    pub reference: String,
    pub way_out: String,
}

/// Draws the page of whatever went wrong, in the language of the address.
async fn error_pages(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let visit = request.extensions().get::<Visit>().cloned();
    let path = request.uri().path().to_owned();
    let (machine, data, mobile) =
        (path.starts_with("/sandbox"), api::is_data(&path), mobile::is_mobile(&path));
    let response = next.run(request).await;
    if data {
        return api::told_in_json(response);
    }
    if mobile {
        return mobile::told_in_json(&app, response).await;
    }
    let told = response.extensions().get::<Told>().cloned();
    let status = response.status();
    let bare = status.is_client_error() || status.is_server_error();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| !kind.as_bytes().starts_with(b"text/html"));
    let (Some(visit), true, true, false) = (visit, bare, plain || told.is_some(), machine) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    let page = error_page(&app, &visit, &path, told.as_ref().map(|told| &*told.0), status);
    if let Some(Told(error)) = &told
        && let WebError::Failed(Failure::TooOften { again_at }) = &**error
    {
        let seconds = page::seconds_until(&app, *again_at).await;
        if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
            parts.headers.insert(header::RETRY_AFTER, value);
        }
    }
    for stale in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(stale);
    }
    match page.render() {
        Ok(html) => (parts, Html(html)).into_response(),
        Err(_) => (parts, "500").into_response(),
    }
}

fn error_page(
    app: &SharedApp,
    visit: &Visit,
    path: &str,
    error: Option<&WebError>,
    status: StatusCode,
) -> ErrorPage {
    let p = Page::new(app, visit);
    let (title, text) = crate::locale::wording::failure(
        visit.language,
        status.as_u16(),
        match error {
            Some(WebError::Failed(failure)) => Some(failure),
            _ => None,
        },
    );
    let reference = visit.request.simple().to_string()[..12].to_uppercase();
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(reference, "the error page was shown");
    }
    // What is not there has no page to go back to.
    let left = matches!(error, Some(WebError::Failed(Failure::Refused(Refusal::FamilyLeft))));
    let page = Some(path).filter(|_| status != StatusCode::NOT_FOUND).and_then(urls::page_of_form);
    let way_out = match page {
        _ if left => p.url("kindergarten"),
        Some(page) => page,
        None => p.url(if p.is_parent() { "cabinet" } else { "" }),
    };
    ErrorPage { p, title, text, reference, way_out }
}

fn panic_page(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    WebError::Failed(Failure::Fault(Fault::Broken("a handler panicked".to_owned()))).into_response()
}

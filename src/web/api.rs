//! Open data: what the public pages show, for machines. Read by anybody, without a key; described by
//! `src/data/openapi.json`. JSON carries both languages and codes, CSV the same columns (UTF-8 with a byte-order mark,
//! which spreadsheets need to read Cyrillic). No list is paged: each is drawn once a second at most ([`super::cache`]).
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Routes;
use super::address::Query;
use super::error::WebError;
use crate::app::SharedApp;
use crate::domain::{city, ledger, open_data, statistics};
use crate::fault::{Failure, Fault};
use crate::rules::city::City;
use crate::rules::disclosure::{self, HIDDEN_UNDER};
use crate::rules::figure::Figure;
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;

/// OpenAPI 3.1, written by hand; `tests/journey/open_data.rs` holds it against the routes and real answers.
pub const OPENAPI: &str = include_str!("../data/openapi.json");

pub fn routes(routes: Routes) -> Routes {
    routes
        .get_public("/api/v1/openapi.json", document)
        .get_public("/api/v1/free-places.json", async |State(app): State<SharedApp>, query: Query| {
            free_places(&app, &query, Format::Json).await
        })
        .get_public("/api/v1/free-places.csv", async |State(app): State<SharedApp>, query: Query| {
            free_places(&app, &query, Format::Csv).await
        })
        .get_public("/api/v1/kindergartens.json", async |State(app): State<SharedApp>, query: Query| {
            kindergartens(&app, &query, Format::Json).await
        })
        .get_public("/api/v1/kindergartens.csv", async |State(app): State<SharedApp>, query: Query| {
            kindergartens(&app, &query, Format::Csv).await
        })
        .get_public("/api/v1/queues.json", async |State(app): State<SharedApp>, query: Query| {
            queues(&app, &query, Format::Json).await
        })
        .get_public("/api/v1/queues.csv", async |State(app): State<SharedApp>, query: Query| {
            queues(&app, &query, Format::Csv).await
        })
        .get_public("/api/v1/ledger", ledger_roots)
        .get_public("/api/v1/ledger/{day}", ledger_of_day)
        .get_public("/api/v1/statistics/{file}", figure)
}

/// Is this an address of open data?
pub fn is_data(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// An error told to a machine (RFC 9457); anything else comes through as it is.
pub fn told_in_json(response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    for stale in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(stale);
    }
    let title = status.canonical_reason().unwrap_or_default();
    let problem = json!({ "type": "about:blank", "title": title, "status": status.as_u16() });
    (parts, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

async fn document() -> Response {
    open(([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response())
}

/// Pages of other sites may read this too.
fn open(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// `city`: the one where the portal began when it is not named; one we do not know is not there.
fn city_of(query: &Query) -> Result<&'static City, WebError> {
    match query.text("city") {
        "" => Ok(<&City>::default()),
        code => City::parse(code).ok_or(WebError::Failed(Failure::NotFound)),
    }
}

/// Rows as an answer. `hides`: counts of families stand among them.
fn listed<T: Serialize>(city: &City, format: Format, hides: bool, rows: &[T]) -> Result<Response, WebError> {
    if format == Format::Csv {
        return spreadsheet(rows);
    }
    let whole = List { city: city.code, hidden_under: hides.then_some(HIDDEN_UNDER), rows };
    let json = serde_json::to_string(&whole).map_err(|error| Fault::Broken(format!("a list: {error}")))?;
    Ok(open(([(header::CONTENT_TYPE, "application/json")], json).into_response()))
}

/// A whole list. What is behind it changes nothing else here: the `ETag` stays while the rows do.
#[derive(Serialize)]
struct List<'a, T> {
    city: &'static str,
    /// Counts of families under this are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden_under: Option<i64>,
    rows: &'a [T],
}

fn spreadsheet<T: Serialize>(rows: &[T]) -> Result<Response, WebError> {
    let broken = |error: String| WebError::from(Fault::Broken(format!("a list as CSV: {error}")));
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    for row in rows {
        writer.serialize(row).map_err(|error| broken(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| broken(error.to_string()))?;
    let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")];
    Ok(open((kind, bytes).into_response()))
}

/// A spreadsheet runs what begins like a formula: a name never does.
fn plain(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text }
}

#[derive(Serialize)]
struct FreePlaces {
    kindergarten: Uuid,
    name_kk: String,
    name_ru: String,
    district: String,
    kind: &'static str,
    language: String,
    birth_year_from: i32,
    birth_year_to: i32,
    capacity: i64,
    free: i64,
}

fn kind_of(correction_type: Option<&str>) -> Result<GroupKind, WebError> {
    let unknown = || WebError::from(Fault::Broken("a group of an unknown kind".to_owned()));
    GroupKind::of(correction_type).ok_or_else(unknown)
}

async fn free_places(app: &SharedApp, query: &Query, format: Format) -> Result<Response, WebError> {
    let city = city_of(query)?;
    let found = open_data::free_places(app, city, None, None).await?;
    let row = |it: open_data::FreeRow| {
        Ok(FreePlaces {
            kindergarten: it.kindergarten,
            name_kk: plain(it.name_kk),
            name_ru: plain(it.name_ru),
            district: it.district,
            kind: kind_of(it.correction_type.as_deref())?.as_str(),
            language: it.language,
            birth_year_from: it.birth_year_from,
            birth_year_to: it.birth_year_to,
            capacity: it.capacity,
            free: it.free,
        })
    };
    let rows: Vec<FreePlaces> = found.into_iter().map(row).collect::<Result<_, WebError>>()?;
    listed(city, format, false, &rows)
}

#[derive(Serialize)]
struct Kindergarten {
    id: Uuid,
    bin: String,
    name_kk: String,
    name_ru: String,
    address_kk: String,
    address_ru: String,
    district: String,
    ownership: String,
    phone: String,
    barrier_free: bool,
    latitude: Option<f64>,
    longitude: Option<f64>,
    capacity: i64,
    free: i64,
}

async fn kindergartens(app: &SharedApp, query: &Query, format: Format) -> Result<Response, WebError> {
    let city = city_of(query)?;
    let row = |it: open_data::OpenKindergarten| Kindergarten {
        id: it.id,
        bin: it.bin,
        name_kk: plain(it.name_kk),
        name_ru: plain(it.name_ru),
        address_kk: plain(it.address_kk),
        address_ru: plain(it.address_ru),
        district: it.district,
        ownership: it.ownership,
        phone: it.phone,
        barrier_free: it.barrier_free,
        latitude: it.latitude,
        longitude: it.longitude,
        capacity: it.capacity,
        free: it.free,
    };
    let rows: Vec<Kindergarten> = open_data::kindergartens(app, city).await?.into_iter().map(row).collect();
    listed(city, format, false, &rows)
}

#[derive(Serialize)]
struct Queue {
    id: i32,
    queue_type: String,
    kind: &'static str,
    name_kk: Option<&'static str>,
    name_ru: Option<&'static str>,
    waiting: Option<i64>,
    free: i64,
}

/// The name of a correction type; the general queue has none.
fn name(kind: GroupKind, language: Language) -> Option<&'static str> {
    match kind {
        GroupKind::General => None,
        GroupKind::Special(correction) => Some(correction.name(language)),
    }
}

async fn queues(app: &SharedApp, query: &Query, format: Format) -> Result<Response, WebError> {
    let city = city_of(query)?;
    let row = |it: city::QueueLine| {
        let kind = kind_of(it.correction_type.as_deref())?;
        Ok(Queue {
            id: it.id,
            queue_type: it.queue_type,
            kind: kind.as_str(),
            name_kk: name(kind, Language::Kk),
            name_ru: name(kind, Language::Ru),
            waiting: disclosure::shown(it.waiting),
            free: it.free,
        })
    };
    let found = city::queues(app, city).await?;
    let rows: Vec<Queue> = found.into_iter().map(row).collect::<Result<_, WebError>>()?;
    listed(city, format, true, &rows)
}

// ---- The ledger: its roots, and its lines day by day. ----

#[derive(Serialize)]
struct LedgerRoot {
    day: chrono::NaiveDate,
    number: u64,
    hash: String,
    entries: u64,
}

/// Days told at most: some ten years.
const LEDGER_DAYS: i32 = 3_660;

async fn ledger_roots(State(app): State<SharedApp>) -> Result<Response, WebError> {
    let row = |it: ledger::Root| LedgerRoot {
        day: it.day,
        number: it.number,
        hash: it.hash.to_string(),
        entries: it.entries,
    };
    let rows: Vec<LedgerRoot> = ledger::roots(&app, LEDGER_DAYS).await?.into_iter().map(row).collect();
    Ok(open(
        ([(header::CONTENT_TYPE, "application/json")], json!({ "days": rows }).to_string()).into_response(),
    ))
}

/// The lines of a day as `docs/ledger.md` describes them: the days, joined in their order, are the whole ledger.
async fn ledger_of_day(State(app): State<SharedApp>, Path(day): Path<String>) -> Result<Response, WebError> {
    let lost = || WebError::Failed(Failure::NotFound);
    let day: chrono::NaiveDate = day.parse().map_err(|_| lost())?;
    let lines = ledger::day(&app, day).await?.ok_or_else(lost)?;
    Ok(open(([(header::CONTENT_TYPE, "text/tab-separated-values; charset=utf-8")], lines).into_response()))
}

// ---- Statistics: a row type for each figure, so that JSON and CSV have the same columns. ----

#[derive(Serialize)]
struct QueueLength {
    month: String,
    general: Option<i64>,
    special: Option<i64>,
}

#[derive(Serialize)]
struct Vouchers {
    month: String,
    issued: Option<i64>,
    confirmed: Option<i64>,
    lapsed: Option<i64>,
}

#[derive(Serialize)]
struct WaitingTime {
    kind: &'static str,
    name_kk: Option<&'static str>,
    name_ru: Option<&'static str>,
    median_days: Option<f64>,
    nine_of_ten_days: Option<f64>,
}

#[derive(Serialize)]
struct Places {
    district: &'static str,
    name_kk: &'static str,
    name_ru: &'static str,
    capacity: i64,
    free: i64,
}

#[derive(Serialize)]
struct ReviewTime {
    month: String,
    median_days: Option<f64>,
    nine_of_ten_days: Option<f64>,
}

/// `2026-11`
fn month(of: chrono::NaiveDate) -> String {
    of.format("%Y-%m").to_string()
}

async fn figure(
    State(app): State<SharedApp>,
    Path(file): Path<String>,
    query: Query,
) -> Result<Response, WebError> {
    let (name, format) = match file.rsplit_once('.') {
        Some((name, "json")) => (name, Format::Json),
        Some((name, "csv")) => (name, Format::Csv),
        _ => return Err(WebError::Failed(Failure::NotFound)),
    };
    let figure = Figure::parse(name).ok_or(WebError::Failed(Failure::NotFound))?;
    let city = city_of(&query)?;
    match figure {
        Figure::QueueLength => {
            let row = |it: statistics::QueueMonth| QueueLength {
                month: month(it.month),
                general: it.general,
                special: it.special,
            };
            of_figure(city, format, true, statistics::queue_length(&app, city).await?, row)
        }
        Figure::Vouchers => {
            let row = |it: statistics::VoucherMonth| Vouchers {
                month: month(it.month),
                issued: it.issued,
                confirmed: it.confirmed,
                lapsed: it.lapsed,
            };
            of_figure(city, format, true, statistics::vouchers(&app, city).await?, row)
        }
        Figure::WaitingTime => {
            let row = |it: statistics::Days<GroupKind>| WaitingTime {
                kind: it.of.as_str(),
                name_kk: self::name(it.of, Language::Kk),
                name_ru: self::name(it.of, Language::Ru),
                median_days: it.median,
                nine_of_ten_days: it.nine_of_ten,
            };
            of_figure(city, format, true, statistics::waiting_time(&app, city).await?, row)
        }
        Figure::Places => {
            let row = |it: statistics::DistrictPlaces| Places {
                district: it.district.code(),
                name_kk: it.district.name(Language::Kk),
                name_ru: it.district.name(Language::Ru),
                capacity: it.capacity,
                free: it.free,
            };
            of_figure(city, format, false, statistics::places(&app, city).await?, row)
        }
        Figure::ReviewTime => {
            let row = |it: statistics::Days<chrono::NaiveDate>| ReviewTime {
                month: month(it.of),
                median_days: it.median,
                nine_of_ten_days: it.nine_of_ten,
            };
            of_figure(city, format, true, statistics::review_time(&app, city).await?, row)
        }
    }
}

fn of_figure<T, R: Serialize>(
    city: &City,
    format: Format,
    hides: bool,
    rows: Vec<T>,
    row: impl Fn(T) -> R,
) -> Result<Response, WebError> {
    let rows: Vec<R> = rows.into_iter().map(row).collect();
    listed(city, format, hides, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn an_error_is_told_as_a_problem_and_an_answer_stays() {
        let told = told_in_json(StatusCode::NOT_FOUND.into_response());
        assert_eq!(told.headers()[header::CONTENT_TYPE], "application/problem+json");
        let good = told_in_json(StatusCode::NOT_MODIFIED.into_response());
        assert!(!good.headers().contains_key(header::CONTENT_TYPE));
    }

    #[test]
    fn no_name_is_a_formula() {
        assert_eq!(plain("=1+1".to_owned()), "'=1+1");
        assert_eq!(plain("№ 5 «Ақбота»".to_owned()), "№ 5 «Ақбота»");
    }
}

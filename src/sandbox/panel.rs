//! `/sandbox` and its small machine interface. Loopback only; nothing here is protected, and nothing needs to be.
use std::collections::HashMap;

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::people;
use super::state::{self, DemoAccount, Faulty, Message, Mode};
use crate::app::SharedApp;
use crate::locale::date;
use crate::rules::deadline::almaty_day;
use crate::rules::iin::{Iin, check_digit};
use crate::rules::phone::Phone;
use crate::web::statics;

/// How a call of the sandbox's can go wrong, said plainly.
pub enum Trouble {
    Told(StatusCode, String),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Told(status, text) => (status, text),
            Self::Database(error) => {
                tracing::error!(%error, "the sandbox broke");
                (StatusCode::INTERNAL_SERVER_ERROR, "the sandbox broke".to_owned())
            }
        };
        (status, Json(json!({ "error": text }))).into_response()
    }
}

pub fn bad(text: &str) -> Trouble {
    Trouble::Told(StatusCode::BAD_REQUEST, text.to_owned())
}

/// JSON, or a form of the panel's: says which it was.
pub fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<(T, bool), Trouble> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let request = axum::http::Request::builder()
            .uri(format!("/?{}", String::from_utf8_lossy(body)))
            .body(())
            .map_err(|_| bad("the form is broken"))?;
        let Query(form) = Query::<T>::try_from_uri(request.uri()).map_err(|error| bad(&error.body_text()))?;
        return Ok((form, true));
    }
    serde_json::from_slice(body).map(|asked| (asked, false)).map_err(|error| bad(&error.to_string()))
}

#[derive(Template)]
#[template(path = "sandbox/panel.html")]
struct Panel {
    style: String,
    now: String,
    messages: Vec<Message>,
    faults: Vec<FaultLine>,
    accounts: Vec<DemoAccount>,
    examples: Vec<Example>,
}

impl Panel {
    fn moment(&self, at: &chrono::DateTime<chrono::Utc>) -> String {
        date::moment(*at)
    }
}

/// A service, and each way it can behave with whether it does now.
struct FaultLine {
    service: &'static str,
    modes: Vec<(&'static str, bool)>,
}

/// A person to try things with.
struct Example {
    who: &'static str,
    iin: String,
    name: String,
    number: String,
}

pub async fn show(State(app): State<SharedApp>) -> Result<Response, Trouble> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let mut faults = Vec::new();
    for service in Faulty::ALL {
        let now = state::mode(&mut conn, service).await?;
        let modes = Mode::ALL.map(|mode| (mode.as_str(), mode == now)).to_vec();
        faults.push(FaultLine { service: service.as_str(), modes });
    }
    let mut messages = state::messages(&mut conn, None).await?;
    messages.truncate(50);
    let panel = Panel {
        style: statics::address("style.css"),
        now: format!("{}, {}", almaty_day(now).format("%A"), date::moment(now)),
        messages,
        faults,
        accounts: state::accounts(&mut conn).await?,
        examples: examples(almaty_day(now)),
    };
    let html = panel
        .render()
        .map_err(|error| Trouble::Told(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Html(html).into_response())
}

/// One of each kind; the children are four years old.
fn examples(today: chrono::NaiveDate) -> Vec<Example> {
    let year = chrono::Datelike::year(&today) - 4;
    let born = format!("{:02}0515", year % 100);
    [
        ("a mother", "8805154001".to_owned() + "2"),
        ("a father", "8612033003".to_owned() + "4"),
        ("a child: a conclusion of type 1", format!("{born}5") + "0100"),
        ("a child: a conclusion of type 14", format!("{born}6") + "1213"),
        ("a child whose conclusion has expired", format!("{born}5") + "7302"),
        ("nobody's child", format!("{born}6") + "8101"),
        ("no such person", format!("{born}5") + "0000"),
    ]
    .into_iter()
    .filter_map(|(who, eleven)| {
        let iin = Iin::parse(&format!("{eleven}{}", char::from(check_digit(eleven.as_bytes())?))).ok()?;
        let name = people::person(&iin).map_or(String::new(), |person| person.full_name().full());
        let number = people::conclusion(&iin, today).map_or(String::new(), |found| found.number);
        Some(Example { who, iin: iin.as_str().to_owned(), name, number })
    })
    .collect()
}

/// `?to=+77071234567`: the plus may arrive as a blank.
pub async fn messages(
    State(app): State<SharedApp>,
    Query(asked): Query<HashMap<String, String>>,
) -> Result<Json<Vec<Message>>, Trouble> {
    let to = match asked.get("to") {
        Some(to) => Some(Phone::parse(to).map_err(|_| bad("to is a phone number"))?),
        None => None,
    };
    let mut conn = app.pool.acquire().await?;
    Ok(Json(state::messages(&mut conn, to.as_ref().map(Phone::e164)).await?))
}

/// Runs every background job once, now.
pub async fn tick(State(app): State<SharedApp>, headers: HeaderMap) -> Response {
    let done = crate::background::everything(&app).await;
    if headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"))
    {
        return Redirect::to("/sandbox").into_response();
    }
    Json(done).into_response()
}

#[derive(Deserialize)]
struct FaultAsked {
    service: Faulty,
    mode: Mode,
}

/// `{"service":"sms"|"registry"|"pmpk"|"eds","mode":"ok"|"slow"|"error"|"down"}`
pub async fn set_fault(
    State(app): State<SharedApp>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (FaultAsked { service, mode }, from_panel) = read(&headers, &body)?;
    state::set_mode(&mut *app.pool.acquire().await?, service, mode).await?;
    if from_panel {
        return Ok(Redirect::to("/sandbox").into_response());
    }
    Ok(Json(json!({ "service": service, "mode": mode })).into_response())
}

#[derive(Deserialize)]
pub struct Child {
    iin: String,
}

/// What the PMPK registry holds about a child.
pub async fn conclusion(
    State(app): State<SharedApp>,
    Query(child): Query<Child>,
) -> Result<Response, Trouble> {
    let iin = Iin::parse(&child.iin).map_err(|error| bad(&error.to_string()))?;
    let mut conn = app.pool.acquire().await?;
    let today = almaty_day(crate::clock::now(&mut conn).await?);
    let found = people::conclusion(&iin, today)
        .ok_or_else(|| Trouble::Told(StatusCode::NOT_FOUND, "no conclusion".to_owned()))?;
    let mut answer = json!(found);
    answer["iin"] = json!(iin.as_str());
    answer["correction_type"] = json!(found.correction_types.first());
    Ok(Json(answer).into_response())
}

pub async fn accounts(State(app): State<SharedApp>) -> Result<Json<Vec<DemoAccount>>, Trouble> {
    let mut conn = app.pool.acquire().await?;
    Ok(Json(state::accounts(&mut conn).await?))
}

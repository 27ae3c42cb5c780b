//! The outside systems, played on a loopback port of their own: real HTTP, to which the portal's real clients are
//! pointed. How each behaves is read from the database at every call.
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::authority::{self, Services};
use super::people;
use super::state::{self, Faulty, Mode, SLOW};
use crate::rules::deadline::almaty_day;
use crate::rules::iin::Iin;
use crate::rules::phone::Phone;

/// Where the stand-ins will listen: what they say names their own address.
pub async fn bind() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Starts the stand-ins; they live as long as the process.
pub fn start(listener: TcpListener, services: Services) {
    let pool = services.pool.clone();
    let router = router(pool.clone()).merge(authority::router(services));
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let (router, pool) = (router.clone(), pool.clone());
            let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
                answer(router.clone(), pool.clone(), request.map(Body::new))
            });
            tokio::spawn(async move {
                // A client that gives up is what the slow mode is for.
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

/// An error instead of an answer makes hyper hang up.
async fn answer(router: Router, pool: PgPool, request: Request<Body>) -> Result<Response, io::Error> {
    let service = match request.uri().path() {
        path if path.starts_with("/service/") => Faulty::Sms,
        path if path.starts_with("/v1/pmpk/") => Faulty::Pmpk,
        path if ["/sandbox/pki/", "/cms/", "/actuator/"].iter().any(|own| path.starts_with(own)) => {
            Faulty::Eds
        }
        _ => Faulty::Registry,
    };
    let mode = mode(&pool, service).await.map_err(io::Error::other)?;
    match mode {
        Mode::Down => return Err(io::Error::other("the service is down")),
        Mode::Error => return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Mode::Ok | Mode::Slow => {}
    }
    // What a slow service was asked is done at once: only its answer is late, which is the nastier way.
    let work = tokio::spawn(router.oneshot(request));
    if mode == Mode::Slow {
        tokio::time::sleep(SLOW).await;
    }
    let response = work.await.map_err(io::Error::other)?;
    Ok(response.unwrap_or_else(|never| match never {}))
}

async fn mode(pool: &PgPool, service: Faulty) -> Result<Mode, sqlx::Error> {
    state::mode(&mut *pool.acquire().await?, service).await
}

fn router(pool: PgPool) -> Router {
    Router::new()
        .route("/v1/phones/check", post(check_phone))
        .route("/v1/persons/lookup", post(look_up_person))
        .route("/v1/relations/check", post(check_relation))
        .route("/v1/pmpk/conclusions/search", post(search_conclusions))
        .route("/service/message/sendSmsMessage", post(send_sms))
        .route("/service/message/getSMSStatus", post(sms_status))
        .with_state(pool)
}

/// What broke in the sandbox itself.
struct Broken(sqlx::Error);

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "a stand-in broke");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

type Answer = Result<Response, Broken>;

fn said(value: Value) -> Answer {
    Ok(Json(value).into_response())
}

fn not_found() -> Answer {
    Ok((StatusCode::NOT_FOUND, Json(json!({ "code": "not_found" }))).into_response())
}

fn invalid_iin() -> Answer {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "code": "invalid_iin" }))).into_response())
}

async fn today(pool: &PgPool) -> Result<chrono::NaiveDate, sqlx::Error> {
    Ok(almaty_day(crate::clock::now(&mut *pool.acquire().await?).await?))
}

#[derive(Deserialize)]
struct PhoneQuestion {
    iin: String,
    phone: String,
}

async fn check_phone(State(pool): State<PgPool>, Json(asked): Json<PhoneQuestion>) -> Answer {
    let Ok(iin) = Iin::parse(&asked.iin) else { return invalid_iin() };
    let matches = Phone::parse(&asked.phone).is_ok_and(|phone| people::phone_belongs(&iin, &phone));
    said(json!({ "match": matches, "source": "BMG", "as_of": today(&pool).await? }))
}

#[derive(Deserialize)]
struct PersonQuestion {
    iin: String,
}

async fn look_up_person(State(pool): State<PgPool>, Json(asked): Json<PersonQuestion>) -> Answer {
    let Ok(iin) = Iin::parse(&asked.iin) else { return invalid_iin() };
    let Some(person) = people::person(&iin) else { return not_found() };
    let mut answer = json!(person);
    answer["iin"] = json!(iin.as_str());
    answer["citizenship"] = json!("KZ");
    answer["alive"] = json!(true);
    answer["source"] = json!("GBDFL");
    answer["as_of"] = json!(today(&pool).await?);
    said(answer)
}

#[derive(Deserialize)]
struct RelationQuestion {
    adult_iin: String,
    child_iin: String,
}

async fn check_relation(State(pool): State<PgPool>, Json(asked): Json<RelationQuestion>) -> Answer {
    let (Ok(adult), Ok(child)) = (Iin::parse(&asked.adult_iin), Iin::parse(&asked.child_iin)) else {
        return invalid_iin();
    };
    let today = today(&pool).await?;
    let relation = people::relation(&adult, &child, today);
    let person = relation.and_then(|_| people::person(&child));
    said(json!({
        "related": relation.is_some(), "relation": relation, "child": person, "source": "ZAGS", "as_of": today,
    }))
}

#[derive(Deserialize)]
struct ConclusionQuestion {
    child_iin: String,
}

async fn search_conclusions(State(pool): State<PgPool>, Json(asked): Json<ConclusionQuestion>) -> Answer {
    let Ok(child) = Iin::parse(&asked.child_iin) else { return invalid_iin() };
    let today = today(&pool).await?;
    let items: Vec<_> = people::conclusion(&child, today).into_iter().collect();
    said(json!({ "items": items, "source": "PMPK", "as_of": today }))
}

/// Mobizon's envelope.
fn envelope(code: i64, data: Value, message: &str) -> Answer {
    said(json!({ "code": code, "data": data, "message": message }))
}

async fn send_sms(State(pool): State<PgPool>, Form(asked): Form<HashMap<String, String>>) -> Answer {
    let field = |name: &str| asked.get(name).filter(|value| !value.is_empty());
    let (Some(to), Some(text), Some(reference)) = (field("recipient"), field("text"), field("params[name]"))
    else {
        return envelope(11, Value::Null, "recipient, text and params[name] are needed");
    };
    let Ok(to) = Phone::parse(to) else {
        return envelope(1, json!({ "recipient": "not a number" }), "validation");
    };
    let id = state::keep_message(&mut *pool.acquire().await?, reference, to.e164(), text).await?;
    envelope(0, json!({ "campaignId": id, "messageId": id, "status": 2 }), "")
}

async fn sms_status(State(pool): State<PgPool>, Form(asked): Form<HashMap<String, String>>) -> Answer {
    let ids = asked.get("ids").map(String::as_str).unwrap_or_default();
    let ids: Vec<i64> = ids.split(',').filter_map(|id| id.trim().parse().ok()).take(100).collect();
    let states = state::message_states(&mut *pool.acquire().await?, &ids).await?;
    let list = states.into_iter().map(|(id, state)| {
        let status = if state == "delivered" { "DELIVRD" } else { "ACCEPTD" };
        json!({ "id": id, "status": status, "segNum": 1 })
    });
    envelope(0, list.collect(), "")
}

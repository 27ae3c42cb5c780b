//! The national authority's services and NCANode, played over HTTP: on the stand-ins' port, where the portal's clients find
//! them, and below `/sandbox/pki` for whoever wants to try.
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, extract::DefaultBodyLimit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use der::EncodePem;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::panel::{Trouble, bad};
use super::pki::{Family, Pki};
use super::state::{self, Faulty, Mode};
use crate::app::SharedApp;
use crate::integrations::eds::{self, Trust};

/// What the services answer from.
#[derive(Clone)]
pub struct Services {
    pub pool: PgPool,
    pub pki: Arc<Pki>,
    pub trust: Arc<Trust>,
}

/// A contract in base64, and its signature.
const NCANODE_BODY: usize = 64 * 1024 * 1024;

pub fn router(services: Services) -> Router {
    Router::new()
        .route("/sandbox/pki/ocsp", post(ocsp))
        .route("/sandbox/pki/crl/{authority}", get(list))
        .route("/sandbox/pki/ca/{authority}", get(certificate))
        .route("/sandbox/pki/tsa", post(time_stamp))
        .route("/cms/verify", post(verify).layer(DefaultBodyLimit::max(NCANODE_BODY)))
        .route("/actuator/health", get(health))
        .with_state(services)
}

fn der(kind: &'static str, made: anyhow::Result<Vec<u8>>) -> Result<Response, Trouble> {
    let bytes =
        made.map_err(|error| Trouble::Told(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

/// `rsa`, or `rsa.crl`.
fn family(named: &str) -> Result<Family, Trouble> {
    let name = named.split('.').next().unwrap_or_default();
    let found = Family::ALL.into_iter().find(|family| family.name() == name);
    found.ok_or_else(|| Trouble::Told(StatusCode::NOT_FOUND, "no such authority".to_owned()))
}

async fn ocsp(State(it): State<Services>, body: Bytes) -> Result<Response, Trouble> {
    let now = crate::clock::now(&mut *it.pool.acquire().await?).await?;
    der("application/ocsp-response", it.pki.ocsp(&body, now))
}

async fn list(State(it): State<Services>, Path(authority): Path<String>) -> Result<Response, Trouble> {
    let now = crate::clock::now(&mut *it.pool.acquire().await?).await?;
    der("application/pkix-crl", it.pki.list(family(&authority)?, now))
}

async fn certificate(State(it): State<Services>, Path(authority): Path<String>) -> Result<Response, Trouble> {
    let made = it.pki.issuer(family(&authority)?).certificate.to_pem(rsa::pkcs8::LineEnding::LF);
    der("application/pkix-cert", made.map(String::into_bytes).map_err(anyhow::Error::from))
}

async fn time_stamp(State(it): State<Services>, body: Bytes) -> Result<Response, Trouble> {
    let now = crate::clock::now(&mut *it.pool.acquire().await?).await?;
    der("application/timestamp-reply", it.pki.time_stamp(&body, now))
}

// ---- The same, where people look for it. ----

/// The services of this process, unless they are made to misbehave.
async fn services(app: &SharedApp) -> Result<Services, Trouble> {
    let sandbox = app.sandbox.as_ref().ok_or_else(|| bad("this is no sandbox"))?;
    let mode = state::mode(&mut *app.pool.acquire().await?, Faulty::Eds).await?;
    let told = |status: StatusCode| Trouble::Told(status, mode.as_str().to_owned());
    match mode {
        Mode::Down => return Err(told(StatusCode::SERVICE_UNAVAILABLE)),
        Mode::Error => return Err(told(StatusCode::INTERNAL_SERVER_ERROR)),
        Mode::Slow => tokio::time::sleep(state::SLOW).await,
        Mode::Ok => {}
    }
    Ok(Services { pool: app.pool.clone(), pki: sandbox.pki.clone(), trust: sandbox.trust.clone() })
}

pub async fn ocsp_here(State(app): State<SharedApp>, body: Bytes) -> Result<Response, Trouble> {
    ocsp(State(services(&app).await?), body).await
}

pub async fn list_here(State(app): State<SharedApp>, name: Path<String>) -> Result<Response, Trouble> {
    list(State(services(&app).await?), name).await
}

pub async fn certificate_here(State(app): State<SharedApp>, name: Path<String>) -> Result<Response, Trouble> {
    certificate(State(services(&app).await?), name).await
}

pub async fn time_stamp_here(State(app): State<SharedApp>, body: Bytes) -> Result<Response, Trouble> {
    time_stamp(State(services(&app).await?), body).await
}

// ---- NCANode. ----

#[derive(Deserialize)]
struct Verification {
    cms: String,
    #[serde(default)]
    data: String,
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "UP" }))
}

/// What our own verifier finds, said in NCANode's words.
async fn verify(State(it): State<Services>, Json(asked): Json<Verification>) -> Result<Response, Trouble> {
    let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| bad("not base64"));
    let (cms, data) = (decode(&asked.cms)?, decode(&asked.data)?);
    let now = crate::clock::now(&mut *it.pool.acquire().await?).await?;
    let found = eds::check(&cms, Some(&data), &it.trust, now);
    let reason = found["reason"].as_str().unwrap_or_default();
    if matches!(reason, "not_cms" | "bad_attributes" | "content_differs" | "bad_signature") {
        let said = json!({ "status": 400, "message": format!("invalid signature: {reason}") });
        return Ok((StatusCode::BAD_REQUEST, Json(said)).into_response());
    }
    let signers: Vec<Value> = found["signers"].as_array().into_iter().flatten().map(signer).collect();
    let valid = found["verdict"] == "valid";
    Ok(Json(json!({ "status": 200, "message": "OK", "valid": valid, "signers": signers })).into_response())
}

fn signer(found: &Value) -> Value {
    let revoked = found["reason"] == "revoked";
    let revocations = ["OCSP", "CRL"].map(|by| json!({ "revoked": revoked, "by": by, "reason": "OK" }));
    let usage = found["key_usage"].as_str().unwrap_or_default().to_uppercase();
    let certificate = json!({
        "valid": found["reason"].is_null(),
        "revocations": revocations,
        "notAfter": found["not_after"],
        "keyUsage": usage,
        "serialNumber": found["serial"],
        "signAlg": found["algorithm"],
        "subject": { "commonName": found["name"], "iin": found["iin"], "bin": found["bin"] },
    });
    json!({ "certificates": [certificate], "tsp": null })
}

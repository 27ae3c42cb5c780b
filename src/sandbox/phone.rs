//! eGov mobile, played: scans a QR code, asks API №1 and API №2, signs with a sandbox key and sends the signature back.
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys;
use super::panel::{self, Trouble, bad};
use super::pki::{Family, KeyKind, Position};
use super::state;
use crate::app::SharedApp;
use crate::integrations::http;
use crate::rules::phone_signing::MINUTES;

/// The portal answers the signature once it has asked the authority.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the person does with the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    #[default]
    Sign,
    /// Looks, and sends nothing.
    Cancel,
    /// Sends when the code is over: the clock is moved.
    Late,
}

#[derive(Deserialize)]
struct Asked {
    /// What stands in the code.
    text: String,
    iin: String,
    bin: Option<String>,
    #[serde(default)]
    key: KeyKind,
    #[serde(default)]
    algorithm: Family,
    #[serde(default)]
    position: Position,
    #[serde(default)]
    act: Act,
}

/// What the portal said, call by call.
#[derive(Default)]
struct Log(Vec<Value>);

impl Log {
    /// Calls; the answer, if it was a good one.
    async fn call(&mut self, what: &str, request: RequestBuilder) -> Result<Option<Value>, Trouble> {
        let gone = |error: reqwest::Error| {
            Trouble::Told(StatusCode::BAD_GATEWAY, format!("{what}: {}", error.without_url()))
        };
        let answer = request.timeout(PATIENCE).send().await.map_err(gone)?;
        let status = answer.status();
        let said: Value = answer.json().await.map_err(gone)?;
        let message = said.get("message").cloned().unwrap_or_default();
        self.0.push(json!({ "call": what, "status": status.as_u16(), "message": message }));
        Ok(status.is_success().then_some(said))
    }

    /// How the last call ended is how it all ended.
    fn told(self) -> Response {
        let last = self.0.last().cloned().unwrap_or_default();
        let (status, message) = (last.get("status").cloned(), last.get("message").cloned());
        Json(json!({ "calls": self.0, "status": status, "message": message })).into_response()
    }
}

/// `{"text","iin","bin"?,"key"?,"algorithm"?,"position"?,"act"?}` → `{"calls":[{"call","status","message"}],"status","message"}`
pub async fn scan(
    State(app): State<SharedApp>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (asked, _): (Asked, bool) = panel::read(&headers, &body)?;
    let client = http::client().map_err(|error| bad(&error.to_string()))?;
    let own = format!("{}/", app.config.base_url);
    // A browser writes the scheme of a link in small letters.
    let code =
        asked.text.trim().split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mobileSign"));
    let address = code.map(|(_, address)| address).filter(|address| address.starts_with(&own));
    let address = address.ok_or_else(|| bad("the app opens codes of this portal only: mobileSign:http…"))?;
    let mut log = Log::default();
    let Some(invitation) = log.call("API 1", client.get(address)).await? else { return Ok(log.told()) };
    let (uri, token) = (text(&invitation, "/document/uri")?, text(&invitation, "/document/auth_token")?);
    let documents = log.call("API 2 GET", client.get(uri).bearer_auth(token)).await?;
    let Some(mut documents) = documents.filter(|_| asked.act != Act::Cancel) else { return Ok(log.told()) };
    sign(&app, &asked, &mut documents).await?;
    if asked.act == Act::Late {
        let mut tx = app.pool.begin().await?;
        state::move_clock(&mut tx, |now| Some(now + chrono::Duration::minutes(MINUTES))).await?;
        tx.commit().await?;
    }
    log.call("API 2 PUT", client.put(uri).bearer_auth(token).json(&documents)).await?;
    Ok(log.told())
}

fn text<'a>(said: &'a Value, place: &str) -> Result<&'a str, Trouble> {
    said.pointer(place).and_then(Value::as_str).ok_or_else(|| bad(&format!("no {place} in the answer")))
}

/// Puts each signature in its document's place, as the app does.
async fn sign(app: &SharedApp, asked: &Asked, documents: &mut Value) -> Result<(), Trouble> {
    let many = documents.get("documentsToSign").and_then(Value::as_array).map_or(0, Vec::len);
    for n in 0..many {
        sign_one(app, asked, documents, &format!("/documentsToSign/{n}/document/file/data")).await?;
    }
    Ok(())
}

async fn sign_one(app: &SharedApp, asked: &Asked, documents: &mut Value, place: &str) -> Result<(), Trouble> {
    let data =
        BASE64_STANDARD.decode(text(documents, place)?).map_err(|_| bad("the document is not base64"))?;
    let key = keys::Asked {
        iin: asked.iin.clone(),
        bin: asked.bin.clone(),
        key: asked.key,
        algorithm: asked.algorithm,
        position: asked.position,
        ..keys::Asked::default()
    };
    let cms = keys::cms(app, &key, &data).await?;
    if let Some(data) = documents.pointer_mut(place) {
        *data = json!(BASE64_STANDARD.encode(cms));
    }
    Ok(())
}

//! Sandbox keys: NCALayer over a socket, and the same key as a plain call.
use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::ncalayer::{self, Recording};
use super::panel::{Trouble, bad};
use super::people;
use super::pki::{Family, Holder, KeyKind, Organisation, Position};
use super::state::{self, Faulty, Mode};
use crate::app::SharedApp;
use crate::rules::iin::{Bin, Iin};

/// Whose key, and which.
#[derive(Deserialize, Default)]
pub struct Asked {
    pub iin: String,
    pub bin: Option<String>,
    #[serde(default)]
    pub key: KeyKind,
    #[serde(default)]
    pub algorithm: Family,
    /// What the holder of an organisation's key may do for it.
    #[serde(default)]
    pub position: Position,
    /// A [`Recording`] in JSON: what NCALayer says other than its usual.
    #[serde(default)]
    pub recording: String,
    /// With a time stamp of the sandbox's own authority.
    #[serde(default)]
    pub time_stamp: bool,
    #[serde(default)]
    pub data_base64: String,
}

impl Asked {
    /// The person as the registry names them; an organisation's key is its head's unless said otherwise.
    async fn holder(&self, app: &SharedApp) -> Result<Holder, Trouble> {
        let iin = Iin::parse(&self.iin).map_err(|error| bad(&error.to_string()))?;
        let person = people::person(&iin)
            .ok_or_else(|| Trouble::Told(StatusCode::NOT_FOUND, "no such person".to_owned()))?;
        let organisation = match self.bin.as_deref().filter(|bin| !bin.is_empty()) {
            Some(bin) => Some(organisation(app, bin, self.position).await?),
            None => None,
        };
        Ok(Holder {
            iin: iin.as_str().to_owned(),
            surname: person.surname.to_uppercase(),
            first_name: person.name.to_uppercase(),
            patronymic: person.patronymic.map(|name| name.to_uppercase()),
            organisation,
        })
    }
}

async fn organisation(app: &SharedApp, bin: &str, position: Position) -> Result<Organisation, Trouble> {
    let bin = Bin::parse(bin).map_err(|error| bad(&error.to_string()))?;
    let name: Option<String> = sqlx::query_scalar("select name_kk from kindergartens where bin = $1")
        .bind(bin.as_str())
        .fetch_optional(&mut *app.pool.acquire().await?)
        .await?;
    let name = name.unwrap_or_else(|| format!("ҰЙЫМ {}", bin.as_str()));
    Ok(Organisation { bin: bin.as_str().to_owned(), name, position })
}

/// `WS /sandbox/ncalayer?iin=…[&bin=…]&key=sign|auth|expired|revoked|foreign[&algorithm=rsa|gost|gost2004|ecdsa][&position=head|can_sign|employee][&recording={…}]`
pub async fn ncalayer(
    State(app): State<SharedApp>,
    Query(asked): Query<Asked>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Trouble> {
    let holder = asked.holder(&app).await?;
    let (mode, now) = {
        let mut conn = app.pool.acquire().await?;
        (state::mode(&mut conn, Faulty::Eds).await?, crate::clock::now(&mut conn).await?)
    };
    let asked_for = match asked.recording.as_str() {
        "" => Recording::default(),
        recording => serde_json::from_str(recording).map_err(|error| bad(&error.to_string()))?,
    };
    let recording = match mode {
        Mode::Down => return Err(Trouble::Told(StatusCode::SERVICE_UNAVAILABLE, "down".to_owned())),
        Mode::Error => Recording::unreadable_key(),
        Mode::Slow => {
            tokio::time::sleep(state::SLOW).await;
            asked_for
        }
        Mode::Ok => asked_for,
    };
    Ok(upgrade.on_upgrade(move |socket| async move {
        let Some(sandbox) = app.sandbox.as_ref() else { return };
        let sign = |data: Vec<u8>| {
            let signed = sandbox.pki.sign_with(asked.algorithm, &holder, asked.key, &data, now);
            signed.map_err(|error| format!("{error:#}"))
        };
        ncalayer::serve(socket, recording, sign).await;
    }))
}

/// `{"iin","bin"?,"key"?,"algorithm"?,"position"?,"time_stamp"?,"data_base64"}` → `{"cms_base64"}`: a detached CMS for the upload form.
pub async fn sign(State(app): State<SharedApp>, Json(asked): Json<Asked>) -> Result<Response, Trouble> {
    let data = BASE64_STANDARD.decode(&asked.data_base64).map_err(|_| bad("data_base64 is not base64"))?;
    let cms = cms(&app, &asked, &data).await?;
    Ok(Json(json!({ "cms_base64": BASE64_STANDARD.encode(cms) })).into_response())
}

/// A detached CMS by the key that is asked for.
pub async fn cms(app: &SharedApp, asked: &Asked, data: &[u8]) -> Result<Vec<u8>, Trouble> {
    let holder = asked.holder(app).await?;
    let sandbox = app.sandbox.as_ref().ok_or_else(|| bad("this is no sandbox"))?;
    let now = crate::clock::now(&mut *app.pool.acquire().await?).await?;
    let cms = sandbox.pki.sign_with(asked.algorithm, &holder, asked.key, data, now);
    let cms = cms.and_then(|cms| if asked.time_stamp { sandbox.pki.stamp(&cms, now) } else { Ok(cms) });
    cms.map_err(|error| Trouble::Told(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}

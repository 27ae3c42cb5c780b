//! The whole portal over a fresh database, for tests: pages through the real router, deeds through the real domain.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
mod organisations;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::routing::post;
use axum::{Json, extract::Request as Asked};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tower::ServiceExt;
use tower_sessions::session::Id;
use uuid::Uuid;

use crate::app::{App, Deed, SharedApp};
use crate::config::Config;
use crate::integrations::eds::Trust;
use crate::integrations::files::FileStore;
use crate::integrations::pmpk::PmpkClient;
use crate::integrations::reader::Reader;
use crate::integrations::registry::RegistryClient;
use crate::integrations::revocation::Revocations;
use crate::integrations::sms::SmsClient;
use crate::integrations::verifier::{Verifier, VerifierMode};
use crate::rules::actor::{Actor, Role};
use crate::rules::settings::Settings;
use crate::secrets::Secrets;

const HOST: &str = "portal.test";

/// `registry`: where the person registry answers; nowhere, when it is to be silent.
pub fn app(pool: &PgPool, registry: &str) -> SharedApp {
    let nowhere = "http://127.0.0.1:1";
    let folder = tempfile::tempdir().unwrap().keep();
    let config = Config {
        database_url: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        base_url: format!("http://{HOST}"),
        allowed_hosts: vec![HOST.to_owned()],
        files_dir: folder.clone(),
        bucket: None,
        program: "/proc/self/exe".into(),
        trust_dir: None,
        secret_file: None,
        sign_verifier: VerifierMode::Local,
        ocsp_url: None,
        crl_urls: Vec::new(),
        ncanode_url: None,
        registry_url: None,
        pmpk_url: None,
        sms_url: None,
        registry_token: None,
        sms_key: None,
        ncalayer_url: nowhere.to_owned(),
        egov_mobile: None,
        tile_server: None,
        tile_credit: String::new(),
        sandbox: false,
        local_dir: folder.clone(),
        ledger_anchors: Some(folder.join("ledger-anchors")),
    };
    Arc::new(App {
        config,
        pool: pool.clone(),
        secrets: Secrets::seeded(7),
        calendar: crate::app::LiveCalendar::default(),
        registry: RegistryClient::new(registry, None).unwrap(),
        pmpk: PmpkClient::new(nowhere, None).unwrap(),
        sms: SmsClient::new(nowhere, None).unwrap(),
        files: FileStore::open(&folder).unwrap(),
        reader: Reader::new("/proc/self/exe".into()),
        trust: trust(&folder),
        verifier: Verifier {
            mode: VerifierMode::Local,
            revocations: Revocations::new(None, &[]).unwrap(),
            ncanode: None,
        },
        anchor: Arc::new(crate::integrations::anchor::AnchorFile::new(folder.join("ledger-anchors"))),
        policy: RwLock::new(Arc::new(Settings::default())),
        banners: crate::app::Banners::default(),
        hashing: tokio::sync::Semaphore::new(1),
        uploads: tokio::sync::Semaphore::new(1),
        background: tokio::sync::Mutex::new(()),
        #[cfg(feature = "sandbox")]
        sandbox: None,
    })
}

/// Authorities made for this test alone.
fn trust(folder: &std::path::Path) -> Trust {
    let pki =
        crate::sandbox::pki::Pki::open(&folder.join("pki"), "http://127.0.0.1:9", &mut rsa::rand_core::OsRng)
            .unwrap();
    Trust::load(pki.trust_dir()).unwrap()
}

/// A registry that knows everybody, but for serial `0000`; every number is theirs, but for those ending in `99`.
pub async fn registry() -> String {
    async fn body(request: Asked) -> Value {
        serde_json::from_slice(&to_bytes(request.into_body(), 10_000).await.unwrap()).unwrap()
    }
    async fn person(request: Asked) -> Result<Json<Value>, StatusCode> {
        let asked = body(request).await;
        let iin = asked["iin"].as_str().unwrap();
        let iin = crate::rules::iin::Iin::parse(iin).unwrap();
        if iin.serial() == "0000" {
            return Err(StatusCode::NOT_FOUND);
        }
        Ok(Json(
            json!({ "surname": "Сейтқали", "name": "Айгүл", "patronymic": null, "birth_date": iin.birth_on(), "sex": iin.sex() }),
        ))
    }
    async fn phone(request: Asked) -> Json<Value> {
        Json(json!({ "match": !body(request).await["phone"].as_str().unwrap().ends_with("99") }))
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router =
        Router::new().route("/v1/persons/lookup", post(person)).route("/v1/phones/check", post(phone));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub fn by(account: Uuid, role: Role) -> Actor {
    Actor::Person { account, role }
}

pub async fn deed(app: &SharedApp, conn: &mut sqlx::PgConnection, actor: Actor) -> Deed {
    Deed::begin(app, conn, actor, app.secrets.id()).await.unwrap()
}

/// An IIN of somebody born on 1 January 1990 with this serial.
pub fn iin(serial: u32) -> crate::rules::iin::Iin {
    let numbers =
        (0..10).filter_map(|check| crate::rules::iin::Iin::parse(&format!("9001014{serial:04}{check}")).ok());
    numbers.into_iter().next().unwrap_or_else(|| iin(serial + 1))
}

/// A browser, signed in or not.
pub struct Visitor {
    router: Router,
    cookies: BTreeMap<String, String>,
}

/// A page as it came.
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub html: String,
}

impl Visitor {
    pub fn stranger(app: &SharedApp) -> Self {
        Self { router: crate::web::router(app.clone()), cookies: BTreeMap::new() }
    }

    /// Signed in as this account, in a role that was granted.
    pub async fn signed_in(app: &SharedApp, account: Uuid, role: Role) -> Self {
        let id = Id(i128::from_be_bytes(app.secrets.token()));
        let opening = crate::domain::session::NewSession {
            account_id: account,
            role: role.as_str().to_owned(),
            kindergarten_id: role.kindergarten(),
            browser: String::new(),
            since: None,
        };
        crate::domain::session::open(app, &Sha256::digest(id.0.to_be_bytes()), &opening).await.unwrap();
        let mut visitor = Self::stranger(app);
        visitor.cookies.insert("session".to_owned(), id.to_string());
        visitor
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let request = request.header(header::HOST, HOST).header(header::COOKIE, cookies.join("; "));
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location =
            response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let html =
            String::from_utf8(to_bytes(response.into_body(), 10_000_000).await.unwrap().to_vec()).unwrap();
        Answer { status, location: location.unwrap_or_default(), html }
    }

    pub async fn open(&mut self, address: &str) -> Answer {
        self.send(Request::get(address), String::new()).await
    }

    /// Fills in the form that stands on `page` and presses the button that leads to `address`.
    pub async fn submit(&mut self, page: &str, address: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.open(page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.html);
        let token = shown
            .html
            .rsplit("name=\"form_token\" value=\"")
            .next()
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let mut body = format!("form_token={token}");
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        let request =
            Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }
}

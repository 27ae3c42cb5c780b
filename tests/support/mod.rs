//! Tests speak as people: a [`Portal`] (the real router on a real port, a fresh database, a clock that can be moved,
//! the sandbox's stand-ins), [`Visitor`]s who open pages and submit the forms they find there, and people with dull
//! defaults.
pub mod city;
pub mod family;
pub mod files;
pub mod html;
pub mod letters;
pub mod page;
pub mod people;
pub mod stages;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use balabaqsha::app::{Deed, SharedApp};
use balabaqsha::config::{Config, EgovMobile};
use balabaqsha::rules::actor::Actor;
use balabaqsha::rules::notice::Notice;
use balabaqsha::rules::signature::VerifierMode;
use balabaqsha::web::cache::Pages;
use balabaqsha::{background, start, web};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

pub use city::Kindergarten;
pub use family::Family;
pub use page::{Form, Page};
pub use people::{Person, adult, child};

/// When tests begin, unless they say otherwise: a Monday, ten in the morning in Almaty, the send window open.
pub const MONDAY: &str = "2026-12-14T10:00:00+05:00";

/// Keys are made once for all tests of a build.
fn local_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sandbox")
}

/// A portal of one's own. It ends with the test.
pub struct Portal {
    pub app: SharedApp,
    pub pages: Arc<Pages>,
    pub base: String,
    pub host: String,
    pub http: reqwest::Client,
    // Dropped with the portal: the server stops then.
    _stop: oneshot::Sender<()>,
    _files: tempfile::TempDir,
}

impl Portal {
    /// Over a fresh, migrated database, on a [`MONDAY`].
    pub async fn start(pool: PgPool) -> Self {
        Self::start_at(pool, MONDAY).await
    }

    pub async fn start_at(pool: PgPool, moment: &str) -> Self {
        Self::begin(pool, moment, |_| ()).await
    }

    /// With some of the operator's settings changed.
    pub async fn start_with(pool: PgPool, change: impl FnOnce(&mut Config)) -> Self {
        Self::begin(pool, MONDAY, change).await
    }

    async fn begin(pool: PgPool, moment: &str, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let files = tempfile::tempdir().unwrap();
        let mut config = config(address, files.path().to_owned());
        change(&mut config);
        let app = start::app(config, pool).await.unwrap();
        set_clock(&app, moment).await;
        // Whoever tests looks at once; what the second is worth has tests of its own.
        let pages = Arc::<Pages>::default();
        pages.keep_for(std::time::Duration::ZERO);
        let (stop, stopped) = oneshot::channel::<()>();
        let router = web::router_keeping(app.clone(), pages.clone());
        tokio::spawn(web::server::serve(listener, router, async {
            let _ = stopped.await;
        }));
        Self {
            app,
            pages,
            base: format!("http://{address}"),
            host: address.to_string(),
            http: client(),
            _stop: stop,
            _files: files,
        }
    }

    /// Somebody with a browser of their own, who reads Kazakh.
    pub fn visitor(&self) -> Visitor {
        Visitor {
            base: self.base.clone(),
            http: self.http.clone(),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            follow: true,
        }
    }

    /// `GET` of a machine address, as JSON.
    pub async fn get_json(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap().json().await.unwrap()
    }

    /// `POST` of JSON to a machine address: status and answer.
    pub async fn post_json(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Moves the clock by an ISO 8601 duration: `P1D`, `PT2H`.
    pub async fn advance(&self, duration: &str) {
        let (status, said) = self.post_json("/sandbox/clock", &json!({ "advance": duration })).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Moves the clock to a moment, RFC 3339.
    pub async fn advance_to(&self, moment: &str) {
        let (status, said) = self.post_json("/sandbox/clock", &json!({ "to": moment })).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Every background job, once; what each did, by name.
    pub async fn tick(&self) -> Value {
        Value::Object(background::everything(&self.app).await)
    }

    /// `sms`, `registry`, `pmpk`, `eds`: `ok`, `slow`, `error`, `down`.
    pub async fn fault(&self, service: &str, mode: &str) {
        let asked = json!({ "service": service, "mode": mode });
        assert_eq!(self.post_json("/sandbox/faults", &asked).await.0, 200);
    }

    /// Texts sent to this number, newest first.
    pub async fn messages(&self, phone: &str) -> Vec<Value> {
        let list = self.get_json(&format!("/sandbox/messages?to={phone}")).await;
        list.as_array().unwrap().clone()
    }

    /// The newest code sent to this number.
    pub async fn code_for(&self, phone: &str) -> String {
        self.nth_code_for(phone, 1).await
    }

    /// The newest code sent to this number, once so many were sent. Codes leave after the page: this asks until it is
    /// there.
    pub async fn nth_code_for(&self, phone: &str, nth: usize) -> String {
        let begun = std::time::Instant::now();
        while begun.elapsed() < std::time::Duration::from_secs(20) {
            let messages = self.messages(phone).await;
            let codes: Vec<&Value> = messages.iter().filter(|message| message["kind"] == "code").collect();
            if codes.len() >= nth {
                let text = codes[0]["text"].as_str().unwrap();
                let code = text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6);
                return code.unwrap_or_else(|| panic!("no code in {text:?}")).to_owned();
            }
        }
        panic!("{nth} codes were not sent to {phone}")
    }

    /// The PMPK registry's conclusion about a child.
    pub async fn conclusion_of(&self, child: &Person) -> Value {
        self.get_json(&format!("/sandbox/pmpk?iin={}", child.iin)).await
    }

    /// A detached signature by this person's key: `sign`, `auth`, `expired`, `revoked`, `foreign`.
    pub async fn sign(&self, person: &Person, bin: Option<&str>, key: &str, data: &[u8]) -> Vec<u8> {
        use base64::prelude::{BASE64_STANDARD, Engine};
        let asked =
            json!({ "iin": person.iin, "bin": bin, "key": key, "data_base64": BASE64_STANDARD.encode(data) });
        let (status, said) = self.post_json("/sandbox/sign", &asked).await;
        assert_eq!(status, 200, "{said}");
        BASE64_STANDARD.decode(said["cms_base64"].as_str().unwrap()).unwrap()
    }

    // ---- Straight into the database, for what the pages under test do not do themselves. ----

    /// An account without a password, as an operator's staff gets it.
    pub async fn account(&self, person: &Person) -> Uuid {
        let id = self.app.secrets.id();
        sqlx::query(
            "insert into accounts (id, iin, phone, surname, name, sex, birth_on, language, registered_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'kk', portal_now())",
        )
        .bind(id)
        .bind(&person.iin)
        .bind(&person.phone)
        .bind(&person.surname)
        .bind(&person.name)
        .bind(person.sex)
        .bind(person.birth_on)
        .execute(&self.app.pool)
        .await
        .unwrap();
        id
    }

    /// The account gets [`people::PASSWORD`]; it is hashed once for all tests.
    pub async fn give_password(&self, account: Uuid) {
        static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
        let password = balabaqsha::rules::password::Password::parse(people::PASSWORD, &[]).unwrap();
        let made = async || balabaqsha::domain::password::hash(&self.app, &password).await.unwrap();
        sqlx::query("update accounts set password_hash = $2 where id = $1")
            .bind(account)
            .bind(HASH.get_or_init(made).await)
            .execute(&self.app.pool)
            .await
            .unwrap();
    }

    /// A signed-in browser of this account, as a parent.
    pub async fn signed_in(&self, account: Uuid) -> Visitor {
        self.signed_in_as(account, "parent", None).await
    }

    pub async fn signed_in_as(&self, account: Uuid, role: &str, kindergarten: Option<Uuid>) -> Visitor {
        use sha2::{Digest, Sha256};
        let id = tower_sessions::session::Id(i128::from_be_bytes(self.app.secrets.token()));
        sqlx::query(
            "insert into sessions (id_hash, account_id, role, kindergarten_id, data, browser, signed_in_at, seen_at, password_at)
             select $1, $2, $3, $4, '{}', 'test', t, t, t from portal_now() as t",
        )
        .bind(Sha256::digest(id.0.to_be_bytes()).to_vec())
        .bind(account)
        .bind(role)
        .bind(kindergarten)
        .execute(&self.app.pool)
        .await
        .unwrap();
        let mut visitor = self.visitor();
        visitor.cookies.insert("session".to_owned(), id.to_string());
        visitor
    }

    /// Stops the clock at a moment: what happens at 23:59:59 happens then, however slow the machine is. It does not
    /// go on until it is stopped at another moment.
    pub async fn stop_clock(&self, moment: &str) {
        let moment: chrono::DateTime<chrono::Utc> = moment.parse().unwrap();
        let frozen = format!(
            "create or replace function portal_now() returns timestamptz language sql volatile as $$ select '{}'::timestamptz $$",
            moment.to_rfc3339()
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(frozen)).execute(&self.app.pool).await.unwrap();
    }

    /// How many rows of a table are there: for "nothing has changed".
    pub async fn count(&self, table: &str) -> i64 {
        let asked = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(asked)).fetch_one(&self.app.pool).await.unwrap()
    }

    /// A notice, planned as a deed of the system's plans it.
    pub async fn notify(&self, account: Uuid, notice: &Notice) {
        let mut tx = self.app.pool.begin().await.unwrap();
        let request = self.app.secrets.id();
        let deed = Deed::begin(&self.app, &mut tx, Actor::System, request).await.unwrap();
        balabaqsha::domain::notice::enqueue(&mut tx, &deed, account, None, notice).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn config(address: SocketAddr, files_dir: PathBuf) -> Config {
    Config {
        database_url: None,
        listen: address,
        base_url: format!("http://{address}"),
        allowed_hosts: vec![address.to_string()],
        ledger_anchors: Some(files_dir.join("ledger-anchors")),
        files_dir,
        bucket: None,
        program: env!("CARGO_BIN_EXE_balabaqsha").into(),
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
        ncalayer_url: format!("ws://{address}/sandbox/ncalayer"),
        egov_mobile: Some(EgovMobile::standin()),
        tile_server: None,
        tile_credit: String::new(),
        sandbox: true,
        local_dir: local_dir(),
    }
}

/// Tests begin at a moment of their own, past or future: the way that `/sandbox/clock` does not go.
async fn set_clock(app: &SharedApp, moment: &str) {
    sqlx::query(
        "update sandbox.clock set ahead_us = extract(epoch from $1::timestamptz - clock_timestamp()) * 1000000",
    )
    .bind(moment.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    .execute(&app.pool)
    .await
    .unwrap();
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// A person at a browser: keeps cookies, opens pages, submits the forms that are on them.
pub struct Visitor {
    base: String,
    http: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// Whether one 303 after a request is followed, as browsers do.
    pub follow: bool,
}

impl Visitor {
    /// Opens a page. The statuses on the way are in [`Page::statuses`].
    pub async fn open(&mut self, path: &str) -> Page {
        let request = self.http.get(self.address(path));
        self.go(path, request).await
    }

    /// Sends a form as a browser would: its hidden fields, its encoding, its files.
    pub async fn submit(&mut self, form: Form) -> Page {
        let address = self.address(&form.action);
        if form.method == "get" {
            let address = reqwest::Url::parse_with_params(&address, form.fields()).unwrap();
            return self.go(&form.action, self.http.get(address)).await;
        }
        let (kind, body) = form.encoded();
        let request = self.http.post(address).header("content-type", kind).body(body);
        self.go(&form.action, request).await
    }

    /// Opens a page and submits the form on it that this names (see [`Page::form`]).
    pub async fn fill_in(&mut self, path: &str, form: &str, values: &[(&str, &str)]) -> Page {
        let page = self.open(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let form = values.iter().fold(page.form(form), |form, (name, value)| form.fill(name, value));
        self.submit(form).await
    }

    /// Any request, for what no honest browser sends.
    pub async fn send(&mut self, method: &str, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Page {
        let method = method.parse().unwrap();
        let request = self.http.request(method, self.address(path)).header("content-type", kind);
        self.go(path, request.body(body.into())).await
    }

    fn address(&self, path: &str) -> String {
        if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    async fn go(&mut self, path: &str, request: reqwest::RequestBuilder) -> Page {
        let mut page = self.one(path, request).await;
        if let Some(location) = page.location().filter(|_| page.status == 303 && self.follow) {
            let statuses = page.statuses.clone();
            page = self.one(&location, self.http.get(self.address(&location))).await;
            page.statuses = [statuses, page.statuses].concat();
        }
        page
    }

    async fn one(&mut self, path: &str, mut request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            self.keep(cookie.to_str().unwrap());
        }
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let bytes = answer.bytes().await.unwrap().to_vec();
        let page = Page { path: path.to_owned(), status, statuses: vec![status], headers, bytes };
        check(&page);
        page
    }

    /// Is somebody signed in here?
    pub fn session(&self) -> Option<String> {
        self.cookies.get("session").cloned()
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if value.is_empty() || attributes.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// What holds for every answer to anybody: no fault, the policy of contents, and HTML that keeps its rules.
fn check(page: &Page) {
    assert_ne!(page.status, 500, "{}: {}", page.path, page.text());
    assert!(page.header("content-security-policy").is_some(), "{}: no policy", page.path);
    let is_page = page.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if is_page && !page.path.starts_with("/sandbox") {
        let problems = html::problems(page);
        assert!(problems.is_empty(), "{} ({}): {problems:#?}", page.path, page.status);
    }
}

//! The real portal, as production configures it, on a port of its own.
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use balabaqsha::app::SharedApp;
use balabaqsha::config::Config;
use balabaqsha::rules::signature::VerifierMode;
use balabaqsha::sandbox::pki::Pki;
use balabaqsha::secrets::Secrets;
use balabaqsha::start::{self, Database};
use balabaqsha::web;
use balabaqsha::web::cache::Pages;
use tokio::net::TcpListener;

/// Nothing answers here, and no page that is measured asks.
const NOBODY: &str = "http://127.0.0.1:9";

pub struct Portal {
    pub app: SharedApp,
    pub pages: Arc<Pages>,
    pub address: SocketAddr,
    folder: PathBuf,
}

/// Keys, certificates and files go into `folder`.
pub async fn start(url: &str, folder: &Path) -> Result<Portal> {
    std::fs::create_dir_all(folder)?;
    let pki = Pki::open(&folder.join("pki"), NOBODY, &mut Secrets::for_keys())?;
    let (secret, key) = (folder.join("secret"), folder.join("sms-key"));
    if !secret.exists() {
        Secrets::make_file(&secret)?;
    }
    std::fs::write(&key, "bench")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let config = Config {
        database_url: Some(url.to_owned()),
        listen: address,
        base_url: format!("http://{address}"),
        allowed_hosts: vec![address.to_string()],
        files_dir: folder.join("files"),
        bucket: None,
        program: env!("CARGO_BIN_EXE_balabaqsha").into(),
        trust_dir: Some(pki.trust_dir().to_owned()),
        secret_file: Some(secret),
        sign_verifier: VerifierMode::Local,
        ocsp_url: None,
        crl_urls: Vec::new(),
        ncanode_url: None,
        registry_url: Some(NOBODY.to_owned()),
        pmpk_url: Some(NOBODY.to_owned()),
        sms_url: Some(NOBODY.to_owned()),
        registry_token: None,
        sms_key: Some("bench".to_owned()),
        ncalayer_url: "wss://127.0.0.1:13579".to_owned(),
        egov_mobile: None,
        tile_server: None,
        tile_credit: String::new(),
        sandbox: false,
        ledger_anchors: Some(folder.join("anchors.tsv")),
        local_dir: folder.to_owned(),
    };
    let database = Database::open(&config).await?;
    database.migrate().await?;
    let app = start::app(config, database.pool.clone()).await?;
    let pages = Arc::<Pages>::default();
    let router = web::router_keeping(app.clone(), pages.clone());
    tokio::spawn(web::server::serve(listener, router, std::future::pending()));
    Ok(Portal { app, pages, address, folder: folder.to_owned() })
}

/// A bare handler in the portal's own accept loop, so that only the handlers differ.
pub async fn serve(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(web::server::serve(listener, router, std::future::pending()));
    Ok(address)
}

impl Portal {
    /// The same settings for a process of the binary.
    pub fn environment(&self, url: &str, port: u16) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.display().to_string();
        let config = &self.app.config;
        vec![
            ("DATABASE_URL", url.to_owned()),
            ("BIND", "127.0.0.1".to_owned()),
            ("PORT", port.to_string()),
            ("SANDBOX", String::new()),
            ("BASE_URL", String::new()),
            ("ALLOWED_HOSTS", String::new()),
            ("FILES_DIR", path(&self.folder.join("files"))),
            ("TRUST_DIR", config.trust_dir.as_deref().map(path).unwrap_or_default()),
            ("SECRET_FILE", path(&self.folder.join("secret"))),
            ("SMS_KEY_FILE", path(&self.folder.join("sms-key"))),
            ("LEDGER_ANCHORS", path(&self.folder.join("ledger-anchors"))),
            ("REGISTRY_URL", NOBODY.to_owned()),
            ("PMPK_URL", NOBODY.to_owned()),
            ("SMS_URL", NOBODY.to_owned()),
            ("OCSP_URL", NOBODY.to_owned()),
            ("RUST_LOG", "error".to_owned()),
        ]
    }
}

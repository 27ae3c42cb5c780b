//! How the portal is put together: the database, then the sandbox, then the clients, then the App.
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::{Mutex, Semaphore};

use crate::app::{App, LiveCalendar, SharedApp};
use crate::config::Config;
use crate::db;
use crate::fault::Fault;
use crate::integrations::anchor::AnchorFile;
use crate::integrations::eds::Trust;
use crate::integrations::files::FileStore;
use crate::integrations::ncanode::Ncanode;
use crate::integrations::pmpk::PmpkClient;
use crate::integrations::reader::Reader;
use crate::integrations::registry::RegistryClient;
use crate::integrations::revocation::Revocations;
use crate::integrations::sms::SmsClient;
use crate::integrations::verifier::Verifier;
use crate::locale;
#[cfg(feature = "sandbox")]
use crate::sandbox::{self, cluster, parts::Parts, pki::Pki};
use crate::secrets::Secrets;

/// How long a request waits for a connection of the pool.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(3);
const CONNECTIONS: u32 = 20;

/// The database, and the private cluster it is in if nobody gave us one.
pub struct Database {
    pub pool: PgPool,
    #[cfg(feature = "sandbox")]
    cluster: Option<cluster::Cluster>,
}

impl Database {
    /// Connects, starting the private cluster where that is whose turn it is.
    pub async fn open(config: &Config) -> Result<Self, Fault> {
        #[cfg(feature = "sandbox")]
        if config.database_url.is_none() {
            let cluster = start_cluster(config.local_dir.join("postgres")).await?;
            let pool = connect(&cluster.url(PRIVATE_DATABASE)).await?;
            return Ok(Self { pool, cluster: Some(cluster) });
        }
        let url = config.database_url.as_deref();
        let url = url.ok_or_else(|| Fault::Setup("DATABASE_URL is not set (see .env.example)".to_owned()))?;
        Ok(Self {
            pool: connect(url).await?,
            #[cfg(feature = "sandbox")]
            cluster: None,
        })
    }

    pub async fn migrate(&self) -> Result<(), Fault> {
        sqlx::migrate!().run(&self.pool).await?;
        crate::domain::calendar::ship(&self.pool).await
    }

    /// Lets go of the database; the private cluster is stopped by whoever leaves it last.
    pub async fn close(self) -> Result<(), Fault> {
        self.pool.close().await;
        #[cfg(feature = "sandbox")]
        if let Some(cluster) = self.cluster {
            blocking(move || cluster.stop()).await?;
        }
        Ok(())
    }
}

#[cfg(feature = "sandbox")]
const PRIVATE_DATABASE: &str = "balabaqsha";

#[cfg(feature = "sandbox")]
async fn start_cluster(folder: PathBuf) -> Result<cluster::Cluster, Fault> {
    blocking(move || {
        let cluster = cluster::Cluster::start(&folder, cluster::Durability::Kept)?;
        cluster.ensure_database(PRIVATE_DATABASE)?;
        Ok(cluster)
    })
    .await
}

#[cfg(feature = "sandbox")]
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, cluster::ClusterError> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Setup(error.to_string()))?;
    done.map_err(|error| Fault::Setup(error.to_string()))
}

async fn connect(url: &str) -> Result<PgPool, Fault> {
    // Statements are planned once for each connection: most find rows by keys, and planning the larger ones each time
    // takes longer than they do.
    let server = PgConnectOptions::from_str(url)
        .map(|server| server.options([("plan_cache_mode", "force_generic_plan"), ("jit", "off")]));
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECTION_PATIENCE);
    let connected = match server {
        Ok(server) => pool.connect_with(server).await,
        Err(error) => Err(error),
    };
    connected.map_err(|error| match error {
        // The address may hold a password: only the cause is told.
        sqlx::Error::Configuration(_) => Fault::Setup("DATABASE_URL is not understood".to_owned()),
        other => Fault::Setup(format!("the database cannot be reached: {other}")),
    })
}

/// The App over a migrated database. In the sandbox the stand-ins are started and stand in for every outside system.
pub async fn app(config: Config, pool: PgPool) -> Result<SharedApp, Fault> {
    locale::check().map_err(Fault::Setup)?;
    #[cfg(feature = "sandbox")]
    let (config, sandbox) = with_sandbox(config, &pool).await?;
    let policy = {
        let mut conn = pool.acquire().await?;
        let now = crate::clock::now(&mut conn).await?;
        db::setting::in_force(&mut conn, now).await?
    };
    Ok(Arc::new(App {
        secrets: secrets(&config)?,
        calendar: LiveCalendar::default(),
        registry: RegistryClient::new(
            address("REGISTRY_URL", &config.registry_url)?,
            config.registry_token.as_deref(),
        )?,
        pmpk: PmpkClient::new(address("PMPK_URL", &config.pmpk_url)?, config.registry_token.as_deref())?,
        sms: SmsClient::new(address("SMS_URL", &config.sms_url)?, config.sms_key.as_deref())?,
        files: match &config.bucket {
            Some(bucket) => FileStore::connect(bucket)?,
            None => FileStore::open(&config.files_dir)?,
        },
        reader: Reader::new(config.program.clone()),
        trust: trust(&config)?,
        verifier: verifier(&config)?,
        anchor: Arc::new(anchors(&config)),
        policy: RwLock::new(Arc::new(policy)),
        banners: crate::app::Banners::default(),
        hashing: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
        uploads: Semaphore::new(crate::app::UPLOADS_AT_ONCE),
        background: Mutex::new(()),
        #[cfg(feature = "sandbox")]
        sandbox,
        config,
        pool,
    }))
}

/// The stand-ins take the place of whatever addresses were given: a sandbox sends no real text.
#[cfg(feature = "sandbox")]
async fn with_sandbox(mut config: Config, pool: &PgPool) -> Result<(Config, Option<Parts>), Fault> {
    if !config.sandbox {
        return Ok((config, None));
    }
    std::fs::create_dir_all(&config.local_dir)?;
    let sandbox = sandbox::start(pool, &config.local_dir.join("pki")).await?;
    for url in [&mut config.registry_url, &mut config.pmpk_url, &mut config.sms_url] {
        *url = Some(sandbox.url.clone());
    }
    config.ocsp_url = Some(format!("{}/sandbox/pki/ocsp", sandbox.url));
    let lists = Pki::list_names();
    config.crl_urls = lists.map(|name| format!("{}/sandbox/pki/crl/{name}", sandbox.url)).to_vec();
    config.ncanode_url = Some(sandbox.url.clone());
    config.trust_dir = Some(sandbox.pki.trust_dir().to_owned());
    Ok((config, Some(sandbox)))
}

fn address<'a>(name: &str, url: &'a Option<String>) -> Result<&'a str, Fault> {
    url.as_deref().ok_or_else(|| Fault::Setup(format!("{name} is not set (see .env.example)")))
}

fn trust(config: &Config) -> Result<Trust, Fault> {
    let dir = config.trust_dir.as_deref().ok_or_else(|| Fault::Setup("TRUST_DIR is not set".to_owned()))?;
    Trust::load(dir).map_err(|error| Fault::Setup(error.to_string()))
}

fn verifier(config: &Config) -> Result<Verifier, Fault> {
    let ncanode = match config.sign_verifier.asks_ncanode() {
        true => Some(Ncanode::new(address("NCANODE_URL", &config.ncanode_url)?)?),
        false => None,
    };
    Ok(Verifier {
        mode: config.sign_verifier,
        revocations: Revocations::new(config.ocsp_url.as_deref(), &config.crl_urls)?,
        ncanode,
    })
}

/// The file of anchors; the sandbox has one of its own.
fn anchors(config: &Config) -> AnchorFile {
    AnchorFile::new(config.ledger_anchors.clone().unwrap_or_else(|| config.local_dir.join("ledger-anchors")))
}

/// The operator's key; the sandbox makes one of its own the first time.
fn secrets(config: &Config) -> Result<Secrets, Fault> {
    if let Some(path) = &config.secret_file {
        return Secrets::from_file(path);
    }
    let path: PathBuf = config.local_dir.join("secret");
    if !path.exists() {
        Secrets::make_file(&path)?;
    }
    Secrets::from_file(&path)
}

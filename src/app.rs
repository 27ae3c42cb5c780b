//! What handlers and jobs are given: the pool, secrets, calendar, outside systems.
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::config::Config;
use crate::db::outage::OutageRow;
use crate::fault::Fault;
use crate::integrations::anchor::Anchor;
use crate::integrations::eds::Trust;
use crate::integrations::files::FileStore;
use crate::integrations::pmpk::PmpkClient;
use crate::integrations::reader::Reader;
use crate::integrations::registry::RegistryClient;
use crate::integrations::sms::SmsClient;
use crate::integrations::verifier::Verifier;
use crate::rules::actor::Actor;
use crate::rules::banner::Banner;
use crate::rules::calendar::{Calendar, ClockVersion};
use crate::rules::deadline::almaty_day;
use crate::rules::settings::Settings;
use crate::secrets::Secrets;

/// So many large uploads, of 20 MB each, may be in memory at once.
pub const UPLOADS_AT_ONCE: usize = 3;

pub struct App {
    pub config: Config,
    pub pool: PgPool,
    pub secrets: Secrets,
    /// The calendar and the outages of the newest version this process has met.
    pub calendar: LiveCalendar,
    pub registry: RegistryClient,
    pub pmpk: PmpkClient,
    pub sms: SmsClient,
    pub files: FileStore,
    /// Reads uploads, each in a process of its own.
    pub reader: Reader,
    pub trust: Trust,
    /// Who is asked about a signature.
    pub verifier: Verifier,
    /// Where the end of the ledger is written down outside the database.
    pub anchor: Arc<dyn Anchor>,
    /// The settings in force, as of the last minute: for what is not a deed (limits of sessions, hints on pages).
    pub policy: RwLock<Arc<Settings>>,
    /// The banners in force, as of the last second.
    pub banners: Banners,
    /// As many password hashes at once as there are cores: a login flood leaves pages alive.
    pub hashing: Semaphore,
    /// So many large uploads may be in memory at once; the others lie on the disk.
    pub uploads: Semaphore,
    /// Held by whoever does background work, so that a tick asked for waits for the one under way.
    pub background: tokio::sync::Mutex<()>,
    #[cfg(feature = "sandbox")]
    pub sandbox: Option<crate::sandbox::parts::Parts>,
}

pub type SharedApp = Arc<App>;

/// A copy of the banners in force, that every page takes along.
#[derive(Default)]
pub struct Banners(RwLock<(Option<Instant>, Arc<Vec<Banner>>)>);

/// The copy is read anew when it is so old.
const BANNERS_LIVE: Duration = Duration::from_secs(1);

impl Banners {
    pub fn in_force(&self) -> Arc<Vec<Banner>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Whether it is time to read them. Whoever is told so does it; others are not told the same meanwhile.
    pub fn is_due(&self) -> bool {
        let old = |read: Option<Instant>| read.is_none_or(|read| read.elapsed() >= BANNERS_LIVE);
        if !old(self.0.read().unwrap_or_else(PoisonError::into_inner).0) {
            return false;
        }
        let mut copy = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let due = old(copy.0);
        copy.0 = Some(Instant::now());
        due
    }

    pub fn set(&self, banners: Vec<Banner>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (Some(Instant::now()), Arc::new(banners));
    }
}

/// A copy of the calendar with its outages. Every deed sees to it that it acts on the newest.
pub struct LiveCalendar(RwLock<(ClockVersion, Arc<Calendar>)>);

impl Default for LiveCalendar {
    fn default() -> Self {
        Self(RwLock::new((ClockVersion::default(), Arc::new(Calendar::shipped()))))
    }
}

impl LiveCalendar {
    fn copy(&self) -> (ClockVersion, Arc<Calendar>) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calendar of this version, read anew if the copy is another.
    pub async fn at(&self, conn: &mut PgConnection, version: ClockVersion) -> Result<Arc<Calendar>, Fault> {
        let (held, calendar) = self.copy();
        if held == version {
            return Ok(calendar);
        }
        let outages = crate::db::outage::all(conn).await?.iter().filter_map(OutageRow::pause).collect();
        let calendar = crate::db::calendar::load(conn, version.calendar).await?.with_outages(outages);
        let calendar = Arc::new(calendar);
        let mut copy = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if version.is_newer_than(copy.0) {
            *copy = (version, calendar.clone());
        }
        Ok(calendar)
    }
}

/// The transaction of a deed.
pub type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

impl App {
    /// The calendar and the outages, as of the last second: for pages. A deed has its own.
    pub fn calendar(&self) -> Arc<Calendar> {
        self.calendar.copy().1
    }

    pub fn policy(&self) -> Arc<Settings> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_policy(&self, settings: Settings) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// One deed: who acts, when, under which rules. Made once, passed along as values.
pub struct Deed {
    pub app: SharedApp,
    pub actor: Actor,
    pub now: DateTime<Utc>,
    pub settings: Settings,
    /// The newest calendar with the outages, and which it is.
    pub calendar: Arc<Calendar>,
    pub clock: ClockVersion,
    /// Ties the journal to the request.
    pub request: Uuid,
}

impl Deed {
    /// Reads the clock, the settings in force and which calendar holds, inside the deed's own transaction.
    pub async fn begin(
        app: &SharedApp,
        conn: &mut PgConnection,
        actor: Actor,
        request: Uuid,
    ) -> Result<Self, Fault> {
        Self::begin_with(app, conn, actor, request, false).await
    }

    /// The same for a deed that changes the calendar or the outages: no other deed is under way until it ends.
    pub async fn begin_alone(
        app: &SharedApp,
        conn: &mut PgConnection,
        actor: Actor,
        request: Uuid,
    ) -> Result<Self, Fault> {
        Self::begin_with(app, conn, actor, request, true).await
    }

    async fn begin_with(
        app: &SharedApp,
        conn: &mut PgConnection,
        actor: Actor,
        request: Uuid,
        alone: bool,
    ) -> Result<Self, Fault> {
        let begun = crate::db::deed::begin(conn, alone).await?;
        let calendar = app.calendar.at(conn, begun.clock).await?;
        let (now, settings, clock) = (begun.now, begun.settings, begun.clock);
        Ok(Self { app: app.clone(), actor, now, settings, calendar, clock, request })
    }

    /// A transaction and its deed at once, where no form's key belongs to it.
    pub async fn open(
        app: &SharedApp,
        actor: Actor,
        request: Uuid,
    ) -> Result<(Transaction<'static, Postgres>, Self), Fault> {
        let mut tx = app.pool.begin().await?;
        let deed = Self::begin(app, &mut tx, actor, request).await?;
        Ok((tx, deed))
    }

    /// A deed of the system's own, for background work.
    pub async fn by_system(app: &SharedApp, conn: &mut PgConnection) -> Result<Self, Fault> {
        Self::begin(app, conn, Actor::System, app.secrets.id()).await
    }

    /// The day in Almaty on which the deed happens.
    pub fn today(&self) -> NaiveDate {
        almaty_day(self.now)
    }

    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }
}

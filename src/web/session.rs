//! Sessions in PostgreSQL for tower-sessions. The identifier is stored hashed; reading one also reads the account, the
//! role and the clock, so that a page needs a single query to know its visitor.
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::domain::session::{self, NewSession};
use crate::rules::actor::Role;
use crate::rules::person::Language;

/// The key under which a new session says whose it is.
const OPENING: &str = "opening";
/// The key under which a loaded session says who came.
const SIGNED_IN: &str = "signed_in";

/// Who the session belongs to, as of this request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    pub account: Uuid,
    pub role: String,
    pub kindergarten: Option<Uuid>,
    pub name: String,
    pub language: String,
    pub signed_in_at: DateTime<Utc>,
    pub password_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub unread: i64,
    /// The stored hash of the identifier: names this session in the list of sessions.
    pub id_hash: Vec<u8>,
}

impl SignedIn {
    pub fn role(&self) -> Option<Role> {
        Role::parse(&self.role, self.kindergarten)
    }

    pub fn language(&self) -> Language {
        Language::parse(&self.language).unwrap_or(Language::Kk)
    }
}

pub async fn signed_in(session: &tower_sessions::Session) -> Option<SignedIn> {
    session.get(SIGNED_IN).await.ok().flatten()
}

/// Opens a session under a new identifier; an old one of this browser dies.
pub async fn open(
    session: &tower_sessions::Session,
    opening: NewSession,
) -> std::result::Result<(), tower_sessions::session::Error> {
    session.clear().await;
    // `flush` alone would open the new session under the old identifier.
    session.cycle_id().await?;
    session.insert(OPENING, opening).await?;
    session.save().await
}

#[derive(Clone)]
pub struct Store(pub SharedApp);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

pub fn id_hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn backend(error: impl fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let opening = record.data.remove(OPENING).ok_or_else(|| backend("a session without an account"))?;
        let opening: NewSession = serde_json::from_value(opening).map_err(backend)?;
        session::open(&self.0, &id_hash(&record.id), &opening).await.map_err(backend)
    }

    /// Nothing is kept in a session besides whose it is.
    async fn save(&self, _record: &Record) -> Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let hash = id_hash(id);
        let Some(found) = session::find(&self.0, &hash).await.map_err(backend)? else { return Ok(None) };
        let signed_in = SignedIn {
            account: found.account_id,
            role: found.role,
            kindergarten: found.kindergarten_id,
            name: found.name,
            language: found.language,
            signed_in_at: found.signed_in_at,
            password_at: found.password_at,
            now: found.now,
            unread: found.unread,
            id_hash: hash,
        };
        let mut data = std::collections::HashMap::new();
        data.insert(SIGNED_IN.to_owned(), serde_json::to_value(signed_in).map_err(backend)?);
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: time::OffsetDateTime::now_utc() + time::Duration::days(1),
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        session::end_by_hash(&self.0, &id_hash(id)).await.map_err(backend)
    }
}

/// The cookie outlives every session; the server decides when one is over.
pub fn layer(app: &SharedApp) -> SessionManagerLayer<Store> {
    let tls = app.config.tls();
    SessionManagerLayer::new(Store(app.clone()))
        .with_name(if tls { "__Host-session" } else { "session" })
        .with_secure(tls)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(time::Duration::days(30)))
}

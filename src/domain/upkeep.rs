//! What is forgotten when its time is over, and the settings in force.
use std::collections::HashSet;

use chrono::Duration;
use serde::Serialize;
use uuid::Uuid;

use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;

/// No session, and so no form, lives longer (`rules.md` 3.1: thirty days).
const FORMS_KEPT: Duration = Duration::days(31);
/// A code lives minutes; the row answers "how often lately" for a day.
const CHALLENGES_KEPT: Duration = Duration::days(2);
/// A code that is signed with by phone lives minutes; its page says what came of it for a day.
const PHONE_SIGNINGS_KEPT: Duration = Duration::days(1);
/// Files removed in one transaction.
const FILES_AT_ONCE: i64 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Forgotten {
    pub form_keys: u64,
    pub challenges: u64,
    pub sessions: u64,
    pub phone_signings: u64,
    pub files: u64,
}

pub async fn forget(app: &SharedApp) -> Result<Forgotten, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let mut forgotten = Forgotten {
        form_keys: db::form_key::forget(&mut conn, now - FORMS_KEPT).await?,
        challenges: db::upkeep::forget_challenges(&mut conn, now - CHALLENGES_KEPT).await?,
        sessions: db::upkeep::forget_sessions(&mut conn, now - FORMS_KEPT).await?,
        phone_signings: db::phone_signing::forget(&mut conn, now - PHONE_SIGNINGS_KEPT).await?,
        files: 0,
    };
    drop(conn);
    loop {
        let gone = forget_drafts(app, now).await?;
        forgotten.files += gone;
        if gone < FILES_AT_ONCE.unsigned_abs() {
            return Ok(forgotten);
        }
    }
}

/// The file first, then its row: what is interrupted is found again.
async fn forget_drafts(app: &SharedApp, now: chrono::DateTime<chrono::Utc>) -> Result<u64, Fault> {
    let mut tx = app.pool.begin().await?;
    let over = db::upkeep::drafts_over(&mut tx, now, FILES_AT_ONCE).await?;
    for id in &over {
        app.files.remove(*id).await?;
    }
    let gone = db::upkeep::forget_files(&mut tx, &over).await?;
    tx.commit().await?;
    Ok(gone)
}

/// A file without a row is left alone for so long: it may be under way.
const LONE_KEPT: Duration = Duration::days(1);

/// What a look through the store of files found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StoreChecked {
    /// Files without a row that were removed.
    pub removed: usize,
    /// Rows without a file: an alarm (I9 of `safety.md`).
    pub missing: i64,
}

/// Compares the store of files with the database, in both directions.
pub async fn check_files(app: &SharedApp) -> Result<StoreChecked, Fault> {
    // The store first: a row that is older than its listing must have its file in it. One that came, or went, while we
    // looked is asked for again.
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let before = db::upkeep::files(&mut conn, Some(now)).await?;
    drop(conn);
    let stored: HashSet<Uuid> = app.files.list().await?.into_iter().collect();
    let mut tx = app.pool.begin().await?;
    let now = crate::clock::now(&mut tx).await?;
    let after: HashSet<Uuid> = db::upkeep::files(&mut tx, None).await?.into_iter().collect();
    let lone: Vec<Uuid> = stored.difference(&after).copied().collect();
    let over = db::upkeep::lone_files(&mut tx, &lone, now, now - LONE_KEPT).await?;
    let missing = |id: &&Uuid| after.contains(id) && !stored.contains(id);
    let missing: Vec<Uuid> = before.iter().filter(missing).copied().collect();
    let missing = db::upkeep::mark_missing(&mut tx, &missing, now).await?;
    tx.commit().await?;
    for id in &over {
        app.files.remove(*id).await?;
    }
    if missing > 0 {
        tracing::error!(missing, "files of the database are not in the store of files");
    }
    Ok(StoreChecked { removed: over.len(), missing })
}

/// Has nobody registered yet?
pub async fn is_empty(app: &SharedApp) -> Result<bool, Fault> {
    Ok(db::upkeep::is_empty(&mut *app.pool.acquire().await?).await?)
}

/// Reads the settings in force for what is not a deed.
pub async fn refresh_policy(app: &SharedApp) -> Result<(), Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    app.set_policy(db::setting::in_force(&mut conn, now).await?);
    drop(conn);
    super::banner::refresh(app).await
}

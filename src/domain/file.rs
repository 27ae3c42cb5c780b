//! Uploaded files: kept with the draft for a day, then with the case; every look at a medical file is journalled.
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

use super::journal::facts;
use super::{application, journal};
use crate::app::{App, Deed, SharedApp};
use crate::db;
use crate::db::file::NewFile;
use crate::fault::{Failure, Fault};
use crate::rules::document::Media;
use crate::rules::journal::What;
use crate::rules::refusal::Refusal;

pub use crate::db::file::FileRow;
pub use crate::integrations::files::{Source, Spool, Spooled};

/// A file that passed its own check.
pub struct Judged<'a> {
    pub name: &'a str,
    pub media: Media,
    pub bytes: &'a [u8],
}

/// A large upload, while somebody works on it: few are in memory at once, whatever comes.
pub struct Whole<'a> {
    pub bytes: Vec<u8>,
    _room: SemaphorePermit<'a>,
}

/// Waits for its turn. Nobody may wait for a second one while they hold one.
pub async fn room(app: &App) -> Result<SemaphorePermit<'_>, Failure> {
    app.uploads.acquire().await.map_err(|_| Failure::Busy)
}

/// Waits for room for it, then reads it.
pub async fn whole<'a>(app: &'a App, spooled: &Spooled) -> Result<Whole<'a>, Failure> {
    let room = room(app).await?;
    Ok(Whole { bytes: spooled.read().await.map_err(Fault::from)?, _room: room })
}

/// Keeps a file with the draft: the bytes first, then the row, so that a row always has its file. A file without a row
/// is swept after a day.
pub async fn keep_draft(
    app: &SharedApp,
    owner: Uuid,
    request: Uuid,
    file: &Judged<'_>,
) -> Result<Uuid, Failure> {
    let id = app.secrets.id();
    app.files.put(id, file.bytes).await?;
    let mut tx = app.pool.begin().await?;
    let actor =
        crate::rules::actor::Actor::Person { account: owner, role: crate::rules::actor::Role::Parent };
    let deed = Deed::begin(app, &mut tx, actor, request).await?;
    let new = NewFile {
        id,
        owner,
        name: &file.media.shown_name(file.name),
        media: file.media.mime(),
        size: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        sha256: &Sha256::digest(file.bytes),
        now: deed.now,
        kept_until: deed.now + chrono::Duration::hours(i64::from(deed.settings.draft_hours)),
    };
    db::file::insert(&mut tx, new).await?;
    journal::on(&mut tx, &deed, What::UploadFile, id, facts!(Size: file.bytes.len())).await?;
    tx.commit().await?;
    Ok(id)
}

/// A kept file of this person, to be named on a form that comes back.
pub async fn kept(app: &SharedApp, owner: Uuid, id: Uuid) -> Result<Option<FileRow>, Failure> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    Ok(db::file::own(&mut conn, id, owner, now).await?)
}

/// The applicant looks at the conclusion's file of an own application.
pub async fn of_own_conclusion(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
) -> Result<FileRow, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let file = db::file::of_conclusion(conn, case.id).await?.ok_or(Failure::NotFound)?;
    own_is_open(conn, deed, case.applicant, &file).await?;
    journal::look(conn, deed, case.id, file.id).await?;
    Ok(file)
}

/// The applicant looks at a paper of the own open contract.
pub async fn of_own_contract(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    kind: &str,
) -> Result<FileRow, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let contract = case.stage.contract().ok_or(Failure::NotFound)?;
    let file = db::file::of_contract(conn, contract, kind).await?.ok_or(Failure::NotFound)?;
    own_is_open(conn, deed, case.applicant, &file).await?;
    journal::look(conn, deed, case.id, file.id).await?;
    Ok(file)
}

/// The parent looks at a paper of the own wallet, found there before.
pub async fn of_wallet(
    conn: &mut PgConnection,
    deed: &Deed,
    owner: Uuid,
    id: Uuid,
) -> Result<FileRow, Failure> {
    let file = db::file::own(conn, id, owner, deed.now).await?.ok_or(Failure::NotFound)?;
    own_is_open(conn, deed, owner, &file).await?;
    journal::on(conn, deed, What::LookAtFile, file.id, facts!()).await?;
    Ok(file)
}

/// After a recovery by SMS alone, files stored before it stay closed for a day (`safety.md` T06).
async fn own_is_open(
    conn: &mut PgConnection,
    deed: &Deed,
    owner: Uuid,
    file: &FileRow,
) -> Result<(), Failure> {
    let after = deed.now - chrono::Duration::hours(i64::from(deed.settings.recovery_hold_hours));
    match db::file::closed_since(conn, owner, after).await? {
        Some(recovered) if file.stored_at < recovered => Err(Refusal::FilesClosed.into()),
        _ => Ok(()),
    }
}

pub async fn bytes(app: &SharedApp, file: &FileRow) -> Result<Vec<u8>, Fault> {
    app.files.get(file.id).await
}

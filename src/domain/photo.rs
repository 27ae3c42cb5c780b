//! Pictures of kindergartens: taken in, given out, taken away.
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use super::journal::facts;
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::photo::NewPhoto;
use crate::fault::{Failure, Fault};
use crate::rules::document::DocumentError;
use crate::rules::journal::What;
use crate::rules::photo::{self, Photo};

pub use crate::db::photo::Picture;

/// Judges an upload and draws it anew; as many at once as there are cores, like hashes.
pub async fn draw_anew(app: &SharedApp, upload: Vec<u8>) -> Result<Result<Photo, DocumentError>, Failure> {
    let _permit = app.hashing.acquire().await.map_err(|_| Failure::Busy)?;
    let drawn = tokio::task::spawn_blocking(move || photo::draw_anew(&upload)).await;
    Ok(drawn.map_err(|_| Fault::Broken("drawing a picture panicked".to_owned()))?)
}

/// What a picture shows, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub kk: String,
    pub ru: String,
}

/// `false`: the kindergarten has as many as it may.
pub async fn add(
    conn: &mut PgConnection,
    deed: &Deed,
    kindergarten: Uuid,
    photo: &Photo,
    shown: &Shown,
) -> Result<bool, Failure> {
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let id = deed.app.secrets.id();
    let new = NewPhoto {
        id,
        kindergarten,
        alt_kk: &shown.kk,
        alt_ru: &shown.ru,
        width: side(photo.width),
        height: side(photo.height),
        jpeg: &photo.jpeg,
        sha256: &Sha256::digest(&photo.jpeg),
        now: deed.now,
    };
    if !db::photo::insert(conn, new).await? {
        return Ok(false);
    }
    let facts = facts!(Kindergarten: kindergarten, Size: photo.jpeg.len());
    journal::on(conn, deed, What::PhotoAdded, id, facts).await?;
    Ok(true)
}

/// Another kindergarten's picture is not there.
pub async fn remove(
    conn: &mut PgConnection,
    deed: &Deed,
    kindergarten: Uuid,
    id: Uuid,
) -> Result<(), Failure> {
    if !db::photo::remove(conn, kindergarten, id).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, What::PhotoRemoved, id, facts!(Kindergarten: kindergarten)).await?)
}

/// A picture as everybody may see it.
pub async fn picture(app: &SharedApp, id: Uuid) -> Result<Picture, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    db::photo::find(&mut conn, id).await?.ok_or(Failure::NotFound)
}

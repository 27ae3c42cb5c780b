//! Sessions for the web layer's store.
use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;

pub use crate::db::session::{FoundSession, NewSession};

/// A session is touched at most this often: reading pages does not write.
const TOUCH_EVERY: chrono::Duration = chrono::Duration::minutes(1);

pub async fn open(app: &SharedApp, id_hash: &[u8], new: &NewSession) -> Result<(), Fault> {
    Ok(db::session::open(&mut *app.pool.acquire().await?, id_hash, new).await?)
}

pub async fn find(app: &SharedApp, id_hash: &[u8]) -> Result<Option<FoundSession>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let found = db::session::find(&mut conn, id_hash, &app.policy()).await?;
    if let Some(session) = &found
        && session.now - session.seen_at > TOUCH_EVERY
    {
        db::session::touch(&mut conn, id_hash, session.now).await?;
    }
    Ok(found)
}

pub async fn end_by_hash(app: &SharedApp, id_hash: &[u8]) -> Result<(), Fault> {
    Ok(db::session::end_by_hash(&mut *app.pool.acquire().await?, id_hash).await?)
}

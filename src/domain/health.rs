//! Can this process serve? The database answers and has every migration this build knows.
use crate::app::SharedApp;
use crate::db;

pub async fn is_ready(app: &SharedApp) -> bool {
    let Ok(mut conn) = app.pool.acquire().await else { return false };
    db::health::is_migrated(&mut conn).await.unwrap_or(false)
}

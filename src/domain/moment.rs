//! The portal's time, outside a deed.
use chrono::{DateTime, Utc};

use crate::app::SharedApp;
use crate::fault::Fault;

pub async fn now(app: &SharedApp) -> Result<DateTime<Utc>, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(crate::clock::now(&mut conn).await?)
}

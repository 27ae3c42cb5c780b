//! What everybody may take: free places, kindergartens. (Queues are `domain::city`, figures `domain::statistics`.)
use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;
use crate::rules::city::City;
use crate::rules::district::District;
use crate::rules::kindergarten::GroupKind;

pub use crate::db::open_data::{FreeRow, OpenKindergarten};

/// Every kind of place that is free now, whole: the bulletin pages it, machines take it as it is.
pub async fn free_places(
    app: &SharedApp,
    city: &City,
    district: Option<District>,
    kind: Option<GroupKind>,
) -> Result<Vec<FreeRow>, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(db::open_data::free_places(&mut conn, city.code, district, kind).await?)
}

pub async fn kindergartens(app: &SharedApp, city: &City) -> Result<Vec<OpenKindergarten>, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(db::open_data::kindergartens(&mut conn, city.code).await?)
}

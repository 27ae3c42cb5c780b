//! The public face of the queues.
use crate::app::SharedApp;
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::city::City;

pub use crate::db::city::{QueueLine, Turn};
use crate::rules::disclosure::HIDDEN_UNDER;

/// Families on one page of the public order.
pub const PAGE: i64 = 100;

/// Pages of a queue's order, one at least.
pub fn pages(line: &QueueLine) -> i64 {
    ((line.waiting + PAGE - 1) / PAGE).max(1)
}

/// Every queue of the city.
pub async fn queues(app: &SharedApp, city: &City) -> Result<Vec<QueueLine>, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(db::city::queues(&mut conn, city.code).await?)
}

/// The place of a public handle in a queue whose order is shown; `None`: it does not wait there.
pub async fn place_of_handle(app: &SharedApp, line: &QueueLine, handle: &str) -> Result<Option<i64>, Fault> {
    if line.waiting < HIDDEN_UNDER {
        return Ok(None);
    }
    let mut conn = app.pool.acquire().await?;
    Ok(db::city::place_of_handle(&mut conn, line.id, handle).await?)
}

/// One queue of the city.
pub async fn queue(app: &SharedApp, city: &City, queue: i32) -> Result<QueueLine, Failure> {
    queues(app, city).await?.into_iter().find(|line| line.id == queue).ok_or(Failure::NotFound)
}

/// One page of a queue's order, from 1. A queue too short to be shown has none.
pub async fn order(app: &SharedApp, line: &QueueLine, page: i64) -> Result<Vec<Turn>, Fault> {
    if line.waiting < HIDDEN_UNDER {
        return Ok(Vec::new());
    }
    let mut conn = app.pool.acquire().await?;
    Ok(db::city::order(&mut conn, line.id, (page - 1) * PAGE, PAGE).await?)
}

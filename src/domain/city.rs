//! The public face of the queues.
use crate::app::SharedApp;
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::city::City;

pub use crate::db::city::{QueueLine, Turn};

/// Counts of families under this are hidden (`rules.md` §6).
pub const HIDDEN_UNDER: i64 = 5;
/// Families on one page of the public order.
pub const PAGE: i64 = 100;
/// "Lately", in days.
const LATELY: i64 = 30;

/// Every queue of the city, and the vouchers of the last thirty days.
pub struct Figures {
    pub queues: Vec<QueueLine>,
    pub issued: i64,
}

pub async fn figures(app: &SharedApp, city: &City) -> Result<Figures, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let issued = db::city::issued_since(&mut conn, now - chrono::Duration::days(LATELY)).await?;
    Ok(Figures { queues: db::city::queues(&mut conn, city.code).await?, issued })
}

/// One page of a queue's order. A queue too short to be shown has none.
pub async fn order(
    app: &SharedApp,
    city: &City,
    queue: i32,
    page: i64,
) -> Result<(QueueLine, Vec<Turn>), Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let queues = db::city::queues(&mut conn, city.code).await?;
    let line = queues.into_iter().find(|line| line.id == queue).ok_or(Failure::NotFound)?;
    if line.waiting < HIDDEN_UNDER {
        return Ok((line, Vec::new()));
    }
    let turns = db::city::order(&mut conn, queue, (page - 1) * PAGE, PAGE).await?;
    Ok((line, turns))
}

//! The only file that asks for the time. It is the database's, so that any number of processes agree.
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// The moment of a deed: asked once, then passed along as a value.
pub async fn now(conn: &mut PgConnection) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"select portal_now() as "now!""#).fetch_one(conn).await
}

/// The machine's own time, for the commands that have no database.
#[expect(clippy::disallowed_methods, reason = "this file is where the time comes from")]
pub fn of_this_machine() -> DateTime<Utc> {
    Utc::now()
}

/// Waits for an answer of an even length, whatever was done meanwhile: known and unknown people look the same.
pub struct EvenPace {
    began: Instant,
    least: Duration,
}

impl EvenPace {
    pub fn begin(least: Duration) -> Self {
        Self { began: Instant::now(), least }
    }

    pub async fn finish(self) {
        tokio::time::sleep_until((self.began + self.least).into()).await;
    }
}

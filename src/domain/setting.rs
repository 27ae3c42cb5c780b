//! The settings in force, with the moments since which they hold: for the page of rules.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;
use crate::rules::settings::Settings;

/// The values of one moment.
#[derive(Debug, Clone)]
pub struct InForce {
    pub now: DateTime<Utc>,
    pub settings: Settings,
    since: BTreeMap<String, DateTime<Utc>>,
}

impl InForce {
    /// Since when the value of this name holds; `None` when it has held since the portal began.
    pub fn since(&self, name: &str) -> Option<DateTime<Utc>> {
        self.since.get(name).copied()
    }
}

pub async fn in_force(app: &SharedApp) -> Result<InForce, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let settings = db::setting::in_force(&mut conn, now).await?;
    let since = db::setting::since(&mut conn, now).await?.into_iter().collect();
    Ok(InForce { now, settings, since })
}

//! The status of an application by its number, for whoever holds the receipt; without signing in.
use std::net::IpAddr;

use uuid::Uuid;

use super::limit::{self, DAY, HOUR, Limit};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::Failure;
use crate::rules::actor::Actor;
use crate::rules::stage_name::StageName;

/// Who asks: one browser, one address.
pub struct Asker<'a> {
    pub browser: &'a str,
    pub address: IpAddr,
    pub request: Uuid,
}

/// From one browser: (at most, within seconds). A family looks now and then; a list of guesses is another matter.
const OF_BROWSER: [(u32, u32); 2] = [(10, HOUR), (30, DAY)];
/// From one address, behind which a library or a whole house may stand.
const OF_ADDRESS: [(u32, u32); 2] = [(30, HOUR), (120, DAY)];

/// The stage alone: never a type or a place. `None`: no application has this number. Both cost the asker the same.
pub async fn status(app: &SharedApp, who: &Asker<'_>, number: &str) -> Result<Option<StageName>, Failure> {
    let (mut tx, deed) = Deed::open(app, Actor::System, who.request).await?;
    let address = who.address.to_string();
    let limits = [
        Limit::new("lookup_browser", who.browser.as_bytes(), &OF_BROWSER),
        Limit::new("lookup_address", address.as_bytes(), &OF_ADDRESS),
    ];
    limit::take(&mut tx, &deed, &limits).await?;
    let stage = db::application::stage_of_number(&mut tx, number).await?;
    tx.commit().await?;
    Ok(stage)
}

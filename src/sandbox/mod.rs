//! The stand-ins of the outside systems, the private database cluster: a development build only.
//!
//! The portal talks to the stand-ins with its real clients over real HTTP; no client has a second body.
mod authority;
pub mod clock;
pub mod cluster;
mod design;
mod keys;
pub mod ncalayer;
mod panel;
pub mod parts;
pub mod people;
mod phone;
pub mod pki;
pub mod standins;
pub mod state;
pub mod test_cluster;

use std::path::Path;
use std::sync::Arc;

use sqlx::PgPool;

use crate::fault::Fault;
use crate::integrations::eds::Trust;
use crate::secrets::Secrets;
use crate::web::{Routes, Who};
use parts::Parts;
use pki::Pki;

/// Prepares the database, starts the stand-ins, opens the sandbox's authority in `folder`.
pub async fn start(pool: &PgPool, folder: &Path) -> Result<Parts, Fault> {
    state::prepare(pool).await?;
    let (listener, address) = standins::bind().await?;
    let folder = folder.to_owned();
    let services = format!("http://{address}/sandbox/pki");
    // The first time makes keys, which takes seconds of computing.
    let opened = tokio::task::spawn_blocking(move || Pki::open(&folder, &services, &mut Secrets::for_keys()));
    let pki = opened
        .await
        .map_err(|error| Fault::Setup(error.to_string()))?
        .map_err(|error| Fault::Setup(format!("the sandbox's authority: {error:#}")))?;
    let trust = Trust::load(pki.trust_dir()).map_err(|error| Fault::Setup(error.to_string()))?;
    let (pki, trust) = (Arc::new(pki), Arc::new(trust));
    let services = authority::Services { pool: pool.clone(), pki: pki.clone(), trust: trust.clone() };
    standins::start(listener, services);
    Ok(Parts { url: format!("http://{address}"), pki, trust })
}

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/sandbox", Who::Loopback, panel::show)
        .get("/sandbox/design", Who::Loopback, design::show)
        .get("/sandbox/messages", Who::Loopback, panel::messages)
        .get("/sandbox/clock", Who::Loopback, clock::show)
        .post("/sandbox/clock", Who::Loopback, clock::advance)
        .post("/sandbox/tick", Who::Loopback, panel::tick)
        .post("/sandbox/faults", Who::Loopback, panel::set_fault)
        .get("/sandbox/pmpk", Who::Loopback, panel::conclusion)
        .get("/sandbox/accounts", Who::Loopback, panel::accounts)
        .get("/sandbox/ncalayer", Who::Loopback, keys::ncalayer)
        .post("/sandbox/pki/ocsp", Who::Loopback, authority::ocsp_here)
        .get("/sandbox/pki/crl/{authority}", Who::Loopback, authority::list_here)
        .get("/sandbox/pki/ca/{authority}", Who::Loopback, authority::certificate_here)
        .post("/sandbox/pki/tsa", Who::Loopback, authority::time_stamp_here)
        .post("/sandbox/phone", Who::Loopback, phone::scan)
        // The text of a contract, in base64: larger than a form.
        .post_files("/sandbox/sign", Who::Loopback, keys::sign)
}

//! What the clients share: one reqwest client, short time limits, and "silent" for whatever does not answer well.
use std::time::Duration;

use crate::fault::{Failure, Service};

/// How long a page waits for an outside system in all; the page itself answers within three seconds.
pub const PAGE_PATIENCE: Duration = Duration::from_millis(2_000);

pub fn client() -> Result<reqwest::Client, crate::fault::Fault> {
    // The provider may be installed already by another client of this process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(PAGE_PATIENCE)
        .connect_timeout(Duration::from_millis(1_000))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| crate::fault::Fault::Setup(format!("http client: {error}")))
}

/// Anything but a good answer is silence: nothing is guessed, nothing is lost.
pub fn silent(service: Service) -> impl Fn(reqwest::Error) -> Failure {
    move |error| {
        tracing::warn!(?service, timeout = error.is_timeout(), connect = error.is_connect(), status = ?error.status(), "an outside service is silent");
        Failure::Silent(service)
    }
}

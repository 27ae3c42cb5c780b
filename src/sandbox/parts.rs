//! What the sandbox adds to the portal.
use std::sync::Arc;

use super::pki::Pki;
use crate::integrations::eds::Trust;

pub struct Parts {
    /// Where the stand-ins listen.
    pub url: String,
    pub pki: Arc<Pki>,
    /// As the stand-in of NCANode sees it.
    pub trust: Arc<Trust>,
}

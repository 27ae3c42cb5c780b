//! Versions of a contract: why a version stopped counting, and where a version stands for whoever asks.
use serde::{Deserialize, Serialize};

/// Why a contract got a new version; the one before is void, with the signatures on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionReason {
    /// The family changed what it had filled in, or a paper.
    Refilled,
    /// The kindergarten changed the day of the start or the fee.
    TermsChanged,
    /// The kindergarten returned papers to be put right.
    PapersReturned,
}

impl VersionReason {
    pub const ALL: [Self; 3] = [Self::Refilled, Self::TermsChanged, Self::PapersReturned];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refilled => "refilled",
            Self::TermsChanged => "terms_changed",
            Self::PapersReturned => "papers_returned",
        }
    }

    /// `None` also where the case went on without the contract: then there is no next version.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

//! Versions of a contract: why a version stopped counting, and where a version stands for whoever asks.
use serde::{Deserialize, Serialize};

use super::journal::What;

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

    /// What the journal calls the deed.
    pub fn deed(self) -> What {
        match self {
            Self::Refilled | Self::TermsChanged => What::NewContractVersion,
            Self::PapersReturned => What::ReturnPapers,
        }
    }

    /// Whoever gives it tells the family what to do, in words of its own.
    pub fn is_told_apart(self) -> bool {
        self == Self::PapersReturned
    }

    /// `None` also where the case went on without the contract: then there is no next version.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// Where a version of a contract stands, for whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its text is not made yet.
    NotFilled,
    AwaitsParent,
    AwaitsKindergarten,
    /// Both sides have signed it.
    InForce,
    Void,
}

impl Standing {
    pub fn of(filled: bool, parent_signed: bool, kindergarten_signed: bool, void: bool) -> Self {
        match (void, filled, parent_signed, kindergarten_signed) {
            (true, ..) => Self::Void,
            (_, false, ..) => Self::NotFilled,
            (_, _, false, _) => Self::AwaitsParent,
            (.., false) => Self::AwaitsKindergarten,
            _ => Self::InForce,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_back_and_leaving_is_none() {
        for reason in VersionReason::ALL {
            assert_eq!(VersionReason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(VersionReason::parse("left"), None);
    }

    #[test]
    fn a_version_is_in_force_only_with_both_signatures_and_never_when_void() {
        for mask in 0..16u8 {
            let [filled, parent, kindergarten, void] = [1, 2, 4, 8].map(|bit| mask & bit != 0);
            let standing = Standing::of(filled, parent, kindergarten, void);
            assert_eq!(standing == Standing::InForce, filled && parent && kindergarten && !void, "{mask}");
            assert_eq!(standing == Standing::Void, void);
        }
    }
}

//! Versions of a contract: why a version stopped counting, where a version stands for whoever asks, and what the one
//! that counts waits for.
use serde::{Deserialize, Serialize};

use super::journal::What;
use super::signature::Side;
use super::stage_name::StageName;

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

/// What the contract of a case waits for, said alike wherever anybody reads of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The family fills it in.
    Fill,
    /// The kindergarten sent papers back: the family puts them right.
    Mend,
    /// Its text is there: the family reads it and signs.
    Sign,
    /// The family has signed, and the authority is asked about the key: nobody has to do anything.
    FamilyChecked,
    /// The kindergarten reads it and signs.
    Kindergarten,
    KindergartenChecked,
    /// Both have signed.
    Concluded,
}

/// What is known of the version that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// Its text is made.
    pub filled: bool,
    /// Papers were sent back before it.
    pub returned: bool,
    /// Whose signature waits for its check.
    pub waiting: Option<Side>,
}

impl Step {
    /// `None` in the stages without a contract.
    pub fn of(stage: StageName, known: Known) -> Option<Self> {
        Some(match (stage, known.filled, known.waiting) {
            (StageName::AwaitingParentSignature, false, _) if known.returned => Self::Mend,
            (StageName::AwaitingParentSignature, false, _) => Self::Fill,
            (StageName::AwaitingParentSignature, true, Some(Side::Parent)) => Self::FamilyChecked,
            (StageName::AwaitingParentSignature, true, _) => Self::Sign,
            (StageName::AwaitingKindergartenSignature, _, Some(Side::Kindergarten)) => {
                Self::KindergartenChecked
            }
            (StageName::AwaitingKindergartenSignature, ..) => Self::Kindergarten,
            (StageName::Enrolled, ..) => Self::Concluded,
            _ => return None,
        })
    }

    /// The family has something to do.
    pub fn is_the_familys(self) -> bool {
        matches!(self, Self::Fill | Self::Mend | Self::Sign)
    }

    /// A signature waits for the authority's word.
    pub fn is_checked(self) -> bool {
        matches!(self, Self::FamilyChecked | Self::KindergartenChecked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_stages_own_and_a_waiting_signature_asks_nothing_of_anybody() {
        let known = |filled, returned, waiting| Known { filled, returned, waiting };
        let family = StageName::AwaitingParentSignature;
        for (stage, known, step) in [
            (family, known(false, false, None), Some(Step::Fill)),
            (family, known(false, true, None), Some(Step::Mend)),
            (family, known(true, true, None), Some(Step::Sign)),
            (family, known(true, false, Some(Side::Parent)), Some(Step::FamilyChecked)),
            (StageName::AwaitingKindergartenSignature, known(true, true, None), Some(Step::Kindergarten)),
            (
                StageName::AwaitingKindergartenSignature,
                known(true, false, Some(Side::Kindergarten)),
                Some(Step::KindergartenChecked),
            ),
            (StageName::Enrolled, known(true, false, None), Some(Step::Concluded)),
            (StageName::VoucherConfirmed, Known::default(), None),
            (StageName::Archived, known(true, true, None), None),
        ] {
            assert_eq!(Step::of(stage, known), step, "{stage:?} {known:?}");
        }
    }

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

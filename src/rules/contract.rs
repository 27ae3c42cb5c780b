//! Versions of a contract: why a version stopped counting, what the next has otherwise, where a version stands for whoever
//! asks, and what the one that counts waits for.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::document::DocumentKind;
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

/// The family had signed an earlier version of its contract, and has to sign this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    pub version: i32,
    /// Why the version that it had signed is void.
    pub why: VersionReason,
}

/// What the contract of a case waits for, and whether the family does it for the second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    pub step: Step,
    pub lost: Option<Lost>,
}

/// What one version of a contract says that another may say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    pub starts_on: NaiveDate,
    /// Tenge a month.
    pub parent_fee: i32,
    /// What the family filled in; nothing before that, or where it is not the reader's to see.
    pub filled: Option<Filled>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    pub address: String,
    pub papers: Vec<Attached>,
}

/// A paper of a version: which file, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub kind: DocumentKind,
    pub sha256: Vec<u8>,
    pub name: String,
}

/// What was, and what is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    StartsOn(NaiveDate, NaiveDate),
    ParentFee(i32, i32),
    Address(String, String),
    /// By their names; nothing where there was or is none.
    Paper(DocumentKind, Option<String>, Option<String>),
}

impl Terms {
    /// What `next` has otherwise, in the order of the contract.
    pub fn changes(&self, next: &Self) -> Vec<Change> {
        let mut all = Vec::new();
        if self.starts_on != next.starts_on {
            all.push(Change::StartsOn(self.starts_on, next.starts_on));
        }
        if self.parent_fee != next.parent_fee {
            all.push(Change::ParentFee(self.parent_fee, next.parent_fee));
        }
        let Some((was, now)) = self.filled.as_ref().zip(next.filled.as_ref()) else { return all };
        if was.address != now.address {
            all.push(Change::Address(was.address.clone(), now.address.clone()));
        }
        for kind in DocumentKind::ALL {
            let of = |filled: &Filled| filled.papers.iter().find(|one| one.kind == kind).cloned();
            let (was, now) = (of(was), of(now));
            if was.as_ref().map(|one| &one.sha256) != now.as_ref().map(|one| &one.sha256) {
                all.push(Change::Paper(kind, was.map(|one| one.name), now.map(|one| one.name)));
            }
        }
        all
    }
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
    fn only_what_differs_is_a_change() {
        let paper = |name: &str| Attached {
            kind: DocumentKind::Form027,
            sha256: name.as_bytes().to_vec(),
            name: name.to_owned(),
        };
        let filled =
            |address: &str, papers: Vec<Attached>| Some(Filled { address: address.to_owned(), papers });
        let was = Terms { parent_fee: 5, filled: filled("a", vec![paper("x")]), ..Terms::default() };
        assert_eq!(was.changes(&was), []);
        let offer = Terms { starts_on: NaiveDate::MAX, parent_fee: 7, filled: None };
        let (day, fee) = (Change::StartsOn(was.starts_on, NaiveDate::MAX), Change::ParentFee(5, 7));
        assert_eq!(was.changes(&offer), [day, fee], "what is not filled in yet is no change");
        let address = Change::Address("a".to_owned(), "b".to_owned());
        let paper_of = |name: &str| Some(name.to_owned());
        for (papers, change) in [
            (vec![], Change::Paper(DocumentKind::Form027, paper_of("x"), None)),
            (vec![paper("y")], Change::Paper(DocumentKind::Form027, paper_of("x"), paper_of("y"))),
        ] {
            let next = Terms { filled: filled("b", papers), ..was.clone() };
            assert_eq!(was.changes(&next), [address.clone(), change]);
        }
        // The same file under another name is the same paper.
        let renamed = Attached { name: "z".to_owned(), ..paper("x") };
        assert_eq!(was.changes(&Terms { filled: filled("a", vec![renamed]), ..was.clone() }), []);
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

//! The ten stages by name (`rules.md` §4).

/// A stage without its facts: for lists, statuses and the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    AwaitingReview,
    Queued,
    VoucherIssued,
    VoucherConfirmed,
    AwaitingContract,
    AwaitingParentSignature,
    AwaitingKindergartenSignature,
    Enrolled,
    OnStopList,
    Archived,
}

impl StageName {
    pub const ALL: [Self; 10] = [
        Self::AwaitingReview,
        Self::Queued,
        Self::VoucherIssued,
        Self::VoucherConfirmed,
        Self::AwaitingContract,
        Self::AwaitingParentSignature,
        Self::AwaitingKindergartenSignature,
        Self::Enrolled,
        Self::OnStopList,
        Self::Archived,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingReview => "awaiting_review",
            Self::Queued => "queued",
            Self::VoucherIssued => "voucher_issued",
            Self::VoucherConfirmed => "voucher_confirmed",
            Self::AwaitingContract => "awaiting_contract",
            Self::AwaitingParentSignature => "awaiting_parent_signature",
            Self::AwaitingKindergartenSignature => "awaiting_kindergarten_signature",
            Self::Enrolled => "enrolled",
            Self::OnStopList => "on_stop_list",
            Self::Archived => "archived",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// Live = every stage but `enrolled` and `archived` (`rules.md` §4).
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Enrolled | Self::Archived)
    }

    /// The stages in which a group keeps a place for this child.
    pub fn holds_place(self) -> bool {
        matches!(
            self,
            Self::AwaitingContract | Self::AwaitingParentSignature | Self::AwaitingKindergartenSignature
        )
    }
}

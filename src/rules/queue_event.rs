//! What moves a queue: an application enters its order or leaves it, each time for one of a closed list of causes
//! (`rules.md` 3.3: every move is explained, and the causes add up).
use super::reason::ArchiveReason;
use super::stage::Stage;

/// Why an application entered the order of its queue, or left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// To the general queue, at once (`rules.md` 3.6).
    Submitted,
    /// The doctor confirmed the documents.
    Confirmed,
    /// Back from the stop list.
    Returned,
    VoucherIssued,
    Withdrawn,
    Outgrown,
    EnrolledElsewhere,
}

impl Cause {
    pub const ALL: [Self; 7] = [
        Self::Submitted,
        Self::Confirmed,
        Self::Returned,
        Self::VoucherIssued,
        Self::Withdrawn,
        Self::Outgrown,
        Self::EnrolledElsewhere,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
            Self::VoucherIssued => "voucher_issued",
            Self::Withdrawn => "withdrawn",
            Self::Outgrown => "outgrown",
            Self::EnrolledElsewhere => "enrolled_elsewhere",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }

    /// One family more in the order, or one less.
    pub fn step(self) -> i16 {
        match self {
            Self::Submitted | Self::Confirmed | Self::Returned => 1,
            Self::VoucherIssued | Self::Withdrawn | Self::Outgrown | Self::EnrolledElsewhere => -1,
        }
    }
}

/// How many events of each cause: what moved a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Causes([i64; Cause::ALL.len()]);

impl Causes {
    pub fn of(causes: impl IntoIterator<Item = Cause>) -> Self {
        let mut all = Self::default();
        causes.into_iter().for_each(|cause| all.add(cause, 1));
        all
    }

    pub fn add(&mut self, cause: Cause, count: i64) {
        self.0[cause as usize] += count;
    }

    /// By how much they move a place: below nothing is forward.
    pub fn net(&self) -> i64 {
        self.iter().map(|(cause, count)| i64::from(cause.step()) * count).sum()
    }

    /// The causes there were, those that move forward first.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, i64)> {
        let there = |cause: &Cause| self.0[*cause as usize] != 0;
        let forward = |cause: &Cause| cause.step() < 0;
        let ordered = Cause::ALL
            .into_iter()
            .filter(forward)
            .chain(Cause::ALL.into_iter().filter(move |it| !forward(it)));
        ordered.filter(there).map(|cause| (cause, self.0[cause as usize])).collect::<Vec<_>>().into_iter()
    }
}

/// What the way from one stage (none: a new application) to the next does to the order. A voucher that lapses moves
/// nobody: its family left the order when it was issued.
pub fn moved(from: Option<&Stage>, to: &Stage) -> Option<Cause> {
    match (from, to) {
        (Some(Stage::Queued), Stage::Queued) => None,
        (None, Stage::Queued) => Some(Cause::Submitted),
        (Some(Stage::OnStopList(_)), Stage::Queued) => Some(Cause::Returned),
        (Some(_), Stage::Queued) => Some(Cause::Confirmed),
        (Some(Stage::Queued), Stage::Archived(ArchiveReason::Outgrown)) => Some(Cause::Outgrown),
        (Some(Stage::Queued), Stage::Archived(ArchiveReason::EnrolledElsewhere)) => {
            Some(Cause::EnrolledElsewhere)
        }
        (Some(Stage::Queued), Stage::Archived(_)) => Some(Cause::Withdrawn),
        (Some(Stage::Queued), _) => Some(Cause::VoucherIssued),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::settings::TermRules;
    use crate::rules::stage::{Issued, StopListed, Term};
    use uuid::Uuid;

    #[test]
    fn whoever_enters_or_leaves_the_order_has_a_cause() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 12, 14).unwrap();
        let issued = Stage::VoucherIssued(Issued {
            voucher: Uuid::from_u128(1),
            term: Term::begin(day, 2, TermRules::default()),
            told: true,
        });
        let stopped =
            Stage::OnStopList(StopListed { since: day, return_by: None, rules: TermRules::default() });
        let archived = |reason| Stage::Archived(reason);
        let cases = [
            (None, Stage::Queued, Some(Cause::Submitted)),
            (None, Stage::AwaitingReview, None),
            (Some(Stage::AwaitingReview), Stage::Queued, Some(Cause::Confirmed)),
            (Some(Stage::AwaitingReview), archived(ArchiveReason::Rejected), None),
            (Some(Stage::AwaitingReview), archived(ArchiveReason::Withdrawn), None),
            (Some(Stage::Queued), issued.clone(), Some(Cause::VoucherIssued)),
            (Some(Stage::Queued), archived(ArchiveReason::Withdrawn), Some(Cause::Withdrawn)),
            (Some(Stage::Queued), archived(ArchiveReason::Outgrown), Some(Cause::Outgrown)),
            (Some(Stage::Queued), archived(ArchiveReason::EnrolledElsewhere), Some(Cause::EnrolledElsewhere)),
            (Some(issued.clone()), stopped.clone(), None),
            (Some(issued), archived(ArchiveReason::Refused), None),
            (Some(stopped.clone()), Stage::Queued, Some(Cause::Returned)),
            (Some(stopped), archived(ArchiveReason::NotReturned), None),
        ];
        for (from, to, cause) in cases {
            assert_eq!(moved(from.as_ref(), &to), cause, "{from:?} → {to:?}");
        }
    }

    #[test]
    fn causes_are_read_back_and_the_database_knows_the_same() {
        let migration = include_str!("../../migrations/0007_queue_events.sql");
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
            assert!(migration.contains(&format!("'{}'", cause.as_str())), "{cause:?}");
        }
        assert_eq!(Cause::parse("lapsed"), None);
    }
}

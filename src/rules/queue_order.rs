//! Who is before whom. The comparison lives here alone (and, word for word, in the queries of `db::queue`), so that
//! statutory priority classes can be added as data.
use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The order inside a queue is `(submitted_at, id)` and never changes (`rules.md` 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub submitted_at: DateTime<Utc>,
    pub id: Uuid,
}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.submitted_at.cmp(&other.submitted_at).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// «Арнайы бағыттағы» or «Жалпы» (`rules.md` 3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueType {
    Special,
    General,
}

impl QueueType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Special => "special",
            Self::General => "general",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "special" => Some(Self::Special),
            "general" => Some(Self::General),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_submission_comes_first_and_the_id_settles_ties() {
        let at = |s| DateTime::from_timestamp(s, 0).unwrap();
        let turn = |s, n| Turn { submitted_at: at(s), id: Uuid::from_u128(n) };
        let mut turns = [turn(2, 1), turn(1, 9), turn(1, 3)];
        turns.sort();
        assert_eq!(turns, [turn(1, 3), turn(1, 9), turn(2, 1)]);
    }
}

//! A contract that is signed with a phone: how far a QR code has come, and what a person is told of it.
use chrono::{DateTime, Duration, Utc};

/// A code lives so many minutes (§7.1 of the design's `integrations.md`: 180 s).
pub const MINUTES: i64 = 3;
/// A check ends within so many minutes of the code's end, or has been broken off.
const CHECK_MINUTES: i64 = 1;

/// How far a code has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Made,
    /// The phone has asked what there is to sign.
    Opened,
    /// The phone has sent a signature: no other is taken.
    Received,
    Refused,
    /// Its signature was accepted, or waits for its check.
    Used,
}

impl Progress {
    const ALL: [Self; 5] = [Self::Made, Self::Opened, Self::Received, Self::Refused, Self::Used];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Opened => "opened",
            Self::Received => "received",
            Self::Refused => "refused",
            Self::Used => "used",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// What a person is told of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Scan,
    SignOnPhone,
    Checking,
    Refused,
    Done,
    Over,
}

pub fn step(progress: Progress, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Step {
    match progress {
        Progress::Made if now < expires_at => Step::Scan,
        Progress::Opened if now < expires_at => Step::SignOnPhone,
        Progress::Received if now < expires_at + Duration::minutes(CHECK_MINUTES) => Step::Checking,
        Progress::Refused => Step::Refused,
        Progress::Used => Step::Done,
        Progress::Made | Progress::Opened | Progress::Received => Step::Over,
    }
}

/// Whole minutes until a code is over: the last one has begun.
pub fn minutes_left(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    ((expires_at - now).num_seconds().max(0) + 59) / 60
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn a_code_ends_on_the_second_and_a_check_outlives_it_a_little() {
        for (progress, second, told) in [
            (Progress::Made, 179, Step::Scan),
            (Progress::Made, 180, Step::Over),
            (Progress::Opened, 179, Step::SignOnPhone),
            (Progress::Opened, 180, Step::Over),
            (Progress::Received, 239, Step::Checking),
            (Progress::Received, 240, Step::Over),
            (Progress::Refused, 999, Step::Refused),
            (Progress::Used, 999, Step::Done),
        ] {
            assert_eq!(step(progress, at(180), at(second)), told, "{progress:?} at {second}");
        }
    }

    #[test]
    fn minutes_are_counted_down_to_none() {
        let left = [0, 1, 60, 61, 179, 180, 999].map(|second| minutes_left(at(180), at(second)));
        assert_eq!(left, [3, 3, 2, 2, 1, 0, 0]);
    }

    #[test]
    fn every_word_is_read_back() {
        assert!(Progress::ALL.iter().all(|one| Progress::parse(one.as_str()) == Some(*one)));
        assert_eq!(Progress::parse("x"), None);
    }
}

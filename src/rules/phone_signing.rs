//! A contract that is signed with a phone: how far a QR code has come, and what a person is told of it.
use chrono::{DateTime, Duration, Utc};

/// A code lives so many minutes (§7.1 of the design's `integrations.md`: 180 s).
pub const MINUTES: i64 = 3;
/// One code leads to so many contracts, no more: each of them is shown on the phone before it is signed.
pub const MOST_CONTRACTS: usize = 20;
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

/// A code: how far it has come, and what else has come meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub progress: Progress,
    pub expires_at: DateTime<Utc>,
    /// The case stands on another text, or on none.
    pub is_void: bool,
    /// This side's signature has come in another way.
    pub is_signed: bool,
    /// Whoever made it has made another one since.
    pub is_replaced: bool,
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
    /// The text is another now.
    Changed,
    /// Signed, but not with this code.
    SignedOtherwise,
    /// A newer code has taken its place.
    Replaced,
}

impl Code {
    pub fn step(&self, now: DateTime<Utc>) -> Step {
        match self.progress {
            Progress::Used => Step::Done,
            Progress::Refused => Step::Refused,
            Progress::Received if now < self.expires_at + Duration::minutes(CHECK_MINUTES) => Step::Checking,
            _ if self.is_void => Step::Changed,
            _ if self.is_signed => Step::SignedOtherwise,
            _ if now >= self.expires_at => Step::Over,
            _ if self.is_replaced => Step::Replaced,
            Progress::Made => Step::Scan,
            Progress::Opened | Progress::Received => Step::SignOnPhone,
        }
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

    fn code(progress: Progress) -> Code {
        Code { progress, expires_at: at(180), is_void: false, is_signed: false, is_replaced: false }
    }

    #[test]
    fn what_came_meanwhile_is_told_before_the_code_is_shown() {
        for progress in [Progress::Made, Progress::Opened] {
            let code = code(progress);
            let replaced = Code { is_replaced: true, ..code };
            assert_eq!(replaced.step(at(0)), Step::Replaced);
            assert_eq!(replaced.step(at(180)), Step::Over, "the newer one may be over, too");
            assert_eq!(Code { is_signed: true, ..replaced }.step(at(0)), Step::SignedOtherwise);
            assert_eq!(Code { is_signed: true, is_void: true, ..code }.step(at(999)), Step::Changed);
        }
        let all = |progress| Code { is_void: true, is_signed: true, is_replaced: true, ..code(progress) };
        let told = [Progress::Received, Progress::Refused, Progress::Used].map(|it| all(it).step(at(0)));
        assert_eq!(told, [Step::Checking, Step::Refused, Step::Done]);
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
            assert_eq!(code(progress).step(at(second)), told, "{progress:?} at {second}");
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

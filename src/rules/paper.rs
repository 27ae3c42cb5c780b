//! The family's papers: which dates each kind carries, when a family is warned, why one is sent back.
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use super::document::DocumentKind;
use super::settings::Settings;

/// Does a kind of paper say until when it is good?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    /// Some say it, some do not.
    IfAny,
    Always,
}

/// Whose a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Parent,
    Child,
}

impl DocumentKind {
    pub fn owner(self) -> Owner {
        if self == Self::ParentId { Owner::Parent } else { Owner::Child }
    }

    /// An identity card always says it. A certificate of form 027/у and a conclusion of the commission may be given for a
    /// time. A birth certificate, the child's passport of health and the card of vaccinations have no end (decided:
    /// docs/decisions.md).
    pub fn expiry(self) -> Expiry {
        match self {
            Self::ParentId => Expiry::Always,
            Self::Form027 | Self::PmpkConclusion => Expiry::IfAny,
            Self::BirthCertificate | Self::Form052 | Self::Form065 => Expiry::Never,
        }
    }
}

/// No paper of a family is older, in years: an identity card lives ten, a birth certificate as long as the child goes
/// to a kindergarten.
const OLDEST_YEARS: i64 = 30;
/// No paper is good for longer, in years.
const LONGEST_YEARS: i64 = 50;

/// The dates on a paper, as far as it carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    pub issued_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
}

/// What is wrong with a date of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateError {
    /// Issued tomorrow.
    IssuedLater,
    /// Issued long before any paper of a family is.
    IssuedLongAgo,
    /// The paper says until when it is good, and the family did not.
    ExpiryNeeded,
    /// It ends before it was issued.
    ExpiryBeforeIssue,
    /// It ends far beyond any paper's time.
    ExpiryTooFar,
    /// It is no good any more.
    Expired,
}

impl Dates {
    /// Judges the dates of a paper that is to be kept from today on.
    pub fn check(self, kind: DocumentKind, today: NaiveDate) -> Result<Self, DateError> {
        let years = |years: i64| Duration::days(years * 366);
        match self.issued_on {
            Some(on) if on > today => return Err(DateError::IssuedLater),
            Some(on) if on < today - years(OLDEST_YEARS) => return Err(DateError::IssuedLongAgo),
            _ => {}
        }
        match (kind.expiry(), self.expires_on) {
            (Expiry::Never, _) => Ok(Self { expires_on: None, ..self }),
            (Expiry::Always, None) => Err(DateError::ExpiryNeeded),
            (_, Some(on)) if self.issued_on.is_some_and(|issued| on < issued) => {
                Err(DateError::ExpiryBeforeIssue)
            }
            (_, Some(on)) if on < today => Err(DateError::Expired),
            (_, Some(on)) if on > today + years(LONGEST_YEARS) => Err(DateError::ExpiryTooFar),
            _ => Ok(self),
        }
    }

    pub fn is_over(self, today: NaiveDate) -> bool {
        self.expires_on.is_some_and(|on| on < today)
    }
}

/// Which warning a family gets about a paper; each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The first, a month before.
    First,
    /// The second, a week before.
    Second,
    /// It ends before the first day in the kindergarten that a contract names.
    BeforeUse,
}

impl Warning {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::BeforeUse => "before_use",
        }
    }

    /// The most urgent warning due today about a paper that is good until `expires_on`. `use_on`: the first day in the
    /// kindergarten by an open contract; it is told at once.
    pub fn due(
        today: NaiveDate,
        expires_on: NaiveDate,
        use_on: Option<NaiveDate>,
        settings: &Settings,
    ) -> Option<Self> {
        let left = (expires_on - today).num_days();
        if left < 0 {
            None
        } else if left <= i64::from(settings.paper_second_notice_days) {
            Some(Self::Second)
        } else if use_on.is_some_and(|on| expires_on < on) {
            Some(Self::BeforeUse)
        } else if left <= i64::from(settings.paper_first_notice_days) {
            Some(Self::First)
        } else {
            None
        }
    }
}

/// Why a kindergarten sends a paper back to be corrected: a closed list, the words beside it are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperReason {
    Unreadable,
    Incomplete,
    Expired,
    OfAnother,
    WrongPaper,
    Other,
}

impl PaperReason {
    pub const ALL: [Self; 6] =
        [Self::Unreadable, Self::Incomplete, Self::Expired, Self::OfAnother, Self::WrongPaper, Self::Other];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Incomplete => "incomplete",
            Self::Expired => "expired",
            Self::OfAnother => "of_another",
            Self::WrongPaper => "wrong_paper",
            Self::Other => "other",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dates(issued: Option<&str>, expires: Option<&str>) -> Dates {
        Dates { issued_on: issued.map(day), expires_on: expires.map(day) }
    }

    #[test]
    fn each_kind_has_the_dates_it_carries() {
        let today = day("2026-12-14");
        let cases = [
            (DocumentKind::ParentId, None, None, Err(DateError::ExpiryNeeded)),
            (DocumentKind::ParentId, Some("2020-05-06"), Some("2030-05-05"), Ok(Some("2030-05-05"))),
            (DocumentKind::ParentId, Some("2016-05-06"), Some("2026-12-13"), Err(DateError::Expired)),
            (DocumentKind::ParentId, None, Some("2026-12-14"), Ok(Some("2026-12-14"))),
            (DocumentKind::ParentId, Some("2026-12-15"), Some("2036-12-15"), Err(DateError::IssuedLater)),
            (DocumentKind::ParentId, Some("1990-01-01"), Some("2036-12-15"), Err(DateError::IssuedLongAgo)),
            (DocumentKind::ParentId, None, Some("2099-01-01"), Err(DateError::ExpiryTooFar)),
            (
                DocumentKind::ParentId,
                Some("2026-05-06"),
                Some("2026-05-05"),
                Err(DateError::ExpiryBeforeIssue),
            ),
            (DocumentKind::Form027, None, None, Ok(None)),
            (DocumentKind::Form027, Some("2026-12-01"), Some("2027-06-01"), Ok(Some("2027-06-01"))),
            (DocumentKind::BirthCertificate, Some("2023-03-04"), Some("2020-01-01"), Ok(None)),
        ];
        for (kind, issued, expires, expected) in cases {
            let judged = dates(issued, expires).check(kind, today).map(|it| it.expires_on);
            assert_eq!(judged, expected.map(|on| on.map(day)), "{kind:?} {issued:?} {expires:?}");
        }
        assert!(!dates(None, Some("2026-12-14")).is_over(today));
        assert!(dates(None, Some("2026-12-13")).is_over(today));
    }

    #[test]
    fn a_family_is_warned_a_month_and_a_week_before_and_at_once_before_the_use() {
        let settings = Settings::default();
        let ends = day("2027-01-31");
        for (today, use_on, expected) in [
            ("2026-12-31", None, None),
            ("2027-01-01", None, Some(Warning::First)),
            ("2027-01-23", None, Some(Warning::First)),
            ("2027-01-24", None, Some(Warning::Second)),
            ("2027-01-31", None, Some(Warning::Second)),
            ("2027-02-01", None, None),
            ("2026-12-14", Some("2027-01-31"), None),
            ("2026-12-14", Some("2027-02-01"), Some(Warning::BeforeUse)),
            ("2027-01-24", Some("2027-02-01"), Some(Warning::Second)),
        ] {
            assert_eq!(Warning::due(day(today), ends, use_on.map(day), &settings), expected, "{today}");
        }
    }

    #[test]
    fn reasons_are_read_back() {
        for reason in PaperReason::ALL {
            assert_eq!(PaperReason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(PaperReason::parse(""), None);
    }
}

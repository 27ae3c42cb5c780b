//! Days on which a term stands still (rules of the road 3.2 and 3.4).
use chrono::NaiveDate;

/// Why a term stands still. In the order in which a day of several is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseWhy {
    /// The kindergarten holds the case.
    Kindergarten,
    /// A signature waits for its check: the authority that issued the key is silent.
    Check,
    /// An outage the operator has declared.
    Outage,
    /// No place can seat the voucher any more.
    NoPlace,
}

impl PauseWhy {
    pub const ALL: [Self; 4] = [Self::Kindergarten, Self::Check, Self::Outage, Self::NoPlace];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kindergarten => "kindergarten",
            Self::Check => "check",
            Self::Outage => "outage",
            Self::NoPlace => "no_place",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == code)
    }
}

/// Days on which a term stands still, both ends included; `to: None` is a pause still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub why: PauseWhy,
}

impl Pause {
    pub fn touches(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

//! The figures of the statistics, and the months they cover.
use chrono::{Datelike, Days, Months, NaiveDate};

/// A figure of the statistics page; the code stands in addresses and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Families in the order at the end of each month.
    QueueLength,
    /// Vouchers issued, confirmed and lapsed in each month.
    Vouchers,
    /// From submission to the first voucher, by correction type.
    WaitingTime,
    /// Places and free places, by district.
    Places,
    /// From submission to the doctor's decision, by month.
    ReviewTime,
}

/// So many months are shown, the running one included.
pub const MONTHS: u32 = 12;

impl Figure {
    pub const ALL: [Self; 5] =
        [Self::QueueLength, Self::Vouchers, Self::WaitingTime, Self::Places, Self::ReviewTime];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::QueueLength => "queue-length",
            Self::Vouchers => "vouchers",
            Self::WaitingTime => "waiting-time",
            Self::Places => "places",
            Self::ReviewTime => "review-time",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.as_str() == code)
    }
}

/// The first days of the last [`MONTHS`] months, the month of `today` last.
pub fn months(today: NaiveDate) -> Vec<NaiveDate> {
    let first = today - Days::new(u64::from(today.day0()));
    (0..MONTHS).rev().map(|back| first - Months::new(back)).collect()
}

/// Days with one decimal, as they are told.
pub fn days(days: f64) -> f64 {
    (days * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_months_ends_with_this_one() {
        let months = months("2027-01-31".parse().unwrap());
        assert_eq!(months.len(), 12);
        assert_eq!(months[0], "2026-02-01".parse().unwrap());
        assert_eq!(months[11], "2027-01-01".parse().unwrap());
    }

    #[test]
    fn figures_are_read_back() {
        for figure in Figure::ALL {
            assert_eq!(Figure::parse(figure.as_str()), Some(figure));
        }
        assert_eq!(Figure::parse("children"), None);
    }
}

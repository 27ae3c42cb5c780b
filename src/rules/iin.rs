//! The individual identification number (IIN) and the organisation's (BIN).
//!
//! Source: rules of the road 3.1. Twelve digits; 1–6 are the birth day as YYMMDD, the 7th is century and sex,
//! 8–11 a serial number, the 12th a check digit.
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::person::Sex;

/// Why what was typed is not an IIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IinError {
    #[error("nothing was typed")]
    Empty,
    #[error("an IIN has exactly twelve digits")]
    NotTwelveDigits,
    #[error("the check digit does not fit")]
    CheckDigit,
    #[error("no such birth date")]
    ImpossibleDate,
}

/// Why what was typed is not a BIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BinError {
    #[error("nothing was typed")]
    Empty,
    #[error("a BIN has exactly twelve digits")]
    NotTwelveDigits,
    #[error("the check digit does not fit")]
    CheckDigit,
}

/// A person's number, known to be well-formed. That it was issued, and to whom, only the registry knows.
///
/// There is no `Display`: an IIN gets onto a page or into a log only by asking for `as_str` or `masked`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iin([u8; 12]);

/// An organisation's number, with a fitting check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bin([u8; 12]);

impl Iin {
    /// Reads what a person typed: spaces around are forgiven, anything but ASCII digits is not.
    pub fn parse(typed: &str) -> Result<Self, IinError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(IinError::Empty);
        }
        let digits = twelve_digits(typed).ok_or(IinError::NotTwelveDigits)?;
        if !check_digit_fits(&digits) {
            return Err(IinError::CheckDigit);
        }
        birth_on(&digits).ok_or(IinError::ImpossibleDate)?;
        Ok(Self(digits))
    }

    /// The birth day the number carries.
    pub fn birth_on(&self) -> NaiveDate {
        // `parse` let only real days in; the day chrono starts from is never returned.
        birth_on(&self.0).unwrap_or_default()
    }

    /// The sex the number carries: an odd seventh digit is male.
    pub fn sex(&self) -> Sex {
        if value(self.0[6]) % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// Digits 8–11, which tell apart people born on one day.
    pub fn serial(&self) -> &str {
        text(&self.0[7..11])
    }

    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// `210315******`: enough to recognise one's own, too little to look anyone up.
    pub fn masked(&self) -> String {
        format!("{}******", text(&self.0[..6]))
    }
}

impl Bin {
    /// Reads what a person typed: spaces around are forgiven, anything but ASCII digits is not.
    pub fn parse(typed: &str) -> Result<Self, BinError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(BinError::Empty);
        }
        let digits = twelve_digits(typed).ok_or(BinError::NotTwelveDigits)?;
        if !check_digit_fits(&digits) {
            return Err(BinError::CheckDigit);
        }
        Ok(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iin({})", self.masked())
    }
}

/// Organisations are public: their number may be logged.
impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bin({})", self.as_str())
    }
}

impl TryFrom<String> for Iin {
    type Error = IinError;
    fn try_from(stored: String) -> Result<Self, IinError> {
        Self::parse(&stored)
    }
}

impl From<Iin> for String {
    fn from(iin: Iin) -> Self {
        iin.as_str().to_owned()
    }
}

impl TryFrom<String> for Bin {
    type Error = BinError;
    fn try_from(stored: String) -> Result<Self, BinError> {
        Self::parse(&stored)
    }
}

impl From<Bin> for String {
    fn from(bin: Bin) -> Self {
        bin.as_str().to_owned()
    }
}

/// The twelfth digit for the first eleven, or `None` if no number with this beginning was ever issued.
///
/// Rules of the road 3.1: weights 1..11, sum mod 11; if that is 10, weights 3,4,…,11,1,2; if 10 again, none.
pub fn check_digit(first_eleven: &[u8]) -> Option<u8> {
    const FIRST_PASS: [u32; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const SECOND_PASS: [u32; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];
    [FIRST_PASS, SECOND_PASS].iter().map(|weights| weighted(first_eleven, weights)).find(|sum| *sum < 10).map(
        |sum| {
            // A sum below ten is one digit.
            b'0' + sum as u8
        },
    )
}

fn weighted(digits: &[u8], weights: &[u32; 11]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| value(*digit) * weight).sum::<u32>() % 11
}

fn check_digit_fits(digits: &[u8; 12]) -> bool {
    check_digit(&digits[..11]) == Some(digits[11])
}

/// Digits 1–7 as a day: 1/2 are the 1800s, 3/4 the 1900s, 5/6 the 2000s.
fn birth_on(digits: &[u8; 12]) -> Option<NaiveDate> {
    let century = match digits[6] {
        b'1' | b'2' => 1800,
        b'3' | b'4' => 1900,
        b'5' | b'6' => 2000,
        _ => return None,
    };
    let pair = |at: usize| value(digits[at]) * 10 + value(digits[at + 1]);
    NaiveDate::from_ymd_opt(century + pair(0) as i32, pair(2), pair(4))
}

fn twelve_digits(typed: &str) -> Option<[u8; 12]> {
    let digits: [u8; 12] = typed.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

fn value(digit: u8) -> u32 {
    u32::from(digit.wrapping_sub(b'0'))
}

/// Only ASCII digits get this far, so the default is never seen.
fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use proptest::prelude::*;

    use super::*;

    const CASES: &str = include_str!("../data/iin_cases.csv");

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn every_case_of_the_table_is_judged_as_it_says() {
        let mut read = csv::Reader::from_reader(CASES.as_bytes());
        let rows: Vec<csv::StringRecord> = read.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 16);
        for row in rows {
            assert_eq!(Iin::parse(&row[0]).is_ok(), &row[1] == "1", "{} – {}", &row[0], &row[2]);
        }
    }

    #[test]
    fn each_mistake_has_its_name() {
        for (typed, error) in [
            ("", IinError::Empty),
            ("  \u{a0} ", IinError::Empty),
            ("21031559900", IinError::NotTwelveDigits),
            ("2103155990088", IinError::NotTwelveDigits),
            ("210315 599008", IinError::NotTwelveDigits),
            ("21031559900O", IinError::NotTwelveDigits),
            ("２１０３１５５９９００８", IinError::NotTwelveDigits),
            ("٢١٠٣١٥٥٩٩٠٠٨", IinError::NotTwelveDigits),
            ("210315599007", IinError::CheckDigit),
            ("220708699390", IinError::CheckDigit),
            ("220229599002", IinError::ImpossibleDate),
            ("000000000000", IinError::ImpossibleDate),
        ] {
            assert_eq!(Iin::parse(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn a_number_tells_the_birth_day_and_the_sex() {
        for (typed, born, sex) in [
            ("210315599008", day(2021, 3, 15), Sex::Male),
            ("211130699001", day(2021, 11, 30), Sex::Female),
            ("240229599006", day(2024, 2, 29), Sex::Male),
            ("880517499008", day(1988, 5, 17), Sex::Female),
            ("910203399002", day(1991, 2, 3), Sex::Male),
        ] {
            let iin = Iin::parse(typed).unwrap();
            assert_eq!((iin.birth_on(), iin.sex()), (born, sex));
        }
        let iin = Iin::parse(" 220708699303 ").unwrap();
        assert_eq!(
            (iin.as_str(), iin.serial(), iin.masked().as_str()),
            ("220708699303", "9930", "220708******")
        );
    }

    #[test]
    fn debug_and_json() {
        let iin = Iin::parse("210315599008").unwrap();
        assert_eq!(format!("{iin:?}"), "Iin(210315******)");
        assert_eq!(serde_json::to_string(&iin).unwrap(), "\"210315599008\"");
        assert_eq!(serde_json::from_str::<Iin>("\"210315599008\"").unwrap(), iin);
        assert!(serde_json::from_str::<Iin>("\"210315599007\"").is_err());
    }

    #[test]
    fn a_bin_needs_only_its_check_digit() {
        // 990240000127: twelve digits that could not be an IIN (month 02, day 40).
        let first = b"99024000012";
        let last = check_digit(first).unwrap();
        let good = format!("99024000012{}", last as char);
        assert_eq!(Bin::parse(&good).unwrap().as_str(), good);
        assert!(Iin::parse(&good).is_err());
        let bad = format!("99024000012{}", (b'0' + (last - b'0' + 1) % 10) as char);
        assert_eq!(Bin::parse(&bad), Err(BinError::CheckDigit));
        assert_eq!(Bin::parse(" "), Err(BinError::Empty));
        assert_eq!(Bin::parse("99024"), Err(BinError::NotTwelveDigits));
    }

    proptest! {
        #[test]
        fn anything_typed_is_judged_without_a_panic(typed in ".{0,20}") {
            let _ = (Iin::parse(&typed), Bin::parse(&typed));
        }

        #[test]
        fn every_issued_number_is_read_back(days in 0i64..80_000, serial in 0u32..10_000, male: bool) {
            let born = day(1830, 1, 1) + chrono::Days::new(days as u64);
            let century = (born.year() / 100 - 18) as u32 * 2 + if male { 1 } else { 2 };
            let first = format!("{}{}{:04}", born.format("%y%m%d"), century, serial);
            prop_assume!(check_digit(first.as_bytes()).is_some());
            let iin = Iin::parse(&format!("{first}{}", check_digit(first.as_bytes()).unwrap() as char)).unwrap();
            prop_assert_eq!(iin.birth_on(), born);
            prop_assert_eq!(iin.sex() == Sex::Male, male);
        }

        #[test]
        fn a_wrong_check_digit_is_always_noticed(by in 1u8..10) {
            // Other digits are not all protected: the eleventh has the weight 11, which is 0 mod 11.
            let mut digits = *b"210315599008";
            digits[11] = b'0' + (digits[11] - b'0' + by) % 10;
            prop_assert_eq!(Iin::parse(std::str::from_utf8(&digits).unwrap()), Err(IinError::CheckDigit));
        }
    }
}

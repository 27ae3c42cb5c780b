//! A mobile number of Kazakhstan: the way people sign in and the only way a code reaches them.
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Mobile prefixes that take SMS, after +7. Rules of the road 3.1.
const MOBILE_RANGES: [(u16, u16); 7] =
    [(700, 702), (705, 708), (747, 747), (760, 764), (771, 771), (775, 778), (785, 785)];

/// Why what was typed is not a number we can send a code to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhoneError {
    #[error("nothing was typed")]
    Empty,
    #[error("not a phone number")]
    Malformed,
    #[error("a number of another country")]
    Foreign,
    #[error("a number of Kazakhstan that takes no SMS")]
    NotMobile,
}

/// Stored as E.164: «+77071234567», whichever of the ways people write it was used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone([u8; 12]);

impl Phone {
    /// `8XXXXXXXXXX`, `7XXXXXXXXXX` and `+7XXXXXXXXXX`, with any spacing, are one number.
    pub fn parse(typed: &str) -> Result<Self, PhoneError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(PhoneError::Empty);
        }
        let (international, digits) = digits_of(typed).ok_or(PhoneError::Malformed)?;
        let national = national(international, &digits)?;
        let prefix = national.iter().take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        match national[0] {
            _ if MOBILE_RANGES.iter().any(|(first, last)| (*first..=*last).contains(&prefix)) => {}
            // 6 and 7 are Kazakhstan's share of +7; 800 are the free lines of both countries.
            b'6' | b'7' => return Err(PhoneError::NotMobile),
            b'8' if prefix == 800 => return Err(PhoneError::NotMobile),
            b'3' | b'4' | b'5' | b'8' | b'9' => return Err(PhoneError::Foreign),
            _ => return Err(PhoneError::Malformed),
        }
        let mut e164 = *b"+70000000000";
        e164[2..].copy_from_slice(national);
        Ok(Self(e164))
    }

    /// «+77071234567»
    pub fn e164(&self) -> &str {
        text(&self.0)
    }

    /// «77071234567», as SMS gateways want it.
    pub fn digits(&self) -> &str {
        text(&self.0[1..])
    }

    /// «+7 707 123 4567», as the guide writes it. With no-break spaces it would not be found by a search.
    pub fn shown(&self) -> String {
        format!("+7 {} {} {}", text(&self.0[2..5]), text(&self.0[5..8]), text(&self.0[8..]))
    }

    /// «+7 707 *** **67»: enough to recognise one's own.
    pub fn masked(&self) -> String {
        format!("+7 {} *** **{}", text(&self.0[2..5]), text(&self.0[10..]))
    }
}

/// Whether a plus stood in front, and the digits without spacing; `None` when anything else is there.
fn digits_of(typed: &str) -> Option<(bool, Vec<u8>)> {
    let (international, rest) = match typed.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, typed),
    };
    let mut digits = Vec::with_capacity(rest.len().min(16));
    for letter in rest.chars() {
        match letter {
            '0'..='9' => digits.push(letter as u8),
            '-' | '(' | ')' | '.' | '\u{2010}'..='\u{2014}' => {}
            _ if letter.is_whitespace() => {}
            _ => return None,
        }
        // E.164 has at most fifteen digits.
        if digits.len() > 15 {
            return None;
        }
    }
    Some((international, digits))
}

/// The ten digits after +7.
fn national(international: bool, digits: &[u8]) -> Result<&[u8], PhoneError> {
    match (international, digits) {
        (true, [b'7', rest @ ..]) | (false, [b'7' | b'8', rest @ ..]) if rest.len() == 10 => Ok(rest),
        (true, [b'0' | b'7', ..]) => Err(PhoneError::Malformed),
        (true, digits) if digits.len() >= 8 => Err(PhoneError::Foreign),
        _ => Err(PhoneError::Malformed),
    }
}

/// Only ASCII gets this far, so the default is never seen.
fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(stored: String) -> Result<Self, PhoneError> {
        Self::parse(&stored)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.e164().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_ways_to_write_one_number_are_one_number() {
        for typed in [
            "+77071234567",
            "77071234567",
            "87071234567",
            "+7 707 123 4567",
            " 8 (707) 123-45-67 ",
            "8\u{a0}707\u{a0}123\u{a0}45\u{a0}67",
            "+7-707-123–45–67",
            "+7.707.123.4567",
        ] {
            let phone = Phone::parse(typed).unwrap();
            assert_eq!((phone.e164(), phone.digits()), ("+77071234567", "77071234567"), "{typed}");
            assert_eq!(phone.shown(), "+7 707 123 4567");
        }
    }

    #[test]
    fn each_mistake_has_its_name() {
        for (typed, error) in [
            ("", PhoneError::Empty),
            ("   ", PhoneError::Empty),
            ("+", PhoneError::Malformed),
            ("7071234567", PhoneError::Malformed),
            ("+7707123456", PhoneError::Malformed),
            ("+770712345678", PhoneError::Malformed),
            ("8 707 123 45 6O", PhoneError::Malformed),
            ("+7707123++4567", PhoneError::Malformed),
            ("８７０７１２３４５６７", PhoneError::Malformed),
            ("+7 107 123 4567", PhoneError::Malformed),
            ("0077071234567", PhoneError::Malformed),
            ("+7 912 123 4567", PhoneError::Foreign),
            ("8 912 123 45 67", PhoneError::Foreign),
            ("+7 812 123 4567", PhoneError::Foreign),
            ("+996 555 123 456", PhoneError::Foreign),
            ("+1 202 555 0123", PhoneError::Foreign),
            ("8 (727) 339-72-22", PhoneError::NotMobile),
            ("+7 703 123 4567", PhoneError::NotMobile),
            ("8 800 080 7777", PhoneError::NotMobile),
        ] {
            assert_eq!(Phone::parse(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn exactly_the_mobile_ranges_are_taken() {
        let taken: Vec<u16> =
            (600..800).filter(|prefix| Phone::parse(&format!("+7{prefix}1234567")).is_ok()).collect();
        let expected =
            [700, 701, 702, 705, 706, 707, 708, 747, 760, 761, 762, 763, 764, 771, 775, 776, 777, 778, 785];
        assert_eq!(taken, expected);
    }

    #[test]
    fn debug_hides_the_number_and_json_keeps_it() {
        let phone = Phone::parse("87071234567").unwrap();
        assert_eq!(format!("{phone:?}"), "Phone(+7 707 *** **67)");
        assert_eq!(serde_json::to_string(&phone).unwrap(), "\"+77071234567\"");
    }

    proptest! {
        #[test]
        fn anything_typed_is_judged_without_a_panic(typed in ".{0,30}") {
            let _ = Phone::parse(&typed);
        }

        #[test]
        fn what_is_shown_is_read_back(last in 0u32..10_000_000) {
            let phone = Phone::parse(&format!("8747{last:07}")).unwrap();
            prop_assert_eq!(Phone::parse(&phone.shown()).unwrap(), phone);
            prop_assert_eq!(Phone::parse(phone.digits()).unwrap(), phone);
        }
    }
}

//! What the portal says about a person: name, sex, age, language.
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sex {
    #[serde(rename = "m")]
    Male,
    #[serde(rename = "f")]
    Female,
}

impl Sex {
    pub fn as_str(self) -> &'static str {
        match self {
            Sex::Male => "m",
            Sex::Female => "f",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Sex::Male, Sex::Female].into_iter().find(|sex| sex.as_str() == code)
    }
}

/// The two languages of the portal, of its notices and of the groups. Kazakh is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Kk,
    Ru,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Kk, Language::Ru];

    pub fn as_str(self) -> &'static str {
        match self {
            Language::Kk => "kk",
            Language::Ru => "ru",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == code)
    }

    pub fn other(self) -> Self {
        match self {
            Language::Kk => Language::Ru,
            Language::Ru => Language::Kk,
        }
    }
}

/// A name as the person registry writes it. Not everybody has a patronymic.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FullName {
    pub surname: String,
    pub name: String,
    pub patronymic: Option<String>,
}

impl FullName {
    /// «Серікбаева Айгүл Маратқызы»
    pub fn full(&self) -> String {
        joined([Some(self.surname.as_str()), Some(self.name.as_str()), self.patronymic.as_deref()])
    }

    /// «Айгүл Маратқызы», as one is addressed.
    pub fn given(&self) -> String {
        joined([Some(self.name.as_str()), self.patronymic.as_deref(), None])
    }
}

fn joined(parts: [Option<&str>; 3]) -> String {
    let parts: Vec<&str> =
        parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Names do not get into logs by accident.
impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(…)")
    }
}

/// Whether the child is under `under_years` on the day `on`; nobody is before being born.
///
/// Rules of the road 3.1: under 7 on the day of application. One born on 29 February has the birthday on
/// 1 March in a year without it.
pub fn preschool_age(birth_on: NaiveDate, on: NaiveDate, under_years: u32) -> bool {
    on.years_since(birth_on).is_some_and(|years| years < under_years)
}

/// The day on which children of a birth year outgrow the queue: 1 September of the year in which they turn `under_years`
/// (rules of the road 3.2).
pub fn outgrown_on(birth_year: i32, under_years: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(birth_year.checked_add_unsigned(under_years)?, 9, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_child_is_of_preschool_age_until_the_seventh_birthday() {
        for (born, on, expected) in [
            ("2019-11-23", "2026-11-22", true),
            ("2019-11-22", "2026-11-22", false),
            ("2019-11-21", "2026-11-22", false),
            ("2026-11-22", "2026-11-22", true),
            ("2026-11-23", "2026-11-22", false),
            ("2020-02-29", "2027-02-28", true),
            ("2020-02-29", "2027-03-01", false),
        ] {
            assert_eq!(preschool_age(day(born), day(on), 7), expected, "born {born}, on {on}");
        }
    }

    #[test]
    fn a_name_without_a_patronymic_has_no_stray_space() {
        let mut name = FullName { surname: "Ким".into(), name: "Аня".into(), patronymic: None };
        assert_eq!((name.full().as_str(), name.given().as_str()), ("Ким Аня", "Аня"));
        name.patronymic = Some("  ".into());
        assert_eq!(name.full(), "Ким Аня");
        name.patronymic = Some("Маратқызы".into());
        assert_eq!((name.full().as_str(), name.given().as_str()), ("Ким Аня Маратқызы", "Аня Маратқызы"));
        assert!(!format!("{name:?}").contains("Ким"));
    }

    #[test]
    fn codes_are_read_back() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.as_str()), Some(language));
            assert_ne!(language.other(), language);
        }
        for sex in [Sex::Male, Sex::Female] {
            assert_eq!(Sex::parse(sex.as_str()), Some(sex));
            assert_eq!(serde_json::to_string(&sex).unwrap(), format!("\"{}\"", sex.as_str()));
        }
        assert_eq!((Language::parse("KK"), Sex::parse("x")), (None, None));
    }

    proptest! {
        #[test]
        fn age_only_ever_grows(born in 0u64..4000, on in 0u64..8000, later in 0u64..4000) {
            let start = day("2015-01-01");
            let at = |days| start + chrono::Days::new(days);
            if preschool_age(at(born), at(on + later), 7) && on >= born {
                prop_assert!(preschool_age(at(born), at(on), 7));
            }
        }
    }
}

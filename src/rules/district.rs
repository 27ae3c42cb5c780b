//! The districts of the city: `src/data/districts_almaty.csv`.
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::person::Language;

#[derive(Debug)]
struct Entry {
    code: String,
    name_kk: String,
    name_ru: String,
}

/// A district of the list. Two are equal when their codes are.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct District(&'static Entry);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no such district: {0}")]
pub struct UnknownDistrict(pub String);

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read(include_str!("../data/districts_almaty.csv")).unwrap_or_default());

/// A test reads the shipped file; a broken one never leaves the house.
fn read(text: &str) -> Option<Vec<Entry>> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    rows.records().map(|row| entry(&row.ok()?)).collect()
}

fn entry(row: &csv::StringRecord) -> Option<Entry> {
    let field = |at: usize| row.get(at).map(str::to_owned);
    Some(Entry { code: field(0)?, name_kk: field(1)?, name_ru: field(2)? })
}

impl District {
    /// All districts, in the order of the list.
    pub fn all() -> impl Iterator<Item = District> {
        ENTRIES.iter().map(District)
    }

    pub fn parse(code: &str) -> Result<Self, UnknownDistrict> {
        Self::all().find(|district| district.code() == code).ok_or_else(|| UnknownDistrict(code.to_owned()))
    }

    pub fn code(self) -> &'static str {
        &self.0.code
    }

    pub fn name(self, language: Language) -> &'static str {
        match language {
            Language::Kk => &self.0.name_kk,
            Language::Ru => &self.0.name_ru,
        }
    }
}

impl PartialEq for District {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for District {}

impl Hash for District {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl fmt::Debug for District {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "District({})", self.code())
    }
}

impl TryFrom<String> for District {
    type Error = UnknownDistrict;
    fn try_from(code: String) -> Result<Self, UnknownDistrict> {
        Self::parse(&code)
    }
}

impl From<District> for String {
    fn from(district: District) -> Self {
        district.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_whole_and_codes_are_read_back() {
        assert_eq!(District::all().count(), 8);
        for district in District::all() {
            assert_eq!(District::parse(district.code()), Ok(district));
            assert!(district.name(Language::Kk).ends_with("ауданы"));
            assert!(district.name(Language::Ru).ends_with("район"));
        }
        assert_eq!(District::parse("esil"), Err(UnknownDistrict("esil".into())));
    }
}

//! The kinds of correction a special group gives.
//!
//! Source: guide, «Түзету түрі»; the list and the sizes of groups are `src/data/correction_types.csv`.
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::person::Language;

/// One row of the list.
#[derive(Debug)]
struct Entry {
    code: String,
    name_kk: String,
    name_ru: String,
    max_nursery: Option<u32>,
    max_preschool: Option<u32>,
}

/// A kind of correction of the list. Two are equal when their codes are.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorrectionType(&'static Entry);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no such correction type: {0}")]
pub struct UnknownCorrectionType(pub String);

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read(include_str!("../data/correction_types.csv")).unwrap_or_default());

/// A test reads the shipped file; a broken one never leaves the house.
fn read(text: &str) -> Option<Vec<Entry>> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    rows.records().map(|row| entry(&row.ok()?)).collect()
}

fn entry(row: &csv::StringRecord) -> Option<Entry> {
    let size = |field: &str| match field {
        "" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some(Entry {
        code: row.get(0)?.to_owned(),
        name_kk: row.get(1)?.to_owned(),
        name_ru: row.get(2)?.to_owned(),
        max_nursery: size(row.get(3)?)?,
        max_preschool: size(row.get(4)?)?,
    })
}

impl CorrectionType {
    /// All kinds, in the order of the list, which is the order of the form.
    pub fn all() -> impl Iterator<Item = CorrectionType> {
        ENTRIES.iter().map(CorrectionType)
    }

    pub fn parse(code: &str) -> Result<Self, UnknownCorrectionType> {
        Self::all().find(|kind| kind.code() == code).ok_or_else(|| UnknownCorrectionType(code.to_owned()))
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

    /// How many children a nursery group (under 3 years) may have, where a limit is known.
    pub fn max_nursery(self) -> Option<u32> {
        self.0.max_nursery
    }

    /// How many children a preschool group (from 3 years) may have, where a limit is known.
    pub fn max_preschool(self) -> Option<u32> {
        self.0.max_preschool
    }
}

impl PartialEq for CorrectionType {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for CorrectionType {}

impl PartialOrd for CorrectionType {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CorrectionType {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl Hash for CorrectionType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl fmt::Debug for CorrectionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CorrectionType({})", self.code())
    }
}

impl TryFrom<String> for CorrectionType {
    type Error = UnknownCorrectionType;
    fn try_from(code: String) -> Result<Self, UnknownCorrectionType> {
        Self::parse(&code)
    }
}

impl From<CorrectionType> for String {
    fn from(kind: CorrectionType) -> Self {
        kind.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_whole_and_codes_are_read_back() {
        let rows = include_str!("../data/correction_types.csv").lines().count() - 1;
        assert_eq!(CorrectionType::all().count(), rows);
        for kind in CorrectionType::all() {
            assert_eq!(CorrectionType::parse(kind.code()), Ok(kind));
            assert!(!kind.name(Language::Kk).is_empty() && !kind.name(Language::Ru).is_empty());
        }
        assert_eq!(CorrectionType::all().collect::<std::collections::BTreeSet<_>>().len(), rows);
        assert_eq!(CorrectionType::parse("Autism"), Err(UnknownCorrectionType("Autism".into())));
    }

    #[test]
    fn a_quoted_name_and_a_limit_are_read() {
        let low_vision = CorrectionType::parse("vision_low").unwrap();
        assert_eq!(low_vision.name(Language::Kk), "Нашар көретін, амблиопиялы, қыли көзді");
        assert_eq!((low_vision.max_nursery(), low_vision.max_preschool()), (Some(10), Some(15)));
        assert_eq!(CorrectionType::parse("autism").unwrap().max_nursery(), None);
        assert_eq!(serde_json::to_string(&low_vision).unwrap(), "\"vision_low\"");
    }
}

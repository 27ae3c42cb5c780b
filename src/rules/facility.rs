//! What makes a kindergarten open to every child, and who works with the children there: `src/data/facilities.csv`.
use std::sync::LazyLock;

use super::person::Language;

#[derive(Debug)]
struct Entry {
    list: String,
    code: String,
    kk: String,
    ru: String,
}

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read(include_str!("../data/facilities.csv")).unwrap_or_default());

/// A test reads the shipped file; a broken one never leaves the house.
fn read(text: &str) -> Option<Vec<Entry>> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let entries = rows.records().map(|row| {
        let row = row.ok()?;
        let field = |at: usize| row.get(at).map(str::to_owned);
        Some(Entry { list: field(0)?, code: field(1)?, kk: field(2)?, ru: field(3)? })
    });
    entries.collect()
}

impl Entry {
    fn of(list: &'static str) -> impl Iterator<Item = &'static Entry> {
        ENTRIES.iter().filter(move |entry| entry.list == list)
    }

    fn name(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
        }
    }
}

/// The hours a specialist may work a week.
pub const HOURS: (i32, i32) = (1, 80);

/// One of the file's lists as a type of its own.
macro_rules! listed {
    ($(#[$doc:meta])* $name:ident of $list:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name(&'static Entry);

        impl $name {
            /// All, in the order of the list, which is the order of the form.
            pub fn all() -> impl Iterator<Item = Self> {
                Entry::of($list).map(Self)
            }

            pub fn parse(code: &str) -> Option<Self> {
                Self::all().find(|one| one.code() == code)
            }

            pub fn code(self) -> &'static str {
                &self.0.code
            }

            pub fn name(self, language: Language) -> &'static str {
                self.0.name(language)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.code() == other.code()
            }
        }

        impl Eq for $name {}
    };
}

listed! {
    /// Something that lets a child in: a ramp, wide doors. Two are equal when their codes are.
    Facility of "accessibility"
}

listed! {
    /// Somebody who works with the children. Two are equal when their codes are.
    Specialist of "specialist"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_read_whole_and_codes_are_read_back() {
        let rows = include_str!("../data/facilities.csv").lines().count() - 1;
        assert_eq!(Facility::all().count() + Specialist::all().count(), rows);
        for one in Facility::all() {
            assert_eq!(Facility::parse(one.code()), Some(one));
            assert_ne!(one.name(Language::Kk), one.name(Language::Ru));
        }
        for one in Specialist::all() {
            assert_eq!(Specialist::parse(one.code()), Some(one));
            assert!(!one.name(Language::Kk).is_empty() && !one.name(Language::Ru).is_empty());
        }
        assert_eq!((Facility::parse("psychologist"), Specialist::parse("ramp")), (None, None));
    }
}

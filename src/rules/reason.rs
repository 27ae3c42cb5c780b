//! The closed lists of reasons a doctor, a kindergarten and the archive may give: `src/data/reasons.csv`.
//!
//! The codes are Rust variants, because rules hang on them; the words are data.
use std::collections::HashMap;
use std::sync::LazyLock;

use super::person::Language;

/// (list, code) → (kk, ru)
type Names = HashMap<(String, String), (String, String)>;

static NAMES: LazyLock<Names> =
    LazyLock::new(|| read(include_str!("../data/reasons.csv")).unwrap_or_default());

/// A test reads the shipped file; a broken one never leaves the house.
fn read(text: &str) -> Option<Names> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let pairs = rows.records().map(|row| {
        let row = row.ok()?;
        let field = |at: usize| row.get(at).map(str::to_owned);
        Some(((field(0)?, field(1)?), (field(2)?, field(3)?)))
    });
    pairs.collect()
}

fn name_of(list: &str, code: &str, language: Language) -> &'static str {
    let names = NAMES.get(&(list.to_owned(), code.to_owned()));
    names.map_or("", |(kk, ru)| match language {
        Language::Kk => kk,
        Language::Ru => ru,
    })
}

/// An enum whose variants are the codes of one list.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident, $list:literal, { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $code)] $variant),+
        }

        impl $name {
            /// In the order of the list, which is the order of the form.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $code),+
                }
            }

            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == code)
            }

            pub fn name(self, language: Language) -> &'static str {
                name_of($list, self.as_str(), language)
            }
        }
    };
}

reasons! {
    /// Why a kindergarten declines a family (rules of the road, 2.10 and 2.11).
    KindergartenReason, "kindergarten", {
        PapersIncomplete = "papers_incomplete",
        PapersExpired = "papers_expired",
        /// Removes the kindergarten for this family; the two others do not (rules of the road 3.4).
        VaccinationRatio = "vaccination_ratio",
    }
}

reasons! {
    /// Why a doctor rejects an application (rules of the road, 2.6).
    DoctorReason, "doctor", {
        Unreadable = "unreadable",
        OtherChild = "other_child",
        Expired = "expired",
        WrongType = "wrong_type",
        Other = "other",
    }
}

reasons! {
    /// Why an application is in the archive; the family reads it there (rules of the road 3.5).
    ArchiveReason, "archive", {
        Rejected = "rejected",
        Refused = "refused",
        NotFinished = "not_finished",
        NotReturned = "not_returned",
        Withdrawn = "withdrawn",
        Outgrown = "outgrown",
        EnrolledElsewhere = "enrolled_elsewhere",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes_of(list: &str) -> Vec<String> {
        let mut rows = csv::Reader::from_reader(include_str!("../data/reasons.csv").as_bytes());
        let rows = rows.records().map(Result::unwrap).filter(|row| &row[0] == list);
        rows.map(|row| row[1].to_owned()).collect()
    }

    #[test]
    fn the_variants_are_the_codes_of_the_lists() {
        let kindergarten: Vec<&str> = KindergartenReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(kindergarten, codes_of("kindergarten"));
        let doctor: Vec<&str> = DoctorReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(doctor, codes_of("doctor"));
        let archive: Vec<&str> = ArchiveReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(archive, codes_of("archive"));
    }

    #[test]
    fn every_reason_has_words_in_both_languages_and_is_read_back() {
        for language in Language::ALL {
            for reason in ArchiveReason::ALL {
                assert!(!reason.name(language).is_empty());
                assert_eq!(ArchiveReason::parse(reason.as_str()), Some(*reason));
                assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{}\"", reason.as_str()));
            }
            assert!(DoctorReason::ALL.iter().all(|reason| !reason.name(language).is_empty()));
            assert!(KindergartenReason::ALL.iter().all(|reason| !reason.name(language).is_empty()));
        }
        assert_eq!(DoctorReason::OtherChild.name(Language::Kk), "Қорытынды басқа балаға берілген");
        assert_eq!(DoctorReason::parse("rejected"), None);
    }
}

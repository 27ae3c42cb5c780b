//! Kindergartens and groups in words.
use super::{fill, words};
use crate::rules::district::District;
use crate::rules::kindergarten::{GroupKind, Ownership};
use crate::rules::person::Language;

/// The correction type, or «жалпы».
pub fn kind(language: Language, kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::General => &words(language).catalogue.general,
        GroupKind::Special(correction) => correction.name(language),
    }
}

pub fn language(page: Language, of: Language) -> &'static str {
    let w = &words(page).catalogue;
    match of {
        Language::Kk => &w.kazakh,
        Language::Ru => &w.russian,
    }
}

pub fn ownership(language: Language, ownership: Ownership) -> &'static str {
    let w = &words(language).catalogue;
    match ownership {
        Ownership::State => &w.state,
        Ownership::Private => &w.private,
    }
}

/// `2020–2022 г. р.`
pub fn born(language: Language, (from, to): (i32, i32)) -> String {
    let years = if from == to { from.to_string() } else { format!("{from}–{to}") };
    fill(&words(language).catalogue.born, &[("years", &years)])
}

/// The name of a stored code; a code that is not of the list any more stands for itself.
pub fn district(language: Language, code: &str) -> String {
    District::parse(code).map_or_else(|_| code.to_owned(), |district| district.name(language).to_owned())
}

/// A district without the word for it, where there is little room.
pub fn short_district(language: Language, district: District) -> &'static str {
    let name = district.name(language);
    let word = match language {
        Language::Kk => " ауданы",
        Language::Ru => " район",
    };
    name.strip_suffix(word).unwrap_or(name)
}

pub fn ownership_of(language: Language, code: &str) -> String {
    Ownership::parse(code).map_or_else(|| code.to_owned(), |owner| ownership(language, owner).to_owned())
}

/// One of two stored names.
pub fn of_two<'a>(language: Language, kk: &'a str, ru: &'a str) -> &'a str {
    match language {
        Language::Kk => kk,
        Language::Ru => ru,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_one_or_a_span() {
        assert_eq!(born(Language::Ru, (2021, 2021)), "2021 г. р.");
        assert_eq!(born(Language::Ru, (2020, 2022)), "2020–2022 г. р.");
        assert_eq!(born(Language::Kk, (2020, 2022)), "2020–2022 ж. туғандар");
    }
}

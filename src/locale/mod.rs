//! In which words. Both locale files must fill [`words::Words`]; sentences with facts are made in [`wording`].
pub mod count;
pub mod date;
pub mod journal;
pub mod kindergarten;
pub mod setting;
pub mod wording;
pub mod words;

use std::sync::LazyLock;

use crate::rules::person::Language;
use words::Words;

static KK: LazyLock<Result<Words, serde_json::Error>> =
    LazyLock::new(|| serde_json::from_str(&kept_whole(include_str!("../../locales/kk.json"))));
static RU: LazyLock<Result<Words, serde_json::Error>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../locales/ru.json")));

/// «23:59-ға», «2-нұсқа»: a number and its suffix stay in one line, by a hyphen that does not break.
fn kept_whole(catalogue: &str) -> String {
    let mut whole = String::with_capacity(catalogue.len());
    for (at, letter) in catalogue.char_indices() {
        let after_number = catalogue[..at].ends_with(|c: char| c.is_ascii_digit() || c == '}');
        let before_suffix =
            catalogue[at..].chars().nth(1).is_some_and(|c| c.is_alphabetic() && !c.is_ascii());
        whole.push(if letter == '-' && after_number && before_suffix { '\u{2011}' } else { letter });
    }
    whole
}

/// Fails at start when a locale file lacks a key or has a foreign one.
pub fn check() -> Result<(), String> {
    for (name, words) in [("kk", &*KK), ("ru", &*RU)] {
        if let Err(error) = words {
            return Err(format!("locales/{name}.json: {error}"));
        }
    }
    Ok(())
}

/// The catalogue of a language. [`check`] has been called at start.
pub fn words(language: Language) -> &'static Words {
    let catalogue = match language {
        Language::Kk => &*KK,
        Language::Ru => &*RU,
    };
    match catalogue {
        Ok(words) => words,
        Err(error) => panic!("the locale files were not checked at start: {error}"),
    }
}

/// Puts facts into a sentence: `{name}` becomes the fact of that name.
pub fn fill(sentence: &str, facts: &[(&str, &str)]) -> String {
    facts.iter().fold(sentence.to_owned(), |text, (name, fact)| text.replace(&format!("{{{name}}}"), fact))
}

/// A sentence that goes on after a colon. «PDF» stays what it is.
pub fn after_colon(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next();
    match letters.clone().next() {
        Some(second) if !second.is_uppercase() => {
            first.into_iter().flat_map(char::to_lowercase).chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// One word for one thing: «шарт». The guide's status alone has the other (`rules.md` §4, §5).
    #[test]
    fn a_contract_has_one_name_in_kazakh() {
        let mut found = Vec::new();
        leaves(&serde_json::from_str(include_str!("../../locales/kk.json")).unwrap(), "", &mut found);
        let others = found.iter().filter(|(_, text)| text.to_lowercase().contains("келісімшарт"));
        assert_eq!(others.map(|(path, _)| path.as_str()).collect::<Vec<_>>(), [".stage.awaiting_contract"]);
    }

    fn leaves(value: &Value, path: &str, into: &mut Vec<(String, String)>) {
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| leaves(value, &format!("{path}.{key}"), into))
            }
            Value::String(text) => into.push((path.to_owned(), text.clone())),
            other => panic!("{path} is neither a text nor a section: {other}"),
        }
    }

    /// Path and text of every word.
    type Catalogue = Vec<(String, String)>;

    fn catalogue(text: &str) -> Catalogue {
        let mut all = Vec::new();
        leaves(&serde_json::from_str(text).unwrap(), "", &mut all);
        all
    }

    fn both() -> (Catalogue, Catalogue) {
        (catalogue(include_str!("../../locales/kk.json")), catalogue(include_str!("../../locales/ru.json")))
    }

    fn holes(text: &str) -> Vec<String> {
        let mut holes: Vec<String> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
            .collect();
        holes.sort();
        holes
    }

    #[test]
    fn a_number_is_kept_with_its_suffix() {
        let suffix = '\u{493}';
        assert_eq!(
            kept_whole(&format!("23:59-{suffix}, {{n}}-{suffix}")),
            format!("23:59\u{2011}{suffix}, {{n}}\u{2011}{suffix}")
        );
        for plain in ["2-x", "23:59 - x", "10:00-12:00", "sha-256", "-"] {
            assert_eq!(kept_whole(plain), plain);
        }
        assert!(words(Language::Kk).case.whole_day.contains("23:59\u{2011}"));
    }

    #[test]
    fn both_locale_files_fill_the_catalogue_and_nothing_else() {
        check().unwrap();
    }

    #[test]
    fn both_languages_speak_of_the_same_facts() {
        let (kk, ru) = both();
        for (path, text) in &kk {
            // Plural forms differ by language; their `other` is compared.
            if let Some((_, twin)) = ru.iter().find(|(other, _)| other == path) {
                assert_eq!(holes(text), holes(twin), "{path}");
            }
        }
    }

    #[test]
    fn no_text_is_empty_and_kazakh_is_not_a_copy_of_russian() {
        let (kk, ru) = both();
        let same_in_both = |text: &str| {
            text.chars().filter(|c| c.is_alphabetic()).count() < 3
                || text.chars().all(|c| !('\u{400}'..='\u{52f}').contains(&c))
        };
        for (path, text) in kk.iter().chain(&ru) {
            assert!(!text.trim().is_empty(), "{path} is empty");
        }
        let borrowed = [".layout.contact_center_whatsapp", ".words.voucher", ".layout.brand"];
        let mut copies = Vec::new();
        for (path, text) in &kk {
            let twin = ru.iter().find(|(other, _)| other == path);
            if twin.is_some_and(|(_, twin)| twin == text)
                && !same_in_both(text)
                && text.contains(' ')
                && !borrowed.contains(&path.as_str())
            {
                copies.push(path.clone());
            }
        }
        assert!(copies.is_empty(), "the same sentence in both languages: {copies:?}");
    }

    #[test]
    fn a_fact_is_put_where_its_name_stands() {
        assert_eq!(fill("Орныңыз: {place}", &[("place", "5")]), "Орныңыз: 5");
    }
}

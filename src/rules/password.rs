//! The rule for a new password.
//!
//! Source: guide, «Құпия сөз 8–40 таңбадан тұруы керек»; threat T08. No composition rule: length and a list of
//! what everybody tries first. What was typed is kept to the byte after NFC; nothing is trimmed.
use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Guide: from 8 …
pub const SHORTEST: usize = 8;
/// … to 40 characters (Unicode scalar values after NFC).
pub const LONGEST: usize = 40;

/// A password may contain a word of its context, but not consist of it: this many other characters are too few.
const TOO_FEW_BESIDE_CONTEXT: usize = 4;

/// Words everybody on this portal thinks of.
const PORTAL_WORDS: [&str; 8] =
    ["balabaqsha", "balabaksha", "балабақша", "балабакша", "almaty", "алматы", "qazaqstan", "казахстан"];

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    #[error("{count} characters are too few")]
    TooShort { count: usize },
    #[error("{count} characters are too many")]
    TooLong { count: usize },
    #[error("a NUL character cannot be kept")]
    HasNul,
    #[error("one of the passwords everybody tries first")]
    Common,
    #[error("hardly more than the person's own number, or the portal's name")]
    ContainsContext,
}

/// A password that keeps the rule, in NFC. It is hashed and forgotten.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Judges a new password. `context` is what others know about the person: the IIN, the phone, the name.
    pub fn parse(raw: &str, context: &[&str]) -> Result<Self, PasswordError> {
        let password = normalised(raw);
        if password.contains('\0') {
            return Err(PasswordError::HasNul);
        }
        let count = password.chars().count();
        if count < SHORTEST {
            return Err(PasswordError::TooShort { count });
        }
        if count > LONGEST {
            return Err(PasswordError::TooLong { count });
        }
        let lower = password.to_lowercase();
        if COMMON.contains(lower.as_str()) {
            return Err(PasswordError::Common);
        }
        if hardly_more_than(&compact(&lower), context) {
            return Err(PasswordError::ContainsContext);
        }
        Ok(Self(password))
    }

    /// The exact text to hash.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The form in which passwords are counted and compared. At sign-in this is all that is done to what was typed:
/// no rule is asked then, so that an old password keeps working when the rule changes.
pub fn normalised(raw: &str) -> String {
    raw.nfc().collect()
}

/// Well-known passwords of eight characters and more, lower case.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../data/common_passwords.txt").lines().filter(|line| !line.is_empty()).collect()
});

/// Without what people put between parts of a number or a name.
fn compact(lower: &str) -> String {
    lower.chars().filter(|letter| !matches!(letter, ' ' | '+' | '-' | '_' | '.' | '(' | ')')).collect()
}

fn hardly_more_than(password: &str, context: &[&str]) -> bool {
    let known =
        context.iter().map(|word| needle(word)).chain(PORTAL_WORDS.iter().map(|word| (*word).to_owned()));
    known.filter(|word| word.chars().count() >= 4).any(|word| {
        let beside = password.replace(&word, "").chars().count();
        beside < password.chars().count() && beside <= TOO_FEW_BESIDE_CONTEXT
    })
}

/// A phone is looked for by its last ten digits: it is typed with +7, with 8 and without either.
fn needle(word: &str) -> String {
    let word = compact(&normalised(word).to_lowercase());
    let is_phone = word.len() == 11 && word.bytes().all(|byte| byte.is_ascii_digit());
    if is_phone { word[1..].to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONTEXT: [&str; 3] = ["880517499008", "+77071234567", "Айгүл"];

    #[test]
    fn the_rule_by_example() {
        use PasswordError::{Common, ContainsContext, HasNul, TooLong, TooShort};
        let kazakh = |count: usize| "ң".repeat(count);
        let cases: Vec<(String, Result<(), PasswordError>)> = vec![
            (String::new(), Err(TooShort { count: 0 })),
            ("жеті-жет"[..].chars().take(7).collect(), Err(TooShort { count: 7 })),
            ("жеті-жет".into(), Ok(())),
            (kazakh(7), Err(TooShort { count: 7 })),
            (kazakh(8), Ok(())),
            (kazakh(40), Ok(())),
            (kazakh(41), Err(TooLong { count: 41 })),
            ("x".repeat(100_000), Err(TooLong { count: 100_000 })),
            ("        ".into(), Ok(())),
            (" ұшқыр құс ".into(), Ok(())),
            ("тау\0тау-тау".into(), Err(HasNul)),
            ("🐫🐫🐫🐫🐫🐫🐫".into(), Err(TooShort { count: 7 })),
            ("🐫🐫🐫🐫🐫🐫🐫🐫".into(), Ok(())),
            // One family, seven scalar values: a joiner is a character.
            ("👨‍👩‍👧‍👦".into(), Err(TooShort { count: 7 })),
            ("👨‍👩‍👧‍👦!".into(), Ok(())),
            // й typed as и + breve is one character after NFC.
            ("и\u{306}".repeat(7), Err(TooShort { count: 7 })),
            ("и\u{306}".repeat(40), Ok(())),
            ("password".into(), Err(Common)),
            ("PassWord1".into(), Err(Common)),
            ("qwerty123".into(), Err(Common)),
            ("880517499008".into(), Err(ContainsContext)),
            ("880517499008!".into(), Err(ContainsContext)),
            ("8 (707) 123-45-67".into(), Err(ContainsContext)),
            ("7071234567".into(), Err(ContainsContext)),
            ("Айгүл1988".into(), Err(ContainsContext)),
            ("Айгүл жақсы көреді".into(), Ok(())),
            ("Balabaqsha-22".into(), Err(ContainsContext)),
            ("almaty-almaty".into(), Err(ContainsContext)),
            ("Almaty'da turamyn".into(), Ok(())),
            ("\t\u{200d}абв\r\ngd".into(), Ok(())),
        ];
        for (raw, expected) in cases {
            assert_eq!(Password::parse(&raw, &CONTEXT).map(|_| ()), expected, "{raw:?}");
        }
    }

    #[test]
    fn nothing_is_trimmed_or_folded() {
        let password = Password::parse("  Құпия сөз  ", &[]).unwrap();
        assert_eq!(password.expose(), "  Құпия сөз  ");
        assert_ne!(normalised("құпия сөз"), normalised("Құпия сөз"));
        assert_eq!(normalised("и\u{306}"), "й");
        assert_eq!(format!("{password:?}"), "Password(…)");
    }

    #[test]
    fn the_common_list_is_lower_case_and_long_enough() {
        assert!(COMMON.len() >= 250, "{}", COMMON.len());
        for word in COMMON.iter() {
            assert!(
                word.chars().count() >= SHORTEST && *word == word.to_lowercase() && *word == word.trim(),
                "{word}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_eight_to_forty_characters(raw in ".{0,60}") {
            if let Ok(password) = Password::parse(&raw, &CONTEXT) {
                prop_assert!((SHORTEST..=LONGEST).contains(&password.expose().chars().count()));
                prop_assert_eq!(normalised(password.expose()), password.expose());
            }
        }
    }
}

//! Counted nouns by CLDR: Kazakh stays singular after a number, Russian has three forms.
use std::sync::LazyLock;

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use serde::Deserialize;
use unic_langid::langid;

use crate::rules::person::Language;

/// The forms of one counted phrase, each with `{n}` where the number stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plural {
    #[serde(default)]
    one: Option<String>,
    #[serde(default)]
    few: Option<String>,
    #[serde(default)]
    many: Option<String>,
    other: String,
}

static RULES: LazyLock<[Option<PluralRules>; 2]> = LazyLock::new(|| {
    [langid!("kk"), langid!("ru")]
        .map(|language| PluralRules::create(language, PluralRuleType::CARDINAL).ok())
});

impl Plural {
    /// The number with its noun: «5 жұмыс күні», «2 рабочих дня».
    pub fn of(&self, language: Language, n: i64) -> String {
        let rules = match language {
            Language::Kk => &RULES[0],
            Language::Ru => &RULES[1],
        };
        let category = rules.as_ref().and_then(|rules| rules.select(n.unsigned_abs()).ok());
        let form = match category {
            Some(PluralCategory::ONE) => self.one.as_ref(),
            Some(PluralCategory::FEW) => self.few.as_ref(),
            Some(PluralCategory::MANY) => self.many.as_ref(),
            _ => None,
        };
        form.unwrap_or(&self.other).replace("{n}", &super::date::grouped(n))
    }
}

/// «1,2»: both languages write the comma.
pub fn one_decimal(n: f64) -> String {
    format!("{n:.1}").replace('.', ",")
}

#[cfg(test)]
mod tests {
    use crate::locale::words;
    use crate::rules::person::Language::{Kk, Ru};

    #[test]
    fn days_are_counted_as_each_language_counts() {
        let ru = &words(Ru).counts.working_days;
        let spoken: Vec<String> = [1, 2, 5, 11, 21, 22].map(|n| ru.of(Ru, n)).into();
        assert_eq!(
            spoken,
            [
                "1 рабочий день",
                "2 рабочих дня",
                "5 рабочих дней",
                "11 рабочих дней",
                "21 рабочий день",
                "22 рабочих дня"
            ]
        );
        assert_eq!(words(Kk).counts.working_days.of(Kk, 5), "5 жұмыс күні");
    }
}

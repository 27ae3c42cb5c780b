//! Names of months and large numbers as people write them (`rules.md` §7): on pages and in the contract alike.
use chrono::{Datelike, NaiveDate};

use super::person::Language;

/// As they stand behind a day.
const MONTHS_KK: [&str; 12] = [
    "қаңтар",
    "ақпан",
    "наурыз",
    "сәуір",
    "мамыр",
    "маусым",
    "шілде",
    "тамыз",
    "қыркүйек",
    "қазан",
    "қараша",
    "желтоқсан",
];
const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// `қараша`, `ноября`: the month of this day, as it stands beside a day.
pub fn month(day: NaiveDate, language: Language) -> &'static str {
    let months = match language {
        Language::Kk => &MONTHS_KK,
        Language::Ru => &MONTHS_RU,
    };
    months[day.month0() as usize]
}

/// `49 131`, with spaces that do not break.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let threes: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|three| std::str::from_utf8(three).ok()).collect();
    threes.join("\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_has_its_name_and_thousands_stand_apart() {
        let names: Vec<&str> = (1..=12)
            .filter_map(|month| NaiveDate::from_ymd_opt(2026, month, 1))
            .flat_map(|day| [month(day, Language::Kk), month(day, Language::Ru)])
            .collect();
        assert_eq!((names[0], names[1], names[22], names[23]), ("қаңтар", "января", "желтоқсан", "декабря"));
        for (number, shown) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(grouped(number).replace('\u{a0}', " "), shown);
        }
    }
}

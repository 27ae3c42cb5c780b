//! Days, moments and money as people read them (`rules.md` §7).
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Asia::Almaty;

use crate::rules::person::Language;
use crate::rules::written;

/// A month that stands by itself, in Russian.
const MONTHS_RU_ALONE: [&str; 12] = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
];

/// `2026 ж. қараша`, `ноябрь 2026 г.`
pub fn month(day: NaiveDate, language: Language) -> String {
    match language {
        Language::Kk => format!("{} ж. {}", day.year(), written::month(day, language)),
        Language::Ru => format!("{} {} г.", MONTHS_RU_ALONE[day.month0() as usize], day.year()),
    }
}

/// `22.11.2026`
pub fn short(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

/// `19–20.12.2026`, `30.12.2026–04.01.2027`; a single day as it is.
pub fn range(from: NaiveDate, to: NaiveDate) -> String {
    if from == to {
        short(from)
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{}–{}", from.format("%d"), short(to))
    } else {
        format!("{}–{}", short(from), short(to))
    }
}

/// `2026 ж. 22 қараша`, `22 ноября 2026 г.`
pub fn long(day: NaiveDate, language: Language) -> String {
    let month = written::month(day, language);
    match language {
        Language::Kk => format!("{} ж. {} {month}", day.year(), day.day()),
        Language::Ru => format!("{} {month} {} г.", day.day(), day.year()),
    }
}

/// `22.11.2026 14:05`, Almaty time.
pub fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&Almaty).format("%d.%m.%Y %H:%M").to_string()
}

/// `14:05:30`, Almaty time.
pub fn clock_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Almaty).format("%H:%M:%S").to_string()
}

/// `2026-12-14T10:03:00.06+0500`, as eGov mobile writes a moment.
pub fn for_egov_mobile(at: DateTime<Utc>) -> String {
    let (at, hundredths) = (at.with_timezone(&Almaty), at.timestamp_subsec_millis() / 10);
    format!("{}.{hundredths:02}{}", at.format("%Y-%m-%dT%H:%M:%S"), at.format("%z"))
}

/// `49 131`, with spaces that do not break.
pub fn grouped(number: i64) -> String {
    format!("{}{}", if number < 0 { "−" } else { "" }, written::grouped(number.unsigned_abs()))
}

/// `49 131 ₸`, with spaces that do not break.
pub fn tenge(sum: i64) -> String {
    format!("{}\u{a0}₸", grouped(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!(short(day), "22.11.2026");
        assert_eq!(long(day, Language::Kk), "2026 ж. 22 қараша");
        assert_eq!(long(day, Language::Ru), "22 ноября 2026 г.");
        assert_eq!(month(day, Language::Kk), "2026 ж. қараша");
        assert_eq!(month(day, Language::Ru), "ноябрь 2026 г.");
        let at = DateTime::parse_from_rfc3339("2026-11-22T20:30:00Z").unwrap().to_utc();
        assert_eq!(moment(at), "23.11.2026 01:30");
    }

    #[test]
    fn days_in_a_row_are_one_range() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(range(day("2026-12-19"), day("2026-12-20")), "19–20.12.2026");
        assert_eq!(range(day("2026-12-30"), day("2027-01-04")), "30.12.2026–04.01.2027");
        assert_eq!(range(day("2026-12-30"), day("2026-12-30")), "30.12.2026");
    }

    #[test]
    fn money_is_grouped_by_thousands() {
        assert_eq!(tenge(49_131), "49\u{a0}131\u{a0}₸");
        assert_eq!(tenge(5), "5\u{a0}₸");
        assert_eq!(tenge(1_000_000), "1\u{a0}000\u{a0}000\u{a0}₸");
    }
}

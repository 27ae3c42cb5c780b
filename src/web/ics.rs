//! One day of a family as an iCalendar file (RFC 5545): all day long, with an alarm on the morning before. No name, no
//! diagnosis, no number of a case: people's calendars are read by many.
use chrono::{DateTime, NaiveDate, Utc};

/// Lines are folded at so many octets (RFC 5545, 3.1).
const LINE_OCTETS: usize = 75;

pub struct Event<'a> {
    /// The same for the same term, whenever the file is made: a later file moves the day.
    pub uid: &'a str,
    pub on: NaiveDate,
    pub made_at: DateTime<Utc>,
    pub summary: &'a str,
    pub description: &'a str,
    /// What the alarm says.
    pub alarm: &'a str,
}

/// The whole file.
pub fn calendar(event: &Event<'_>) -> String {
    let day = |day: NaiveDate| day.format("%Y%m%d").to_string();
    let after = event.on.succ_opt().unwrap_or(event.on);
    // A later last day has the larger number: calendars take the newest.
    let sequence = (event.on - NaiveDate::default()).num_days();
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Balabaqsha//Term//KK".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", text(event.uid)),
        format!("DTSTAMP:{}", event.made_at.format("%Y%m%dT%H%M%SZ")),
        format!("SEQUENCE:{sequence}"),
        format!("DTSTART;VALUE=DATE:{}", day(event.on)),
        format!("DTEND;VALUE=DATE:{}", day(after)),
        format!("SUMMARY:{}", text(event.summary)),
        format!("DESCRIPTION:{}", text(event.description)),
        "TRANSP:TRANSPARENT".to_owned(),
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        // The event begins at midnight: fifteen hours before is nine in the morning of the day before.
        "TRIGGER:-PT15H".to_owned(),
        format!("DESCRIPTION:{}", text(event.alarm)),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| fold(line)).collect()
}

/// Marks that mean something in the format are escaped.
fn text(plain: &str) -> String {
    plain
        .replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace("\r\n", "\n")
        .replace('\n', "\\n")
}

/// A line with its end, no part of it longer than [`LINE_OCTETS`] and no character cut.
fn fold(line: &str) -> String {
    let mut folded = String::new();
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > LINE_OCTETS {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(c);
        octets += c.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file() -> String {
        calendar(&Event {
            uid: "K7M2-confirm@balabaqsha",
            on: "2026-12-31".parse().unwrap(),
            made_at: "2026-12-14T05:00:00Z".parse().unwrap(),
            summary: "Balabaqsha: ваучерді растаудың соңғы күні",
            description: "Соңғы күн түгел есептеледі: 23:59-ға дейін. Кабинетіңіз: https://balabaqsha.kz/kk/cabinet",
            alarm: "Ертең – соңғы күн",
        })
    }

    #[test]
    fn the_day_is_whole_and_the_alarm_comes_before_it() {
        let file = file();
        for line in [
            "DTSTART;VALUE=DATE:20261231",
            "DTEND;VALUE=DATE:20270101",
            "DTSTAMP:20261214T050000Z",
            "UID:K7M2-confirm@balabaqsha",
            "TRIGGER:-PT15H",
        ] {
            assert!(file.contains(&format!("{line}\r\n")), "{line} in {file}");
        }
        assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
        assert!(!file.replace("\r\n", "").contains(['\n', '\r']));
    }

    proptest! {
        #[test]
        fn a_folded_line_unfolds_to_itself(line in "[^\r\n]{0,300}") {
            let folded = fold(&line);
            prop_assert!(folded.split("\r\n").all(|part| part.len() <= LINE_OCTETS));
            prop_assert_eq!(folded.replace("\r\n ", ""), format!("{line}\r\n"));
        }

        #[test]
        fn no_text_breaks_out_of_its_line(words in "(?s).{0,60}") {
            let escaped = text(&words.replace('\r', ""));
            prop_assert!(!escaped.contains('\n'));
        }
    }
}

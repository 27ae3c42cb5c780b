//! Which days are working days. The calendar is data, because real calendars changed after publication
//! (rules of the road 3.2).
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::pause::Pause;

/// What makes a day differ from what its weekday says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A Saturday or Sunday worked for a day off moved elsewhere.
    WorkingDay,
    /// A day off moved here from a weekend.
    MovedDayOff,
    PublicHoliday,
    /// The working day after a holiday that fell on a weekend.
    Observed,
    /// 7 January and the first day of Kurban Ait: a rest day that is never moved.
    RestDayNotTransferred,
}

impl DayKind {
    pub const ALL: [DayKind; 5] = [
        DayKind::WorkingDay,
        DayKind::MovedDayOff,
        DayKind::PublicHoliday,
        DayKind::Observed,
        DayKind::RestDayNotTransferred,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            DayKind::WorkingDay => "working_day",
            DayKind::MovedDayOff => "moved_day_off",
            DayKind::PublicHoliday => "public_holiday",
            DayKind::Observed => "observed",
            DayKind::RestDayNotTransferred => "rest_day_not_transferred",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }
}

/// One row of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarDay {
    pub on: NaiveDate,
    pub kind: DayKind,
    pub name_kk: String,
    pub name_ru: String,
    /// Not announced yet: the date follows the moon.
    pub estimated: bool,
}

/// The first line of a calendar as CSV.
const HEADING: [&str; 6] = ["date", "weekday", "kind", "name_kk", "name_ru", "estimated"];

/// A row that cannot be read, with its line in the file (the heading is line 1).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct CalendarError {
    pub line: u64,
    pub problem: CalendarProblem,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalendarProblem {
    #[error("six fields are needed: date, weekday, kind, name_kk, name_ru, estimated")]
    Fields,
    #[error("no such day: {0}")]
    Date(String),
    #[error("the weekday says {said}, the date is a {is}")]
    Weekday { said: String, is: Weekday },
    #[error("no such kind of day: {0}")]
    Kind(String),
    #[error("both names are needed")]
    Name,
    #[error("estimated is 0 or 1, not {0}")]
    Estimated(String),
    #[error("{0} stands twice")]
    Twice(NaiveDate),
    #[error("the heading must be date,weekday,kind,name_kk,name_ru,estimated")]
    Heading,
}

/// Which calendar and which outages: both only ever grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockVersion {
    /// The version of the calendar; 0 is what the program was shipped with.
    pub calendar: i32,
    /// How many changes the outages have seen.
    pub outages: i32,
}

impl ClockVersion {
    pub fn is_newer_than(self, other: Self) -> bool {
        self.calendar > other.calendar || self.outages > other.outages
    }
}

/// Which days count: the days that differ from their weekday, the years about which anything is known, and the outages
/// during which every term stands still.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    days: BTreeMap<NaiveDate, CalendarDay>,
    years: BTreeSet<i32>,
    outages: Vec<Pause>,
}

impl Calendar {
    /// The calendar the program comes with; the operator's edits live in the database.
    pub fn shipped() -> Calendar {
        // A test reads the shipped file; a broken one never leaves the house.
        Self::from_csv(include_str!("../data/calendar_kz_2024_2028.csv")).unwrap_or_default()
    }

    pub fn from_csv(text: &str) -> Result<Calendar, CalendarError> {
        let mut calendar = Calendar::default();
        let text = text.trim_start_matches('\u{feff}');
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        if rows.headers().ok().is_none_or(|heading| heading.iter().map(str::trim).ne(HEADING)) {
            return Err(CalendarError { line: 1, problem: CalendarProblem::Heading });
        }
        for row in rows.records() {
            let row = row.map_err(|error| CalendarError {
                line: error.position().map_or(0, csv::Position::line),
                problem: CalendarProblem::Fields,
            })?;
            let line = row.position().map_or(0, csv::Position::line);
            read_row(&row)
                .and_then(|day| calendar.add(day))
                .map_err(|problem| CalendarError { line, problem })?;
        }
        Ok(calendar)
    }

    /// From rows that are already typed, as the database keeps them; the last word about a day wins.
    pub fn from_days(days: impl IntoIterator<Item = CalendarDay>) -> Calendar {
        let days: BTreeMap<_, _> = days.into_iter().map(|day| (day.on, day)).collect();
        let years = days.keys().map(NaiveDate::year).collect();
        Calendar { days, years, outages: Vec::new() }
    }

    /// The same days with these outages.
    pub fn with_outages(self, outages: Vec<Pause>) -> Calendar {
        Calendar { outages, ..self }
    }

    /// The outages the operator has declared.
    pub fn outages(&self) -> &[Pause] {
        &self.outages
    }

    /// Whether an outage stands on this day: nothing is annulled on it, nothing is late.
    pub fn is_out(&self, day: NaiveDate) -> bool {
        self.outages.iter().any(|outage| outage.touches(day))
    }

    fn add(&mut self, day: CalendarDay) -> Result<(), CalendarProblem> {
        let on = day.on;
        if self.days.insert(on, day).is_some() {
            return Err(CalendarProblem::Twice(on));
        }
        self.years.insert(on.year());
        Ok(())
    }

    /// This day as said here, or, with `None`, as its weekday says. The outages stay.
    pub fn with_day(&self, on: NaiveDate, day: Option<CalendarDay>) -> Calendar {
        let others = self.days.values().filter(|other| other.on != on).cloned();
        Calendar::from_days(others.chain(day)).with_outages(self.outages.clone())
    }

    /// The years of `newer` as they are there, the others as they are here. The outages stay.
    pub fn with_years_of(&self, newer: &Calendar) -> Calendar {
        let others = self.days.values().filter(|day| !newer.knows(day.on.year()));
        Calendar::from_days(others.chain(newer.days.values()).cloned()).with_outages(self.outages.clone())
    }

    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    pub fn day(&self, on: NaiveDate) -> Option<&CalendarDay> {
        self.days.get(&on)
    }

    /// In the shape it is read: with its heading, in order.
    pub fn to_csv(&self) -> String {
        let mut text = HEADING.join(",") + "\n";
        for day in self.days.values() {
            let quoted = |name: &str| {
                let plain = !name.contains([',', '"', '\n', '\r']);
                if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
            };
            text.push_str(&format!(
                "{},{},{},{},{},{}\n",
                day.on,
                day.on.weekday(),
                day.kind.as_str(),
                quoted(&day.name_kk),
                quoted(&day.name_ru),
                u8::from(day.estimated)
            ));
        }
        text
    }

    /// In order, for the operator's page and for filling a fresh database.
    pub fn days(&self) -> impl Iterator<Item = &CalendarDay> {
        self.days.values()
    }

    pub fn is_working(&self, day: NaiveDate) -> bool {
        match self.days.get(&day) {
            Some(special) => special.kind == DayKind::WorkingDay,
            None => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// This day, or the first working day after it.
    pub fn working_day_from(&self, day: NaiveDate) -> NaiveDate {
        day.iter_days().find(|day| self.is_working(*day)).unwrap_or(day)
    }

    /// A year is known when the calendar has a row of it (rules of the road 3.2).
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// What the day is called, (kk, ru); a plain weekday or weekend has no name.
    pub fn name_of(&self, day: NaiveDate) -> Option<(&str, &str)> {
        self.days.get(&day).map(|special| (special.name_kk.as_str(), special.name_ru.as_str()))
    }
}

fn read_row(row: &csv::StringRecord) -> Result<CalendarDay, CalendarProblem> {
    let fields: Vec<&str> = row.iter().map(str::trim).collect();
    let [date, weekday, kind, name_kk, name_ru, estimated] = fields[..] else {
        return Err(CalendarProblem::Fields);
    };
    let on: NaiveDate = date.parse().map_err(|_| CalendarProblem::Date(date.to_owned()))?;
    if weekday.parse() != Ok(on.weekday()) {
        return Err(CalendarProblem::Weekday { said: weekday.to_owned(), is: on.weekday() });
    }
    let kind = DayKind::parse(kind).ok_or_else(|| CalendarProblem::Kind(kind.to_owned()))?;
    if name_kk.is_empty() || name_ru.is_empty() {
        return Err(CalendarProblem::Name);
    }
    let estimated = match estimated {
        "0" => false,
        "1" => true,
        other => return Err(CalendarProblem::Estimated(other.to_owned())),
    };
    Ok(CalendarDay { on, kind, name_kk: name_kk.to_owned(), name_ru: name_ru.to_owned(), estimated })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADING_LINE: &str = "date,weekday,kind,name_kk,name_ru,estimated\n";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_shipped_calendar_is_read_whole() {
        let calendar = Calendar::shipped();
        let rows = include_str!("../data/calendar_kz_2024_2028.csv").lines().count() - 1;
        assert_eq!(calendar.days().count(), rows);
        assert_eq!(
            (2020..2035).filter(|year| calendar.knows(*year)).collect::<Vec<_>>(),
            [2024, 2025, 2026, 2027, 2028]
        );
    }

    #[test]
    fn days_are_what_the_calendar_says() {
        let calendar = Calendar::shipped();
        for (on, working) in [
            ("2024-05-04", true),  // a Saturday worked for 8 May
            ("2024-05-08", false), // the day off moved
            ("2025-01-05", true),  // a working Sunday
            ("2025-01-07", false),
            ("2026-03-09", false),
            ("2026-03-20", true),
            ("2026-05-27", false),
            ("2026-11-20", true),
            ("2026-11-21", false),
            ("2026-11-22", false),
            ("2030-01-01", true), // unknown: only the weekday speaks
            ("2030-01-05", false),
        ] {
            assert_eq!(calendar.is_working(day(on)), working, "{on}");
        }
        for (from, first) in
            [("2026-11-20", "2026-11-20"), ("2026-12-16", "2026-12-17"), ("2027-01-01", "2027-01-05")]
        {
            assert_eq!(calendar.working_day_from(day(from)), day(first));
        }
        assert_eq!(calendar.name_of(day("2026-12-16")), Some(("Тәуелсіздік күні", "День Независимости")));
        assert_eq!(calendar.name_of(day("2026-11-22")), None);
    }

    #[test]
    fn a_broken_row_is_named_with_its_line() {
        let date = |text: &str| CalendarProblem::Date(text.to_owned());
        for (row, problem) in [
            ("2026-02-30,Mon,observed,а,б,0", date("2026-02-30")),
            (
                "2026-02-27,Thu,observed,а,б,0",
                CalendarProblem::Weekday { said: "Thu".into(), is: Weekday::Fri },
            ),
            ("2026-02-27,Fri,holiday,а,б,0", CalendarProblem::Kind("holiday".into())),
            ("2026-02-27,Fri,observed,,б,0", CalendarProblem::Name),
            ("2026-02-27,Fri,observed,а,б,yes", CalendarProblem::Estimated("yes".into())),
            ("2026-02-27,Fri,observed,а,б", CalendarProblem::Fields),
            ("2026-01-01,Thu,observed,а,б,0", CalendarProblem::Twice(day("2026-01-01"))),
        ] {
            let text = format!("{HEADING_LINE}2026-01-01,Thu,public_holiday,Жаңа жыл,Новый год,0\n{row}\n");
            assert_eq!(Calendar::from_csv(&text), Err(CalendarError { line: 3, problem }), "{row}");
        }
        let heading = CalendarError { line: 1, problem: CalendarProblem::Heading };
        for text in ["", "2026-01-01,Thu,observed,а,б,0\n"] {
            assert_eq!(Calendar::from_csv(text), Err(heading.clone()), "{text}");
        }
    }

    #[test]
    fn the_days_of_a_calendar_make_the_same_calendar() {
        let calendar = Calendar::shipped();
        assert_eq!(Calendar::from_days(calendar.days().cloned()), calendar);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let shipped = Calendar::shipped();
        assert_eq!(shipped.to_csv(), include_str!("../data/calendar_kz_2024_2028.csv"));
        let odd = CalendarDay {
            on: day("2029-01-01"),
            kind: DayKind::Observed,
            name_kk: "а, \"б\"".into(),
            name_ru: "в".into(),
            estimated: true,
        };
        let more = shipped.with_day(odd.on, Some(odd));
        assert_eq!(Calendar::from_csv(&more.to_csv()).as_ref(), Ok(&more));
        assert_eq!(more.with_day(day("2029-01-01"), None), shipped);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,80}") {
            let _ = Calendar::from_csv(&format!("{HEADING_LINE}{text}"));
        }
    }
}

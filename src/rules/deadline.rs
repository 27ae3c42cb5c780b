//! Terms: when they begin, which day is the last good one, and how that came about.
//!
//! Source: rules of the road 3.2. Days are days in Asia/Almaty. A term of N working days starts the day after
//! the event; its last day counts whole. A working day counts only if no pause touches it.
use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use chrono_tz::Asia::Almaty;
use thiserror::Error;

use super::calendar::Calendar;
use super::pause::{Pause, PauseWhy};

/// Notification SMS leave from this hour on, on working days (rules of the road 3.7).
pub const SEND_WINDOW_OPENS: u32 = 9;
/// … and before this hour.
pub const SEND_WINDOW_CLOSES: u32 = 21;

/// The last day on which the deed still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastDay {
    On(NaiveDate),
    /// The term reaches into a year whose holidays are not known: not before this day, and nothing is annulled
    /// meanwhile (rules of the road 3.2).
    NotBefore(NaiveDate),
}

impl LastDay {
    /// The day itself, sure or not.
    pub fn day(self) -> NaiveDate {
        match self {
            LastDay::On(day) | LastDay::NotBefore(day) => day,
        }
    }

    pub fn is_sure(self) -> bool {
        matches!(self, LastDay::On(_))
    }
}

/// The term runs into a pause that is still open: there is no last day, only days that remain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the term stands still with {days_left} working days left")]
pub struct StandsStill {
    pub days_left: u32,
}

/// One day of a term, for the page that shows how the last day came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayLine<'a> {
    pub day: NaiveDate,
    pub kind: DayLineKind<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayLineKind<'a> {
    /// Day 0: what happened that day; it never counts.
    Start,
    /// The first, second, … day of the term that counts.
    Counted(u32),
    /// A holiday by its name (kk, ru), or a plain weekend.
    DayOff(Option<(&'a str, &'a str)>),
    /// A working day on which a pause stood, so that it does not count.
    Paused(PauseWhy),
}

/// How long a term is: first working days, then calendar days. An extension can be counted in calendar days, the stop list
/// always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    pub working_days: u32,
    pub calendar_days: u32,
}

impl Length {
    pub fn working(days: u32) -> Self {
        Self { working_days: days, calendar_days: 0 }
    }

    pub fn calendar(days: u32) -> Self {
        Self { working_days: 0, calendar_days: days }
    }

    pub fn days(self) -> u32 {
        self.working_days + self.calendar_days
    }
}

/// The last good day of a term of `working_days` that begins after `day0`.
pub fn last_good_day(
    calendar: &Calendar,
    day0: NaiveDate,
    working_days: u32,
    pauses: &[Pause],
) -> Result<LastDay, StandsStill> {
    last_day_of(calendar, day0, Length::working(working_days), pauses)
}

/// The last good day of a term of this length that begins after `day0`.
pub fn last_day_of(
    calendar: &Calendar,
    day0: NaiveDate,
    length: Length,
    pauses: &[Pause],
) -> Result<LastDay, StandsStill> {
    let mut last = day0;
    let mut counted = 0;
    let mut sure = true;
    for line in Walk::new(calendar, day0, length, pauses) {
        last = line.day;
        sure &= line.kind == DayLineKind::Start || calendar.knows(chrono::Datelike::year(&line.day));
        if let DayLineKind::Counted(number) = line.kind {
            counted = number;
        }
    }
    match length.days().saturating_sub(counted) {
        0 if sure => Ok(LastDay::On(last)),
        0 => Ok(LastDay::NotBefore(last)),
        days_left => Err(StandsStill { days_left }),
    }
}

/// Every day from day 0 to the last good one, or to the first day of the pause in which the term stands still.
pub fn line_by_line<'a>(
    calendar: &'a Calendar,
    day0: NaiveDate,
    length: Length,
    pauses: &[Pause],
) -> Vec<DayLine<'a>> {
    Walk::new(calendar, day0, length, pauses).collect()
}

/// Working days from today, today included if it is one, through the last good day.
pub fn days_left(calendar: &Calendar, today: NaiveDate, last_day: NaiveDate) -> u32 {
    let days = today.iter_days().take_while(|day| *day <= last_day);
    days.fold(0, |sum, day| sum + u32::from(calendar.is_working(day)))
}

/// The last good day of a term in calendar days: they start the day after `day0`, the last counts whole. Days of an
/// outage do not count; of one that still lasts, those are skipped that are known.
pub fn last_calendar_day(calendar: &Calendar, day0: NaiveDate, days: u32) -> NaiveDate {
    let counts = |day: &NaiveDate| counts(calendar, *day);
    match days.checked_sub(1) {
        Some(before) => next(day0).iter_days().filter(counts).nth(before as usize).unwrap_or(NaiveDate::MAX),
        None => day0,
    }
}

/// The days before `today` that count in calendar days, the latest first: a term of N of them is over if it began before the
/// N-th.
pub fn calendar_days_before(calendar: &Calendar, today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(today.pred_opt(), NaiveDate::pred_opt).filter(|day| counts(calendar, *day))
}

fn counts(calendar: &Calendar, day: NaiveDate) -> bool {
    !calendar.outages().iter().any(|outage| outage.to.is_some() && outage.touches(day))
}

/// Whether a deed done now is in time: 23:59:59.999… of the last day is, 00:00:00 of the next is not.
pub fn on_time(now: DateTime<Utc>, last: NaiveDate) -> bool {
    almaty_day(now) <= last
}

/// The day it is in Almaty.
pub fn almaty_day(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&Almaty).date_naive()
}

/// The moment at which a day begins in Almaty.
pub fn day_begins(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    // On the night of 2024-03-01 midnight came twice: the first counts.
    midnight.and_local_timezone(Almaty).earliest().map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

/// Day 0 of a term that starts with a notice: the day of the first moment, at or after the deed, when the send
/// window is open (rules of the road 3.2).
pub fn notice_day0(deed_at: DateTime<Utc>, calendar: &Calendar) -> NaiveDate {
    let local = deed_at.with_timezone(&Almaty);
    let first = if window_is_over(local.time()) { next(local.date_naive()) } else { local.date_naive() };
    calendar.working_day_from(first)
}

/// Whether notification SMS may leave now (rules of the road 3.7).
pub fn window_open(moment: DateTime<Utc>, calendar: &Calendar) -> bool {
    let local = moment.with_timezone(&Almaty);
    calendar.is_working(local.date_naive())
        && (SEND_WINDOW_OPENS..SEND_WINDOW_CLOSES).contains(&local.time().hour())
}

/// The first moment, at or after this one, when the send window is open.
pub fn window_opens_at(moment: DateTime<Utc>, calendar: &Calendar) -> DateTime<Utc> {
    if window_open(moment, calendar) {
        return moment;
    }
    let opening = notice_day0(moment, calendar).and_hms_opt(SEND_WINDOW_OPENS, 0, 0).unwrap_or_default();
    // Almaty has not moved its clocks since 2024, and never at nine in the morning.
    opening.and_local_timezone(Almaty).earliest().map_or(moment, |opening| opening.to_utc())
}

fn window_is_over(time: NaiveTime) -> bool {
    time.hour() >= SEND_WINDOW_CLOSES
}

/// Chrono's last day is 262,000 years away; standing there is as good as going on.
fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// Goes through a term day by day. One walk serves both the date and its explanation, so they cannot differ.
struct Walk<'a, 'p> {
    calendar: &'a Calendar,
    pauses: &'p [Pause],
    /// The day to look at next; `None` before the start and after the end.
    day: Option<NaiveDate>,
    started: bool,
    counted: u32,
    length: Length,
}

impl<'a, 'p> Walk<'a, 'p> {
    fn new(calendar: &'a Calendar, day0: NaiveDate, length: Length, pauses: &'p [Pause]) -> Self {
        Walk { calendar, pauses, day: Some(day0), started: false, counted: 0, length }
    }

    fn judge(&mut self, day: NaiveDate) -> DayLineKind<'a> {
        if !self.started {
            self.started = true;
            DayLineKind::Start
        } else if self.counted < self.length.working_days && !self.calendar.is_working(day) {
            DayLineKind::DayOff(self.calendar.name_of(day))
        } else if let Some(why) =
            self.all_pauses().filter(|pause| pause.touches(day)).map(|pause| pause.why).min()
        {
            DayLineKind::Paused(why)
        } else {
            self.counted += 1;
            DayLineKind::Counted(self.counted)
        }
    }

    fn stands_still(&self, day: NaiveDate) -> bool {
        self.all_pauses().any(|pause| pause.to.is_none() && pause.from <= day)
    }

    fn all_pauses(&self) -> impl Iterator<Item = &Pause> {
        self.pauses.iter().chain(self.calendar.outages())
    }
}

impl<'a> Iterator for Walk<'a, '_> {
    type Item = DayLine<'a>;

    fn next(&mut self) -> Option<DayLine<'a>> {
        let day = self.day?;
        let kind = self.judge(day);
        let over = self.counted == self.length.days();
        // Days off at the beginning of an open pause are told as what they are; the first day that it takes is the last.
        let still = matches!(kind, DayLineKind::Paused(_)) && self.stands_still(day);
        self.day = if over || still { None } else { day.succ_opt() };
        Some(DayLine { day, kind })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use chrono::{Days, TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn plain(day0: &str, n: u32) -> Result<LastDay, StandsStill> {
        last_good_day(&Calendar::shipped(), day(day0), n, &[])
    }

    fn pause(from: &str, to: &str) -> Pause {
        Pause { from: day(from), to: Some(day(to)), why: PauseWhy::Kindergarten }
    }

    fn outage(from: &str, to: Option<&str>) -> Pause {
        Pause { from: day(from), to: to.map(day), why: PauseWhy::Outage }
    }

    #[test]
    fn an_outage_stops_every_term_and_is_named_after_the_kindergarten() {
        let calendar = Calendar::shipped().with_outages(vec![outage("2026-11-04", Some("2026-11-05"))]);
        assert_eq!(last_good_day(&calendar, day("2026-11-02"), 5, &[]), Ok(LastDay::On(day("2026-11-11"))));
        let kinds = |pauses: &[Pause]| {
            let lines = line_by_line(&calendar, day("2026-11-03"), Length::working(1), pauses);
            lines.into_iter().map(|line| line.kind).collect::<Vec<_>>()
        };
        let out = DayLineKind::Paused(PauseWhy::Outage);
        assert_eq!(kinds(&[]), [DayLineKind::Start, out, out, DayLineKind::Counted(1)]);
        let held = DayLineKind::Paused(PauseWhy::Kindergarten);
        let both = kinds(&[pause("2026-11-05", "2026-11-05")]);
        assert_eq!(both, [DayLineKind::Start, out, held, DayLineKind::Counted(1)]);
        let lasting = Calendar::shipped().with_outages(vec![outage("2026-11-04", None)]);
        let still = last_good_day(&lasting, day("2026-11-02"), 5, &[]);
        assert_eq!(still, Err(StandsStill { days_left: 4 }));
    }

    #[test]
    fn calendar_days_count_weekends_and_skip_outages() {
        let calendar = Calendar::shipped().with_outages(vec![outage("2026-12-22", Some("2026-12-23"))]);
        let five_and_two = Length { working_days: 5, calendar_days: 2 };
        // Five working days to Friday the 25th (two out), then Saturday and Sunday.
        let last = last_day_of(&calendar, day("2026-12-15"), five_and_two, &[]);
        assert_eq!(last, Ok(LastDay::On(day("2026-12-27"))));
        for days in [1, 5, 28, 100] {
            let last = last_day_of(&calendar, day("2026-12-10"), Length::calendar(days), &[]).unwrap();
            assert_eq!(last.day(), last_calendar_day(&calendar, day("2026-12-10"), days));
            // It is over on the next day, and not before: seen from behind.
            let nth = |today| calendar_days_before(&calendar, today).nth(days as usize - 1).unwrap();
            assert!(day("2026-12-10") < nth(next(last.day())) && day("2026-12-10") >= nth(last.day()));
        }
    }

    #[test]
    fn the_vectors_of_the_rules_hold() {
        for (day0, two, five, seven) in [
            ("2026-03-20", "2026-03-27", "2026-04-01", "2026-04-03"),
            ("2026-08-27", "2026-08-31", "2026-09-03", "2026-09-07"),
            ("2026-12-14", "2026-12-17", "2026-12-22", "2026-12-24"),
            ("2026-12-31", "2027-01-06", "2027-01-12", "2027-01-14"),
            ("2027-05-05", "2027-05-11", "2027-05-14", "2027-05-18"),
        ] {
            for (n, last) in [(2, two), (5, five), (7, seven)] {
                assert_eq!(plain(day0, n), Ok(LastDay::On(day(last))), "{day0} + {n}");
            }
        }
    }

    #[test]
    fn the_vectors_of_the_threat_list_hold() {
        for (day0, n, last) in [
            ("2026-03-20", 2, "2026-03-27"),
            ("2026-05-06", 2, "2026-05-12"),
            ("2026-05-22", 5, "2026-06-01"),
        ] {
            assert_eq!(plain(day0, n), Ok(LastDay::On(day(last))), "{day0} + {n}");
        }
        // Saturday 4 May 2024 was worked, 7 to 9 May were not.
        assert_eq!(plain("2024-05-03", 1), Ok(LastDay::On(day("2024-05-04"))));
        assert_eq!(plain("2024-05-03", 2), Ok(LastDay::On(day("2024-05-06"))));
        assert_eq!(plain("2024-05-03", 3), Ok(LastDay::On(day("2024-05-10"))));
    }

    #[test]
    fn the_send_window_is_nine_to_nine_on_working_days() {
        let calendar = Calendar::shipped();
        for (moment, opens) in [
            // A Monday: 08:59:59, 09:00, 20:59:59, 21:00.
            ("2026-12-14T03:59:59Z", "2026-12-14T04:00:00Z"),
            ("2026-12-14T04:00:00Z", "2026-12-14T04:00:00Z"),
            ("2026-12-14T15:59:59Z", "2026-12-14T15:59:59Z"),
            ("2026-12-14T16:00:00Z", "2026-12-15T04:00:00Z"),
            // Friday night, the weekend; the days before a holiday.
            ("2026-12-18T17:00:00Z", "2026-12-21T04:00:00Z"),
            ("2026-12-19T07:00:00Z", "2026-12-21T04:00:00Z"),
            ("2026-03-20T16:30:00Z", "2026-03-26T04:00:00Z"),
        ] {
            assert_eq!(window_opens_at(at(moment), &calendar), at(opens), "{moment}");
            assert_eq!(window_open(at(moment), &calendar), moment == opens, "{moment}");
        }
    }

    #[test]
    fn an_unknown_year_gives_not_before() {
        let known = Calendar::shipped();
        let until_2026 = Calendar::from_days(known.days().filter(|row| row.on < day("2027-01-01")).cloned());
        let last = last_good_day(&until_2026, day("2026-12-31"), 2, &[]);
        assert_eq!(last, Ok(LastDay::NotBefore(day("2027-01-04"))));
        assert_eq!(last_good_day(&until_2026, day("2026-12-30"), 1, &[]), Ok(LastDay::On(day("2026-12-31"))));
        assert!(!last.unwrap().is_sure());
    }

    #[test]
    fn a_pause_moves_the_last_day_by_the_working_days_it_touches() {
        let calendar = Calendar::shipped();
        let last = |pauses: &[Pause]| last_good_day(&calendar, day("2026-11-02"), 5, pauses);
        assert_eq!(last(&[]), Ok(LastDay::On(day("2026-11-09"))));
        assert_eq!(last(&[pause("2026-11-04", "2026-11-05")]), Ok(LastDay::On(day("2026-11-11"))));
        // A weekend in a pause moves nothing, and overlapping pauses count once.
        assert_eq!(last(&[pause("2026-11-07", "2026-11-08")]), Ok(LastDay::On(day("2026-11-09"))));
        let twice = [pause("2026-11-04", "2026-11-05"), pause("2026-11-05", "2026-11-05")];
        assert_eq!(last(&twice), Ok(LastDay::On(day("2026-11-11"))));
        // Before the start and after the end a pause means nothing.
        assert_eq!(last(&[pause("2026-10-01", "2026-11-02"), pause("2026-11-10", "2026-11-20")]), last(&[]));
        // The wrong way round it touches no day.
        assert_eq!(last(&[pause("2026-11-05", "2026-11-04")]), last(&[]));
    }

    #[test]
    fn an_open_pause_makes_the_term_stand_still() {
        let calendar = Calendar::shipped();
        let open = |from: &str| {
            let pause = Pause { from: day(from), to: None, why: PauseWhy::NoPlace };
            last_good_day(&calendar, day("2026-11-02"), 5, &[pause])
        };
        assert_eq!(open("2026-11-05"), Err(StandsStill { days_left: 3 }));
        assert_eq!(open("2026-11-02"), Err(StandsStill { days_left: 5 }));
        assert_eq!(open("2026-10-02"), Err(StandsStill { days_left: 5 }));
        assert_eq!(open("2026-11-09"), Err(StandsStill { days_left: 1 }));
        assert_eq!(open("2026-11-10"), Ok(LastDay::On(day("2026-11-09"))));
    }

    #[test]
    fn days_left_counts_today() {
        let calendar = Calendar::shipped();
        for (today, last, left) in [
            ("2026-11-20", "2026-11-24", 3),
            ("2026-11-21", "2026-11-24", 2),
            ("2026-11-24", "2026-11-24", 1),
            ("2026-11-25", "2026-11-24", 0),
            ("2026-03-20", "2026-03-27", 3),
        ] {
            assert_eq!(days_left(&calendar, day(today), day(last)), left, "{today}..{last}");
        }
    }

    #[test]
    fn twenty_eight_calendar_days_start_the_day_after() {
        let calendar = Calendar::shipped();
        assert_eq!(last_calendar_day(&calendar, day("2026-11-01"), 28), day("2026-11-29"));
        assert_eq!(last_calendar_day(&calendar, day("2024-02-01"), 28), day("2024-02-29"));
        assert_eq!(last_calendar_day(&calendar, day("2024-02-01"), 0), day("2024-02-01"));
        assert_eq!(last_calendar_day(&calendar, NaiveDate::MAX, 1), NaiveDate::MAX);
        // Three days of an outage, one of them before the start.
        let with = calendar.with_outages(vec![outage("2026-11-01", Some("2026-11-03"))]);
        assert_eq!(last_calendar_day(&with, day("2026-11-01"), 28), day("2026-12-01"));
    }

    #[test]
    fn the_last_day_counts_to_its_last_instant() {
        let last = day("2026-11-24");
        assert!(on_time(at("2026-11-24T18:59:59.999999999Z"), last));
        assert!(!on_time(at("2026-11-24T19:00:00Z"), last));
        assert!(on_time(at("2026-01-01T00:00:00Z"), last));
    }

    #[test]
    fn almaty_is_five_hours_ahead_since_march_2024() {
        for (moment, local) in [
            // +06 until the night of 29 February 2024, when the last hour of the day came twice.
            ("2024-02-29T17:30:00Z", "2024-02-29T23:30:00+06:00"),
            ("2024-02-29T17:59:59Z", "2024-02-29T23:59:59+06:00"),
            ("2024-02-29T18:00:00Z", "2024-02-29T23:00:00+05:00"),
            ("2024-02-29T18:59:59Z", "2024-02-29T23:59:59+05:00"),
            ("2024-02-29T19:00:00Z", "2024-03-01T00:00:00+05:00"),
            ("2026-11-22T12:00:00Z", "2026-11-22T17:00:00+05:00"),
            ("2028-07-01T00:00:00Z", "2028-07-01T05:00:00+05:00"),
        ] {
            let shown = Almaty.from_utc_datetime(&at(moment).naive_utc());
            assert_eq!(shown.to_rfc3339(), local);
            assert_eq!(almaty_day(at(moment)), day(&local[..10]), "{moment}");
        }
        assert!(on_time(at("2024-02-29T18:59:59Z"), day("2024-02-29")));
        assert!(!on_time(at("2024-02-29T19:00:00Z"), day("2024-02-29")));
    }

    #[test]
    fn a_notice_starts_its_term_when_it_can_be_sent() {
        let calendar = Calendar::shipped();
        for (deed, day0) in [
            ("2026-11-20T00:00:00Z", "2026-11-20"), // Friday 05:00: at nine the same day
            ("2026-11-20T07:00:00Z", "2026-11-20"), // noon
            ("2026-11-20T15:59:59.999Z", "2026-11-20"), // 20:59:59.999
            ("2026-11-20T16:00:00Z", "2026-11-23"), // 21:00: on Monday
            ("2026-11-21T07:00:00Z", "2026-11-23"), // Saturday noon
            ("2026-11-22T19:30:00Z", "2026-11-23"), // Monday 00:30
            ("2026-12-15T16:00:00Z", "2026-12-17"), // over Independence Day
            ("2024-05-03T17:00:00Z", "2024-05-04"), // onto a working Saturday
        ] {
            assert_eq!(notice_day0(at(deed), &calendar), day(day0), "{deed}");
        }
    }

    #[test]
    fn the_page_shows_how_the_date_came_about() {
        use DayLineKind::{Counted, DayOff, Paused, Start};
        let calendar = Calendar::shipped();
        let lines = line_by_line(
            &calendar,
            day("2026-12-14"),
            Length::working(2),
            &[pause("2026-12-17", "2026-12-17")],
        );
        let kinds: Vec<_> = lines.iter().map(|line| line.kind).collect();
        let independence = DayOff(Some(("Тәуелсіздік күні", "День Независимости")));
        let held = Paused(PauseWhy::Kindergarten);
        assert_eq!(kinds, [Start, Counted(1), independence, held, Counted(2)]);
        assert_eq!(lines[4].day, day("2026-12-18"));
        let open = [Pause { from: day("2026-12-15"), to: None, why: PauseWhy::NoPlace }];
        let kinds: Vec<_> = line_by_line(&calendar, day("2026-12-11"), Length::working(2), &open)
            .iter()
            .map(|line| line.kind)
            .collect();
        assert_eq!(kinds, [Start, DayOff(None), DayOff(None), Counted(1), Paused(PauseWhy::NoPlace)]);
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0u64..1_800).prop_map(|days| day("2024-01-01") + Days::new(days))
    }

    fn any_pauses() -> impl Strategy<Value = Vec<Pause>> {
        let one = (any_day(), 0u64..20, proptest::sample::select(&PauseWhy::ALL[..]));
        let one = one.prop_map(|(from, long, why)| Pause { from, to: Some(from + Days::new(long)), why });
        proptest::collection::vec(one, 0..4)
    }

    static SHIPPED: LazyLock<Calendar> = LazyLock::new(Calendar::shipped);

    fn last(day0: NaiveDate, n: u32, pauses: &[Pause]) -> NaiveDate {
        last_good_day(&SHIPPED, day0, n, pauses).unwrap().day()
    }

    /// The days of a pause on which nobody works anyway, each a pause of its own.
    fn days_off(pause: &Pause) -> impl Iterator<Item = Pause> {
        let days = pause.from.iter_days().take_while(|day| Some(*day) <= pause.to);
        days.filter(|day| !SHIPPED.is_working(*day)).map(|day| Pause { from: day, to: Some(day), ..*pause })
    }

    proptest! {
        // A hundred thousand terms.
        #![proptest_config(ProptestConfig::with_cases(100_000))]

        #[test]
        fn every_term_is_just(day0 in any_day(), by in 0u64..10, n in 1u32..15, pauses in any_pauses()) {
            let end = last(day0, n, &pauses);
            // A longer term ends later, a later start never earlier.
            prop_assert!(last(day0, n - 1, &pauses) < end);
            prop_assert!(end <= last(day0 + Days::new(by), n, &pauses));
            // The last day is a working day which the family held, and as far away as there are days.
            prop_assert!(SHIPPED.is_working(end));
            prop_assert!(!pauses.iter().any(|pause| pause.touches(end)));
            prop_assert!((end - day0).num_days() >= i64::from(n));
            // A pause never shortens; one that touches no working day changes nothing.
            let plain = last(day0, n, &[]);
            prop_assert!(end >= plain);
            if let Some((_, fewer)) = pauses.split_first() {
                prop_assert!(end >= last(day0, n, fewer));
            }
            let idle: Vec<Pause> = pauses.iter().flat_map(days_off).collect();
            prop_assert_eq!(last(day0, n, &idle), plain);
        }
    }

    proptest! {
        #[test]
        fn the_lines_end_on_the_last_day(day0 in any_day(), n in 0u32..15, pauses in any_pauses()) {
            let lines = line_by_line(&SHIPPED, day0, Length::working(n), &pauses);
            prop_assert_eq!(lines.last().unwrap().day, last(day0, n, &pauses));
            let counted = lines.iter().filter(|line| matches!(line.kind, DayLineKind::Counted(_))).count();
            prop_assert_eq!(counted, n as usize);
        }

        #[test]
        fn an_outage_counts_like_a_pause_of_every_term(day0 in any_day(), n in 0u32..15, pauses in any_pauses()) {
            let with = SHIPPED.clone().with_outages(pauses.clone());
            prop_assert_eq!(last_good_day(&with, day0, n, &[]), last_good_day(&SHIPPED, day0, n, &pauses));
        }

        #[test]
        fn an_outage_adds_its_days_to_the_days_of_return(day0 in any_day(), n in 1u32..40, from in 1u64..60, long in 0u64..9) {
            let outage = Pause {
                from: day0 + Days::new(from),
                to: Some(day0 + Days::new(from + long)),
                why: PauseWhy::Outage,
            };
            let with = SHIPPED.clone().with_outages(vec![outage]);
            let moved = if from <= u64::from(n) { long + 1 } else { 0 };
            prop_assert_eq!(last_calendar_day(&with, day0, n), day0 + Days::new(u64::from(n) + moved));
        }

        #[test]
        fn without_pauses_days_left_the_day_after_is_the_whole_term(day0 in any_day(), n in 1u32..15) {
            prop_assert_eq!(days_left(&SHIPPED, day0 + Days::new(1), last(day0, n, &[])), n);
        }
    }
}

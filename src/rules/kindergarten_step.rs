//! The kindergarten's own terms: so many working days for each of its steps, counted like any term from the day it got the
//! case (`rules.md` 3.2). Nothing is annulled for it; the operator is alarmed and the family told.
use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::Calendar;
use super::deadline::{almaty_day, day_begins, last_good_day};
use super::pause::{Pause, PauseWhy};
use super::stage::Due;
use super::stage_name::StageName;

/// The stages in which a step is the kindergarten's: its answer to a choice, its signature.
pub fn is_due_in(stage: StageName) -> bool {
    matches!(stage, StageName::AwaitingContract | StageName::AwaitingKindergartenSignature)
}

/// When its step began. While its signature waits for the check nothing is due, and after that it has its days anew.
pub fn since(stage_since: DateTime<Utc>, pauses: &[Pause]) -> Option<DateTime<Utc>> {
    let checks = pauses.iter().filter(|pause| pause.why == PauseWhy::Check);
    checks.map(|pause| pause.to.map(day_begins)).try_fold(stage_since, |since, over| Some(since.max(over?)))
}

/// By when the kindergarten acts that has had the case since then; nothing while an outage lasts.
pub fn due(calendar: &Calendar, since: DateTime<Utc>, days: u32) -> Option<Due> {
    last_good_day(calendar, almaty_day(since), days, &[]).ok().map(Due::from_last_day)
}

/// For steps of 1, 2, … `most` working days: the moment before which a case must have come to a kindergarten for the step to
/// be late today. One question to the database finds all of them.
pub fn late_before(calendar: &Calendar, today: NaiveDate, most: u32) -> Vec<DateTime<Utc>> {
    let back = std::iter::successors(today.pred_opt(), NaiveDate::pred_opt);
    // A step of one day is late when one whole working day lies between the day it began and today.
    let counts = |day: &NaiveDate| calendar.is_working(*day) && !calendar.is_out(*day);
    back.filter(counts).map(day_begins).take(most as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_by_the_moment_is_late_by_the_term() {
        let calendar = Calendar::shipped();
        let first: NaiveDate = "2026-02-20".parse().unwrap();
        for today in first.iter_days().take(120) {
            let before = late_before(&calendar, today, 7);
            assert_eq!(before.len(), 7);
            for ago in 0..20 {
                let since = day_begins(today - chrono::Days::new(ago));
                for (days, before) in (1..).zip(&before) {
                    let late = due(&calendar, since, days).unwrap().is_past(today);
                    assert_eq!(since < *before, late, "{since} + {days} on {today}");
                }
            }
        }
    }

    #[test]
    fn a_check_gives_the_days_anew_once_it_is_over() {
        let came = "2026-12-11T05:00:00Z".parse().unwrap();
        let pause = |from: &str, to: Option<&str>, why| Pause {
            from: from.parse().unwrap(),
            to: to.map(|day| day.parse().unwrap()),
            why,
        };
        let before = pause("2026-12-08", Some("2026-12-09"), PauseWhy::Check);
        let held = pause("2026-12-11", None, PauseWhy::Kindergarten);
        assert_eq!(since(came, &[before, held]), Some(came));
        let waits = pause("2026-12-14", None, PauseWhy::Check);
        assert_eq!(since(came, &[before, held, waits]), None);
        let over = pause("2026-12-14", Some("2026-12-28"), PauseWhy::Check);
        let again = since(came, &[over, held]).unwrap();
        assert_eq!(almaty_day(again), "2026-12-28".parse().unwrap());
        assert_eq!(due(&Calendar::shipped(), again, 3).unwrap().by, "2026-12-31".parse().unwrap());
    }

    #[test]
    fn a_case_that_came_on_friday_is_answered_by_wednesday() {
        let due = due(&Calendar::shipped(), "2026-12-11T18:59:59Z".parse().unwrap(), 3).unwrap();
        assert_eq!(due.by, "2026-12-17".parse().unwrap(), "the 16th is a holiday");
    }
}

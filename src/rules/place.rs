//! The history of a place: what each day moved it by, and why. Told backwards from the place of now by the events of
//! families ahead, so that on every line the causes add up to the move (`rules.md` 3.3).
use chrono::{DateTime, NaiveDate, Utc};

use super::deadline::almaty_day;
use super::queue_event::{Cause, Causes};

/// An event of the queue: when it happened, its turn among those of one moment, its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    pub at: DateTime<Utc>,
    pub id: i64,
    pub cause: Cause,
}

impl Own {
    fn turn(&self) -> (DateTime<Utc>, i64) {
        (self.at, self.id)
    }
}

/// What the database knows of everything that moved one application.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// Its place now; where it would stand, if it does not wait.
    pub rank: i64,
    /// It waits now.
    pub waits: bool,
    /// What happened ahead of it, day by day; submissions are never ahead of who waits already.
    pub days: Vec<(NaiveDate, Causes)>,
    /// Its own joins and leaves, at least those of the days that are told.
    pub own: Vec<Own>,
    /// The events of `days` one by one, for the days on which it joined or left itself.
    pub seen: Vec<Own>,
    /// Events ahead that are not in `days` yet.
    pub fresh: Vec<Own>,
}

/// One day of waiting, or the part of it between a join and a leave. `to` − `from` is what its causes add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub day: NaiveDate,
    pub from: i64,
    pub to: i64,
    pub causes: Causes,
    /// The application came into the order in this part: `from` is where it came in.
    pub joined: Option<Cause>,
    /// It left the order at the end of this part.
    pub left: Option<Cause>,
}

impl Trail {
    /// The steps from `first` to `today`, the latest first; days without waiting are left out.
    pub fn steps(mut self, first: NaiveDate, today: NaiveDate) -> Vec<Step> {
        // A clock that differs by a little must not lose what happened "tomorrow".
        let day_of = |it: &Own| almaty_day(it.at).min(today);
        self.own.sort_by_key(Own::turn);
        self.fresh.retain(|it| it.cause != Cause::Submitted);
        let mut back = Back { rank: self.rank, waits: self.waits, steps: Vec::new() };
        let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= today).collect();
        for day in days.into_iter().rev() {
            let on_day =
                |all: &[Own]| all.iter().copied().filter(|it| day_of(it) == day).collect::<Vec<Own>>();
            let (own, mut ahead) = (on_day(&self.own), on_day(&self.fresh));
            if own.is_empty() {
                let folded = self.days.iter().find(|(on, _)| *on == day);
                let mut causes = folded.map_or_else(Causes::default, |it| it.1);
                ahead.iter().for_each(|it| causes.add(it.cause, 1));
                back.part(day, causes, None, None);
            } else {
                ahead.extend(on_day(&self.seen));
                ahead.sort_by_key(Own::turn);
                back.own_day(day, &own, ahead);
            }
        }
        back.steps
    }
}

/// The way back from now.
struct Back {
    rank: i64,
    waits: bool,
    steps: Vec<Step>,
}

impl Back {
    /// A day on which nothing cut the waiting, or a part of one.
    fn part(&mut self, day: NaiveDate, causes: Causes, joined: Option<Cause>, left: Option<Cause>) {
        let from = self.rank - causes.net();
        if self.waits {
            self.steps.push(Step { day, from, to: self.rank, causes, joined, left });
        }
        self.rank = from;
    }

    /// A day on which the application joined or left itself: each part has what happened ahead meanwhile.
    fn own_day(&mut self, day: NaiveDate, own: &[Own], mut ahead: Vec<Own>) {
        let mut left = None;
        for mine in own.iter().rev() {
            let joins = mine.cause.step() > 0;
            self.waits = joins;
            self.part(day, after(&mut ahead, mine), joins.then_some(mine.cause), left);
            left = (!joins).then_some(mine.cause);
            self.waits = !joins;
        }
        self.part(day, Causes::of(ahead.iter().map(|it| it.cause)), None, left);
    }
}

/// Takes what happened after one's own event off the end.
fn after(ahead: &mut Vec<Own>, mine: &Own) -> Causes {
    let first = ahead.partition_point(|it| it.turn() < mine.turn());
    Causes::of(ahead.drain(first..).map(|it| it.cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Duration, TimeZone};
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        // 14 December 2026 in Almaty.
        Utc.with_ymd_and_hms(2026, 12, 13, 19, 0, 0).unwrap() + Duration::minutes(minute)
    }

    fn day(n: i64) -> NaiveDate {
        almaty_day(at(0)) + Duration::days(n)
    }

    /// Families in the order of their numbers; each row is (minute, family), and the family joins or leaves by turns.
    struct History {
        events: Vec<(usize, Own)>,
    }

    impl History {
        fn new(rows: Vec<(i64, usize)>) -> Self {
            let mut rows = rows;
            rows.sort_by_key(|row| row.0);
            let mut turns = [0usize; 8];
            let joins = [Cause::Confirmed, Cause::Returned];
            let leaves = [Cause::VoucherIssued, Cause::Withdrawn, Cause::Outgrown, Cause::EnrolledElsewhere];
            let events = (0..).zip(rows).map(|(id, (minute, family))| {
                let turn = turns[family];
                turns[family] += 1;
                let cause = if turn % 2 == 0 {
                    joins[(turn / 2).min(1)]
                } else {
                    leaves[(family + turn) % leaves.len()]
                };
                (family, Own { at: at(minute), id, cause })
            });
            Self { events: events.collect() }
        }

        /// The families before this one that wait after the first `n` events.
        fn ahead(&self, family: usize, n: usize) -> i64 {
            self.events[..n].iter().filter(|it| it.0 < family).map(|it| i64::from(it.1.cause.step())).sum()
        }

        fn trail(&self, family: usize, folded: usize) -> Trail {
            let own: Vec<Own> = self.events.iter().filter(|it| it.0 == family).map(|it| it.1).collect();
            let ahead = |events: &[(usize, Own)]| -> Vec<Own> {
                events.iter().filter(|it| it.0 < family).map(|it| it.1).collect()
            };
            let (old, fresh) = self.events.split_at(folded);
            let mut days: Vec<(NaiveDate, Causes)> = Vec::new();
            for it in ahead(old) {
                let on = almaty_day(it.at);
                if days.last().is_none_or(|last| last.0 != on) {
                    days.push((on, Causes::default()));
                }
                days.last_mut().unwrap().1.add(it.cause, 1);
            }
            let on_own_day = |it: &Own| own.iter().any(|mine| almaty_day(mine.at) == almaty_day(it.at));
            let seen = ahead(old).into_iter().filter(on_own_day).collect();
            let waits = own.last().is_some_and(|last| last.cause.step() > 0);
            Trail {
                waits,
                rank: 1 + self.ahead(family, self.events.len()),
                days,
                seen,
                fresh: ahead(fresh),
                own,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_causes_add_up_to_the_move_for_every_family(
            rows in proptest::collection::vec((0i64..4 * 1440, 0usize..8), 0..60),
            part in 0usize..=100,
        ) {
            let history = History::new(rows);
            let folded = history.events.len() * part / 100;
            for family in 0..8 {
                let steps = history.trail(family, folded).steps(day(0), day(3));
                let own: Vec<&(usize, Own)> = history.events.iter().filter(|it| it.0 == family).collect();
                prop_assert_eq!(own.iter().filter(|it| it.1.cause.step() > 0).count(), steps.iter().filter(|it| it.joined.is_some()).count());
                for step in &steps {
                    prop_assert_eq!(step.to - step.from, step.causes.net(), "{:?}", step);
                    prop_assert!(step.from >= 1 && step.to >= 1, "{:?}", step);
                    // The place at the end of the part, counted from the beginning.
                    let n = match step.left {
                        None => history.events.iter().filter(|it| almaty_day(it.1.at) <= step.day).count(),
                        Some(cause) => {
                            let mut leaves = own.iter().filter(|it| it.1.cause == cause && almaty_day(it.1.at) == step.day);
                            let leave = leaves.next().unwrap();
                            // Left twice in a day for one cause: which one this part means is not said.
                            if leaves.next().is_some() { continue; }
                            history.events.iter().filter(|it| it.1.turn() < leave.1.turn()).count()
                        }
                    };
                    prop_assert_eq!(step.to, 1 + history.ahead(family, n), "{:?}", step);
                }
                // One day's end is the next day's beginning.
                for pair in steps.windows(2) {
                    if pair[0].joined.is_none() {
                        prop_assert_eq!(pair[1].to, pair[0].from);
                        prop_assert_eq!(pair[1].day.succ_opt(), Some(pair[0].day));
                    }
                }
            }
        }
    }

    #[test]
    fn a_family_back_from_the_stop_list_has_a_gap_and_starts_anew() {
        // Family 1 joins, gets a voucher the next day, is back on the third; family 0 comes in ahead meanwhile.
        let history = History::new(vec![(10, 1), (1450, 1), (1460, 0), (2890, 1), (2900, 0)]);
        let steps = history.trail(1, 3).steps(day(0), day(3));
        let told: Vec<_> = steps.iter().map(|it| (it.day, it.from, it.to, it.joined, it.left)).collect();
        assert_eq!(
            told,
            [
                (day(3), 1, 1, None, None),
                (day(2), 2, 1, Some(Cause::Returned), None),
                (day(1), 1, 1, None, Some(Cause::Outgrown)),
                (day(0), 1, 1, Some(Cause::Confirmed), None),
            ]
        );
        assert_eq!(steps[1].causes.iter().collect::<Vec<_>>(), [(Cause::Withdrawn, 1)]);
    }
}

//! The settings in force, those to come and those that were: for the page of rules and the operator's.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::journal;
use super::journal::facts;
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::Fault;
use crate::rules::deadline::day_begins;
use crate::rules::journal::What;
use crate::rules::settings::{Setting, Settings};

pub use crate::db::setting::SettingRow;

/// The values as of one moment, with every row behind them.
#[derive(Debug, Clone)]
pub struct InForce {
    pub now: DateTime<Utc>,
    pub settings: Settings,
    rows: Vec<SettingRow>,
}

impl InForce {
    fn new(now: DateTime<Utc>, rows: Vec<SettingRow>) -> Self {
        let settings = values(&rows, now);
        Self { now, settings, rows }
    }

    /// Every value this name had, has and will have, the oldest first.
    pub fn rows_of(&self, name: &str) -> impl DoubleEndedIterator<Item = &SettingRow> {
        self.rows.iter().filter(move |row| row.name == name)
    }

    /// Since when the value of this name holds; `None` when it has held since the portal began.
    pub fn since(&self, name: &str) -> Option<DateTime<Utc>> {
        self.rows_of(name).rfind(|row| row.valid_from <= self.now).map(|row| row.valid_from)
    }

    /// The next value planned.
    pub fn next(&self, name: &str) -> Option<&SettingRow> {
        self.rows_of(name).find(|row| row.valid_from > self.now)
    }

    /// Why this value cannot hold from that moment on, if it cannot.
    pub fn objection(&self, setting: &Setting, value: u32, from: DateTime<Utc>) -> Option<Objection> {
        if !setting.bounds.contains(&value) {
            return Some(Objection::OutOfBounds);
        }
        if values(&self.rows, from).get(setting.name) == Some(value) {
            return Some(Objection::Same);
        }
        // What is planned for later meets the new value too.
        let later = self.rows.iter().map(|row| row.valid_from).filter(|at| *at > from);
        let contradicts = std::iter::once(from).chain(later).any(|moment| {
            let mut then = values(&self.rows, moment);
            if !self.rows_of(setting.name).any(|row| from < row.valid_from && row.valid_from <= moment) {
                then.set(setting.name, value);
            }
            then.contradict()
        });
        contradicts.then_some(Objection::Contradicts)
    }
}

/// Why a value is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    OutOfBounds,
    /// It is so already.
    Same,
    Contradicts,
}

fn values(rows: &[SettingRow], moment: DateTime<Utc>) -> Settings {
    let mut settings = Settings::default();
    for row in rows.iter().filter(|row| row.valid_from <= moment) {
        settings.set(&row.name, row.value);
    }
    settings
}

pub async fn in_force(app: &SharedApp) -> Result<InForce, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    Ok(InForce::new(now, db::setting::all(&mut conn).await?))
}

/// When a value said to hold from this day on begins to: today's at once, another day's with the day. Never earlier than now.
pub fn valid_from(day: NaiveDate, now: DateTime<Utc>) -> DateTime<Utc> {
    day_begins(day).max(now)
}

/// The operator sets a value from a day on. What is under way keeps the rules under which it began (`TermRules`).
pub async fn change(
    conn: &mut PgConnection,
    deed: &Deed,
    setting: &Setting,
    value: u32,
    from: NaiveDate,
    reason: &str,
) -> Result<(), Fault> {
    let valid_from = valid_from(from, deed.now);
    let set = (deed.actor.account(), deed.now);
    db::setting::put(conn, setting.name, value, valid_from, reason, set).await?;
    let facts = facts!(
        Name: setting.name,
        Was: deed.settings.get(setting.name),
        Value: value,
        ValidFrom: valid_from,
        Reason: reason,
    );
    journal::of_portal(conn, deed, What::ChangeSetting, facts).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn row(name: &str, from: &str, value: u32) -> SettingRow {
        SettingRow {
            name: name.into(),
            valid_from: at(from),
            value,
            reason: String::new(),
            set_by: None,
            set_at: None,
        }
    }

    #[test]
    fn the_newest_row_not_after_now_holds_and_the_next_is_known() {
        let rows = vec![
            row("confirm_days", "2026-01-01T00:00:00Z", 3),
            row("confirm_days", "2026-06-01T00:00:00Z", 4),
            row("confirm_days", "2027-01-01T00:00:00Z", 5),
        ];
        let force = InForce::new(at("2026-12-14T05:00:00Z"), rows);
        assert_eq!(force.settings.confirm_days, 4);
        assert_eq!(force.since("confirm_days"), Some(at("2026-06-01T00:00:00Z")));
        assert_eq!(force.next("confirm_days").map(|row| row.value), Some(5));
        assert_eq!((force.since("conclude_days"), force.settings.conclude_days), (None, 5));
    }

    #[test]
    fn nonsense_is_objected_to_now_and_later() {
        let rows = vec![row("outgrown_first_notice_days", "2027-01-01T00:00:00Z", 40)];
        let force = InForce::new(at("2026-12-14T05:00:00Z"), rows);
        let second = Setting::of("outgrown_second_notice_days").unwrap();
        let objection = |value| force.objection(second, value, force.now);
        assert_eq!(objection(0), Some(Objection::OutOfBounds));
        assert_eq!(objection(30), Some(Objection::Same));
        assert_eq!(objection(60), Some(Objection::Contradicts));
        assert_eq!(objection(45), Some(Objection::Contradicts), "from January on");
        assert_eq!(objection(35), None);
    }

    #[test]
    fn nothing_holds_in_the_past() {
        let now = at("2026-12-14T05:00:00Z");
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(valid_from(day("2026-12-14"), now), now);
        assert_eq!(valid_from(day("2020-01-01"), now), now);
        assert_eq!(valid_from(day("2026-12-15"), now), at("2026-12-14T19:00:00Z"));
    }
}

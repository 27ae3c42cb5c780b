//! Every term and rule in plain language, with the values in force and examples counted by the same rules that count
//! the terms of families.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{Datelike, NaiveDate};

use crate::app::SharedApp;
use crate::domain;
use crate::domain::setting::InForce;
use crate::locale::{date, fill, setting as said, wording};
use crate::rules::calendar::{Calendar, CalendarDay, DayKind};
use crate::rules::deadline::{self, DayLineKind, LastDay, SEND_WINDOW_CLOSES, SEND_WINDOW_OPENS};
use crate::rules::settings::{Setting, Unit};
use crate::rules::stage_name::StageName;
use crate::web::Routes;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Visit;

pub fn routes(routes: Routes) -> Routes {
    routes.get_public("/{lang}/rules", show)
}

/// The steps of the road, in its order; each has its words under this name.
const STEPS: [&str; 10] = [
    "registration",
    "child",
    "application",
    "review",
    "queue",
    "voucher",
    "stop_list",
    "choice",
    "contract",
    "notices",
];

/// The settings a family should know, in the order of the road.
const VALUES: [&str; 27] = [
    "adult_from_years",
    "code_again_seconds",
    "code_minutes",
    "code_phone_hour",
    "code_phone_day",
    "child_under_years",
    "outgrown_first_notice_days",
    "outgrown_second_notice_days",
    "child_check_hour",
    "upload_megabytes",
    "photo_megabytes",
    "paper_first_notice_days",
    "paper_second_notice_days",
    "review_hold_days",
    "confirm_days",
    "conclude_days",
    "extension_days",
    "extension_unit",
    "pause_kindergarten",
    "pause_outage",
    "kindergarten_step_days",
    "stop_list_days",
    "voucher_tenge",
    "parent_idle_days",
    "parent_session_days",
    "password_again_minutes",
    "recovery_hold_hours",
];

fn values() -> impl Iterator<Item = &'static Setting> {
    VALUES.into_iter().filter_map(Setting::of)
}

/// A step of the road with its rules.
struct Step {
    id: &'static str,
    title: &'static str,
    rules: Vec<String>,
}

/// A value in force.
struct Value {
    name: &'static str,
    value: String,
    since: String,
}

/// A day on which a term began, and where each term would end.
struct Example {
    day: String,
    ends: Vec<String>,
}

/// A status with what it means.
struct Status {
    name: &'static str,
    meaning: &'static str,
    act: &'static str,
    who: &'static str,
}

/// A day that differs from its weekday.
struct Special {
    day: String,
    name: String,
    kind: &'static str,
    estimated: bool,
}

#[derive(Template)]
#[template(path = "public/rules.html")]
struct RulesPage {
    p: Page,
    steps: Vec<Step>,
    values: Vec<Value>,
    /// The terms of the table of examples, as its headings.
    terms: Vec<String>,
    examples: Vec<Example>,
    counted_lead: String,
    /// The first example day by day.
    counted: Vec<String>,
    statuses: Vec<Status>,
    days_off: String,
    specials: Vec<Special>,
    as_of: String,
}

async fn show(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let force = domain::setting::in_force(&app).await?;
    let held = app.calendar();
    let (s, calendar) = (&force.settings, &*held);
    let mut terms = vec![s.confirm_days, s.conclude_days];
    if s.extension_unit == 0 {
        terms.push(s.conclude_days + s.extension_days);
    }
    let example = day(2026, 3, 20);
    let today = deadline::almaty_day(force.now);
    page::show(&RulesPage {
        steps: steps(&p, &force),
        values: values().map(|setting| value(&p, &force, setting)).collect(),
        terms: terms.iter().map(|term| said::said(p.language, *term, Unit::WorkingDays)).collect(),
        examples: EXAMPLES
            .map(|(year, month, of)| counted_from(&p, calendar, day(year, month, of), &terms))
            .into(),
        counted_lead: fill(
            &p.w.rules_page.counted_lead,
            &[
                ("day", &weekday_and_date(&p, example)),
                ("last", &last(&p, calendar, example, s.confirm_days)),
                ("confirm", &said::said(p.language, s.confirm_days, Unit::WorkingDays)),
            ],
        ),
        counted: line_by_line(&p, calendar, example, s.confirm_days),
        statuses: StageName::ALL.iter().map(|stage| status(&p, *stage)).collect(),
        days_off: fill(&p.w.rules_page.days_off_caption, &[("year", &today.year().to_string())]),
        specials: specials(&p, calendar, today.year()),
        as_of: fill(&p.w.rules_page.as_of, &[("day", &p.date(&today))]),
        p,
    })
}

/// Days of the examples: beside holidays of every kind, and over the end of a year.
const EXAMPLES: [(i32, u32, u32); 5] =
    [(2026, 3, 20), (2026, 8, 27), (2026, 12, 14), (2026, 12, 31), (2027, 5, 5)];

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// Every fact a rule may name.
fn facts(p: &Page, force: &InForce) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&'static str, String)> =
        values().map(|setting| (setting.name, said::value(p.language, &force.settings, setting))).collect();
    facts.push(("opens", format!("{SEND_WINDOW_OPENS}:00")));
    facts.push(("closes", format!("{SEND_WINDOW_CLOSES}:00")));
    facts
}

fn steps(p: &Page, force: &InForce) -> Vec<Step> {
    let facts = facts(p, force);
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
    let step = |id: &&'static str| {
        let words = p.w.rules_page.steps.get(*id)?;
        let rules = words.rules.values().map(|rule| fill(rule, &facts)).collect();
        Some(Step { id, title: &words.title, rules })
    };
    STEPS.iter().filter_map(step).collect()
}

fn value(p: &Page, force: &InForce, setting: &Setting) -> Value {
    let since = force.since(setting.name).map(|at| date::short(deadline::almaty_day(at)));
    Value {
        name: said::name(p.language, setting.name),
        value: said::value(p.language, &force.settings, setting),
        since: since.unwrap_or_else(|| p.w.rules_page.since_start.clone()),
    }
}

/// «жұма, 20.03.2026»
fn weekday_and_date(p: &Page, day: NaiveDate) -> String {
    let number = day.weekday().number_from_monday().to_string();
    let weekday = p.w.rules_page.weekdays.get(&number).map_or("", String::as_str);
    format!("{weekday}, {}", date::short(day))
}

/// The last good day; of a year without a calendar, the earliest it can be.
fn last(p: &Page, calendar: &Calendar, day0: NaiveDate, term: u32) -> String {
    match deadline::last_good_day(calendar, day0, term, &[]) {
        Ok(LastDay::On(day)) => weekday_and_date(p, day),
        Ok(LastDay::NotBefore(day)) => fill(&p.w.rules_page.not_before, &[("day", &date::short(day))]),
        Err(_) => String::new(),
    }
}

fn counted_from(p: &Page, calendar: &Calendar, day0: NaiveDate, terms: &[u32]) -> Example {
    let ends = terms.iter().map(|term| last(p, calendar, day0, *term)).collect();
    Example { day: weekday_and_date(p, day0), ends }
}

fn line_by_line(p: &Page, calendar: &Calendar, day0: NaiveDate, term: u32) -> Vec<String> {
    let w = &p.w.rules_page;
    let lines = deadline::line_by_line(calendar, day0, deadline::Length::working(term), &[]).into_iter();
    let line = |line: deadline::DayLine<'_>| {
        let why = match line.kind {
            DayLineKind::Start => w.line_start.clone(),
            DayLineKind::Counted(n) => fill(&w.line_counted, &[("n", &n.to_string())]),
            DayLineKind::DayOff(Some(names)) => {
                crate::locale::kindergarten::of_two(p.language, names.0, names.1).to_owned()
            }
            DayLineKind::DayOff(None) | DayLineKind::Paused(_) => w.line_weekend.clone(),
        };
        format!("{} – {why}", weekday_and_date(p, line.day))
    };
    lines.map(line).collect()
}

fn status(p: &Page, stage: StageName) -> Status {
    let words = p.w.rules_page.statuses.get(stage.as_str());
    Status {
        name: wording::stage(p.language, stage),
        meaning: words.map_or("", |words| words.meaning.as_str()),
        act: words.map_or("", |words| words.act.as_str()),
        who: words.map_or("", |words| words.who.as_str()),
    }
}

fn specials(p: &Page, calendar: &Calendar, year: i32) -> Vec<Special> {
    let of_year = calendar.days().filter(|day| day.on.year() == year);
    of_year
        .map(|day| Special {
            day: weekday_and_date(p, day.on),
            name: name_of(p, day),
            kind: match day.kind {
                DayKind::WorkingDay => &p.w.rules_page.kind_working,
                DayKind::MovedDayOff => &p.w.rules_page.kind_moved,
                DayKind::PublicHoliday => &p.w.rules_page.kind_holiday,
                DayKind::Observed => &p.w.rules_page.kind_observed,
                DayKind::RestDayNotTransferred => &p.w.rules_page.kind_rest,
            },
            estimated: day.estimated,
        })
        .collect()
}

fn name_of(p: &Page, day: &CalendarDay) -> String {
    crate::locale::kindergarten::of_two(p.language, &day.name_kk, &day.name_ru).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::words;
    use crate::rules::person::Language;

    #[test]
    fn every_step_value_and_status_has_its_words_in_both_languages() {
        let [kk, ru] = Language::ALL.map(|language| &words(language).rules_page);
        for step in STEPS {
            assert_eq!(
                kk.steps[step].rules.keys().collect::<Vec<_>>(),
                ru.steps[step].rules.keys().collect::<Vec<_>>(),
                "{step}"
            );
        }
        for w in [kk, ru] {
            assert_eq!((w.steps.len(), values().count()), (STEPS.len(), VALUES.len()));
            assert!(StageName::ALL.iter().all(|stage| w.statuses.contains_key(stage.as_str())));
            assert!((1..=7).all(|day: u8| w.weekdays.contains_key(&day.to_string())));
        }
    }
}

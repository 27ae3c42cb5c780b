//! Settings: terms and limits, each with the day from which it holds, and why.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{Days, NaiveDate};

use crate::app::SharedApp;
use crate::domain;
use crate::domain::setting::{InForce, Objection, SettingRow};
use crate::fault::Failure;
use crate::locale::{date, fill, setting as said};
use crate::rules::deadline::almaty_day;
use crate::rules::settings::{Setting, SettingGroup, Settings, Unit};
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

/// A reason is a sentence or two.
const LONGEST_REASON: usize = 500;
/// Nobody plans further ahead.
const FURTHEST: Days = Days::new(5 * 366);

/// A setting as a line of its group.
struct Line {
    setting: &'static Setting,
    name: &'static str,
    value: String,
    since: String,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "operator/settings.html")]
struct SettingsPage {
    p: Page,
    groups: Vec<(&'static str, Vec<Line>)>,
}

fn line(p: &Page, force: &InForce, setting: &'static Setting) -> Line {
    let next = force.next(setting.name).map(|row| planned(p, force, setting, row));
    Line {
        setting,
        name: said::name(p.language, setting.name),
        value: said::value(p.language, &force.settings, setting),
        since: since(p, force, setting),
        next,
    }
}

fn since(p: &Page, force: &InForce, setting: &Setting) -> String {
    let since = force.since(setting.name).map(|at| date::short(almaty_day(at)));
    since.unwrap_or_else(|| p.w.rules_page.since_start.clone())
}

/// «3 жұмыс күні, 01.01.2027 бастап»
fn planned(p: &Page, force: &InForce, setting: &Setting, row: &SettingRow) -> String {
    let value = said::said(p.language, row.value, force.settings.unit(setting));
    let from = date::short(almaty_day(row.valid_from));
    fill(&p.w.settings.planned, &[("value", &value), ("day", &from)])
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let force = domain::setting::in_force(&app).await?;
    let groups = SettingGroup::ALL.map(|group| {
        let of_group = Settings::ALL.iter().filter(|setting| setting.group == group);
        (said::group(p.language, group), of_group.map(|setting| line(&p, &force, setting)).collect())
    });
    page::show(&SettingsPage { groups: groups.into(), p })
}

#[derive(Template)]
#[template(path = "operator/setting.html")]
struct SettingPage {
    p: Page,
    a: Answers,
    force: InForce,
    setting: &'static Setting,
}

impl SettingPage {
    fn name(&self) -> &'static str {
        said::name(self.p.language, self.setting.name)
    }

    fn about(&self) -> &'static str {
        said::named(self.p.language, self.setting.name).map_or("", |words| words.about.as_str())
    }

    fn value_now(&self) -> String {
        said::value(self.p.language, &self.force.settings, self.setting)
    }

    fn since(&self) -> String {
        since(&self.p, &self.force, self.setting)
    }

    /// A value that is one of two is picked, any other is typed.
    fn choices(&self) -> Option<Vec<(String, String)>> {
        matches!(self.setting.unit, Unit::KindOfDays | Unit::YesNo).then(|| {
            [0, 1].map(|n| (n.to_string(), said::said(self.p.language, n, self.setting.unit))).into()
        })
    }

    fn bounds(&self) -> String {
        bounds(&self.p, self.setting)
    }

    /// The newest first.
    fn history(&self) -> Vec<&SettingRow> {
        self.force.rows_of(self.setting.name).rev().collect()
    }

    fn value_of(&self, row: &SettingRow) -> String {
        said::said(self.p.language, row.value, self.force.settings.unit(self.setting))
    }

    fn state(&self, row: &SettingRow) -> &'static str {
        let w = &self.p.w.settings;
        match row.valid_from {
            at if at > self.force.now => &w.to_come,
            at if Some(at) == self.force.since(self.setting.name) => &w.in_force,
            _ => &w.over,
        }
    }

    fn tag(&self, row: &SettingRow) -> &'static str {
        match row.valid_from {
            at if at > self.force.now => "tag tag--waiting",
            at if Some(at) == self.force.since(self.setting.name) => "tag tag--good",
            _ => "tag tag--ended",
        }
    }
}

fn bounds(p: &Page, setting: &Setting) -> String {
    let [least, most] =
        [setting.bounds.start(), setting.bounds.end()].map(|bound| date::grouped(i64::from(*bound)));
    fill(&p.w.settings.bounds, &[("least", &least), ("most", &most)])
}

fn found(name: &str) -> Result<&'static Setting, WebError> {
    Setting::of(name).ok_or(WebError::Failed(Failure::NotFound))
}

async fn setting_page(
    app: &SharedApp,
    p: Page,
    setting: &'static Setting,
    a: Answers,
) -> Result<SettingPage, WebError> {
    Ok(SettingPage { force: domain::setting::in_force(app).await?, p, a, setting })
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, name)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    page::show(&setting_page(&app, p, found(&name)?, Answers::default()).await?)
}

/// A value, the day from which it is to hold, and why.
struct Asked {
    value: u32,
    from: NaiveDate,
    reason: String,
}

/// A day as the browser's own field gives it, or as people write it.
fn day(typed: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d.%m.%Y"].into_iter().find_map(|format| NaiveDate::parse_from_str(typed, format).ok())
}

fn read(p: &Page, form: &Form, setting: &Setting, force: &InForce) -> Result<Asked, Answers> {
    let mut a = form.answers();
    let w = &p.w.settings;
    let typed = form.text("value");
    let digits = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
    let value = typed.parse::<u32>().ok().filter(|_| digits);
    match value {
        _ if typed.is_empty() => a.fail("value", &p.w.form.required),
        // More digits than any number has are out of bounds too.
        None if digits => a.fail("value", bounds(p, setting)),
        None => a.fail("value", &p.w.form.number_wrong),
        Some(_) => {}
    }
    let from = day(form.text("from"));
    let today = almaty_day(force.now);
    match from {
        None => a.fail("from", if form.text("from").is_empty() { &p.w.form.required } else { &w.day_wrong }),
        Some(from) if from < today => a.fail("from", &w.day_past),
        Some(from) if from > today + FURTHEST => a.fail("from", &w.day_far),
        Some(_) => {}
    }
    let reason = fields::text(form, &mut a, p.w, "reason", (3, LONGEST_REASON));
    let Some((value, from)) = value.zip(from).filter(|_| a.error("from").is_none()) else { return Err(a) };
    match force.objection(setting, value, domain::setting::valid_from(from, force.now)) {
        Some(Objection::OutOfBounds) => a.fail("value", bounds(p, setting)),
        Some(Objection::Same) => a.fail("value", &w.same),
        Some(Objection::Contradicts) => a.fail("value", &w.contradicts),
        None => {}
    }
    if a.is_good() { Ok(Asked { value, from, reason }) } else { Err(a) }
}

pub async fn change(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let setting = found(&name)?;
    let p = Page::new(&app, &signed.visit);
    let force = domain::setting::in_force(&app).await?;
    let asked = match read(&p, &form, setting, &force) {
        Ok(asked) => asked,
        Err(a) => return page::show_again(&SettingPage { p, a, force, setting }),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let (value, from) = (asked.value, asked.from);
    domain::setting::change(&mut work.tx, &work.deed, setting, value, from, &asked.reason).await?;
    let answer = work.finish(p.url(&format!("operator/settings/{name}?done=setting_saved"))).await?;
    domain::upkeep::refresh_policy(&app).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_browsers_and_people_write_it() {
        assert_eq!(day("2026-12-14"), day("14.12.2026"));
        for typed in ["", "2026-02-30", "14/12/2026", "tomorrow", "2026-12-14T10:00"] {
            assert_eq!(day(typed), None, "{typed}");
        }
    }
}

//! The calendar of working days and the outages: what the operator sees and changes. Every change is shown with its
//! effect on open terms before it is saved.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, Days, NaiveDate};

use crate::app::{Deed, SharedApp};
use crate::domain;
use crate::domain::calendar::VersionRow;
use crate::domain::outage::{NewOutage, OutageRow};
use crate::domain::term::Effect;
use crate::fault::Failure;
use crate::locale::{date, fill, kindergarten};
use crate::rules::banner::LONGEST_BANNER;
use crate::rules::calendar::{Calendar, CalendarDay, CalendarError, CalendarProblem, ClockVersion, DayKind};
use crate::rules::deadline::almaty_day;
use crate::rules::pause::{Pause, PauseWhy};
use crate::rules::stage::TermName;
use crate::web::address::{self, Query};
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form, has_forbidden};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

// ---- What a change does. ----

/// So many terms move in this way.
struct EffectLine {
    term: &'static str,
    was: String,
    now: String,
    families: usize,
}

/// The effect of a change on open terms, added up.
struct EffectView {
    moved: Vec<EffectLine>,
    undone: Vec<EffectLine>,
    left: usize,
}

impl EffectView {
    fn new(p: &Page, effect: &Effect) -> Self {
        let moved = effect.moved.iter().map(|it| (it.term, it.was, it.now, it.firm));
        let undone = effect.undone.iter().map(|it| (it.term, None, it.last, it.firm));
        Self { moved: added_up(p, moved), undone: added_up(p, undone), left: effect.left.len() }
    }
}

/// The term, its day before and after, and whether the day after is sure.
type Move = (TermName, Option<NaiveDate>, Option<NaiveDate>, bool);

fn added_up(p: &Page, moves: impl Iterator<Item = Move>) -> Vec<EffectLine> {
    let mut counts = BTreeMap::new();
    for one in moves {
        *counts.entry(one).or_insert(0) += 1;
    }
    let w = &p.w.clock;
    let said = |day: Option<NaiveDate>| day.map_or_else(|| w.still.clone(), date::short);
    let line = |((term, was, now, firm), families): (Move, usize)| EffectLine {
        term: match term {
            TermName::Confirm => &w.term_confirm,
            TermName::Conclude => &w.term_conclude,
            TermName::Return => &w.term_return,
        },
        was: said(was),
        now: match now {
            Some(day) if !firm => fill(&p.w.case.not_before, &[("day", &date::short(day))]),
            now => said(now),
        },
        families,
    };
    counts.into_iter().map(line).collect()
}

/// Where the clock stood when an effect was shown: what is saved later must have been seen.
fn mark(clock: ClockVersion) -> String {
    format!("{}.{}", clock.calendar, clock.outages)
}

/// The clock that would hold after a change.
type Next<'a> = &'a (dyn Fn(&Calendar) -> Calendar + Send + Sync);

/// The effect of a change as of now, and the mark of what it was computed from. Nothing is changed.
async fn effect(
    app: &SharedApp,
    signed: &Signed,
    p: &Page,
    next: Next<'_>,
) -> Result<(EffectView, String), WebError> {
    let actor = signed.visit.actor().ok_or(Failure::NotFound)?;
    let (mut tx, deed) = Deed::open(app, actor, signed.visit.request).await?;
    let effect = domain::term::effect(&mut tx, &deed, &next(deed.calendar())).await?;
    Ok((EffectView::new(p, &effect), mark(deed.clock)))
}

/// A day as browsers give it, or as people write it, of a year the portal can be about.
fn day(typed: &str) -> Option<NaiveDate> {
    let formats = ["%Y-%m-%d", "%d.%m.%Y"];
    let day = formats.into_iter().find_map(|format| NaiveDate::parse_from_str(typed, format).ok())?;
    (2020..2100).contains(&day.year()).then_some(day)
}

fn read_day(form: &Form, a: &mut Answers, p: &Page, name: &str) -> Option<NaiveDate> {
    let typed = form.text(name);
    let found = day(typed);
    if found.is_none() {
        a.fail(name, if typed.is_empty() { &p.w.form.required } else { &p.w.clock.day_wrong });
    }
    found
}

// ---- The calendar. ----

/// A day of a month's table.
struct Cell {
    number: u32,
    /// The shape that marks its kind; empty on a plain working day.
    shape: &'static str,
    class: &'static str,
    /// What the shape means, and what the day is called.
    said: String,
}

struct Month {
    name: String,
    /// Seven days each, Monday first.
    weeks: Vec<Vec<Option<Cell>>>,
}

struct SpecialDay {
    on: NaiveDate,
    weekday: &'static str,
    kind: &'static str,
    shape: &'static str,
    name: String,
    estimated: bool,
}

#[derive(Template)]
#[template(path = "operator/calendar.html")]
struct CalendarPage {
    p: Page,
    year: i32,
    years: Vec<i32>,
    known: bool,
    months: Vec<Month>,
    days: Vec<SpecialDay>,
    legend: Vec<(&'static str, &'static str)>,
    versions: Vec<VersionRow>,
    /// An older version is looked at.
    old: Option<i32>,
}

fn shape(kind: DayKind) -> &'static str {
    match kind {
        DayKind::WorkingDay => "■",
        DayKind::MovedDayOff => "▲",
        DayKind::PublicHoliday => "●",
        DayKind::Observed => "○",
        DayKind::RestDayNotTransferred => "◆",
    }
}

fn kind_name(p: &Page, kind: DayKind) -> &'static str {
    let w = &p.w.rules_page;
    match kind {
        DayKind::WorkingDay => &w.kind_working,
        DayKind::MovedDayOff => &w.kind_moved,
        DayKind::PublicHoliday => &w.kind_holiday,
        DayKind::Observed => &w.kind_observed,
        DayKind::RestDayNotTransferred => &w.kind_rest,
    }
}

fn weekday(p: &Page, day: NaiveDate) -> &'static str {
    let number = day.weekday().number_from_monday().to_string();
    p.w.rules_page.weekdays.get(&number).map_or("", String::as_str)
}

fn name_of<'a>(p: &Page, day: &'a CalendarDay) -> &'a str {
    kindergarten::of_two(p.language, &day.name_kk, &day.name_ru)
}

fn cell(p: &Page, calendar: &Calendar, on: NaiveDate) -> Cell {
    let special = calendar.day(on);
    let class = match (special, calendar.is_working(on)) {
        (None, true) => "month__day",
        (None, false) => "month__day month__day--weekend",
        (Some(_), true) => "month__day month__day--worked",
        (Some(_), false) => "month__day month__day--off",
    };
    Cell {
        number: on.day(),
        shape: special.map_or("", |day| shape(day.kind)),
        class,
        said: special
            .map_or_else(String::new, |day| format!("{}: {}", kind_name(p, day.kind), name_of(p, day))),
    }
}

fn month(p: &Page, calendar: &Calendar, first: NaiveDate) -> Month {
    let blanks = first.weekday().num_days_from_monday() as usize;
    let days = first.iter_days().take_while(|day| day.month() == first.month());
    let mut cells: Vec<Option<Cell>> = (0..blanks).map(|_| None).collect();
    cells.extend(days.map(|day| Some(cell(p, calendar, day))));
    cells.resize_with(cells.len().next_multiple_of(7), || None);
    let mut weeks = Vec::new();
    while !cells.is_empty() {
        let rest = cells.split_off(7);
        weeks.push(std::mem::replace(&mut cells, rest));
    }
    Month { name: date::month(first, p.language), weeks }
}

impl CalendarPage {
    fn weekdays(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let w = self.p.w;
        let long = w.rules_page.weekdays.values().map(String::as_str);
        w.clock.weekdays_short.values().map(String::as_str).zip(long)
    }

    fn is_shown(&self, year: &i32) -> bool {
        *year == self.year
    }

    fn link(&self, year: &i32) -> String {
        let version = self.old.map(|version| format!("&version={version}")).unwrap_or_default();
        format!("{}?year={year}{version}", self.p.url("operator/calendar"))
    }

    fn csv(&self) -> String {
        let version = self.old.map(|version| format!("?version={version}")).unwrap_or_default();
        format!("{}{version}", self.p.url("operator/calendar/csv"))
    }

    fn said(&self, sentence: &str, name: &str, number: &i32) -> String {
        fill(sentence, &[(name, &number.to_string())])
    }

    fn reason<'a>(&self, row: &'a VersionRow) -> &'a str
    where
        Self: 'a,
    {
        if row.made_by.is_none() { &self.p.w.clock.shipped } else { &row.reason }
    }
}

/// The calendar asked for, and whether it is an older version.
async fn asked_calendar(app: &SharedApp, query: &Query) -> Result<(Calendar, Option<i32>), WebError> {
    match query.text("version").parse() {
        Ok(version) => {
            let found = domain::calendar::version(app, version).await?;
            Ok((found.ok_or(Failure::NotFound)?, Some(version)))
        }
        Err(_) => Ok(((*app.calendar()).clone(), None)),
    }
}

pub async fn calendar(
    State(app): State<SharedApp>,
    signed: Signed,
    query: Query,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let today = almaty_day(domain::moment::now(&app).await?);
    let (calendar, old) = asked_calendar(&app, &query).await?;
    let mut years: Vec<i32> = calendar.years().chain([today.year(), today.year() + 1]).collect();
    years.sort_unstable();
    years.dedup();
    let year = query.text("year").parse().ok().filter(|year| years.contains(year)).unwrap_or(today.year());
    let firsts = (1..=12).filter_map(|month| NaiveDate::from_ymd_opt(year, month, 1));
    let of_year = calendar.days().filter(|day| day.on.year() == year);
    let days = of_year.map(|day| SpecialDay {
        on: day.on,
        weekday: weekday(&p, day.on),
        kind: kind_name(&p, day.kind),
        shape: shape(day.kind),
        name: name_of(&p, day).to_owned(),
        estimated: day.estimated,
    });
    page::show(&CalendarPage {
        year,
        years,
        known: calendar.knows(year),
        months: firsts.map(|first| month(&p, &calendar, first)).collect(),
        days: days.collect(),
        legend: DayKind::ALL.map(|kind| (shape(kind), kind_name(&p, kind))).into(),
        versions: domain::calendar::versions(&app).await?,
        old,
        p,
    })
}

/// A version as the file it can be read from.
pub async fn csv(State(app): State<SharedApp>, _: Signed, query: Query) -> Result<Response, WebError> {
    let (calendar, _) = asked_calendar(&app, &query).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"calendar_kz.csv\""),
    ];
    Ok((headers, calendar.to_csv()).into_response())
}

/// The form of one day, or of a whole file; with the effect, once it was asked for.
#[derive(Template)]
#[template(path = "operator/calendar_change.html")]
struct ChangePage {
    p: Page,
    a: Answers,
    kinds: Vec<(&'static str, &'static str)>,
    from_file: bool,
    effect: Option<EffectView>,
}

/// The kind that stands for "as its weekday says": the day's row goes.
const PLAIN: &str = "plain";

impl ChangePage {
    fn new(p: Page, a: Answers, from_file: bool, effect: Option<EffectView>) -> Self {
        let special = DayKind::ALL.map(|kind| (kind.as_str(), kind_name(&p, kind)));
        let kinds = special.into_iter().chain([(PLAIN, p.w.clock.kind_plain.as_str())]).collect();
        Self { p, a, kinds, from_file, effect }
    }

    fn title(&self) -> &'static str {
        if self.from_file { &self.p.w.clock.import_title } else { &self.p.w.clock.day_title }
    }

    fn action(&self) -> String {
        self.p.url(if self.from_file { "operator/calendar/import" } else { "operator/calendar/day" })
    }
}

pub async fn day_form(
    State(app): State<SharedApp>,
    signed: Signed,
    query: Query,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut a = Answers::default();
    if let Some(on) = day(query.text("on")) {
        a.set("on", on.to_string());
        if let Some(known) = app.calendar().day(on) {
            a.set("kind", known.kind.as_str());
            a.set("name_kk", &known.name_kk);
            a.set("name_ru", &known.name_ru);
            if known.estimated {
                a.set("estimated", "yes");
            }
        }
    }
    page::show(&ChangePage::new(p, a, false, None))
}

pub async fn import_form(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    page::show(&ChangePage::new(p, Answers::default(), true, None))
}

/// What one day is to be.
fn read_special(p: &Page, form: &Form) -> Result<(NaiveDate, Option<CalendarDay>), Answers> {
    let mut a = form.answers();
    let on = read_day(form, &mut a, p, "on");
    if form.text("kind") == PLAIN {
        return on.map(|on| (on, None)).ok_or(a);
    }
    let kind = fields::one_of(form, &mut a, p.w, "kind", DayKind::parse);
    let name_kk = fields::line(form, &mut a, p.w, "name_kk", LONGEST_NAME);
    let name_ru = fields::line(form, &mut a, p.w, "name_ru", LONGEST_NAME);
    match (on, kind) {
        (Some(on), Some(kind)) if a.is_good() => {
            Ok((on, Some(CalendarDay { on, kind, name_kk, name_ru, estimated: form.ticked("estimated") })))
        }
        _ => Err(a),
    }
}

/// The longest name of a day, in characters.
const LONGEST_NAME: usize = 120;
/// The longest calendar as text, in characters: a century of holidays.
const LONGEST_CSV: usize = 200_000;

/// The calendar of a file, or of what was typed; what was read stays in the answers.
fn read_file(p: &Page, form: &Form, a: &mut Answers) -> Option<Calendar> {
    let w = &p.w.clock;
    let text = match form.file("file") {
        Some(file) if file.too_large => None,
        Some(file) => std::str::from_utf8(&file.head).ok(),
        None => Some(form.text("csv")),
    };
    let text = text.filter(|text| text.chars().count() <= LONGEST_CSV && !text.contains('\0'));
    let Some(text) = text else {
        a.fail("file", &w.csv_unreadable);
        return None;
    };
    a.set("csv", text);
    if text.trim().is_empty() {
        a.fail("csv", &p.w.form.required);
        return None;
    }
    match Calendar::from_csv(text) {
        Ok(read) if read.days().next().is_none() => a.fail("csv", &w.csv_empty),
        Ok(read) if read.days().any(|day| !fits(day)) => a.fail("csv", &w.csv_names),
        Ok(read) => return Some(read),
        Err(error) => a.fail("csv", csv_error(p, &error)),
    }
    None
}

/// A day as the form of one day would take it too.
fn fits(day: &CalendarDay) -> bool {
    let line =
        |name: &str| name.chars().count() <= LONGEST_NAME && !has_forbidden(name) && !name.contains('\n');
    (2020..2100).contains(&day.on.year()) && line(&day.name_kk) && line(&day.name_ru)
}

/// «3-жол: …»
fn csv_error(p: &Page, error: &CalendarError) -> String {
    let w = &p.w.clock;
    let with = |sentence: &str, said: &str| fill(sentence, &[("said", said)]);
    let problem = match &error.problem {
        CalendarProblem::Fields => w.csv_fields.clone(),
        CalendarProblem::Date(said) => with(&w.csv_date, said),
        CalendarProblem::Weekday { said, is } => {
            fill(&w.csv_weekday, &[("said", said), ("is", &is.to_string())])
        }
        CalendarProblem::Kind(said) => with(&w.csv_kind, said),
        CalendarProblem::Name => w.csv_name.clone(),
        CalendarProblem::Estimated(said) => with(&w.csv_estimated, said),
        CalendarProblem::Twice(day) => with(&w.csv_twice, &date::short(*day)),
        CalendarProblem::Heading => w.csv_heading.clone(),
    };
    fill(&w.csv_line, &[("line", &error.line.to_string()), ("problem", &problem)])
}

pub async fn change_day(
    State(app): State<SharedApp>,
    signed: Signed,
    form: Form,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    match read_special(&p, &form) {
        Ok((on, special)) => {
            let next = |calendar: &Calendar| calendar.with_day(on, special.clone());
            change(app, signed, form.answers(), form, false, &next).await
        }
        Err(a) => page::show_again(&ChangePage::new(p, a, false, None)),
    }
}

pub async fn import(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut a = form.answers();
    match read_file(&p, &form, &mut a) {
        Some(read) => {
            let next = |calendar: &Calendar| calendar.with_years_of(&read);
            change(app, signed, a, form, true, &next).await
        }
        None => page::show_again(&ChangePage::new(p, a, true, None)),
    }
}

/// Saves a change whose effect was seen, with its reason; otherwise shows the effect.
async fn change(
    app: SharedApp,
    signed: Signed,
    mut a: Answers,
    form: Form,
    from_file: bool,
    next: Next<'_>,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    if form.text("step") == "save" {
        let reason = fields::text(&form, &mut a, p.w, "reason", (5, 500));
        if a.is_good() {
            let mut work = form.begin_alone(&app, &signed.visit).await?;
            if mark(work.deed.clock) == form.text("clock") {
                let next = next(work.deed.calendar());
                domain::calendar::save(&mut work.tx, &mut work.deed, next, &reason).await?;
                let answer = work.finish(p.url("operator/calendar?done=calendar_saved")).await?;
                domain::banner::refresh(&app).await?;
                return Ok(answer);
            }
            a.set_trouble(&p.w.clock.changed_meanwhile);
        }
    }
    let held = app.calendar();
    if next(&held) == *held {
        a.set_trouble(&p.w.clock.nothing_changes);
        return page::show_again(&ChangePage::new(p, a, from_file, None));
    }
    let (effect, mark) = effect(&app, &signed, &p, next).await?;
    a.set("clock", mark);
    let good = a.is_good() && a.trouble().is_none();
    let page = ChangePage::new(p, a, from_file, Some(effect));
    if good { page::show(&page) } else { page::show_again(&page) }
}

// ---- Outages. ----

#[derive(Template)]
#[template(path = "operator/outages.html")]
struct OutagesPage {
    p: Page,
    a: Answers,
    outages: Vec<OutageRow>,
    today: NaiveDate,
    effect: Option<EffectView>,
}

impl OutagesPage {
    async fn new(app: &SharedApp, p: Page, a: Answers, effect: Option<EffectView>) -> Result<Self, WebError> {
        let today = almaty_day(domain::moment::now(app).await?);
        Ok(Self { outages: domain::outage::list(app).await?, p, a, today, effect })
    }

    fn text<'a>(&self, row: &'a OutageRow) -> &'a str {
        kindergarten::of_two(self.p.language, &row.text_kk, &row.text_ru)
    }

    fn stands(&self, row: &OutageRow) -> bool {
        row.pause().is_some_and(|pause| pause.touches(self.today))
    }

    fn state(&self, row: &OutageRow) -> &'static str {
        let w = &self.p.w.clock;
        match (self.stands(row), row.from_on > self.today) {
            _ if row.withdrawn_at.is_some() => &w.outage_withdrawn,
            (true, _) => &w.outage_stands,
            (false, true) => &w.outage_to_come,
            (false, false) => &w.outage_over,
        }
    }

    fn tag(&self, row: &OutageRow) -> &'static str {
        match (self.stands(row), row.from_on > self.today) {
            _ if row.withdrawn_at.is_some() => "tag tag--ended",
            (true, _) => "tag tag--act",
            (false, true) => "tag tag--waiting",
            (false, false) => "tag tag--ended",
        }
    }
}

pub async fn outages(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    page::show(&OutagesPage::new(&app, p, Answers::default(), None).await?)
}

/// No outage is declared further from today than this, in days.
const FURTHEST: u64 = 366;

fn read_outage(p: &Page, form: &Form, today: NaiveDate) -> Result<NewOutage, Answers> {
    let (mut a, w) = (form.answers(), &p.w.clock);
    let near = |day: NaiveDate| today - Days::new(FURTHEST) <= day && day <= today + Days::new(FURTHEST);
    let from = read_day(form, &mut a, p, "from");
    let lasts = form.text("to").is_empty();
    let to = if lasts { None } else { read_day(form, &mut a, p, "to") };
    for (name, day) in [("from", from), ("to", to)] {
        if day.is_some_and(|day| !near(day)) {
            a.fail(name, &w.outage_far);
        }
    }
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        a.fail("to", &w.outage_order);
    }
    let text_kk = fields::text(form, &mut a, p.w, "text_kk", (2, LONGEST_BANNER));
    let text_ru = fields::text(form, &mut a, p.w, "text_ru", (2, LONGEST_BANNER));
    match from {
        Some(from) if a.is_good() => Ok(NewOutage { from, to, text_kk, text_ru }),
        _ => Err(a),
    }
}

pub async fn declare(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let today = almaty_day(domain::moment::now(&app).await?);
    let new = match read_outage(&p, &form, today) {
        Ok(new) => new,
        Err(a) => return page::show_again(&OutagesPage::new(&app, p, a, None).await?),
    };
    let mut a = form.answers();
    if form.text("step") == "save" {
        let mut work = form.begin_alone(&app, &signed.visit).await?;
        if mark(work.deed.clock) == form.text("clock") {
            domain::outage::declare(&mut work.tx, &mut work.deed, new).await?;
            let answer = work.finish(p.url("operator/outages?done=outage_declared")).await?;
            domain::banner::refresh(&app).await?;
            return Ok(answer);
        }
        a.set_trouble(&p.w.clock.changed_meanwhile);
    }
    let outage = Pause { from: new.from, to: new.to, why: PauseWhy::Outage };
    let next = |calendar: &Calendar| {
        let outages = calendar.outages().iter().copied().chain([outage]).collect();
        calendar.clone().with_outages(outages)
    };
    let (effect, mark) = effect(&app, &signed, &p, &next).await?;
    a.set("clock", mark);
    let good = a.trouble().is_none();
    let page = OutagesPage::new(&app, p, a, Some(effect)).await?;
    if good { page::show(&page) } else { page::show_again(&page) }
}

/// Ending an outage that lasts, and withdrawing one declared by mistake.
#[derive(Template)]
#[template(path = "operator/outage.html")]
struct OutagePage {
    p: Page,
    a: Answers,
    row: OutageRow,
    effect: Option<EffectView>,
}

async fn find(app: &SharedApp, id: &str) -> Result<OutageRow, WebError> {
    let id = address::id(id)?;
    let all = domain::outage::list(app).await?;
    Ok(all.into_iter().find(|row| row.id == id).ok_or(Failure::NotFound)?)
}

pub async fn outage(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut a = Answers::default();
    a.set("to", almaty_day(domain::moment::now(&app).await?).to_string());
    page::show(&OutagePage { row: find(&app, &id).await?, p, a, effect: None })
}

pub async fn end(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let row = find(&app, &id).await?;
    let today = almaty_day(domain::moment::now(&app).await?);
    let mut a = form.answers();
    let to = read_day(&form, &mut a, &p, "to");
    if to.is_some_and(|to| to < row.from_on) {
        a.fail("to", &p.w.clock.outage_order);
    } else if to.is_some_and(|to| to > today + Days::new(FURTHEST)) {
        a.fail("to", &p.w.clock.outage_far);
    }
    let Some(to) = to.filter(|_| a.is_good()) else {
        return page::show_again(&OutagePage { p, a, row, effect: None });
    };
    if form.text("step") == "save" {
        let mut work = form.begin_alone(&app, &signed.visit).await?;
        if mark(work.deed.clock) == form.text("clock") {
            domain::outage::end(&mut work.tx, &mut work.deed, row.id, to).await?;
            let answer = work.finish(p.url("operator/outages?done=outage_ended")).await?;
            domain::banner::refresh(&app).await?;
            return Ok(answer);
        }
        a.set_trouble(&p.w.clock.changed_meanwhile);
    }
    let before = Pause { from: row.from_on, to: row.to_on, why: PauseWhy::Outage };
    let next = |calendar: &Calendar| {
        let ended =
            |outage: &Pause| if *outage == before { Pause { to: Some(to), ..before } } else { *outage };
        calendar.clone().with_outages(calendar.outages().iter().map(ended).collect())
    };
    let (effect, mark) = effect(&app, &signed, &p, &next).await?;
    a.set("clock", mark);
    let good = a.trouble().is_none();
    let page = OutagePage { p, a, row, effect: Some(effect) };
    if good { page::show(&page) } else { page::show_again(&page) }
}

pub async fn withdraw(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin_alone(&app, &signed.visit).await?;
    domain::outage::withdraw(&mut work.tx, &mut work.deed, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    let answer = work.finish(p.url("operator/outages?done=outage_withdrawn")).await?;
    domain::banner::refresh(&app).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_browsers_and_as_people_write_it() {
        let read = |typed| day(typed).map(|day| day.to_string());
        assert_eq!(read("2026-12-14").as_deref(), Some("2026-12-14"));
        assert_eq!(read("14.12.2026").as_deref(), Some("2026-12-14"));
        for typed in ["", "2026-13-14", "9999-01-01", "-1", "14.12.26", "31.02.2026"] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }
}

//! How the last day of a term came about, day by day; and that day as a file for the family's own calendar.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::case::{self, TermBox};
use super::download;
use crate::app::SharedApp;
use crate::domain::application::Seen;
use crate::domain::term;
use crate::domain::voucher::{self, Told};
use crate::fault::{Failure, Fault};
use crate::locale::words::TermWords;
use crate::locale::{date, fill, kindergarten, words};
use crate::rules::calendar::Calendar;
use crate::rules::deadline::{
    self, DayLine, DayLineKind, Length, SEND_WINDOW_CLOSES, SEND_WINDOW_OPENS, almaty_day, notice_day0,
};
use crate::rules::pause::{Pause, PauseWhy};
use crate::rules::person::Language;
use crate::rules::settings::TermRules;
use crate::rules::stage::{Due, Stage, Term};
use crate::rules::stage_name::StageName;
use crate::web::error::WebError;
use crate::web::ics;
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::visit::Signed;

/// Counted days of a longer term are told as one line; of a shorter one, each for itself.
const LONG: u32 = 10;
/// A picture of more days than so shows nothing.
const MOST_CELLS: usize = 84;

/// What the term is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Confirm,
    Conclude,
    Return,
}

impl Purpose {
    fn code(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Conclude => "conclude",
            Self::Return => "return",
        }
    }

    fn started(self, w: &TermWords) -> &str {
        match self {
            Self::Confirm => &w.start_notice,
            Self::Conclude => &w.start_confirmed,
            Self::Return => &w.start_lapsed,
        }
    }

    fn summary(self, w: &TermWords) -> &str {
        match self {
            Self::Confirm => &w.ics_summary_confirm,
            Self::Conclude => &w.ics_summary_conclude,
            Self::Return => &w.ics_summary_return,
        }
    }
}

/// A term of this stage, with everything its last day depends on.
struct Run<'a> {
    purpose: Purpose,
    day0: NaiveDate,
    length: Length,
    /// Days that count up to this number are the term's own, the rest its extension.
    own: u32,
    pauses: &'a [Pause],
    rules: TermRules,
    /// `None`: the term stands still.
    due: Option<Due>,
}

impl<'a> Run<'a> {
    fn of(stage: &'a Stage, calendar: &Calendar) -> Option<Self> {
        if let Stage::OnStopList(listed) = stage {
            return Some(Self {
                purpose: Purpose::Return,
                day0: listed.since,
                length: Length::calendar(listed.rules.stop_list_days),
                own: listed.rules.stop_list_days,
                pauses: &[],
                rules: listed.rules,
                due: Some(listed.due(calendar)),
            });
        }
        let term = stage.term()?;
        let purpose =
            if matches!(stage, Stage::VoucherIssued(_)) { Purpose::Confirm } else { Purpose::Conclude };
        Some(Self {
            purpose,
            day0: term.day0,
            length: term.length(),
            own: own_days(term),
            pauses: &term.pauses,
            rules: term.rules,
            due: stage.due(calendar)?.ok(),
        })
    }
}

fn own_days(term: &Term) -> u32 {
    let all = term.length().days();
    if term.extended { all - term.extension().days() } else { all }
}

/// Days of one kind, one after another.
struct Line {
    days: String,
    text: String,
    class: &'static str,
}

/// A day in the picture.
struct Cell {
    number: u32,
    class: &'static str,
    today: bool,
}

fn same(one: &DayLineKind<'_>, other: &DayLineKind<'_>, long: bool) -> bool {
    match (one, other) {
        (DayLineKind::Counted(_), DayLineKind::Counted(_)) => long,
        (DayLineKind::DayOff(one), DayLineKind::DayOff(other)) => one == other,
        (DayLineKind::Paused(one), DayLineKind::Paused(other)) => one == other,
        _ => false,
    }
}

fn class(kind: &DayLineKind<'_>) -> &'static str {
    match kind {
        DayLineKind::Start => "start",
        DayLineKind::Counted(_) => "counted",
        DayLineKind::DayOff(_) => "off",
        DayLineKind::Paused(_) => "paused",
    }
}

/// The days of a term told in a language.
struct Teller<'a> {
    language: Language,
    w: &'static TermWords,
    run: &'a Run<'a>,
}

impl Teller<'_> {
    fn tell(&self, days: &[DayLine<'_>]) -> Vec<Line> {
        let last = self.last_counted(days);
        let long = self.run.length.days() > LONG;
        let mut lines: Vec<Line> = days
            .chunk_by(|one, other| same(&one.kind, &other.kind, long) && Some(other.day) != last)
            .filter_map(|same| self.line(same, last))
            .collect();
        if self.run.due.is_none()
            && let Some(still) = lines.last_mut()
        {
            still.days = fill(&self.w.from_then, &[("day", &still.days)]);
        }
        if let Some(due) = self.run.due.filter(|due| days.last().is_some_and(|line| line.day < due.by)) {
            let text = format!("{}; {}", self.w.kept, self.w.last);
            lines.push(Line { days: date::short(due.by), text, class: "last" });
        }
        lines
    }

    /// The day on which the term ends, when its days counted and the day shown agree.
    fn last_counted(&self, days: &[DayLine<'_>]) -> Option<NaiveDate> {
        let last = days.last()?;
        self.run.due.filter(|due| due.by == last.day).map(|due| due.by)
    }

    fn line(&self, days: &[DayLine<'_>], last: Option<NaiveDate>) -> Option<Line> {
        let (first, end) = (days.first()?, days.last()?);
        let is_last = Some(first.day) == last;
        let text = self.text(&first.kind, &end.kind);
        Some(Line {
            days: date::range(first.day, end.day),
            text: if is_last { format!("{text}; {}", self.w.last) } else { text },
            class: if is_last { "last" } else { class(&first.kind) },
        })
    }

    fn text(&self, first: &DayLineKind<'_>, end: &DayLineKind<'_>) -> String {
        let w = self.w;
        match (first, end) {
            (DayLineKind::Start, _) => self.run.purpose.started(w).to_owned(),
            (DayLineKind::Counted(n), DayLineKind::Counted(m)) => self.counted(*n, *m),
            (DayLineKind::Counted(n), _) => self.counted(*n, *n),
            (DayLineKind::DayOff(Some(name)), _) => {
                fill(&w.holiday, &[("name", kindergarten::of_two(self.language, name.0, name.1))])
            }
            (DayLineKind::DayOff(None), _) => w.weekend.clone(),
            (DayLineKind::Paused(PauseWhy::Kindergarten), _) => w.kindergarten.clone(),
            (DayLineKind::Paused(PauseWhy::Check), _) => w.check.clone(),
            (DayLineKind::Paused(PauseWhy::Outage), _) => w.outage.clone(),
            (DayLineKind::Paused(PauseWhy::NoPlace), _) => w.no_place.clone(),
        }
    }

    fn counted(&self, n: u32, m: u32) -> String {
        let sentence = match (n == m, m <= self.run.length.working_days) {
            (true, true) => &self.w.counted,
            (true, false) => &self.w.counted_day,
            (false, _) => &self.w.counted_days,
        };
        let text = fill(sentence, &[("n", &n.to_string()), ("m", &m.to_string())]);
        if n > self.run.own { format!("{text}, {}", self.w.extended) } else { text }
    }

    /// Why day 0 is the day it is, where that is not plain.
    fn why_day0(&self, told: &Told, calendar: &Calendar) -> Option<String> {
        let (w, day0) = (self.w, self.run.day0);
        let planned = notice_day0(told.issued_at, calendar);
        let day = date::long(day0, self.language);
        if told.accepted_on.is_none() {
            return Some(w.why_waiting.clone());
        }
        if planned < day0 {
            return Some(fill(&w.why_accepted, &[("day", &day)]));
        }
        (almaty_day(told.issued_at) != day0).then(|| {
            let facts = [
                ("issued", date::moment(told.issued_at)),
                ("opens", format!("{SEND_WINDOW_OPENS}:00")),
                ("closes", format!("{SEND_WINDOW_CLOSES}:00")),
                ("day", day),
            ];
            fill(&w.why_window, &facts.each_ref().map(|(name, fact)| (*name, fact.as_str())))
        })
    }
}

/// The days as a leaf of a calendar: Monday first, blanks before the first day.
fn cells(days: &[DayLine<'_>], due: Option<Due>, today: NaiveDate) -> Vec<Option<Cell>> {
    let Some(first) = days.first() else { return Vec::new() };
    let mut cells: Vec<Option<Cell>> =
        (0..first.day.weekday().num_days_from_monday()).map(|_| None).collect();
    let last = due.map(|due| due.by);
    cells.extend(days.iter().map(|line| {
        let class = if Some(line.day) == last { "last" } else { class(&line.kind) };
        Some(Cell { number: line.day.day(), class, today: line.day == today })
    }));
    if cells.len() > MOST_CELLS { Vec::new() } else { cells }
}

#[derive(Template)]
#[template(path = "parent/term.html")]
struct TermPage {
    p: Page,
    number: String,
    child: String,
    term: Option<TermBox>,
    /// Why day 0 is what it is; that a year is not known; that the list is left then.
    notes: Vec<String>,
    lines: Vec<Line>,
    cells: Vec<Option<Cell>>,
    weekdays: Vec<&'static str>,
    has_file: bool,
}

impl TermPage {
    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", urls::application(self.p.language, &self.number))
    }
}

fn notes(teller: &Teller<'_>, days: &[DayLine<'_>], told: Option<&Told>, calendar: &Calendar) -> Vec<String> {
    let mut notes: Vec<String> = told.and_then(|told| teller.why_day0(told, calendar)).into_iter().collect();
    if days.iter().any(|line| !calendar.knows(line.day.year())) {
        notes.push(teller.w.not_before.clone());
    }
    notes
}

/// Until when a second lapse stays on the list; nothing else says that day.
pub fn list_until(language: Language, stage: &Stage, calendar: &Calendar) -> Option<String> {
    let Stage::OnStopList(listed) = stage else { return None };
    let day = case::day(language, listed.due(calendar));
    listed.return_by.is_none().then(|| fill(&words(language).case.stop_list_until, &[("day", &day)]))
}

/// The application, the moment of the request, and what day 0 came from.
async fn seen(
    app: &SharedApp,
    signed: &Signed,
    number: &str,
) -> Result<(Seen, DateTime<Utc>, Option<Told>), WebError> {
    let (it, now) = case::see(app, signed, number).await?;
    let Stage::VoucherIssued(issued) = &it.stage else { return Ok((it, now, None)) };
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let told = voucher::told(&mut conn, issued.voucher).await?;
    Ok((it, now, told))
}

/// The last stage with a term of an application that is over.
pub async fn last_stage(app: &SharedApp, it: &Seen) -> Result<Option<Stage>, WebError> {
    if it.stage.name() != StageName::Archived {
        return Ok(None);
    }
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    Ok(term::last(&mut conn, it.view.id).await?)
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (it, now, told) = seen(&app, &signed, &number).await?;
    let last = last_stage(&app, &it).await?;
    let (language, p) = (signed.visit.language, Page::new(&app, &signed.visit));
    let held = app.calendar();
    let calendar = &*held;
    let mut page = TermPage {
        number,
        child: it.view.child_name.clone(),
        term: TermBox::of(&app, language, &it.stage, now),
        notes: list_until(language, &it.stage, calendar).into_iter().collect(),
        lines: Vec::new(),
        cells: Vec::new(),
        weekdays: p.w.term.weekdays.values().map(String::as_str).collect(),
        has_file: last_day(&it.stage, calendar, now).is_some(),
        p,
    };
    if let Some(run) = Run::of(last.as_ref().unwrap_or(&it.stage), calendar) {
        // An outage stops what its rules let it stop.
        let calendar = run.rules.calendar(calendar);
        let days = deadline::line_by_line(&calendar, run.day0, run.length, run.pauses);
        let teller = Teller { language, w: &page.p.w.term, run: &run };
        page.notes.extend(notes(&teller, &days, told.as_ref(), &calendar));
        page.lines = teller.tell(&days);
        page.cells = cells(&days, run.due, almaty_day(now));
    }
    page::show(&page)
}

/// The last good day of what runs for the family, if it is sure and not over.
pub fn last_day(stage: &Stage, calendar: &Calendar, now: DateTime<Utc>) -> Option<NaiveDate> {
    if matches!(stage, Stage::OnStopList(listed) if listed.return_by.is_none()) {
        return None;
    }
    let due = Run::of(stage, calendar)?.due?;
    (due.firm && almaty_day(now) <= due.by).then_some(due.by)
}

pub async fn file(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (it, now) = case::see(&app, &signed, &number).await?;
    let gone = || WebError::Failed(Failure::NotFound);
    let on = last_day(&it.stage, &app.calendar(), now).ok_or_else(gone)?;
    let purpose = Run::of(&it.stage, &app.calendar()).ok_or_else(gone)?.purpose;
    let w = &words(signed.visit.language).term;
    let cabinet = format!("{}{}", app.config.base_url, urls::page(signed.visit.language, "cabinet"));
    let text = ics::calendar(&ics::Event {
        uid: &format!("{}-{}@balabaqsha", it.view.public_handle, purpose.code()),
        on,
        made_at: now,
        summary: purpose.summary(w),
        description: &fill(&w.ics_text, &[("link", &cabinet)]),
        alarm: &w.ics_alarm,
    });
    Ok(download("balabaqsha.ics", "text/calendar; charset=utf-8", text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::stage::Confirmed;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// «days – text» of each line.
    fn told(language: Language, term: Term) -> Vec<String> {
        let calendar = Calendar::shipped();
        let stage = Stage::VoucherConfirmed(Confirmed { voucher: uuid::Uuid::nil(), term });
        let run = Run::of(&stage, &calendar).unwrap();
        let days = deadline::line_by_line(&calendar, run.day0, run.length, run.pauses);
        let teller = Teller { language, w: &words(language).term, run: &run };
        teller.tell(&days).into_iter().map(|line| format!("{} – {}", line.days, line.text)).collect()
    }

    fn pause(from: &str, to: Option<&str>) -> Pause {
        Pause { from: day(from), to: to.map(day), why: PauseWhy::Kindergarten }
    }

    #[test]
    fn a_term_with_a_holiday_a_weekend_and_the_kindergartens_days_is_told_line_by_line() {
        let term = Term::begin(day("2026-12-14"), 5, TermRules::default());
        let term = Term { pauses: vec![pause("2026-12-21", Some("2026-12-22"))], ..term };
        assert_eq!(
            told(Language::Ru, term),
            [
                "14.12.2026 – ваучер подтверждён, этот день в срок не входит",
                "15.12.2026 – 1-й рабочий день",
                "16.12.2026 – День Независимости, не считается",
                "17.12.2026 – 2-й рабочий день",
                "18.12.2026 – 3-й рабочий день",
                "19–20.12.2026 – выходной, не считается",
                "21–22.12.2026 – дело у детского сада, не считается",
                "23.12.2026 – 4-й рабочий день",
                "24.12.2026 – 5-й рабочий день; последний день, считается целиком: до 23:59:59",
            ]
        );
    }

    #[test]
    fn a_term_that_stands_still_ends_with_the_day_since_which_it_does() {
        let term = Term::begin(day("2026-12-14"), 5, TermRules::default());
        let lines = told(Language::Kk, Term { pauses: vec![pause("2026-12-17", None)], ..term });
        assert_eq!(lines.last().unwrap(), "17.12.2026 күнінен бастап – іс балабақшада, есептелмейді");
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn the_days_of_an_extension_say_so_and_a_day_shown_is_kept() {
        let rules = TermRules { extension_in_calendar_days: true, ..TermRules::default() };
        let term = Term { extended: true, ..Term::begin(day("2026-12-11"), 5, rules) };
        let lines = told(Language::Ru, term.clone());
        assert_eq!(lines[lines.len() - 2], "22.12.2026 – 6-й день, продление");
        assert!(lines.last().unwrap().starts_with("23.12.2026 – 7-й день, продление; последний день"));
        let lines = told(Language::Ru, Term { shown: Some(day("2026-12-25")), ..term });
        assert!(lines.last().unwrap().starts_with("25.12.2026 – показанный ранее день сохранён"));
    }

    #[test]
    fn the_picture_begins_on_monday() {
        let calendar = Calendar::shipped();
        let days = deadline::line_by_line(&calendar, day("2026-12-16"), Length::calendar(28), &[]);
        let cells = cells(&days, None, day("2026-12-17"));
        assert!(cells[0].is_none() && cells[1].is_none() && cells.len() == 2 + 29);
        let today = cells.iter().flatten().filter(|cell| cell.today).map(|cell| cell.number);
        assert_eq!(today.collect::<Vec<_>>(), [17]);
    }
}

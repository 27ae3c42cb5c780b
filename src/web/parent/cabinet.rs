//! «Жеке кабинет»: what needs doing now, first.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};

use crate::app::SharedApp;
use crate::domain;
use crate::domain::application::Summary;
use crate::fault::Fault;
use crate::locale::{fill, wording};
use crate::rules::deadline::{almaty_day, days_left};
use crate::rules::person::Language;
use crate::rules::stage::StageName;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

/// An application as a line: what it is, where it stands, by when to act.
pub struct Line {
    pub number: String,
    pub child: String,
    pub stage: StageName,
    pub status: &'static str,
    pub tag: &'static str,
    pub submitted_at: chrono::DateTime<chrono::Utc>,
    pub queue_type: &'static str,
    pub by: Option<chrono::NaiveDate>,
    /// How much is left until then, in the days of that term.
    pub left: Option<String>,
    pub own: bool,
}

impl Line {
    pub fn from_summary(app: &SharedApp, language: Language, it: Summary, now: DateTime<Utc>) -> Self {
        let stage = StageName::parse(&it.stage).unwrap_or(StageName::Archived);
        let w = &crate::locale::words(language).apply;
        let by = match stage {
            StageName::VoucherIssued => it.confirm_by,
            StageName::VoucherConfirmed | StageName::AwaitingParentSignature => it.conclude_by,
            StageName::OnStopList => it.return_by,
            _ => None,
        };
        Self {
            by,
            left: by.and_then(|by| left(app, language, stage, by, almaty_day(now))),
            status: wording::stage(language, stage),
            tag: tag(stage),
            queue_type: if it.queue_type == "special" { &w.special } else { &w.general },
            number: it.number,
            child: it.child_name,
            submitted_at: it.submitted_at,
            own: it.own,
            stage,
        }
    }

    /// A second lapse: nothing is left to return by.
    pub fn return_is_spent(&self) -> bool {
        self.stage == StageName::OnStopList && self.by.is_none()
    }

    /// The family holds the case: something is to be done.
    pub fn asks_to_act(&self) -> bool {
        self.own
            && (matches!(
                self.stage,
                StageName::VoucherIssued | StageName::VoucherConfirmed | StageName::AwaitingParentSignature
            ) || (self.stage == StageName::OnStopList && self.by.is_some()))
    }
}

/// «3 жұмыс күні қалды»; nothing once the day is over.
fn left(
    app: &SharedApp,
    language: Language,
    stage: StageName,
    by: NaiveDate,
    today: NaiveDate,
) -> Option<String> {
    let w = crate::locale::words(language);
    let days = match stage {
        _ if today > by => return None,
        StageName::OnStopList => w.counts.days.of(language, (by - today).num_days() + 1),
        _ => w.counts.working_days.of(language, i64::from(days_left(&app.calendar(), today, by))),
    };
    Some(fill(&w.case.left, &[("days", &days)]))
}

/// The colour of a status: waiting, act, good, ended. The words carry the meaning.
pub fn tag(stage: StageName) -> &'static str {
    match stage {
        StageName::VoucherIssued | StageName::VoucherConfirmed | StageName::AwaitingParentSignature => {
            "tag--act"
        }
        StageName::OnStopList => "tag--act",
        StageName::Enrolled => "tag--good",
        StageName::Archived => "tag--ended",
        _ => "tag--waiting",
    }
}

#[derive(Template)]
#[template(path = "parent/cabinet.html")]
pub struct Cabinet {
    pub p: Page,
    pub lines: Vec<Line>,
    pub has_children: bool,
}

impl Cabinet {
    pub fn to_do(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.asks_to_act())
    }

    /// Said plainly, so that nobody waits for a return that is not there.
    pub fn spent(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.return_is_spent())
    }

    pub fn nothing_to_do(&self) -> bool {
        self.to_do().next().is_none()
    }

    pub fn by(&self, day: &chrono::NaiveDate) -> String {
        fill(&self.p.w.cabinet.by, &[("day", &self.p.date(day))])
    }
}

pub async fn show(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let summaries = domain::application::of_family(&mut conn, signed.account).await?;
    let has_children = !domain::application::children(&mut conn, signed.account).await?.is_empty();
    let language = signed.visit.language;
    drop(conn);
    let now = super::case::now(&app, &signed).await?;
    let line = |summary| Line::from_summary(&app, language, summary, now);
    let lines = summaries.into_iter().map(line).collect();
    page::show(&Cabinet { p: Page::new(&app, &signed.visit), lines, has_children })
}

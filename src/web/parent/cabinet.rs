//! «Жеке кабинет»: what needs doing now, first.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::application::Summary;
use crate::fault::Fault;
use crate::locale::{fill, wording};
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
    pub own: bool,
}

impl Line {
    pub fn from_summary(language: Language, it: Summary) -> Self {
        let stage = StageName::parse(&it.stage).unwrap_or(StageName::Archived);
        let w = &crate::locale::words(language).apply;
        Self {
            by: match stage {
                StageName::VoucherIssued => it.confirm_by,
                StageName::VoucherConfirmed | StageName::AwaitingParentSignature => it.conclude_by,
                StageName::OnStopList => it.return_by,
                _ => None,
            },
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

    /// The family holds the case: something is to be done.
    pub fn asks_to_act(&self) -> bool {
        self.own
            && (matches!(
                self.stage,
                StageName::VoucherIssued | StageName::VoucherConfirmed | StageName::AwaitingParentSignature
            ) || (self.stage == StageName::OnStopList && self.by.is_some()))
    }
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
    let lines = summaries.into_iter().map(|summary| Line::from_summary(language, summary)).collect();
    page::show(&Cabinet { p: Page::new(&app, &signed.visit), lines, has_children })
}

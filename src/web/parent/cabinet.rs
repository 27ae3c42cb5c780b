//! «Жеке кабинет»: what needs doing now, first.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::case::{TermBox, lost, passed};
use crate::app::SharedApp;
use crate::domain;
use crate::domain::application::Summary;
use crate::fault::Fault;
use crate::locale::wording;
use crate::rules::contract::{Awaited, Step};
use crate::rules::person::Language;
use crate::rules::queue_order::QueueType;
use crate::rules::stage::Stage;
use crate::rules::stage_name::StageName;
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
    pub submitted_at: DateTime<Utc>,
    pub queue_type: &'static str,
    /// None once the term is over.
    pub term: Option<TermBox>,
    pub own: bool,
    /// What the contract waits for, if there is one.
    pub step: Option<Step>,
    /// That, in short, to the applicant, where it says more than the status does.
    pub step_title: Option<&'static str>,
    /// To the applicant: what was signed counts no more.
    pub lost: Option<String>,
    /// On the stop list with a return left.
    may_return: bool,
}

impl Line {
    /// The applications of the family, as lines.
    pub async fn of_family(
        app: &SharedApp,
        language: Language,
        account: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, WebError> {
        let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
        let summaries = domain::application::of_family(&mut conn, account).await?;
        let stages: Vec<_> = summaries.iter().map(|it| &it.stage).collect();
        let steps = domain::contract::steps(&mut conn, &stages).await?;
        let lines = summaries.into_iter().zip(steps);
        Ok(lines.map(|(it, awaited)| Self::new(app, language, it, awaited, now)).collect())
    }

    fn new(
        app: &SharedApp,
        language: Language,
        it: Summary,
        awaited: Option<Awaited>,
        now: DateTime<Utc>,
    ) -> Self {
        let (stage, step) = (it.stage.name(), awaited.map(|it| it.step));
        let w = &crate::locale::words(language).apply;
        let over = passed(app, &it.stage, now).is_some();
        Self {
            term: TermBox::of(app, language, &it.stage, now).filter(|_| !over),
            may_return: matches!(&it.stage, Stage::OnStopList(listed) if listed.return_by.is_some()),
            status: wording::stage(language, stage),
            tag: tag(stage, step),
            step_title: step
                .filter(|step| it.own && (step.is_the_familys() || step.is_checked()))
                .map(|step| wording::step(language, step).title.as_str()),
            lost: lost(app, language, &it.stage, awaited.filter(|_| it.own), now),
            step,
            queue_type: match it.queue_type {
                QueueType::Special => &w.special,
                QueueType::General => &w.general,
            },
            number: it.number,
            child: it.child_name,
            submitted_at: it.submitted_at,
            own: it.own,
            stage,
        }
    }

    /// A second lapse: nothing is left to return by.
    pub fn return_is_spent(&self) -> bool {
        self.stage == StageName::OnStopList && !self.may_return
    }

    /// The family holds the case: something is to be done.
    pub fn asks_to_act(&self) -> bool {
        self.own
            && (matches!(self.stage, StageName::VoucherIssued | StageName::VoucherConfirmed)
                || self.step.is_some_and(Step::is_the_familys)
                || self.may_return)
    }
}

/// The colour of a status: waiting, act, good, ended. The words carry the meaning.
pub fn tag(stage: StageName, step: Option<Step>) -> &'static str {
    match stage {
        _ if step.is_some_and(Step::is_checked) => "tag--waiting",
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
}

pub async fn show(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let now = super::case::now(&app, &signed).await?;
    let lines = Line::of_family(&app, signed.visit.language, signed.account, now).await?;
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let has_children = !domain::application::children(&mut conn, signed.account).await?.is_empty();
    drop(conn);
    page::show(&Cabinet { p: Page::new(&app, &signed.visit), lines, has_children })
}

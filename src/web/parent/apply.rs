//! «Өтініш қосу»: every field of the guide, in its order, on one page that needs no script.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::documents::files_hint;
use super::upload::{self, Kept};
use super::wishes::{self, Offered};
use crate::app::SharedApp;
use crate::domain;
use crate::domain::application::{Child, ConclusionSource, MOST_WISHES, Serving, Submission, SubmissionKind};
use crate::domain::conclusion::{self, Conclusion};
use crate::fault::{Failure, Fault};
use crate::locale::{date, fill};
use crate::rules::correction::CorrectionType;
use crate::rules::deadline::almaty_day;
use crate::rules::person::Language;
use crate::rules::queue_order::QueueType;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "parent/apply.html")]
pub struct Apply {
    pub p: Page,
    pub a: Answers,
    pub children: Vec<(String, String)>,
    pub kindergartens: Offered,
    pub file_hint: String,
}

impl Apply {
    fn new(app: &SharedApp, signed: &Signed, a: Answers, children: &[Child], serving: &[Serving]) -> Self {
        let language = signed.visit.language;
        Self {
            p: Page::new(app, &signed.visit),
            a,
            children: children.iter().map(|child| (child.id.to_string(), child.name.full())).collect(),
            kindergartens: wishes::by_district(language, serving),
            file_hint: files_hint(app, language),
        }
    }

    pub fn queue_types(&self) -> [(&'static str, &'static str); 2] {
        [("special", self.p.w.apply.special.as_str()), ("general", self.p.w.apply.general.as_str())]
    }

    pub fn correction_types(&self) -> Vec<(&'static str, &'static str)> {
        CorrectionType::all().map(|one| (one.code(), one.name(self.p.language))).collect()
    }

    pub fn languages(&self) -> [(&'static str, &'static str); 2] {
        [("kk", self.p.w.apply.language_kk.as_str()), ("ru", self.p.w.apply.language_ru.as_str())]
    }

    pub fn wishes(&self) -> impl Iterator<Item = (&'static str, String)> {
        wishes::fields(self.p.language, wishes::shown(&self.a, &self.kindergartens))
    }

    pub fn may_wish_more(&self) -> bool {
        wishes::shown(&self.a, &self.kindergartens) < MOST_WISHES
    }

    pub fn file_kept(&self) -> Option<String> {
        let name = self.a.value("conclusion_name");
        (!name.is_empty()).then(|| fill(&self.p.w.apply.file_kept, &[("name", name)]))
    }

    /// Which queue the list of kindergartens is for: without a type there is nothing to show yet.
    pub fn type_is_known(&self) -> bool {
        self.a.is("queue_type", "general") || !self.a.value("correction_type").is_empty()
    }

    pub fn choose_type_first(&self) -> String {
        fill(&self.p.w.apply.choose_type_first, &[("button", &self.p.w.apply.narrow)])
    }
}

/// What the form offers, for the queue chosen so far.
async fn offers(
    app: &SharedApp,
    signed: &Signed,
    a: &Answers,
) -> Result<(Vec<Child>, Vec<Serving>), WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let children = domain::application::children(&mut conn, signed.account).await?;
    let serving = match (a.value("queue_type"), CorrectionType::parse(a.value("correction_type"))) {
        ("general", _) => domain::application::serving(&mut conn, None).await?,
        (_, Ok(correction)) => domain::application::serving(&mut conn, Some(correction.code())).await?,
        _ => Vec::new(),
    };
    Ok((children, serving))
}

pub async fn form(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let mut a = Answers::default();
    a.set("queue_type", "special");
    a.set("language", signed.visit.language.as_str());
    let (children, serving) = offers(&app, &signed, &a).await?;
    if let [only] = children.as_slice() {
        a.set("child", only.id.to_string());
    }
    page::show(&Apply::new(&app, &signed, a, &children, &serving))
}

pub async fn submit(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let mut a = form.answers();
    let (kept, file_status) = upload::take(&app, &signed, &form, "conclusion", &mut a).await?;
    let (children, serving) = offers(&app, &signed, &a).await?;
    if form.ticked("narrow") || form.ticked("more") {
        return page::show(&Apply::new(&app, &signed, a, &children, &serving));
    }
    let read = Read {
        app: &app,
        language: signed.visit.language,
        form: &form,
        children: &children,
        serving: &serving,
    };
    let submission = read.submission(kept, &mut a).await?;
    let Some(submission) = submission.filter(|_| a.is_good()) else {
        let status =
            file_status.filter(|_| a.errors().len() == 1).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        return page::show_with(status, &Apply::new(&app, &signed, a, &children, &serving));
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let number = domain::application::submit(&mut work.tx, &work.deed, &submission).await?;
    work.finish(format!("{}/receipt", urls::application(signed.visit.language, &number))).await
}

/// Reads the form into a submission, telling every wrong field.
struct Read<'a> {
    app: &'a SharedApp,
    language: Language,
    form: &'a Form,
    children: &'a [Child],
    serving: &'a [Serving],
}

impl Read<'_> {
    async fn submission(&self, kept: Option<Kept>, a: &mut Answers) -> Result<Option<Submission>, Failure> {
        let w = &crate::locale::words(self.language).apply;
        let queue_type = QueueType::parse(self.form.text("queue_type"));
        if queue_type.is_none() {
            a.fail("queue_type", &w.e_queue);
        }
        let child = self.children.iter().find(|child| child.id.to_string() == self.form.text("child"));
        if child.is_none() {
            a.fail("child", &w.e_child);
        }
        let kind = match (queue_type, child) {
            (Some(QueueType::Special), _) => self.special(child, kept, a).await?,
            (Some(QueueType::General), _) => Some(SubmissionKind::General),
            (None, _) => None,
        };
        let wishes = wishes::read(self.form, self.language, self.serving, queue_type.is_some(), a);
        let language = Language::parse(self.form.text("language"));
        if language.is_none() {
            a.fail("language", &w.e_language);
        }
        if !self.form.ticked("consent") {
            a.fail("consent", &w.e_consent);
        }
        Ok(match (child, kind, language) {
            (Some(child), Some(kind), Some(language)) => {
                Some(Submission { child: child.id, kind, language, wishes })
            }
            _ => None,
        })
    }

    async fn special(
        &self,
        child: Option<&Child>,
        kept: Option<Kept>,
        a: &mut Answers,
    ) -> Result<Option<SubmissionKind>, Failure> {
        let w = &crate::locale::words(self.language).apply;
        let correction = CorrectionType::parse(self.form.text("correction_type")).ok();
        if correction.is_none() {
            a.fail("correction_type", &w.e_type);
        }
        let source = match (kept, self.form.text("conclusion_number")) {
            (Some(kept), _) => Some(ConclusionSource::Upload { file: kept.id }),
            (None, "") => {
                if a.error("conclusion").is_none() {
                    a.fail("conclusion", &w.e_conclusion);
                }
                None
            }
            (None, number) => self.fetched(child, correction, &number.to_uppercase(), a).await?,
        };
        Ok(correction
            .zip(source)
            .map(|(correction, conclusion)| SubmissionKind::Special { correction, conclusion }))
    }

    /// Fetches the conclusion from Arkotek. Of another type or expired → told at the field; a silent registry → the
    /// application waits with its date.
    async fn fetched(
        &self,
        child: Option<&Child>,
        correction: Option<CorrectionType>,
        number: &str,
        a: &mut Answers,
    ) -> Result<Option<ConclusionSource>, Failure> {
        let w = &crate::locale::words(self.language).apply;
        let shaped = number
            .strip_prefix("PMPK-")
            .is_some_and(|rest| rest.len() == 10 && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !shaped {
            a.fail("conclusion_number", &w.e_number_shape);
            return Ok(None);
        }
        let (Some(child), Some(correction)) = (child, correction) else { return Ok(None) };
        match conclusion::find(self.app, &child.iin, number).await {
            Ok(Some(found)) => Ok(self.suitable(found, correction, a).await?),
            Ok(None) => {
                a.fail("conclusion_number", &w.e_number_unknown);
                Ok(None)
            }
            Err(Failure::Silent(_)) => Ok(Some(ConclusionSource::Awaited { number: number.to_owned() })),
            Err(failure) => Err(failure),
        }
    }

    async fn suitable(
        &self,
        found: Conclusion,
        correction: CorrectionType,
        a: &mut Answers,
    ) -> Result<Option<ConclusionSource>, Failure> {
        let w = &crate::locale::words(self.language).apply;
        let today = almaty_day(domain::moment::now(self.app).await?);
        if found.valid_until < today || found.status != "active" {
            a.fail(
                "conclusion_number",
                fill(&w.e_expired, &[("day", &date::long(found.valid_until, self.language))]),
            );
        } else if !found.correction_types.iter().any(|code| code == correction.code()) {
            let of: Vec<&str> = found
                .correction_types
                .iter()
                .filter_map(|code| CorrectionType::parse(code).ok())
                .map(|one| one.name(self.language))
                .collect();
            a.fail("conclusion_number", fill(&w.e_other_type, &[("type", &of.join(", "))]));
        } else {
            let Conclusion { number, issued_on, valid_until, .. } = found;
            return Ok(Some(ConclusionSource::Fetched { number, issued_on, valid_until }));
        }
        Ok(None)
    }
}

#[derive(Template)]
#[template(path = "parent/receipt.html")]
pub struct Receipt {
    pub p: Page,
    pub number: String,
    pub submitted_at: chrono::DateTime<chrono::Utc>,
    pub special: bool,
    pub awaited: bool,
}

pub async fn receipt(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (seen, _) = super::case::see(&app, &signed, &number).await?;
    if !seen.view.own {
        return Err(WebError::Failed(Failure::NotFound));
    }
    let awaited = seen.view.conclusion_source.is_some() && seen.view.conclusion_received_at.is_none();
    page::show(&Receipt {
        p: Page::new(&app, &signed.visit),
        number: seen.view.number,
        submitted_at: seen.view.submitted_at,
        special: seen.view.queue_type == "special",
        awaited,
    })
}

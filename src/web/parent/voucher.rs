//! The voucher: confirm it, refuse it (with what that costs, said first), extend the term.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::case::{Sure, TermBox, own, passed, see};
use crate::app::SharedApp;
use crate::domain::voucher;
use crate::locale::fill;
use crate::rules::settings::Settings;
use crate::rules::stage::StageName;
use crate::web::again;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::urls;
use crate::web::visit::Signed;

/// The page the notice's link leads to. Opening it changes nothing.
#[derive(Template)]
#[template(path = "parent/voucher.html")]
pub struct VoucherPage {
    pub p: Page,
    pub number: String,
    pub child: String,
    pub term: Option<TermBox>,
    pub settings: std::sync::Arc<Settings>,
}

impl VoucherPage {
    fn days(&self, n: u32) -> String {
        self.p.w.counts.working_days.of(self.p.language, i64::from(n))
    }

    pub fn lead(&self) -> String {
        fill(&self.p.w.voucher.lead, &[("days", &self.days(self.settings.confirm_days))])
    }

    pub fn if_confirm(&self) -> String {
        fill(&self.p.w.voucher.if_confirm_text, &[("days", &self.days(self.settings.conclude_days))])
    }

    pub fn if_silent(&self) -> String {
        let days = self.p.w.counts.days.of(self.p.language, i64::from(self.settings.stop_list_days));
        fill(&self.p.w.voucher.if_silent_text, &[("days", &days)])
    }

    pub fn path(&self, rest: &str) -> String {
        format!("{}/voucher{rest}", urls::application(self.p.language, &self.number))
    }
}

pub async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (seen, at) = see(&app, &signed, &number).await?;
    let over = passed(&app, &seen.stage, at).is_some();
    if !seen.view.own || over || seen.stage.name() != StageName::VoucherIssued {
        // Confirmed already, or over: the application's page says which.
        return Ok(Redirect::to(&urls::application(signed.visit.language, &number)).into_response());
    }
    let term = TermBox::of(&app, signed.visit.language, &seen.stage, at);
    page::show(&VoucherPage {
        p: Page::new(&app, &signed.visit),
        number,
        child: seen.view.child_name,
        term,
        settings: app.policy(),
    })
}

pub async fn confirm(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    voucher::confirm(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

pub async fn extend(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    voucher::extend(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

async fn sure(app: &SharedApp, signed: &Signed, number: &str, a: Answers) -> Result<Sure, WebError> {
    let seen = own(app, signed, number).await?;
    // What can no longer be refused says so before the button.
    seen.stage.refuse_voucher()?;
    let back = urls::application(signed.visit.language, number);
    let p = Page::new(app, &signed.visit);
    let w = &p.w.voucher;
    let action = format!("{back}/voucher/refuse");
    Ok(Sure {
        title: &w.refuse_title,
        cost: w.if_refuse_text.clone(),
        button: &w.refuse_yes,
        action,
        back,
        a,
        p,
    })
}

pub async fn refuse_page(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    page::show(&sure(&app, &signed, &number, Answers::default()).await?)
}

pub async fn refuse(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    if !again::password(&app, &signed, &form, &mut a).await? {
        return page::show_again(&sure(&app, &signed, &number, a).await?);
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    voucher::refuse(&mut work.tx, &work.deed, &number).await?;
    work.finish(urls::application(signed.visit.language, &number)).await
}

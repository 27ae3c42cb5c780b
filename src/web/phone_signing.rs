//! «eGov mobile арқылы қол қою»: the page with the code, the same for both sides of a contract. It needs no script; with one
//! it moves on by itself.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::error::WebError;
use super::form::{Answers, Form};
use super::page::{self, Page};
use super::qr::{self, Qr};
use super::visit::Signed;
use super::{Routes, Who, address, again, mobile, urls};
use crate::app::SharedApp;
use crate::domain::contract::phone_signing::{self as deed, Shown, ShownContract};
use crate::fault::Failure;
use crate::locale::{date, fill, wording, words};
use crate::rules::person::Language;
use crate::rules::phone_signing::{Step, minutes_left};
use crate::rules::refusal::Refusal;
use crate::rules::signature::Side;

type Number = Path<(String, String)>;
type NumberAndCode = Path<(String, String, String)>;

pub fn routes(routes: Routes) -> Routes {
    routes
        .post(
            "/{lang}/applications/{number}/contract/phone",
            Who::Parent,
            async |State(app): State<SharedApp>, signed: Signed, Path((_, number)): Number, form: Form| {
                make(&app, &signed, Side::Parent, &number, form).await
            },
        )
        .get(
            "/{lang}/applications/{number}/contract/phone/{id}",
            Who::Parent,
            async |State(app): State<SharedApp>, signed: Signed, Path((_, number, id)): NumberAndCode| {
                show(&app, &signed, Side::Parent, &number, &id).await
            },
        )
        .post(
            "/{lang}/kindergarten/families/{number}/phone",
            Who::Kindergarten,
            async |State(app): State<SharedApp>, signed: Signed, Path((_, number)): Number, form: Form| {
                make(&app, &signed, Side::Kindergarten, &number, form).await
            },
        )
        .get(
            "/{lang}/kindergarten/families/{number}/phone/{id}",
            Who::Kindergarten,
            async |State(app): State<SharedApp>, signed: Signed, Path((_, number, id)): NumberAndCode| {
                show(&app, &signed, Side::Kindergarten, &number, &id).await
            },
        )
}

/// What the page is about now.
pub(super) enum Now {
    /// The password is asked again before a code is shown.
    Password,
    Scan {
        qr: Qr,
        link: String,
        until: String,
    },
    /// On the phone: somebody who changes their mind there asks for a new code here.
    OnPhone {
        until: String,
    },
    Checking,
    /// A new code can be asked for, unless the text is another now.
    Ended {
        text: String,
        again: bool,
    },
}

#[derive(Template)]
#[template(path = "parent/phone_signing.html")]
struct PhoneSigning {
    p: Page,
    a: Answers,
    number: String,
    side: Side,
    /// Of the text to be signed.
    hash: String,
    /// Changes when the page would be another.
    mark: &'static str,
    now: Now,
}

impl PhoneSigning {
    /// The page of the contract.
    fn contract(&self) -> String {
        contract(self.p.language, self.side, &self.number)
    }

    fn action(&self) -> String {
        base(self.p.language, self.side, &self.number)
    }

    fn is_parent(&self) -> bool {
        self.side == Side::Parent
    }
}

fn contract(language: Language, side: Side, number: &str) -> String {
    match side {
        Side::Parent => format!("{}/contract", urls::application(language, number)),
        Side::Kindergarten => urls::page(language, &format!("kindergarten/families/{number}")),
    }
}

fn base(language: Language, side: Side, number: &str) -> String {
    format!("{}/phone", contract(language, side, number))
}

async fn make(
    app: &SharedApp,
    signed: &Signed,
    side: Side,
    number: &str,
    form: Form,
) -> Result<Response, WebError> {
    if app.config.egov_mobile.is_none() {
        return Err(Failure::NotFound.into());
    }
    let p = Page::new(app, &signed.visit);
    let mut a = form.answers();
    let shown = form.text("shown").to_owned();
    let asked = p.asks_password() && form.exact("password_again").is_empty();
    if asked || !again::password(app, signed, &form, &mut a).await? {
        let mut look = again::look(app, signed).await?;
        deed::ready(&mut look.tx, &look.deed, number, side, &shown).await?;
        look.commit().await?;
        let number = number.to_owned();
        let page = PhoneSigning { p, a, number, side, hash: shown, mark: "password", now: Now::Password };
        return page::show_again(&page);
    }
    let mut work = form.begin(app, &signed.visit).await?;
    let id = deed::make(&mut work.tx, &work.deed, number, side, &shown).await?;
    work.finish(format!("{}/{id}", base(signed.visit.language, side, number))).await
}

async fn show(
    app: &SharedApp,
    signed: &Signed,
    side: Side,
    number: &str,
    id: &str,
) -> Result<Response, WebError> {
    let shown = deed::look(app, signed.actor(), side, Some(number), address::id(id)?).await?;
    let one = shown.contracts.first().ok_or(Failure::NotFound)?;
    if one.step == Step::Done {
        return Ok(Redirect::to(&after(signed.visit.language, side, number, one.waits)).into_response());
    }
    if one.step == Step::SignedOtherwise {
        return Ok(Redirect::to(&contract(signed.visit.language, side, number)).into_response());
    }
    let (mark, now) = now(app, signed.visit.language, side, &shown, one)?;
    page::show(&PhoneSigning {
        p: Page::new(app, &signed.visit),
        a: Answers::default(),
        number: number.to_owned(),
        side,
        hash: one.content_sha256.clone(),
        mark,
        now,
    })
}

/// Where an uploaded signature leads to as well.
fn after(language: Language, side: Side, number: &str, waits: bool) -> String {
    let page = match side {
        Side::Parent if !waits => urls::application(language, number),
        _ => contract(language, side, number),
    };
    format!("{page}?done={}", if waits { "signature_waits" } else { "signed" })
}

fn now(
    app: &SharedApp,
    language: Language,
    side: Side,
    shown: &Shown,
    one: &ShownContract,
) -> Result<(&'static str, Now), WebError> {
    let w = &words(language).phone_signing;
    Ok(match one.step {
        Step::Scan => ("scan", scan(app, language, side, shown)?),
        Step::SignOnPhone => ("opened", Now::OnPhone { until: until(language, shown) }),
        Step::Checking | Step::Done | Step::SignedOtherwise => ("checking", Now::Checking),
        Step::Changed => ("changed", Now::Ended { text: changed(language, one), again: false }),
        Step::Replaced => ("replaced", Now::Ended { text: w.replaced.clone(), again: true }),
        Step::Over => ("over", Now::Ended { text: w.over.clone(), again: true }),
        Step::Refused => {
            let (why, again) = why(language, one);
            ("refused", Now::Ended { text: fill(&w.refused, &[("why", &why)]), again })
        }
    })
}

/// The code itself.
pub(super) fn scan(app: &SharedApp, language: Language, side: Side, shown: &Shown) -> Result<Now, WebError> {
    let agreed = app.config.egov_mobile.as_ref().ok_or(Failure::NotFound)?;
    let url = mobile::invitation(&app.config.base_url, &shown.token);
    let qr = qr::of(&format!("mobileSign:{url}"))?;
    Ok(Now::Scan { qr, link: agreed.launch(side, &url), until: until(language, shown) })
}

pub(super) fn until(language: Language, shown: &Shown) -> String {
    let left = words(language).counts.minutes.of(language, minutes_left(shown.expires_at, shown.now));
    let until = date::clock_time(shown.expires_at);
    fill(&words(language).phone_signing.until, &[("time", &until), ("left", &left)])
}

/// What to do once the text is another one.
pub(super) fn changed(language: Language, one: &ShownContract) -> String {
    match one.family_first {
        Some(version) => wording::refusal(language, &Refusal::FamilySignsFirst { version }),
        None => words(language).phone_signing.contract_changed.clone(),
    }
}

/// The sentence of a refusal, and whether the same text may be signed again.
pub(super) fn why(language: Language, one: &ShownContract) -> (String, bool) {
    let w = words(language);
    match one.refusal.as_deref().unwrap_or_default() {
        "contract_changed" => (changed(language, one), false),
        "not_awaited" => (w.phone_signing.not_awaited.clone(), false),
        code => (w.signature.why.get(code).cloned().unwrap_or_default(), true),
    }
}

//! The page of an SMS code: the same at registration, recovery, sign-in and a change of number.
use std::time::Duration;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::SharedApp;
use crate::clock::EvenPace;
use crate::domain::challenge::{self, Asked, CodeToSend, Purpose, Visitor};
use crate::fault::Failure;
use crate::locale::{fill, wording};
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{Page, show, show_again, show_later};
use crate::web::urls;
use crate::web::visit::Visit;

/// The least time of an answer that must not tell known people from unknown ones.
pub const EVEN: Duration = Duration::from_millis(300);

#[derive(Template)]
#[template(path = "public/code.html")]
pub struct CodePage {
    pub p: Page,
    pub a: Answers,
    pub purpose: Purpose,
    pub asked: Asked,
    pub minutes: u32,
}

impl CodePage {
    fn on_the_road(&self) -> bool {
        matches!(self.purpose, Purpose::Register | Purpose::Recover)
    }

    fn is_sign_in(&self) -> bool {
        self.purpose == Purpose::SignIn
    }

    fn title(&self) -> &str {
        let w = self.p.w;
        match self.purpose {
            Purpose::Register => &w.register.title,
            Purpose::Recover => &w.recover.title,
            Purpose::SignIn => &w.code.sign_in_title,
            Purpose::ChangePhone => &w.code.phone_title,
        }
    }

    fn crumb(&self) -> &str {
        if self.purpose == Purpose::Register { &self.p.w.register.crumb } else { self.title() }
    }

    /// Whether the registry tied the number to the person is not told.
    fn sent(&self) -> String {
        let w = &self.p.w.code;
        let phone = self.asked.phone;
        match self.purpose {
            Purpose::SignIn => fill(&w.sent, &[("phone", &phone.masked())]),
            _ => fill(&w.sent_if_yours, &[("phone", &phone.shown())]),
        }
    }

    fn lives(&self) -> String {
        let minutes = self.p.w.counts.minutes.of(self.p.language, i64::from(self.minutes));
        fill(&self.p.w.code.lives, &[("minutes", &minutes)])
    }

    fn action(&self) -> String {
        self.p.url(place(self.purpose))
    }

    fn again(&self) -> String {
        self.p.url(again_place(self.purpose))
    }

    fn start(&self) -> String {
        self.p.url(start_place(self.purpose))
    }

    fn must_wait(&self) -> bool {
        self.asked.now < self.asked.again_at
    }

    /// Where a sign-in leads to in the end, carried through this page.
    fn next(&self) -> Option<String> {
        urls::own_page(self.a.value("next"))
    }
}

/// The address of the code's page.
pub fn place(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Register => "register/code",
        Purpose::Recover => "recover/code",
        Purpose::SignIn => "login/code",
        Purpose::ChangePhone => "profile/phone/code",
    }
}

fn again_place(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Register => "register/again",
        Purpose::Recover => "recover/again",
        Purpose::SignIn => "login/again",
        Purpose::ChangePhone => "profile/phone/again",
    }
}

pub fn start_place(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Register => "register",
        Purpose::Recover => "recover",
        Purpose::SignIn => "login",
        Purpose::ChangePhone => "profile",
    }
}

/// Whom a code is bound to and counted for.
pub fn visitor(app: &SharedApp, visit: &Visit) -> Visitor {
    Visitor {
        hash: app.secrets.mac("visitor", &[visit.browser.as_bytes()]),
        address: visit.address.to_string(),
        language: visit.language,
    }
}

/// How long a page of the sandbox waits for its own gateway: whoever tries the portal finds the code at once.
const SANDBOX_PATIENCE: Duration = Duration::from_secs(1);

/// Sends a code after its deed was committed; outside the sandbox the page does not wait for the gateway.
pub async fn send(app: &SharedApp, code: Option<CodeToSend>) {
    let Some(code) = code else { return };
    let text = wording::sms_code(code.language, &code.code);
    let delivery = tokio::spawn(challenge::deliver(app.clone(), code, text));
    if app.config.sandbox {
        let _ = tokio::time::timeout(SANDBOX_PATIENCE, delivery).await;
    }
}

pub fn to_start(visit: &Visit, purpose: Purpose) -> Response {
    Redirect::to(&urls::page(visit.language, start_place(purpose))).into_response()
}

/// «Again» has no page of its own: the language switch on its answer leads back to the code.
pub async fn moved(visit: Visit, purpose: Purpose) -> Redirect {
    Redirect::to(&urls::page(visit.language, place(purpose)))
}

/// The address of the code's page with the page to go to in the end.
pub fn address(visit: &Visit, purpose: Purpose, next: &str) -> String {
    let page = urls::page(visit.language, place(purpose));
    urls::own_page(next).map_or(page.clone(), |next| format!("{page}?next={next}"))
}

pub fn code_page(app: &SharedApp, visit: &Visit, purpose: Purpose, asked: Asked, a: Answers) -> CodePage {
    CodePage { p: Page::new(app, visit), a, purpose, asked, minutes: app.policy().code_minutes }
}

/// GET: the page, or the first step where nothing was asked for. `proven` is where a proven code leads on.
pub async fn open(
    app: &SharedApp,
    visit: &Visit,
    purpose: Purpose,
    proven: Option<String>,
    a: Answers,
) -> Result<Response, WebError> {
    match (challenge::asked(app, purpose, &visitor(app, visit)).await?, proven) {
        (None, _) => Ok(to_start(visit, purpose)),
        (Some(asked), Some(location)) if asked.proven => Ok(Redirect::to(&location).into_response()),
        (Some(asked), _) => show(&code_page(app, visit, purpose, asked, a)),
    }
}

/// The code again with what is wrong with it; the same words whatever it was.
pub async fn wrong(
    app: &SharedApp,
    visit: &Visit,
    purpose: Purpose,
    form: &Form,
) -> Result<Response, WebError> {
    let Some(asked) = challenge::asked(app, purpose, &visitor(app, visit)).await? else {
        return Ok(to_start(visit, purpose));
    };
    let mut a = form.answers();
    a.fail("code", &crate::locale::words(visit.language).code.wrong);
    show_again(&code_page(app, visit, purpose, asked, a))
}

/// POST: a new code. Asked too early, the page is shown again with the moment.
pub async fn again(
    app: &SharedApp,
    visit: &Visit,
    purpose: Purpose,
    form: &Form,
) -> Result<Response, WebError> {
    let pace = EvenPace::begin(EVEN);
    let answer = match renew(app, visit, purpose, form).await {
        Ok(response) => Ok(response),
        Err(WebError::Failed(Failure::NotFound)) => Ok(to_start(visit, purpose)),
        Err(error) => match challenge::asked(app, purpose, &visitor(app, visit)).await? {
            None => Err(error),
            Some(asked) => {
                let page = |a| code_page(app, visit, purpose, asked, a);
                show_later(app, visit, error, form.answers(), page).await
            }
        },
    };
    pace.finish().await;
    answer
}

async fn renew(app: &SharedApp, visit: &Visit, purpose: Purpose, form: &Form) -> Result<Response, WebError> {
    let mut work = form.begin(app, visit).await?;
    let code = challenge::again(&mut work.tx, &work.deed, purpose, &visitor(app, visit)).await?;
    let response = work.finish(address(visit, purpose, form.text("next"))).await?;
    send(app, code).await;
    Ok(response)
}

/// The digits of a code as typed: blanks between them are forgiven.
pub fn digits(form: &Form) -> String {
    form.text("code").chars().filter(|c| !c.is_whitespace() && *c != '-').take(12).collect()
}

//! Sign-in and sign-out.
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use tower_sessions::Session;

use super::code::{self, EVEN, visitor};
use crate::app::SharedApp;
use crate::clock::EvenPace;
use crate::domain::challenge::{self, Purpose};
use crate::domain::session::NewSession;
use crate::domain::sign_in::{self, Entry, Login};
use crate::fault::Fault;
use crate::locale::words;
use crate::rules::actor::Role;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form, Work, decode};
use crate::web::page::{Page, show, show_again, show_later};
use crate::web::visit::Visit;
use crate::web::{Routes, Who, browser, fields, session, urls};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/login", Who::Everybody, open)
        .post("/{lang}/login", Who::Everybody, enter)
        .get("/{lang}/login/code", Who::Everybody, open_code)
        .post("/{lang}/login/code", Who::Everybody, try_code)
        .get("/{lang}/login/again", Who::Everybody, |visit| code::moved(visit, Purpose::SignIn))
        .post("/{lang}/login/again", Who::Everybody, again)
        .post("/{lang}/logout", Who::Everybody, leave)
}

#[derive(Template)]
#[template(path = "public/login.html")]
struct LoginPage {
    p: Page,
    a: Answers,
}

impl LoginPage {
    fn new(app: &SharedApp, visit: &Visit, a: Answers) -> Self {
        Self { p: Page::new(app, visit), a }
    }

    fn next(&self) -> Option<String> {
        urls::own_page(self.a.value("next"))
    }
}

/// The `next` of the address, if it is a page of ours.
fn next_of(visit: &Visit) -> Answers {
    let mut a = Answers::default();
    let typed = visit.query.split('&').find_map(|pair| pair.strip_prefix("next="));
    let own = typed.and_then(|next| decode(next).ok()).and_then(|next| urls::own_page(&next));
    if let Some(next) = own {
        a.set("next", next);
    }
    a
}

fn home_of(visit: &Visit) -> Option<Response> {
    Some(Redirect::to(&urls::home(visit.language, visit.role()?)).into_response())
}

async fn open(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    match home_of(&visit) {
        Some(home) => Ok(home),
        None => show(&LoginPage::new(&app, &visit, next_of(&visit))),
    }
}

async fn enter(
    State(app): State<SharedApp>,
    visit: Visit,
    jar: CookieJar,
    session: Session,
    form: Form,
) -> Result<Response, WebError> {
    if let Some(home) = home_of(&visit) {
        return Ok(home);
    }
    let w = words(visit.language);
    let mut a = form.answers();
    let typed = fields::required(&form, "login", w, &mut a)
        .zip(fields::required(&form, "password", w, &mut a))
        .map(|(login, password)| (Login::parse(login), password));
    let page = |a| LoginPage::new(&app, &visit, a);
    let Some((login, password)) = typed else { return show_again(&page(a)) };
    match judged(&app, &visit, &jar, &session, &form, (login, password)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(text)) => {
            a.fail("login", text);
            show_again(&page(a))
        }
        Err(error) => show_later(&app, &visit, error, a, page).await,
    }
}

/// A wrong answer takes an even time, whoever it is about.
async fn judged(
    app: &SharedApp,
    visit: &Visit,
    jar: &CookieJar,
    session: &Session,
    form: &Form,
    (login, password): (Login, &str),
) -> Result<Result<Response, &'static str>, WebError> {
    let pace = EvenPace::begin(EVEN);
    let w = &words(visit.language).login;
    let (mark, visitor) = (browser::mark(app, jar), visitor(app, visit));
    let account =
        sign_in::check_password(app, visit.request, &visitor, mark.as_deref(), &login, password).await?;
    let Some(account) = account else {
        pace.finish().await;
        return Ok(Err(&w.wrong));
    };
    let mut work = form.begin(app, visit).await?;
    let (tx, deed) = (&mut work.tx, &work.deed);
    match sign_in::enter(tx, deed, account, &visitor, mark.as_deref(), &visit.user_agent).await? {
        Entry::NoPhone => Ok(Err(&w.no_phone)),
        Entry::Open(opening) => open_session(work, visit, session, form, opening).await.map(Ok),
        Entry::AskCode(code) => {
            let response = work.finish(code::address(visit, Purpose::SignIn, form.text("next"))).await?;
            code::send(app, Some(code)).await;
            Ok(Ok(response))
        }
    }
}

async fn open_session(
    work: Work,
    visit: &Visit,
    session: &Session,
    form: &Form,
    opening: NewSession,
) -> Result<Response, WebError> {
    let role = Role::parse(&opening.role, opening.kindergarten_id).unwrap_or(Role::Parent);
    let home = || urls::home(visit.language, role);
    let response = work.finish(urls::own_page(form.text("next")).unwrap_or_else(home)).await?;
    session::open(session, opening).await.map_err(|error| Fault::Broken(format!("session: {error}")))?;
    Ok(response)
}

async fn open_code(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    match home_of(&visit) {
        Some(home) => Ok(home),
        None => code::open(&app, &visit, Purpose::SignIn, None, next_of(&visit)).await,
    }
}

async fn try_code(
    State(app): State<SharedApp>,
    visit: Visit,
    jar: CookieJar,
    session: Session,
    form: Form,
) -> Result<Response, WebError> {
    let visitor = visitor(&app, &visit);
    let mut work = form.begin(&app, &visit).await?;
    let (tx, deed) = (&mut work.tx, &work.deed);
    if !challenge::prove(tx, deed, Purpose::SignIn, &visitor, &code::digits(&form)).await? {
        work.settle(&code::address(&visit, Purpose::SignIn, form.text("next"))).await?;
        return code::wrong(&app, &visit, Purpose::SignIn, &form).await;
    }
    let (old, new) = (browser::mark(&app, &jar), browser::fresh(&app));
    let marks = (old.as_deref(), new.as_str());
    let opening = sign_in::enter_with_code(tx, deed, &visitor, marks, &visit.user_agent).await?;
    let response = open_session(work, &visit, &session, &form, opening).await?;
    Ok(browser::remember(&app, &new, response))
}

async fn again(State(app): State<SharedApp>, visit: Visit, form: Form) -> Result<Response, WebError> {
    code::again(&app, &visit, Purpose::SignIn, &form).await
}

/// Pressed once more after it is done, it is done.
async fn leave(
    State(app): State<SharedApp>,
    visit: Visit,
    session: Session,
    form: Result<Form, WebError>,
) -> Result<Response, WebError> {
    let location = urls::page(visit.language, "?done=signed_out");
    if visit.signed_in.is_none() {
        return Ok(Redirect::to(&location).into_response());
    }
    let mut work = form?.begin(&app, &visit).await?;
    sign_in::sign_out(&mut work.tx, &work.deed).await?;
    let response = work.finish(location).await?;
    session.flush().await.map_err(|error| Fault::Broken(format!("session: {error}")))?;
    Ok(response)
}

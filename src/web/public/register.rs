//! Registration: phone and IIN, then the code, then the password. Recovery walks the same road.
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::code::{self, EVEN, visitor};
use crate::app::SharedApp;
use crate::clock::EvenPace;
use crate::domain::challenge::{self, Purpose};
use crate::domain::registration::{self, Begun, Claim, Known};
use crate::domain::{password, sign_in};
use crate::fault::Fault;
use crate::locale::{fill, words};
use crate::rules::person::Sex;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{Page, show, show_again, show_later};
use crate::web::visit::Visit;
use crate::web::{Routes, Who, browser, fields, urls};

pub fn routes(routes: Routes) -> Routes {
    road(routes, Purpose::Register)
}

/// The routes of the road; `purpose` is registration or recovery.
pub fn road(routes: Routes, purpose: Purpose) -> Routes {
    let at = |step: &str| format!("/{{lang}}/{}{step}", code::start_place(purpose));
    routes
        .get(&at(""), Who::Everybody, move |app, visit| open(app, visit, purpose))
        .post(&at(""), Who::Everybody, move |app, visit, form| ask(app, visit, form, purpose))
        .get(&at("/code"), Who::Everybody, move |app, visit| open_code(app, visit, purpose))
        .post(&at("/code"), Who::Everybody, move |app, visit, form| try_code(app, visit, form, purpose))
        .get(&at("/again"), Who::Everybody, move |visit| code::moved(visit, purpose))
        .post(&at("/again"), Who::Everybody, move |app, visit, form| again(app, visit, form, purpose))
        .get(&at("/password"), Who::Everybody, move |app, visit| open_password(app, visit, purpose))
        .post(&at("/password"), Who::Everybody, move |app, visit, jar, form| {
            save_password(app, visit, jar, form, purpose)
        })
}

#[derive(Template)]
#[template(path = "public/register.html")]
struct StartPage {
    p: Page,
    a: Answers,
    purpose: Purpose,
}

impl StartPage {
    fn new(app: &SharedApp, visit: &Visit, purpose: Purpose, a: Answers) -> Self {
        Self { p: Page::new(app, visit), a, purpose }
    }

    fn is_registration(&self) -> bool {
        self.purpose == Purpose::Register
    }

    fn action(&self) -> String {
        self.p.url(code::start_place(self.purpose))
    }

    /// The guide's sentence, with a link where it names the policy. Both parts are our own words.
    fn consent(&self) -> String {
        let w = &self.p.w.register;
        let link = format!("<a href=\"{}\">{}</a>", self.p.url("policy"), w.consent_policy);
        fill(&w.consent, &[("policy", &link)])
    }
}

/// Whoever is signed in needs no registration.
fn home_of(visit: &Visit) -> Option<Response> {
    Some(Redirect::to(&urls::home(visit.language, visit.role()?)).into_response())
}

async fn open(State(app): State<SharedApp>, visit: Visit, purpose: Purpose) -> Result<Response, WebError> {
    match home_of(&visit) {
        Some(home) => Ok(home),
        None => show(&StartPage::new(&app, &visit, purpose, Answers::default())),
    }
}

/// Known and unknown people get the same answer in the same time.
async fn ask(
    State(app): State<SharedApp>,
    visit: Visit,
    form: Form,
    purpose: Purpose,
) -> Result<Response, WebError> {
    let pace = EvenPace::begin(EVEN);
    let mut a = form.answers();
    let page = |a| StartPage::new(&app, &visit, purpose, a);
    let answer = match claim(&app, &visit, &form, purpose, &mut a).await? {
        None => show_again(&page(a)),
        Some(claim) => match begin(&app, &visit, &form, claim).await {
            Err(error) => show_later(&app, &visit, error, a, page).await,
            done => done,
        },
    };
    pace.finish().await;
    answer
}

async fn claim(
    app: &SharedApp,
    visit: &Visit,
    form: &Form,
    purpose: Purpose,
    a: &mut Answers,
) -> Result<Option<Claim>, Fault> {
    let w = words(visit.language);
    let phone = fields::phone(form, "phone", w, a);
    let iin = fields::iin(form, "iin", w, a);
    if let Some(iin) = &iin
        && registration::is_too_young(app, iin).await?
    {
        let years = app.policy().adult_from_years.to_string();
        a.fail("iin", fill(&w.register.too_young, &[("years", &years)]));
    }
    if purpose == Purpose::Register && !form.ticked("consent") {
        a.fail("consent", &w.register.consent_needed);
    }
    Ok(phone.zip(iin).filter(|_| a.is_good()).map(|(phone, iin)| Claim { purpose, phone, iin }))
}

async fn begin(app: &SharedApp, visit: &Visit, form: &Form, claim: Claim) -> Result<Response, WebError> {
    let visitor = visitor(app, visit);
    let mut work = form.begin(app, visit).await?;
    let challenge = registration::begin(&mut work.tx, &work.deed, claim, &visitor).await?;
    let location = code::address(visit, claim.purpose, "");
    let deed = work.settle(&location).await?;
    let begun = Begun::new(challenge, claim, visitor, deed);
    code::send(app, registration::ask_registry(app, &begun).await?).await;
    Ok(Redirect::to(&location).into_response())
}

fn password_place(visit: &Visit, purpose: Purpose) -> String {
    urls::page(visit.language, &format!("{}/password", code::start_place(purpose)))
}

async fn open_code(
    State(app): State<SharedApp>,
    visit: Visit,
    purpose: Purpose,
) -> Result<Response, WebError> {
    let proven = password_place(&visit, purpose);
    code::open(&app, &visit, purpose, Some(proven), Answers::default()).await
}

async fn try_code(
    State(app): State<SharedApp>,
    visit: Visit,
    form: Form,
    purpose: Purpose,
) -> Result<Response, WebError> {
    let pace = EvenPace::begin(EVEN);
    let mut work = form.begin(&app, &visit).await?;
    let (typed, visitor) = (code::digits(&form), visitor(&app, &visit));
    let right = challenge::prove(&mut work.tx, &work.deed, purpose, &visitor, &typed).await?;
    if right {
        return work.finish(password_place(&visit, purpose)).await;
    }
    work.settle(&code::address(&visit, purpose, "")).await?;
    let answer = code::wrong(&app, &visit, purpose, &form).await;
    pace.finish().await;
    answer
}

async fn again(
    State(app): State<SharedApp>,
    visit: Visit,
    form: Form,
    purpose: Purpose,
) -> Result<Response, WebError> {
    code::again(&app, &visit, purpose, &form).await
}

#[derive(Template)]
#[template(path = "public/password.html")]
struct PasswordPage {
    p: Page,
    a: Answers,
    purpose: Purpose,
    known: Known,
}

impl PasswordPage {
    fn is_registration(&self) -> bool {
        self.purpose == Purpose::Register
    }

    fn title(&self) -> &str {
        if self.is_registration() { &self.p.w.register.title } else { &self.p.w.recover.title }
    }

    fn crumb(&self) -> &str {
        if self.is_registration() { &self.p.w.register.crumb } else { &self.p.w.recover.title }
    }

    fn sex(&self) -> &str {
        match self.known.sex() {
            Sex::Male => &self.p.w.password.male,
            Sex::Female => &self.p.w.password.female,
        }
    }

    fn patronymic(&self) -> &str {
        self.known.person.patronymic.as_deref().unwrap_or_default()
    }

    fn action(&self) -> String {
        self.p.url(&format!("{}/password", code::start_place(self.purpose)))
    }
}

async fn open_password(
    State(app): State<SharedApp>,
    visit: Visit,
    purpose: Purpose,
) -> Result<Response, WebError> {
    match registration::proven(&app, purpose, &visitor(&app, &visit)).await? {
        None => Ok(code::to_start(&visit, purpose)),
        Some(known) => {
            show(&PasswordPage { p: Page::new(&app, &visit), a: Answers::default(), purpose, known })
        }
    }
}

async fn save_password(
    State(app): State<SharedApp>,
    visit: Visit,
    jar: CookieJar,
    form: Form,
    purpose: Purpose,
) -> Result<Response, WebError> {
    let visitor = visitor(&app, &visit);
    let Some(known) = registration::proven(&app, purpose, &visitor).await? else {
        // Pressed twice: the same result page; else the road begins anew.
        form.begin(&app, &visit).await?;
        return Ok(code::to_start(&visit, purpose));
    };
    let mut a = form.answers();
    let context = [known.iin.as_str(), known.phone.digits()];
    let Some(password) = fields::new_password(&form, &context, words(visit.language), &mut a) else {
        return show_again(&PasswordPage { p: Page::new(&app, &visit), a, purpose, known });
    };
    let hash = password::hash(&app, &password).await?;
    let mut work = form.begin(&app, &visit).await?;
    let account = registration::save_password(&mut work.tx, &work.deed, purpose, &visitor, &hash).await?;
    let (old, new) = (browser::mark(&app, &jar), browser::fresh(&app));
    sign_in::know_browser(&mut work.tx, &work.deed, account, (old.as_deref(), &new)).await?;
    let location = urls::page(visit.language, "login?done=password_saved");
    Ok(browser::remember(&app, &new, work.finish(location).await?))
}

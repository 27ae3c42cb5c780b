//! The account's own affairs: data, phone, password, language, sessions, roles.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;
use uuid::Uuid;

use crate::app::SharedApp;
use crate::clock::EvenPace;
use crate::domain::challenge::{self, Purpose};
use crate::domain::password;
use crate::domain::profile::{self, Granted, ListedSession, Profile, Switch};
use crate::fault::{Failure, Fault};
use crate::locale::words;
use crate::rules::actor::Role;
use crate::rules::person::{Language, Sex};
use crate::rules::phone::Phone;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{Page, show, show_again, show_later};
use crate::web::public::code::{self, EVEN, visitor};
use crate::web::session::{self, SignedIn};
use crate::web::visit::{Signed, Visit};
use crate::web::{Routes, Who, browser, fields, urls};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/profile", Who::SignedIn, open)
        .get("/{lang}/profile/phone", Who::SignedIn, back)
        .get("/{lang}/profile/password", Who::SignedIn, back)
        .get("/{lang}/profile/language", Who::SignedIn, back)
        .get("/{lang}/profile/sessions", Who::SignedIn, back)
        .get("/{lang}/profile/role", Who::SignedIn, back)
        .post("/{lang}/profile/phone", Who::SignedIn, ask_phone)
        .get("/{lang}/profile/phone/code", Who::SignedIn, open_phone_code)
        .post("/{lang}/profile/phone/code", Who::SignedIn, change_phone)
        .get("/{lang}/profile/phone/again", Who::SignedIn, |visit| code::moved(visit, Purpose::ChangePhone))
        .post("/{lang}/profile/phone/again", Who::SignedIn, phone_again)
        .post("/{lang}/profile/password", Who::SignedIn, change_password)
        .post("/{lang}/profile/language", Who::SignedIn, set_language)
        .post("/{lang}/profile/sessions/{id}/end", Who::SignedIn, end_session)
        .post("/{lang}/profile/sessions/end", Who::SignedIn, end_other_sessions)
        .post("/{lang}/profile/role", Who::SignedIn, switch_role)
}

#[derive(Template)]
#[template(path = "parent/profile.html")]
struct ProfilePage {
    p: Page,
    a: Answers,
    profile: Profile,
    this: SignedIn,
}

/// A line in the list of sessions.
struct SessionLine<'a> {
    session: &'a ListedSession,
    id: String,
    browser: String,
    is_this: bool,
}

impl ProfilePage {
    fn sex(&self) -> &str {
        match self.profile.account.sex {
            Sex::Male => &self.p.w.password.male,
            Sex::Female => &self.p.w.password.female,
        }
    }

    fn phone(&self) -> String {
        self.profile.account.phone.map_or_else(|| self.p.w.profile.phone_none.clone(), |phone| phone.shown())
    }

    fn sessions(&self) -> Vec<SessionLine<'_>> {
        let line = |session| session_line(self.p.w, &self.this, session);
        self.profile.sessions.iter().map(line).collect()
    }

    fn has_other_sessions(&self) -> bool {
        self.profile.sessions.len() > 1
    }

    fn languages(&self) -> Vec<(&'static str, &str)> {
        let w = &self.p.w.profile;
        vec![("kk", &w.language_kk), ("ru", &w.language_ru)]
    }

    fn has_roles(&self) -> bool {
        !self.profile.roles.is_empty()
    }

    fn roles(&self) -> Vec<(String, String)> {
        let parent = ("parent".to_owned(), self.p.w.profile.role_parent.clone());
        let staff = self
            .profile
            .roles
            .iter()
            .map(|granted| (role_value(granted.role), role_name(self.p.language, granted)));
        staff.chain([parent]).collect()
    }
}

fn session_line<'a>(
    w: &crate::locale::words::Words,
    this: &SignedIn,
    session: &'a ListedSession,
) -> SessionLine<'a> {
    let named = browser::name(&session.browser);
    SessionLine {
        id: hex::encode(&session.id_hash[..16]),
        browser: if named.is_empty() { w.profile.session_unknown.clone() } else { named },
        is_this: session.id_hash == this.id_hash,
        session,
    }
}

fn role_value(role: Role) -> String {
    match role.kindergarten() {
        Some(id) => format!("{}:{id}", role.as_str()),
        None => role.as_str().to_owned(),
    }
}

fn parse_role(value: &str) -> Option<Role> {
    match value.split_once(':') {
        Some((name, id)) => Role::parse(name, Some(Uuid::parse_str(id).ok()?)),
        None => Role::parse(value, None),
    }
}

fn role_name(language: Language, granted: &Granted) -> String {
    let w = &words(language).profile;
    let place = match language {
        Language::Kk => granted.kindergarten_kk.as_ref(),
        Language::Ru => granted.kindergarten_ru.as_ref(),
    };
    match granted.role {
        Role::Parent => w.role_parent.clone(),
        Role::Doctor => w.role_doctor.clone(),
        Role::Operator => w.role_operator.clone(),
        Role::Kindergarten(_) => {
            format!("{}: {}", w.role_kindergarten, place.map_or("", String::as_str))
        }
    }
}

async fn page(app: &SharedApp, signed: &Signed, mut a: Answers) -> Result<ProfilePage, WebError> {
    let profile = profile::show(app, signed.account).await?;
    let this = signed.visit.signed_in.clone().ok_or(WebError::SignedOut)?;
    a.set("language", profile.account.language.as_str());
    a.set("role", role_value(signed.role));
    Ok(ProfilePage { p: Page::new(app, &signed.visit), a, profile, this })
}

async fn open(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    show(&page(&app, &signed, Answers::default()).await?)
}

/// A form of the profile has no page of its own: the language switch and a sign-in in between lead back here.
async fn back(visit: Visit) -> Redirect {
    Redirect::to(&urls::page(visit.language, "profile"))
}

/// A form of the profile that was wrong, or could not be served now.
async fn shown_again(
    app: &SharedApp,
    signed: &Signed,
    a: Answers,
    error: Option<WebError>,
) -> Result<Response, WebError> {
    let page = page(app, signed, Answers::default()).await?;
    let with = |a| ProfilePage { a: keep_choices(a, &page.a), ..page };
    match error {
        None => show_again(&with(a)),
        Some(error) => show_later(app, &signed.visit, error, a, with).await,
    }
}

fn keep_choices(mut a: Answers, stored: &Answers) -> Answers {
    for name in ["language", "role"] {
        a.set(name, stored.value(name));
    }
    a
}

/// The password given with a form, or the error at its field.
async fn password_given(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    field: &str,
    a: &mut Answers,
) -> Result<(), Failure> {
    let w = words(signed.visit.language);
    let Some(typed) = fields::required(form, field, w, a) else { return Ok(()) };
    if !profile::password_is_right(app, signed.actor(), signed.visit.request, typed).await? {
        a.fail(field, &w.form.password_wrong);
    }
    Ok(())
}

/// Phone, step one: the password, then a code to the new number, if the registry ties it to this person.
async fn ask_phone(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let pace = EvenPace::begin(EVEN);
    let mut a = form.answers();
    let phone = fields::phone(&form, "phone", words(signed.visit.language), &mut a);
    let given = password_given(&app, &signed, &form, "password_again", &mut a).await;
    let answer = match (given, phone.filter(|_| a.is_good())) {
        (Err(failure), _) => shown_again(&app, &signed, a, Some(failure.into())).await,
        (Ok(()), None) => shown_again(&app, &signed, a, None).await,
        (Ok(()), Some(phone)) => match begin_phone(&app, &signed, &form, &phone).await {
            Err(error) => shown_again(&app, &signed, a, Some(error)).await,
            done => done,
        },
    };
    pace.finish().await;
    answer
}

/// The registry is asked first: a silent one changes nothing.
async fn begin_phone(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    phone: &Phone,
) -> Result<Response, WebError> {
    let account = profile::show(app, signed.account).await?.account;
    let belongs = profile::phone_belongs(app, &account.iin, phone).await?;
    let (visit, visitor) = (&signed.visit, visitor(app, &signed.visit));
    let mut work = form.begin(app, visit).await?;
    let (tx, deed) = (&mut work.tx, &work.deed);
    let id = profile::begin_phone(tx, deed, &visitor, &account, phone).await?;
    let code = profile::arm_phone(tx, deed, id, phone, visit.language, belongs).await?;
    let response = work.finish(code::address(visit, Purpose::ChangePhone, "")).await?;
    code::send(app, code).await;
    Ok(response)
}

async fn open_phone_code(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    code::open(&app, &signed.visit, Purpose::ChangePhone, None, Answers::default()).await
}

async fn change_phone(
    State(app): State<SharedApp>,
    signed: Signed,
    form: Form,
) -> Result<Response, WebError> {
    let (visit, visitor) = (&signed.visit, visitor(&app, &signed.visit));
    let mut work = form.begin(&app, visit).await?;
    let (tx, deed) = (&mut work.tx, &work.deed);
    if !challenge::prove(tx, deed, Purpose::ChangePhone, &visitor, &code::digits(&form)).await? {
        work.settle(&code::address(visit, Purpose::ChangePhone, "")).await?;
        return code::wrong(&app, visit, Purpose::ChangePhone, &form).await;
    }
    profile::change_phone(tx, deed, &visitor).await?;
    work.finish(urls::page(visit.language, "profile?done=phone_changed")).await
}

async fn phone_again(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    code::again(&app, &signed.visit, Purpose::ChangePhone, &form).await
}

async fn change_password(
    State(app): State<SharedApp>,
    signed: Signed,
    form: Form,
) -> Result<Response, WebError> {
    let mut a = form.answers();
    let account = profile::show(&app, signed.account).await?.account;
    let phone = account.phone.map(|phone| phone.digits().to_owned()).unwrap_or_default();
    let context = [account.iin.as_str(), phone.as_str()];
    let new = fields::new_password(&form, &context, words(signed.visit.language), &mut a);
    if let Err(failure) = password_given(&app, &signed, &form, "password_old", &mut a).await {
        return shown_again(&app, &signed, a, Some(failure.into())).await;
    }
    let Some(new) = new.filter(|_| a.is_good()) else { return shown_again(&app, &signed, a, None).await };
    let hash = password::hash(&app, &new).await?;
    let this = signed.visit.signed_in.as_ref().ok_or(WebError::SignedOut)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    profile::change_password(&mut work.tx, &work.deed, signed.account, &hash, &this.id_hash).await?;
    work.finish(urls::page(signed.visit.language, "profile?done=saved")).await
}

async fn set_language(
    State(app): State<SharedApp>,
    signed: Signed,
    form: Form,
) -> Result<Response, WebError> {
    let Some(language) = Language::parse(form.text("language")) else { return Err(WebError::Malformed) };
    let mut work = form.begin(&app, &signed.visit).await?;
    profile::set_language(&mut work.tx, &work.deed, signed.account, language).await?;
    work.finish(urls::page(signed.visit.language, "profile?done=language_saved")).await
}

async fn end_session(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let half = hex::decode(&id).map_err(|_| Failure::NotFound)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    profile::end_session(&mut work.tx, &work.deed, signed.account, &half).await?;
    work.finish(urls::page(signed.visit.language, "profile?done=sessions_ended")).await
}

async fn end_other_sessions(
    State(app): State<SharedApp>,
    signed: Signed,
    form: Form,
) -> Result<Response, WebError> {
    let this = signed.visit.signed_in.as_ref().ok_or(WebError::SignedOut)?;
    let mut work = form.begin(&app, &signed.visit).await?;
    profile::end_other_sessions(&mut work.tx, &work.deed, signed.account, &this.id_hash).await?;
    work.finish(urls::page(signed.visit.language, "profile?done=sessions_ended")).await
}

/// Another role of the same person: under a new session identifier.
async fn switch_role(
    State(app): State<SharedApp>,
    signed: Signed,
    session: Session,
    form: Form,
) -> Result<Response, WebError> {
    let role = parse_role(form.text("role")).ok_or(Failure::NotFound)?;
    let visit = &signed.visit;
    let this = visit.signed_in.as_ref().ok_or(WebError::SignedOut)?;
    let mut work = form.begin(&app, visit).await?;
    let since = (this.signed_in_at, this.password_at);
    let (tx, deed) = (&mut work.tx, &work.deed);
    let opening = match profile::switch_role(tx, deed, role, since, &visit.user_agent).await? {
        Switch::Open(opening) => opening,
        Switch::SignInAnew => {
            session.flush().await.map_err(|error| Fault::Broken(format!("session: {error}")))?;
            return Ok(Redirect::to(&urls::page(visit.language, "login")).into_response());
        }
    };
    let response = work.finish(urls::home(visit.language, role)).await?;
    session::open(&session, opening).await.map_err(|error| Fault::Broken(format!("session: {error}")))?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_in_a_form_is_read_back() {
        for role in [Role::Parent, Role::Doctor, Role::Operator, Role::Kindergarten(Uuid::from_u128(5))] {
            assert_eq!(parse_role(&role_value(role)), Some(role));
        }
        for strange in ["", "kindergarten", "parent:00000000-0000-0000-0000-000000000005", "kindergarten:x"] {
            assert_eq!(parse_role(strange), None, "{strange}");
        }
    }
}

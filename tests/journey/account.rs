//! Registration, sign-in, recovery, children and the profile, through the pages.
use sqlx::PgPool;

use crate::support::people::{self, PASSWORD};
use crate::support::{Page, Person, Portal, Visitor, adult, child};

/// Walks the three pages of registration.
async fn register(portal: &Portal, visitor: &mut Visitor, person: &Person) -> Page {
    let claim = [("phone", person.phone.as_str()), ("iin", &person.iin), ("consent", "yes")];
    let page = visitor.fill_in("/kk/register", "register", &claim).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let code = portal.code_for(&person.phone).await;
    let page = visitor.submit(page.form("register/code").fill("code", &code)).await;
    assert!(page.sees(&person.surname), "{}", page.text());
    let form = page.form("register/password");
    visitor.submit(form.fill("password", PASSWORD).fill("password_repeat", PASSWORD)).await
}

async fn sign_in(visitor: &mut Visitor, login: &str) -> Page {
    visitor.fill_in("/kk/login", "login", &[("login", login), ("password", PASSWORD)]).await
}

#[sqlx::test]
async fn a_parent_registers_signs_in_and_adds_a_child(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (parent, kid) = (adult(1), child(1, "autism"));
    let mut visitor = portal.visitor();
    let page = register(&portal, &mut visitor, &parent).await;
    assert!(page.sees("Құпия сөз сақталды"), "{}", page.text());
    let page = sign_in(&mut visitor, &parent.phone).await;
    assert_eq!(page.path, "/kk/cabinet", "the browser that proved the code is known");
    let page = visitor.fill_in("/kk/children/new", "children/new", &[("iin", &kid.iin)]).await;
    assert!(page.sees(&kid.surname), "{}", page.text());
    let page = visitor.submit(page.form("/kk/children")).await;
    assert!(page.sees("Бала қосылды") && page.sees(&kid.name), "{}", page.text());
}

#[sqlx::test]
async fn somebody_elses_number_gets_the_same_pages_and_no_code(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let victim = adult(1);
    let mut visitor = portal.visitor();
    let claim = [("phone", "+77071234599"), ("iin", victim.iin.as_str()), ("consent", "yes")];
    let page = visitor.fill_in("/kk/register", "register", &claim).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/kk/register/code"));
    let page = visitor.submit(page.form("register/code").fill("code", "123456")).await;
    assert_eq!(page.status, 422);
    assert!(page.error("code").is_some() && !page.sees(&victim.surname));
    assert!(portal.messages("+77071234599").await.is_empty());
}

#[sqlx::test]
async fn five_wrong_codes_are_enough(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let parent = adult(1);
    let mut visitor = portal.visitor();
    let claim = [("phone", parent.phone.as_str()), ("iin", &parent.iin), ("consent", "yes")];
    visitor.fill_in("/kk/register", "register", &claim).await;
    let code = portal.code_for(&parent.phone).await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    for _ in 0..5 {
        let page = visitor.fill_in("/kk/register/code", "register/code", &[("code", wrong)]).await;
        assert_eq!(page.status, 422);
    }
    let page = visitor.fill_in("/kk/register/code", "register/code", &[("code", &code)]).await;
    assert_eq!(page.status, 422, "the sixth is not compared");
}

#[sqlx::test]
async fn a_second_registration_is_a_recovery_and_ends_all_sessions(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let parent = adult(1);
    let mut old = portal.visitor();
    register(&portal, &mut old, &parent).await;
    assert_eq!(sign_in(&mut old, &parent.iin).await.path, "/kk/cabinet");
    portal.advance("PT2M").await;
    let mut new = portal.visitor();
    register(&portal, &mut new, &parent).await;
    let page = old.open("/kk/profile").await;
    assert!(page.path.starts_with("/kk/login"), "{}", page.path);
    assert_eq!(sign_in(&mut new, &parent.iin).await.path, "/kk/cabinet");
    assert!(new.open("/kk/notices").await.sees("Құпия сөзіңіз ауыстырылды"));
}

#[sqlx::test]
async fn a_parent_on_an_unknown_browser_gives_a_code_and_gets_a_new_session(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let parent = adult(1);
    register(&portal, &mut portal.visitor(), &parent).await;
    portal.advance("PT2M").await;
    let mut visitor = portal.visitor();
    let page = sign_in(&mut visitor, &parent.phone).await;
    assert_eq!(page.path, "/kk/login/code");
    let code = portal.code_for(&parent.phone).await;
    let page = visitor.submit(page.form("login/code").fill("code", &code)).await;
    assert_eq!(page.path, "/kk/cabinet", "{}", page.text());
}

#[sqlx::test]
async fn a_silent_registry_keeps_what_was_typed_and_counts_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let parent = adult(1);
    let mut visitor = portal.visitor();
    let claim = [("phone", parent.phone.as_str()), ("iin", &parent.iin), ("consent", "yes")];
    portal.fault("registry", "down").await;
    let page = visitor.fill_in("/kk/register", "register", &claim).await;
    assert_eq!(page.status, 503);
    assert_eq!(page.form("register").value("phone"), Some(parent.phone.as_str()));
    portal.fault("registry", "ok").await;
    let page = visitor.submit(page.form("register")).await;
    assert_eq!(page.path, "/kk/register/code", "{}", page.text());
}

#[sqlx::test]
async fn strangers_children_cannot_be_looked_up(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let parent = adult(1);
    let mut visitor = portal.visitor();
    register(&portal, &mut visitor, &parent).await;
    sign_in(&mut visitor, &parent.phone).await;
    let mut answers = Vec::new();
    for n in 1..=6 {
        let stranger = people::nobodys_child(n);
        let page = visitor.fill_in("/kk/children/new", "children/new", &[("iin", &stranger.iin)]).await;
        assert!(!page.sees(&stranger.surname));
        answers.push(page.status);
    }
    assert_eq!(answers, [422, 422, 422, 422, 422, 429]);
}

//! What holds for every page.
use sqlx::PgPool;

use crate::support::{Portal, adult};

#[sqlx::test(migrations = "./migrations")]
async fn a_page_that_is_not_there_is_404_in_the_language_of_its_address(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    for (path, heading) in [("/kk/joq", "Мұндай бет жоқ"), ("/ru/net", "Такой страницы нет")]
    {
        let page = visitor.open(path).await;
        assert_eq!(page.status, 404);
        assert_eq!(page.attributes("html", "lang"), [&path[1..3]]);
        assert_eq!(page.h1(), heading);
        assert!(page.header("content-security-policy").is_some());
    }
    assert_eq!(visitor.open("/en/notices").await.status, 404, "there is no third language");
}

#[sqlx::test(migrations = "./migrations")]
async fn another_host_is_misdirected(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    visitor.headers.push(("host".to_owned(), "evil.example".to_owned()));
    assert_eq!(visitor.open("/kk/notices").await.status, 421);
    assert_eq!(visitor.open("/sandbox/messages").await.status, 421, "also for a page that rebinds its name");
}

#[sqlx::test(migrations = "./migrations")]
async fn notices_are_for_the_signed_in_who_come_back_to_them(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    visitor.follow = false;
    let page = visitor.open("/ru/notices").await;
    assert_eq!((page.status, page.location().as_deref()), (303, Some("/ru/login?next=/ru/notices")));
    let page = visitor.send("POST", "/kk/notices", "application/x-www-form-urlencoded", "newest=x").await;
    assert_eq!((page.status, page.location().as_deref()), (303, Some("/kk/login?next=/kk/notices")));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_form_without_its_token_or_from_another_site_does_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(1)).await;
    portal.notify(account, &balabaqsha::rules::notice::Notice::PasswordChanged).await;
    let mut parent = portal.signed_in(account).await;
    let form = parent.open("/kk/notices").await.form("/notices");

    let page = parent.submit(form.clone().forge("form_token", "")).await;
    assert_eq!(page.status, 403);
    // Another visitor's token.
    let stranger = portal.account(&adult(2)).await;
    let mut stranger = portal.signed_in(stranger).await;
    assert_eq!(stranger.submit(form.clone()).await.status, 403);
    // Our own form, submitted by a page of another site.
    parent.headers.push(("sec-fetch-site".to_owned(), "cross-site".to_owned()));
    assert_eq!(parent.submit(form.clone()).await.status, 403);
    parent.headers.clear();
    assert!(parent.open("/kk/notices").await.has_form("/notices"), "nothing was marked");

    assert_eq!(parent.submit(form).await.statuses, [303, 200]);
    assert!(!parent.open("/kk/notices").await.has_form("/notices"));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_link_of_a_text_leads_to_the_case_in_the_visitors_language(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let number = portal.app.secrets.case_number();
    let mut visitor = portal.visitor();
    visitor.follow = false;
    let page = visitor.open(&format!("/v/{number}")).await;
    assert_eq!(page.location(), Some(format!("/kk/applications/{number}")));
    visitor.headers.push(("accept-language".to_owned(), "ru-KZ,ru;q=0.9".to_owned()));
    let page = visitor.open(&format!("/v/{}", number.to_lowercase())).await;
    assert_eq!((page.status, page.location()), (303, Some(format!("/ru/applications/{number}"))));
    assert_eq!(visitor.open("/v/ABC").await.status, 404);
}

#[test]
fn the_table_of_routes_is_printed_without_a_database() {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_balabaqsha")).arg("routes").env_clear().output();
    let out = out.unwrap();
    assert!(out.status.success());
    let table = String::from_utf8(out.stdout).unwrap();
    let line =
        |start: &str| table.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    assert!(line("GET    /{lang}/notices").ends_with("signed in"), "{table}");
    assert!(line("POST   /sandbox/tick").ends_with("loopback"), "{table}");
}

//! Sign-in, sessions, roles, the profile.
use sqlx::PgPool;

use crate::support::people::PASSWORD;
use crate::support::{Page, Portal, Visitor, adult};

async fn signs_in(visitor: &mut Visitor, login: &str, password: &str) -> Page {
    visitor.fill_in("/kk/login", "/login", &[("login", login), ("password", password)]).await
}

/// Through the code, on a browser that is not known yet.
async fn signs_in_with_code(portal: &Portal, visitor: &mut Visitor, phone: &str, nth: usize) -> Page {
    let page = signs_in(visitor, phone, PASSWORD).await;
    assert_eq!(page.path, "/kk/login/code", "{}", page.text());
    let code = portal.nth_code_for(phone, nth).await;
    visitor.submit(page.form("/code").fill("code", &code)).await
}

#[sqlx::test(migrations = "./migrations")]
async fn an_unknown_browser_gives_a_code_once_and_is_known_then(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let mut visitor = portal.visitor();
    visitor.cookies.insert("session".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let page = signs_in(&mut visitor, &person.iin, PASSWORD).await;
    assert_eq!(page.path, "/kk/login/code");
    assert!(!page.sees(&shown(&person.phone)), "whoever knows the password need not know the number");
    visitor.follow = false;
    assert_eq!(visitor.open("/kk/cabinet").await.status, 303, "not in yet");
    visitor.follow = true;
    let wrong = visitor.submit(page.form("/code").fill("code", "12345x")).await;
    assert_eq!(wrong.status, 422);
    let code = portal.code_for(&person.phone).await;
    let page = visitor.submit(wrong.form("/code").fill("code", &code)).await;
    assert_eq!((page.statuses.as_slice(), page.path.as_str()), (&[303, 200][..], "/kk/cabinet"));
    assert_ne!(visitor.session().as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA"), "a session of our own making");

    let page = visitor.submit(page.form("/logout")).await;
    assert_eq!(page.path, "/kk/?done=signed_out");
    for login in [person.iin.clone(), format!("8 {} ", &person.phone[2..]), person.phone.clone()] {
        let page = signs_in(&mut visitor, &login, PASSWORD).await;
        assert_eq!(page.path, "/kk/cabinet", "known now: {login}");
        visitor.submit(page.form("/logout")).await;
    }
    let mut elsewhere = portal.visitor();
    assert_eq!(signs_in(&mut elsewhere, &person.iin, PASSWORD).await.path, "/kk/login/code");
}

fn shown(phone: &str) -> String {
    format!("{} {} {} {}", &phone[..2], &phone[2..5], &phone[5..8], &phone[8..])
}

#[sqlx::test(migrations = "./migrations")]
async fn staff_give_a_code_each_time_and_come_to_their_own_section(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    portal.grant(account, "doctor", None).await;
    let mut visitor = portal.visitor();
    for nth in [1, 2] {
        let page = signs_in_with_code(&portal, &mut visitor, &person.phone, nth).await;
        assert_eq!(page.path, "/kk/doctor", "{}", page.text());
        let old = visitor.session();
        let page = visitor.submit(page.form("/logout")).await;
        assert_eq!(page.path, "/kk/?done=signed_out");
        let mut thief = portal.visitor();
        thief.follow = false;
        thief.cookies.insert("session".to_owned(), old.unwrap());
        assert_eq!(thief.open("/kk/doctor").await.status, 303, "the old session died on the server");
        portal.advance("PT61S").await;
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_wrong_password_and_an_unknown_person_get_one_answer(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let mut visitor = portal.visitor();
    let mut answers = Vec::new();
    for login in [&person.phone, &adult(3).phone, &person.iin, &adult(3).iin, &"қате".to_owned()] {
        let page = signs_in(&mut visitor, login, "дұрыс емес сөз").await;
        assert_eq!(page.status, 422);
        assert_eq!(page.form("/login").value("login"), Some(login.as_str()), "typed is kept");
        assert_eq!(page.form("/login").value("password"), Some(""));
        answers.push(page.error("login"));
    }
    assert!(answers[0].is_some() && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let page = signs_in(&mut visitor, "", "").await;
    assert_eq!(page.status, 422);
    assert!(page.error("login").is_some() && page.error("password").is_some());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_stranger_who_guesses_cannot_lock_the_owner_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let mut owner = portal.visitor();
    let page = signs_in_with_code(&portal, &mut owner, &person.phone, 1).await;
    owner.submit(page.form("/logout")).await;
    let mut stranger = portal.visitor();
    for _ in 0..10 {
        assert_eq!(signs_in(&mut stranger, &person.phone, "дұрыс емес сөз").await.status, 422);
    }
    let page = signs_in(&mut stranger, &person.phone, PASSWORD).await;
    assert_eq!(page.status, 429, "the right password neither");
    assert!(page.header("retry-after").is_some());
    assert_eq!(signs_in(&mut owner, &person.phone, PASSWORD).await.path, "/kk/cabinet");
}

#[sqlx::test(migrations = "./migrations")]
async fn only_pages_of_the_portal_are_gone_on_to(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let mut visitor = portal.visitor();
    let page = signs_in_with_code(&portal, &mut visitor, &person.phone, 1).await;
    visitor.submit(page.form("/logout")).await;
    for (next, leads) in [
        ("/ru/children", "/ru/children"),
        ("%2Fru%2Fnotices", "/ru/notices"),
        ("//evil.example", "/kk/cabinet"),
        ("https://evil.example/kk/", "/kk/cabinet"),
        ("/%5Cevil.example", "/kk/cabinet"),
        ("/kk/%0d%0aSet-Cookie:x=1", "/kk/cabinet"),
        ("javascript:alert(1)", "/kk/cabinet"),
    ] {
        let page = visitor.open(&format!("/kk/login?next={next}")).await;
        let form = page.form("/login").fill("login", &person.iin).fill("password", PASSWORD);
        let page = visitor.submit(form).await;
        assert_eq!(page.path, leads, "{next}");
        visitor.submit(page.form("/logout")).await;
    }
    // A forged hidden field fares no better.
    let page = visitor.open("/kk/login").await;
    let form = page.form("/login").fill("login", &person.iin).fill("password", PASSWORD);
    assert_eq!(visitor.submit(form.forge("next", "//evil.example")).await.path, "/kk/cabinet");
    // Through the code too.
    let mut fresh = portal.visitor();
    let page = fresh.open("/kk/login?next=/kk/children").await;
    let page = fresh.submit(page.form("/login").fill("login", &person.iin).fill("password", PASSWORD)).await;
    let code = portal.nth_code_for(&person.phone, 2).await;
    assert_eq!(fresh.submit(page.form("/code").fill("code", &code)).await.path, "/kk/children");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_changed_password_ends_every_other_session(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let (mut here, mut there) = (portal.signed_in(account).await, portal.signed_in(account).await);
    let change = |old: &'static str, new: &'static str, again: &'static str| {
        [("password_old", old), ("password", new), ("password_repeat", again)]
    };
    let page = here
        .fill_in(
            "/kk/profile",
            "/profile/password",
            &change("қате құпия сөз", "Жаздағы жаңбыр", "Жаздағы жаңбыр"),
        )
        .await;
    assert_eq!(page.status, 422);
    assert!(page.error("password_old").is_some());
    let page =
        here.fill_in("/kk/profile", "/profile/password", &change(PASSWORD, "Жаздағы жаңбыр", "Күзгі")).await;
    assert!(page.status == 422 && page.error("password_repeat").is_some());
    let page = here.fill_in("/kk/profile", "/profile/password", &change(PASSWORD, "қысқа", "қысқа")).await;
    assert!(page.status == 422 && page.error("password").is_some());
    assert_eq!(there.open("/kk/cabinet").await.status, 200);
    let page = here
        .fill_in("/kk/profile", "/profile/password", &change(PASSWORD, "Жаздағы жаңбыр", "Жаздағы жаңбыр"))
        .await;
    assert_eq!(page.statuses, [303, 200]);
    there.follow = false;
    assert_eq!(there.open("/kk/cabinet").await.location().as_deref(), Some("/kk/login?next=/kk/cabinet"));
    assert_eq!(here.open("/kk/cabinet").await.status, 200);
    assert!(here.open("/kk/notices").await.sees("Құпия сөзіңіз"));
}

#[sqlx::test(migrations = "./migrations")]
async fn one_session_or_all_others_can_be_ended_from_the_profile(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    let stranger = portal.account(&adult(3)).await;
    let mut here = portal.signed_in(account).await;
    let mut others = [portal.signed_in(account).await, portal.signed_in(account).await];
    let mut strangers = portal.signed_in(stranger).await;
    let page = here.open("/ru/profile").await;
    let ends: Vec<_> = page.forms().into_iter().filter(|form| form.action.ends_with("/end")).collect();
    assert_eq!(ends.len(), 3, "two others, and all others");
    // Somebody else's session cannot be named.
    let theirs = strangers.open("/ru/profile").await.form("/profile/language");
    let token = theirs.fields().into_iter().find(|(name, _)| name == "form_token").unwrap().1;
    let body = format!("form_token={token}");
    let path = ends[0].action.clone();
    let page = strangers.send("POST", &path, "application/x-www-form-urlencoded", body).await;
    assert_eq!(page.status, 404);
    let page = here.submit(ends[0].clone()).await;
    assert_eq!(page.statuses, [303, 200]);
    let mut alive = 0;
    for other in &mut others {
        other.follow = false;
        alive += usize::from(other.open("/kk/cabinet").await.status == 200);
    }
    assert_eq!(alive, 1);
    here.submit(page.form("/profile/sessions/end")).await;
    for other in &mut others {
        assert_eq!(other.open("/kk/cabinet").await.status, 303);
    }
    assert_eq!(here.open("/kk/cabinet").await.status, 200);
    assert_eq!(strangers.open("/kk/cabinet").await.status, 200);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_role_is_switched_under_a_new_session_and_each_role_sees_its_own(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut doctor = portal.doctor(1).await;
    let browser = &mut doctor.browser;
    assert_eq!(browser.open("/kk/cabinet").await.status, 404, "a doctor at work is no parent");
    let page = browser.open("/kk/profile").await;
    assert_eq!(page.form("/role").options("role"), ["doctor", "parent"]);
    let old = browser.session();
    let page = browser.submit(page.form("/role").fill("role", "parent")).await;
    assert_eq!(page.path, "/kk/cabinet");
    assert_ne!(browser.session(), old);
    assert_eq!(browser.open("/kk/doctor").await.status, 404);
    let mut thief = portal.visitor();
    thief.cookies.insert("session".to_owned(), old.unwrap());
    thief.follow = false;
    assert_eq!(thief.open("/kk/doctor").await.status, 303, "the old one is dead");
    let page = browser.open("/kk/profile").await;
    assert_eq!(browser.submit(page.form("/role").fill("role", "doctor")).await.path, "/kk/doctor");
    // A role nobody granted is not there.
    for role in ["operator", "kindergarten", "kindergarten:00000000-0000-0000-0000-000000000001", "x"] {
        let page = browser.open("/kk/profile").await;
        assert_eq!(browser.submit(page.form("/role").forge("role", role)).await.status, 404, "{role}");
    }
    // One granted after this sign-in asks for a new one.
    let kindergarten = portal.kindergarten(1, &[]).await;
    portal.grant(doctor.account, "kindergarten", Some(kindergarten.id)).await;
    sqlx::query("update roles set granted_at = portal_now() where role = 'kindergarten'")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    let browser = &mut doctor.browser;
    let page = browser.open("/ru/profile").await;
    let page =
        browser.submit(page.form("/role").fill("role", &format!("kindergarten:{}", kindergarten.id))).await;
    assert_eq!(page.path, "/ru/login");
}

#[sqlx::test(migrations = "./migrations")]
async fn sessions_end_by_themselves_and_with_the_role_or_the_account(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    let mut parent = portal.signed_in(account).await;
    let (mut doctor, mut dismissed) = (portal.doctor(1).await, portal.doctor(2).await);
    parent.follow = false;
    doctor.browser.follow = false;
    dismissed.browser.follow = false;
    sqlx::query("delete from roles where account_id = $1")
        .bind(dismissed.account)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    assert_eq!(dismissed.browser.open("/kk/doctor").await.status, 303, "on the very next request");
    portal.advance("PT29M").await;
    assert_eq!(doctor.browser.open("/kk/doctor").await.status, 200);
    portal.advance("PT31M").await;
    assert_eq!(doctor.browser.open("/kk/doctor").await.status, 303, "half an hour idle");
    for _ in 0..4 {
        portal.advance("P6DT22H").await;
        assert_eq!(parent.open("/kk/cabinet").await.status, 200);
    }
    portal.advance("P3D").await;
    assert_eq!(parent.open("/kk/cabinet").await.status, 303, "thirty days in all");
    let mut again = portal.signed_in(account).await;
    again.follow = false;
    portal.advance("P7DT1M").await;
    assert_eq!(again.open("/kk/cabinet").await.status, 303, "seven days idle");
    let mut last = portal.signed_in(account).await;
    last.follow = false;
    sqlx::query("update accounts set disabled_at = portal_now()").execute(&portal.app.pool).await.unwrap();
    assert_eq!(last.open("/kk/cabinet").await.status, 303);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_phone_is_changed_by_password_and_a_code_to_the_new_number(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let mut parent = portal.signed_in(account).await;
    let new = adult(50).phone;
    let page = parent
        .fill_in("/ru/profile", "/profile/phone", &[("phone", "12"), ("password_again", "жоқ жоқ жоқ")])
        .await;
    assert_eq!(page.status, 422);
    assert!(page.error("phone").is_some() && page.error("password_again").is_some());
    let page = parent
        .fill_in("/ru/profile", "/profile/phone", &[("phone", &new), ("password_again", PASSWORD)])
        .await;
    assert_eq!(page.path, "/ru/profile/phone/code", "{}", page.text());
    let code = portal.code_for(&new).await;
    let page = parent.submit(page.form("/code").fill("code", &code)).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(page.sees(&shown(&new)), "{}", page.text());
    assert!(parent.open("/kk/notices").await.sees("Телефон нөміріңіз"));
    // The registry ties this number to nobody: the same page, no text.
    portal.advance("PT2M").await;
    let page = parent
        .fill_in("/ru/profile", "/profile/phone", &[("phone", "+77071234599"), ("password_again", PASSWORD)])
        .await;
    assert_eq!(page.path, "/ru/profile/phone/code");
    assert_eq!(parent.submit(page.form("/code").fill("code", "000000")).await.status, 422);
    portal.fault("registry", "down").await;
    portal.advance("PT2M").await;
    let other = adult(51).phone;
    let page = parent
        .fill_in("/ru/profile", "/profile/phone", &[("phone", &other), ("password_again", PASSWORD)])
        .await;
    assert_eq!(page.status, 503);
    assert_eq!(page.form("/profile/phone").value("phone"), Some(other.as_str()), "typed is kept");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_language_of_notices_is_the_accounts_own(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    let mut parent = portal.signed_in(account).await;
    let page = parent.fill_in("/kk/profile", "/profile/language", &[("language", "ru")]).await;
    assert_eq!(page.statuses, [303, 200]);
    portal.notify(account, &balabaqsha::rules::notice::Notice::Confirmed { place: 7 }).await;
    portal.tick().await;
    let text = portal.messages(&person.phone).await[0]["text"].clone();
    assert_eq!(text, "Ваше заявление на получение ваучера подтверждено. Ваше место в очереди: 7");
}

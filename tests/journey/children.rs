//! «Менің балаларым»: the registry must tie the child to this adult, and nobody learns about other children.
use sqlx::PgPool;

use crate::support::people::nobodys_child;
use crate::support::{Page, Portal, Visitor, adult, child};

async fn checks(visitor: &mut Visitor, iin: &str) -> Page {
    visitor.fill_in("/kk/children/new", "/children/new", &[("iin", iin)]).await
}

#[sqlx::test(migrations = "./migrations")]
async fn a_child_is_checked_shown_and_saved_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let boy = child(1, "autism");
    for (n, lang, words, done) in [
        (2, "kk", ["Менің балаларым", "Баланы қосу", "Баланың ЖСН", "ЖСН тексеру", "Сақтау"], "Бала қосылды"),
        (
            3,
            "ru",
            ["Мои дети", "Добавить ребёнка", "ИИН ребёнка", "Проверить ИИН", "Сохранить"],
            "Ребёнок добавлен",
        ),
    ] {
        let account = portal.account(&adult(n)).await;
        let mut parent = portal.signed_in(account).await;
        let page = parent.open(&format!("/{lang}/cabinet")).await;
        let page = parent.open(&page.link(words[0])).await;
        let page = parent.open(&page.link(words[1])).await;
        assert!(page.sees(words[2]) && page.sees(words[3]), "{}", page.text());
        let page = parent.submit(page.form("/children/new").fill("iin", &boy.iin)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        for fact in
            [&boy.surname, &boy.name, &boy.birth_on.format("%d.%m.%Y").to_string(), &words[4].to_owned()]
        {
            assert!(page.sees(fact), "{fact}: {}", page.text());
        }
        let form = page.form("/children");
        let page = parent.submit(form.clone()).await;
        assert_eq!(page.statuses, [303, 200]);
        assert!(page.sees(done) && page.sees(&boy.name), "{}", page.text());
        assert_eq!(parent.submit(form).await.statuses, [303, 200], "pressed twice");
    }
    assert_eq!(
        (portal.count("children").await, portal.count("guardians").await),
        (1, 2),
        "shared by both parents"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn each_refused_number_has_its_reason_and_stays_typed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    let mut parent = portal.signed_in(account).await;
    for (typed, told) in [
        ("", "Бұл өрісті толтырыңыз"),
        ("12345", "12 цифр"),
        ("123456789012", "ЖСН"),
        (&adult(7).iin, "мектепке дейінгі"),
    ] {
        let page = checks(&mut parent, typed).await;
        assert_eq!(page.status, 422, "{typed}");
        let error = page.error("iin").unwrap();
        assert!(error.contains(told), "{typed}: {error}");
        assert_eq!(page.form("/children/new").value("iin"), Some(typed));
    }
    let boy = child(1, "autism");
    let page = checks(&mut parent, &boy.iin).await;
    parent.submit(page.form("/children")).await;
    let page = checks(&mut parent, &boy.iin).await;
    assert!(
        page.status == 422 && page.error("iin").unwrap().contains("тізіміңізде"),
        "{:?}",
        page.error("iin")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_child_that_does_not_exist_and_one_of_other_parents_look_alike_and_tries_are_counted(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.stop_clock("2026-12-14T10:00:00+05:00").await;
    let account = portal.account(&adult(2)).await;
    let mut parent = portal.signed_in(account).await;
    let missing = missing_child();
    let mut seen = Vec::new();
    for iin in [missing.as_str(), &nobodys_child(1).iin, &nobodys_child(2).iin] {
        let page = checks(&mut parent, iin).await;
        assert_eq!(page.status, 422);
        let tokens = page.attributes("input[name='form_token']", "value");
        let html = tokens.iter().fold(page.html(), |html, token| html.replace(token.as_str(), "T"));
        seen.push(html.replace(iin, "IIN"));
    }
    assert!(seen.iter().all(|page| *page == seen[0]));
    // Two more, then it is too often: of any child.
    checks(&mut parent, &nobodys_child(3).iin).await;
    let found = checks(&mut parent, &child(4, "autism").iin).await;
    assert_eq!(found.status, 200, "the fifth");
    let page = checks(&mut parent, &child(5, "autism").iin).await;
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").is_some());
    assert!(!page.sees(&child(5, "autism").name));
    assert_eq!(page.form("/children/new").value("iin"), Some(child(5, "autism").iin.as_str()));
    // Saving what was found is no sixth try.
    assert_eq!(parent.submit(found.form("/children")).await.statuses, [303, 200]);
    assert_eq!(portal.count("journal where deed = 'check_child'").await, 7);
    // A forged seal is one.
    let form = found.form("/children").forge("iin", &child(6, "autism").iin);
    let other = parent.submit(form).await;
    assert!(matches!(other.status, 429 | 200), "{}", other.status);
    assert_eq!(portal.count("children").await, 1);
}

/// Digits 8–11 are 0000: no such person.
fn missing_child() -> String {
    let days = (1..28).map(|day| format!("2403{day:02}50000"));
    let found = days.into_iter().find_map(|eleven| {
        let check = balabaqsha::rules::iin::check_digit(eleven.as_bytes())?;
        Some(format!("{eleven}{}", char::from(check)))
    });
    found.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_silent_registry_is_told_and_the_number_stays(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    let mut parent = portal.signed_in(account).await;
    let boy = child(1, "autism");
    portal.fault("registry", "down").await;
    let page = checks(&mut parent, &boy.iin).await;
    assert_eq!(page.status, 503);
    assert_eq!(page.form("/children/new").value("iin"), Some(boy.iin.as_str()));
    portal.fault("registry", "ok").await;
    let found = checks(&mut parent, &boy.iin).await;
    portal.fault("registry", "error").await;
    let page = parent.submit(found.form("/children")).await;
    assert_eq!(page.status, 503);
    assert_eq!(portal.count("children").await, 0, "nothing of the form is believed");
}

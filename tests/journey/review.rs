//! The phthisiatrician: oldest first, confirms or rejects with a reason, and sees no more than needed.
use sqlx::PgPool;

use crate::support::family::wished;
use crate::support::{Portal, files};

#[sqlx::test(migrations = "./migrations")]
async fn the_oldest_case_is_first_and_both_decisions_speak_the_guides_words(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let mut doctor = portal.doctor(1).await;
    let mut families = Vec::new();
    for n in [2, 3, 4] {
        let mut family = portal.family(n, "autism").await;
        family.applies(&portal, &[&garden]).await;
        portal.advance("PT1M").await;
        families.push(family);
    }
    let list = doctor.browser.open("/kk/doctor").await;
    assert_eq!(list.h1(), "Қаралатын өтініштер");
    let numbers: Vec<String> = families.iter().map(|family| family.number.clone()).collect();
    assert_eq!(list.all("tbody a"), numbers);
    assert!(!list.sees(&families[0].child.iin));

    let [first, second, third] = families.as_mut_slice() else { panic!() };
    // Later decisions first: the place counts the submission, not the decision.
    doctor.confirms(&second.number).await;
    assert_eq!(second.place().await.as_deref(), Some("1"));
    let page = second.browser.open("/kk/notices").await;
    assert!(page.sees("Сіздің ваучер алу өтініміңіз расталды. Кезектегі орныңыз: 1"), "{}", page.text());
    doctor.confirms(&first.number).await;
    assert_eq!((first.place().await.as_deref(), second.place().await.as_deref()), (Some("1"), Some("2")));

    for (reason, text, field) in [
        ("", "", "reason"),
        ("other", "", "text"),
        ("other", &"я".repeat(2001), "text"),
        ("expired", "a\u{202e}b", "text"),
    ] {
        let page = doctor.rejects(&third.number, reason, text).await;
        assert_eq!(page.status, 422, "{reason} {}", text.len());
        assert!(page.error(field).is_some(), "{reason}: {}", page.text());
        assert_eq!(page.form("/reject").value("reason"), Some(reason), "kept");
    }
    let page = doctor.rejects(&third.number, "wrong_type", "Түрін тексеріңіз").await;
    assert_eq!(page.statuses, [303, 200]);
    let name = format!("{} {}", doctor.person.surname, doctor.person.name);
    let page = third.case().await;
    for words in [
        "Мұрағатта",
        "Қызметкер қабылдамады",
        "Түзету түрі қорытындыға сәйкес келмейді",
        "Түрін тексеріңіз",
        &*name,
    ] {
        assert!(page.sees(words), "«{words}»: {}", page.text());
    }
    portal.tick().await;
    let texts = portal.messages(&third.parent.phone).await;
    let text = texts[0]["text"].as_str().unwrap();
    assert!(
        text.starts_with(&format!("Сіздің ваучер алу өтініміңіз қызметкер тарапынан қабылданбады: {name}")),
        "{text}"
    );
    assert!(!text.contains("http"), "the sentence alone, without a link");
    assert!(third.browser.open("/ru/notices").await.sees("Вид коррекции не соответствует заключению"));
    assert_eq!(doctor.browser.open("/kk/doctor").await.all("tbody a").len(), 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn of_two_doctors_one_decides_and_the_other_is_told(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let (mut one, mut two) = (portal.doctor(1).await, portal.doctor(2).await);
    let mut family = portal.family(2, "autism").await;
    let form = wished(family.special_form().await, &[&garden]).fill("consent", "yes");
    family.sends(form.attach("conclusion", "қорытынды.pdf", "application/pdf", &files::pdf())).await;
    let path = format!("/kk/doctor/{}", family.number);
    let (hers, his) = (one.browser.open(&path).await, two.browser.open(&path).await);
    let file = one.browser.open(&hers.link("қорытынды.pdf")).await;
    assert_eq!((file.status, file.bytes), (200, files::pdf()));
    assert_eq!(portal.count("journal where deed = 'look_at_case'").await, 2, "each look is written down");
    let confirm = hers.form("/confirm");
    assert_eq!(one.browser.submit(confirm.clone()).await.statuses, [303, 200]);
    assert_eq!(one.browser.submit(confirm).await.statuses, [303, 200], "pressed twice");
    let page = two.browser.submit(his.form("/reject").fill("reason", "unreadable")).await;
    assert_eq!(page.status, 409);
    assert!(page.sees("Кезекте"), "how it stands: {}", page.text());
    assert_eq!(family.status().await, "Кезекте");
    assert_eq!(portal.count("notices").await, 1);
    // Whoever decided sees it for thirty days; the other does not any more.
    assert_eq!(two.browser.open(&path).await.status, 404);
    assert_eq!(two.browser.open(&format!("{path}/conclusion")).await.status, 404);
    assert_eq!(one.browser.open(&path).await.status, 200);
    portal.advance("P30DT1S").await;
    one.comes_back(&portal).await;
    assert_eq!(one.browser.open(&path).await.status, 404);
    assert_eq!(one.browser.open(&format!("{path}/conclusion")).await.status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn one_conclusion_for_two_children_is_told_to_the_doctor(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let mut doctor = portal.doctor(1).await;
    let mut numbers = Vec::new();
    for (family, bytes) in [(2, files::pdf()), (3, files::pdf()), (4, files::jpeg())] {
        let mut family = portal.family(family, "autism").await;
        let form = wished(family.special_form().await, &[&garden]).fill("consent", "yes");
        family.sends(form.attach("conclusion", "1.pdf", "application/pdf", &bytes)).await;
        numbers.push(family.number);
    }
    for (number, suspect) in numbers.iter().zip([true, true, false]) {
        for (language, told) in [("kk", "Дәл осы файл басқа баланың"), ("ru", "Точно такой же файл")]
        {
            let page = doctor.browser.open(&format!("/{language}/doctor/{number}")).await;
            assert_eq!(page.sees(told), suspect, "{number} {language}: {}", page.text());
        }
    }
    let written = "select a.number from journal j join applications a on a.id = j.application_id where j.deed = 'suspect_conclusion'";
    let written: Vec<String> = sqlx::query_scalar(written).fetch_all(&portal.app.pool).await.unwrap();
    assert_eq!(written, numbers[1..2], "when the second came");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_doctor_sees_no_case_of_the_general_queue(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 0)]).await;
    let mut doctor = portal.doctor(1).await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    assert!(!doctor.browser.open("/kk/doctor").await.sees(&family.number));
    for rest in ["", "/conclusion"] {
        assert_eq!(doctor.browser.open(&format!("/kk/doctor/{}{rest}", family.number)).await.status, 404);
    }
}

//! Feedback: anybody writes, the operator answers, the answer is found by its number; good answers are for everybody.
use sqlx::PgPool;

use crate::support::{MONDAY, Page, Person, Portal, Visitor, adult};

const TEXT: &str = "Сәлеметсіз бе! Ваучер қашан беріледі екен?";

/// Fills in the letter; `values` over the usual ones.
async fn writes(visitor: &mut Visitor, values: &[(&str, &str)]) -> Page {
    let usual = [("topic", "voucher"), ("text", TEXT), ("reply", "none")];
    let all: Vec<(&str, &str)> = usual.iter().chain(values).copied().collect();
    visitor.fill_in("/kk/feedback", "/feedback", &all).await
}

fn number_on(page: &Page) -> String {
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let number = page.all(".letter__number").remove(0);
    assert_eq!(number.len(), 13, "{number}");
    assert!(!page.path.contains(&number), "a number stands in no address: {}", page.path);
    number
}

async fn follows(visitor: &mut Visitor, number: &str) -> Page {
    visitor.fill_in("/kk/feedback/follow", "/feedback/follow", &[("number", number)]).await
}

/// The operator opens the oldest letter without an answer.
async fn opens_the_first(operator: &mut Visitor) -> Page {
    let list = operator.open("/kk/operator/feedback").await;
    let first = list.attributes("tbody th a", "href").remove(0);
    operator.open(&first).await
}

#[sqlx::test(migrations = "./migrations")]
async fn a_visitor_writes_and_learns_by_sms_that_the_answer_is_there(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let mut visitor = portal.visitor();
    let phone = adult(5).phone;
    let page = writes(&mut visitor, &[("reply", "sms"), ("phone", &phone)]).await;
    let number = number_on(&page);
    assert!(follows(&mut visitor, &number.to_lowercase()).await.sees("Қабылданды"));

    let page = opens_the_first(&mut operator).await;
    assert!(page.sees(TEXT) && page.sees("бүгін"), "{}", page.text());
    assert!(!page.sees(&phone[8..]), "the number is masked: {}", page.text());
    let page = operator.submit(page.form("/take")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(follows(&mut visitor, &number).await.sees("Жауап дайындалуда"));

    let page = operator.submit(page.form("/answer").fill("answer", "Кезегіңіз келгенде.\nКүтіңіз.")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(!page.has_form("/answer"), "a letter is answered once");
    let page = follows(&mut visitor, &number).await;
    assert!(page.sees("Жауап берілді") && page.sees("Кезегіңіз келгенде. Күтіңіз."), "{}", page.text());

    assert_eq!(portal.messages(&phone).await.len(), 0, "texts leave after the deed");
    portal.tick().await;
    let messages = portal.messages(&phone).await;
    assert_eq!(messages.len(), 1);
    let text = messages[0]["text"].as_str().unwrap();
    assert!(text.contains(&number) && text.ends_with("/kk/feedback/follow"), "{text}");
    assert!(!text.contains("Кезегіңіз") && text.chars().count() <= 134, "{text}");
    assert_eq!(messages[0]["state"], "delivered");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_number_is_shown_to_the_browser_that_wrote_and_to_no_other(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let page = writes(&mut visitor, &[]).await;
    let number = number_on(&page);
    let other = portal.visitor().open(&page.path).await;
    assert_eq!(other.statuses, [303, 200]);
    assert!(other.path.ends_with("/feedback/follow") && !other.sees(&number));
    assert!(visitor.open(&page.path.replacen("/kk/", "/ru/", 1)).await.sees(&number));
    portal.advance("PT2H").await;
    assert!(visitor.open(&page.path).await.path.ends_with("/feedback/follow"), "an hour later it is closed");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let page = visitor.fill_in("/ru/feedback", "/feedback", &[("text", "коротко")]).await;
    assert_eq!(page.status, 422);
    for field in ["topic", "text", "reply"] {
        assert!(page.error(field).is_some(), "{field}");
    }
    assert_eq!(page.form("/feedback").value("text"), Some("коротко"));

    let number = portal.app.secrets.case_number();
    let wrong = format!("{}{}", &number[..12], if number.ends_with('2') { '3' } else { '2' });
    for (field, values) in [
        ("application", vec![("application", wrong.as_str())]),
        ("phone", vec![("reply", "sms")]),
        ("phone", vec![("reply", "sms"), ("phone", "+7 999 123 45 67")]),
        ("text", vec![("text", "123456789")]),
    ] {
        let page = writes(&mut visitor, &values).await;
        assert_eq!(page.status, 422, "{values:?}");
        assert!(page.error(field).is_some(), "{field}: {}", page.text());
        let form = page.form("/feedback");
        assert_eq!(form.value("topic"), Some("voucher"));
        for (name, value) in values {
            assert_eq!(form.value(name), Some(value), "{name}");
        }
    }
    let long = "ұ".repeat(2001);
    assert_eq!(writes(&mut visitor, &[("text", &long)]).await.status, 422);
    assert_eq!(portal.count("letters").await, 0);
    let lines = format!("{}\r\n{}", "ұ".repeat(1000), "ұ".repeat(999));
    number_on(&writes(&mut visitor, &[("text", &lines)]).await);
}

#[sqlx::test(migrations = "./migrations")]
async fn who_fills_in_what_people_do_not_see_is_asked_again(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let page = visitor.open("/kk/feedback").await;
    assert_eq!(page.all(".visually-hidden label[for='website']"), ["Бұл өрісті бос қалдырыңыз"]);
    let page = writes(&mut visitor, &[("website", "https://spam.example")]).await;
    assert_eq!(page.status, 422);
    assert!(page.error("website").is_some());
    let form = page.form("/feedback");
    assert_eq!((form.value("website"), form.value("text")), (Some(""), Some(TEXT)), "emptied, the rest kept");
    number_on(&visitor.submit(form).await);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_form_sent_faster_than_anybody_types_is_shown_again_with_everything(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.set("letter_seconds", 3).await;
    portal.stop_clock(MONDAY).await;
    let mut visitor = portal.visitor();
    let page = writes(&mut visitor, &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.sees("тым тез") && portal.count("letters").await == 0, "{}", page.text());
    let kept = page.form("/feedback");
    assert_eq!(kept.value("text"), Some(TEXT));

    portal.stop_clock("2026-12-14T10:00:04+05:00").await;
    for forged in ["", "0.x", "1", "1765688400000000.AAAAAAAAAAAAAAAAAAAAAA", "99999999999999999999.x"] {
        let page = visitor.submit(kept.clone().forge("shown_at", forged)).await;
        assert_eq!(page.status, 422, "{forged}");
    }
    let mut other = portal.visitor();
    let form = other.open("/kk/feedback").await.form("/feedback");
    let of_another = kept.value("shown_at").unwrap().to_owned();
    let form = form.fill("topic", "other").fill("text", TEXT).fill("reply", "none");
    assert_eq!(other.submit(form.forge("shown_at", &of_another)).await.status, 422, "somebody else's moment");
    let page = visitor.submit(kept.clone()).await;
    let number = number_on(&page);
    assert_eq!(number_on(&visitor.submit(kept).await), number, "pressed twice, sent once");
    assert_eq!(portal.count("letters").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn too_many_letters_wait_and_are_not_lost(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.set("letter_browser_hour", 2).await;
    let mut visitor = portal.visitor();
    for _ in 0..2 {
        number_on(&writes(&mut visitor, &[]).await);
    }
    let page = writes(&mut visitor, &[]).await;
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").is_some());
    assert_eq!(page.form("/feedback").value("text"), Some(TEXT));
    let phone = adult(6).phone;
    for n in 0..4 {
        let page = writes(&mut portal.visitor(), &[("reply", "sms"), ("phone", &phone)]).await;
        assert_eq!(page.status, if n < 3 { 200 } else { 429 }, "{n}");
    }
    portal.advance("PT61M").await;
    number_on(&visitor.submit(page.form("/feedback")).await);

    portal.set("letter_address_hour", 1).await;
    let page = writes(&mut portal.visitor(), &[]).await;
    assert_eq!(page.status, 429, "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn an_unknown_number_is_told_as_a_known_one_and_guessing_is_limited(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let number = number_on(&writes(&mut visitor, &[]).await);
    let known = follows(&mut visitor, &number).await;
    let unknown = follows(&mut visitor, &portal.app.secrets.case_number()).await;
    assert_eq!((known.status, unknown.status), (200, 200));
    assert_eq!(known.all("#found"), unknown.all("#found"));
    assert!(unknown.sees("Мұндай нөмірлі хат жоқ"));
    for wrong in ["", "ABC", "0000000000000", "<script>"] {
        let page = follows(&mut visitor, wrong).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.error("number").is_some());
    }
    portal.set("lookup_address_hour", 2).await;
    let page = follows(&mut visitor, &number).await;
    assert_eq!(page.status, 429, "{}", page.text());
    assert_eq!(page.form("/feedback/follow").value("number"), Some(number.as_str()));
}

async fn signed_in(portal: &Portal, person: &Person) -> Visitor {
    portal.signed_in(portal.account(person).await).await
}

#[sqlx::test(migrations = "./migrations")]
async fn who_is_signed_in_finds_letters_and_answers_in_the_cabinet(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let aigul = adult(2);
    let mut parent = signed_in(&portal, &aigul).await;
    let mut stranger = signed_in(&portal, &adult(3)).await;
    assert!(
        !portal
            .visitor()
            .open("/kk/feedback")
            .await
            .form("/feedback")
            .options("reply")
            .contains(&"cabinet".into())
    );
    number_on(&writes(&mut parent, &[("reply", "cabinet")]).await);
    let page = opens_the_first(&mut operator).await;
    operator.submit(page.form("/answer").fill("answer", "Ертең.")).await;

    let page = parent.open("/kk/notices").await;
    assert!(page.sees("хатыңызға жауап дайын") && page.sees("SMS жіберілмейді"), "{}", page.text());
    let page = parent.open(&page.link("Хаттар мен жауаптарды ашу")).await;
    assert!(page.sees(TEXT) && page.sees("Ертең."), "{}", page.text());
    assert!(!stranger.open("/kk/feedback/mine").await.sees(TEXT));
    portal.tick().await;
    assert_eq!(portal.messages(&aigul.phone).await.len(), 0, "the cabinet was asked for");

    let mut visitor = portal.visitor();
    let page = visitor.open("/kk/feedback").await;
    let form = page.form("/feedback").fill("topic", "other").fill("text", TEXT).forge("reply", "cabinet");
    assert_eq!(visitor.submit(form).await.status, 422, "a visitor has no cabinet");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_people_write_is_shown_as_text_and_nothing_else(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let mut parent = signed_in(&portal, &adult(2)).await;
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)> https://evil.example/x ' or 1=1 --";
    number_on(&writes(&mut parent, &[("text", evil), ("reply", "cabinet")]).await);
    let list = operator.open("/kk/operator/feedback").await;
    let letter = opens_the_first(&mut operator).await;
    for page in [&list, &letter, &parent.open("/kk/feedback/mine").await] {
        assert!(!page.html().contains("<script>alert") && !page.html().contains("<img"), "{}", page.path);
        assert!(page.attributes("a", "href").iter().all(|href| !href.contains("evil")), "{}", page.path);
    }
    assert!(letter.sees(evil), "{}", letter.text());
    let page = operator.submit(letter.form("/answer").fill("answer", "<b>Жауап</b>")).await;
    assert!(page.sees("<b>Жауап</b>"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_question_is_published_in_both_languages_or_not_at_all(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let mut visitor = portal.visitor();
    number_on(&writes(&mut visitor, &[]).await);
    let page = opens_the_first(&mut operator).await;
    let page = operator.submit(page.form("/answer").fill("answer", "Бір айдан кейін.")).await;
    let page = operator.open(&page.link("Осы хаттан сұрақ жасау")).await;
    assert!(page.sees("жеке") || page.sees("Аты-жөнді"), "the warning: {}", page.text());
    let form = page.form("/questions/new");
    assert_eq!((form.value("question_kk"), form.value("answer_kk")), (Some(TEXT), Some("Бір айдан кейін.")));
    let form = form.fill("question_kk", "Ваучер қашан беріледі?");
    let page = operator.submit(form).await;
    assert_eq!(page.status, 422);
    assert!(page.error("question_ru").is_some() && page.error("answer_ru").is_some());
    assert_eq!(portal.count("questions").await, 0);

    let form = page.form("/questions/new");
    assert_eq!(form.value("question_kk"), Some("Ваучер қашан беріледі?"));
    let form = form.fill("question_ru", "Когда выдают ваучер?").fill("answer_ru", "Через месяц.");
    let page = operator.submit(form).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(visitor.open("/kk/feedback").await.sees("Бір айдан кейін."));
    let public = visitor.open("/ru/feedback").await;
    assert!(public.sees("Когда выдают ваучер?") && public.sees("Через месяц."));

    let page = operator.open(&page.link("Ваучер қашан беріледі?")).await;
    let edit = format!("/questions/{}", page.path.rsplit('/').next().unwrap());
    let page = operator.submit(page.form(&edit).fill("answer_ru", "Через два месяца.")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(visitor.open("/ru/feedback").await.sees("Через два месяца."));

    let page = operator.open(&page.link("Ваучер қашан беріледі?")).await;
    operator.submit(page.form("/withdraw")).await;
    assert!(!visitor.open("/ru/feedback").await.sees("Когда выдают ваучер?"));
    let page = operator.open(&format!("/kk/operator{edit}")).await;
    assert!(!page.has_form("/withdraw"));
    operator.submit(page.form(&edit)).await;
    assert!(visitor.open("/ru/feedback").await.sees("Когда выдают ваучер?"), "published again");
    let journal = operator.open("/kk/operator/journal").await;
    for deed in [
        "Хатқа жауап берілді",
        "Сұрақ пен жауап жарияланды",
        "Жарияланған сұрақ өзгертілді",
        "Сұрақ ашық беттен алынды",
    ] {
        assert!(journal.sees(deed), "{deed}: {}", journal.text());
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_look_at_a_letter_about_an_application_is_in_its_journal(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 5)]).await;
    let mut family = portal.family(50, "autism").await;
    family.applies_generally(&[&garden]).await;
    let mut operator = portal.operator().await.browser;
    number_on(&writes(&mut portal.visitor(), &[("application", &family.number.to_lowercase())]).await);
    let page = opens_the_first(&mut operator).await;
    let page = operator.open(&page.link(&family.number)).await;
    assert!(page.sees("Хат қаралды"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn letters_without_an_answer_come_first_and_the_list_takes_any_query(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await;
    for topic in ["queue", "voucher", "portal"] {
        number_on(&writes(&mut portal.visitor(), &[("topic", topic)]).await);
        portal.advance("P1D").await;
        operator.comes_back(&portal).await;
    }
    let operator = &mut operator.browser;
    let page = opens_the_first(operator).await;
    assert!(page.sees("Кезек") && page.sees("3 күн"), "the oldest: {}", page.text());
    operator.submit(page.form("/answer").fill("answer", "Иә.")).await;
    let list = operator.open("/kk/operator/feedback").await;
    let topics = list.all("tbody tr td:nth-of-type(1)");
    assert_eq!(topics, ["Ваучер", "Порталдың жұмысындағы қате", "Кезек"], "{topics:?}");
    for (query, lines) in [
        ("?state=answered", 1),
        ("?state=received&topic=portal", 1),
        ("?topic=contract", 0),
        ("?state=x&topic=%27--&page=-1", 3),
        ("?page=99999999999999999999", 3),
    ] {
        let page = operator.open(&format!("/ru/operator/feedback{query}")).await;
        assert_eq!((page.status, page.all("tbody tr").len()), (200, lines), "{query}");
    }
    assert_eq!(operator.open("/ru/operator/feedback?topic=queue&topic=queue").await.status, 400);
}

//! «Өтініш қосу»: every field, every file, every answer of Arkotek; and pressing twice.
use sqlx::PgPool;

use crate::support::family::{kind_name, wished};
use crate::support::people::child_with_expired_conclusion;
use crate::support::{Page, Portal, adult, child, files};

const ARKOTEK: &str = "conclusion_number";

#[sqlx::test(migrations = "./migrations")]
async fn a_family_applies_with_a_file_and_finds_the_words_of_the_guide(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 2)]).await;
    let mut family = portal.family(2, "autism").await;
    let page = family.browser.open("/kk/cabinet").await;
    assert!(page.sees("Менің өтініштерім"));
    let page = family.browser.open("/kk/applications").await;
    let page = family.browser.open(&page.link("Өтініш қосу")).await;
    for words in [
        "Кезек түрі",
        "Арнайы бағыттағы",
        "Жалпы",
        "Баланы қосу",
        "Түзету түрі",
        "ПМПК қорытындысы",
        "Аймақ",
        "Алматы қ.",
        "Мектепке дейінгі ұйым",
        "Оқу тілі",
        "Шарттармен таныстым, мәліметтердің пайдаланылуына келісемін",
        "Жіберу",
    ] {
        assert!(page.sees(words), "«{words}»: {}", page.text());
    }
    let page = family.browser.open("/ru/applications/new").await;
    for words in [
        "Тип очереди",
        "Специальная",
        "Общая",
        "Добавить ребёнка",
        "Вид коррекции",
        "Заключение ПМПК",
        "Регион",
        "г. Алматы",
        "Дошкольная организация",
        "Язык обучения",
        "С условиями ознакомлен(а), на использование сведений согласен (согласна)",
        "Отправить",
    ] {
        assert!(page.sees(words), "«{words}»: {}", page.text());
    }
    let form = wished(family.special_form().await, &[&garden]).fill("consent", "yes");
    let form = form.attach("conclusion", "қорытынды.pdf", "application/pdf", &files::pdf());
    let receipt = family.sends(form.clone()).await;
    assert_eq!(receipt.h1(), "Өтініш қабылданды");
    assert_eq!(family.number.len(), 13, "twelve characters and one to check them");
    // Pressed twice: the same receipt, one application.
    let again = family.browser.submit(form).await;
    assert_eq!((again.statuses.as_slice(), again.path), (&[303, 200][..], receipt.path));
    assert_eq!(portal.count("applications").await, 1);
    let page = family.case().await;
    assert!(page.sees("Құжаттарды растауды күту") && page.sees(kind_name("autism")), "{}", page.text());
    let file = family.browser.open(&page.link("қорытынды.pdf")).await;
    assert_eq!((file.status, file.bytes), (200, files::pdf()));
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    assert!(file.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(portal.count("journal where deed = 'look_at_file'").await, 1, "the look is written down");
    let page = family.browser.open("/ru/applications").await;
    assert!(page.sees(&family.number) && page.sees("Ожидание подтверждения документов"));
}

#[sqlx::test(migrations = "./migrations")]
async fn an_empty_form_is_told_field_by_field_and_keeps_what_was_chosen(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.kindergarten(1, &[(Some("autism"), 2)]).await;
    let mut family = portal.family(2, "autism").await;
    let second = portal.child_of(family.account, &child(5, "autism")).await;
    for (lang, told) in [
        (
            "kk",
            [
                "Баланы таңдаңыз",
                "Түзету түрін таңдаңыз",
                "ПМПК қорытындысының файлын",
                "Кемінде бір балабақшаны",
                "келісіміңіз керек",
            ],
        ),
        (
            "ru",
            [
                "Выберите ребёнка",
                "Выберите вид коррекции",
                "Загрузите файл заключения ПМПК",
                "Выберите хотя бы один детский сад",
                "нужно ваше согласие",
            ],
        ),
    ] {
        let page = family.browser.open(&format!("/{lang}/applications/new")).await;
        let page = family.browser.submit(page.form("/new")).await;
        assert_eq!(page.status, 422);
        let summary = page.all(".error-summary").concat();
        for words in told {
            assert!(summary.contains(words), "«{words}»: {summary}");
        }
        assert_eq!(
            page.attributes(".error-summary a", "href"),
            ["#child", "#correction_type", "#conclusion", "#wish_1", "#consent"]
        );
    }
    // Radio buttons taken out altogether.
    let page = family.browser.open("/kk/applications/new").await;
    let page = family.browser.submit(page.form("/new").forge("queue_type", "x").forge("language", "")).await;
    assert!(page.status == 422 && page.error("queue_type").is_some() && page.error("language").is_some());
    // What was chosen stays, whatever else is missing.
    let form = family
        .special_form()
        .await
        .fill("child", &second.to_string())
        .fill("language", "ru")
        .fill("consent", "yes");
    let page = family.browser.submit(form).await;
    assert_eq!(page.status, 422);
    let form = page.form("/new");
    for (field, value) in [
        ("child", second.to_string().as_str()),
        ("correction_type", "autism"),
        ("language", "ru"),
        ("consent", "yes"),
        ("queue_type", "special"),
    ] {
        assert_eq!(form.value(field), Some(value), "{field}");
    }
    // Somebody else's child, somebody else's file.
    let mut other = portal.family(3, "autism").await;
    let stolen =
        family.special_form().await.forge("child", &other.child_id.to_string()).fill("consent", "yes");
    let page = family.browser.submit(stolen).await;
    assert!(page.status == 422 && page.error("child").is_some());
    let form = other_file(&mut other).await;
    let page = other.browser.submit(form).await;
    let kept = page.form("/new").value("conclusion_kept").unwrap().to_owned();
    assert!(!kept.is_empty());
    let form = family_form(&mut family).await.forge("conclusion_kept", &kept);
    let page = family.browser.submit(form).await;
    assert!(page.status == 422 && page.error("conclusion").is_some(), "another's draft is not there");
    assert_eq!(portal.count("applications").await, 0);
}

async fn other_file(family: &mut crate::support::Family) -> crate::support::Form {
    family.special_form().await.attach("conclusion", "a.pdf", "application/pdf", &files::pdf())
}

async fn family_form(family: &mut crate::support::Family) -> crate::support::Form {
    family.special_form().await.fill("consent", "yes")
}

#[sqlx::test(migrations = "./migrations")]
async fn only_kindergartens_that_serve_the_type_are_offered(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let autism = portal.kindergarten(1, &[(Some("autism"), 2)]).await;
    let speech = portal.kindergarten(2, &[(Some("speech_severe"), 2), (None, 5)]).await;
    let closed = portal.kindergarten(3, &[(Some("autism"), 2)]).await;
    sqlx::query("update groups set closed_at = portal_now() where kindergarten_id = $1")
        .bind(closed.id)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    let mut family = portal.family(2, "autism").await;
    let page = family.browser.open("/kk/applications/new").await;
    assert!(!page.form("/new").has("wish_1") && page.sees("Алдымен түзету түрін таңдап"));
    let offered = family.special_form().await.options("wish_1");
    assert_eq!(offered, ["", &autism.id.to_string()]);
    let offered = family.general_form().await.options("wish_1");
    assert_eq!(offered, ["", &speech.id.to_string()]);
    // Narrowing keeps what stands in the form, and complains about nothing.
    let form =
        family.special_form().await.fill("language", "ru").fill("consent", "yes").fill(ARKOTEK, "PMPK-");
    let page = family.browser.submit(form.fill("correction_type", "vision_blind").press("narrow", "1")).await;
    assert_eq!(page.status, 200);
    let form = page.form("/new");
    assert_eq!(
        (form.value("language"), form.value("consent"), form.value(ARKOTEK)),
        (Some("ru"), Some("yes"), Some("PMPK-"))
    );
    assert!(page.sees("жоқ") && page.all(".error").is_empty());
    // One that does not serve the type cannot be smuggled in; nor one twice.
    let form = family.special_form().await.forge("wish_1", &speech.id.to_string()).fill("consent", "yes");
    let page = family.browser.submit(form).await;
    assert!(page.status == 422 && page.error("wish_1").unwrap().contains("жұмыс істемейді"));
    let form = wished(family.special_form().await, &[&autism, &autism]).fill("consent", "yes");
    let page = family.browser.submit(form).await;
    assert_eq!(page.error("wish_2").as_deref(), Some("Бір балабақша екі рет таңдалған"));
    assert_eq!(page.form("/new").value("wish_1"), Some(autism.id.to_string().as_str()));
}

#[sqlx::test(migrations = "./migrations")]
async fn five_wishes_are_kept_in_their_order_and_there_is_no_sixth(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut gardens = Vec::new();
    for n in 1..=6 {
        gardens.push(portal.kindergarten(n, &[(Some("autism"), 1)]).await);
    }
    let mut family = portal.family(2, "autism").await;
    let order = [&gardens[4], &gardens[0], &gardens[3], &gardens[1], &gardens[2]];
    let form = family.special_form().await;
    assert!(form.has("wish_5") && !form.has("wish_6"));
    let number = family.conclusion(&portal).await;
    let form = wished(form, &order).fill(ARKOTEK, &number).fill("consent", "yes");
    family.sends(form.forge("wish_6", &gardens[5].id.to_string())).await;
    let names: Vec<String> = order.iter().map(|garden| garden.name.clone()).collect();
    assert_eq!(family.case().await.all("dd ol li"), names);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_long_list_of_kindergartens_stands_on_the_page_once_for_each_wish_made(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut gardens = Vec::new();
    for n in 1..=61 {
        gardens.push(portal.kindergarten(n, &[(None, 1)]).await);
    }
    let mut family = portal.family(2, "autism").await;
    let form = family.general_form().await;
    assert!(form.has("wish_1") && !form.has("wish_2"));
    let page = family.browser.submit(wished(form, &[&gardens[60]]).forge("more", "1")).await;
    assert_eq!(page.statuses, [200]);
    let form = page.form("/new");
    assert!(form.has("wish_2") && !form.has("wish_3"));
    assert_eq!(form.value("wish_1"), Some(gardens[60].id.to_string().as_str()));
    let page = family.sends(wished(form, &[&gardens[60], &gardens[2]]).fill("consent", "yes")).await;
    assert!(page.path.ends_with("/receipt"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn each_bad_file_has_its_status_and_its_sentence_and_the_rest_of_the_form_stays(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 2)]).await;
    let mut family = portal.family(2, "autism").await;
    let form = wished(family.special_form().await, &[&garden]).fill("consent", "yes");
    let html = b"<html><script>alert(1)</script></html>".to_vec();
    let cases: [(&str, Vec<u8>, u16, &str); 8] = [
        ("html.pdf", html.clone(), 415, "PDF, JPEG"),
        ("polyglot.jpg", [files::jpeg(), files::pdf()].concat(), 415, "PDF, JPEG"),
        ("html.jpg", [files::jpeg(), html].concat(), 415, "PDF, JPEG"),
        ("flood.png", files::pixel_flood(), 422, "тым үлкен"),
        ("11mb.pdf", vec![b'%'; 11 * 1024 * 1024], 413, "10 МБ"),
        ("empty.pdf", Vec::new(), 422, "бос"),
        ("short.png", files::png()[..60].to_vec(), 422, "бүлінген"),
        ("program.pdf.exe", b"MZ\x90\0".to_vec(), 415, "PDF, JPEG"),
    ];
    for (name, bytes, status, told) in cases {
        let page =
            family.browser.submit(form.clone().attach("conclusion", name, "application/pdf", &bytes)).await;
        assert_eq!(page.status, status, "{name}: {}", page.text());
        let error = page.error("conclusion").unwrap_or_else(|| panic!("{name}: {}", page.text()));
        assert!(error.contains(told), "{name}: {error}");
        let back = page.form("/new");
        assert_eq!(back.value("wish_1"), Some(garden.id.to_string().as_str()), "{name}");
        assert_eq!(
            (back.value("correction_type"), back.value("consent")),
            (Some("autism"), Some("yes")),
            "{name}"
        );
        assert_eq!(back.value("conclusion_kept"), Some(""), "{name}");
    }
    assert_eq!((portal.count("files").await, portal.count("applications").await), (0, 0));
    // A bad file among other mistakes: the form's own status.
    let page = family
        .browser
        .submit(form.clone().fill("consent", "").attach("conclusion", "a.exe", "x/y", b"MZ"))
        .await;
    assert_eq!(page.status, 422);
    // A file larger than any is not kept, and the rest of the form is.
    let large = |megabytes: usize| vec![b'%'; megabytes * 1024 * 1024];
    let form = form.attach("conclusion", "big.pdf", "application/pdf", &large(80));
    let page = family.browser.submit(form.clone()).await;
    assert_eq!((page.status, page.form("/new").value("consent")), (413, Some("yes")), "{}", page.text());
    // A body that no form of ours has: 413, and a way out.
    let page = family.browser.submit(form.attach("conclusion", "big.pdf", "x/y", &large(130))).await;
    assert_eq!(page.status, 413);
    assert_eq!(page.h1(), "Файл тым үлкен");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_name_is_only_a_name(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 2)]).await;
    let mut family = portal.family(2, "autism").await;
    let form = wished(family.special_form().await, &[&garden]);
    let long = format!("{}.pdf", "я".repeat(300));
    for (name, kept) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\docs\\a.pdf", "a.pdf"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.pdf"),
        ("<b>x</b>.pdf", "b>.pdf"),
        (long.as_str(), "яяяяя"),
    ] {
        let page =
            family.browser.submit(form.clone().attach("conclusion", name, "text/html", &files::pdf())).await;
        assert_eq!(page.status, 422);
        let named = page.all(".file").concat();
        assert!(
            named.contains(kept) && !named.contains('/') && !named.contains('\u{202e}'),
            "{name}: {named}"
        );
        assert!(named.chars().count() < 200, "{named}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_good_file_is_kept_while_another_field_is_wrong_and_not_chosen_again(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 2)]).await;
    let mut family = portal.family(2, "autism").await;
    // A picture is drawn anew, and stays what the family called it.
    for (given, kept, bytes) in
        [("сурет.jpg", "сурет.jpg", files::jpeg()), ("снимок.png", "снимок.png", files::png())]
    {
        let form = family_form(&mut family).await.attach("conclusion", given, "image/jpeg", &bytes);
        let page = family.browser.submit(form).await;
        assert_eq!(page.status, 422);
        assert!(page.error("conclusion").is_none() && page.sees(kept), "{}", page.text());
    }
    let form =
        family.special_form().await.attach("conclusion", "қорытынды.pdf", "application/pdf", &files::pdf());
    let page = family.browser.submit(form).await;
    assert_eq!((page.status, page.error("conclusion")), (422, None));
    assert!(page.sees("Файл сақталды: қорытынды.pdf"), "{}", page.text());
    // Once more wrong: still there.
    let page = family.browser.submit(page.form("/new")).await;
    assert!(page.status == 422 && page.sees("қорытынды.pdf"));
    let form = wished(page.form("/new"), &[&garden]).fill("consent", "yes");
    family.sends(form.clone()).await;
    // Pressed twice, the kept file is part of a case by now: the same receipt.
    let again = family.browser.submit(form).await;
    assert_eq!(again.statuses, [303, 200], "{}", again.text());
    assert_eq!(portal.count("applications").await, 1);
    // A draft lives for a day.
    let mut late = portal.family(3, "autism").await;
    let form = other_file(&mut late).await;
    let page = late.browser.submit(form).await;
    portal.advance("P1DT1M").await;
    let page = late.browser.submit(wished(page.form("/new"), &[&garden]).fill("consent", "yes")).await;
    assert!(page.status == 422 && page.error("conclusion").is_some(), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_number_in_arkotek_is_judged_at_its_field(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 2), (Some("complex"), 1)]).await;
    let mut family = portal.family(2, "autism").await;
    let number = family.conclusion(&portal).await;
    let form = wished(family.special_form().await, &[&garden]).fill("consent", "yes");
    let stranger = portal.conclusion_of(&child(7, "autism")).await["number"].as_str().unwrap().to_owned();
    for (typed, told) in [
        ("12345", "PMPK-"),
        ("PMPK-12345", "PMPK-"),
        ("PMPK-AAAAAAAAAA", "мұндай нөмірлі қорытынды жоқ"),
        (stranger.as_str(), "мұндай нөмірлі қорытынды жоқ"),
    ] {
        let page = family.browser.submit(form.clone().fill(ARKOTEK, typed)).await;
        assert_eq!(page.status, 422, "{typed}");
        let error = page.error(ARKOTEK).unwrap();
        assert!(error.contains(told), "{typed}: {error}");
        assert_eq!(page.form("/new").value(ARKOTEK), Some(typed));
    }
    let other = form.clone().fill("correction_type", "complex").fill(ARKOTEK, &number);
    let page = family.browser.submit(other).await;
    assert_eq!(
        page.error(ARKOTEK),
        Some(format!("Қорытынды басқа түзету түріне берілген: {}", kind_name("autism")))
    );
    let expired = child_with_expired_conclusion(9, "autism");
    let mut late = portal.family_of(adult(9), expired, "autism").await;
    let number_of_expired = late.conclusion(&portal).await;
    let old = wished(late.special_form().await, &[&garden])
        .fill(ARKOTEK, &number_of_expired)
        .fill("consent", "yes");
    let page = late.browser.submit(old).await;
    assert_eq!(page.status, 422);
    assert!(page.error(ARKOTEK).unwrap().contains("мерзімі"), "{:?}", page.error(ARKOTEK));
    assert_eq!(portal.count("applications").await, 0);
    // Small letters and blanks are forgiven.
    family.sends(form.fill(ARKOTEK, &format!(" {} ", number.to_lowercase()))).await;
    assert!(family.case().await.sees(&number));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_silent_arkotek_costs_no_date_and_the_doctor_waits_for_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let mut doctor = portal.doctor(1).await;
    let (mut found, mut unknown) = (portal.family(2, "autism").await, portal.family(3, "autism").await);
    portal.fault("pmpk", "down").await;
    found.applies(&portal, &[&garden]).await;
    let receipt = found.browser.open(&found.path("/receipt")).await;
    assert!(receipt.sees("Arkotek жүйесі жауап бермеді"), "{}", receipt.text());
    let page = found.case().await;
    assert!(
        page.sees("Тіркелімдегі тексеру күтілуде") && page.sees("Құжаттарды растауды күту"),
        "{}",
        page.text()
    );
    let form = wished(unknown.special_form().await, &[&garden])
        .fill(ARKOTEK, "PMPK-AAAAAAAAAA")
        .fill("consent", "yes");
    portal.advance("PT1M").await;
    unknown.sends(form).await;

    let case = doctor.browser.open(&format!("/kk/doctor/{}", found.number)).await;
    assert!(!case.has_form("/confirm"), "nothing to confirm by");
    let forged = case.form("/reject");
    let token = forged.value("form_token").unwrap().to_owned();
    let path = format!("/kk/doctor/{}/confirm", found.number);
    let body = format!("form_token={token}");
    let page = doctor.browser.send("POST", &path, "application/x-www-form-urlencoded", body).await;
    assert_eq!(page.status, 409, "{}", page.text());
    for mode in ["down", "error", "slow"] {
        portal.fault("pmpk", mode).await;
        portal.advance("PT2M").await;
        assert_eq!(portal.tick().await["conclusions"]["settled"], 0, "still silent: {mode}");
    }
    portal.fault("pmpk", "ok").await;
    portal.advance("PT2M").await;
    assert_eq!(portal.tick().await["conclusions"]["settled"], 2);
    assert!(found.browser.open("/ru/notices").await.sees("Заключение ПМПК пришло из реестра"));
    assert!(unknown.browser.open("/ru/notices").await.sees("В реестре нет заключения ПМПК"));
    let case = doctor.browser.open(&format!("/kk/doctor/{}", unknown.number)).await;
    assert!(!case.has_form("/confirm") && case.sees("Тіркелімде мұндай қорытынды жоқ"), "{}", case.text());
    doctor.confirms(&found.number).await;
    assert_eq!((found.status().await.as_str(), found.place().await.as_deref()), ("Кезекте", Some("1")));
}

#[sqlx::test(migrations = "./migrations")]
async fn two_parents_of_one_child_have_one_live_application_in_each_queue(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0), (None, 0)]).await;
    let mut mother = portal.family_of(adult(2), child(1, "autism"), "autism").await;
    let mut father = portal.family_of(adult(3), child(1, "autism"), "autism").await;
    let number = mother.conclusion(&portal).await;
    let hers = wished(mother.special_form().await, &[&garden]).fill(ARKOTEK, &number).fill("consent", "yes");
    let his = wished(father.special_form().await, &[&garden]).fill(ARKOTEK, &number).fill("consent", "yes");
    // Both at once.
    let (one, two) = tokio::join!(mother.browser.submit(hers), father.browser.submit(his));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let (told, other): (&Page, _) = if one.status == 409 { (&one, &father) } else { (&two, &mother) };
    assert!(
        told.sees("Бір балаға бір кезекке бір ғана өтініш беріледі") && !told.sees(&other.parent.name),
        "{}",
        told.text()
    );
    assert_eq!(portal.count("applications").await, 1);
    // The other queue is another matter; a second one there is not.
    father.applies_generally(&[&garden]).await;
    let form = wished(mother.general_form().await, &[&garden]).fill("consent", "yes");
    assert_eq!(mother.browser.submit(form).await.status, 409);
    assert_eq!(portal.count("applications").await, 2);
    // Withdrawn, it is free again.
    let page = father.browser.open(&father.path("/withdraw")).await;
    assert_eq!(father.browser.submit(page.form("/withdraw")).await.statuses, [303, 200]);
    mother.applies_generally(&[&garden]).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn the_general_queue_needs_no_doctor_and_a_family_may_withdraw(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 0)]).await;
    let (mut first, mut second) = (portal.family(2, "autism").await, portal.family(3, "autism").await);
    first.applies_generally(&[&garden]).await;
    assert!(first.browser.open(&first.path("/receipt")).await.sees("Өтініш бірден кезекке қойылды"));
    portal.advance("PT1M").await;
    second.applies_generally(&[&garden]).await;
    assert_eq!((first.status().await.as_str(), first.place().await.as_deref()), ("Кезекте", Some("1")));
    assert_eq!(second.place().await.as_deref(), Some("2"));
    assert!(!first.case().await.sees("Фтизиатр"));

    portal.advance("PT31M").await;
    let page = first.case().await;
    let page = first.browser.open(&page.link("Өтінішті қайтарып алу")).await;
    assert!(page.sees("мұрағат"), "what it costs is said before the button works");
    let form = page.form("/withdraw");
    let refused = first.browser.submit(form.clone().fill("password_again", "дұрыс емес")).await;
    assert!(
        refused.status == 422 && refused.error("password_again").is_some(),
        "half an hour ago is long ago"
    );
    let form = refused.form("/withdraw").fill("password_again", crate::support::people::PASSWORD);
    let page = first.browser.submit(form.clone()).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(page.sees("Мұрағатта") && page.sees("Өтініш қайтарып алынды"), "{}", page.text());
    assert_eq!(first.browser.submit(form).await.statuses, [303, 200], "pressed twice");
    assert_eq!(second.place().await.as_deref(), Some("1"));
    let page = first.browser.open(&first.path("/withdraw")).await;
    if page.has_form("/withdraw") {
        assert_eq!(first.browser.submit(page.form("/withdraw")).await.status, 409, "it is withdrawn already");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn what_nobody_asked_for_in_the_body_changes_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let mut family = portal.family(2, "autism").await;
    let number = family.conclusion(&portal).await;
    let form = wished(family.special_form().await, &[&garden]).fill(ARKOTEK, &number).fill("consent", "yes");
    let extra = [
        ("stage", "queued"),
        ("status", "queued"),
        ("submitted_at", "2020-01-01T00:00:00Z"),
        ("number", "AAAAAAAAAAAAA"),
        ("applicant_id", "00000000-0000-0000-0000-000000000001"),
        ("role", "operator"),
        ("queue_id", "1"),
        ("id", "1"),
        ("city", "astana"),
        ("district", "x"),
        ("price", "0"),
        ("voucher_id", "1"),
        ("doctor_id", "1"),
        ("next", "//evil"),
    ];
    let form = extra.iter().fold(form, |form, (name, value)| form.press(name, value));
    family.sends(form).await;
    assert_eq!(family.status().await, "Құжаттарды растауды күту");
    assert_eq!(portal.count("applications where submitted_at > '2026-12-14' and city = 'almaty'").await, 1);
}

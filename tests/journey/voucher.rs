//! The queue gives vouchers by order and by places; a family confirms, refuses, falls silent, comes back, extends.
use sqlx::PgPool;

use crate::support::{Family, Kindergarten, Portal};

/// With a voucher issued on Monday, 14 December 2026, whose text was taken the same day.
async fn with_voucher(portal: &Portal, n: u32, garden: &Kindergarten) -> Family {
    let mut family = portal.queued(n, garden).await;
    portal.tick().await;
    assert_eq!(family.status().await, "Ваучер берілді, қызығушылығыңызды растаңыз");
    family
}

const CONFIRMED: &str = "Ваучер расталды, балабақшаны таңдаңыз";
const ON_STOP_LIST: &str = "Тоқтатым парағында";

#[sqlx::test(migrations = "./migrations")]
async fn a_round_gives_to_the_first_in_order_and_never_more_than_there_are_places(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut families = Vec::new();
    for n in 2..7 {
        families.push(portal.queued(n, &garden).await);
    }
    // Two processes at once.
    let (one, two) = tokio::join!(
        balabaqsha::domain::round::run_all(&portal.app),
        balabaqsha::domain::round::run_all(&portal.app)
    );
    assert_eq!(one.unwrap().issued + two.unwrap().issued, 2);
    let mut statuses = Vec::new();
    for family in &mut families {
        statuses.push(family.status().await);
    }
    let issued = "Ваучер берілді, қызығушылығыңызды растаңыз";
    assert_eq!(statuses, [issued, issued, "Кезекте", "Кезекте", "Кезекте"]);
    assert_eq!(families[2].place().await.as_deref(), Some("1"));
    for _ in 0..3 {
        assert_eq!(portal.tick().await["rounds"]["issued"], 0);
    }
    // A voucher that ends is somebody else's at once.
    let first = &mut families[0];
    let page = first.browser.open(&first.path("/voucher/refuse")).await;
    first.browser.submit(page.form("/refuse")).await;
    assert_eq!(portal.tick().await["rounds"]["issued"], 1);
    assert_eq!(families[2].status().await, issued);
    assert_eq!(portal.count("vouchers where ended_at is null").await, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_without_a_suitable_place_is_passed_over_and_keeps_its_place(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    portal.group(garden.id, None, "ru", 1).await;
    let (mut kazakh, mut russian) = (portal.family(2, "autism").await, portal.family(3, "autism").await);
    kazakh.applies_generally(&[&garden]).await;
    portal.advance("PT1M").await;
    let form = russian.general_form().await.fill("wish_1", &garden.id.to_string());
    russian.sends(form.fill("language", "ru").fill("consent", "yes")).await;
    let did = portal.tick().await;
    assert_eq!((&did["rounds"]["issued"], &did["rounds"]["passed_over"]), (&1.into(), &1.into()), "{did}");
    assert_eq!((kazakh.status().await.as_str(), kazakh.place().await.as_deref()), ("Кезекте", Some("1")));
    assert_eq!(russian.status().await, "Ваучер берілді, қызығушылығыңызды растаңыз");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_text_leads_to_the_voucher_and_opening_it_changes_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    let texts = portal.messages(&family.parent.phone).await;
    let text = texts[0]["text"].as_str().unwrap();
    assert!(text.contains("17.12.2026") && !text.contains(&family.child.name), "{text}");
    let link = text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let path = &link[link.find("/v/").unwrap()..];
    let mut signed_out = portal.visitor();
    signed_out.follow = false;
    assert_eq!(
        signed_out.open(&family.path("/voucher")).await.location(),
        Some(format!("/kk/login?next={}", family.path("/voucher")))
    );
    for path in [path, &family.path("/voucher"), &family.path("/voucher/refuse"), &family.path("")] {
        for _ in 0..3 {
            assert_eq!(*family.browser.open(path).await.statuses.last().unwrap(), 200, "{path}");
        }
    }
    assert_eq!(family.browser.open(&family.path("/voucher/confirm")).await.status, 405);
    assert_eq!(family.status().await, "Ваучер берілді, қызығушылығыңызды растаңыз");
    let page = family.browser.open(&family.path("/voucher")).await;
    for words in ["2 жұмыс күні", "2026 ж. 17 желтоқсан", "5 жұмыс күні", "Растау", "Бас тарту"]
    {
        assert!(page.sees(words), "«{words}»: {}", page.text());
    }
    // Ten presses, one confirmation.
    let form = page.form("/confirm");
    let other = family.browser.open(&family.path("/voucher")).await.form("/confirm");
    for _ in 0..3 {
        assert_eq!(family.browser.submit(form.clone()).await.statuses, [303, 200]);
    }
    assert_eq!(family.browser.submit(other).await.status, 409, "another form of the same page: done already");
    assert_eq!(family.status().await, CONFIRMED);
    assert_eq!(portal.count("journal where deed = 'confirm_interest'").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_last_day_counts_to_its_last_second_whether_or_not_anything_was_swept(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let (mut in_time, mut late) = (portal.queued(2, &garden).await, portal.queued(3, &garden).await);
    portal.tick().await;
    let forms = [
        in_time.browser.open(&in_time.path("/voucher")).await.form("/confirm"),
        late.browser.open(&late.path("/voucher")).await.form("/confirm"),
    ];
    portal.stop_clock("2026-12-17T23:59:59.999+05:00").await;
    let swept = portal.tick().await;
    assert_eq!(swept["sweeps"]["lapse"], 0);
    assert_eq!(in_time.browser.submit(forms[0].clone()).await.statuses, [303, 200]);
    portal.stop_clock("2026-12-18T00:00:00+05:00").await;
    let page = late.browser.submit(forms[1].clone()).await;
    assert_eq!(page.status, 409);
    assert!(page.sees("2026 ж. 17 желтоқсан"), "the day that was the last: {}", page.text());
    assert_eq!(in_time.status().await, CONFIRMED);
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 1);
    assert_eq!((late.status().await.as_str(), in_time.status().await.as_str()), (ON_STOP_LIST, CONFIRMED));
}

#[sqlx::test(migrations = "./migrations")]
async fn silence_leads_to_the_stop_list_back_once_and_to_the_archive(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    let mut behind = portal.queued(3, &garden).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    let did = portal.tick().await;
    assert_eq!(did["sweeps"]["lapse"], 1);
    family.comes_back(&portal).await;
    behind.comes_back(&portal).await;
    let page = family.case().await;
    assert!(page.sees(ON_STOP_LIST) && page.sees("2027 ж. 15 қаңтар"), "28 days: {}", page.text());
    assert!(behind.status().await.starts_with("Ваучер берілді"), "the place went to the next");
    let form = page.form("/return");
    assert_eq!(family.browser.submit(form.clone()).await.statuses, [303, 200]);
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200], "pressed twice");
    assert_eq!(
        (family.status().await.as_str(), family.place().await.as_deref()),
        ("Кезекте", Some("1")),
        "the date is kept"
    );
    assert!(family.case().await.sees("14.12.2026"));

    // The other refuses; this one gets the next voucher and is silent again.
    let page = behind.browser.open(&behind.path("/voucher/refuse")).await;
    assert_eq!(behind.browser.submit(page.form("/refuse")).await.statuses, [303, 200]);
    portal.tick().await;
    assert!(family.status().await.starts_with("Ваучер берілді"));
    portal.advance_to("2026-12-25T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 1);
    family.comes_back(&portal).await;
    let page = family.case().await;
    assert!(page.sees(ON_STOP_LIST) && !page.has_form("/return"), "the one return is spent: {}", page.text());
    portal.advance_to("2027-02-01T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["leave_stop_list"], 1);
    family.comes_back(&portal).await;
    let page = family.case().await;
    assert!(page.sees("Мұрағатта") && page.sees("Кезекке қайту мерзімі өтті"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn the_return_ends_with_the_twenty_eighth_day(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let (mut back, mut late) = (portal.queued(2, &garden).await, portal.queued(3, &garden).await);
    portal.tick().await;
    portal.advance_to("2026-12-18T00:00:05+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 2);
    portal.stop_clock("2027-01-15T23:59:59.9+05:00").await;
    back.comes_back(&portal).await;
    late.comes_back(&portal).await;
    let forms = [back.case().await.form("/return"), late.case().await.form("/return")];
    assert_eq!(back.browser.submit(forms[0].clone()).await.statuses, [303, 200]);
    portal.stop_clock("2027-01-16T00:00:00+05:00").await;
    assert_eq!(late.browser.submit(forms[1].clone()).await.status, 409);
    assert_eq!(portal.tick().await["sweeps"]["leave_stop_list"], 1);
    assert_eq!(late.status().await, "Мұрағатта");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_refusal_says_its_price_first_and_archives_at_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    portal.advance("PT31M").await;
    let page = family.browser.open(&family.path("/voucher")).await;
    let page = family.browser.open(&page.link("Бас тарту")).await;
    assert!(page.sees("кезекке") && page.sees("мұрағат"), "{}", page.text());
    let page = family.browser.submit(page.form("/refuse")).await;
    assert_eq!((page.status, page.error("password_again").is_some()), (422, true));
    assert!(family.status().await.starts_with("Ваучер берілді"));
    let page = family
        .browser
        .submit(page.form("/refuse").fill("password_again", crate::support::people::PASSWORD))
        .await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(page.sees("Мұрағатта") && page.sees("Ваучерден бас тартылды"), "{}", page.text());
    assert_eq!(portal.count("vouchers where end_reason = 'refused'").await, 1);
    // To queue anew is a new application with a new date.
    portal.advance("PT1M").await;
    let old = family.number.clone();
    family.applies_generally(&[&garden]).await;
    assert_ne!(family.number, old);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_term_is_extended_on_its_fifth_day_only_and_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    family.confirms().await;
    let page = family.case().await;
    assert!(page.sees("2026 ж. 22 желтоқсан") && !page.has_form("/extend"), "{}", page.text());
    let token = page.forms().into_iter().next().unwrap().value("form_token").unwrap().to_owned();
    let extend = family.path("/voucher/extend");
    let body = format!("form_token={token}");
    let page = family.browser.send("POST", &extend, "application/x-www-form-urlencoded", body).await;
    assert_eq!(page.status, 409, "not on the first day: {}", page.text());
    portal.advance_to("2026-12-21T23:59:00+05:00").await;
    family.comes_back(&portal).await;
    assert!(!family.case().await.has_form("/extend"), "not on the fourth");
    portal.advance_to("2026-12-22T09:00:00+05:00").await;
    let page = family.case().await;
    let (form, other) = (page.form("/extend"), family.case().await.form("/extend"));
    assert_eq!(family.browser.submit(form.clone()).await.statuses, [303, 200]);
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200], "pressed twice");
    assert_eq!(family.browser.submit(other).await.status, 409, "once");
    let page = family.case().await;
    assert!(page.sees("2026 ж. 24 желтоқсан") && !page.has_form("/extend"), "{}", page.text());
    portal.advance_to("2026-12-24T23:59:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["run_out"], 0);
    assert!(!family.case().await.has_form("/extend"), "the extended term has no extension");
    let choice = family.choice(&garden).await.unwrap();
    portal.advance_to("2026-12-25T00:00:00+05:00").await;
    let page = family.case().await;
    assert!(page.sees("Мерзім өтіп кетті") && !page.sees("Балабақшаны таңдаңыз:"), "{}", page.text());
    assert_eq!(family.browser.submit(choice).await.status, 409, "before the sweep too");
    assert_eq!(portal.tick().await["sweeps"]["run_out"], 1);
    let page = family.case().await;
    assert!(page.sees("Мұрағатта") && page.sees("Қабылдау мерзімінде аяқталмады"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn nothing_is_annulled_before_the_gateway_took_the_notice_and_day_zero_moves(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    portal.fault("sms", "down").await;
    let mut family = portal.queued(2, &garden).await;
    portal.tick().await;
    assert!(family.case().await.sees("2026 ж. 17 желтоқсан"));
    portal.advance_to("2026-12-18T12:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 0, "its text has not left");
    portal.advance("PT1H").await;
    portal.fault("sms", "ok").await;
    portal.advance("P1D").await;
    assert_eq!(portal.tick().await["texts"]["sent"], 0, "on Saturday nobody is disturbed");
    portal.advance_to("2026-12-21T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let page = family.case().await;
    assert!(page.sees("2026 ж. 23 желтоқсан"), "two working days from the acceptance: {}", page.text());
    assert!(family.browser.open("/ru/notices").await.sees("23 декабря 2026 г."));
    family.confirms().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn acting_before_the_text_came_is_always_possible(pool: PgPool) {
    let portal = Portal::start_at(pool, "2026-12-12T23:30:00+05:00").await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.queued(2, &garden).await;
    portal.tick().await;
    // Issued on a Saturday night: day 0 is Monday, when the send window opens.
    assert!(family.case().await.sees("2026 ж. 17 желтоқсан"), "{}", family.case().await.text());
    assert_eq!(portal.messages(&family.parent.phone).await.len(), 0);
    family.confirms().await;
    assert_eq!(family.status().await, CONFIRMED);
    portal.advance_to("2026-12-14T10:00:00+05:00").await;
    portal.tick().await;
    assert_eq!(family.status().await, CONFIRMED);
}

#[sqlx::test(migrations = "./migrations")]
async fn nothing_is_issued_whose_term_could_need_an_unknown_year(pool: PgPool) {
    let portal = Portal::start_at(pool, "2028-12-01T10:00:00+05:00").await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    let did = portal.tick().await;
    assert_eq!(
        (&did["rounds"]["issued"], &did["rounds"]["calendar_unknown"]),
        (&0.into(), &true.into()),
        "{did}"
    );
    assert_eq!(family.status().await, "Кезекте");
}

//! The kindergarten's own terms, and children who come to school age.
use sqlx::PgPool;

use crate::support::Portal;

#[sqlx::test(migrations = "./migrations")]
async fn a_late_kindergarten_alarms_the_operator_and_the_family_is_told_what_it_can_do(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let (mut head, mut operator) = (portal.head(&garden).await, portal.operator().await);
    let mut family = portal.chosen(2, &garden).await;
    // Three working days from the 14th: 15, 17, 18 (the 16th is a holiday).
    assert!(head.browser.open("/kk/kindergarten").await.sees("18.12.2026"));
    assert!(family.case().await.sees("Балабақша 2026 ж. 18 желтоқсан күніне дейін (сол күнді қоса)"));
    portal.stop_clock("2026-12-18T23:59:59+05:00").await;
    operator.comes_back(&portal).await;
    assert!(operator.browser.open("/kk/operator/late").await.sees("Кешіккен балабақша жоқ"));

    portal.stop_clock("2026-12-19T00:00:00+05:00").await;
    let page = operator.browser.open("/kk/operator").await;
    assert!(page.sees("Балабақша мерзімінен кешіккен істер бар"), "{}", page.text());
    let page = operator.browser.open("/ru/operator/late").await;
    assert_eq!(page.all("tbody tr").len(), 1);
    assert!(
        page.sees("Детский сад № 1") && page.sees("18.12.2026") && page.sees("1 день"),
        "{}",
        page.text()
    );
    assert!(!page.sees(&family.child.surname), "no child: {}", page.text());
    head.comes_back(&portal).await;
    let page = head.browser.open("/kk/kindergarten").await;
    assert!(page.sees("кешікті"), "{}", page.text());
    let page = head.browser.open(&format!("/kk/kindergarten/families/{}", family.number)).await;
    assert!(page.sees("Мерзім 2026 ж. 18 желтоқсан күні өтті"), "{}", page.text());
    family.comes_back(&portal).await;
    let page = family.case().await;
    assert!(page.sees("Кешіккенін оператор көріп отыр") && page.sees("5 жұмыс күні"), "{}", page.text());
    family.browser.submit(page.form("/take-back")).await;
    assert!(operator.browser.open("/kk/operator/late").await.sees("Кешіккен балабақша жоқ"));
    assert!(!family.case().await.sees("Кешіккенін"));
}

#[sqlx::test(migrations = "./migrations")]
async fn school_age_is_told_twice_once_each_by_any_number_of_processes(pool: PgPool) {
    let portal = Portal::start_at(pool, "2027-06-14T10:00:00+05:00").await;
    let garden = portal.kindergarten(1, &[]).await;
    let mut family = portal.family(2, "autism").await;
    portal.group(garden.id, None, "ru", 1).await;
    let form = family.general_form().await.fill("wish_1", &garden.id.to_string());
    family.sends(form.fill("language", "ru").fill("consent", "yes")).await;
    // The child of the test is two; this one is of the year whose turn it is.
    for change in [
        "update applications set birth_year = 2020",
        "update groups set birth_year_from = 2024, birth_year_to = 2025",
    ] {
        sqlx::query(change).execute(&portal.app.pool).await.unwrap();
    }
    let told = "notices where notice ->> 'kind' = 'will_outgrow'";
    for (moment, notices) in [
        ("2027-07-02T10:00:00+05:00", 0),
        ("2027-07-03T10:00:00+05:00", 1),
        ("2027-08-01T10:00:00+05:00", 1),
        ("2027-08-02T10:00:00+05:00", 2),
        ("2027-08-31T10:00:00+05:00", 2),
    ] {
        portal.advance_to(moment).await;
        let (one, other) = tokio::join!(
            balabaqsha::domain::outgrown::warn(&portal.app),
            balabaqsha::domain::outgrown::warn(&portal.app)
        );
        assert!(one.unwrap() + other.unwrap() <= 1);
        portal.tick().await;
        assert_eq!(portal.count(told).await, notices, "{moment}");
    }
    family.comes_back(&portal).await;
    let page = family.case().await;
    assert!(page.sees("2027 ж. 1 қыркүйек") && page.sees("мектеп жасына"), "{}", page.text());
    assert!(family.browser.open("/ru/notices").await.sees("1 сентября 2027 г."));
    portal.advance_to("2027-09-01T00:00:05+05:00").await;
    let did = portal.tick().await;
    assert_eq!((&did["sweeps"]["outgrow"], &did["sweeps"]["warn_outgrown"]), (&1.into(), &0.into()), "{did}");
    family.comes_back(&portal).await;
    assert!(!family.case().await.sees("дейін балабақшаға қабылдану аяқталмаса"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_signature_that_waits_for_its_check_makes_nobody_late(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut head, mut operator) = (portal.head(&garden).await, portal.operator().await);
    let mut family = portal.filled(2, &garden, &mut head).await;
    family.signs(&portal).await;
    let contract = family.contract().await;
    assert!(head.browser.open("/kk/kindergarten").await.sees("18.12.2026"), "the kindergarten's step");
    portal.fault("eds", "error").await;
    head.signs(&portal, &family.number).await;
    assert!(!head.browser.open("/kk/kindergarten").await.sees("18.12.2026"), "it has done its part");

    // Long after the last day of the step.
    portal.stop_clock("2026-12-22T10:00:00+05:00").await;
    operator.comes_back(&portal).await;
    assert!(operator.browser.open("/kk/operator/late").await.sees("Кешіккен балабақша жоқ"));
    assert!(!operator.browser.open("/kk/operator").await.sees("мерзімінен кешіккен"));
    head.comes_back(&portal).await;
    let page = head.browser.open("/kk/kindergarten").await;
    assert!(!page.sees("кешікті"), "{}", page.text());
    let page = head.browser.open(&format!("/kk/kindergarten/families/{}", family.number)).await;
    assert!(page.sees("Қолтаңба тексерілуде") && !page.sees("күні өтті"), "{}", page.text());
    family.comes_back(&portal).await;
    assert!(!family.case().await.sees("Кешіккенін"), "{}", family.case().await.text());

    // It does not pass: the kindergarten has its three days anew, and is late after them.
    let revoked = portal.sign(&head.person, Some(&garden.bin), "revoked", &contract).await;
    let swapped = sqlx::query("update signature_checks set cms = $1 where state = 'waiting'").bind(&revoked);
    assert_eq!(swapped.execute(&portal.app.pool).await.unwrap().rows_affected(), 1);
    portal.fault("eds", "ok").await;
    assert_eq!(portal.tick().await["signatures"]["refused"], 1);
    assert!(head.browser.open("/kk/kindergarten").await.sees("25.12.2026"));
    portal.stop_clock("2026-12-25T23:59:59+05:00").await;
    operator.comes_back(&portal).await;
    assert!(operator.browser.open("/kk/operator/late").await.sees("Кешіккен балабақша жоқ"));
    portal.stop_clock("2026-12-26T00:00:00+05:00").await;
    let page = operator.browser.open("/ru/operator/late").await;
    assert!(page.sees("25.12.2026") && page.sees("1 день"), "{}", page.text());
    assert!(operator.browser.open("/kk/operator").await.sees("мерзімінен кешіккен"));
    family.comes_back(&portal).await;
    assert!(family.case().await.sees("Кешіккенін"), "{}", family.case().await.text());
}

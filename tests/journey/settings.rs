//! The operator's terms and limits: from a day on, with a reason; what is under way keeps its own.
use sqlx::PgPool;

use crate::support::{Page, Portal, Visitor};

async fn sets(operator: &mut Visitor, name: &str, values: [&str; 3]) -> Page {
    let [value, from, reason] = values;
    let values = [("value", value), ("from", from), ("reason", reason)];
    let path = format!("/kk/operator/settings/{name}");
    operator.fill_in(&path, &format!("/{name}"), &values).await
}

const REASON: &str = "2026 жылғы № 7 бұйрық";

#[sqlx::test(migrations = "./migrations")]
async fn a_value_is_planned_with_a_reason_and_holds_from_its_day(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await;
    let page = operator.browser.open("/kk/operator/settings").await;
    assert!(page.sees("Ваучерді растау") && page.sees("2 жұмыс күні") && page.sees("портал ашылғаннан бері"));
    let page = sets(&mut operator.browser, "confirm_days", ["3", "2026-12-21", REASON]).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(page.sees("Әлі күшіне енген жоқ") && page.sees(REASON), "{}", page.text());
    let page = operator.browser.open("/ru/operator/settings").await;
    assert!(page.sees("3 рабочих дня, с 21.12.2026"), "{}", page.text());
    assert!(portal.visitor().open("/ru/rules").await.sees("На это даётся 2 рабочих дня."));

    portal.advance_to("2026-12-21T00:00:01+05:00").await;
    assert!(portal.visitor().open("/ru/rules").await.sees("На это даётся 3 рабочих дня."));
    operator.comes_back(&portal).await;
    let page = operator.browser.open("/kk/operator/settings/confirm_days").await;
    assert!(page.sees("Қолданыста") && page.sees("21.12.2026"), "{}", page.text());
    let journal = operator.browser.open("/kk/operator/journal").await;
    assert!(journal.sees("Мерзім немесе шек өзгертілді") && journal.sees(REASON), "{}", journal.text());

    // Today means now.
    let page = sets(&mut operator.browser, "confirm_days", ["4", "21.12.2026", REASON]).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(portal.app.policy().confirm_days, 4);
    assert_eq!(page.all("tbody tr").len(), 2, "the history keeps both: {}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn nonsense_is_not_taken_and_what_was_typed_is_kept(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    for (name, value, from, reason, field) in [
        ("confirm_days", "0", "2026-12-21", REASON, "value"),
        ("confirm_days", "31", "2026-12-21", REASON, "value"),
        ("confirm_days", "", "2026-12-21", REASON, "value"),
        ("confirm_days", "-1", "2026-12-21", REASON, "value"),
        ("confirm_days", "2.5", "2026-12-21", REASON, "value"),
        ("confirm_days", "99999999999999999999", "2026-12-21", REASON, "value"),
        ("confirm_days", "2", "2026-12-21", REASON, "value"),
        ("confirm_days", "3", "2026-12-13", REASON, "from"),
        ("confirm_days", "3", "", REASON, "from"),
        ("confirm_days", "3", "2026-02-30", REASON, "from"),
        ("confirm_days", "3", "9999-12-31", REASON, "from"),
        ("confirm_days", "3", "2026-12-21", "", "reason"),
        ("confirm_days", "3", "2026-12-21", "x", "reason"),
        ("outgrown_second_notice_days", "60", "2026-12-21", REASON, "value"),
    ] {
        let page = sets(&mut operator, name, [value, from, reason]).await;
        assert_eq!(page.status, 422, "{name} {value} {from}: {}", page.text());
        assert!(page.error(field).is_some(), "{name} {value} {from}: {}", page.text());
        let form = page.form(&format!("/{name}"));
        assert_eq!((form.value("from").unwrap_or_default(), form.value("reason")), (from, Some(reason)));
    }
    assert_eq!(operator.open("/kk/operator/settings/nothing").await.status, 404);
    let rows = "settings where reason <> 'sandbox'";
    assert_eq!(
        (portal.count(rows).await, portal.count("journal where deed = 'change_setting'").await),
        (0, 0)
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_voucher_goes_to_its_end_by_the_rules_under_which_it_was_issued(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 3)]).await;
    let mut operator = portal.operator().await;
    let (mut old, mut silent) = (portal.family(2, "autism").await, portal.family(4, "autism").await);
    old.applies_generally(&[&garden]).await;
    silent.applies_generally(&[&garden]).await;
    portal.tick().await;
    for (name, value) in [
        ("confirm_days", "4"),
        ("conclude_days", "9"),
        ("extension_days", "3"),
        ("extension_unit", "1"),
        ("stop_list_days", "7"),
        ("pause_kindergarten", "0"),
    ] {
        let page = sets(&mut operator.browser, name, [value, "2026-12-14", REASON]).await;
        assert_eq!(page.statuses, [303, 200], "{name}: {}", page.text());
    }
    // Issued before: two days to confirm, five to conclude, two more.
    let page = old.browser.open(&old.path("/voucher")).await;
    assert!(
        page.sees("2026 ж. 17 желтоқсан") && page.sees("5 жұмыс күні") && page.sees("28 күн"),
        "{}",
        page.text()
    );
    old.confirms().await;
    assert!(old.case().await.sees("2026 ж. 22 желтоқсан"));
    // Issued afterwards: the new ones.
    let mut new = portal.family(3, "autism").await;
    new.applies_generally(&[&garden]).await;
    portal.tick().await;
    let page = new.browser.open(&new.path("/voucher")).await;
    assert!(
        page.sees("2026 ж. 21 желтоқсан") && page.sees("9 жұмыс күні") && page.sees("7 күн"),
        "{}",
        page.text()
    );
    new.confirms().await;
    assert!(new.case().await.sees("2026 ж. 28 желтоқсан"), "{}", new.case().await.text());
    new.chooses(&garden).await;
    assert!(new.case().await.sees("2026 ж. 28 желтоқсан"), "its term runs on: {}", new.case().await.text());

    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 1);
    silent.comes_back(&portal).await;
    assert!(silent.case().await.sees("2027 ж. 15 қаңтар"), "28 days: {}", silent.case().await.text());

    portal.advance_to("2026-12-22T10:00:00+05:00").await;
    old.comes_back(&portal).await;
    old.browser.fill_in(&old.path(""), "/extend", &[]).await;
    assert!(old.case().await.sees("2026 ж. 24 желтоқсан"), "{}", old.case().await.text());
    // The new one takes its choice back and extends by three calendar days.
    portal.advance_to("2026-12-28T10:00:00+05:00").await;
    new.comes_back(&portal).await;
    new.browser.fill_in(&new.path(""), "/take-back", &[]).await;
    new.browser.fill_in(&new.path(""), "/extend", &[]).await;
    assert!(new.case().await.sees("2026 ж. 31 желтоқсан"), "{}", new.case().await.text());
    let page = new.browser.open(&new.path("/term")).await;
    assert!(page.all(".term-days__lines li").last().unwrap().contains("ұзартылған"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn large_numbers_are_written_in_groups_of_three(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    portal.set("code_address_hour", 250_000).await;
    let page = operator.open("/kk/operator/settings/code_address_hour").await;
    for said in ["1 мен 1 000 000 аралығындағы", "250 000 рет"] {
        assert!(page.sees(said), "{}", page.text());
    }
}

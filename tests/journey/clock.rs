//! The calendar and the outages: what the operator changes, and what it does to the terms that run.
use balabaqsha::app::Deed;
use balabaqsha::rules::actor::Actor;
use chrono::NaiveDate;
use sqlx::PgPool;

use crate::support::{Family, Kindergarten, Page, Portal, Visitor};

const ISSUED: &str = "Ваучер берілді, қызығушылығыңызды растаңыз";
const CONFIRMED: &str = "Ваучер расталды, балабақшаны таңдаңыз";
const ON_STOP_LIST: &str = "Тоқтатым парағында";
const ARCHIVED: &str = "Мұрағатта";

/// With a voucher of Monday, 14 December 2026, to be confirmed by Thursday the 17th: the 16th is a holiday.
async fn with_voucher(portal: &Portal, n: u32, garden: &Kindergarten) -> Family {
    let mut family = portal.queued(n, garden).await;
    portal.tick().await;
    assert_eq!(family.status().await, ISSUED);
    assert_eq!(confirm_by(portal, &family).await, day("2026-12-17"));
    family
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn confirm_by(portal: &Portal, family: &Family) -> NaiveDate {
    let asked = "select v.confirm_by from vouchers v join applications a on a.id = v.application_id where a.number = $1";
    sqlx::query_scalar(asked).bind(&family.number).fetch_one(&portal.app.pool).await.unwrap()
}

async fn told(portal: &Portal, kind: &str) -> i64 {
    portal.count(&format!("notices where notice->>'kind' = '{kind}'")).await
}

const OUTAGES: &str = "/kk/operator/outages";
const DAY: &str = "/kk/operator/calendar/day";

/// Shows the effect; whoever tests presses the second button.
async fn outage(operator: &mut Visitor, from: &str, to: &str) -> Page {
    let texts = [("text_kk", "Портал жұмыс істемей тұр"), ("text_ru", "Портал не работает")];
    let values = [("from", from), ("to", to), texts[0], texts[1]];
    operator.fill_in(OUTAGES, OUTAGES, &values).await
}

async fn saves(operator: &mut Visitor, page: &Page, form: &str, reason: Option<&str>) -> Page {
    let form = page.form(form).press("step", "save");
    let form = reason.map_or(form.clone(), |reason| form.fill("reason", reason));
    operator.submit(form).await
}

async fn special(operator: &mut Visitor, on: &str, kind: &str) -> Page {
    let values =
        [("on", on), ("kind", kind), ("name_kk", "Қосымша демалыс"), ("name_ru", "Дополнительный выходной")];
    operator.fill_in(DAY, DAY, &values).await
}

#[sqlx::test(migrations = "./migrations")]
async fn an_outage_declared_afterwards_gives_the_voucher_back(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    assert_eq!(family.status().await, ON_STOP_LIST);
    let events = portal.count("queue_events").await;
    let mut operator = portal.operator().await.browser;
    let page = outage(&mut operator, "2026-12-17", "2026-12-17").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.sees("Кері қайтарылатын шешімдер") && page.sees("21.12.2026"), "{}", page.text());
    assert_eq!(page.form(OUTAGES).value("text_ru"), Some("Портал не работает"));
    assert_eq!(portal.count("outages").await, 0, "seen, not saved");
    assert_eq!(family.status().await, ON_STOP_LIST);

    let page = saves(&mut operator, &page, OUTAGES, None).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(family.status().await, ISSUED);
    // One of two days was the family's; the 17th was the outage's, the 18th is the day of the undoing.
    assert_eq!(confirm_by(&portal, &family).await, day("2026-12-21"));
    assert_eq!(portal.count("queue_events").await, events, "it moves nobody");
    assert_eq!(told(&portal, "annulment_undone").await, 1);
    assert!(family.browser.open("/kk/notices").await.sees("сондықтан шешім кері қайтарылды"));
    portal.tick().await;
    assert_eq!(family.status().await, ISSUED, "nobody takes it away again");
    family.confirms().await;
    assert_eq!(family.status().await, CONFIRMED);
    let journal = operator.open("/kk/operator/journal").await;
    assert!(journal.sees("Іркіліс жарияланды") && journal.sees("Ваучердің жойылуы қайтарылды"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_voucher_that_comes_back_to_a_full_city_stands_still(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut first = with_voucher(&portal, 2, &garden).await;
    let mut second = portal.queued(3, &garden).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    portal.tick().await;
    for family in [&mut first, &mut second] {
        family.comes_back(&portal).await;
    }
    assert_eq!((first.status().await.as_str(), second.status().await.as_str()), (ON_STOP_LIST, ISSUED));
    let mut operator = portal.operator().await.browser;
    let page = outage(&mut operator, "2026-12-17", "2026-12-17").await;
    saves(&mut operator, &page, OUTAGES, None).await;
    assert_eq!((first.status().await.as_str(), second.status().await.as_str()), (ISSUED, ISSUED));
    assert_eq!(portal.count("voucher_pauses where why = 'no_place' and to_on is null").await, 1);
    portal.advance_to("2027-02-01T10:00:00+05:00").await;
    portal.tick().await;
    first.comes_back(&portal).await;
    assert_eq!(first.status().await, ISSUED, "its clock stands still");
}

#[sqlx::test(migrations = "./migrations")]
async fn while_an_outage_lasts_every_term_stands_still_and_every_page_says_so(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 3)]).await;
    let mut waiting = with_voucher(&portal, 2, &garden).await;
    let mut acting = with_voucher(&portal, 3, &garden).await;
    let mut listed = with_voucher(&portal, 4, &garden).await;
    portal.advance_to("2026-12-18T00:10:00+05:00").await;
    let mut staff = portal.operator().await;
    let operator = &mut staff.browser;
    // Nobody has swept yet: the 17th was the last day of all three.
    let page = outage(operator, "2026-12-17", "").await;
    assert!(page.sees("мерзім тоқтап тұр"), "{}", page.text());
    saves(operator, &page, OUTAGES, None).await;
    for (path, text) in [("/kk/", "Портал жұмыс істемей тұр"), ("/ru/policy", "Портал не работает")]
    {
        assert_eq!(portal.visitor().open(path).await.all(".site-notices .banner--warn"), [text], "{path}");
    }
    portal.advance_to("2027-01-20T10:00:00+05:00").await;
    portal.tick().await;
    for family in [&mut waiting, &mut acting, &mut listed] {
        family.comes_back(&portal).await;
        assert_eq!(family.status().await, ISSUED);
    }
    acting.confirms().await;
    assert_eq!(acting.status().await, CONFIRMED, "acting is always possible");
    assert_eq!(portal.count("vouchers where confirmed_at is not null and conclude_by is null").await, 1);

    staff.comes_back(&portal).await;
    let operator = &mut staff.browser;
    let list = operator.open(OUTAGES).await;
    let end = list.attributes("tbody td a", "href").remove(0);
    let page = operator.fill_in(&end, &end, &[("to", "2026-12-16")]).await;
    assert_eq!((page.status, page.error("to").is_some()), (422, true));
    let page = operator.fill_in(&end, &end, &[("to", "2027-01-20")]).await;
    assert!(page.sees("21.01.2027"), "one day is left: {}", page.text());
    assert_eq!(saves(operator, &page, &end, None).await.statuses, [303, 200]);
    assert_eq!(confirm_by(&portal, &waiting).await, day("2027-01-21"));
    assert_eq!(told(&portal, "term_lengthened").await, 3, "one each");
    let again = operator.submit(page.form(&end).press("step", "save")).await;
    assert_eq!(*again.statuses.last().unwrap(), 200, "pressed twice, done once");
    portal.advance_to("2027-01-22T10:00:00+05:00").await;
    portal.tick().await;
    assert!(portal.visitor().open("/kk/").await.all(".site-notices").is_empty());
    waiting.comes_back(&portal).await;
    assert_eq!(waiting.status().await, ON_STOP_LIST);
}

#[sqlx::test(migrations = "./migrations")]
async fn days_of_return_and_the_archive_stand_still_too(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    portal.tick().await;
    // 28 days after the 18th: 15 January.
    portal.advance_to("2027-01-16T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    assert_eq!(family.status().await, ARCHIVED);
    let mut operator = portal.operator().await.browser;
    let page = outage(&mut operator, "2027-01-14", "2027-01-15").await;
    assert!(page.sees("Тоқтатым парағынан қайту") && page.sees("18.01.2027"), "{}", page.text());
    saves(&mut operator, &page, OUTAGES, None).await;
    // Two days were the outage's.
    assert_eq!(family.status().await, ON_STOP_LIST);
    let page = outage(&mut operator, "2027-01-17", "2027-01-17").await;
    assert!(page.sees("19.01.2027"), "{}", page.text());
    saves(&mut operator, &page, OUTAGES, None).await;
    portal.advance_to("2027-01-19T23:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    assert_eq!(family.status().await, ON_STOP_LIST);
    portal.advance_to("2027-01-20T00:10:00+05:00").await;
    portal.tick().await;
    assert_eq!(family.status().await, ARCHIVED);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_change_of_the_calendar_lengthens_with_one_notice_and_never_shortens(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let family = with_voucher(&portal, 2, &garden).await;
    let mut operator = portal.operator().await.browser;
    let page = special(&mut operator, "2026-12-17", "observed").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.sees("17.12.2026") && page.sees("18.12.2026"), "{}", page.text());
    assert_eq!(portal.count("calendar_versions").await, 0, "seen, not saved");
    let without = saves(&mut operator, &page, DAY, None).await;
    assert_eq!((without.status, without.error("reason").is_some()), (422, true));
    assert_eq!(without.form(DAY).value("name_ru"), Some("Дополнительный выходной"));
    let page = saves(&mut operator, &without, DAY, Some("Үкімет қаулысы")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(page.sees("Үкімет қаулысы"));
    assert_eq!(confirm_by(&portal, &family).await, day("2026-12-18"));
    assert_eq!(told(&portal, "term_lengthened").await, 1);

    let page = special(&mut operator, "2026-12-17", "plain").await;
    assert!(page.sees("Бірде-бір ашық мерзім өзгермейді"), "{}", page.text());
    let page = saves(&mut operator, &page, DAY, Some("Қаулы күшін жойды")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert_eq!(confirm_by(&portal, &family).await, day("2026-12-18"), "never shortened");
    assert_eq!(told(&portal, "term_lengthened").await, 1);
    assert_eq!(portal.count("calendar_versions").await, 2);
    let old = operator.open("/kk/operator/calendar?version=1").await;
    assert!(old.sees("Қосымша демалыс") && old.sees("Бұл – 1-нұсқа"), "{}", old.text());
    assert!(!operator.open("/kk/operator/calendar?year=2026").await.sees("Қосымша демалыс"));
    portal.advance_to("2026-12-18T23:00:00+05:00").await;
    portal.tick().await;
    assert_eq!(portal.count("vouchers where ended_at is null").await, 1);
    portal.advance_to("2026-12-19T00:10:00+05:00").await;
    portal.tick().await;
    assert_eq!(portal.count("vouchers where ended_at is null").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_not_seen_is_not_saved(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let first = special(&mut operator, "2026-12-17", "observed").await;
    let second = special(&mut operator, "2026-12-18", "observed").await;
    saves(&mut operator, &first, DAY, Some("Бірінші өзгеріс")).await;
    let late = saves(&mut operator, &second, DAY, Some("Екінші өзгеріс")).await;
    assert!(late.status == 422 && late.sees("Осы арада күнтізбе"), "{}", late.text());
    assert_eq!(portal.count("calendar_versions").await, 1);
    assert_eq!(saves(&mut operator, &late, DAY, None).await.statuses, [303, 200]);
    assert_eq!(portal.count("calendar_versions").await, 2);
    let same = special(&mut operator, "2026-12-18", "observed").await;
    assert!(same.status == 422 && same.sees("өзгеретін ештеңе жоқ"), "{}", same.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_calendar_goes_out_and_comes_in_as_a_file_and_mistakes_are_named_by_line(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let file = operator.open("/kk/operator/calendar/csv").await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let shipped = include_str!("../../src/data/calendar_kz_2024_2028.csv");
    let import = "/kk/operator/calendar/import";
    let heading = "date,weekday,kind,name_kk,name_ru,estimated";
    for (rows, wrong) in [
        (
            "2029-01-01,Mon,public_holiday,Жаңа жыл,Новый год,0\n2029-02-30,Mon,observed,а,б,0",
            "3-жол: ондай күн жоқ: 2029-02-30",
        ),
        ("2029-01-01,Tue,public_holiday,Жаңа жыл,Новый год,0", "2-жол: апта күні Tue"),
        ("2029-01-01,Mon,party,Жаңа жыл,Новый год,0", "2-жол: күннің ондай түрі жоқ: party"),
        ("", "бірде-бір күн жоқ"),
    ] {
        let page = operator.open(import).await;
        let text = format!("{heading}\n{rows}\n");
        let page = operator.submit(page.form(import).fill("csv", &text).press("step", "effect")).await;
        assert_eq!(page.status, 422, "{rows}");
        assert!(page.error("csv").is_some_and(|said| said.contains(wrong)), "{:?}", page.error("csv"));
        assert!(page.form(import).value("csv").unwrap().starts_with(heading), "what was typed stays");
    }
    let page = operator.open(import).await;
    let same =
        operator.submit(page.form(import).attach("file", "a.csv", "text/csv", shipped.as_bytes())).await;
    assert!(same.status == 422 && same.sees("өзгеретін ештеңе жоқ"), "{}", same.text());
    let page = operator.open(import).await;
    let more = format!("{heading}\n2029-01-01,Mon,public_holiday,Жаңа жыл,Новый год,0\n");
    let page = operator.submit(page.form(import).attach("file", "a.csv", "text/csv", more.as_bytes())).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = saves(&mut operator, &page, import, Some("2029 жылдың күнтізбесі")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let kept: i64 = portal.count("calendar_days where version = 1").await;
    assert_eq!(kept, i64::try_from(shipped.lines().count()).unwrap(), "the other years stay");
}

#[sqlx::test(migrations = "./migrations")]
async fn every_process_acts_on_the_newest_calendar(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let other = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let page = special(&mut operator, "2026-12-17", "observed").await;
    saves(&mut operator, &page, DAY, Some("Үкімет қаулысы")).await;
    let page = outage(&mut operator, "2026-12-21", "2026-12-21").await;
    saves(&mut operator, &page, OUTAGES, None).await;
    for app in [&portal.app, &other.app] {
        let mut tx = app.pool.begin().await.unwrap();
        let deed = Deed::begin(app, &mut tx, Actor::System, app.secrets.id()).await.unwrap();
        assert!(!deed.calendar().is_working(day("2026-12-17")) && deed.calendar().is_out(day("2026-12-21")));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_term_into_an_unknown_year_becomes_firm_when_the_year_is_known(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    family.confirms().await;
    let mut operator = portal.operator().await.browser;
    let page = operator.open("/kk/operator/calendar/csv").await;
    assert_eq!(page.status, 200);
    // Of all that is known only the years to 2026 are left, as rows the portal once began with.
    let until = "insert into calendar_versions values (1, portal_now(), null, '')";
    sqlx::query(until).execute(&portal.app.pool).await.unwrap();
    sqlx::query("insert into calendar_days values (1, '2026-12-16', 'public_holiday', 'а', 'б', false)")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    // Confirmed on the 14th: five working days end on the 22nd. With six days off more it reaches into 2027.
    for on in ["2026-12-22", "2026-12-23", "2026-12-24", "2026-12-25", "2026-12-28", "2026-12-29"] {
        let page = special(&mut operator, on, "observed").await;
        saves(&mut operator, &page, DAY, Some("Үкімет қаулысы")).await;
    }
    for on in ["2026-12-30", "2026-12-31"] {
        let page = special(&mut operator, on, "observed").await;
        saves(&mut operator, &page, DAY, Some("Үкімет қаулысы")).await;
    }
    assert_eq!(portal.count("vouchers where not conclude_firm and conclude_by = '2027-01-01'").await, 1);
    let import = "/kk/operator/calendar/import";
    let page = operator.open(import).await;
    let year =
        "date,weekday,kind,name_kk,name_ru,estimated\n2027-01-01,Fri,public_holiday,Жаңа жыл,Новый год,0\n";
    let page = operator.submit(page.form(import).fill("csv", year).press("step", "effect")).await;
    let page = saves(&mut operator, &page, import, Some("2027 жылдың күнтізбесі")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(portal.count("vouchers where conclude_firm and conclude_by = '2027-01-04'").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_that_came_back_by_itself_gets_its_voucher_and_its_return_too(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let page = family.case().await;
    family.browser.submit(page.form("/return")).await;
    assert_eq!(portal.count("applications where stage = 'queued' and returned_at is not null").await, 1);
    let mut operator = portal.operator().await.browser;
    let page = outage(&mut operator, "2026-12-17", "2026-12-17").await;
    assert!(page.sees("Кері қайтарылатын шешімдер") && page.sees("21.12.2026"), "{}", page.text());
    saves(&mut operator, &page, OUTAGES, None).await;
    assert_eq!(family.status().await, ISSUED);
    assert_eq!(confirm_by(&portal, &family).await, day("2026-12-21"));
    assert_eq!(told(&portal, "annulment_undone").await, 1);
    assert_eq!(portal.count("vouchers").await, 1, "its own, not another");
    assert_eq!(portal.count("journal where deed = 'undo_lapse'").await, 1);
    let steps = portal.count("queue_events where step = 1").await
        - portal.count("queue_events where step = -1").await;
    assert_eq!(steps, 0, "it is in the order no more");
    assert_eq!(portal.count("ledger_entries where body like '%restored%unconfirmed%'").await, 1);
    let mut bytes = Vec::new();
    balabaqsha::domain::ledger::export(&portal.app.pool, &mut bytes).await.unwrap();
    let mut verifier = balabaqsha::rules::ledger::Verifier::new([]);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        verifier.line(line).unwrap();
    }
    assert_eq!((verifier.replay.vouchers(), verifier.replay.orders()["almaty/general"].len()), (1, 0));
    // The return was the outage's doing: it is there again.
    portal.advance_to("2026-12-22T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    assert_eq!(family.status().await, ON_STOP_LIST);
    assert!(family.case().await.has_form("/return"));
}

/// The page of the one outage there is.
async fn only_outage(operator: &mut Visitor) -> String {
    operator.open(OUTAGES).await.attributes("tbody td a", "href").remove(0)
}

async fn withdraws(operator: &mut Visitor) -> Page {
    let path = only_outage(operator).await;
    let page = operator.fill_in(&path, "/withdraw", &[]).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(page.sees("Іркіліс қайтарып алынды"), "{}", page.text());
    page
}

#[sqlx::test(migrations = "./migrations")]
async fn an_outage_declared_by_mistake_is_withdrawn_and_days_given_stay_given(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let early = with_voucher(&portal, 2, &garden).await;
    let mut operator = portal.operator().await.browser;
    let page = outage(&mut operator, "2026-12-17", "2026-12-17").await;
    saves(&mut operator, &page, OUTAGES, None).await;
    assert_eq!(confirm_by(&portal, &early).await, day("2026-12-18"));
    let page = withdraws(&mut operator).await;
    assert!(page.attributes("tbody td a", "href").is_empty(), "nothing is left to be done with it");
    assert_eq!(confirm_by(&portal, &early).await, day("2026-12-18"), "shown, so kept");
    assert_eq!(told(&portal, "term_lengthened").await, 1);
    with_voucher(&portal, 3, &garden).await;
    let journal = operator.open("/kk/operator/journal").await;
    assert!(journal.sees("Іркіліс қайтарып алынды"), "{}", journal.text());
    portal.advance_to("2026-12-19T00:10:00+05:00").await;
    portal.tick().await;
    assert_eq!(portal.count("applications where stage = 'on_stop_list'").await, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_open_outage_withdrawn_the_same_day_never_was(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let family = with_voucher(&portal, 2, &garden).await;
    let mut operator = portal.operator().await.browser;
    let page = outage(&mut operator, "2026-12-14", "").await;
    saves(&mut operator, &page, OUTAGES, None).await;
    assert_eq!(portal.count("vouchers where confirm_firm").await, 0);
    withdraws(&mut operator).await;
    assert_eq!(portal.count("vouchers where confirm_firm").await, 1);
    assert_eq!(confirm_by(&portal, &family).await, day("2026-12-17"));
    assert_eq!(told(&portal, "term_lengthened").await, 0);
    assert!(portal.visitor().open("/kk/").await.all(".site-notices").is_empty());
}

#[sqlx::test(migrations = "./migrations")]
async fn what_stood_still_for_days_goes_on_with_what_it_had_left(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    let mut staff = portal.operator().await;
    let page = outage(&mut staff.browser, "2026-12-15", "").await;
    saves(&mut staff.browser, &page, OUTAGES, None).await;
    portal.advance_to("2026-12-21T10:00:00+05:00").await;
    staff.comes_back(&portal).await;
    withdraws(&mut staff.browser).await;
    portal.tick().await;
    family.comes_back(&portal).await;
    assert_eq!(family.status().await, ISSUED, "two days were left, and are");
    assert_eq!(confirm_by(&portal, &family).await, day("2026-12-23"));
    assert_eq!(told(&portal, "term_lengthened").await, 1);
    // From now on its days count for nobody: whoever is issued today is not stopped by today either.
    let mut tx = portal.app.pool.begin().await.unwrap();
    let deed = Deed::begin(&portal.app, &mut tx, Actor::System, portal.app.secrets.id()).await.unwrap();
    assert!(!deed.calendar().is_out(day("2026-12-21")));
}

#[sqlx::test(migrations = "./migrations")]
async fn while_an_outage_lasts_days_of_return_have_no_sure_end(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let mut operator = portal.operator().await.browser;
    // After the annulment: nothing is undone, the days of return stand still.
    let page = outage(&mut operator, "2026-12-19", "").await;
    assert!(page.sees("15.01.2027") && page.sees("ең ерте дегенде 15.01.2027"), "{}", page.text());
    saves(&mut operator, &page, OUTAGES, None).await;
    assert!(family.case().await.sees("ең ерте дегенде 2027 ж. 15 қаңтар"), "{}", family.case().await.text());
    assert_eq!(family.browser.open(&family.path("/term.ics")).await.status, 404, "there is no day");
}

#[sqlx::test(migrations = "./migrations")]
async fn where_outages_stop_nothing_the_sweeps_do_not_rest(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.set("pause_outage", 0).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = with_voucher(&portal, 2, &garden).await;
    let mut staff = portal.operator().await;
    let page = outage(&mut staff.browser, "2026-12-18", "").await;
    saves(&mut staff.browser, &page, OUTAGES, None).await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 1);
    family.comes_back(&portal).await;
    assert!(family.case().await.sees("2027 ж. 15 қаңтар"), "{}", family.case().await.text());
    portal.advance_to("2027-01-16T00:10:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["leave_stop_list"], 1);
}

//! How a last day came about, line by line, in both languages; and the day as a file.
use sqlx::PgPool;

use crate::support::{Family, Kindergarten, Portal};

async fn confirmed(portal: &Portal, n: u32, garden: &Kindergarten) -> Family {
    let mut family = portal.family(n, "autism").await;
    family.applies_generally(&[garden]).await;
    portal.tick().await;
    family.confirms().await;
    family
}

/// The lines of the page in this language.
async fn lines(family: &mut Family, lang: &str) -> Vec<String> {
    let path = family.path("/term").replacen("/kk/", &format!("/{lang}/"), 1);
    let page = family.browser.open(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.all(".term-days__lines li")
}

#[sqlx::test(migrations = "./migrations")]
async fn the_days_are_told_one_by_one_with_holidays_the_kindergartens_days_and_the_extension(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = confirmed(&portal, 2, &garden).await;
    let page = family.case().await;
    let page = family.browser.open(&page.link("Бұл күн қалай шықты?")).await;
    assert!(page.sees("2026 ж. 22 желтоқсан"), "{}", page.text());
    assert_eq!(
        page.all(".term-days__lines li"),
        [
            "14.12.2026 – ваучер расталды, бұл күн мерзімге кірмейді",
            "15.12.2026 – 1-жұмыс күні",
            "16.12.2026 – Тәуелсіздік күні, есептелмейді",
            "17.12.2026 – 2-жұмыс күні",
            "18.12.2026 – 3-жұмыс күні",
            "19–20.12.2026 – демалыс, есептелмейді",
            "21.12.2026 – 4-жұмыс күні",
            "22.12.2026 – 5-жұмыс күні; соңғы күн, түгел есептеледі: 23:59:59-ға дейін",
        ]
    );
    assert_eq!(page.all(".leaf__day--today"), ["14"]);

    portal.advance_to("2026-12-17T10:00:00+05:00").await;
    family.comes_back(&portal).await;
    family.chooses(&garden).await;
    let still = lines(&mut family, "ru").await;
    assert_eq!(still.last().unwrap(), "с 17.12.2026 – дело у детского сада, не считается");
    let page = family.browser.open(&family.path("/term")).await;
    assert!(page.sees("Мерзім тоқтап тұр") && page.sees("4 жұмыс күні"), "{}", page.text());
    assert_eq!(family.browser.open(&family.path("/term.ics")).await.status, 404, "there is no day");

    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    family.comes_back(&portal).await;
    family.browser.fill_in(&family.path(""), "/take-back", &[]).await;
    portal.advance_to("2026-12-24T10:00:00+05:00").await;
    family.comes_back(&portal).await;
    family.browser.fill_in(&family.path(""), "/extend", &[]).await;
    let told = lines(&mut family, "ru").await;
    assert_eq!(told[3], "17–18.12.2026 – дело у детского сада, не считается");
    assert_eq!(told[told.len() - 2], "26–27.12.2026 – выходной, не считается");
    assert_eq!(
        *told.last().unwrap(),
        "28.12.2026 – 7-й рабочий день, продление; последний день, считается целиком: до 23:59:59"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_day_it_began_is_explained_where_it_is_not_the_day_of_issue(pool: PgPool) {
    let portal = Portal::start_at(pool, "2026-12-12T23:30:00+05:00").await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    portal.tick().await;
    let page = family.browser.open(&family.path("/term")).await;
    assert!(page.sees("SMS әлі қабылданған жоқ") && page.sees("14.12.2026"), "{}", page.text());
    portal.advance_to("2026-12-14T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let page = family.browser.open(&family.path("/term")).await;
    assert!(page.sees("Ваучер 12.12.2026 23:30 берілді") && page.sees("9:00–21:00"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_text_taken_later_moves_the_first_day_and_the_page_says_so(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    portal.fault("sms", "down").await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    portal.tick().await;
    let page = family.browser.open("/ru/cabinet").await;
    assert!(page.sees("не раньше 17 декабря 2026 г."), "{}", page.text());
    portal.fault("sms", "ok").await;
    portal.advance_to("2026-12-17T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let path = family.path("/term").replace("/kk/", "/ru/");
    let page = family.browser.open(&path).await;
    assert!(page.sees("SMS принято оператором связи 17 декабря 2026 г."), "{}", page.text());
    assert_eq!(
        page.all(".term-days__lines li")[0],
        "17.12.2026 – день сообщения о ваучере, в срок не входит"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_term_that_is_over_says_so_before_the_sweep_comes_round(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    portal.tick().await;
    portal.stop_clock("2026-12-17T23:59:59+05:00").await;
    family.comes_back(&portal).await;
    let page = family.browser.open(&family.path("/term")).await;
    assert!(page.sees("1 жұмыс күні қалды"), "{}", page.text());
    portal.stop_clock("2026-12-18T00:00:00+05:00").await;
    let page = family.browser.open(&family.path("/term")).await;
    assert!(page.sees("Мерзім бітті") && !page.sees("қалды"), "{}", page.text());
    assert!(!family.browser.open("/kk/cabinet").await.sees("қалды"));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_stop_list_shows_its_days_and_the_second_lapse_says_that_no_return_is_left(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    portal.tick().await;
    portal.advance_to("2026-12-18T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    assert!(family.case().await.sees("29 күн қалды"), "{}", family.case().await.text());
    let page = family.browser.open("/kk/cabinet").await;
    assert!(page.sees("29 күн қалды") && page.sees("2027 ж. 15 қаңтар"), "{}", page.text());
    assert_eq!(
        lines(&mut family, "kk").await,
        [
            "18.12.2026 – ваучер жойылды, бұл күн мерзімге кірмейді",
            "19.12.2026–14.01.2027 – 1–27-күндер",
            "15.01.2027 – 28-күн; соңғы күн, түгел есептеледі: 23:59:59-ға дейін",
        ]
    );
    let page = family.case().await;
    family.browser.submit(page.form("/return")).await;
    portal.tick().await;
    portal.advance_to("2026-12-25T10:00:00+05:00").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let page = family.case().await;
    assert!(
        page.sees("қайту мүмкіндігі пайдаланылған")
            && page.sees("2027 ж. 22 қаңтар")
            && !page.has_form("/return"),
        "{}",
        page.text()
    );
    assert!(family.browser.open("/kk/cabinet").await.sees("қайту мүмкіндігі пайдаланылған"));
    assert_eq!(family.browser.open(&family.path("/term.ics")).await.status, 404);
    portal.stop_clock("2027-01-22T23:59:59+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["leave_stop_list"], 0);
    portal.stop_clock("2027-01-23T00:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["leave_stop_list"], 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_day_goes_into_the_familys_calendar_without_names(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    assert_eq!(family.browser.open(&family.path("/term.ics")).await.status, 404, "no term runs in the queue");
    assert!(family.browser.open(&family.path("/term")).await.sees("мерзім жоқ"));
    portal.tick().await;
    let page = family.browser.open(&family.path("/term.ics")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.header("content-disposition").unwrap().starts_with("attachment"));
    let file = String::from_utf8(page.bytes.clone()).unwrap();
    assert!(file.contains("DTSTART;VALUE=DATE:20261217\r\n") && file.contains("BEGIN:VALARM"), "{file}");
    for secret in [&family.child.name, &family.child.surname, &family.number, &family.child.iin] {
        assert!(!file.replace("\r\n ", "").contains(secret.as_str()), "{secret}: {file}");
    }
    let mut stranger = portal.family(3, "autism").await;
    assert_eq!(stranger.browser.open(&family.path("/term")).await.status, 404);
    assert_eq!(stranger.browser.open(&family.path("/term.ics")).await.status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_over_still_shows_how_its_last_day_came_about(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut late = confirmed(&portal, 2, &garden).await;
    let mut leaving = portal.family(3, "autism").await;
    leaving.applies_generally(&[&garden]).await;
    let page = leaving.case().await;
    assert!(!page.sees("Бұл күн қалай шықты?"), "it waits: {}", page.text());
    leaving.browser.fill_in(&leaving.path("/withdraw"), "/withdraw", &[]).await;
    assert!(!leaving.case().await.sees("Бұл күн қалай шықты?"), "it never had a term");
    portal.advance_to("2026-12-23T10:00:00+05:00").await;
    portal.tick().await;
    late.comes_back(&portal).await;
    let page = late.case().await;
    let page = late.browser.open(&page.link("Бұл күн қалай шықты?")).await;
    let lines = page.all(".term-days__lines li");
    assert_eq!(lines[0], "14.12.2026 – ваучер расталды, бұл күн мерзімге кірмейді");
    assert_eq!(
        *lines.last().unwrap(),
        "22.12.2026 – 5-жұмыс күні; соңғы күн, түгел есептеледі: 23:59:59-ға дейін"
    );
    assert_eq!(late.browser.open(&late.path("/term.ics")).await.status, 404, "no day is to come");
}

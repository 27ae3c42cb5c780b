//! The public face: the front page's figures, the city to pick, the slip to print.
use sqlx::PgPool;

use crate::support::Portal;

#[sqlx::test(migrations = "./migrations")]
async fn the_front_page_counts_families_from_five_and_places_always(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    portal.group(garden.id, None, "kk", 3).await;
    let figures = |page: &crate::support::Page| page.all(".figures dd");
    let page = portal.visitor().open("/ru/").await;
    assert_eq!(figures(&page), ["меньше 5", "меньше 5", "3", "0"]);
    for n in 1..=5 {
        let mut family = portal.family(n, "speech_severe").await;
        family.applies_generally(&[&garden]).await;
    }
    sqlx::query("update applications set stage = 'queued', voucher_id = null")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    let page = portal.visitor().open("/ru/").await;
    assert_eq!(figures(&page)[0], "5");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_city_is_picked_and_remembered(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.kindergarten(1, &[]).await;
    let mut visitor = portal.visitor();
    let page = visitor.open("/kk/kindergartens").await;
    let link = page.attributes("header a.city", "href").remove(0);
    assert_eq!(link, "/kk/city?back=/kk/kindergartens");
    let page = visitor.open("/kk/kindergartens?district=medeu&free=yes").await;
    let back = visitor.open(&page.attributes("header a.city", "href").remove(0)).await;
    let page = visitor.submit(back.form("city").fill("city", "almaty")).await;
    assert_eq!(page.path, "/kk/kindergartens?district=medeu&free=yes", "the search is kept");
    let page = visitor.open(&link).await;
    let page = visitor.submit(page.form("city").fill("city", "astana")).await;
    assert_eq!((page.path.as_str(), &*page.statuses), ("/kk/kindergartens", &[303, 200][..]));
    assert!(page.sees("Астана қ."), "{}", page.text());
    assert_eq!(page.all("main .banner--warn").len(), 1, "the city is not opened");
    assert!(page.attributes("main a[href*='/kindergartens/']", "href").is_empty());
    let page = visitor.open("/ru/").await;
    assert!(page.all("header a.city").remove(0).contains("г. Астана"));

    let nonsense = [("back", "//evil.example"), ("back", "https://evil.example"), ("back", "/kk/%0d%0aX")];
    for (name, value) in nonsense {
        let page = visitor.open("/kk/city").await;
        let page = visitor.submit(page.form("city").fill("city", "almaty").forge(name, value)).await;
        assert_eq!((page.path.as_str(), &*page.statuses), ("/kk/", &[303, 200][..]));
    }
    let page = visitor.open("/kk/city").await;
    let page = visitor.submit(page.form("city").forge("city", "atlantis")).await;
    assert_eq!(page.statuses, [422]);
    assert!(page.error("city").is_some());
}

#[sqlx::test(migrations = "./migrations")]
async fn the_browsers_place_only_proposes_a_city(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let chosen = |page: &crate::support::Page| page.attributes("input[name=city][checked]", "value");
    let page = visitor.open("/ru/city?at=51.1,71.4").await;
    assert_eq!(chosen(&page), ["astana"]);
    assert!(page.sees("Ближайший к вам город: г. Астана"));
    let page = visitor.open("/ru/city?at=0,0").await;
    assert_eq!(chosen(&page), ["almaty"]);
    assert!(page.sees("Рядом с вами нет города из списка"));
    for nonsense in ["at=x", "at=1e400,1", "at=-1,", "at=NaN,NaN", "at=%22%3E"] {
        assert_eq!(visitor.open(&format!("/ru/city?{nonsense}")).await.statuses, [200], "{nonsense}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bare_language_leads_to_its_front_page(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let page = portal.visitor().open("/ru").await;
    assert_eq!((page.path.as_str(), &*page.statuses), ("/ru/", &[303, 200][..]));
    assert_eq!(portal.visitor().open("/en").await.statuses, [404]);
    assert_eq!(portal.visitor().open("/favicon.ico").await.header("content-type"), Some("image/svg+xml"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_malformed_query_is_told_on_every_page(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    for path in ["", "statistics", "queue", "policy", "rules", "login", "queue/find"] {
        for query in ["x=%FF", "a=%zz", "a=1&a=2"] {
            let page = visitor.open(&format!("/ru/{path}?{query}")).await;
            assert_eq!(page.statuses, [400], "/ru/{path}?{query}");
        }
        assert_eq!(visitor.open(&format!("/ru/{path}?unknown=1")).await.statuses, [200], "{path}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn what_everybody_may_keep_carries_nobodys_mark(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let page = portal.visitor().open("/kk/").await;
    let style = page.attributes("link[rel=stylesheet]", "href").remove(0);
    let sheet = portal.visitor().open(&style).await;
    assert_eq!((sheet.status, sheet.header("set-cookie")), (200, None));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_slip_tells_the_place_in_both_languages_to_the_applicant_alone(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let path = format!("/kk/applications/{}/slip", city.number("queued"));
    let page = city.family("queued").browser.open(&path).await;
    assert_eq!(page.statuses, [200]);
    assert_eq!(page.attributes(".slip__side", "lang"), ["kk", "ru"]);
    assert_eq!(page.all(".slip__side h2"), ["Кезекте", "В очереди"]);
    assert!(page.sees(&city.number("queued")));
    assert_eq!(page.all("svg.slip__qr path").len(), 1);
    assert_eq!(city.second.browser.open(&path).await.statuses, [404]);
    assert_eq!(city.stranger.browser.open(&path).await.statuses, [404]);
}

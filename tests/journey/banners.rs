//! Banners: the operator's word on every page, from one moment to another.
use sqlx::PgPool;

use crate::support::{Page, Portal, Visitor, adult};

async fn puts(operator: &mut Visitor, from: &str, to: &str) -> Page {
    let values = [
        ("kind", "warning"),
        ("text_kk", "Ертең портал жабық <b>"),
        ("text_ru", "Завтра портал закрыт <b>"),
        ("from", from),
        ("to", to),
    ];
    operator.fill_in("/kk/operator/banners", "/operator/banners", &values).await
}

#[sqlx::test(migrations = "./migrations")]
async fn a_banner_is_on_every_page_in_its_language_until_it_ends(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await;
    let mut parent = portal.signed_in(portal.account(&adult(2)).await).await;
    let page = puts(&mut operator.browser, "2026-12-14T11:00", "2026-12-14T13:00").await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(page.sees("Әлі басталған жоқ") && page.all(".site-notices").is_empty(), "{}", page.text());

    portal.advance_to("2026-12-14T11:00:30+05:00").await;
    portal.tick().await;
    for (path, text) in [("/kk/", "Ертең портал жабық <b>"), ("/ru/policy", "Завтра портал закрыт <b>")]
    {
        assert_eq!(portal.visitor().open(path).await.all(".site-notices .banner--warn"), [text], "{path}");
        assert_eq!(
            portal.visitor().open(&format!("{path}nowhere")).await.all(".site-notices"),
            [text],
            "an error page too"
        );
    }
    assert_eq!(parent.open("/ru/cabinet").await.all(".site-notices"), ["Завтра портал закрыт <b>"]);

    portal.advance_to("2026-12-14T13:00:00+05:00").await;
    portal.tick().await;
    assert!(parent.open("/ru/cabinet").await.all(".site-notices").is_empty(), "it has ended");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_banner_comes_and_goes_at_once_when_the_operator_says_so(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    let page = puts(&mut operator, "14.12.2026 09:00", "15.12.2026 09:00").await;
    assert_eq!(page.all(".site-notices").len(), 1, "{}", page.text());
    assert!(page.sees("Қазір көрсетілуде"));
    assert_eq!(portal.visitor().open("/kk/kindergartens").await.all(".site-notices").len(), 1);
    let page = operator.submit(page.form("/withdraw")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(page.all(".site-notices").is_empty() && page.sees("Алынды"));
    assert!(portal.visitor().open("/kk/").await.all(".site-notices").is_empty());
    let journal = operator.open("/kk/operator/journal").await;
    assert!(journal.sees("Хабарландыру қойылды") && journal.sees("Хабарландыру алынды"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_banner_without_words_or_with_an_impossible_time_is_not_put_up(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut operator = portal.operator().await.browser;
    for (from, to, field) in [
        ("2026-12-14T11:00", "2026-12-14T11:00", "to"),
        ("2026-12-13T11:00", "2026-12-14T09:00", "to"),
        ("", "2026-12-15T11:00", "from"),
        ("2026-12-14", "2026-12-15T11:00", "from"),
        ("-1", "9999-12-31T00:00", "to"),
    ] {
        let page = puts(&mut operator, from, to).await;
        assert_eq!(page.status, 422, "{from} {to}");
        assert!(page.error(field).is_some(), "{from} {to}: {}", page.text());
        assert_eq!(page.form("/operator/banners").value("text_kk"), Some("Ертең портал жабық <b>"));
    }
    let page =
        operator.fill_in("/ru/operator/banners", "/operator/banners", &[("text_kk", "Ертең жабық")]).await;
    assert!(page.error("text_ru").is_some());
    assert_eq!(portal.count("banners").await, 0);
}

//! Whatever goes wrong is told on a page with one heading and a way out, in the language of its address; and nothing
//! that is typed breaks the portal.
use sqlx::PgPool;

use crate::support::{Page, Portal, Visitor};

const FORM: &str = "application/x-www-form-urlencoded";

/// An error page: HTML in this language (the rest is checked on every page), one heading, a link onward.
fn is_told(page: &Page, status: u16, lang: &str) {
    assert_eq!(page.status, status, "{}: {}", page.path, page.text());
    assert!(
        page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        "{status} {}: no page",
        page.path
    );
    assert_eq!(page.attributes("html", "lang"), [lang], "{}", page.path);
    assert!(!page.h1().is_empty());
    let out = page.attributes("main a.button", "href");
    assert!(out.len() == 1 && out[0].starts_with(&format!("/{lang}/")), "{status}: {out:?}");
}

#[sqlx::test(migrations = "./migrations")]
async fn every_error_has_a_page_in_both_languages_with_a_way_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut parent = portal.family(2, "autism").await.browser;
    for lang in ["kk", "ru"] {
        let at = |path: &str| format!("/{lang}/{path}");
        for path in [
            "joq",
            "applications/AAAAAAAAAAAAA",
            "kindergartens/00000000-0000-0000-0000-000000000000",
            "doctor",
            "a/b/c/d",
        ] {
            is_told(&parent.open(&at(path)).await, 404, lang);
        }
        is_told(&parent.open(&at("logout")).await, 405, lang);
        is_told(&parent.send("DELETE", &at("cabinet"), FORM, "").await, 405, lang);
        is_told(&parent.send("PUT", &at("profile"), FORM, "").await, 405, lang);
        for body in ["a=1&a=2", "a=%zz", "a=%f", "a=%ff", "form_token=x&form_token=y"] {
            is_told(&parent.send("POST", &at("profile/language"), FORM, body).await, 400, lang);
        }
        is_told(&parent.send("POST", &at("profile/language"), FORM, vec![0xff, 0xfe]).await, 400, lang);
        for body in ["", "--x\r\nbroken", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"] {
            let kind = "multipart/form-data; boundary=x";
            let page = parent.send("POST", &at("applications/new"), kind, body).await;
            assert!(matches!(page.status, 400 | 403), "{body:?}: {}", page.status);
            is_told(&page, page.status, lang);
        }
        is_told(&parent.send("POST", &at("applications/new"), "multipart/form-data", "x").await, 400, lang);
        is_told(&parent.open(&at("applications/%ff")).await, 400, lang);
        is_told(&parent.send("POST", &at("profile/language"), FORM, "a".repeat(70_000)).await, 413, lang);
        is_told(&parent.send("POST", &at("profile/language"), FORM, "language=ru").await, 403, lang);
        parent.headers.push(("sec-fetch-site".to_owned(), "cross-site".to_owned()));
        is_told(&parent.send("POST", &at("profile/language"), FORM, "language=ru").await, 403, lang);
        parent.headers.clear();
        let mut misled = portal.visitor();
        misled.headers.push(("host".to_owned(), "evil.example".to_owned()));
        is_told(&misled.open(&at("")).await, 421, lang);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_way_back_after_an_error_leads_to_the_visitors_own_start(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let page = visitor.open("/ru/net").await;
    assert_eq!(visitor.open(&page.attributes("main a.button", "href")[0]).await.status, 200);
    for mut browser in [
        portal.family(2, "autism").await.browser,
        portal.doctor(1).await.browser,
        portal.operator().await.browser,
    ] {
        let page = browser.open("/kk/joq").await;
        let out = browser.open(&page.attributes("main a.button", "href")[0]).await;
        assert_eq!(out.status, 200, "{}", out.path);
    }
}

/// What people and machines type that nobody expects.
fn strange() -> Vec<String> {
    vec![
        "a\0b".to_owned(),
        "👩‍👩‍👧‍👦🏠".to_owned(),
        "\u{202e}\u{2066}תורת\u{200f}".to_owned(),
        "１２３４５６７８９０１２".to_owned(),
        "-1".to_owned(),
        "99999999999999999999".to_owned(),
        "<script>alert(1)</script>\"'&amp;".to_owned(),
        "'; drop table accounts; --".to_owned(),
        "\r\nSet-Cookie: x=1".to_owned(),
        "x".repeat(20_000),
        "ң".repeat(100_000),
    ]
}

/// Every field a person fills in, with every strange text; the rest stays as the page has it.
async fn types_strange_things(visitor: &mut Visitor, page: &Page) -> usize {
    let mut tried = 0;
    for form in page.forms() {
        let leads_away = ["/logout", "/role", "/again", "/withdraw", "/refuse"]
            .iter()
            .any(|end| form.action.ends_with(end));
        if leads_away {
            continue;
        }
        for field in form.typed() {
            // No address is longer than a few kilobytes.
            let texts = strange().into_iter().filter(|text| form.method != "get" || text.len() < 5_000);
            for text in texts {
                let answer = visitor.submit(form.clone().forge(&field, &text)).await;
                assert!(
                    answer.status < 500 || answer.status == 503,
                    "{field} of {}: {}",
                    form.action,
                    answer.status
                );
                assert!(!answer.html().contains("<script>alert(1)"), "{field} of {}", form.action);
                assert!(answer.header("x-injected").is_none() && !visitor.cookies.contains_key("x"));
                tried += 1;
            }
        }
    }
    tried
}

#[sqlx::test(migrations = "./migrations")]
async fn nothing_typed_into_any_field_breaks_the_portal(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    // These answer at an even pace: side by side they cost no time.
    let roads = ["/kk/register", "/kk/recover", "/kk/login", "/kk/kindergartens"].map(|path| {
        let mut visitor = portal.visitor();
        async move {
            let page = visitor.open(path).await;
            types_strange_things(&mut visitor, &page).await
        }
    });
    let mut tried: usize = futures_util::future::join_all(roads).await.into_iter().sum();
    let number = city.number("awaiting_review");
    let page = city.doctor.browser.open(&format!("/kk/doctor/{number}")).await;
    // The doctor's own decision is not to be taken by a strange text.
    let form = page.form("/reject").forge("reason", "");
    for text in strange() {
        let answer = city.doctor.browser.submit(form.clone().forge("text", &text)).await;
        assert!(answer.status < 500, "{}", answer.status);
    }
    let contract = format!("/kk/kindergarten/families/{}", city.number("awaiting_contract"));
    for path in [contract.as_str(), "/kk/kindergarten/groups/new", "/kk/kindergarten/profile"] {
        let page = city.head.browser.open(path).await;
        tried += types_strange_things(&mut city.head.browser, &page).await;
    }
    for path in [
        "kindergartens/new",
        "staff/new",
        "journal",
        "kindergartens",
        "feedback",
        "questions/new",
        "banners",
        "outages",
        "calendar/day",
        "calendar/import",
    ] {
        let page = city.operator.browser.open(&format!("/kk/operator/{path}")).await;
        tried += types_strange_things(&mut city.operator.browser, &page).await;
    }
    for path in ["/kk/profile", "/kk/children/new", "/kk/feedback", "/kk/feedback/follow"] {
        let page = city.stranger.browser.open(path).await;
        tried += types_strange_things(&mut city.stranger.browser, &page).await;
    }
    for (stage, rest) in [("awaiting_parent_signature", "/contract/fill"), ("filled", "/contract")] {
        let family = city.family(stage);
        let page = family.browser.open(&family.path(rest)).await;
        tried += types_strange_things(&mut family.browser, &page).await;
    }
    let family = city.family("queued");
    let form = family.special_form().await;
    for field in [
        "conclusion_number",
        "conclusion_kept",
        "child",
        "correction_type",
        "wish_1",
        "language",
        "consent",
        "queue_type",
    ] {
        for text in strange() {
            let answer = family.browser.submit(form.clone().forge(field, &text)).await;
            assert!(answer.status < 500, "{field}: {}", answer.status);
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[sqlx::test(migrations = "./migrations")]
async fn strange_addresses_and_queries_are_no_fault_of_ours(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut family = portal.family(2, "autism").await;
    let operator = &mut portal.operator().await.browser;
    let queries = [
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=%00",
        "page=1&page=2",
        "q=%00",
        "q=%ff",
        "q=%zz",
        "done=%00",
        "done=<b>",
        "next=%00",
        "district=x&kind=%F0%9F%98%80",
        "&&==&",
        "from=0000-00-00&to=x",
        "=",
    ];
    let public =
        ["/kk/", "/kk/login", "/kk/kindergartens", "/ru/register", "/kk/policy", "/kk/feedback", "/kk/rules"];
    let own = [
        "/kk/cabinet",
        "/kk/notices",
        "/kk/applications",
        "/kk/applications/new",
        "/kk/profile",
        "/kk/children",
    ];
    let office = [
        "/kk/operator",
        "/kk/operator/journal",
        "/kk/operator/staff",
        "/kk/operator/kindergartens",
        "/kk/operator/queue",
        "/kk/operator/feedback",
        "/kk/operator/questions/new",
    ];
    for query in queries {
        for path in public.iter().chain(&own) {
            let page = family.browser.open(&format!("{path}?{query}")).await;
            assert!(page.statuses[0] < 500, "{path}?{query}: {}", page.status);
        }
        for path in office {
            let page = operator.open(&format!("{path}?{query}")).await;
            assert!(page.statuses[0] < 500, "{path}?{query}: {}", page.status);
        }
    }
    for path in [
        "/%00",
        "/kk/%00",
        "/kk/%2e%2e/%2e%2e/etc/passwd",
        "/static/0/..%2f..%2fCargo.toml",
        "/static/0/%00",
        "/v/%00",
        "/v/%F0%9F%98%80",
        "/kk/kindergartens/%00",
        "/kk//",
        "//evil.example",
        "/kk/applications/%00/voucher",
    ] {
        let page = family.browser.open(path).await;
        assert!(page.statuses[0] < 500, "{path}: {}", page.status);
        assert!(page.statuses[0] != 200 || page.path == "/kk/", "{path}");
    }
}

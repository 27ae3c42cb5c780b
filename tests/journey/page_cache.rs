//! Public pages are kept for a second and given to everybody without a session: the same page, never a stale one.
use axum::http::header;
use balabaqsha::web::cache;
use sqlx::PgPool;

use crate::support::Portal;

async fn get(portal: &Portal, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = portal.http.get(format!("{}{path}", portal.base));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn said(answer: &reqwest::Response, name: header::HeaderName) -> String {
    answer.headers().get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

#[sqlx::test(migrations = "./migrations")]
async fn a_visitor_who_has_the_page_is_told_so(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (path, policy) in [
        ("/kk/", "no-cache"),
        ("/ru/queue", "no-cache"),
        ("/kk/kindergartens", "no-cache"),
        ("/kk/statistics", "no-cache"),
        ("/kk/bulletin", "no-cache"),
        ("/kk/policy", "no-cache"),
        ("/api/v1/free-places.json", "public, max-age=10"),
    ] {
        let page = get(&portal, path, &[]).await;
        let tag = said(&page, header::ETAG);
        assert_eq!(
            (page.status().as_u16(), said(&page, header::CACHE_CONTROL).as_str()),
            (200, policy),
            "{path}"
        );
        let again = get(&portal, path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status().as_u16(), said(&again, header::ETAG)), (304, tag.clone()), "{path}");
        assert_eq!(again.bytes().await.unwrap().len(), 0);
        let other = get(&portal, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status().as_u16(), 200, "{path}");
        let head = portal.http.head(format!("{}{path}", portal.base)).send().await.unwrap();
        assert_eq!((head.status().as_u16(), said(&head, header::ETAG)), (200, tag), "{path}");
        assert_eq!(head.bytes().await.unwrap().len(), 0);
    }
    // Nobody is marked on the way of data, so that a cache on the way may keep it.
    assert_eq!(said(&get(&portal, "/api/v1/queues.json", &[]).await, header::SET_COOKIE), "");
    for path in ["/kk/login", "/kk/queue/find"] {
        let form = get(&portal, path, &[]).await;
        let told = (said(&form, header::CACHE_CONTROL), said(&form, header::ETAG));
        assert_eq!(
            told,
            ("no-store".to_owned(), String::new()),
            "{path}: a page with a form is one visitor's"
        );
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_page_goes_out_squeezed_as_it_is_asked_for(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (asked, sent) in [("gzip, deflate, br", "br"), ("br;q=0, gzip", "gzip"), ("identity", ""), ("", "")] {
        let page = get(&portal, "/kk/", &[("accept-encoding", asked)]).await;
        assert_eq!(said(&page, header::CONTENT_ENCODING), sent, "{asked}");
        assert_eq!(said(&page, header::VARY), "cookie, accept-encoding", "{asked}");
        let style = balabaqsha::web::statics::address("style.css");
        let style = get(&portal, &style, &[("accept-encoding", asked)]).await;
        assert_eq!(said(&style, header::CONTENT_ENCODING), sent, "{asked}: the style sheet");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn kept_pages_are_everybodys_and_never_those_of_the_signed_in(pool: PgPool) {
    let portal = Portal::start(pool).await;
    // Longer than any test: whatever changes now is seen only by who bypasses the kept page.
    portal.pages.keep_for(std::time::Duration::from_secs(3600));
    let mut parent = portal.family(1, "autism").await;
    let name = format!("{} {}", parent.parent.surname, parent.parent.name);
    let own = parent.browser.open("/kk/kindergartens").await;
    assert!(own.sees(&parent.parent.name), "{name}");
    assert_eq!((own.header("cache-control"), own.header("etag")), (Some("no-store"), None));
    let mut visitor = portal.visitor();
    assert!(!visitor.open("/kk/kindergartens").await.sees(&parent.parent.name));
    assert!(visitor.cookies.contains_key("browser"), "the visitor's own mark is set beside the kept page");

    portal.kindergarten(7, &[(None, 3)]).await;
    assert!(!visitor.open("/kk/kindergartens").await.sees("№ 7 балабақша"), "kept");
    assert!(visitor.open("/kk/kindergartens?page=1").await.sees("№ 7 балабақша"), "another address");
    assert!(parent.browser.open("/kk/kindergartens").await.sees("№ 7 балабақша"), "signed in");
    // The clock of the sandbox moves: nothing of before stays.
    portal.advance("P1D").await;
    assert!(visitor.open("/kk/kindergartens").await.sees("№ 7 балабақша"));
    assert_eq!(cache::AGE.as_millis(), 1_000, "what the issue promises");
}

#[sqlx::test(migrations = "./migrations")]
async fn another_city_is_another_page(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.pages.keep_for(std::time::Duration::from_secs(3600));
    portal.kindergarten(7, &[(None, 3)]).await;
    let mut visitor = portal.visitor();
    assert!(visitor.open("/kk/bulletin").await.sees("№ 7 балабақша"));
    visitor.cookies.insert("city".to_owned(), "astana".to_owned());
    assert!(!visitor.open("/kk/bulletin").await.sees("№ 7 балабақша"));
}

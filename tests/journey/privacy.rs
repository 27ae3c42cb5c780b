//! Who may open what: every route × everybody, and every form × every way to forge it. The rows are in
//! `tests/golden/access.txt`; a route without a row fails.
use std::collections::BTreeMap;

use balabaqsha::web::{self, Who};
use sqlx::PgPool;

use crate::support::stages::City;
use crate::support::{Page, Portal, Visitor};

const FORM: &str = "application/x-www-form-urlencoded";

/// A row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    method: String,
    path: String,
    who: String,
    /// Whose it is among those who may: see the head of the file.
    whose: String,
}

fn rows() -> Vec<Row> {
    let text = include_str!("../golden/access.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut word = || words.next().unwrap_or_else(|| panic!("a short row: {line}"));
            Row { method: word(), path: word(), who: word(), whose: word() }
        })
        .collect()
}

#[test]
fn every_route_has_its_row_and_every_row_its_route() {
    let table = |method: &str, path: &str, who: &str| format!("{method} {path} {}", who.replace(' ', "_"));
    let mut routes: Vec<String> =
        web::table().iter().map(|line| table(line.method.as_str(), &line.path, line.who.as_str())).collect();
    let mut expected: Vec<String> =
        rows().iter().map(|row| table(&row.method, &row.path, &row.who)).collect();
    routes.sort();
    expected.sort();
    let missing: Vec<_> = routes.iter().filter(|route| !expected.contains(route)).collect();
    let stale: Vec<_> = expected.iter().filter(|row| !routes.contains(row)).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "routes without a row: {missing:#?}\nrows without a route: {stale:#?}"
    );
}

/// The address of a row in this city: the things of its own applicant, kindergarten or office.
fn address(row: &Row, city: &City, ids: &BTreeMap<&str, String>) -> String {
    let path = &row.path;
    let stage = match path.as_str() {
        _ if path.contains("/doctor/") || path.ends_with("/conclusion") => "awaiting_review",
        _ if path.contains("/voucher") => "voucher_issued",
        _ if path.ends_with("/choose") => "voucher_confirmed",
        _ if path.ends_with("/return") => "on_stop_list",
        _ if path.ends_with("/send") || path.ends_with("/take-back") => "awaiting_contract",
        _ if path.ends_with("/package") => "enrolled",
        _ if path.ends_with("/contract/fill") => "awaiting_parent_signature",
        _ if path.contains("/families/") || path.contains("/contract") => "awaiting_kindergarten_signature",
        _ if path.contains("/term") => "voucher_issued",
        _ => "queued",
    };
    let id = ids.iter().find(|(beginning, _)| path.contains(**beginning)).map_or("", |(_, id)| id.as_str());
    path.replace("{lang}", "kk")
        .replace("{number}", &city.number(stage))
        .replace("{owner}", "own")
        .replace("{kind}", if path.contains("/documents/") { "parent_id" } else { "form_027" })
        .replace("{name}", "confirm_days")
        .replace("{id}", id)
        .replace("{queue}", &ids["/operator/queue/"])
        .replace("{round}", &ids["/operator/rounds/"])
        .replace("{group}", &ids["/kindergarten/groups/"])
        .replace("{file}", "vouchers.json")
        .replace("{day}", "2026-12-14")
        .replace("{hash}", "0")
        .replace("{token}", "none")
        .replace("{key}", "none")
        .replace("{*name}", "style.css")
}

async fn ids(portal: &Portal, city: &City) -> BTreeMap<&'static str, String> {
    let queue: i32 =
        sqlx::query_scalar("select min(id) from queues").fetch_one(&portal.app.pool).await.unwrap();
    let session: Vec<u8> = sqlx::query_scalar("select s.id_hash from sessions s join applications a on a.applicant_id = s.account_id where a.number = $1 limit 1")
        .bind(city.number("queued"))
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    let round: uuid::Uuid = sqlx::query_scalar("select id from rounds where queue_id = $1 limit 1")
        .bind(queue)
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    let photo = portal.app.secrets.id();
    sqlx::query(
        "insert into kindergarten_photos (id, kindergarten_id, ordinal, alt_kk, alt_ru, media, width, height, bytes, sha256, added_at)
         values ($1, $2, 1, 'Аула', 'Двор', 'image/jpeg', 1, 1, 'x', sha256('x'), portal_now())",
    )
    .bind(photo)
    .bind(city.garden.id)
    .execute(&portal.app.pool)
    .await
    .unwrap();
    let contract: uuid::Uuid = sqlx::query_scalar("select contract_id from applications where number = $1")
        .bind(city.number("awaiting_kindergarten_signature"))
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    let code = portal.app.secrets.id();
    sqlx::query(
        "insert into phone_signings (id, batch, contract_id, content_sha256, party, account_id, token_sha256, made_at, expires_at, state)
         select $1, $1, c.id, c.pdf_sha256, 'parent', a.applicant_id, 'x', t, t + interval '3 minutes', 'made'
         from contracts c join applications a on a.id = c.application_id, portal_now() t where c.id = $2",
    )
    .bind(code)
    .bind(contract)
    .execute(&portal.app.pool)
    .await
    .unwrap();
    BTreeMap::from([
        ("{number}/contract/versions/", contract.to_string()),
        ("{number}/versions/", contract.to_string()),
        ("/photos/", photo.to_string()),
        ("/kindergarten/groups/", city.garden.groups[0].to_string()),
        ("/kindergartens/", city.garden.id.to_string()),
        ("/operator/staff/", city.doctor.account.to_string()),
        ("/operator/queue/", queue.to_string()),
        ("/operator/rounds/", round.to_string()),
        ("/feedback/", portal.letter().await.to_string()),
        ("/questions/", portal.question().await.to_string()),
        ("/banners/", portal.question().await.to_string()),
        ("/outages/", portal.outage().await.to_string()),
        ("/phone/", code.to_string()),
        ("/profile/sessions/", hex::encode(&session[..16])),
    ])
}

/// A token of this visitor's, as any page of theirs has one.
async fn token(visitor: &mut Visitor) -> String {
    let page = visitor.open(if visitor.session().is_some() { "/kk/notices" } else { "/kk/login" }).await;
    page.attributes("input[name='form_token']", "value").remove(0)
}

async fn asks(visitor: &mut Visitor, row: &Row, address: &str) -> Page {
    visitor.follow = false;
    if row.method == "GET" {
        return visitor.open(address).await;
    }
    let body = format!("form_token={}", token(visitor).await);
    visitor.send(&row.method, address, FORM, body).await
}

fn to_login(page: &Page) -> bool {
    page.status == 303 && page.location().is_some_and(|to| to.starts_with("/kk/login"))
}

/// Everything that deeds change, in one text.
async fn state(portal: &Portal) -> String {
    let tables = [
        "applications",
        "groups",
        "vouchers",
        "contracts",
        "contract_documents",
        "papers",
        "paper_returns",
        "declines",
        "wishes",
        "roles",
        "children",
        "guardians",
        "kindergartens",
        "conclusions",
    ];
    let mut state = String::new();
    for table in tables {
        let asked =
            format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t");
        let sum: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(asked)).fetch_one(&portal.app.pool).await.unwrap();
        state.push_str(&format!("{table} {sum}\n"));
    }
    let accounts = "select coalesce(md5(string_agg(id::text || coalesce(phone, '') || coalesce(password_hash, '') || language || coalesce(disabled_at::text, ''), '|' order by id)), '') from accounts";
    state + &sqlx::query_scalar::<_, String>(accounts).fetch_one(&portal.app.pool).await.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn every_route_opens_to_those_it_is_for_and_is_not_there_for_anybody_else(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let ids = ids(&portal, &city).await;
    let before = state(&portal).await;
    for row in rows().iter().filter(|row| row.who != "loopback") {
        let address = address(row, &city, &ids);
        let told = |who: &str, page: &Page| {
            format!(
                "{} {address} by {who}: {} {:?}\n{}",
                row.method,
                page.status,
                page.location(),
                page.text()
            )
        };
        let mut nobody = portal.visitor();
        let page = asks(&mut nobody, row, &address).await;
        if row.who == "everybody" {
            assert_ne!(page.status, 404, "{}", told("nobody", &page));
            continue;
        }
        assert!(to_login(&page), "{}", told("a signed-out visitor", &page));
        back_to_a_page(&row.method, &address, &page);
        let mut principals: [(&str, &str, &mut Visitor); 6] = [
            ("a stranger", "parent", &mut city.stranger.browser),
            ("the second guardian", "parent", &mut city.second.browser),
            ("a doctor", "doctor", &mut city.doctor.browser),
            ("the head", "kindergarten", &mut city.head.browser),
            ("another head", "kindergarten", &mut city.other_head.browser),
            ("the operator", "operator", &mut city.operator.browser),
        ];
        for (name, role, visitor) in &mut principals {
            let may = row.who == "signed_in" || row.who == *role;
            let page = match (may, row.whose.as_str(), *name) {
                // What their own forms do is told by the journeys.
                (true, "own" | "office" | "review", _) if row.method == "POST" => continue,
                (true, "garden", "the head") if row.method == "POST" => continue,
                _ => asks(visitor, row, &address).await,
            };
            let opens = may
                && match row.whose.as_str() {
                    "own" | "office" | "review" => true,
                    "garden" => *name == "the head",
                    "seen" => *name == "the second guardian",
                    "case" | "none" => false,
                    other => panic!("{other}?"),
                };
            if opens {
                assert!(matches!(page.status, 200 | 303) && !to_login(&page), "{}", told(name, &page));
            } else {
                assert_eq!(page.status, 404, "{}", told(name, &page));
            }
        }
    }
    assert_eq!(state(&portal).await, before, "nothing was changed by anybody");
}

/// Whoever is sent to sign in comes back to a page that is there.
fn back_to_a_page(method: &str, address: &str, page: &Page) {
    let location = page.location().unwrap();
    let back = location.split_once("?next=").map(|(_, back)| back.to_owned()).unwrap_or_default();
    let fits = |pattern: &str| {
        let (pattern, back): (Vec<&str>, Vec<&str>) =
            (pattern.split('/').collect(), back.split('/').collect());
        pattern.len() == back.len()
            && pattern.iter().zip(&back).all(|(one, other)| one.starts_with('{') || one == other)
    };
    let there = web::table().iter().any(|line| line.method.as_str() == "GET" && fits(&line.path));
    assert!(there, "{method} {address} leads back to {back:?}, which is no page");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_applicant_opens_every_page_of_the_case_and_no_other_spelling_of_its_number(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let ids = ids(&portal, &city).await;
    let unknown = portal.app.secrets.case_number();
    for row in rows()
        .iter()
        .filter(|row| row.path.contains("{number}") && row.who == "parent" && row.method == "GET")
    {
        let address = address(row, &city, &ids);
        let stage = city.stages().into_iter().find(|stage| address.contains(&city.number(stage))).unwrap();
        let number = city.number(stage);
        let family = city.family(stage);
        family.browser.follow = false;
        let page = family.browser.open(&address).await;
        assert!(matches!(page.status, 200 | 303), "{address}: {}", page.status);
        let strange = [
            unknown.clone(),
            number.to_lowercase(),
            format!("{number}%20"),
            format!("%00{number}"),
            "'--".to_owned(),
            "%F0%9F%98%80".to_owned(),
            "x".repeat(2000),
        ];
        for other in strange {
            let page = family.browser.open(&address.replace(&number, &other)).await;
            assert!(matches!(page.status, 400 | 404), "{address} as {other}: {}", page.status);
        }
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn the_second_guardian_sees_stage_and_place_and_no_files_and_cannot_act(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    for stage in city.stages() {
        let number = city.number(stage);
        let status = city.family(stage).status().await;
        let browser = &mut city.second.browser;
        let page = browser.open(&format!("/kk/applications/{number}")).await;
        assert_eq!(page.status, 200, "{stage}");
        assert!(page.sees(&status), "{stage}: {}", page.text());
        let acts: Vec<String> = page
            .forms()
            .into_iter()
            .map(|form| form.action)
            .filter(|action| !action.ends_with("/logout"))
            .collect();
        assert!(acts.is_empty(), "{stage}: {acts:?}");
        assert!(!page.sees("қорытынды.pdf"), "{stage}");
        for file in [
            "conclusion",
            "contract",
            "contract/pdf",
            "contract/fill",
            "contract/papers/form_027",
            "withdraw",
            "voucher/refuse",
        ] {
            let status = browser.open(&format!("/kk/applications/{number}/{file}")).await.status;
            assert_eq!(status, 404, "{stage}: {file}");
        }
    }
    let queued = city.number("queued");
    assert_eq!(
        city.second.browser.open(&format!("/kk/applications/{queued}")).await.all(".place__number").len(),
        1
    );
    let page = city.second.browser.open("/ru/applications").await;
    assert!(page.sees("Заявление второго родителя"), "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_sees_a_family_only_while_it_is_its_business(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    for stage in city.stages() {
        let number = city.number(stage);
        let chosen = matches!(
            stage,
            "awaiting_contract"
                | "awaiting_parent_signature"
                | "filled"
                | "awaiting_kindergarten_signature"
                | "enrolled"
        );
        let sent = matches!(stage, "awaiting_kindergarten_signature" | "enrolled");
        let status = async |head: &mut Visitor, rest: &str| {
            head.open(&format!("/kk/kindergarten/families/{number}{rest}")).await.status
        };
        let expected = |opens: bool| if opens { 200 } else { 404 };
        assert_eq!(status(&mut city.head.browser, "").await, expected(chosen), "{stage}");
        assert_eq!(status(&mut city.head.browser, "/contract").await, expected(sent), "{stage}");
        assert_eq!(status(&mut city.head.browser, "/papers/form_027").await, expected(sent), "{stage}");
        assert_eq!(
            status(&mut city.head.browser, "/papers/pmpk_conclusion").await,
            404,
            "{stage}: not attached"
        );
        for rest in ["", "/contract", "/papers/form_027"] {
            assert_eq!(status(&mut city.other_head.browser, rest).await, 404, "{stage}");
        }
    }
    let list = city.other_head.browser.open("/kk/kindergarten").await;
    for stage in city.stages() {
        let name = city.family(stage).child.name.clone();
        assert!(!list.all("tbody").concat().contains(&name), "{stage}");
    }
}

/// Who is admitted to a row, so that only the form's token can be what is wrong.
fn admitted<'a>(row: &Row, city: &'a mut City, address: &str) -> &'a mut Visitor {
    match row.who.as_str() {
        "doctor" => &mut city.doctor.browser,
        "kindergarten" => &mut city.head.browser,
        "operator" => &mut city.operator.browser,
        "parent" if row.path.contains("{number}") => {
            let stage =
                city.stages().into_iter().find(|stage| address.contains(&city.number(stage))).unwrap();
            &mut city.family(stage).browser
        }
        _ => &mut city.stranger.browser,
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn no_form_is_taken_without_its_own_token_or_from_another_site(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let ids = ids(&portal, &city).await;
    let foreign = token(&mut portal.signed_in(city.stranger.account).await).await;
    let strangers = token(&mut portal.visitor()).await;
    let before = state(&portal).await;
    let posts: Vec<Row> =
        rows().into_iter().filter(|row| row.method == "POST" && row.who != "loopback").collect();
    assert!(posts.len() > 40);
    for row in posts {
        let address = address(&row, &city, &ids);
        let visitor = admitted(&row, &mut city, &address);
        visitor.follow = false;
        let own = token(visitor).await;
        for (what, kind, body) in [
            ("no token", FORM, String::new()),
            ("an empty one", FORM, "form_token=".to_owned()),
            ("another session's", FORM, format!("form_token={foreign}")),
            ("a visitor's", FORM, format!("form_token={strangers}")),
            ("an altered one", FORM, format!("form_token={}", altered(&own))),
            ("as plain text", "text/plain", format!("form_token={own}")),
            ("as JSON", "application/json", format!("{{\"form_token\":\"{own}\"}}")),
        ] {
            let page = visitor.send("POST", &address, kind, body).await;
            assert_eq!(page.status, 403, "{address} with {what}: {}", page.text());
        }
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")]
        {
            visitor.headers.push((name.to_owned(), value.to_owned()));
            let page = visitor.send("POST", &address, FORM, format!("form_token={own}")).await;
            visitor.headers.clear();
            assert_eq!(page.status, 403, "{address} with {name}: {value}");
            assert_eq!(page.h1(), "Форманың мерзімі өткен", "{address}: a page, and in its language");
        }
        visitor.follow = true;
    }
    assert_eq!(state(&portal).await, before, "nothing was changed");
}

fn altered(token: &str) -> String {
    let last = token.chars().last().unwrap();
    let middle = if last == 'Q' { 'A' } else { 'Q' };
    format!("{}{middle}", &token[..token.len() - 1])
}

#[test]
fn who_may_is_written_as_the_table_writes_it() {
    let all = [
        Who::Everybody,
        Who::SignedIn,
        Who::Parent,
        Who::Doctor,
        Who::Kindergarten,
        Who::Operator,
        Who::Loopback,
    ];
    for row in rows() {
        assert!(all.iter().any(|who| who.as_str().replace(' ', "_") == row.who), "{row:?}");
    }
}

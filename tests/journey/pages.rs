//! Every page in both languages, rendered at least once and read: one heading, labels, ids, words of one language (see
//! `support::html`; what any other journey opens is read too).
use std::collections::BTreeSet;

use sqlx::PgPool;

use crate::support::stages::City;
use crate::support::{Page, Portal, Visitor, adult};

/// Remembers which routes have shown a page, and opens each address in both languages.
struct Reader {
    seen: BTreeSet<(String, &'static str)>,
}

impl Reader {
    async fn reads(&mut self, visitor: &mut Visitor, route: &str, address: &str) {
        for lang in ["kk", "ru"] {
            let page = visitor.open(&address.replacen("{lang}", lang, 1)).await;
            assert_eq!(page.statuses, [200], "{route} as {address}: {}", page.text());
            assert_eq!(page.attributes("html", "lang"), [lang]);
            keeps_the_page(&page, lang);
            self.seen.insert((route.to_owned(), lang));
        }
    }
}

/// The switch of languages leads to this page in the other.
fn keeps_the_page(page: &Page, lang: &str) {
    let other = if lang == "kk" { "ru" } else { "kk" };
    let switch = page.attributes(&format!("header a[hreflang='{other}']"), "href");
    assert_eq!(switch, [page.path.replacen(&format!("/{lang}/"), &format!("/{other}/"), 1)], "{}", page.path);
}

/// Addresses that are no page of their own: they lead on, or give out a file.
const NO_PAGES: [&str; 15] = [
    "/versions/{id}",
    "/package",
    "/key-check/{token}",
    "/{kind}/file",
    "/calendar/csv",
    "/term.ics",
    "/again",
    "/pdf",
    "/papers/{kind}",
    "/conclusion",
    "/profile/phone",
    "/profile/password",
    "/profile/language",
    "/profile/sessions",
    "/profile/role",
];

fn is_page(path: &str) -> bool {
    !NO_PAGES.iter().any(|end| path.ends_with(end))
}

#[sqlx::test(migrations = "./migrations")]
async fn every_page_is_read_in_both_languages(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let mut reader = Reader { seen: BTreeSet::new() };
    of_visitors(&portal, &mut reader, &city).await;
    of_parents(&mut reader, &mut city).await;
    of_staff(&portal, &mut reader, &mut city).await;
    of_phone_change(&mut reader, &mut city).await;
    let routes = balabaqsha::web::table()
        .into_iter()
        .filter(|line| line.method == "GET" && line.path.starts_with("/{lang}/"));
    let pages = routes.map(|line| line.path).filter(|path| is_page(path));
    let unread: Vec<String> = pages
        .filter(|path| path != "/{lang}/kindergarten/families/{number}/contract")
        .filter(|path| ["kk", "ru"].iter().any(|lang| !reader.seen.contains(&(path.clone(), *lang))))
        .collect();
    assert!(unread.is_empty(), "pages nobody has read: {unread:#?}");
}

async fn of_visitors(portal: &Portal, reader: &mut Reader, city: &City) {
    let mut visitor = portal.visitor();
    for path in [
        "/{lang}/",
        "/{lang}/policy",
        "/{lang}/check",
        "/{lang}/city",
        "/{lang}/login",
        "/{lang}/register",
        "/{lang}/recover",
        "/{lang}/kindergartens",
        "/{lang}/queue",
        "/{lang}/queue/find",
        "/{lang}/ledger",
        "/{lang}/statistics",
        "/{lang}/bulletin",
        "/{lang}/feedback",
        "/{lang}/feedback/follow",
        "/{lang}/rules",
        "/{lang}/accessibility",
    ] {
        reader.reads(&mut visitor, path, path).await;
    }
    let usual = [("topic", "queue"), ("text", "Кезегім қашан келеді?"), ("reply", "none")];
    let sent = visitor.fill_in("/kk/feedback", "/feedback", &usual).await.path;
    reader.reads(&mut visitor, "/{lang}/feedback/sent/{id}", &sent.replacen("/kk/", "/{lang}/", 1)).await;
    reader.reads(&mut visitor, "/{lang}/queue/{queue}", "/{lang}/queue/1").await;
    reader.reads(&mut visitor, "/{lang}/queue/{queue}/rounds", "/{lang}/queue/1/rounds").await;
    let round = format!("/{{lang}}/queue/1/rounds/{}", round_of_the_first_queue(portal).await);
    reader.reads(&mut visitor, "/{lang}/queue/{queue}/rounds/{round}", &round).await;
    reader
        .reads(
            &mut visitor,
            "/{lang}/kindergartens/{id}",
            &format!("/{{lang}}/kindergartens/{}", city.garden.id),
        )
        .await;
    for (place, person) in [("register", adult(60)), ("recover", city.doctor.person.clone())] {
        let mut visitor = portal.visitor();
        let page = visitor.open(&format!("/kk/{place}")).await;
        let mut form = page.form(place).fill("phone", &person.phone).fill("iin", &person.iin);
        if form.has("consent") {
            form = form.fill("consent", "yes");
        }
        let page = visitor.submit(form).await;
        let at = format!("/{{lang}}/{place}/code");
        reader.reads(&mut visitor, &at, &at).await;
        let code = portal.code_for(&person.phone).await;
        visitor.submit(page.form("/code").fill("code", &code)).await;
        let at = format!("/{{lang}}/{place}/password");
        reader.reads(&mut visitor, &at, &at).await;
    }
    let values =
        [("login", city.stranger.parent.phone.as_str()), ("password", crate::support::people::PASSWORD)];
    let page = visitor.fill_in("/kk/login", "/login", &values).await;
    assert_eq!(page.path, "/kk/login/code");
    reader.reads(&mut visitor, "/{lang}/login/code", "/{lang}/login/code").await;
}

async fn round_of_the_first_queue(portal: &Portal) -> String {
    let round = sqlx::query_scalar("select id::text from rounds where queue_id = 1 limit 1");
    round.fetch_one(&portal.app.pool).await.unwrap()
}

async fn of_parents(reader: &mut Reader, city: &mut City) {
    for path in [
        "cabinet",
        "children",
        "children/new",
        "documents",
        "applications",
        "applications/new",
        "notices",
        "profile",
        "key-check",
        "feedback/mine",
    ] {
        let at = format!("/{{lang}}/{path}");
        reader.reads(&mut city.stranger.browser, &at, &at).await;
        reader.reads(&mut city.family("enrolled").browser, &at, &at).await;
        reader.reads(&mut city.second.browser, &at, &at).await;
    }
    let child = city.family("enrolled").child_id;
    for at in ["own/parent_id".to_owned(), format!("{child}/form_027"), format!("{child}/form_065")] {
        let route = "/{lang}/documents/{owner}/{kind}";
        reader.reads(&mut city.family("enrolled").browser, route, &format!("/{{lang}}/documents/{at}")).await;
    }
    for stage in city.stages() {
        let number = city.number(stage);
        let case = "/{lang}/applications/{number}";
        reader.reads(&mut city.family(stage).browser, case, &case.replace("{number}", &number)).await;
        reader.reads(&mut city.second.browser, case, &case.replace("{number}", &number)).await;
    }
    for (stage, rest) in [
        ("queued", "receipt"),
        ("awaiting_review", "receipt"),
        ("queued", "place"),
        ("enrolled", "place"),
        ("queued", "slip"),
        ("voucher_issued", "slip"),
        ("queued", "wishes"),
        ("awaiting_review", "wishes"),
        ("queued", "withdraw"),
        ("queued", "term"),
        ("voucher_issued", "term"),
        ("voucher_confirmed", "term"),
        ("awaiting_contract", "term"),
        ("on_stop_list", "term"),
        ("voucher_issued", "voucher"),
        ("voucher_issued", "voucher/refuse"),
        ("voucher_confirmed", "choose"),
        ("awaiting_parent_signature", "contract/fill"),
        ("filled", "contract/fill"),
        ("filled", "contract"),
        ("awaiting_kindergarten_signature", "contract"),
        ("enrolled", "contract"),
    ] {
        let number = city.number(stage);
        let route = format!("/{{lang}}/applications/{{number}}/{rest}");
        reader.reads(&mut city.family(stage).browser, &route, &route.replace("{number}", &number)).await;
    }
    let number = city.number("filled");
    let browser = &mut city.family("filled").browser;
    reads_a_code(reader, browser, "/{lang}/applications/{number}/contract", "/phone", &number).await;
}

/// Of the page that signs, the code with which a phone does.
async fn reads_a_code(reader: &mut Reader, visitor: &mut Visitor, page: &str, phone: &str, number: &str) {
    let page_of_contract = page.replace("{lang}", "kk").replace("{number}", number);
    let shown = visitor.fill_in(&page_of_contract, phone, &[]).await.path.replacen("/kk/", "/{lang}/", 1);
    let route = page.split('?').next().unwrap();
    reader.reads(visitor, &format!("{route}{phone}/{{id}}"), &shown).await;
}

async fn of_staff(portal: &Portal, reader: &mut Reader, city: &mut City) {
    let review = city.number("awaiting_review");
    reader.reads(&mut city.doctor.browser, "/{lang}/doctor", "/{lang}/doctor").await;
    reader
        .reads(&mut city.doctor.browser, "/{lang}/doctor/{number}", &format!("/{{lang}}/doctor/{review}"))
        .await;
    for path in [
        "kindergarten",
        "kindergarten/groups",
        "kindergarten/groups/new",
        "kindergarten/photos",
        "kindergarten/profile",
        "notices",
        "profile",
        "key-check",
    ] {
        let at = format!("/{{lang}}/{path}");
        reader.reads(&mut city.head.browser, &at, &at).await;
        reader.reads(&mut city.other_head.browser, &at, &at).await;
    }
    let number = city.number("awaiting_kindergarten_signature");
    let at = format!("/{{lang}}/kindergarten/sign?n_{number}=1");
    reader.reads(&mut city.head.browser, "/{lang}/kindergarten/sign", &at).await;
    let none = "/{lang}/kindergarten/sign";
    reader.reads(&mut city.other_head.browser, none, none).await;
    let group = format!("/{{lang}}/kindergarten/groups/{}", city.garden.groups[0]);
    reader.reads(&mut city.head.browser, "/{lang}/kindergarten/groups/{id}", &group).await;
    for stage in
        ["awaiting_contract", "awaiting_parent_signature", "awaiting_kindergarten_signature", "enrolled"]
    {
        let number = city.number(stage);
        let route = "/{lang}/kindergarten/families/{number}";
        reader.reads(&mut city.head.browser, route, &route.replace("{number}", &number)).await;
    }
    let number = city.number("awaiting_kindergarten_signature");
    let page = "/{lang}/kindergarten/families/{number}";
    reads_a_code(reader, &mut city.head.browser, page, "/phone", &number).await;
    let many = "/{lang}/kindergarten/sign?n_{number}=1";
    reads_a_code(reader, &mut city.head.browser, many, "/phone", &number).await;
    let queue: i32 =
        sqlx::query_scalar("select min(id) from queues").fetch_one(&portal.app.pool).await.unwrap();
    let round = round_of_the_first_queue(portal).await;
    let (garden, doctor, queue) =
        (city.garden.id.to_string(), city.doctor.account.to_string(), queue.to_string());
    let (letter, question) = (portal.letter().await.to_string(), portal.question().await.to_string());
    let outage = portal.outage().await.to_string();
    for line in balabaqsha::web::table() {
        if line.method != "GET" || !line.path.starts_with("/{lang}/operator") || !is_page(&line.path) {
            continue;
        }
        let id = match line.path.as_str() {
            path if path.contains("/feedback/") => &letter,
            path if path.contains("/questions/") => &question,
            path if path.contains("/outages/") => &outage,
            path if path.contains("/staff/") => &doctor,
            path if path.contains("/queue/") => &queue,
            path if path.contains("/rounds/") => &round,
            _ => &garden,
        };
        let at = line
            .path
            .replace("{id}", id)
            .replace("{name}", "extension_unit")
            .replace("{group}", &city.garden.groups[0].to_string());
        reader.reads(&mut city.operator.browser, &line.path, &at).await;
    }
}

async fn of_phone_change(reader: &mut Reader, city: &mut City) {
    let new = adult(61).phone;
    let values = [("phone", new.as_str()), ("password_again", crate::support::people::PASSWORD)];
    let browser = &mut city.stranger.browser;
    let page = browser.fill_in("/kk/profile", "/profile/phone", &values).await;
    assert_eq!(page.path, "/kk/profile/phone/code", "{}", page.text());
    reader.reads(browser, "/{lang}/profile/phone/code", "/{lang}/profile/phone/code").await;
}

#[sqlx::test(migrations = "./migrations")]
async fn every_list_has_words_for_being_empty(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    let account = portal.account(&adult(2)).await;
    let mut parent = portal.signed_in(account).await;
    let (mut doctor, mut head, mut operator) =
        (portal.doctor(1).await, portal.head(&garden).await, portal.operator().await);
    for lang in ["kk", "ru"] {
        for path in ["cabinet", "children", "applications", "applications/new", "notices"] {
            assert_eq!(parent.open(&format!("/{lang}/{path}")).await.status, 200);
        }
        assert_eq!(doctor.browser.open(&format!("/{lang}/doctor")).await.all(".empty").len(), 1);
        assert_eq!(head.browser.open(&format!("/{lang}/kindergarten")).await.all(".empty").len(), 1);
        assert_eq!(operator.browser.open(&format!("/{lang}/operator/queue")).await.status, 200);
    }
}

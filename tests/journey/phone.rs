//! Signing by phone: eGov mobile is played by the sandbox's stand-in, over real HTTP, or by hand where it must misbehave.
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::city::Staff;
use crate::support::family::signing_all;
use crate::support::people::PASSWORD;
use crate::support::{Family, Kindergarten, Page, Portal, Visitor, adult};

const SIGN: &str = "Шартты толтырып, қол қойыңыз";
const AWAITING_SIGNATURE: &str = "МДҰ-ның қол қоюын күтіңіз";
const SCAN: &str = "қосымшасын ашу";
const OVER: &str = "Кодтың уақыты өтті";
const AGAIN: &str = "Жаңа код алу";

async fn start(pool: PgPool) -> (Portal, Kindergarten, Family, Staff) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let family = portal.filled(2, &garden, &mut head).await;
    (portal, garden, family, head)
}

/// Asks for a code on this page; answers the page that shows it.
async fn code(browser: &mut Visitor, page: &Page) -> Page {
    let shown = browser.submit(page.form("/phone")).await;
    assert_eq!(shown.statuses, [303, 200], "{}", shown.text());
    shown
}

async fn family_code(family: &mut Family) -> Page {
    let page = family.browser.open(&family.path("/contract")).await;
    code(&mut family.browser, &page).await
}

async fn scan(portal: &Portal, shown: &Page, with: Value) -> Value {
    let mut asked = json!({ "text": shown.link(SCAN) });
    asked.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    let (status, said) = portal.post_json("/sandbox/phone", &asked).await;
    assert_eq!(status, 200, "{said}");
    said
}

async fn states(portal: &Portal) -> Vec<String> {
    let states = sqlx::query_scalar(
        "select party || ' ' || state || coalesce(' ' || refusal, '') from phone_signings order by made_at, id",
    );
    states.fetch_all(&portal.app.pool).await.unwrap()
}

async fn journal(portal: &Portal, deed: &str) -> i64 {
    let count = sqlx::query_scalar("select count(*) from journal where deed = $1").bind(deed);
    count.fetch_one(&portal.app.pool).await.unwrap()
}

/// A phone in the test's own hand.
struct Hand<'a> {
    portal: &'a Portal,
    invitation: Value,
    uri: String,
    token: String,
}

impl<'a> Hand<'a> {
    async fn scans(portal: &'a Portal, shown: &Page) -> Hand<'a> {
        let link = shown.link(SCAN);
        let address = link.strip_prefix("mobileSign:").unwrap();
        let invitation: Value = portal.http.get(address).send().await.unwrap().json().await.unwrap();
        let said = |name: &str| invitation["document"][name].as_str().unwrap_or_default().to_owned();
        Hand { portal, uri: said("uri"), token: said("auth_token"), invitation }
    }

    async fn documents(&self) -> (u16, Value) {
        answer(self.portal.http.get(&self.uri).bearer_auth(&self.token)).await
    }

    async fn puts(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.portal.http.put(&self.uri).bearer_auth(&self.token).body(body)).await
    }

    /// What is sent back once this family has signed.
    async fn signed(&self, family: &Family) -> String {
        let (status, mut documents) = self.documents().await;
        assert_eq!(status, 200, "{documents}");
        let data = documents.pointer_mut("/documentsToSign/0/document/file/data").unwrap();
        let pdf = BASE64_STANDARD.decode(data.as_str().unwrap()).unwrap();
        let cms = self.portal.sign(&family.parent, None, "sign", &pdf).await;
        *data = json!(BASE64_STANDARD.encode(cms));
        documents.to_string()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
    assert_eq!(kind, "application/json", "{status}");
    assert!(!answer.headers().contains_key("set-cookie"), "a phone is nobody's browser");
    (status, answer.json().await.unwrap())
}

#[sqlx::test(migrations = "./migrations")]
async fn both_sides_sign_by_phone(pool: PgPool) {
    let (portal, garden, mut family, mut head) = start(pool).await;
    let contract = family.contract().await;
    let shown = family_code(&mut family).await;
    assert_eq!(shown.h1(), "eGov mobile арқылы қол қою");
    assert!(shown.sees("Қалғаны: 3 минут") && shown.attributes("figure svg", "viewBox").len() == 1);
    let hash = family.browser.open(&family.path("/contract")).await.all(".hash");
    assert_eq!(shown.all(".hash"), hash, "the same text");

    let hand = Hand::scans(&portal, &shown).await;
    assert_eq!(hand.invitation["organisation"]["bin"], "990440000018");
    assert_eq!(hand.invitation["document"]["auth_type"], "Token");
    let (status, documents) = hand.documents().await;
    assert_eq!((status, &documents["signMethod"]), (200, &json!("CMS_SIGN_ONLY")));
    let data = &documents["documentsToSign"][0]["document"]["file"]["data"];
    assert_eq!(data, &json!(BASE64_STANDARD.encode(&contract)), "the stored bytes");
    let page = family.browser.open(&shown.path).await;
    assert!(page.sees("Код телефонда ашылды") && page.attributes("figure svg", "viewBox").is_empty());
    assert!(page.sees("Қалғаны: 3 минут") && page.sees(AGAIN), "{}", page.text());

    let said = scan(&portal, &shown, json!({ "iin": family.parent.iin, "algorithm": "gost" })).await;
    assert_eq!((&said["status"], &said["message"]), (&json!(200), &json!("success")), "{said}");
    let page = family.browser.open(&shown.path).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(page.path.ends_with("?done=signed"), "{}", page.path);
    assert_eq!(family.status().await, AWAITING_SIGNATURE);

    let page = head.opens(&family.number).await;
    let shown = code(&mut head.browser, &page).await;
    assert_eq!(shown.h1(), "eGov Business арқылы қол қою", "organisations' keys are there");
    let said = scan(&portal, &shown, json!({ "iin": head.person.iin, "bin": garden.bin })).await;
    assert_eq!(said["status"], 200, "{said}");
    let page = head.browser.open(&shown.path).await;
    assert!(page.path.ends_with("?done=signed"), "{}", page.path);
    assert_eq!(family.status().await, "Балабақшаға қабылданды");
    assert_eq!(states(&portal).await, ["parent used", "kindergarten used"]);
    let deeds = ["ask_phone_signature", "sign_as_parent", "sign_as_kindergarten"];
    assert_eq!([journal(&portal, deeds[0]).await, journal(&portal, deeds[1]).await], [2, 1]);
    assert_eq!(journal(&portal, deeds[2]).await, 1);
    // The token is nowhere but in the code.
    let kept: String = sqlx::query_scalar("select string_agg(p::text, '') || (select string_agg(j::text, '') from journal j) from phone_signings p")
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    assert!(!kept.contains(&hand.token));
    assert!(!hand.uri.contains(&hand.token) && !hand.uri.contains(&family.number), "{}", hand.uri);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_code_is_over_after_three_minutes(pool: PgPool) {
    let (portal, _, mut family, _) = start(pool).await;
    let shown = family_code(&mut family).await;
    portal.advance("PT2M30S").await;
    assert!(family.browser.open(&shown.path).await.sees("Қалғаны: 1 минут"));
    portal.advance("PT30S").await;
    let page = family.browser.open(&shown.path).await;
    assert!(page.sees(OVER) && page.sees(AGAIN), "{}", page.text());
    let said = scan(&portal, &shown, json!({ "iin": family.parent.iin })).await;
    assert_eq!((&said["calls"][0]["call"], &said["status"]), (&json!("API 1"), &json!(403)), "{said}");
    assert!(said["message"].as_str().unwrap().contains(OVER), "{said}");

    // Opened in time, signed late.
    let shown = code(&mut family.browser, &page).await;
    let said = scan(&portal, &shown, json!({ "iin": family.parent.iin, "act": "late" })).await;
    assert_eq!((&said["calls"][2]["call"], &said["status"]), (&json!("API 2 PUT"), &json!(403)), "{said}");
    let page = family.browser.open(&shown.path).await;
    assert!(page.sees(OVER), "{}", page.text());

    // Looked at on the phone, and no more.
    let shown = code(&mut family.browser, &page).await;
    let said = scan(&portal, &shown, json!({ "iin": family.parent.iin, "act": "cancel" })).await;
    assert_eq!((said["calls"].as_array().unwrap().len(), &said["status"]), (2, &json!(200)), "{said}");
    assert!(family.browser.open(&shown.path).await.sees("Код телефонда ашылды"));
    assert_eq!(family.status().await, SIGN);
    assert_eq!(portal.count("signature_checks").await, 0);

    portal.advance("P1DT4M").await;
    assert_eq!(portal.tick().await["forgotten"]["phone_signings"], 3);
    assert_eq!(family.browser.open(&shown.path).await.status, 404);
    assert_eq!(Hand::scans(&portal, &shown).await.invitation["code"], "403");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_code_takes_one_signature_and_two_tabs_make_one(pool: PgPool) {
    let (portal, _, mut family, _) = start(pool).await;
    let first = family_code(&mut family).await;
    let old = Hand::scans(&portal, &first).await;
    let late = old.signed(&family).await;
    let second = family_code(&mut family).await;
    let one = Hand::scans(&portal, &second).await;
    let body = one.signed(&family).await;
    // The first tab's code has ended: its phone is told so wherever it stands, and so is its page.
    let told = [
        Hand::scans(&portal, &first).await.invitation,
        old.documents().await.1,
        old.puts(late.clone()).await.1,
    ];
    for said in &told {
        assert!(said["message"].as_str().unwrap().contains("жаңа код алынды"), "{said}");
    }
    let page = family.browser.open(&first.path).await;
    assert!(page.sees("бұл код жарамсыз") && page.sees(AGAIN), "{}", page.text());
    // At once: the same code twice, and the other tab's.
    let (a, b, c) = tokio::join!(one.puts(body.clone()), one.puts(body.clone()), old.puts(late));
    let mut statuses = [a.0, b.0, c.0];
    statuses.sort_unstable();
    assert_eq!((statuses, c.0), ([200, 403, 403], 403), "{a:?} {b:?} {c:?}");
    let (status, said) = one.puts(body).await;
    assert_eq!(status, 403);
    assert!(said["message"].as_str().unwrap().contains("қолтаңба жіберілген"), "{said}");
    // The first tab goes to the contract that is signed.
    let page = family.browser.open(&first.path).await;
    assert_eq!(page.path, family.path("/contract"));
    assert_eq!(states(&portal).await, ["parent opened", "parent used"]);
    assert_eq!((portal.count("signature_checks").await, journal(&portal, "sign_as_parent").await), (1, 1));
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_text_that_changed_meanwhile_is_never_signed(pool: PgPool) {
    let (portal, _, mut family, mut head) = start(pool).await;
    let before = family_code(&mut family).await;
    let hand = Hand::scans(&portal, &before).await;
    let old = hand.signed(&family).await;
    let page = family.browser.open(&family.path("/contract/fill")).await;
    let moved = page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1");
    assert_eq!(family.browser.submit(moved).await.statuses, [303, 200]);
    let (status, said) = hand.puts(old).await;
    assert_eq!(status, 403);
    assert!(said["message"].as_str().unwrap().contains("Шарт мәтіні өзгерген"), "{said}");
    let page = family.browser.open(&before.path).await;
    assert!(page.sees("Шарт мәтіні өзгерді") && !page.sees(AGAIN), "{}", page.text());
    // Not even opened.
    let said = scan(&portal, &before, json!({ "iin": family.parent.iin })).await;
    assert_eq!((&said["calls"][0]["call"], &said["status"]), (&json!("API 1"), &json!(403)), "{said}");
    assert_eq!((portal.count("signature_checks").await, family.status().await.as_str()), (0, SIGN));

    // The kindergarten's code dies with the version that the family takes back.
    let shown = family_code(&mut family).await;
    scan(&portal, &shown, json!({ "iin": family.parent.iin })).await;
    let page = head.opens(&family.number).await;
    let shown = code(&mut head.browser, &page).await;
    let page = family.browser.open(&family.path("/contract/fill")).await;
    family.browser.submit(page.form("/fill").fill("address", "Алматы қ., Абай даңғылы, 7")).await;
    let said = scan(&portal, &shown, json!({ "iin": head.person.iin, "bin": "x" })).await;
    assert_eq!(said["status"], 403, "{said}");
    assert_eq!(family.status().await, SIGN);
}

#[sqlx::test(migrations = "./migrations")]
async fn only_the_right_key_signs_by_phone(pool: PgPool) {
    let (portal, garden, mut family, mut head) = start(pool).await;
    let mine = family.parent.iin.clone();
    for (with, code, told) in [
        (json!({ "iin": adult(3).iin }), "other_person", "басқа адам"),
        (json!({ "iin": mine, "key": "revoked" }), "revoked", "қайтарылған"),
        (json!({ "iin": mine, "key": "auth" }), "authentication_key", "AUTH"),
        (json!({ "iin": mine, "key": "foreign" }), "not_trusted", "орталық"),
    ] {
        let shown = family_code(&mut family).await;
        let said = scan(&portal, &shown, with).await;
        assert_eq!(said["status"], 403, "{code}: {said}");
        let message = said["message"].as_str().unwrap();
        let page = family.browser.open(&shown.path).await;
        assert!(page.sees("Қолтаңба қабылданбады") && page.sees(message), "{code}: {}", page.text());
        assert!(page.sees(AGAIN) && message.contains(told), "{code}: {message}");
        assert_eq!(states(&portal).await.pop().unwrap(), format!("parent refused {code}"));
    }
    assert_eq!((family.status().await.as_str(), portal.count("signature_checks").await), (SIGN, 0));
    assert_eq!(journal(&portal, "refuse_signature").await, 4);
    // The operator reads all of it in words.
    let mut operator = portal.operator().await;
    for (language, said) in [
        ("kk", ["Қолтаңба қабылданбады", "Тарап: ата-ана", "Себебі: Кілт басқа адамға тиесілі"]),
        ("ru", ["Подпись не принята", "Сторона: родитель", "Причина: Ключ принадлежит другому человеку"]),
    ] {
        let address = format!("/{language}/operator/journal?number={}", family.number);
        let page = operator.browser.open(&address).await;
        assert!(said.iter().all(|words| page.sees(words)), "{}", page.text());
        for raw in ["refuse_signature", "other_person", "side", "why", "confirm_by", "2026-"] {
            assert!(!page.sees(raw), "{raw}: {}", page.text());
        }
    }
    // The kindergarten: not as a private person, not by one who may not sign for it.
    family.signs(&portal).await;
    for with in [
        json!({ "iin": head.person.iin }),
        json!({ "iin": head.person.iin, "bin": garden.bin, "position": "employee" }),
    ] {
        let page = head.opens(&family.number).await;
        let shown = code(&mut head.browser, &page).await;
        assert_eq!(scan(&portal, &shown, with).await["status"], 403);
    }
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
    assert_eq!(journal(&portal, "refuse_signature").await, 6);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_malformed_or_foreign_changes_nothing_and_the_code_still_serves(pool: PgPool) {
    let (portal, _, mut family, _) = start(pool).await;
    let shown = family_code(&mut family).await;
    let hand = Hand::scans(&portal, &shown).await;
    for body in
        ["", "{", "[1]", "null", "{\"documentsToSign\":[]}", "{\"documentsToSign\":[{\"document\":{}}]}"]
    {
        let (status, said) = hand.puts(body).await;
        assert_eq!(status, 400, "{body}: {said}");
        assert!(!said["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(hand.puts(vec![b'['; 200_000]).await.0, 400, "deep");
    assert_eq!(hand.puts(vec![0xff; 100]).await.0, 400);
    let (status, said) = hand.puts(vec![b' '; 2 * 1024 * 1024]).await;
    assert_eq!(status, 413);
    for words in ["1 МБ-тан көп дерек", "больше 1 МБ"] {
        assert!(said["message"].as_str().unwrap().contains(words), "{said}");
    }

    // No token, a wrong one, a code that was never made: told alike.
    let good = hand.signed(&family).await;
    let nobody = format!("{}/mobile/{}/documents", portal.base, portal.app.secrets.id());
    let http = &portal.http;
    let strangers = [
        answer(http.get(&hand.uri)).await,
        answer(http.get(&hand.uri).bearer_auth("AAAAAAAAAAAAAAAAAAAAAA")).await,
        answer(http.get(&nobody).bearer_auth(&hand.token)).await,
        answer(http.put(&hand.uri).bearer_auth("x").body(good.clone())).await,
        answer(http.put(&hand.uri).bearer_auth("x").body("{")).await,
        answer(http.put(&nobody).bearer_auth("x").body(good.clone())).await,
        answer(http.get(format!("{}/mobile/AAAAAAAAAAAAAAAAAAAAAA/mgovSign", portal.base))).await,
        answer(http.get(format!("{}/mobile/x/documents", portal.base)).bearer_auth(&hand.token)).await,
    ];
    assert!(strangers.iter().all(|told| *told == strangers[0]), "{strangers:?}");
    assert_eq!(strangers[0].0, 403);
    assert_eq!(answer(http.post(&hand.uri)).await.0, 405);
    assert_eq!(states(&portal).await, ["parent opened"]);
    // Nobody's code: both languages, whatever the phone's are.
    for accepted in ["ru", "kk", "en"] {
        let (_, said) = answer(http.get(&nobody).header("accept-language", accepted)).await;
        let both =
            "Код жарамсыз. Порталда жаңа код алыңыз.\nКод недействителен. Получите на портале новый код.";
        assert_eq!(said["message"], both, "{accepted}");
    }

    // Guesses are counted for their address; who has the token is served all the same.
    sqlx::query("update settings set value = 3 where name = 'lookup_address_hour'")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    let refused = http.get(&nobody).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(hand.puts(good).await.0, 200);
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_code_is_its_makers_own(pool: PgPool) {
    let (portal, garden, mut family, mut head) = start(pool).await;
    let mut other = portal.filled(4, &garden, &mut head).await;
    let shown = family_code(&mut family).await;
    assert_eq!(other.browser.open(&shown.path).await.status, 404);
    let elsewhere = shown.path.replace(&family.number, &other.number);
    assert_eq!(family.browser.open(&elsewhere).await.status, 404, "under another number");
    assert_eq!(other.browser.open(&elsewhere).await.status, 404);
    let id = shown.path.rsplit('/').next().unwrap().to_owned();
    let at_work = format!("/kk/kindergarten/families/{}/phone/{id}", family.number);
    assert_eq!(head.browser.open(&at_work).await.status, 404);
    // Nor is one asked for in somebody's place.
    let page = family.browser.open(&family.path("/contract")).await;
    let theirs = other.browser.open(&other.path("/contract")).await;
    let mut form = theirs.form("/phone");
    form.action = family.path("/contract/phone");
    assert_eq!(other.browser.submit(form).await.status, 404);
    // A text that is not the one that stands there is not signed blind.
    let old = page.form("/phone");
    let page = family.browser.open(&family.path("/contract/fill")).await;
    family.browser.submit(page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1")).await;
    assert_eq!(family.browser.submit(old).await.status, 409);

    // Half an hour later the password is asked again, before the code.
    portal.advance("PT31M").await;
    let page = family.browser.open(&family.path("/contract")).await;
    let asked = family.browser.submit(page.form("/phone")).await;
    assert!(asked.status == 422 && asked.sees("құпия сөзді қайта енгізіңіз"), "{}", asked.text());
    let wrong = family.browser.submit(asked.form("/phone").fill("password_again", "x")).await;
    assert!(wrong.error("password_again").is_some(), "{}", wrong.text());
    let form = wrong.form("/phone").fill("password_again", PASSWORD);
    let shown = family.browser.submit(form.clone()).await;
    assert_eq!(shown.statuses, [303, 200], "{}", shown.text());
    assert_eq!(family.browser.submit(form).await.path, shown.path, "pressed twice");
    assert_eq!(states(&portal).await.len(), 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_phone_is_told_in_the_language_of_whoever_made_the_code(pool: PgPool) {
    let (portal, _, mut family, _) = start(pool).await;
    for (language, named, malformed) in [
        ("ru", "Договор с детским садом", "Подпись не прочитана"),
        ("kk", "Балабақшамен шарт", "Қолтаңба оқылмады"),
    ] {
        sqlx::query("update accounts set language = $1")
            .bind(language)
            .execute(&portal.app.pool)
            .await
            .unwrap();
        let shown = family_code(&mut family).await;
        let hand = Hand::scans(&portal, &shown).await;
        assert_eq!(hand.invitation["description"], named);
        let names = &hand.invitation["organisation"];
        assert_eq!(
            (&names["nameRu"], &names["nameKz"]),
            (&json!("Портал Balabaqsha"), &json!("Balabaqsha порталы"))
        );
        let other =
            portal.http.put(&hand.uri).bearer_auth(&hand.token).header("accept-language", "en").body("{");
        let said = answer(other).await.1;
        assert!(said["message"].as_str().unwrap().starts_with(malformed), "{said}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_signature_by_phone_waits_while_the_authority_is_silent(pool: PgPool) {
    let (portal, _, mut family, _) = start(pool).await;
    let shown = family_code(&mut family).await;
    portal.fault("eds", "down").await;
    let said = scan(&portal, &shown, json!({ "iin": family.parent.iin })).await;
    assert_eq!(said["status"], 200, "{said}");
    let page = family.browser.open(&shown.path).await;
    assert!(page.path.ends_with("/contract?done=signature_waits"), "{}", page.path);
    assert!(page.sees("Қолтаңба тексерілуде"), "{}", page.text());
    assert_eq!((family.status().await.as_str(), states(&portal).await), (SIGN, vec!["parent used".into()]));
    portal.fault("eds", "ok").await;
    assert_eq!(portal.tick().await["signatures"]["accepted"], 1);
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
}

#[sqlx::test(migrations = "./migrations")]
async fn without_the_agreement_nobody_is_offered_the_phone(pool: PgPool) {
    let portal = Portal::start_with(pool, |config| config.egov_mobile = None).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let page = family.browser.open(&family.path("/contract")).await;
    assert!(!page.has_form("/phone") && !page.sees("eGov mobile"), "{}", page.text());
    let mut form = page.form("/sign");
    form.action = family.path("/contract/phone");
    assert_eq!(family.browser.submit(form).await.status, 404);
    let address = format!("{}/mobile/AAAAAAAAAAAAAAAAAAAAAA/mgovSign", portal.base);
    assert_eq!(answer(portal.http.get(address)).await.0, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_signs_many_with_one_code(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 5)]).await;
    let mut head = portal.head(&garden).await;
    let mut families = portal.signed(2..6, &garden, &mut head).await;
    let list = &signing_all(&families);
    let key = json!({ "iin": head.person.iin, "bin": garden.bin });

    // A key that may not sign for the kindergarten signs none of them, and each is told.
    let page = head.browser.open(list).await;
    assert!(page.sees("eGov Business арқылы қол қою: 4 шарт"), "{}", page.text());
    let shown = code(&mut head.browser, &page).await;
    assert!(shown.sees("Қол қойылды: 0 / 4") && shown.attributes("figure svg", "viewBox").len() == 1);
    let said = scan(&portal, &shown, json!({ "iin": head.person.iin })).await;
    assert_eq!((&said["status"], said["calls"].as_array().unwrap().len()), (&json!(403), 3), "{said}");
    assert!(said["message"].as_str().unwrap().contains("Қол қойылды: 0 / 4"), "{said}");
    let refused = head.browser.open(&shown.path).await;
    assert_eq!(refused.all("td .tag--act").len(), 4, "{}", refused.text());

    // Opened and left; then the parents of one of them take their contract back.
    let shown = code(&mut head.browser, &refused).await;
    let mut left = key.clone();
    left["act"] = json!("cancel");
    scan(&portal, &shown, left).await;
    let page = head.browser.open(&shown.path).await;
    assert!(page.sees("Код телефонда ашылды") && page.sees("Қалғаны: 3 минут"), "{}", page.text());
    let hand = Hand::scans(&portal, &shown).await;
    assert_eq!(hand.invitation["description"], "Балабақшамен шарт: 4");
    let (_, documents) = hand.documents().await;
    let ids: Vec<_> =
        documents["documentsToSign"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    let last = &mut families[3];
    let page = last.browser.open(&last.path("/contract/fill")).await;
    last.browser.submit(page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1")).await;

    // The others are signed, one of them by the other way meanwhile; what is signed is not asked for again.
    let said = scan(&portal, &shown, key.clone()).await;
    assert_eq!(said["status"], 200, "{said}");
    let done = head.browser.open(&shown.path).await;
    assert!(
        done.sees("Қол қойылды: 3 / 4")
            && done.sees("2-нұсқаға алдымен ата-ана қол қояды")
            && !done.sees(AGAIN),
        "{}",
        done.text()
    );
    assert_eq!(portal.taken(garden.groups[0]).await.0, 3);
    assert_eq!(journal(&portal, "sign_as_kindergarten").await, 3);
    assert_eq!(scan(&portal, &shown, key).await["status"], 403);

    // Nobody else's page; nobody else's contracts.
    assert_eq!(families[0].browser.open(&shown.path).await.status, 404);
    let other = portal.kindergarten(2, &[(None, 2)]).await;
    let mut stranger = portal.head(&other).await;
    assert_eq!(stranger.browser.open(&shown.path).await.status, 404);
    let mut fourth = portal.filled(7, &other, &mut stranger).await;
    fourth.signs(&portal).await;
    let page = stranger.browser.open(&signing_all(std::slice::from_ref(&fourth))).await;
    let (number, hash) = (families[2].number.clone(), done.all("td a").len().to_string());
    let forged = page.form("/phone").forge(&format!("shown_{number}"), &hash);
    assert_eq!(stranger.browser.submit(forged).await.status, 404);
}

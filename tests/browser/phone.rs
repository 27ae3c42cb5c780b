//! Signing by phone as a person at a computer sees it: the page with the code goes on by itself, whatever the phone does;
//! without a script its button does the same. eGov mobile is the sandbox's stand-in.
use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::PgPool;
use thirtyfour::prelude::*;

use crate::audit::{self, Album};
use crate::support::family::signing_all;
use crate::support::{Portal, Visitor, adult};
use crate::window::{Scripts, Window};

/// What the QR code says: the link beside it says the same.
const CODE: &str = "return document.querySelector('a[href^=\"mobileSign:\"]')?.getAttribute('href') ?? null";
/// The picture is there, and somebody sees it.
const PICTURE: &str =
    "const picture = document.querySelector('[data-phone-code^=scan] figure svg[role=img]');
    return picture !== null && picture.checkVisibility() && picture.getBoundingClientRect().width >= 200
      && picture.querySelector('path').getAttribute('d').length > 1000;";

/// Somebody who signs, and the words of their pages.
struct Desk<'a> {
    portal: &'a Portal,
    window: Window,
    album: Album,
    /// The page of the contract.
    contract: String,
    key: Value,
}

impl<'a> Desk<'a> {
    async fn open(
        portal: &'a Portal,
        album: Album,
        scripts: Scripts,
        visitor: &Visitor,
        contract: String,
        key: Value,
    ) -> Self {
        let nobody_looks = Arc::new(Album::none(album.language, album.width));
        let window = Window::open(&portal.base, &nobody_looks, scripts).await;
        let cookie = json!({ "name": "session", "value": visitor.cookies["session"], "url": portal.base });
        window.cdp("Network.setCookie", cookie).await;
        window.go(&contract).await;
        Self { portal, window, album, contract, key }
    }

    fn in_words(&self, kk: &'static str, ru: &'static str) -> &'static str {
        if self.album.language == "kk" { kk } else { ru }
    }

    fn again(&self) -> &'static str {
        self.in_words("Жаңа код алу", "Получить новый код")
    }

    /// The page of a fresh code, pressed for with this button; answers what the code says.
    async fn code(&self, button: &str) -> String {
        self.window.press(button).await;
        self.shown().await
    }

    /// The code of the page.
    async fn shown(&self) -> String {
        assert_eq!(self.window.ask(PICTURE).await, true, "{}", self.window.text().await);
        self.window.sees(self.in_words("Қалғаны: 3 минут", "Осталось: 3 минуты")).await;
        self.window.ask(CODE).await.as_str().unwrap().to_owned()
    }

    /// The phone scans this code and does so with this key; what the portal told it last.
    async fn phone(&self, code: &str, with: Value) -> (u64, String) {
        let mut asked = self.key.clone();
        asked["text"] = json!(code);
        asked.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let (status, said) = self.portal.post_json("/sandbox/phone", &asked).await;
        assert_eq!(status, 200, "{said}");
        (said["status"].as_u64().unwrap(), said["message"].as_str().unwrap_or_default().to_owned())
    }

    /// Another page has come, and it says so.
    async fn shows(&self, kk: &'static str, ru: &'static str) {
        self.window.sees(self.in_words(kk, ru)).await;
        audit::page(&self.window, &self.album).await;
    }
}

/// The page with the code sees all of it, without a hand.
async fn sees_everything_by_itself(
    desk: &Desk<'_>,
    other_tab: &mut Visitor,
    ask: &str,
    wrong: Value,
    signed: &'static str,
) {
    let root = async || desk.window.driver.find(By::Tag("html")).await.unwrap();
    let code = desk.code(ask).await;
    audit::page(&desk.window, &desk.album).await;

    // The phone looks, and its person changes their mind.
    let old = root().await;
    assert_eq!(desk.phone(&code, json!({ "act": "cancel" })).await.0, 200);
    desk.window.left(old).await;
    desk.shows("Код телефонда ашылды", "Код открыт в телефоне").await;
    desk.window.sees(desk.in_words("уақытына дейін жарамды", "Код действует до")).await;
    assert_eq!(desk.window.ask(CODE).await, Value::Null, "a code that was opened is not shown to others");

    // A new code ends that one, and its phone is told so.
    let newer = desk.code(desk.again()).await;
    let (status, told) = desk.phone(&code, json!({})).await;
    assert_eq!(status, 403);
    assert!(
        told.contains(desk.in_words("жаңа код алынды", "получен новый")) || told.contains("жаңа код алынды"),
        "{told}"
    );

    // Another tab asks for one: this page says that its own is over.
    let old = root().await;
    let page = other_tab.open(&desk.contract).await;
    assert_eq!(other_tab.submit(page.form("/phone")).await.statuses, [303, 200]);
    desk.window.left(old).await;
    desk.shows("бұл код жарамсыз", "этот не действует").await;
    assert_eq!(desk.phone(&newer, json!({})).await.0, 403);

    // Left and opened again, it watches on. The key is another person's.
    let code = desk.code(desk.again()).await;
    let language = desk.album.language;
    desk.window.go(&format!("/{language}/")).await;
    desk.window.driver.back().await.unwrap();
    assert_eq!(desk.shown().await, code);
    let old = root().await;
    let (status, why) = desk.phone(&code, wrong).await;
    assert_eq!(status, 403);
    desk.window.left(old).await;
    desk.shows("Қолтаңба қабылданбады", "Подпись не принята").await;
    assert!(!why.is_empty());

    // Three minutes without a phone.
    desk.code(desk.again()).await;
    let old = root().await;
    desk.portal.advance("PT3M").await;
    desk.window.left(old).await;
    desk.shows("Кодтың уақыты өтті", "Время кода истекло").await;

    // Signed.
    let code = desk.code(desk.again()).await;
    let old = root().await;
    assert_eq!(desk.phone(&code, json!({})).await, (200, "success".to_owned()));
    desk.window.left(old).await;
    desk.window.sees(signed).await;
    // "Back" offers no code: there is nothing to sign.
    desk.window.driver.back().await.unwrap();
    assert_eq!(desk.window.ask(CODE).await, Value::Null);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_parents_page_with_the_code_goes_on_by_itself(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let album = Album::new("kk", 360).within("phone");
    let (contract, key) =
        (family.path("/contract"), json!({ "iin": family.parent.iin, "algorithm": "gost" }));
    let desk = Desk::open(&portal, album, Scripts::On, &family.browser, contract, key).await;
    let wrong = json!({ "iin": adult(3).iin });
    let ask = "eGov mobile арқылы қол қою";
    sees_everything_by_itself(&desk, &mut family.browser, ask, wrong, "МДҰ-ның қол қоюын күтіңіз").await;
    assert_eq!(portal.count("contracts where parent_signed_at is not null").await, 1);
    assert_eq!(portal.count("signature_checks").await, 1);
    desk.window.close().await;
    desk.album.is_spotless();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergartens_page_with_the_code_goes_on_by_itself(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    family.signs(&portal).await;
    let album = Album::new("ru", 1280).within("phone");
    let contract = format!("/ru/kindergarten/families/{}", family.number);
    let key = json!({ "iin": head.person.iin, "bin": garden.bin });
    let desk = Desk::open(&portal, album, Scripts::On, &head.browser, contract, key).await;
    // Their own, but not the organisation's.
    let wrong = json!({ "bin": null });
    let ask = "Подписать через eGov Business";
    sees_everything_by_itself(&desk, &mut head.browser, ask, wrong, "Ребёнок зачислен в детский сад").await;
    assert_eq!(portal.count("contracts where kindergarten_signed_at is not null").await, 1);
    desk.window.close().await;
    desk.album.is_spotless();
}

#[sqlx::test(migrations = "./migrations")]
async fn without_a_script_the_button_of_the_page_goes_on(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let family = portal.filled(2, &garden, &mut head).await;
    let album = Album::new("ru", 360).within("phone-without-script");
    let contract = format!("/ru/applications/{}/contract", family.number);
    let key = json!({ "iin": family.parent.iin });
    let desk = Desk::open(&portal, album, Scripts::Off, &family.browser, contract, key).await;
    let code = desk.code("Подписать через eGov mobile").await;
    desk.window.follow("Проверить").await;
    assert_eq!(desk.shown().await, code, "nothing has happened yet");
    desk.phone(&code, json!({ "act": "cancel" })).await;
    desk.window.follow("Проверить").await;
    desk.shows("Код телефонда ашылды", "Код открыт в телефоне").await;
    let code = desk.code(desk.again()).await;
    portal.advance("PT3M").await;
    // "Reload" does the same.
    desk.window.driver.refresh().await.unwrap();
    desk.shows("Кодтың уақыты өтті", "Время кода истекло").await;
    assert_eq!(desk.phone(&code, json!({})).await.0, 403);
    let code = desk.code(desk.again()).await;
    assert_eq!(desk.phone(&code, json!({})).await.0, 200);
    desk.window.follow("Проверить").await;
    desk.window.sees("Ожидайте подписи ДО").await;
    desk.window.close().await;
    desk.album.is_spotless();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_page_of_many_contracts_goes_on_by_itself(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 4)]).await;
    let mut head = portal.head(&garden).await;
    let families = portal.signed(2..5, &garden, &mut head).await;
    for (language, width, act) in [("ru", 1280, "cancel"), ("kk", 360, "sign")] {
        let album = Album::new(language, width).within("phone-many");
        let list = signing_all(&families).replacen("/kk/", &format!("/{language}/"), 1);
        let key = json!({ "iin": head.person.iin, "bin": garden.bin });
        let desk = Desk::open(&portal, album, Scripts::On, &head.browser, list, key).await;
        audit::page(&desk.window, &desk.album).await;
        let ask = desk
            .in_words("eGov Business арқылы қол қою: 3 шарт", "Подписать через eGov Business, договоров: 3");
        let code = desk.code(ask).await;
        desk.shows("Қол қойылды: 0 / 3", "Подписано: 0 из 3").await;
        let old = desk.window.driver.find(By::Tag("html")).await.unwrap();
        desk.phone(&code, json!({ "act": act })).await;
        desk.window.left(old).await;
        if act == "sign" {
            // One contract after the other: the page may come before the last.
            let all = "const look = () => document.body.innerText.includes(given) ? done(true) : setTimeout(look, 100); look();";
            desk.window.ask_later(all, json!("Қол қойылды: 3 / 3")).await;
            desk.shows("Қол қойылды, бала қабылданды", "").await;
        } else {
            desk.shows("", "Код открыт в телефоне. Прочитайте договоры").await;
        }
        desk.window.close().await;
        desk.album.is_spotless();
    }
    assert_eq!(portal.taken(garden.groups[0]).await.0, 3);
}

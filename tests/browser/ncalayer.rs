//! Recorded dialogues of NCALayer (`dialogues.json`), played over a real WebSocket: what the page says to each, that
//! nothing is sent but a signature, and that the button can be pressed again.
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use sqlx::PgPool;
use thirtyfour::prelude::*;

use crate::audit::{self, Album};
use crate::support::{Portal, Visitor};
use crate::window::{Scripts, Window};

static DIALOGUES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("dialogues.json")).unwrap());

/// What a verdict calls the newer of the Kazakh standards.
const GOST: &str = "GOST3410-2015-512";

/// Put into every new page: which timers run, by how long they are; when hurried, none waits.
const TIMERS: &str = "{
    const set = setTimeout, clear = clearTimeout;
    window.timers = new Map();
    window.setTimeout = (act, wait = 0, ...given) => {
      const timer = set(() => { timers.delete(timer); act(...given); }, window.hurried ? 0 : wait);
      timers.set(timer, wait);
      return timer;
    };
    window.clearTimeout = (timer) => { timers.delete(timer); clear(timer); };
  }";

/// Presses the button, with NCALayer behaving as given.
const PRESS: &str = "const [given] = arguments;
    const form = document.querySelector('form[data-ncalayer]');
    form.usual ??= form.dataset.ncalayer;
    const recorded = `&recording=${encodeURIComponent(JSON.stringify(given.server))}`;
    form.dataset.ncalayer = given.address ?? `${form.usual}&algorithm=${given.algorithm ?? 'rsa'}${recorded}`;
    window.hurried = given.hurried ?? false;
    window.stayed = true;
    const start = form.querySelector('[data-sign-start]');
    start.focus();
    start.click();";

/// The conversation has come to this state; with no state, to its end.
const HEAR: &str = "const start = document.querySelector('[data-sign-start]');
    const status = document.querySelector('[data-sign-status]');
    const look = () => {
      const ended = !start.hasAttribute('aria-disabled');
      if (given === null ? !ended : status.dataset.state !== given) return requestAnimationFrame(look);
      done({
        state: status.dataset.state,
        says: status.innerText.replace(/\\s+/g, ' '),
        ready: ended && document.activeElement === start,
        polite: status.getAttribute('aria-live') === 'polite',
        stayed: window.stayed === true,
        // The other way stays on the page whatever happens.
        file: document.querySelector('input[type=file]').checkVisibility(),
        timers: [...timers.values()],
      });
    };
    look();";

struct Desk {
    window: Window,
    album: Album,
}

impl Desk {
    /// This visitor's browser.
    async fn open(portal: &Portal, language: &'static str, width: u32, visitor: &Visitor) -> Self {
        let nobody_looks = Arc::new(Album::none(language, width));
        let window = Window::open(&portal.base, &nobody_looks, Scripts::On).await;
        window.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TIMERS })).await;
        let session = &visitor.cookies["session"];
        let cookie = json!({ "name": "session", "value": session, "url": portal.base });
        window.cdp("Network.setCookie", cookie).await;
        Self { window, album: Album::new(language, width).within("ncalayer") }
    }

    async fn press(&self, dialogue: &Value) {
        self.window.driver.execute(PRESS, [dialogue.clone()]).await.unwrap();
    }

    async fn hear(&self, state: Option<&str>) -> Value {
        self.window.ask_later(HEAR, json!(state)).await
    }

    fn sentence(&self, state: &str) -> &'static str {
        DIALOGUES["sentences"][state][self.album.language].as_str().unwrap()
    }

    /// Its sentence is said, nothing left the page, and the button waits under the keyboard.
    async fn is_refused(&self, dialogue: &Value) {
        self.press(dialogue).await;
        let heard = self.hear(None).await;
        let state = dialogue["state"].as_str().unwrap();
        assert_eq!(heard["state"], state, "{dialogue}");
        let says = heard["says"].as_str().unwrap();
        assert!(says.starts_with(self.sentence(state)), "{dialogue}: {says}");
        let code = dialogue["code"].as_str();
        assert!(says.ends_with(code.unwrap_or_default()), "{dialogue}: {says}");
        for fact in ["ready", "polite", "stayed", "file"] {
            assert_eq!(heard[fact], true, "{dialogue}: {fact}");
        }
    }

    /// Another page comes: the signature was sent.
    async fn is_signed(&self, dialogue: &Value) {
        let old = self.window.driver.find(By::Tag("html")).await.unwrap();
        self.press(dialogue).await;
        self.window.left(old).await;
    }

    /// A person looks for the key, for minutes: the page says so and counts no time.
    async fn is_asked(&self) {
        self.press(&json!({ "server": { "looks_ms": 60_000 } })).await;
        let heard = self.hear(Some("asking")).await;
        assert!(heard["says"].as_str().unwrap().starts_with(self.sentence("asking")), "{heard}");
        assert!(waits_as_long_as_it_takes(&heard), "{heard}");
        audit::page(&self.window, &self.album).await;
    }
}

/// No timer runs that would end the conversation within five minutes.
fn waits_as_long_as_it_takes(heard: &Value) -> bool {
    heard["timers"].as_array().unwrap().iter().all(|wait| wait.as_f64() >= Some(300_000.0))
}

/// Where nobody listens.
fn nowhere() -> String {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    format!("ws://127.0.0.1:{port}")
}

/// The algorithms of this party's signatures that were accepted.
async fn accepted(portal: &Portal, party: &str) -> Vec<String> {
    let asked = "select verdict->'signer'->>'algorithm' from signature_checks where state = 'accepted' and party = $1";
    sqlx::query_scalar(asked).bind(party).fetch_all(&portal.app.pool).await.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_parent_is_told_what_ncalayer_said_and_signs_with_a_gost_key(pool: PgPool) {
    let nowhere = nowhere();
    let portal = Portal::start_with(pool, |config| config.ncalayer_url = nowhere.clone()).await;
    let garden = portal.kindergarten(1, &[(None, 5)]).await;
    let mut head = portal.head(&garden).await;
    let family = portal.filled(2, &garden, &mut head).await;
    let desk = Desk::open(&portal, "kk", 360, &family.browser).await;

    desk.window.go(&family.path("/contract")).await;
    let not_running = json!({ "what": "nobody listens", "state": "not-running", "address": nowhere });
    let mut looked_at = Vec::new();
    for dialogue in [&not_running].into_iter().chain(DIALOGUES["refused"].as_array().unwrap()) {
        desk.is_refused(dialogue).await;
        if !looked_at.contains(&&dialogue["state"]) {
            looked_at.push(&dialogue["state"]);
            audit::page(&desk.window, &desk.album).await;
        }
    }
    desk.is_asked().await;
    assert_eq!(portal.count("signature_checks").await, 0);

    // Begun anew; the key is found after a while.
    desk.window.go(&family.path("/contract")).await;
    let old = desk.window.driver.find(By::Tag("html")).await.unwrap();
    desk.press(&json!({ "algorithm": "gost", "server": { "looks_ms": 3000 } })).await;
    assert!(waits_as_long_as_it_takes(&desk.hear(Some("asking")).await));
    desk.window.left(old).await;
    desk.window.sees("МДҰ-ның қол қоюын күтіңіз").await;
    assert_eq!(accepted(&portal, "parent").await, [GOST]);

    // "Back" does not offer to sign what is signed.
    desk.window.driver.back().await.unwrap();
    desk.window.sees("Ата-ана қол қойды").await;
    desk.window.close().await;
    desk.album.is_spotless();
}

#[sqlx::test(migrations = "./migrations")]
async fn every_shape_of_a_signature_is_understood(pool: PgPool) {
    let nowhere = nowhere();
    let portal = Portal::start_with(pool, |config| config.ncalayer_url = nowhere.clone()).await;
    let family = portal.family(3, "autism").await;
    let desk = Desk::open(&portal, "ru", 1280, &family.browser).await;

    desk.window.go("/ru/key-check").await;
    let not_running = json!({ "what": "nobody listens", "state": "not-running", "address": nowhere });
    let mut heard = Vec::new();
    for dialogue in [&not_running].into_iter().chain(DIALOGUES["refused"].as_array().unwrap()) {
        // The rest of them are heard in Kazakh.
        if !heard.contains(&&dialogue["state"]) {
            heard.push(&dialogue["state"]);
            desk.is_refused(dialogue).await;
            audit::page(&desk.window, &desk.album).await;
        }
    }
    desk.is_asked().await;

    let cancelled = &DIALOGUES["refused"][0];
    for dialogue in DIALOGUES["signed"].as_array().unwrap() {
        let language = if dialogue["kk"] == true { "kk" } else { "ru" };
        desk.window.go(&format!("/{language}/key-check")).await;
        // Pressed again after having cancelled.
        desk.press(cancelled).await;
        assert_eq!(desk.hear(None).await["state"], "cancelled");
        desk.is_signed(dialogue).await;
        let good = if language == "kk" {
            "Кілтіңіз қол қоюға дайын."
        } else {
            "Ваш ключ готов к подписанию."
        };
        desk.window.sees(good).await;
    }
    // After "back" the page signs again.
    desk.window.go("/ru/key-check").await;
    desk.is_signed(&json!({ "server": {} })).await;
    desk.window.driver.back().await.unwrap();
    desk.is_signed(&json!({ "algorithm": "gost", "server": {} })).await;
    desk.window.sees("Ваш ключ готов к подписанию.").await;

    // The session has ended meanwhile: the sign-in page is never signed in the text's place.
    desk.window.go("/ru/key-check").await;
    desk.window.cdp("Network.clearBrowserCookies", json!({})).await;
    desk.is_refused(&json!({ "state": "no-document", "server": {} })).await;
    desk.window.close().await;
    desk.album.is_spotless();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_signs_many_in_one_conversation(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 5)]).await;
    let mut head = portal.head(&garden).await;
    let mut both = "/kk/kindergarten/sign?".to_owned();
    for n in 2..4 {
        let mut family = portal.filled(n, &garden, &mut head).await;
        family.signs(&portal).await;
        both += &format!("n_{}=1&", family.number);
    }
    let desk = Desk::open(&portal, "kk", 1280, &head.browser).await;

    desk.window.go(&both).await;
    let refused = DIALOGUES["refused"].as_array().unwrap();
    desk.is_refused(&refused[0]).await;
    // One signature for two contracts.
    let one = json!({ "state": "failed", "server": { "replies": [{ "body": { "result": "<pem>" }, "status": true }] } });
    desk.is_refused(&one).await;
    desk.is_asked().await;
    assert_eq!(portal.count("signature_checks where party = 'kindergarten'").await, 0);

    desk.window.go(&both).await;
    desk.press(&json!({ "algorithm": "gost", "server": {} })).await;
    let heard = desk.hear(Some("done")).await;
    assert_eq!(heard["says"], "Аяқталды. Қол қойылды: 2 / 2");
    let left = "return document.querySelectorAll('main button').values().filter((it) => it.checkVisibility()).toArray().length";
    assert_eq!(desk.window.ask(left).await, json!(0), "nothing is left to be pressed");
    audit::page(&desk.window, &desk.album).await;
    assert_eq!(accepted(&portal, "kindergarten").await, [GOST, GOST]);
    assert_eq!(portal.taken(garden.groups[0]).await.0, 2);
    desk.window.close().await;
    desk.album.is_spotless();
}

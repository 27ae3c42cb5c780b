//! Journeys without a mouse: Tab, Enter, Space and arrows; each stop on the way is seen, none holds one back.
use std::sync::Arc;

use serde_json::Value;
use sqlx::PgPool;
use thirtyfour::prelude::*;

use crate::audit::Album;
use crate::support::people::PASSWORD;
use crate::support::{Portal, adult, child};
use crate::window::{Scripts, Window};

/// No page of these journeys has so many stops.
const MOST_STOPS: usize = 120;

/// Where the keyboard is: what it is called, what it is, whether one sees that.
const FOCUSED: &str = "const e = document.activeElement;
  if (!e || e === document.body) return null;
  const words = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const line = parseFloat(style.outlineWidth) || 0;
  // What is drawn in a picture thickens its own edge.
  const shape = e instanceof SVGElement && e.querySelector('path, circle');
  const edge = shape && parseFloat(getComputedStyle(shape).strokeWidth) >= 4;
  return {
    name: words(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent),
    tag: e.tagName.toLowerCase(),
    type: e.type ?? '',
    chosen: e.tagName === 'SELECT' ? words(e.selectedOptions[0]?.textContent) : (e.checked ?? ''),
    seen: e.matches(':focus-visible') && (edge || style.outlineStyle !== 'none' && line >= 2 && style.outlineColor !== 'rgba(0, 0, 0, 0)')
      && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    number: [...document.querySelectorAll('*')].indexOf(e),
  };";

struct Hands<'a>(&'a Window);

impl Hands<'_> {
    async fn press(&self, key: Key) {
        self.0.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    async fn types(&self, text: &str) {
        self.0.driver.action_chain().send_keys(text).perform().await.unwrap();
    }

    async fn focused(&self) -> Value {
        self.0.ask(FOCUSED).await
    }

    /// One stop on; it must be seen, and be another one.
    async fn tab(&self) -> Value {
        let before = self.focused().await;
        self.press(Key::Tab).await;
        let now = self.focused().await;
        if !now.is_null() {
            let at = self.0.path().await;
            assert_eq!(now["seen"], true, "{at}: nothing shows that the keyboard is at {now}");
            // A day has several parts inside one field.
            assert!(now["number"] != before["number"] || now["type"] == "date", "{at}: held back at {now}");
        }
        now
    }

    /// The words appear on the page without another one coming.
    async fn comes(&self, words: &str) {
        let wait = "const look = () => document.body.innerText.includes(given) ? done(true) : setTimeout(look, 40); look()";
        self.0.ask_later(wait, Value::from(words)).await;
    }

    /// On until the control, link or button of this name.
    async fn to(&self, tag: &str, name: &str) -> Value {
        let mut passed = Vec::new();
        for _ in 0..MOST_STOPS {
            let now = self.tab().await;
            if now["tag"] == tag && now["name"] == name {
                return now;
            }
            passed.push(format!("{} {}", now["tag"], now["name"]));
        }
        panic!("the keyboard does not come to {tag} «{name}» on {}: {passed:?}", self.0.path().await)
    }

    /// What Enter or Space leads to.
    async fn goes(&self, key: Key) {
        let old = self.0.driver.find(By::Tag("html")).await.unwrap();
        self.press(key).await;
        self.0.left(old).await;
    }

    /// In a list, by arrows.
    async fn chooses(&self, list: &str, option: &str) {
        let mut now = self.to("select", list).await;
        for _ in 0..MOST_STOPS {
            if now["chosen"] == option {
                return;
            }
            self.press(Key::Down).await;
            now = self.focused().await;
        }
        panic!("«{option}» is not among «{list}»")
    }

    /// Over the whole page: the link over the menu first, then every stop once, then out of it.
    async fn walks_through(&self) {
        let first = self.tab().await;
        assert_eq!(first["name"], "Негізгі мазмұнға өту");
        self.press(Key::Enter).await;
        let begins = self.0.ask("return document.activeElement?.id").await;
        assert_eq!(begins, "main", "the first link leads to the page's own part");
        let after = self.tab().await;
        let inside = self.0.ask("return document.activeElement.closest('main, footer') !== null").await;
        assert_eq!(inside, true, "{after}");
        let mut stops = vec![after["number"].as_i64().unwrap()];
        loop {
            let now = self.tab().await;
            let Some(number) = now["number"].as_i64() else { break };
            if number < stops[0] {
                break;
            }
            assert!(!stops.contains(&number), "comes round to {now} without having left the page");
            stops.push(number);
            assert!(stops.len() < MOST_STOPS, "no end of {}", self.0.path().await);
        }
        assert!(stops.is_sorted(), "the keyboard jumps about on {}", self.0.path().await);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_visitor_needs_no_mouse(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.kindergarten(1, &[(None, 20)]).await;
    portal.kindergarten(2, &[(Some("autism"), 8)]).await;
    let window = Window::open(&portal.base, &Arc::new(Album::none("kk", 1280)), Scripts::On).await;
    let hands = Hands(&window);

    for path in ["/kk/", "/kk/kindergartens", "/kk/login", "/kk/queue", "/kk/register"] {
        window.go(path).await;
        hands.walks_through().await;
    }

    window.go("/kk/kindergartens").await;
    hands.to("a", "Русский").await;
    hands.goes(Key::Enter).await;
    assert_eq!(window.path().await, "/ru/kindergartens");
    hands.to("a", "Қазақша").await;
    hands.goes(Key::Enter).await;
    assert_eq!(window.path().await, "/kk/kindergartens");

    hands.to("summary", "Басқа сүзгілер").await;
    hands.press(Key::Enter).await;
    hands.chooses("Түзету түрі", "Аутизм спектрінің бұзылысы (АСБ)").await;
    hands.to("button", "Іздеу").await;
    hands.press(Key::Enter).await;
    // The results change in place.
    hands.comes("1 балабақша табылды").await;
    window.sees("№ 2 балабақша").await;
    hands.to("input", "Атауы").await;
    hands.types("жоқ мұндай").await;
    hands.press(Key::Enter).await;
    hands.comes("Мұндай балабақша табылмады").await;
    window.close().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_parent_needs_no_mouse(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 20)]).await;
    let family = portal.family_of(adult(6), child(6, "autism"), "autism").await;
    let window = Window::open(&portal.base, &Arc::new(Album::none("kk", 1280)), Scripts::On).await;
    let hands = Hands(&window);

    window.go("/kk/login").await;
    hands.to("input", "Телефон нөмірі немесе ЖСН").await;
    hands.types(&family.parent.phone).await;
    hands.to("input", "Құпия сөз").await;
    hands.types("дұрыс емес").await;
    hands.goes(Key::Enter).await;
    window.sees("құпия сөз дұрыс емес").await;
    // The mistakes have the keyboard; the field comes after them.
    hands.to("input", "Құпия сөз").await;
    hands.types(PASSWORD).await;
    hands.to("button", "Кіру").await;
    hands.goes(Key::Space).await;
    let code = portal.code_for(&family.parent.phone).await;
    hands.to("input", "SMS арқылы алынған код").await;
    hands.types(&code).await;
    hands.goes(Key::Enter).await;
    assert_eq!(window.path().await, "/kk/cabinet");

    hands.to("a", "Менің өтініштерім").await;
    hands.goes(Key::Enter).await;
    hands.to("a", "Өтініш қосу").await;
    hands.goes(Key::Enter).await;
    hands.walks_through().await;
    window.go("/kk/applications/new").await;
    applies(&hands, &garden.name).await;
    window.sees("Өтініш қабылданды").await;
    assert_eq!(portal.count("applications").await, 1);
    window.close().await;
}

async fn applies(hands: &Hands<'_>, garden: &str) {
    // Of radio buttons, Tab comes to the first (or the chosen one), and arrows choose.
    hands.to("input", "Арнайы бағыттағы").await;
    hands.press(Key::Down).await;
    assert_eq!(hands.focused().await["name"], "Жалпы");
    let name =
        hands.0.ask("return document.querySelector('#child option:nth-child(2)').textContent.trim()").await;
    hands.chooses("Бала", name.as_str().unwrap()).await;
    hands.to("button", "Балабақшалар тізімін көрсету").await;
    hands.goes(Key::Enter).await;
    hands.chooses("1‑қалау", garden).await;
    hands.to("input", "Қазақ тілі").await;
    hands.press(Key::Space).await;
    hands.to("input", "Шарттармен таныстым, мәліметтердің пайдаланылуына келісемін").await;
    hands.press(Key::Space).await;
    assert_eq!(hands.focused().await["chosen"], true);
    hands.to("button", "Жіберу").await;
    hands.goes(Key::Enter).await;
}

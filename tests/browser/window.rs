//! A person's browser: opens pages, fills in fields by their labels, presses buttons by their words.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::BrowserLogEntry;
use thirtyfour::prelude::*;

use crate::audit::{self, Album};
use crate::chromedriver::Chromedriver;
use crate::chromium::{self, NO_SCRIPTS, PATIENCE};

const LOOK_EVERY: Duration = Duration::from_millis(40);
const HEIGHT: u32 = 800;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

pub struct Window {
    pub driver: WebDriver,
    pub scripts: Scripts,
    base: String,
    album: Arc<Album>,
    _profile: tempfile::TempDir,
    // The last: what it started is gone by then.
    _chromedriver: Arc<Chromedriver>,
}

impl Window {
    pub async fn open(base: &str, album: &Arc<Album>, scripts: Scripts) -> Self {
        let chromedriver = Chromedriver::shared();
        let profile = tempfile::tempdir().unwrap();
        let settings = if scripts == Scripts::Off { &[NO_SCRIPTS][..] } else { &[] };
        let driver = chromium::start(&chromedriver, profile.path(), settings).await;
        let window = Self {
            driver,
            scripts,
            base: base.to_owned(),
            album: album.clone(),
            _profile: profile,
            _chromedriver: chromedriver,
        };
        window.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": audit::LISTEN })).await;
        window.set_width(album.width).await;
        window
    }

    pub async fn close(self) {
        self.driver.clone().quit().await.unwrap();
    }

    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        let said = self.driver.cdp().send_raw(method, parameters).await;
        said.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub async fn set_width(&self, width: u32) {
        let size = json!({ "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the page's script answers. It runs even where pages may run none: this is the driver's hand.
    pub async fn ask(&self, script: &str) -> Value {
        self.driver
            .execute(script, [])
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// The same for an answer that comes later: `done(answer)`.
    pub async fn ask_later(&self, script: &str, given: Value) -> Value {
        let script = format!("const [given, done] = arguments; {script}");
        let answer = self.driver.execute_async(script.as_str(), [given]).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    pub async fn console(&self) -> Vec<BrowserLogEntry> {
        self.driver.browser_log().await.unwrap()
    }

    // ---- Where one is. ----

    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    pub async fn text(&self) -> String {
        self.ask("return document.body.innerText.replace(/\\s+/g, ' ')").await.as_str().unwrap().to_owned()
    }

    /// The page says so.
    pub async fn sees(&self, words: &str) {
        let text = self.text().await;
        assert!(text.contains(words), "«{words}» is not on {}:\n{text}", self.path().await);
    }

    // ---- From page to page. ----

    /// Types an address.
    pub async fn go(&self, address: &str) {
        let address =
            if address.starts_with("http") { address.to_owned() } else { format!("{}{address}", self.base) };
        self.driver.goto(address).await.unwrap();
        self.arrived().await;
    }

    /// Follows the link with these words.
    pub async fn follow(&self, words: &str) {
        let link = self.find(&format!("//a[normalize-space()={words:?}]"), words).await;
        self.click(link).await;
    }

    /// Presses the button with these words.
    pub async fn press(&self, words: &str) {
        let button = self.find(&format!("//button[normalize-space()={words:?}]"), words).await;
        self.click(button).await;
    }

    /// Presses the button that is read out so, of several that look alike.
    pub async fn press_named(&self, name: &str) {
        let button = self.find(&format!("//button[@aria-label={name:?}]"), name).await;
        self.click(button).await;
    }

    /// Clicks what leads to another page, and waits until that has come: reading the old one by mistake is how
    /// browser tests flicker.
    async fn click(&self, element: WebElement) {
        let old = self.driver.find(By::Tag("html")).await.unwrap();
        // On a narrow page the menu is folded: whoever wants something in it opens it first.
        if !element.is_displayed().await.unwrap() {
            self.driver.find(By::Css(".menu-button")).await.unwrap().click().await.unwrap();
        }
        element.click().await.unwrap();
        self.left(old).await;
    }

    /// Waits until the page with this root has gone and the next has come.
    pub async fn left(&self, old: WebElement) {
        let gone = old.wait_until().wait(PATIENCE, LOOK_EVERY).ignore_errors(true).stale().await;
        if gone.is_err() {
            panic!("no new page came after {}:\n{}", self.path().await, self.text().await);
        }
        self.arrived().await;
    }

    async fn arrived(&self) {
        let footer =
            self.driver.query(By::Css("footer.site-footer")).wait(PATIENCE, LOOK_EVERY).first().await;
        footer.unwrap_or_else(|error| panic!("no page of the portal: {error}"));
        audit::page(self, &self.album).await;
    }

    // ---- Filling in. ----

    async fn find(&self, xpath: &str, words: &str) -> WebElement {
        // Of a menu and a page with the same words, the page's is the later one.
        let found = self.driver.find_all(By::XPath(xpath)).await.unwrap().pop();
        match found {
            Some(element) => element,
            None => panic!("no «{words}» on {}:\n{}", self.path().await, self.text().await),
        }
    }

    /// The control of this label.
    async fn field(&self, label: &str) -> WebElement {
        let found = self.find(&format!("//label[normalize-space()={label:?}]"), label).await;
        match found.attr("for").await.unwrap() {
            Some(id) => self.driver.find(By::Id(id)).await.unwrap(),
            None => found.find(By::Tag("input")).await.unwrap(),
        }
    }

    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Types a day, `2026-12-21`, the way this Chromium wants it (month first).
    pub async fn fill_day(&self, label: &str, day: &str) {
        let field = self.field(label).await;
        let typed = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").unwrap().format("%m%d%Y").to_string();
        field.send_keys(typed).await.unwrap();
        assert_eq!(field.prop("value").await.unwrap().as_deref(), Some(day));
    }

    /// Ticks a box, or chooses a radio button.
    pub async fn tick(&self, label: &str) {
        let field = self.field(label).await;
        if !field.is_selected().await.unwrap() {
            field.click().await.unwrap();
        }
    }

    /// Chooses from a list by the words of the option.
    pub async fn choose(&self, label: &str, option: &str) {
        self.option(label, option).await.click().await.unwrap();
    }

    /// The same where the choice itself leads on.
    pub async fn choose_and_go(&self, label: &str, option: &str) {
        let option = self.option(label, option).await;
        self.click(option).await;
    }

    async fn option(&self, label: &str, option: &str) -> WebElement {
        let list = self.field(label).await;
        let found = list.find(By::XPath(format!(".//option[normalize-space()={option:?}]"))).await;
        match found {
            Ok(found) => found,
            Err(_) => panic!("«{option}» cannot be chosen in «{label}»: {}", list.text().await.unwrap()),
        }
    }

    pub async fn attach(&self, label: &str, file: &Path) {
        self.field(label).await.send_keys(file.to_str().unwrap()).await.unwrap();
    }
}

/// A test that failed does not wait for its browser: the chromedriver ends it.
impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
    }
}

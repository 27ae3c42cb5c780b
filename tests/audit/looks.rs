//! A browser that looks at pictures from all sides: barriers that axe-core knows, narrow and wide, by day and by night;
//! what sticks out; what the content policy stopped; what the console was told; and the photographs.
use std::path::Path;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::cast::Picture;
use crate::chromedriver::Chromedriver;
use crate::chromium;
use crate::faults::Faults;
use crate::sheet::Screens;

const HEIGHT: u32 = 800;
/// A longer page is photographed down to here, in px.
const LONGEST: u64 = 6000;

/// Put into every new page: remembers what the content policy stopped.
const LISTEN: &str = "window.stopped = [];
    addEventListener('securitypolicyviolation', (e) => {
      window.stopped.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`);
    });";

/// `given.axe`: what axe-core is to run, or null. Answers with facts and findings.
const LOOK: &str = "const [given, done] = arguments;
  const room = document.documentElement.clientWidth;
  const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + [...e.classList].map((c) => '.' + c).join('');
  // Either a box sticks out, or the text in a box does.
  const out = (e) => e.getBoundingClientRect().right > room + 0.5
    || (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'visible');
  const wide = document.documentElement.scrollWidth <= room ? [] : ['html: the page',
    ...[...document.querySelectorAll('body *')].filter(out).slice(-3)
      .map((e) => `${name(e)}: ${e.textContent.trim().slice(0, 60)}`)];
  const clipped = !given.clipped ? [] : [...document.querySelectorAll('body *')].filter((e) => {
      const style = getComputedStyle(e);
      const hides = (way) => way === 'hidden' || way === 'clip';
      const unseen = style.position === 'absolute' && e.clientWidth <= 1;
      return !unseen && e.clientWidth > 0 && ((hides(style.overflowX) && e.scrollWidth > e.clientWidth + 1)
        || (hides(style.overflowY) && e.scrollHeight > e.clientHeight + 1));
    }).slice(0, 4).map((e) => `${name(e)}: ${e.textContent.trim().slice(0, 60)}`);
  const facts = {
    language: document.documentElement.lang,
    headings: [...document.querySelectorAll('h1')].map((h1) => h1.textContent.trim()),
    stopped: window.stopped ?? [],
    root: getComputedStyle(document.documentElement).fontSize,
    height: document.documentElement.scrollHeight,
    wide, clipped, barriers: [],
  };
  document.fonts.ready.then(() => given.axe ? axe.run(document, given.axe) : { violations: [] }).then(
    (found) => {
      facts.barriers = found.violations.flatMap((v) => v.nodes.map((n) => (
        { what: `${v.id}: ${v.help}`, at: n.target.join(' '), html: n.html.slice(0, 240), why: n.failureSummary })));
      done(facts);
    },
    (error) => { facts.barriers = [{ what: String(error), at: '', html: '', why: '' }]; done(facts); });";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// In `make test`: axe-core whole at 320 px and at 1280 px by day, its colours by night.
    Quick,
    /// In `make audit`: axe-core whole at both widths, by day and by night.
    Full,
}

fn axe_source() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core: scripts/install.sh --browser installs it")
}

/// Every rule of axe-core but those it calls experimental or AAA; the size of targets too.
fn whole() -> Value {
    json!({ "resultTypes": ["violations"], "rules": { "target-size": { "enabled": true } } })
}

fn colours() -> Value {
    json!({ "resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"] })
}

pub struct Eye {
    driver: WebDriver,
    _profile: tempfile::TempDir,
    // The last: what it started is gone by then.
    _chromedriver: Arc<Chromedriver>,
}

/// A test that failed does not wait for its browser: the chromedriver ends it.
impl Drop for Eye {
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
    }
}

impl Eye {
    pub async fn open(settings: &[(&str, u32)]) -> Self {
        let chromedriver = Chromedriver::shared();
        let profile = tempfile::tempdir().unwrap();
        let driver = chromium::start(&chromedriver, profile.path(), settings).await;
        let eye = Self { driver, _profile: profile, _chromedriver: chromedriver };
        let source = format!("{LISTEN}\n{}", axe_source());
        eye.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
        eye
    }

    pub async fn close(self) {
        self.driver.clone().quit().await.unwrap();
    }

    async fn cdp(&self, method: &str, parameters: Value) -> Value {
        let said = self.driver.cdp().send_raw(method, parameters).await;
        said.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn set_width(&self, width: u32) {
        let size = json!({ "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// `light` or `dark`.
    async fn set_scheme(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", features).await;
    }

    async fn look(&self, axe: Option<Value>, clipped: bool) -> Value {
        let given = json!({ "axe": axe, "clipped": clipped });
        let answer = self.driver.execute_async(LOOK, [given]).await;
        answer.unwrap_or_else(|error| panic!("looking: {error}")).json().clone()
    }

    /// From all sides, with photographs.
    pub async fn sees(&self, address: &str, picture: &Picture, how: How, screens: &Screens, faults: &Faults) {
        self.set_scheme("light").await;
        self.set_width(320).await;
        self.driver.goto(address).await.unwrap();
        let facts = self.look(Some(whole()), false).await;
        frame(&facts, picture, faults);
        findings(&facts, picture, "320 px", faults);
        self.set_width(360).await;
        let facts = self.look(None, false).await;
        findings(&facts, picture, "360 px", faults);
        screens.keep(picture, "360", &self.photograph(360, &facts).await);
        self.set_scheme("dark").await;
        screens.keep(picture, "360-dark", &self.photograph(360, &facts).await);
        if how == How::Full {
            self.set_width(320).await;
        }
        let facts = self.look(Some(if how == How::Full { whole() } else { colours() }), false).await;
        findings(&facts, picture, "narrow and dark", faults);
        self.set_width(1280).await;
        if how == How::Full {
            findings(&self.look(Some(whole()), false).await, picture, "1280 px, dark", faults);
        }
        self.set_scheme("light").await;
        let facts = self.look(Some(whole()), false).await;
        findings(&facts, picture, "1280 px", faults);
        screens.keep(picture, "1280", &self.photograph(1280, &facts).await);
        for entry in self.driver.browser_log().await.unwrap() {
            if entry.level == "SEVERE" {
                let said = entry.message.replace(address, "");
                faults.add(&picture.name(), format!("console: {said}"), "");
            }
        }
    }

    /// With text twice as large: nothing sticks out or is cut off.
    pub async fn sees_large(&self, address: &str, picture: &Picture, width: u32, faults: &Faults) {
        self.set_width(width).await;
        self.driver.goto(address).await.unwrap();
        let facts = self.look(None, true).await;
        assert_eq!(facts["root"], "32px", "the browser's text is not twice as large");
        let at = format!("200 % text, {width} px");
        findings(&facts, picture, &at, faults);
        for cut in texts(&facts["clipped"]) {
            faults.add(&picture.name(), format!("{at}: cut off: {}", selector(&cut)), cut);
        }
    }

    async fn photograph(&self, width: u32, facts: &Value) -> Vec<u8> {
        let height = facts["height"].as_u64().unwrap_or_default().min(LONGEST);
        let all = json!({
            "format": "jpeg",
            "quality": 80,
            "optimizeForSpeed": true,
            "captureBeyondViewport": true,
            "clip": { "x": 0, "y": 0, "width": width, "height": height, "scale": 1 },
        });
        let taken = self.cdp("Page.captureScreenshot", all).await;
        BASE64_STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }
}

/// What holds at every width.
fn frame(facts: &Value, picture: &Picture, faults: &Faults) {
    let page = picture.name();
    if facts["language"] != picture.lang {
        faults.add(
            &page,
            "the language of the page is not that of its address",
            facts["language"].to_string(),
        );
    }
    if facts["headings"].as_array().unwrap().len() != 1 || facts["headings"][0] == "" {
        faults.add(&page, "a page has one h1", facts["headings"].to_string());
    }
    for stopped in texts(&facts["stopped"]) {
        let what = stopped.split_whitespace().next().unwrap_or_default().to_owned();
        faults.add(&page, format!("the content policy stopped {what}"), stopped);
    }
}

fn findings(facts: &Value, picture: &Picture, at: &str, faults: &Faults) {
    for wide in texts(&facts["wide"]) {
        faults.add(&picture.name(), format!("{at}: scrolls sideways because of {}", selector(&wide)), wide);
    }
    for barrier in facts["barriers"].as_array().unwrap() {
        let text = |name: &str| barrier[name].as_str().unwrap_or_default().to_owned();
        // The same element has another number on every page.
        let place: String = text("at").chars().filter(|c| !c.is_ascii_digit()).collect();
        let example = format!("({at}) {}\n{}", text("html"), text("why"));
        faults.add(&picture.name(), format!("axe {} — {place}", text("what")), example);
    }
}

/// `td.wide: text` is `td.wide`.
fn selector(found: &str) -> &str {
    found.split(": ").next().unwrap_or(found)
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

//! What every page owes: one heading, its language, room on the narrowest telephone, no barrier that axe-core knows,
//! nothing that its own content policy forbids; and its photograph at both widths.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use crate::window::{Scripts, Window};

/// Put into every new page: remembers what the content policy stopped.
pub const LISTEN: &str = "window.stopped = [];
    addEventListener('securitypolicyviolation', (e) => {
      window.stopped.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`);
    });";

const FACTS: &str = "return {
    language: document.documentElement.lang,
    headings: [...document.querySelectorAll('h1')].map((h1) => h1.textContent.trim()),
    title: document.title,
    stopped: window.stopped ?? [],
  }";

/// What sticks out of the page, if it is wider than its window.
const TOO_WIDE: &str = "const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    // Either a box sticks out, or the text in a box does.
    return ['the page', ...[...document.querySelectorAll('body *')]
      .filter((e) => e.getBoundingClientRect().right > room + 0.5
        || (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'visible'))
      .map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 60)}`)];";

const RUN_AXE: &str = "axe.run(document, given).then(
    (found) => done(found.violations.map((v) => `${v.id}: ${v.help}\\n` + v.nodes.map(
      (n) => `    ${n.html.slice(0, 200)}\\n    ${n.failureSummary}`).join('\\n'))),
    (error) => done([String(error)]));";

static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core: scripts/install.sh --browser installs it")
});

/// The photographs of one road, numbered in the order of its pages.
pub struct Album {
    pub language: &'static str,
    /// How wide the windows of this road are.
    pub width: u32,
    folder: PathBuf,
    pages: AtomicUsize,
    /// What was found wrong on the way: told together at its end.
    faults: Mutex<Vec<String>>,
    /// Nobody looks: the journey is about something else.
    closed: bool,
}

impl Album {
    /// For journeys whose pages others look at.
    pub fn none(language: &'static str, width: u32) -> Self {
        Self { closed: true, ..Self::new(language, width) }
    }

    pub fn new(language: &'static str, width: u32) -> Self {
        // `target/tmp` is what cargo gives tests.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screens");
        std::fs::create_dir_all(&folder).unwrap();
        Self { language, width, folder, pages: AtomicUsize::new(0), faults: Mutex::default(), closed: false }
    }

    /// With its photographs in a folder of their own.
    pub fn within(mut self, folder: &str) -> Self {
        self.folder.push(folder);
        std::fs::create_dir_all(&self.folder).unwrap();
        self
    }

    fn blame(&self, path: &str, what: &str) {
        let mut faults = self.faults.lock().unwrap();
        // The frame is the same everywhere: what is wrong with it is told once.
        if !faults.iter().any(|fault| fault.ends_with(what)) {
            faults.push(format!("{path}: {what}"));
        }
    }

    /// Every page was as it should be.
    pub fn is_spotless(&self) {
        let faults = self.faults.lock().unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// `/kk/applications/ABC…/contract` is `applications-it-contract`.
    fn name(&self, path: &str) -> String {
        let parts = path.trim_matches('/').split('/').skip(1);
        let parts = parts.map(|part| if part.chars().any(|c| c.is_ascii_digit()) { "it" } else { part });
        let name = parts.collect::<Vec<_>>().join("-");
        if name.is_empty() { "home".to_owned() } else { name }
    }
}

/// Looks at the page in the window from all sides.
pub async fn page(window: &Window, album: &Album) {
    if album.closed {
        return;
    }
    let path = window.path().await;
    let number = album.pages.fetch_add(1, Ordering::Relaxed) + 1;
    let facts = window.ask(FACTS).await;
    if facts["language"] != album.language {
        album.blame(&path, &format!("its language is {}", facts["language"]));
    }
    if facts["headings"].as_array().unwrap().len() != 1 || facts["headings"][0] == "" {
        album.blame(&path, &format!("a page has one h1: {}", facts["headings"]));
    }
    if facts["stopped"] != json!([]) {
        album.blame(&path, &format!("the content policy stopped {}", facts["stopped"]));
    }
    window.ask_later("document.fonts.ready.then(() => done(1))", Value::Null).await;
    for width in [320, 360, 1280] {
        window.set_width(width).await;
        let wide = window.ask(TOO_WIDE).await;
        if wide != json!([]) {
            album.blame(&path, &format!("scrolls sideways at {width} px: {wide}"));
        }
        if width > 320 {
            let name = format!("{}-{width}-{number:02}-{}.png", album.language, album.name(&path));
            photograph(window, width, &album.folder.join(name)).await;
        }
    }
    window.set_width(album.width).await;
    if window.scripts == Scripts::On {
        for barrier in barriers(window).await {
            album.blame(&path, &barrier);
        }
    }
    let said = window.console().await;
    let severe = |entry: &&thirtyfour::BrowserLogEntry| {
        // A form that comes back with its mistakes is a 422, and NCALayer may not be there: Chromium tells the console.
        let expected = ["status of 422", "WebSocket connection to"];
        entry.level == "SEVERE" && !expected.iter().any(|words| entry.message.contains(words))
    };
    for entry in said.iter().filter(severe) {
        album.blame(&path, &entry.message);
    }
}

/// What axe-core finds, by day and by night: the colours of the night are others.
async fn barriers(window: &Window) -> Vec<String> {
    window.ask(&AXE).await;
    let mut found = texts(&window.ask_later(RUN_AXE, json!({ "resultTypes": ["violations"] })).await);
    let scheme = |value| json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
    window.cdp("Emulation.setEmulatedMedia", scheme("dark")).await;
    let colours = json!({ "runOnly": ["color-contrast"], "resultTypes": ["violations"] });
    found.extend(texts(&window.ask_later(RUN_AXE, colours).await).iter().map(|text| format!("dark: {text}")));
    window.cdp("Emulation.setEmulatedMedia", scheme("")).await;
    found
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The whole page, below the fold too.
async fn photograph(window: &Window, width: u32, file: &Path) {
    let height = window.ask("return document.documentElement.scrollHeight").await;
    let all = json!({
        "captureBeyondViewport": true,
        "clip": { "x": 0, "y": 0, "width": width, "height": height, "scale": 1 },
    });
    let taken = window.cdp("Page.captureScreenshot", all).await;
    let png = BASE64_STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
    std::fs::write(file, png).unwrap();
}

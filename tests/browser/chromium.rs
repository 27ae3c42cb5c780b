//! How Debian's Chromium is started for tests.
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

use crate::chromedriver::Chromedriver;

/// For machines where many things go on at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

const ARGUMENTS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // As on a phone: they take no room.
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--window-size=1280,800",
];

/// Pages run no scripts.
pub const NO_SCRIPTS: (&str, u32) = ("profile.managed_default_content_settings.javascript", 2);

/// A browser with a profile of its own and these settings of the person who uses it.
pub async fn start(chromedriver: &Chromedriver, profile: &Path, settings: &[(&str, u32)]) -> WebDriver {
    let mut asked = ChromeCapabilities::new();
    for argument in ARGUMENTS {
        asked.add_arg(argument).unwrap();
    }
    asked.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
    if !settings.is_empty() {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
        asked.add_experimental_option("prefs", Value::Object(settings.collect())).unwrap();
    }
    asked.set("goog:loggingPrefs", json!({ "browser": "ALL" })).unwrap();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let driver = WebDriver::builder(chromedriver.address(), asked).client(client).connect().await.unwrap();
    driver.set_script_timeout(PATIENCE).await.unwrap();
    driver
}

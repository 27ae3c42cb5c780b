//! The whole road in a real browser: Debian's Chromium, driven by its chromedriver.
//! Every page on the way is audited and photographed into `target/screens` (`browser/audit.rs`).
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#[expect(dead_code, unused_imports, reason = "the journeys use the rest of it")]
mod support;

#[path = "browser/audit.rs"]
mod audit;
#[path = "browser/chromedriver.rs"]
mod chromedriver;
#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/city.rs"]
mod city;
#[path = "browser/keyboard.rs"]
mod keyboard;
#[path = "browser/letters.rs"]
mod letters;
#[path = "browser/ncalayer.rs"]
mod ncalayer;
#[path = "browser/phone.rs"]
mod phone;
#[path = "browser/road_kk.rs"]
mod road_kk;
#[path = "browser/road_ru.rs"]
mod road_ru;
#[path = "browser/window.rs"]
mod window;

//! Kazakh letters that a font lacks are drawn by another, and look it.
use std::sync::Arc;

use serde_json::json;
use sqlx::PgPool;

use crate::audit::Album;
use crate::support::Portal;
use crate::window::{Scripts, Window};

const LETTERS: &str = "ӘәҒғҚқҢңӨөҰұҮүҺһІі Ёё №₸";

#[sqlx::test(migrations = "./migrations")]
async fn kazakh_letters_are_drawn_by_golos_text(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let window = Window::open(&portal.base, &Arc::new(Album::new("kk", 1280)), Scripts::On).await;
    window.go("/kk/").await;
    window
        .ask_later(
            "document.querySelector('h1').textContent = given;
             document.fonts.load(`700 32px 'Golos Text'`, given).then(() => done(1))",
            json!(LETTERS),
        )
        .await;
    window.cdp("DOM.enable", json!({})).await;
    window.cdp("CSS.enable", json!({})).await;
    let document = window.cdp("DOM.getDocument", json!({})).await;
    let asked = json!({ "nodeId": document["root"]["nodeId"], "selector": "h1" });
    let heading = window.cdp("DOM.querySelector", asked).await;
    let used = window.cdp("CSS.getPlatformFontsForNode", json!({ "nodeId": heading["nodeId"] })).await;
    let fonts = used["fonts"].as_array().unwrap();
    assert!(!fonts.is_empty(), "{used}");
    for font in fonts {
        assert!(font["familyName"].as_str().unwrap().starts_with("Golos"), "{used}");
        assert_eq!(font["isCustomFont"], true, "{used}");
    }
    let drawn: f64 = fonts.iter().filter_map(|font| font["glyphCount"].as_f64()).sum();
    assert!(drawn >= 20.0, "{used}");
    window.close().await;
}

//! The audit itself is tried: a page with every fault must be found out.
use std::sync::Arc;

use sqlx::PgPool;

use crate::cast::Picture;
use crate::faults::Faults;
use crate::language::{self, Names};
use crate::looks::{Eye, How};
use crate::sheet::Screens;
use crate::stage::Stage;
use crate::support::Portal;
use crate::table::Who;
use crate::{LARGE_TEXT, markup};

fn bad_page() -> Picture {
    let html = format!(
        "<!DOCTYPE html><html lang=\"kk\"><head><title>А</title></head><body><main>
         <h1>Заявление</h1><h1>2026-11-22 {{days}} Some(1)</h1><img src=\"/kk/none\"><font color=\"#eeeeee\">Бозғылт</font>
         <p style=\"color:red\">Ә</p><pre>{}</pre><p id=\"a\"><p id=\"a\"></main></body></html>",
        "ә".repeat(2000)
    );
    Picture {
        route: "/{lang}/bad",
        state: "usual".to_owned(),
        lang: "kk",
        path: "/kk/bad".to_owned(),
        html,
        policy: "default-src 'self'".to_owned(),
        who: Who::Anybody,
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_page_with_every_fault_is_found_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let pictures = Arc::new(vec![bad_page()]);
    let stage = Stage::open(&portal, pictures.clone()).await;
    let address = stage.address(0, &pictures[0]);
    let (faults, screens) = (Faults::default(), Screens::elsewhere());
    language::check(&pictures[0], &Names::new([]), &faults);
    markup::check(&pictures, &faults).await;
    let eye = Eye::open(&[]).await;
    eye.sees(&address, &pictures[0], How::Quick, &screens, &faults).await;
    eye.close().await;
    let eye = Eye::open(&LARGE_TEXT).await;
    eye.sees_large(&address, &pictures[0], 640, &faults).await;
    eye.close().await;
    let told = faults.told();
    for fault in [
        "one h1",
        "the content policy stopped style-src",
        "320 px: scrolls sideways",
        "1280 px: scrolls sideways",
        "200 % text, 640 px: scrolls sideways",
        "axe color-contrast",
        "axe image-alt",
        "html-validate no-dup-id",
        "Russian «заявление»",
        "a day as machines write it «2026-11-22»",
        "left by the machine «{»",
        "left by the machine «Some(»",
        "console: ",
    ] {
        assert!(told.contains(fault), "{fault}: not found out:\n{told}");
    }
}

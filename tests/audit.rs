//! Every page × kk, ru × usual, empty, error, from the route table, so that no page can be forgotten: axe-core,
//! html-validate, narrow and wide, day and night, text twice as large, the words of each language; and a contact sheet of
//! all of them, `target/screens/index.html`. A new page joins by a row in `audit/table.rs`.
//!
//! `AUDIT=full` (`make audit`) looks at everything from every side.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#[expect(dead_code, unused_imports, reason = "the journeys use the rest of it")]
mod support;

#[path = "audit/cast.rs"]
mod cast;
#[path = "browser/chromedriver.rs"]
mod chromedriver;
#[path = "browser/chromium.rs"]
#[expect(dead_code, reason = "the journeys use the rest of it")]
mod chromium;
#[path = "audit/faults.rs"]
mod faults;
#[path = "audit/language.rs"]
mod language;
#[path = "audit/looks.rs"]
mod looks;
#[path = "audit/markup.rs"]
mod markup;
#[path = "audit/sheet.rs"]
mod sheet;
#[path = "audit/stage.rs"]
mod stage;
#[path = "audit/table.rs"]
mod table;
#[path = "audit/trial.rs"]
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use sqlx::PgPool;

use balabaqsha::rules::iin::Iin;
use balabaqsha::sandbox::people as registry;
use cast::Picture;
use faults::Faults;
use looks::{Eye, How};
use sheet::Screens;
use stage::Stage;
use support::Portal;
use table::{NO_PAGES, NO_PAGES_BY_END, ROWS, Who};

/// Windows that look at the same time.
const WINDOWS: usize = 2;
/// A browser whose text is twice as large.
const LARGE_TEXT: [(&str, u32); 2] =
    [("webkit.webprefs.default_font_size", 32), ("webkit.webprefs.default_fixed_font_size", 26)];

/// `GET` routes that are pages under a language.
fn pages() -> Vec<String> {
    let pages = balabaqsha::web::table().into_iter();
    let pages = pages.filter(|line| line.method == "GET" && line.path.starts_with("/{lang}"));
    pages.map(|line| line.path).collect()
}

#[test]
fn every_page_has_a_row_and_every_row_a_page() {
    let pages = pages();
    let is_no_page = |path: &str| {
        NO_PAGES.iter().any(|(route, _)| *route == path)
            || NO_PAGES_BY_END.iter().any(|(end, _)| path.ends_with(end))
    };
    let known = |path: &str| ROWS.iter().any(|row| row.route == path) || is_no_page(path);
    let missing: Vec<&String> = pages.iter().filter(|path| !known(path)).collect();
    assert!(missing.is_empty(), "routes without a row in tests/audit/table.rs: {missing:#?}");
    let gone: Vec<&str> =
        ROWS.iter().map(|row| row.route).filter(|route| !pages.iter().any(|path| path == route)).collect();
    assert!(gone.is_empty(), "rows of tests/audit/table.rs without a route: {gone:#?}");
    let twice: Vec<&str> = ROWS
        .iter()
        .map(|row| row.route)
        .filter(|route| ROWS.iter().filter(|row| row.route == *route).count() > 1)
        .collect();
    assert!(twice.is_empty(), "routes with two rows: {twice:?}");
    let reasons = ROWS.iter().flat_map(table::Row::reasons).chain(NO_PAGES.iter().map(|(_, reason)| *reason));
    assert!(
        reasons.into_iter().all(|reason| !reason.is_empty()),
        "a state that a page does not have needs its reason"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn every_page_in_every_state_is_without_barriers(pool: PgPool) {
    let begun = Instant::now();
    let portal = Portal::start(pool).await;
    let faults = Faults::default();
    let collection = cast::collect(&portal).await;
    for (page, told) in &collection.failed {
        faults.add(page, "the state could not be had", format!("{page}: {told}"));
    }
    let names = names(&portal).await;
    let pictures = Arc::new(collection.pictures);
    for picture in pictures.iter() {
        language::check(picture, &names, &faults);
    }
    eprintln!("{} pages taken after {:.0} s", pictures.len(), begun.elapsed().as_secs_f32());
    let stage = Stage::open(&portal, pictures.clone()).await;
    let how = if std::env::var("AUDIT").is_ok_and(|value| value == "full") { How::Full } else { How::Quick };
    let screens = Screens::new();
    let (looked, twins) = different(&pictures, how);
    let next = AtomicUsize::new(0);
    let windows = (0..WINDOWS).map(|_| async {
        let eye = Eye::open(&[]).await;
        while let Some(number) = looked.get(next.fetch_add(1, Ordering::Relaxed)) {
            let picture = &pictures[*number];
            eye.sees(&stage.address(*number, picture), picture, how, &screens, &faults).await;
        }
        eye.close().await;
    });
    let markup = markup::check(&pictures, &faults);
    futures_util::future::join(futures_util::future::join_all(windows), markup).await;
    eprintln!("{} of them looked at after {:.0} s", looked.len(), begun.elapsed().as_secs_f32());
    large_text(&pictures, &stage, &faults).await;
    eprintln!("with large text after {:.0} s", begun.elapsed().as_secs_f32());
    screens.sheet(&pictures, &twins);
    faults.none();
}

/// With text twice as large, what everybody and what parents see.
async fn large_text(pictures: &[Picture], stage: &Stage, faults: &Faults) {
    let eye = Eye::open(&LARGE_TEXT).await;
    for (number, picture) in pictures.iter().enumerate() {
        let staff = matches!(picture.who, Who::Doctor | Who::Head | Who::Operator);
        if picture.state == "usual" && !staff {
            eye.sees_large(&stage.address(number, picture), picture, 640, faults).await;
        }
    }
    eye.close().await;
}

/// The numbers of the pictures to look at, and of each of the others the one that looks the same.
fn different(pictures: &[Picture], how: How) -> (Vec<usize>, BTreeMap<usize, usize>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut twins = BTreeMap::new();
    // As usual before the others, so that this is the one that is seen.
    let (usual, others): (Vec<_>, Vec<_>) =
        pictures.iter().enumerate().partition(|(_, picture)| picture.state.starts_with("usual"));
    for (number, picture) in usual.into_iter().chain(others) {
        if how == How::Full || picture.is_first() {
            let first = *seen.entry(face(picture)).or_insert(number);
            if first != number {
                twins.insert(number, first);
            }
        }
    }
    let mut numbers: Vec<usize> = seen.into_values().collect();
    numbers.sort_unstable();
    (numbers, twins)
}

/// Its HTML without what is another on every rendering: tokens, its own address, marks of requests.
fn face(picture: &Picture) -> String {
    let path = picture.path.split('?').next().unwrap_or_default();
    let rest = path.get(3..).unwrap_or_default();
    let html = if rest.len() > 1 { picture.html.replace(rest, "") } else { picture.html.clone() };
    let mut face = String::with_capacity(html.len());
    for (part, n) in html.split("name=\"form_token\" value=\"").zip(0..) {
        face.push_str(if n == 0 { part } else { part.split_once('"').map_or("", |(_, rest)| rest) });
    }
    let is_mark = |word: &str| word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    face.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| !is_mark(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())))
        .collect()
}

/// What people and places are called here.
async fn names(portal: &Portal) -> language::Names {
    let mut names: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', surname, name, patronymic) from accounts
         union select concat_ws(' ', surname, name, patronymic) from children
         union select concat_ws(' ', name_kk, name_ru, head_name, address_kk, address_ru) from kindergartens
         union select name from groups
         union select name from files",
    )
    .fetch_all(&portal.app.pool)
    .await
    .unwrap();
    let iins: Vec<String> = sqlx::query_scalar("select iin from accounts union select iin from children")
        .fetch_all(&portal.app.pool)
        .await
        .unwrap();
    // Some are only on the way to register.
    let iins =
        iins.into_iter().chain(cast::NOT_YET.map(|n| support::adult(n).iin)).chain([cast::new_child().iin]);
    let known = iins.filter_map(|iin| registry::person(&Iin::parse(&iin).ok()?));
    names.extend(known.map(|person| person.full_name().full()));
    language::Names::new(names.iter().map(String::as_str))
}

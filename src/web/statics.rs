//! The portal's own static files, inside the binary; their addresses carry a hash of the content and never change meaning.
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal as $media:literal,)*) => {
        static ASSETS: &[Asset] = &[$(Asset { name: $name, media: $media, bytes: include_bytes!(concat!("../../static/", $name)) },)*];
    };
}

assets! {
    "style.css" as "text/css; charset=utf-8",
    "sign.js" as "text/javascript; charset=utf-8",
    "page.js" as "text/javascript; charset=utf-8",
    "icon.svg" as "image/svg+xml",
    "fonts/golos-cyrillic.woff2" as "font/woff2",
    "fonts/golos-cyrillic-ext.woff2" as "font/woff2",
    "fonts/golos-latin.woff2" as "font/woff2",
    "fonts/golos-latin-ext.woff2" as "font/woff2",
}

/// One hash over all files, so that a style sheet may name its fonts by relative addresses.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS {
        hash.update(asset.name);
        hash.update(asset.bytes);
    }
    hex::encode(&hash.finalize()[..6])
});

/// `/static/<hash>/<name>`
pub fn address(name: &str) -> String {
    format!("/static/{}/{name}", *HASH)
}

/// An old hash answers with today's file; only today's may be kept for ever.
pub async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cache = if hash == *HASH { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, cache)], asset.bytes).into_response()
}

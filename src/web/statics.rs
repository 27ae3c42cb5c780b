//! The portal's own static files, inside the binary; their addresses carry a hash of the content and never change meaning.
use std::io::Write;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
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
    "catalogue.js" as "text/javascript; charset=utf-8",
    "leaflet/leaflet.js" as "text/javascript; charset=utf-8",
    "leaflet/leaflet.css" as "text/css; charset=utf-8",
    "icon.svg" as "image/svg+xml",
    "fonts/golos-cyrillic.woff2" as "font/woff2",
    "fonts/golos-cyrillic-ext.woff2" as "font/woff2",
    "fonts/golos-latin.woff2" as "font/woff2",
    "fonts/golos-latin-ext.woff2" as "font/woff2",
}

/// The texts among them, squeezed once as small as they go; fonts are squeezed already.
static SQUEEZED: LazyLock<Vec<Option<Bytes>>> = LazyLock::new(|| {
    let squeeze = |asset: &Asset| {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(asset.bytes).and_then(|()| out.finish()).ok().map(Bytes::from)
    };
    ASSETS.iter().map(|asset| if asset.media.starts_with("font/") { None } else { squeeze(asset) }).collect()
});

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
pub async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(at) = ASSETS.iter().position(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let asset = &ASSETS[at];
    let cache = if hash == *HASH { "public, max-age=31536000, immutable" } else { "no-cache" };
    let usual = [(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, cache)];
    match SQUEEZED.get(at).and_then(Option::as_ref) {
        Some(squeezed) if takes_gzip(&headers) => {
            let squeezing = [(header::CONTENT_ENCODING, "gzip"), (header::VARY, "accept-encoding")];
            (usual, squeezing, squeezed.clone()).into_response()
        }
        _ => (usual, asset.bytes).into_response(),
    }
}

/// Every browser says plainly that it does; whoever says it with conditions is sent the file as it is.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| list.split(',').any(|one| one.trim() == "gzip"))
}

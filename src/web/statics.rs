//! The portal's own static files, inside the binary; their addresses carry a hash of the content and never change meaning.
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::encoding::{self, Coding};

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
    "ncalayer.js" as "text/javascript; charset=utf-8",
    "sign.js" as "text/javascript; charset=utf-8",
    "phone-signing.js" as "text/javascript; charset=utf-8",
    "sign-many.js" as "text/javascript; charset=utf-8",
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

/// A text in its two squeezed forms, each as small as it goes.
struct Squeezed {
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The texts among them, squeezed once; fonts are squeezed already.
static SQUEEZED: LazyLock<Vec<Squeezed>> = LazyLock::new(|| {
    let squeeze = |asset: &Asset| {
        let text = !asset.media.starts_with("font/");
        let make = |form: Option<Bytes>| form.filter(|form| form.len() < asset.bytes.len());
        Squeezed {
            brotli: text.then(|| encoding::brotli(asset.bytes, 11)).and_then(make),
            gzip: text.then(|| encoding::gzip(asset.bytes, 9)).and_then(make),
        }
    };
    ASSETS.iter().map(squeeze).collect()
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
    let coding = Coding::of(&headers);
    let squeezed = SQUEEZED.get(at).and_then(|forms| match coding {
        Coding::Brotli => forms.brotli.clone(),
        Coding::Gzip => forms.gzip.clone(),
        Coding::Plain => None,
    });
    match (squeezed, coding.name()) {
        (Some(squeezed), Some(name)) => {
            let squeezing = [(header::CONTENT_ENCODING, name), (header::VARY, "accept-encoding")];
            (usual, squeezing, squeezed).into_response()
        }
        _ => (usual, [(header::VARY, "accept-encoding")], asset.bytes).into_response(),
    }
}

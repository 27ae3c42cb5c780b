//! In which form a text is sent: as it is, or squeezed by brotli or gzip, as `Accept-Encoding` asks.
use std::io::Write;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A form of one content, in the order in which the portal likes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
    Plain,
}

impl Coding {
    /// The value of `Content-Encoding`; none for the content as it is.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }

    /// What this client likes best of what we have: its own weights first, then the shorter form.
    pub fn of(headers: &HeaderMap) -> Self {
        let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let named: Vec<(&str, f32)> = lists.flat_map(|list| list.split(',')).map(weighed).collect();
        let weight = |coding: &str| {
            let of = |name: &str| named.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
            of(coding).or_else(|| of("*")).map_or(0.0, |(_, weight)| *weight)
        };
        let (brotli, gzip) = (weight("br"), weight("gzip"));
        if brotli > 0.0 && brotli >= gzip {
            Self::Brotli
        } else if gzip > 0.0 {
            Self::Gzip
        } else {
            Self::Plain
        }
    }
}

/// `gzip;q=0.5`; a weight that cannot be read is none.
fn weighed(one: &str) -> (&str, f32) {
    let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse().ok());
    (name.trim(), weight.unwrap_or(0.0))
}

/// Brotli, from level 0 to 11; none if it would not be made.
pub fn brotli(bytes: &[u8], quality: i32) -> Option<Bytes> {
    let params = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &params).ok()?;
    Some(out.into())
}

/// Gzip, from level 0 to 9.
pub fn gzip(bytes: &[u8], level: u32) -> Option<Bytes> {
    let mut out = GzEncoder::new(Vec::new(), Compression::new(level));
    out.write_all(bytes).and_then(|()| out.finish()).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(accepted: &str) -> Coding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
        Coding::of(&headers)
    }

    #[test]
    fn a_client_is_sent_what_it_asks_for() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip, deflate", Coding::Gzip),
            ("br;q=0.5, gzip;q=0.8", Coding::Gzip),
            ("br;q=0, gzip", Coding::Gzip),
            ("br; q=1.0", Coding::Brotli),
            ("gzip;q=0", Coding::Plain),
            ("*", Coding::Brotli),
            ("*;q=0", Coding::Plain),
            ("br;q=x", Coding::Plain),
            ("identity", Coding::Plain),
            ("", Coding::Plain),
            ("BR", Coding::Brotli),
        ] {
            assert_eq!(coding(accepted), expected, "{accepted}");
        }
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Plain);
    }

    #[test]
    fn both_forms_are_shorter() {
        let text = "Кезекте. ".repeat(500);
        assert!(brotli(text.as_bytes(), 5).is_some_and(|form| form.len() < 200));
        assert!(gzip(text.as_bytes(), 6).is_some_and(|form| form.len() < 200));
    }
}

//! Chunks of RIFF (RFC 9649): one still picture, whole, and nothing behind it.
use super::{DocumentError, Limits, picture_hides_another_file, pixels_within};

const ANIMATED: u8 = 0x02;

pub fn judge(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let size = bytes.get(4..8).and_then(length).ok_or(DocumentError::Damaged)?;
    let end = size.checked_add(8).ok_or(DocumentError::Damaged)?;
    if end > bytes.len() {
        return Err(DocumentError::Damaged);
    }
    if end < bytes.len() || picture_hides_another_file(bytes) {
        return Err(DocumentError::WrongKind);
    }
    let (mut at, mut pictures) = (12, 0);
    while at < end {
        let name = bytes.get(at..at + 4).ok_or(DocumentError::Damaged)?;
        let size = bytes.get(at + 4..at + 8).and_then(length).ok_or(DocumentError::Damaged)?;
        let body = (at + 8).checked_add(size).and_then(|end| bytes.get(at + 8..end));
        let body = body.ok_or(DocumentError::Damaged)?;
        match name {
            b"VP8X" => extended(body, limits)?,
            b"VP8 " | b"VP8L" => {
                pictures += 1;
                let (width, height) = size_of(name, body).ok_or(DocumentError::Damaged)?;
                pixels_within(width, height, limits)?;
            }
            _ => {}
        }
        // Chunks begin at even places.
        at += 8 + size + size % 2;
    }
    if pictures == 1 { Ok(()) } else { Err(DocumentError::Damaged) }
}

fn length(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

/// Flags, then the canvas: three bytes each for width and height, less one.
fn extended(body: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = body else { return Err(DocumentError::Damaged) };
    if flags & ANIMATED != 0 {
        return Err(DocumentError::WrongKind);
    }
    let side = |bytes: [u8; 4]| u32::from_le_bytes(bytes) + 1;
    pixels_within(side([*w0, *w1, *w2, 0]), side([*h0, *h1, *h2, 0]), limits)
}

/// Width and height as the coded picture itself has them, in 14 bits each.
fn size_of(name: &[u8], body: &[u8]) -> Option<(u32, u32)> {
    if name == b"VP8L" {
        let [0x2F, a, b, c, d, ..] = body else { return None };
        let bits = u32::from_le_bytes([*a, *b, *c, *d]);
        return Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1));
    }
    let [_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = body else { return None };
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    Some((side(*w0, *w1), side(*h0, *h1)))
}

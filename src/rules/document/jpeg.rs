//! Markers and lengths of ITU-T T.81, Annex B; no pixel is decoded.
use super::{DocumentError, Limits, find, picture_hides_another_file, pixels_within};

const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;

pub fn judge(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let end = picture(bytes, limits)?;
    if picture_hides_another_file(bytes) || !tail_is_harmless(&bytes[end..], limits) {
        return Err(DocumentError::WrongKind);
    }
    Ok(())
}

/// Goes through one picture and returns where it ends.
fn picture(bytes: &[u8], limits: &Limits) -> Result<usize, DocumentError> {
    let mut at = 2;
    let (mut framed, mut scanned) = (false, false);
    loop {
        let (marker, body) = marker(bytes, at)?;
        match marker {
            END_OF_IMAGE if framed && scanned => return Ok(body),
            // A second start, an end before a picture, a stuffed zero: none of them belongs here.
            END_OF_IMAGE | 0xD8 | 0x00 => return Err(DocumentError::Damaged),
            0x01 | 0xD0..=0xD7 => at = body,
            _ => {
                let segment = segment(bytes, body)?;
                at = body + segment.len();
                if starts_frame(marker) {
                    frame(segment, limits)?;
                    framed = true;
                }
                if marker == START_OF_SCAN {
                    scanned = true;
                    at = end_of_scan(bytes, at)?;
                }
            }
        }
    }
}

/// The marker that stands at `at`, and where its body begins; any number of 0xFF may stand before it.
fn marker(bytes: &[u8], at: usize) -> Result<(u8, usize), DocumentError> {
    let rest = bytes.get(at..).unwrap_or_default();
    let filled = rest.iter().take_while(|byte| **byte == 0xFF).count();
    let marker = *rest.get(filled).ok_or(DocumentError::Damaged)?;
    if filled == 0 { Err(DocumentError::Damaged) } else { Ok((marker, at + filled + 1)) }
}

/// A segment with its two length bytes, which count themselves.
fn segment(bytes: &[u8], body: usize) -> Result<&[u8], DocumentError> {
    let length = match bytes.get(body..body + 2) {
        Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
        _ => return Err(DocumentError::Damaged),
    };
    if length < 2 {
        return Err(DocumentError::Damaged);
    }
    bytes.get(body..body + length).ok_or(DocumentError::Damaged)
}

/// SOF0–SOF15 without the tables and the reserved marker that stand between them.
fn starts_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

fn frame(segment: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let [_, _, _, height_high, height_low, width_high, width_low, ..] = segment else {
        return Err(DocumentError::Damaged);
    };
    let height = u16::from_be_bytes([*height_high, *height_low]);
    let width = u16::from_be_bytes([*width_high, *width_low]);
    pixels_within(u32::from(width), u32::from(height), limits)
}

/// Coded data runs to the next marker; a stuffed zero and a restart are part of it.
fn end_of_scan(bytes: &[u8], from: usize) -> Result<usize, DocumentError> {
    let mut at = from;
    while let Some(found) = find(bytes, &[0xFF], at) {
        match bytes.get(found + 1) {
            Some(0x00 | 0xD0..=0xD7) => at = found + 2,
            Some(0xFF) => at = found + 1,
            Some(_) => return Ok(found),
            None => break,
        }
    }
    Err(DocumentError::Damaged)
}

/// Phones put things behind the end: zeros, a second picture (the brightness map), Samsung's own trailer.
/// Refusing them would refuse half of all photographs; the picture is re-encoded before anyone sees it.
fn tail_is_harmless(tail: &[u8], limits: &Limits) -> bool {
    let mut tail = tail;
    // One photograph holds a handful of pictures.
    for _ in 0..8 {
        let zeros = tail.iter().take_while(|byte| **byte == 0).count();
        tail = &tail[zeros..];
        if tail.is_empty() || tail.ends_with(b"SEFT") {
            return true;
        }
        match picture(tail, limits) {
            Ok(end) if tail.starts_with(&[0xFF, 0xD8, 0xFF]) => tail = &tail[end..],
            _ => return false,
        }
    }
    false
}

//! Chunks of the PNG specification, each with its checksum; nothing is inflated.
use super::{DocumentError, Limits, picture_hides_another_file, pixels_within};

pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

struct Chunk<'a> {
    name: &'a [u8],
    body: &'a [u8],
    end: usize,
}

pub fn judge(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let mut chunk = chunk(bytes, SIGNATURE.len())?;
    if chunk.name != b"IHDR" {
        return Err(DocumentError::Damaged);
    }
    header(chunk.body, limits)?;
    let mut has_data = false;
    while chunk.name != b"IEND" {
        chunk = self::chunk(bytes, chunk.end)?;
        has_data |= chunk.name == b"IDAT";
        if chunk.name == b"IHDR" {
            return Err(DocumentError::Damaged);
        }
    }
    if !has_data || !chunk.body.is_empty() {
        return Err(DocumentError::Damaged);
    }
    if chunk.end != bytes.len() || picture_hides_another_file(bytes) {
        return Err(DocumentError::WrongKind);
    }
    Ok(())
}

fn chunk(bytes: &[u8], at: usize) -> Result<Chunk<'_>, DocumentError> {
    let rest = bytes.get(at..).ok_or(DocumentError::Damaged)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(DocumentError::Damaged)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| DocumentError::Damaged)?;
    let named = rest.get(..length.saturating_add(4)).ok_or(DocumentError::Damaged)?;
    let sum = rest[named.len()..].first_chunk::<4>().ok_or(DocumentError::Damaged)?;
    if checksum(named) != u32::from_be_bytes(*sum) {
        return Err(DocumentError::Damaged);
    }
    let (name, body) = named.split_at(4);
    Ok(Chunk { name, body, end: at + 4 + named.len() + 4 })
}

fn header(body: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let body: &[u8; 13] = body.try_into().map_err(|_| DocumentError::Damaged)?;
    let number = |at: usize| u32::from_be_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
    let depth_and_colour =
        matches!((body[8], body[9]), (1 | 2 | 4 | 8 | 16, 0) | (8 | 16, 2 | 4 | 6) | (1 | 2 | 4 | 8, 3));
    if !depth_and_colour || body[10] != 0 || body[11] != 0 || body[12] > 1 {
        return Err(DocumentError::Damaged);
    }
    pixels_within(number(0), number(4), limits)
}

/// CRC-32 of the specification's Annex D.
pub fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| TABLE[((sum ^ u32::from(*byte)) & 0xFF) as usize] ^ (sum >> 8))
}

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

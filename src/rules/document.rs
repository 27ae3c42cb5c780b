//! The papers of an application: which there are, and whether what was uploaded is one.
//!
//! Uploads are judged by structure, never by name or declared type (threat T33): PDF, JPEG, PNG or WebP, whole,
//! nothing in front, nothing behind, nothing that acts. Nothing is decoded and hardly anything inflated here, so that
//! a file of a few kilobytes cannot cost more than a few milliseconds. What is taken is still drawn anew (pictures)
//! before anyone sees it. All of it happens in a process of its own (`integrations::reader`).
//!
//! A PDF is read from front to back instead of through its cross-reference table: a general reader follows the
//! table wherever its author wants (endless sections, one object a million times, arrays nested until the stack
//! ends), and what we ask – pages, names of actions – needs none of it.
use std::collections::HashSet;
use std::io::Read;
use std::sync::LazyLock;

use flate2::read::ZlibDecoder;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::person::Language;

/// What a family may be asked for. Guide: «Келісімшарт жасау үшін сізде болуы керек»; words in
/// `src/data/documents.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DocumentKind {
    #[serde(rename = "form_027")]
    Form027,
    #[serde(rename = "birth_certificate")]
    BirthCertificate,
    #[serde(rename = "parent_id")]
    ParentId,
    #[serde(rename = "form_052_2")]
    Form052,
    #[serde(rename = "form_065")]
    Form065,
    #[serde(rename = "pmpk_conclusion")]
    PmpkConclusion,
}

struct Words {
    code: String,
    kk: String,
    ru: String,
    required: bool,
}

static WORDS: LazyLock<Vec<Words>> =
    LazyLock::new(|| read_words(include_str!("../data/documents.csv")).unwrap_or_default());

/// A test reads the shipped file; a broken one never leaves the house.
fn read_words(text: &str) -> Option<Vec<Words>> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let words = rows.records().map(|row| {
        let row = row.ok()?;
        let field = |at: usize| row.get(at).map(str::to_owned);
        Some(Words { code: field(0)?, kk: field(1)?, ru: field(2)?, required: row.get(3)? == "1" })
    });
    words.collect()
}

impl DocumentKind {
    /// In the order of the list, which is the order of the form.
    pub const ALL: [DocumentKind; 6] = [
        DocumentKind::Form027,
        DocumentKind::BirthCertificate,
        DocumentKind::ParentId,
        DocumentKind::Form052,
        DocumentKind::Form065,
        DocumentKind::PmpkConclusion,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            DocumentKind::Form027 => "form_027",
            DocumentKind::BirthCertificate => "birth_certificate",
            DocumentKind::ParentId => "parent_id",
            DocumentKind::Form052 => "form_052_2",
            DocumentKind::Form065 => "form_065",
            DocumentKind::PmpkConclusion => "pmpk_conclusion",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }

    pub fn name(self, language: Language) -> &'static str {
        self.words().map_or("", |words| match language {
            Language::Kk => &words.kk,
            Language::Ru => &words.ru,
        })
    }

    /// Whether a contract cannot be concluded without it.
    pub fn required(self) -> bool {
        self.words().is_some_and(|words| words.required)
    }

    fn words(self) -> Option<&'static Words> {
        WORDS.iter().find(|words| words.code == self.as_str())
    }
}

/// What an upload turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Media {
    Pdf,
    Jpeg,
    Png,
    Webp,
}

impl Media {
    pub const ALL: [Media; 4] = [Media::Pdf, Media::Jpeg, Media::Png, Media::Webp];

    pub fn mime(self) -> &'static str {
        match self {
            Media::Pdf => "application/pdf",
            Media::Jpeg => "image/jpeg",
            Media::Png => "image/png",
            Media::Webp => "image/webp",
        }
    }

    /// Without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Media::Pdf => "pdf",
            Media::Jpeg => "jpg",
            Media::Png => "png",
            Media::Webp => "webp",
        }
    }

    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.mime() == mime)
    }

    /// The name under which a file of this kind is kept and given out: it ends as the file is, whatever it was called.
    pub fn file_name(self, given: &str) -> String {
        let stem = match given.rsplit_once('.') {
            Some((stem, end)) if (1..=5).contains(&end.len()) && !end.contains(' ') => stem,
            _ => given,
        };
        let own = format!(".{}", self.extension());
        let stem = stem.trim_matches(|c: char| c == '.' || c.is_whitespace());
        match stem {
            "" => format!("file{own}"),
            _ if stem.to_lowercase().ends_with(&own) => stem.to_owned(),
            _ => format!("{stem}{own}"),
        }
    }
}

/// Why an upload is not taken; each has a sentence and a way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum DocumentError {
    #[error("the file is empty")]
    Empty,
    #[error("more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("not a PDF, JPEG, PNG or WebP, or something else besides")]
    WrongKind,
    /// What iPhones keep: no well-kept decoder of ours reads it.
    #[error("a HEIC photograph")]
    Heic,
    #[error("the file is cut short or broken")]
    Damaged,
    #[error("more than {limit} pixels")]
    TooManyPixels { limit: u64 },
    #[error("more than {limit} pages")]
    TooManyPages { limit: usize },
    #[error("the PDF carries a script, a form that acts, or another file")]
    ActiveContent,
    #[error("the PDF is locked with a password")]
    Encrypted,
    #[error("reading it takes more time or memory than any paper needs")]
    TooCostly,
}

/// How much a document may be (threat T33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Of a PDF.
    pub bytes: usize,
    /// Of a picture: phones make large ones, and they are drawn anew smaller.
    pub picture_bytes: usize,
    pub pixels: u64,
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 10 * 1024 * 1024, picture_bytes: 20 * 1024 * 1024, pixels: 50_000_000, pages: 50 }
    }
}

/// Judges an upload by the usual limits.
pub fn judge(bytes: &[u8]) -> Result<Media, DocumentError> {
    judge_within(bytes, &Limits::default())
}

pub fn judge_within(bytes: &[u8], limits: &Limits) -> Result<Media, DocumentError> {
    if bytes.is_empty() {
        return Err(DocumentError::Empty);
    }
    let limit = if looks_like_picture(bytes) { limits.picture_bytes } else { limits.bytes };
    if bytes.len() > limit {
        return Err(DocumentError::TooLarge { limit });
    }
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => pdf::judge(bytes, limits).map(|()| Media::Pdf),
        [0xFF, 0xD8, 0xFF, ..] => jpeg::judge(bytes, limits).map(|()| Media::Jpeg),
        _ if bytes.starts_with(png::SIGNATURE) => png::judge(bytes, limits).map(|()| Media::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            webp::judge(bytes, limits).map(|()| Media::Webp)
        }
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heic(brand) => Err(DocumentError::Heic),
        _ => Err(DocumentError::WrongKind),
    }
}

fn looks_like_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
        || bytes.starts_with(png::SIGNATURE)
        || bytes.starts_with(b"RIFF")
        || bytes.get(4..8) == Some(b"ftyp")
}

/// The first brand of an ISO media file (ISO/IEC 23008-12).
fn is_heic(brand: &[u8]) -> bool {
    const BRANDS: [&[u8]; 8] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"];
    BRANDS.iter().any(|one| brand.starts_with(one))
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    find(bytes, needle, 0).is_some()
}

fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = from;
    while let Some(step) = bytes.get(at..)?.iter().position(|byte| *byte == first) {
        at += step;
        if bytes[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// A page, a PDF or an archive inside a picture: five bytes and more never come by chance.
fn picture_hides_another_file(bytes: &[u8]) -> bool {
    contains(bytes, b"%PDF-") || holds_markup(bytes) || ends_as_archive(bytes)
}

/// Tags that make a browser take bytes for a page, in any case.
fn holds_markup(bytes: &[u8]) -> bool {
    const TAGS: [&[u8]; 4] = [b"<html", b"<script", b"<!doctype html", b"<iframe"];
    let opens_tag = |at: usize| {
        TAGS.iter()
            .any(|tag| bytes.get(at..at + tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
    };
    bytes.iter().enumerate().any(|(at, byte)| *byte == b'<' && opens_tag(at))
}

/// A ZIP (docx, jar) is found from its end: its last record stands in the last 64 KB.
fn ends_as_archive(bytes: &[u8]) -> bool {
    let tail = bytes.len().saturating_sub(66 * 1024);
    contains(&bytes[tail..], b"PK\x05\x06")
}

fn pixels_within(width: u32, height: u32, limits: &Limits) -> Result<(), DocumentError> {
    if width == 0 || height == 0 {
        return Err(DocumentError::Damaged);
    }
    if u64::from(width) * u64::from(height) > limits.pixels {
        return Err(DocumentError::TooManyPixels { limit: limits.pixels });
    }
    Ok(())
}

mod jpeg {
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
}

mod png {
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
}

mod webp {
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
}

mod pdf {
    //! What we ask of a PDF (ISO 32000): is it whole, how many pages has it, does anything in it act.
    use super::{
        DocumentError, HashSet, Limits, Read, ZlibDecoder, contains, ends_as_archive, find, holds_markup,
    };

    /// An object stream of a document of 50 pages is some kilobytes; a whole file may inflate to this much.
    const INFLATED_LIMIT: usize = 16 * 1024 * 1024;

    /// Names that start something or carry another file, looked for everywhere.
    const ACTIVE: [&[u8]; 12] = [
        b"JavaScript",
        b"Launch",
        b"EmbeddedFile",
        b"EmbeddedFiles",
        b"RichMedia",
        b"RichMediaContent",
        b"SubmitForm",
        b"ImportData",
        b"GoToE",
        b"Rendition",
        b"Movie",
        b"3DJS",
    ];

    /// Names too short to be looked for in compressed data, where they come by chance.
    const ACTIVE_SHORT: [&[u8]; 3] = [b"JS", b"EF", b"XFA"];

    /// Filters an object stream may have and has from nobody but those who hide something.
    const HIDING: [&[u8]; 7] = [
        b"Predictor",
        b"LZWDecode",
        b"LZW",
        b"ASCII85Decode",
        b"ASCIIHexDecode",
        b"RunLengthDecode",
        b"Crypt",
    ];

    pub fn judge(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
        header(bytes)?;
        ending(bytes)?;
        let found = read(bytes)?;
        // Locked first: in locked strings anything may come by chance.
        if found.encrypted {
            return Err(DocumentError::Encrypted);
        }
        if found.active {
            return Err(DocumentError::ActiveContent);
        }
        if found.unread || found.pages.is_empty() || !found.root {
            return Err(DocumentError::Damaged);
        }
        if found.pages.len() > limits.pages {
            return Err(DocumentError::TooManyPages { limit: limits.pages });
        }
        Ok(())
    }

    /// `%PDF-1.x` or `%PDF-2.x`, and no web page right behind it.
    fn header(bytes: &[u8]) -> Result<(), DocumentError> {
        let versioned = matches!(bytes.get(5..8), Some([b'1' | b'2', b'.', digit]) if digit.is_ascii_digit());
        if !versioned || holds_markup(&bytes[..bytes.len().min(1024)]) || ends_as_archive(bytes) {
            return Err(DocumentError::WrongKind);
        }
        Ok(())
    }

    /// `startxref`, a number, `%%EOF`, and nothing but white space after it.
    fn ending(bytes: &[u8]) -> Result<(), DocumentError> {
        let from = bytes.len().saturating_sub(2048);
        let tail = &bytes[from..];
        let mark = tail.windows(5).rposition(|window| window == b"%%EOF").ok_or(DocumentError::Damaged)?;
        if !tail[mark + 5..].iter().all(|byte| is_space(*byte)) {
            return Err(DocumentError::WrongKind);
        }
        if contains(&tail[..mark], b"startxref") { Ok(()) } else { Err(DocumentError::Damaged) }
    }

    #[derive(Default)]
    struct Found {
        pages: HashSet<u64>,
        root: bool,
        active: bool,
        encrypted: bool,
        /// An object stream was announced and none was found: what is in it, another reader may see.
        unread: bool,
    }

    /// Goes through the file once, from one stream to the next.
    fn read(bytes: &[u8]) -> Result<Found, DocumentError> {
        let mut found =
            Found { active: names(bytes).any(|(_, name)| is_one_of(&name, &ACTIVE)), ..Found::default() };
        let mut budget = Budget { declared: INFLATED_LIMIT, suspected: INFLATED_LIMIT / 4 };
        let (mut between, mut at, mut open) = (0, 0, false);
        while let Some(keyword) = find(bytes, b"stream", at) {
            at = keyword + b"stream".len();
            if bytes[..keyword].ends_with(b"end") {
                // The word may stand in a string: what is before it counts, and the stream of its dictionary is to come.
                found.unread |= Keys::of(&bytes[between..keyword]).declared;
                if !std::mem::take(&mut open) {
                    objects(&bytes[between..keyword], &mut found);
                }
                between = at;
                continue;
            }
            let Some(data) = data_start(bytes, at) else { continue };
            // Everything since the last stream ended; in a stream inside a stream, since that one began.
            let before = &bytes[between..keyword];
            objects(before, &mut found);
            object_stream(before, &bytes[data..], &mut budget, &mut found)?;
            (between, open) = (data, true);
        }
        found.unread |= Keys::of(&bytes[between..]).declared;
        objects(&bytes[between..], &mut found);
        Ok(found)
    }

    /// The keyword is followed by a line feed, with or without a carriage return.
    fn data_start(bytes: &[u8], at: usize) -> Option<usize> {
        match bytes.get(at..)? {
            [b'\r', b'\n', ..] => Some(at + 2),
            [b'\n' | b'\r', ..] => Some(at + 1),
            _ => None,
        }
    }

    /// Reads what stands plainly: `12 0 obj << … >>`, trailers.
    fn objects(text: &[u8], found: &mut Found) {
        let mut head = None;
        let mut next_head = find(text, b" obj", 0);
        for (at, name) in names(text) {
            note(&name, found);
            while let Some(place) = next_head.filter(|place| *place < at) {
                head = object_number(&text[..place]);
                next_head = find(text, b" obj", place + 4);
            }
            if name == b"Type" && next_name(text, at).as_deref() == Some(b"Page") {
                // By number, because a page changed later stands twice and is one page.
                found.pages.insert(head.unwrap_or(at as u64 | 1 << 40));
            }
        }
    }

    fn note(name: &[u8], found: &mut Found) {
        found.root |= name == b"Root";
        found.encrypted |= name == b"Encrypt";
        found.active |= is_one_of(name, &ACTIVE) || is_one_of(name, &ACTIVE_SHORT);
    }

    /// The number before the generation that stands at the end of `text`.
    fn object_number(text: &[u8]) -> Option<u64> {
        let tail = &text[text.len().saturating_sub(32)..];
        let mut words = tail.rsplit(|byte| !byte.is_ascii_digit()).filter(|word| !word.is_empty());
        let _generation = words.next()?;
        std::str::from_utf8(words.next()?).ok()?.parse().ok()
    }

    /// How many bytes may still come out of streams that say they hold objects, and of those that only look so.
    struct Budget {
        declared: usize,
        suspected: usize,
    }

    /// What the dictionary before a stream says, as far as it concerns us.
    #[derive(Default)]
    struct Keys {
        declared: bool,
        first: bool,
        count: bool,
        hiding: bool,
    }

    impl Keys {
        fn of(before: &[u8]) -> Keys {
            let mut keys = Keys::default();
            for (_, name) in names(before) {
                keys.declared |= name == b"ObjStm";
                keys.first |= name == b"First";
                keys.count |= name == b"N";
                keys.hiding |= is_one_of(&name, &HIDING);
            }
            keys
        }
    }

    /// If the stream holds objects, inflates it within bounds and reads them.
    fn object_stream(
        before: &[u8],
        data: &[u8],
        budget: &mut Budget,
        found: &mut Found,
    ) -> Result<(), DocumentError> {
        let keys = Keys::of(before);
        if keys.declared && keys.hiding {
            return Err(DocumentError::Damaged);
        }
        // Some readers do not ask a stream for its type, so neither do we, and a dictionary can be hidden from whoever
        // reads from front to back: what begins as objects is read as such. But a picture behind an outline has the same
        // keys, so what is only suspected is read as far as the budget goes and never refused for its size.
        let sure = keys.declared || begins_as_objects(data);
        let room = match (sure, keys.first && keys.count) {
            (true, _) => &mut budget.declared,
            (false, true) => &mut budget.suspected,
            (false, false) => return Ok(()),
        };
        let text = inflate(data, *room);
        found.unread |= keys.declared && !begins_with_number(&text);
        *room = match room.checked_sub(text.len()) {
            Some(left) => left,
            None if sure => return Err(DocumentError::Damaged),
            None => 0,
        };
        packed_objects(&text, found);
        Ok(())
    }

    /// At most one byte more than there is room for. A broken end is the reader's to forgive; what came out counts.
    fn inflate(data: &[u8], room: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let _ = ZlibDecoder::new(data).take(room as u64 + 1).read_to_end(&mut text);
        text
    }

    /// As every object stream does. What begins otherwise is another one's data, or squeezed in a way that nobody uses.
    fn begins_with_number(text: &[u8]) -> bool {
        text.iter().find(|byte| !is_space(**byte)).is_some_and(u8::is_ascii_digit)
    }

    /// Whether a stream inflates to pairs of numbers with an object behind them, as far as its first bytes tell. What a
    /// page is drawn with has the name of a deed behind its numbers.
    fn begins_as_objects(data: &[u8]) -> bool {
        // The head of zlib (RFC 1950): deflate, and a check.
        let squeezed = matches!(data, [method, flags, ..]
            if method & 0x0F == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31));
        if !squeezed {
            return false;
        }
        let text = inflate(data, 64);
        let head = text.iter().take_while(|byte| byte.is_ascii_digit() || is_space(**byte)).count();
        let numbers = text[..head].split(|byte| is_space(*byte)).filter(|word| !word.is_empty()).count();
        numbers >= 2 && text.get(head).is_none_or(|byte| b"<[(/".contains(byte))
    }

    /// The inside of an object stream: pairs of number and offset, then the objects.
    fn packed_objects(text: &[u8], found: &mut Found) {
        let index = index_of(text);
        for (at, name) in names(text) {
            note(&name, found);
            if name == b"Type" && next_name(text, at).as_deref() == Some(b"Page") {
                let number = index.range(..=at).next_back().map(|(_, number)| *number);
                found.pages.insert(number.unwrap_or(at as u64 | 1 << 41));
            }
        }
    }

    /// Where each packed object begins. The head ends at the first byte that is neither digit nor space, which is
    /// where the first object begins, unless that is a number; then pages are told apart by place.
    fn index_of(text: &[u8]) -> std::collections::BTreeMap<usize, u64> {
        let head = text.iter().take_while(|byte| byte.is_ascii_digit() || is_space(**byte)).count();
        let numbers = text[..head].split(|byte| !byte.is_ascii_digit()).filter(|word| !word.is_empty());
        // No honest stream has more objects than these.
        let numbers: Vec<u64> =
            numbers.take(40_000).filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok()).collect();
        numbers
            .chunks_exact(2)
            .filter_map(|pair| Some((head.checked_add(usize::try_from(pair[1]).ok()?)?, pair[0])))
            .collect()
    }

    /// Every name with the place behind it, `#61` read as `a`. Longer ones than we look for are cut.
    fn names(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let slash = find(bytes, b"/", at)?;
            let (name, end) = name_at(bytes, slash + 1);
            at = end;
            Some((end, name))
        })
    }

    fn name_at(bytes: &[u8], from: usize) -> (Vec<u8>, usize) {
        const LONGEST: usize = 24;
        let mut name = Vec::new();
        let mut at = from;
        while let Some(byte) = bytes.get(at).copied().filter(|byte| is_regular(*byte)) {
            let escaped = if byte == b'#' { hex_pair(bytes, at + 1) } else { None };
            at += if escaped.is_some() { 3 } else { 1 };
            if name.len() <= LONGEST {
                name.push(escaped.unwrap_or(byte));
            }
        }
        (name, at)
    }

    fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
        let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
        u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
    }

    /// The name that follows, over white space and nothing else.
    fn next_name(bytes: &[u8], at: usize) -> Option<Vec<u8>> {
        let spaces = bytes.get(at..)?.iter().take_while(|byte| is_space(**byte)).count();
        (bytes.get(at + spaces) == Some(&b'/')).then(|| name_at(bytes, at + spaces + 1).0)
    }

    fn is_one_of(name: &[u8], list: &[&[u8]]) -> bool {
        list.contains(&name)
    }

    fn is_space(byte: u8) -> bool {
        matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
    }

    fn is_regular(byte: u8) -> bool {
        !is_space(byte)
            && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn picture(format: image::ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let pixels = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 77]));
        pixels.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn jpeg() -> Vec<u8> {
        picture(image::ImageFormat::Jpeg)
    }

    fn png() -> Vec<u8> {
        picture(image::ImageFormat::Png)
    }

    fn webp() -> Vec<u8> {
        picture(image::ImageFormat::WebP)
    }

    /// A PDF of `pages` pages with `extra` in its catalogue, as text; nobody here reads the table.
    fn pdf_with(pages: usize, extra: &str) -> Vec<u8> {
        let mut text =
            format!("%PDF-1.7\n%\u{e2}\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R {extra} >>\nendobj\n");
        for page in 0..pages {
            text += &format!("{} 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n", page + 10);
        }
        text += "3 0 obj\n<< /Length 4 >>\nstream\nq Q\n\nendstream\nendobj\n";
        text += "xref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";
        text.into_bytes()
    }

    fn pdf() -> Vec<u8> {
        pdf_with(2, "")
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    /// A PDF whose only page stands in an object stream, with `inside` behind it.
    fn packed(inside: &[u8], keys: &str) -> Vec<u8> {
        let mut objects = b"10 0 11 30 << /Type /Page /Parent 2 0 R >> ".to_vec();
        objects.extend_from_slice(inside);
        // So long that it is squeezed, and nothing can be read without inflating it.
        objects.extend_from_slice(&[b' '; 200]);
        let data = zlib(&objects);
        assert!(!contains(&data, b"/Type"));
        let mut bytes =
            format!("%PDF-1.7\n5 0 obj\n<< {keys} /Filter /FlateDecode >>\nstream\r\n").into_bytes();
        bytes.extend_from_slice(&data);
        bytes.extend_from_slice(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF");
        bytes
    }

    /// The same with a stream that is not squeezed.
    fn unpacked(keys: &str) -> Vec<u8> {
        let head = format!("%PDF-1.7\n5 0 obj\n<< {keys} >>\nstream\n10 0 11 30 << /Type /Page >>\n");
        joined(head.as_bytes(), b"endstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF")
    }

    /// An object stream whose dictionary has another, harmless one in a string before it ends.
    fn hidden(inside: &[u8]) -> Vec<u8> {
        let outer = packed(inside, "");
        let harmless = packed(b"", "/Type /ObjStm /N 2 /First 12 /A (");
        let end = find(&harmless, b"endobj", 0).unwrap();
        // What opened the harmless one stands in the dictionary of the other.
        let begin = find(&outer, b">>\nstream", 0).unwrap_or_else(|| find(&outer, b">>", 0).unwrap());
        [&harmless[..end], b") ", &outer[begin..]].concat()
    }

    fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
        [first, second].concat()
    }

    #[test]
    fn whole_files_are_taken_for_what_they_are() {
        assert_eq!(judge(&pdf()), Ok(Media::Pdf));
        assert_eq!(judge(&jpeg()), Ok(Media::Jpeg));
        assert_eq!(judge(&png()), Ok(Media::Png));
        assert_eq!(judge(&webp()), Ok(Media::Webp));
        assert_eq!(judge(&packed(b"", "/Type /ObjStm /N 2 /First 12")), Ok(Media::Pdf));
        assert_eq!(judge(&pdf_with(50, "")), Ok(Media::Pdf));
        // What a page is drawn with begins with numbers, too.
        let drawing = [&b"1 0 0 1 72 720 cm /JS Do "[..], &[b' '; 200]].concat();
        let mut drawn = b"%PDF-1.7\n4 0 obj\n<< /Filter /FlateDecode >>\nstream\n".to_vec();
        drawn.extend(zlib(&drawing));
        drawn.extend_from_slice(b"\nendstream\nendobj\n");
        drawn.extend_from_slice(&pdf()[9..]);
        assert_eq!(judge(&drawn), Ok(Media::Pdf));
        // A start page and a link are no action of ours.
        assert_eq!(
            judge(&pdf_with(1, "/OpenAction [10 0 R /Fit] /A << /S /URI /URI (https://egov.kz) >>")),
            Ok(Media::Pdf)
        );
    }

    /// One page: with its objects standing plainly, and packed.
    fn by_another_library() -> [Vec<u8>; 2] {
        use lopdf::{Document, Object, dictionary};
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let page = document.add_object(dictionary! { "Type" => "Page", "Parent" => tree });
        let pages = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
        document.objects.insert(tree, Object::Dictionary(pages));
        let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", root);
        let (mut plain, mut modern) = (Vec::new(), Vec::new());
        document.save_to(&mut plain).unwrap();
        document.save_modern(&mut modern).unwrap();
        [plain, modern]
    }

    #[test]
    fn a_pdf_by_another_library_is_taken() {
        for pdf in by_another_library() {
            assert_eq!(judge(&pdf), Ok(Media::Pdf));
        }
    }

    /// The seeds of the target `document` of `tests/fuzz.rs` (`crate::corpus`).
    #[test]
    fn the_corpus_of_the_fuzz_targets_holds_documents() {
        let objects = "/Type /ObjStm /N 2 /First 12";
        let [plain, modern] = by_another_library();
        for (name, bytes, taken) in [
            ("plain.pdf", pdf(), true),
            ("fifty-pages.pdf", pdf_with(50, ""), true),
            ("too-many-pages.pdf", pdf_with(51, ""), false),
            ("end-of-no-stream.pdf", pdf_with(1, "/AcroForm << /XFA 4 0 R >> /A (endstream)"), false),
            ("packed.pdf", packed(b"<< /S /URI >>", objects), true),
            ("packed-script.pdf", packed(b"<< /S /JavaScript /JS (1) >>", objects), false),
            ("whole-stream-in-a-string.pdf", hidden(b"<< /S /JavaScript >>"), false),
            ("string.pdf", packed(b"<< /S /Launch >>", "/Type /ObjStm /A (stream\nendstream\n)"), false),
            ("other-plain.pdf", plain, true),
            ("other-packed.pdf", modern, true),
            ("changed.pdf", joined(&pdf(), &pdf()[9..]), true),
            ("locked.pdf", pdf_with(1, "/Encrypt 9 0 R"), false),
            ("script.pdf", pdf_with(1, "/OpenAction << /S /J#61vaScript /JS (1) >>"), false),
            ("launch.pdf", pdf_with(1, "/OpenAction << /S /Launch /F (cmd.exe) >>"), false),
            ("file-inside.pdf", pdf_with(1, "/Names << /EmbeddedFiles 4 0 R >>"), false),
            ("objects.txt", b"10 0 11 30 << /Type /Page /Parent 2 0 R >> << /S /GoTo >>".to_vec(), false),
            ("objects-script.txt", b"10 0 << /Type /Page /AA << /S /JavaScript >> >>".to_vec(), false),
            ("photograph.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), false),
            ("page-in-a-picture.jpg", joined(&jpeg(), b"<html>"), false),
        ] {
            assert_eq!(judge(&bytes).is_ok(), taken, "{name}");
            crate::corpus::write("document", name, &bytes);
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        use DocumentError::{
            ActiveContent, Damaged, Empty, Encrypted, Heic, TooLarge, TooManyPages, WrongKind,
        };
        let Limits { bytes: limit, picture_bytes, .. } = Limits::default();
        let cases: Vec<(&str, Vec<u8>, DocumentError)> = vec![
            ("nothing", vec![], Empty),
            ("10 MB of a PDF", joined(b"%PDF-1.7", &vec![b' '; limit]), TooLarge { limit }),
            ("11 MB", vec![b'%'; limit + 1], TooLarge { limit }),
            (
                "a picture of 20 MB",
                joined(&jpeg(), &vec![0; picture_bytes]),
                TooLarge { limit: picture_bytes },
            ),
            ("a photograph of an iPhone", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), Heic),
            ("a film", b"\0\0\0\x18ftypisom\0\0\0\0".to_vec(), WrongKind),
            ("a webp cut short", webp()[..webp().len() - 2].to_vec(), Damaged),
            ("html behind a webp", joined(&webp(), b"<html>"), WrongKind),
            ("a text", b"hello".to_vec(), WrongKind),
            ("a page", b"<html><script>1</script></html>".to_vec(), WrongKind),
            ("a program", b"MZ\x90\0".to_vec(), WrongKind),
            ("a docx", b"PK\x03\x04....".to_vec(), WrongKind),
            ("a gif", b"GIF89a....".to_vec(), WrongKind),
            ("only a header", b"%PDF-1.7\n".to_vec(), Damaged),
            ("no version", b"%PDF-html".to_vec(), WrongKind),
            ("a space before", joined(b" ", &pdf()), WrongKind),
            ("html.pdf", b"%PDF-1.4\n<HTML><body>hi</body></html>\nstartxref\n0\n%%EOF".to_vec(), WrongKind),
            ("html behind a pdf", joined(&pdf(), b"<html></html>"), WrongKind),
            ("a zip behind a pdf", joined(&pdf(), b"PK\x05\x06"), WrongKind),
            ("a pdf cut short", pdf()[..pdf().len() - 12].to_vec(), Damaged),
            ("no pages", pdf_with(0, ""), Damaged),
            ("51 pages", pdf_with(51, ""), TooManyPages { limit: 50 }),
            ("locked", pdf_with(1, "/Encrypt 9 0 R"), Encrypted),
            ("script", pdf_with(1, "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), ActiveContent),
            ("script, escaped", pdf_with(1, "/OpenAction << /S /J#61v#61Script >>"), ActiveContent),
            ("launch", pdf_with(1, "/OpenAction << /S /Launch /F (cmd.exe) >>"), ActiveContent),
            ("a file inside", pdf_with(1, "/Names << /EmbeddedFiles 4 0 R >>"), ActiveContent),
            ("rich media", pdf_with(1, "/Annots [<< /Subtype /RichMedia >>]"), ActiveContent),
            ("xfa", pdf_with(1, "/AcroForm << /XFA 4 0 R >>"), ActiveContent),
            (
                "xfa before the end of no stream",
                pdf_with(1, "/AcroForm << /XFA 4 0 R >> /A (endstream)"),
                ActiveContent,
            ),
            ("locked before the end of no stream", pdf_with(1, "/Encrypt 9 0 R /A (endstream)"), Encrypted),
            (
                "script, packed",
                packed(b"<< /S /JavaScript /JS (1) >>", "/Type /ObjStm /N 2 /First 12"),
                ActiveContent,
            ),
            ("script, packed, untyped", packed(b"<< /S /JavaScript >>", "/N 2 /First 12"), ActiveContent),
            (
                "script, packed, escaped",
                packed(b"<< /S /JavaScript >>", "/Type /Obj#53tm /N 2 /First 12"),
                ActiveContent,
            ),
            (
                "packed and shifted",
                packed(b"", "/Type /ObjStm /N 2 /First 12 /DecodeParms << /Predictor 12 >>"),
                Damaged,
            ),
            ("packed, and not squeezed as it says", unpacked("/Type /ObjStm /N 2 /First 12"), Damaged),
            (
                "an end of a stream in a string",
                packed(b"<< /S /JavaScript >>", "/Type /ObjStm /A (endstream\n)"),
                ActiveContent,
            ),
            (
                "a stream in a string",
                packed(b"<< /S /JavaScript >>", "/Type /ObjStm /A (stream\nendstream\n)"),
                ActiveContent,
            ),
            ("a whole stream in a string", hidden(b"<< /S /JavaScript >>"), ActiveContent),
            (
                "an object stream that does not begin",
                [&pdf()[..], b"/Type /ObjStm startxref 9 %%EOF"].concat(),
                Damaged,
            ),
            ("bomb.pdf", packed(&vec![b' '; 200 << 20], "/Type /ObjStm /N 2 /First 12"), Damaged),
            ("only the start of a jpeg", vec![0xFF, 0xD8, 0xFF], Damaged),
            ("a jpeg cut short", jpeg()[..jpeg().len() - 2].to_vec(), Damaged),
            ("a jpeg without a picture", vec![0xFF, 0xD8, 0xFF, 0xD9], Damaged),
            ("html.jpg", joined(&jpeg(), b"<html><script>alert(1)</script>"), WrongKind),
            ("polyglot.jpg", joined(&jpeg(), &pdf()), WrongKind),
            ("a zip behind a jpeg", joined(&jpeg(), b"PK\x03\x04 PK\x05\x06"), WrongKind),
            ("bytes behind a jpeg", joined(&jpeg(), b"abc"), WrongKind),
            ("html in Samsung's trailer", joined(&jpeg(), b"<ScRiPt>SEFT"), WrongKind),
            ("bytes behind a png", joined(&png(), b"\n"), WrongKind),
            ("a pdf behind a png", joined(&png(), &pdf()), WrongKind),
            ("a png cut short", png()[..png().len() - 1].to_vec(), Damaged),
        ];
        for (name, bytes, error) in cases {
            assert_eq!(judge(&bytes), Err(error), "{name}");
        }
    }

    #[test]
    fn a_pdf_hidden_in_a_jpeg_comment_is_found() {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, 2 + 8];
        bytes.extend_from_slice(b"%PDF-1.4");
        bytes.extend_from_slice(&jpeg()[2..]);
        assert_eq!(judge(&bytes), Err(DocumentError::WrongKind));
    }

    #[test]
    fn what_phones_add_behind_a_photograph_is_taken() {
        for tail in [vec![0; 4096], jpeg(), [vec![0; 7], jpeg(), jpeg()].concat(), b"....SEFT".to_vec()] {
            assert_eq!(judge(&joined(&jpeg(), &tail)), Ok(Media::Jpeg));
        }
    }

    #[test]
    fn pixels_are_counted_without_decoding() {
        let mut flood = png();
        flood[16..20].copy_from_slice(&50_000u32.to_be_bytes());
        flood[20..24].copy_from_slice(&50_000u32.to_be_bytes());
        assert_eq!(judge(&flood), Err(DocumentError::Damaged), "the checksum does not fit");
        let sum = super::png::checksum(&flood[12..29]);
        flood[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(judge(&flood), Err(DocumentError::TooManyPixels { limit: 50_000_000 }));
        let tight = Limits { pixels: 40 * 30 - 1, ..Limits::default() };
        for bytes in [jpeg(), png(), webp()] {
            assert!(judge(&bytes).is_ok());
            assert_eq!(judge_within(&bytes, &tight), Err(DocumentError::TooManyPixels { limit: 1199 }));
        }
    }

    #[test]
    fn a_page_changed_later_is_one_page() {
        let mut bytes = pdf_with(50, "");
        let again = pdf_with(50, "");
        bytes.extend_from_slice(&again[9..]);
        assert_eq!(judge(&bytes), Ok(Media::Pdf));
    }

    #[test]
    fn hostile_repetition_costs_little() {
        // Each of these would be quadratic if anything were searched twice.
        for unit in
            ["/Type/Page", "stream\n/ObjStm", "stream\n/N/First", "1 0 obj/Type/Page", "<<", "[", "//"]
        {
            let mut bytes = b"%PDF-1.7\n".to_vec();
            bytes.extend(unit.as_bytes().iter().cycle().take(2 << 20));
            bytes.extend_from_slice(b"/Root startxref 0 %%EOF");
            let _ = judge(&bytes);
        }
        for unit in [[0xFF, 0xD8], [0xFF, 0xFF], [0xFF, 0x00], [0xFF, 0xD0]] {
            let mut bytes = jpeg();
            bytes.extend(unit.iter().cycle().take(2 << 20));
            let _ = judge(&bytes);
        }
    }

    #[test]
    fn the_kinds_are_the_codes_of_the_list() {
        let mut rows = csv::Reader::from_reader(include_str!("../data/documents.csv").as_bytes());
        let codes: Vec<String> = rows.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert_eq!(DocumentKind::ALL.map(DocumentKind::as_str).to_vec(), codes);
        for kind in DocumentKind::ALL {
            assert_eq!(DocumentKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
            assert!(!kind.name(Language::Kk).is_empty() && !kind.name(Language::Ru).is_empty());
            assert_eq!(kind.required(), kind != DocumentKind::PmpkConclusion);
        }
    }

    #[test]
    fn media_know_their_names() {
        for media in Media::ALL {
            assert_eq!(Media::from_mime(media.mime()), Some(media));
            assert!(!media.extension().contains('.'));
        }
        for (given, kept) in [
            ("a.pdf", "a.pdf"),
            ("a.pdf.exe", "a.pdf"),
            ("a.exe", "a.pdf"),
            ("анықтама", "анықтама.pdf"),
            ("1. анықтама", "1. анықтама.pdf"),
            ("A.PDF", "A.pdf"),
            ("..", "file.pdf"),
            ("", "file.pdf"),
        ] {
            assert_eq!(Media::Pdf.file_name(given), kept, "{given}");
        }
        assert_eq!(Media::Jpeg.file_name("IMG_1.png"), "IMG_1.jpg");
    }

    fn a_valid_file() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            Just(pdf()),
            Just(packed(b"<< /A 1 >>", "/Type /ObjStm /N 2 /First 12")),
            Just(jpeg()),
            Just(png()),
            Just(webp())
        ]
    }

    proptest! {
        #[test]
        fn random_bytes_are_judged_without_a_panic(
            start in prop_oneof![Just(&b""[..]), Just(&b"%PDF-1.7\n"[..]), Just(&[0xFF, 0xD8, 0xFF][..]), Just(super::png::SIGNATURE), Just(&b"RIFF\x30\0\0\0WEBPVP8L"[..])],
            rest in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let _ = judge(&joined(start, &rest));
        }

        #[test]
        fn mutated_files_are_judged_without_a_panic(
            mut bytes in a_valid_file(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut in any::<prop::sample::Index>(),
            keep: bool,
        ) {
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let cut = if keep { bytes.len() } else { cut.index(bytes.len()) };
            let _ = judge(&bytes[..cut]);
        }

        #[test]
        fn a_picture_cut_short_is_never_taken(cut in any::<prop::sample::Index>(), which in 0usize..3) {
            let bytes = [png(), jpeg(), webp()][which].clone();
            prop_assert!(judge(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}

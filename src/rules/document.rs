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
mod jpeg;
mod pdf;
mod png;
mod webp;

use std::sync::LazyLock;

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

    /// The name under which the family sees its file: its own, as long as it does not lie. A photograph is kept as a
    /// JPEG, whatever it was, and stays what its family called it.
    pub fn shown_name(self, given: &str) -> String {
        let given = given.trim_matches(|c: char| c == '.' || c.is_whitespace());
        let (stem, end) = given.rsplit_once('.').unwrap_or_default();
        let end = end.to_lowercase();
        let fits = match self {
            Media::Pdf => end == "pdf",
            _ => ["jpg", "jpeg", "png", "webp"].contains(&end.as_str()),
        };
        if fits && !stem.is_empty() { given.to_owned() } else { self.file_name(given) }
    }

    /// The name under which a file of this kind is given out: it ends as the file is, whatever it was called.
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
    /// Too large for anything that is taken, and by its first bytes nothing of it.
    #[error("more than {pdf} bytes of a PDF, {picture} of a picture")]
    TooLargeForAny { pdf: usize, picture: usize },
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

impl Limits {
    fn of(&self, media: Media) -> usize {
        if media == Media::Pdf { self.bytes } else { self.picture_bytes }
    }
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
    let media = match looks_like(bytes) {
        Err(DocumentError::WrongKind) if bytes.len() > limits.bytes => return Err(too_large(bytes, limits)),
        looks => looks?,
    };
    let limit = limits.of(media);
    if bytes.len() > limit {
        return Err(DocumentError::TooLarge { limit });
    }
    match media {
        Media::Pdf => pdf::judge(bytes, limits)?,
        Media::Jpeg => jpeg::judge(bytes, limits)?,
        Media::Png => png::judge(bytes, limits)?,
        Media::Webp => webp::judge(bytes, limits)?,
    }
    Ok(media)
}

/// What is wrong with an upload that is too large, by how it begins: of one that was not kept nothing else is known.
pub fn too_large(start: &[u8], limits: &Limits) -> DocumentError {
    match looks_like(start) {
        Ok(media) => DocumentError::TooLarge { limit: limits.of(media) },
        Err(DocumentError::Heic) => DocumentError::Heic,
        Err(_) => DocumentError::TooLargeForAny { pdf: limits.bytes, picture: limits.picture_bytes },
    }
}

/// What the first bytes promise.
fn looks_like(bytes: &[u8]) -> Result<Media, DocumentError> {
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => Ok(Media::Pdf),
        [0xFF, 0xD8, 0xFF, ..] => Ok(Media::Jpeg),
        _ if bytes.starts_with(png::SIGNATURE) => Ok(Media::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Media::Webp),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heic(brand) => Err(DocumentError::Heic),
        _ => Err(DocumentError::WrongKind),
    }
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

#[cfg(test)]
mod tests;

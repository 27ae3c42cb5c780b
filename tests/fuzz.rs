//! Parsers of strangers' bytes against bytes that nobody would send: no panic, no hang, no forged yes.
//!
//! Each target has its seeds under `fuzz/corpus/<target>/`; they are mutated by chance, always the same chance for
//! the same `FUZZ_SEED`, for `FUZZ_SECONDS` (one, unless said otherwise: `make fuzz` takes ten minutes for each
//! target). What breaks a target is kept as `target/fuzz/<target>-<n>`; put it into the corpus when it is mended.
//!
//! A new target is a `#[test]` that calls [`run`] with a folder of seeds and a function of bytes.
#![cfg(feature = "sandbox")] // whose keys made the seeds
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
use balabaqsha::integrations::eds::{self, Evidence, Trust};
use balabaqsha::rules::document::{self, DocumentError, Limits, Media};
use balabaqsha::rules::photo::{self, Drawing};
use balabaqsha::rules::signature::Party;
use chrono::{DateTime, Utc};
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::ImageFormat;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::panic::{RefUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the seeds of `cms` are signatures of.
const CONTRACT: &[u8] = b"%PDF-1.7 the contract, version 3";
/// Whose they are: the mother's, or the head's of this kindergarten.
const PARENT: Party<'static> = Party::Parent { iin: "880515400127" };
const KINDERGARTEN: Party<'static> = Party::Kindergarten { bin: "990140000126", parent: None };
/// Nothing may keep a visitor waiting; generous, since the machine does other things, too.
const LONGEST: Duration = Duration::from_secs(5);

#[test]
fn cms() {
    let trust = trust();
    run("cms", |bytes| {
        let verify = |content, party| eds::verify(bytes, content, &trust, party, now());
        let (parent, head) = (verify(CONTRACT, PARENT), verify(CONTRACT, KINDERGARTEN));
        assert!(parent.is_err() || head.is_err(), "accepted for both");
        if parent.is_ok() || head.is_ok() {
            assert!(verify(b"another contract", PARENT).is_err(), "another text was accepted");
            assert!(verify(b"another contract", KINDERGARTEN).is_err(), "another text was accepted");
            let father = Party::Parent { iin: "750101300450" };
            assert!(verify(CONTRACT, father).is_err(), "another person was accepted");
        }
        eds::check(bytes, None, &trust, now());
    });
}

#[test]
fn certificate() {
    let good: Vec<Vec<u8>> = seeds("cms").into_iter().take(3).collect();
    run("certificate", |bytes| {
        let Some(trust) = Trust::of_file(bytes) else { return };
        for cms in &good {
            eds::check(cms, Some(CONTRACT), &trust, now());
        }
    });
}

#[test]
fn revocation() {
    let trust = trust();
    let signatures = ["rsa", "gost", "gost2004", "ecdsa"]
        .map(|family| fs::read(corpus("cms").join(family).with_extension("der")).unwrap());
    let asked = signatures.map(|cms| {
        let evidence = Evidence::of(&cms, &trust, now()).unwrap();
        let question = evidence.signer.question(&[7; 8]).unwrap();
        (evidence, question)
    });
    run("revocation", |bytes| {
        for (evidence, question) in &asked {
            let _ = evidence.signer.said_by_responder(question, bytes, now());
        }
    });
}

/// Names that a PDF may not have: they start something, or carry another file.
const ACTS: [&[u8]; 5] = [b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/EmbeddedFiles", b"/RichMedia"];
/// Larger pictures go the same way, only slower.
const PIXELS: u64 = 500_000;

/// Once as they are, once as the inside of an object stream.
#[test]
fn document() {
    run("document", |bytes| {
        let inside = packed(bytes);
        for file in [bytes, &inside[..]] {
            match document::judge(file) {
                Ok(Media::Pdf) => must_be_harmless(file),
                Ok(Media::Jpeg) => assert!(file.starts_with(&[0xFF, 0xD8, 0xFF])),
                Ok(Media::Png) => assert!(file.starts_with(b"\x89PNG")),
                Ok(Media::Webp) => assert!(file.starts_with(b"RIFF") && &file[8..12] == b"WEBP"),
                Err(DocumentError::Heic) => assert_eq!(&file[4..8], b"ftyp"),
                Err(DocumentError::Empty) => assert!(file.is_empty()),
                Err(_) => {
                    let heic = file.starts_with(b"\0\0\0") && file.get(4..12) == Some(b"ftypheic");
                    assert!(!heic, "an iPhone's photograph is told from other files");
                }
            }
        }
    });
}

#[test]
fn picture() {
    let limits = Limits { pixels: PIXELS, ..photo::LIMITS };
    run("picture", |bytes| {
        for file in [bytes.to_vec(), with_right_checksums(bytes)] {
            let Ok(media) = document::judge_within(&file, &limits) else { continue };
            for how in [photo::VIEW, photo::PAPER, Drawing { longest_side: 16, ..photo::VIEW }] {
                if let Ok(drawn) = photo::draw(&file, media, &how) {
                    must_be_ours(&drawn, &how);
                }
            }
        }
    });
}

/// A PDF that has these objects in an object stream and nothing else.
fn packed(objects: &[u8]) -> Vec<u8> {
    let mut pdf =
        b"%PDF-1.7\n5 0 obj\n<< /Type /ObjStm /N 2 /First 12 /Filter /FlateDecode >>\nstream\n".to_vec();
    let mut data = ZlibEncoder::new(&mut pdf, Compression::fast());
    data.write_all(objects).unwrap();
    // So long that it is squeezed.
    data.write_all(&[b' '; 200]).unwrap();
    data.finish().unwrap();
    pdf.extend_from_slice(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF");
    pdf
}

/// Another look at a PDF that was taken: nothing that acts, and so many pages, wherever a reader may see them.
fn must_be_harmless(pdf: &[u8]) {
    let (streams, plain) = (streams(pdf), without_streams(pdf));
    // Whatever the dictionaries say, what comes out as objects may be read as such.
    let objects = streams.iter().map(Vec::as_slice).filter(|text| are_objects(text));
    for text in objects.chain([pdf]) {
        let acts = ACTS.into_iter().find(|name| places(text, name).next().is_some());
        assert_eq!(acts.map(String::from_utf8_lossy), None, "it acts");
    }
    let paged = |text: &[u8]| places(text, b"/Page").next().is_some();
    assert!(paged(pdf) || streams.iter().any(|text| paged(text)), "no page");
    let pages = places(&plain, b"/Type /Page").filter_map(|at| number_of_object(&plain[..at]));
    let pages: HashSet<u64> = pages.collect();
    assert!(pages.len() <= 50, "{} pages", pages.len());
}

/// The number of the last object that begins in this text: a word of its own, right before its generation. No object
/// has the number nought.
fn number_of_object(text: &[u8]) -> Option<u64> {
    let number = |at| {
        let word = text[..at].rsplit(|byte: &u8| b" \t\r\n\x0c\0".contains(byte)).next()?;
        std::str::from_utf8(word).ok()?.parse().ok().filter(|number| *number > 0)
    };
    places(text, b" 0 obj").filter_map(number).last()
}

/// Numbers, and then a dictionary.
fn are_objects(text: &[u8]) -> bool {
    let head = text.iter().take(60).position(|byte| *byte == b'<').map_or(text, |end| &text[..end]);
    head.starts_with(b"10 0 ") && head.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ')
}

/// What comes out of every stream, and of what only looks like one.
fn streams(text: &[u8]) -> Vec<Vec<u8>> {
    let inflated = |at: usize| {
        let data = match &text[at + 6..] {
            [b'\r', b'\n', data @ ..] | [b'\r' | b'\n', data @ ..] => data,
            _ => return None,
        };
        let mut inflated = Vec::new();
        let _ = ZlibDecoder::new(data).take(4 << 20).read_to_end(&mut inflated);
        Some(inflated)
    };
    let begins = |at: &usize| !text[..*at].ends_with(b"end");
    places(text, b"stream").filter(begins).filter_map(inflated).collect()
}

/// What stands plainly.
fn without_streams(pdf: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = pdf;
    while let Some(begin) = rest.windows(6).position(|word| word == b"stream") {
        let (before, after) = rest.split_at(begin + 6);
        plain.extend_from_slice(before);
        let end = after.windows(9).position(|word| word == b"endstream");
        rest = if before.ends_with(b"endstream") { after } else { &after[end.unwrap_or(after.len())..] };
    }
    plain.extend_from_slice(rest);
    plain
}

/// Where a name stands that does not go on.
fn places<'a>(text: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = usize> {
    let ended = |next: Option<&u8>| next.is_none_or(|next| b" \t\r\n\x0c\0()<>[]{}/%".contains(next));
    let found = text.windows(name.len()).enumerate().filter(move |(_, it)| *it == name).map(|(at, _)| at);
    found.filter(move |at| ended(text.get(at + name.len())))
}

/// A PNG with its checksums put right, so that changes come through to what reads its pixels.
fn with_right_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut png = bytes.to_vec();
    if !png.starts_with(b"\x89PNG") {
        return png;
    }
    let mut at = 8;
    while let Some(length) = png.get(at..at + 4) {
        let end = at + 8 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
        if png.len() < end + 4 {
            break;
        }
        let mut sum = Crc::new();
        sum.update(&png[at + 4..end]);
        png[end..end + 4].copy_from_slice(&sum.sum().to_be_bytes());
        at = end + 4;
    }
    png
}

/// A JPEG of the size promised that can be read again, with nothing in it beside the picture.
fn must_be_ours(drawn: &photo::Photo, how: &Drawing) {
    let jpeg = &drawn.jpeg;
    assert!(jpeg.len() <= how.most_bytes && drawn.width.max(drawn.height) <= how.longest_side);
    assert_eq!(document::judge(jpeg), Ok(Media::Jpeg));
    let again = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap();
    assert_eq!((again.width(), again.height()), (drawn.width, drawn.height));
    // Segments until the picture's own data: no EXIF or other application's, but JFIF; no comment.
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let (marker, length) = (jpeg[at + 1], u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        assert!(jpeg[at] == 0xFF && !matches!(marker, 0xE1..=0xEF | 0xFE), "a segment {marker:x}");
        at += 2 + usize::from(length);
    }
}

/// When the seeds were made.
fn now() -> DateTime<Utc> {
    "2026-12-14T05:00:00Z".parse().unwrap()
}

fn trust() -> Trust {
    let chain = fs::read(corpus("certificate").join("chain.pem")).unwrap();
    Trust::of_file(&chain).unwrap().with_ecdsa()
}

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// The seeds of a target by name, so that every run takes them in the same order.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(corpus(target)).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// Every seed as it is, then changed ones until the time is over.
fn run(target: &str, check: impl Fn(&[u8]) + RefUnwindSafe) {
    let seeds = seeds(target);
    let mut chance = StdRng::seed_from_u64(number("FUZZ_SEED", 7));
    let until = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS", 1));
    let mut tried = 0_u64;
    for seed in &seeds {
        attempt(target, tried, seed, &check);
        tried += 1;
    }
    while Instant::now() < until {
        attempt(target, tried, &mutated(&seeds, &mut chance), &check);
        tried += 1;
    }
    println!("{target}: {tried} inputs");
}

fn attempt(target: &str, number: u64, bytes: &[u8], check: &(impl Fn(&[u8]) + RefUnwindSafe)) {
    let started = Instant::now();
    let outcome = catch_unwind(|| check(bytes));
    if outcome.is_err() || started.elapsed() > LONGEST {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
        fs::create_dir_all(&folder).unwrap();
        let kept = folder.join(format!("{target}-{number}"));
        fs::write(&kept, bytes).unwrap();
        panic!("{} breaks the target after {:?}", kept.display(), started.elapsed());
    }
}

/// One seed with one to eight changes, most of them small: what breaks parsers is nearly right.
fn mutated(seeds: &[Vec<u8>], chance: &mut StdRng) -> Vec<u8> {
    let mut bytes = seeds[chance.random_range(0..seeds.len())].clone();
    for _ in 0..1 << chance.random_range(0..4) {
        change(&mut bytes, seeds, chance);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut StdRng) {
    if bytes.is_empty() {
        return bytes.push(chance.random());
    }
    let at = chance.random_range(0..bytes.len());
    let length = chance.random_range(1..=(bytes.len() - at).min(64));
    match chance.random_range(0..9) {
        0 => bytes[at] ^= 1 << chance.random_range(0..8),
        1 => bytes[at] = chance.random(),
        // Lengths, tags and ends of numbers.
        2 => {
            bytes[at] =
                [0x00, 0x01, 0x7F, 0x80, 0x81, 0x84, 0xFE, 0xFF, 0x30, 0x31, 0xA0][chance.random_range(0..11)]
        }
        3 => bytes[at] = bytes[at].wrapping_add(if chance.random() { 1 } else { 255 }),
        4 => drop(bytes.drain(at..at + length)),
        5 => bytes.truncate(at),
        6 => {
            let piece = bytes[at..at + length].to_vec();
            drop(bytes.splice(at..at, piece));
        }
        7 => {
            let other = &seeds[chance.random_range(0..seeds.len())];
            let from = chance.random_range(0..other.len());
            let piece = other[from..(from + length).min(other.len())].to_vec();
            let end = (at + piece.len()).min(bytes.len());
            drop(bytes.splice(at..end, piece));
        }
        _ => {
            let noise: Vec<u8> = (0..length).map(|_| chance.random()).collect();
            drop(bytes.splice(at..at, noise));
        }
    }
}

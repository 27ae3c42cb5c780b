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
use balabaqsha::rules::signature::Party;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fs;
use std::panic::{RefUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the seeds of `cms` are signatures of.
const CONTRACT: &[u8] = b"%PDF-1.7 the contract, version 3";
/// Whose they are: the mother's, or the head's of this kindergarten.
const PARENT: Party<'static> = Party::Parent { iin: "880515400127" };
const KINDERGARTEN: Party<'static> = Party::Kindergarten { bin: "990140000126" };
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
        let question = evidence.question(&[7; 8]).unwrap();
        (evidence, question)
    });
    run("revocation", |bytes| {
        for (evidence, question) in &asked {
            let _ = evidence.said_by_responder(question, bytes, now());
        }
    });
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

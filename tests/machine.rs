//! A machine of random actors and a random clock: every deed of `tests/golden/lifecycle.txt`, allowed or not, through the
//! domain on a real database, against a small model; I1–I8 of `safety.md` after each step.
//!
//! `MACHINE_SEED=7` runs one seed again, `SOAK_STEPS=1000000` (`make soak`) so many steps. What failed leaves its database.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#[expect(dead_code, unused_imports, reason = "the journeys use the rest of it")]
mod support;

#[path = "machine/invariants.rs"]
mod invariants;
#[path = "machine/law.rs"]
mod law;
#[path = "machine/model.rs"]
mod model;
#[path = "machine/run.rs"]
mod run;
#[path = "machine/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use law::Law;

/// The steps of one seed, in a database of its own: it stays small, so that every step can be checked whole.
const STEPS_OF_A_SEED: u64 = 1_250;
/// What `make test` walks.
const STEPS: u64 = 10_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.replace('_', "").parse().expect("a number"))
}

#[test]
fn the_portal_does_what_the_model_does() {
    let seeds: Vec<u64> = match (number("MACHINE_SEED"), number("SOAK_STEPS")) {
        (Some(seed), _) => vec![seed],
        (None, steps) => (1..=steps.unwrap_or(STEPS).div_ceil(STEPS_OF_A_SEED)).collect(),
    };
    let next = AtomicU64::new(0);
    let done: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(seeds.len()) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    let counted = runtime.block_on(run::run(*seed, STEPS_OF_A_SEED));
                    let mut sum = done.lock().unwrap();
                    for (deed, times) in counted {
                        *sum.entry(deed).or_default() += times;
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    let steps: u64 = seeds.len() as u64 * STEPS_OF_A_SEED;
    println!("{steps} steps, seeds {:?}…{:?}: {done:#?}", seeds.first(), seeds.last());
    if seeds.len() > 1 {
        let law = Law::read();
        // What follows from an outage or a lost place is no deed of anybody's.
        let by_hand = |deed: &&str| !["stand_still", "resume"].contains(deed) && !deed.starts_with("undo_");
        for deed in law.deeds().filter(by_hand) {
            assert!(done.contains_key(deed), "{deed} never happened in {steps} steps");
        }
        assert!(done.contains_key("signature_waits"), "no signature ever waited in {steps} steps");
    }
}

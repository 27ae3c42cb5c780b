//! Races between two portal processes on one database, over HTTP, with processes killed in the middle; and orders of locks
//! that no luck is needed for. Small counts in `make test`; `RACES=full` (`make soak`) runs them all.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#[expect(dead_code, reason = "the journeys use the rest of it")]
mod support;

#[path = "races/due.rs"]
mod due;
#[path = "machine/invariants.rs"]
mod invariants;
#[path = "races/locks.rs"]
mod locks;
#[path = "races/places.rs"]
mod places;
#[path = "races/process.rs"]
mod process;
#[path = "races/rounds.rs"]
mod rounds;
#[path = "races/signatures.rs"]
mod signatures;
#[path = "races/stage.rs"]
mod stage;
#[path = "races/texts.rs"]
mod texts;
#[path = "races/uploads.rs"]
mod uploads;

/// How often a race is run: few times, or as often as the issue asks.
fn times(few: usize, full: usize) -> usize {
    if std::env::var("RACES").is_ok_and(|value| value == "full") { full } else { few }
}

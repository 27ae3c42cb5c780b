//! Journeys through the portal's pages, told as people live them.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
mod support;

#[path = "journey/account.rs"]
mod account;
#[path = "journey/frame.rs"]
mod frame;
#[path = "journey/notice.rs"]
mod notice;
#[path = "journey/sandbox.rs"]
mod sandbox;
#[path = "journey/upkeep.rs"]
mod upkeep;

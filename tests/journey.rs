//! Journeys through the portal's pages, told as people live them.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
mod support;

// In the order of the road.
#[path = "journey/frame.rs"]
mod frame;
#[path = "journey/registration.rs"]
mod registration;
#[path = "journey/account.rs"]
mod account;
#[path = "journey/sign_in.rs"]
mod sign_in;
#[path = "journey/children.rs"]
mod children;
#[path = "journey/application.rs"]
mod application;
#[path = "journey/review.rs"]
mod review;
#[path = "journey/voucher.rs"]
mod voucher;
#[path = "journey/contract.rs"]
mod contract;
#[path = "journey/privacy.rs"]
mod privacy;
#[path = "journey/pages.rs"]
mod pages;
#[path = "journey/errors.rs"]
mod errors;
#[path = "journey/notice.rs"]
mod notice;
#[path = "journey/sandbox.rs"]
mod sandbox;
#[path = "journey/upkeep.rs"]
mod upkeep;

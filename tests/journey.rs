//! Journeys through the portal's pages, told as people live them.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
mod support;

// What no honest link has.
#[path = "journey/addresses.rs"]
mod addresses;
// In the order of the road.
#[path = "journey/account.rs"]
mod account;
#[path = "journey/application.rs"]
mod application;
#[path = "journey/bad_signatures.rs"]
mod bad_signatures;
#[path = "journey/banners.rs"]
mod banners;
#[path = "journey/catalogue.rs"]
mod catalogue;
#[path = "journey/children.rs"]
mod children;
#[path = "journey/clock.rs"]
mod clock;
#[path = "journey/contract.rs"]
mod contract;
#[path = "journey/contract_steps.rs"]
mod contract_steps;
#[path = "journey/contract_versions.rs"]
mod contract_versions;
#[path = "journey/errors.rs"]
mod errors;
#[path = "journey/face.rs"]
mod face;
#[path = "journey/feedback.rs"]
mod feedback;
#[path = "journey/frame.rs"]
mod frame;
#[path = "journey/late.rs"]
mod late;
#[path = "journey/ledger.rs"]
mod ledger;
#[path = "journey/notice.rs"]
mod notice;
#[path = "journey/open_data.rs"]
mod open_data;
#[path = "journey/page_cache.rs"]
mod page_cache;
#[path = "journey/pages.rs"]
mod pages;
#[path = "journey/papers.rs"]
mod papers;
#[path = "journey/phone.rs"]
mod phone;
#[path = "journey/place.rs"]
mod place;
#[path = "journey/privacy.rs"]
mod privacy;
#[path = "journey/public_queue.rs"]
mod public_queue;
#[path = "journey/registration.rs"]
mod registration;
#[path = "journey/review.rs"]
mod review;
#[path = "journey/rounds.rs"]
mod rounds;
#[path = "journey/rules.rs"]
mod rules;
#[path = "journey/sandbox.rs"]
mod sandbox;
#[path = "journey/settings.rs"]
mod settings;
#[path = "journey/sign_in.rs"]
mod sign_in;
#[path = "journey/signature_checks.rs"]
mod signature_checks;
#[path = "journey/statistics.rs"]
mod statistics;
#[path = "journey/term.rs"]
mod term;
#[path = "journey/upkeep.rs"]
mod upkeep;
#[path = "journey/voucher.rs"]
mod voucher;

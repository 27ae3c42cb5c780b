//! Balabaqsha: the portal through which parents get a kindergarten voucher.
//!
//! registration → child → application → review → queue → voucher → contract → enrolment
//!
//! ```text
//! web ──────► domain ──────► db ──────► rules
//!  │             └──► integrations ──────▲
//!  ├──► locale ──────────────────────────┤
//! background ──► domain, locale          │
//! ```
//!
//! `web` never writes SQL. `domain` never sees a request. `rules` never waits.
pub mod app;
pub mod clock;
pub mod config;
#[cfg(test)]
mod corpus;
pub mod fault;
pub mod secrets;
pub mod start;
pub mod telemetry;

pub mod background;
pub mod db;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod domain;
pub mod integrations;
pub mod locale;
pub mod rules;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod web;

#[cfg(all(test, feature = "sandbox"))]
mod trial;

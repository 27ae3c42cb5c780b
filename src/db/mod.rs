//! How it is stored: SQL only, one file per noun. Rows become types of `rules` here and nowhere else.
pub mod account;
pub mod browser;
pub mod challenge;
pub mod child;
pub mod form_key;
pub mod health;
pub mod journal;
pub mod limit;
pub mod notice;
pub mod session;
pub mod setting;

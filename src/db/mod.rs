//! How it is stored: SQL only, one file per noun. Rows become types of `rules` here and nowhere else.
pub mod application;
pub mod conclusion;
pub mod contract;
pub mod file;
pub mod form_key;
pub mod group;
pub mod journal;
pub mod kindergarten;
pub mod overview;
pub mod queue;
pub mod session;
pub mod setting;
pub mod staff;
pub mod voucher;

//! How it is stored: SQL only, one file per noun. Rows become types of `rules` here and nowhere else.
pub mod form_key;
pub mod journal;
pub mod session;
pub mod setting;

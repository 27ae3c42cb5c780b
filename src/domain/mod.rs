//! What people do: one function per deed. A deed is given an open transaction and a [`crate::app::Deed`]; it checks at
//! the moment of acting, saves, journals, plans its notices. Nothing here sees a request; the outside is asked before
//! the transaction opens and told after it commits.
pub mod registration;

pub mod child;

pub mod application;
pub mod conclusion;
pub mod file;
pub mod transition;

pub mod review;

pub mod place;
pub mod round;

pub mod voucher;

pub mod contract;
pub mod signature;

pub mod kindergarten;
pub mod photo;

pub mod challenge;
pub mod paper;
pub mod password;
pub mod profile;
pub mod recovery;
pub mod session;
pub mod sign_in;

pub mod banner;
pub mod calendar;
pub mod city;
pub mod feedback;
pub mod form_key;
pub mod health;
pub mod journal;
pub mod late;
pub mod ledger;
pub mod limit;
pub mod lookup;
pub mod moment;
pub mod notice;
pub mod open_data;
pub mod outage;
pub mod outgrown;
pub mod overview;
pub mod setting;
pub mod staff;
pub mod statistics;
pub mod term;
pub mod today;
pub mod upkeep;

//! What people do: one function per deed. A deed is given an open transaction and a [`crate::app::Deed`]; it checks at
//! the moment of acting, saves, journals, plans its notices. Nothing here sees a request or asks the outside.
pub mod form_key;
pub mod journal;
pub mod moment;
pub mod notice;
pub mod session;
pub mod staff;
pub mod upkeep;

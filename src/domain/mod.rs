//! What people do: one function per deed. A deed is given an open transaction and a [`crate::app::Deed`]; it checks at
//! the moment of acting, saves, journals, plans its notices. Nothing here sees a request or asks the outside.
pub mod form_key;
pub mod journal;
pub mod kindergarten;
pub mod moment;
pub mod overview;
pub mod session;
pub mod staff;

//! Balabaqsha: the portal through which parents get a kindergarten voucher.
//!
//! registration → child → application → review → queue → voucher → contract → enrolment
pub mod integrations;
pub mod rules;
#[cfg(feature = "sandbox")]
pub mod sandbox;

//! The policy on users' data: which wording a person has agreed to.

/// Stored with the consent. A new wording gets a new version; nobody is taken to have read it before.
pub const POLICY_VERSION: &str = "2026-11-22";

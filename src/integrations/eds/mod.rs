//! Electronic signatures.
pub struct Trust;

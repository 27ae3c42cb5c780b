//! Whom we ask: one real client per outside system.
pub mod anchor;
pub mod archive;
pub mod contract_pdf;
pub mod contract_text;
pub mod eds;
pub mod files;
pub mod http;
pub mod ncanode;
pub mod pmpk;
pub mod reader;
pub mod registry;
pub mod revocation;
pub mod sms;
pub mod verifier;

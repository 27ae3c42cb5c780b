//! Whom we ask: one real client per outside system.
pub mod contract_pdf;
pub mod contract_text;
pub mod eds;

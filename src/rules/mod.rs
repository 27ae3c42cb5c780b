//! What must hold. Pure: values in, values out; nothing here waits, asks the time or knows SQL.
pub mod calendar;
pub mod correction;
pub mod deadline;
pub mod district;
pub mod document;
pub mod iin;
pub mod matching;
pub mod notice;
pub mod password;
pub mod person;
pub mod phone;
pub mod queue_order;
pub mod reason;
pub mod refusal;
pub mod signature;
pub mod stage;

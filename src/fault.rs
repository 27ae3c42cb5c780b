//! What broke on our side, and how a deed can end other than well. A fault is logged once and never shown.
use chrono::{DateTime, Utc};

use crate::rules::refusal::Refusal;

/// Our own trouble. Its text is for the log; visitors see a reference number.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("input or output: {0}")]
    Io(#[from] std::io::Error),
    #[error("setup: {0}")]
    Setup(String),
    #[error("{0}")]
    Broken(String),
}

/// An outside system that did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Registry,
    Pmpk,
    Sms,
}

/// How a deed ends when it does not succeed.
#[derive(Debug)]
pub enum Failure {
    /// Not there, not yours, or not for your role: the three look alike.
    NotFound,
    Refused(Refusal),
    /// An outside service is silent; nothing was lost.
    Silent(Service),
    /// Asked too often; try again at this moment.
    TooOften {
        again_at: DateTime<Utc>,
    },
    /// Too much to do at once; in a moment there will be time.
    Busy,
    /// No room for a file.
    NoRoom,
    Fault(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A named constraint becomes the sentence it stands for, race-free; anything else is a fault.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|e| e.constraint()).unwrap_or_default();
        match constraint {
            "applications_child_live" => Refusal::LiveApplicationExists.into(),
            "applications_child_enrolled" => Refusal::ChildEnrolled.into(),
            "vouchers_child_live" | "vouchers_application_live" => Refusal::VoucherExists.into(),
            "groups_never_overfull" => Refusal::NoFreePlace.into(),
            _ => Self::Fault(Fault::Database(error)),
        }
    }
}

/// Is the database itself away (starting, stopping, full), so that trying again will help?
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        // 57P0x: shutting down or starting; 53xxx: out of resources; 08xxx: connection trouble.
        sqlx::Error::Database(e) => {
            e.code().is_some_and(|c| c.starts_with("57P0") || c.starts_with("53") || c.starts_with("08"))
        }
        _ => false,
    }
}

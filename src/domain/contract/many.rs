//! The kindergarten signs many contracts in one go: each is a deed of its own, with its own outcome.
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kindergarten_pdf, sign_as_kindergarten};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::integrations::eds;
use crate::rules::actor::Actor;
use crate::rules::stage::Stage;

pub use crate::db::contract_version::WaitingRow;

/// The contracts that wait for this kindergarten's signature.
pub async fn waiting(conn: &mut PgConnection, kindergarten: Uuid) -> Result<Vec<WaitingRow>, Fault> {
    Ok(db::contract_version::waiting(conn, kindergarten).await?)
}

/// One contract that was shown with this hash.
pub struct Shown {
    /// Of the application.
    pub number: String,
    pub sha256: String,
}

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    Signed,
    /// The form was sent twice, or somebody else of the kindergarten was faster.
    SignedBefore,
    /// None of the files is a signature under this contract.
    NoSignature,
    Refused(Failure),
}

/// Signs what these signatures are under. Which signature belongs to which contract is seen by its digest.
pub async fn sign_many(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    shown: Vec<Shown>,
    signatures: &[Vec<u8>],
) -> Result<Vec<(Shown, Outcome)>, Fault> {
    let mut outcomes = Vec::new();
    for one in shown {
        let (mut tx, deed) = Deed::open(app, actor, request).await?;
        let outcome = match sign_one(&mut tx, &deed, &one, signatures).await {
            Ok(Outcome::Signed) => {
                tx.commit().await?;
                Outcome::Signed
            }
            Ok(other) => other,
            Err(Failure::Fault(fault)) => return Err(fault),
            Err(failure) => Outcome::Refused(failure),
        };
        outcomes.push((one, outcome));
    }
    Ok(outcomes)
}

async fn sign_one(
    conn: &mut PgConnection,
    deed: &Deed,
    shown: &Shown,
    signatures: &[Vec<u8>],
) -> Result<Outcome, Failure> {
    let case = super::family(conn, deed, &shown.number).await?;
    if matches!(db::application::load(conn, case.id).await?.stage, Stage::Enrolled(_)) {
        return Ok(Outcome::SignedBefore);
    }
    // A text that was changed meanwhile is told as such, whatever came with it.
    let pdf = match kindergarten_pdf(conn, deed, &shown.number).await {
        Ok(frozen) if frozen.sha256() == shown.sha256 => frozen.pdf,
        _ => return Err(crate::rules::refusal::Refusal::ContractChanged.into()),
    };
    let Some(cms) = signatures.iter().find(|cms| eds::is_over(cms, &pdf)) else {
        return Ok(Outcome::NoSignature);
    };
    sign_as_kindergarten(conn, deed, &shown.number, cms, &shown.sha256).await?;
    Ok(Outcome::Signed)
}

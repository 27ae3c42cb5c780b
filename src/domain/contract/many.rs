//! The kindergarten signs many contracts in one go: each is a deed of its own, with its own outcome.
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kindergarten_pdf, note_refused, sign_as_kindergarten};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::domain::signature::{self, Patience};
use crate::fault::{Failure, Fault};
use crate::integrations::eds;
use crate::rules::actor::Actor;
use crate::rules::refusal::Refusal;
use crate::rules::signature::{Side, Taken};
use crate::rules::stage::Stage;

pub use crate::db::contract_version::WaitingRow;

/// The contracts that wait for this kindergarten's signature.
pub async fn waiting(conn: &mut PgConnection, kindergarten: Uuid) -> Result<Vec<WaitingRow>, Fault> {
    Ok(db::contract_version::waiting(conn, kindergarten).await?)
}

/// One contract that was shown with this hash.
pub struct ShownText {
    /// Of the application.
    pub number: String,
    pub sha256: String,
}

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    Signed,
    /// Kept until the authority that issued its key answers.
    Waits,
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
    shown: Vec<ShownText>,
    signatures: &[Vec<u8>],
) -> Result<Vec<(ShownText, Outcome)>, Fault> {
    let mut outcomes = Vec::new();
    for one in shown {
        let outcome = match sign_one(app, actor, request, &one, signatures).await {
            Ok(outcome) => outcome,
            Err(Failure::Fault(fault)) => return Err(fault),
            Err(failure) => Outcome::Refused(failure),
        };
        outcomes.push((one, outcome));
    }
    Ok(outcomes)
}

/// The text is looked at in one transaction and signed in another: between them the signature is asked about over the
/// network. The second looks at everything again.
async fn sign_one(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    shown: &ShownText,
    signatures: &[Vec<u8>],
) -> Result<Outcome, Failure> {
    let (mut tx, deed) = Deed::open(app, actor, request).await?;
    let case = super::family(&mut tx, &deed, &shown.number).await?;
    if matches!(db::application::load(&mut tx, case.id).await?.stage, Stage::Enrolled(_)) {
        return Ok(Outcome::SignedBefore);
    }
    // A text that was changed meanwhile is told as such, whatever came with it.
    let pdf = match kindergarten_pdf(&mut tx, &deed, &shown.number).await {
        Ok(frozen) if frozen.sha256() == shown.sha256 => frozen.pdf,
        _ => return Err(Refusal::ContractChanged.into()),
    };
    tx.commit().await.map_err(Fault::from)?;
    let Some(cms) = signatures.iter().find(|cms| eds::is_over(cms, &pdf)) else {
        return Ok(Outcome::NoSignature);
    };
    let received = signature::receive(app, cms, &pdf, None, Patience::PAGE).await?;
    let (mut tx, deed) = Deed::open(app, actor, request).await?;
    match sign_as_kindergarten(&mut tx, &deed, &shown.number, &received, &shown.sha256).await {
        Ok(taken) => {
            tx.commit().await.map_err(Fault::from)?;
            Ok(match taken {
                Taken::Accepted => Outcome::Signed,
                Taken::Waiting => Outcome::Waits,
            })
        }
        Err(Failure::Refused(Refusal::Signature(why))) => {
            tx.rollback().await.map_err(Fault::from)?;
            let (mut tx, deed) = Deed::open(app, actor, request).await?;
            note_refused(&mut tx, &deed, &shown.number, Side::Kindergarten, why).await?;
            tx.commit().await.map_err(Fault::from)?;
            Err(Refusal::Signature(why).into())
        }
        Err(failure) => Err(failure),
    }
}

//! The kindergarten signs many contracts in one go: each is a deed of its own, with its own outcome.
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kindergarten_pdf, note_changed, note_refused, sign_as_kindergarten};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::application::Case;
use crate::domain::journal::{self, facts};
use crate::domain::signature::{self, Patience};
use crate::fault::{Failure, Fault};
use crate::integrations::eds;
use crate::rules::actor::Actor;
use crate::rules::journal::What;
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

/// A file that was sent as a signature.
pub struct SignatureFile {
    pub name: String,
    pub cms: Vec<u8>,
}

/// A contract, or a file of it, and what became of it.
pub struct Done {
    /// None where the file is under no contract that was shown.
    pub of: Option<Of>,
    /// The file's name; none where no file is under the contract.
    pub file: Option<String>,
    pub outcome: Outcome,
}

/// Whose contract, as its line says.
#[derive(Clone)]
pub struct Of {
    /// Of the application.
    pub number: String,
    /// Nothing of a family that left this kindergarten.
    pub child_name: Option<String>,
    /// Its number and the version that counts now, if there is one.
    pub contract: Option<(String, i32)>,
}

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

impl Outcome {
    /// The contract has the kindergarten's signature.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Signed | Self::Waits | Self::SignedBefore)
    }

    fn of(signed: Result<Self, Failure>) -> Result<Self, Fault> {
        match signed {
            Ok(outcome) => Ok(outcome),
            Err(Failure::Fault(fault)) => Err(fault),
            Err(failure) => Ok(Self::Refused(failure)),
        }
    }
}

/// Signs what these files are signatures under. Which file belongs to which contract is seen by its digest; what is under
/// none of them is told by its name.
pub async fn sign_many(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    shown: &[ShownText],
    files: &[SignatureFile],
) -> Result<Vec<Done>, Fault> {
    let desk = Desk { app, actor, request };
    let mut left: Vec<&SignatureFile> = files.iter().collect();
    let mut done = Vec::new();
    for one in shown {
        let (of, outcomes) = desk.sign(one, &mut left).await?;
        let line = |(file, outcome)| Done { of: Some(of.clone()), file, outcome };
        done.extend(outcomes.into_iter().map(line));
    }
    done.extend(desk.refuse(&left).await?);
    Ok(done)
}

/// Who signs.
struct Desk<'a> {
    app: &'a SharedApp,
    actor: Actor,
    request: Uuid,
}

/// A contract as it is now.
struct Looked {
    of: Of,
    case: Case,
    /// If it is the text that was shown.
    pdf: Option<Vec<u8>>,
}

impl Desk<'_> {
    async fn open(&self) -> Result<(crate::app::Tx, Deed), Fault> {
        Deed::open(self.app, self.actor, self.request).await
    }

    /// One contract, with the files that are under it: they are taken out of those that are `left`.
    async fn sign(
        &self,
        shown: &ShownText,
        left: &mut Vec<&SignatureFile>,
    ) -> Result<(Of, Vec<(Option<String>, Outcome)>), Fault> {
        let unknown = Of { number: shown.number.clone(), child_name: None, contract: None };
        let (of, outcomes) = match self.look(shown).await {
            Ok(looked) => (looked.of.clone(), self.outcomes(shown, looked, left).await),
            Err(failure) => (unknown, Err(failure)),
        };
        Ok(match outcomes {
            Ok(outcomes) => (of, outcomes),
            Err(failure) => (of, vec![(None, Outcome::of(Err(failure))?)]),
        })
    }

    async fn look(&self, shown: &ShownText) -> Result<Looked, Failure> {
        let (mut tx, deed) = self.open().await?;
        let family = super::family(&mut tx, &deed, &shown.number).await?;
        let case = db::application::load(&mut tx, family.id).await?;
        let frozen = kindergarten_pdf(&mut tx, &deed, &shown.number).await;
        let contract = db::contract::of_application(&mut tx, family.id).await?;
        tx.commit().await.map_err(Fault::from)?;
        let of = Of {
            number: family.number,
            child_name: Some(family.child_name),
            contract: contract.map(|it| (it.number, it.version)),
        };
        let pdf = frozen.ok().filter(|frozen| frozen.sha256() == shown.sha256).map(|frozen| frozen.pdf);
        Ok(Looked { of, case, pdf })
    }

    /// The first good file signs. The text is looked at in one transaction and signed in another: between them the signature
    /// is asked about over the network. The second looks at everything again.
    async fn outcomes(
        &self,
        shown: &ShownText,
        Looked { case, pdf, .. }: Looked,
        left: &mut Vec<&SignatureFile>,
    ) -> Result<Vec<(Option<String>, Outcome)>, Failure> {
        let is_own = |file: &&SignatureFile| pdf.as_ref().is_some_and(|pdf| eds::is_over(&file.cms, pdf));
        let (own, others): (Vec<_>, Vec<_>) = left.drain(..).partition(is_own);
        *left = others;
        if matches!(case.stage, Stage::Enrolled(_)) {
            return Ok(vec![(own.first().map(|file| file.name.clone()), Outcome::SignedBefore)]);
        }
        // A text that was changed meanwhile is told as such, whatever came with it.
        let Some(pdf) = pdf else { return Err(self.changed(&case, shown).await?.into()) };
        if own.is_empty() {
            return Ok(vec![(None, Outcome::NoSignature)]);
        }
        let mut outcomes: Vec<(Option<String>, Outcome)> = Vec::new();
        for file in own {
            let outcome = match outcomes.iter().any(|(_, outcome)| outcome.is_good()) {
                true => Outcome::SignedBefore,
                false => Outcome::of(self.sign_with(shown, &file.cms, &pdf).await)?,
            };
            outcomes.push((Some(file.name.clone()), outcome));
        }
        Ok(outcomes)
    }

    async fn changed(&self, case: &Case, shown: &ShownText) -> Result<Refusal, Failure> {
        let (mut tx, deed) = self.open().await?;
        note_changed(&mut tx, &deed, &shown.number, Side::Kindergarten).await?;
        let why = super::changed(&mut tx, case, Side::Kindergarten).await?;
        tx.commit().await.map_err(Fault::from)?;
        Ok(why)
    }

    async fn sign_with(&self, shown: &ShownText, cms: &[u8], pdf: &[u8]) -> Result<Outcome, Failure> {
        let received = signature::receive(self.app, cms, pdf, None, Patience::PAGE).await?;
        let (mut tx, deed) = self.open().await?;
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
                let (mut tx, deed) = self.open().await?;
                note_refused(&mut tx, &deed, &shown.number, Side::Kindergarten, why).await?;
                tx.commit().await.map_err(Fault::from)?;
                Err(Refusal::Signature(why).into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// What is under none of the contracts, each with its reason. Journalled beside the person: there is no case.
    async fn refuse(&self, strays: &[&SignatureFile]) -> Result<Vec<Done>, Fault> {
        let Some(account) = self.actor.account().filter(|_| !strays.is_empty()) else { return Ok(vec![]) };
        let (mut tx, deed) = self.open().await?;
        let mut refused = Vec::new();
        for stray in strays {
            let why = eds::why_under_another(&stray.cms, &self.app.trust);
            let facts = facts!(Side: Side::Kindergarten.as_str(), Why: why.code());
            journal::on(&mut tx, &deed, What::RefuseSignature, account, facts).await?;
            let outcome = Outcome::Refused(Refusal::Signature(why).into());
            refused.push(Done { of: None, file: Some(stray.name.clone()), outcome });
        }
        tx.commit().await?;
        Ok(refused)
    }
}

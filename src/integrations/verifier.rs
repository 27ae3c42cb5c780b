//! Who is asked about a signature beside our own arithmetic: the authority about the certificate, NCANode about the
//! whole, or both (`SIGN_VERIFIER`). Our own policy is applied to every signature, whoever else is asked.
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::eds::Evidence;
use super::ncanode::Ncanode;
use super::revocation::{Patience, Revocations};
use crate::rules::signature::Standing;
pub use crate::rules::signature::VerifierMode;

#[derive(Debug)]
pub struct Verifier {
    pub mode: VerifierMode,
    pub revocations: Revocations,
    /// There where the mode asks it.
    pub ncanode: Option<Ncanode>,
}

/// What was heard about one signature: kept beside the verdict.
#[derive(Debug, Clone)]
pub struct Heard {
    pub standing: Standing,
    pub ocsp: Option<Vec<u8>>,
    pub answers: Value,
}

impl Heard {
    /// Nobody was asked.
    pub fn nothing() -> Self {
        Self { standing: Standing::Unknown, ocsp: None, answers: Value::Null }
    }
}

impl Verifier {
    /// Provider and version, kept with every verdict.
    pub fn name(&self) -> String {
        let own = concat!("balabaqsha ", env!("CARGO_PKG_VERSION"));
        if self.ncanode.is_some() {
            format!("{own}, NCANode v3 ({})", self.mode.as_str())
        } else {
            own.to_owned()
        }
    }

    /// Asks whom the mode names, all at once.
    pub async fn ask(
        &self,
        (cms, content): (&[u8], &[u8]),
        evidence: &Evidence,
        nonce: &[u8],
        now: DateTime<Utc>,
        patience: Patience,
    ) -> Heard {
        let authority = async {
            match self.mode.asks_authority() {
                true => self.revocations.ask(evidence, nonce, now, patience).await,
                false => self.revocations.ask_about_stamp(evidence, nonce, now, patience).await,
            }
        };
        let second = async {
            match &self.ncanode {
                Some(ncanode) => ncanode.ask(cms, content, evidence, patience).await,
                None => (Standing::Good, Value::Null),
            }
        };
        let (word, (opinion, said)) = tokio::join!(authority, second);
        Heard {
            standing: word.standing.and(opinion),
            ocsp: word.ocsp,
            answers: json!({ "revocation": word.facts, "ncanode": said }),
        }
    }
}

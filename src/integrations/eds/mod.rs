//! Electronic signatures (ЭЦҚ, ЭЦП): who signed these bytes, and may they.
//!
//! Verified here, in the process, without a C library: `openssl cms -verify` says yes to another contract's text,
//! another person's key and a look-alike authority. What is accepted, point by point, is in §3.5 of the design;
//! the functions below cite its points.
//!
//! Who withdrew which certificate is asked elsewhere (`integrations::revocation`) and judged here (`ocsp.rs`, `crl.rs`).
mod algorithm;
mod ber;
mod certificate;
pub mod crl;
mod evidence;
pub(crate) mod gost;
mod input;
mod merge;
pub mod ocsp;
pub(crate) mod oid;
mod signed;
#[cfg(test)]
mod tests;
mod trust;
mod tsp;

pub use algorithm::Algorithm;
pub use evidence::{Evidence, Subject};
pub use input::{MAX_SIGNATURE_BYTES, parse_input};
pub use merge::{is_over, merge};
pub use trust::{Trust, TrustError};

use crate::rules::signature::{Party, Revocation, SignatureRefusal, Signer, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use cms::signed_data::SignerInfo;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signed::Signed;
use x509_cert::Certificate;

/// How far ahead of the portal the signer's clock may run (point 4). It may be behind by any time: a downloaded
/// contract can be signed today and uploaded tomorrow.
const CLOCK_AHEAD: TimeDelta = TimeDelta::minutes(10);

/// Whether the uploaded `cms` (DER, PEM or base64) is `party`'s signature under `content`.
///
/// `at` is the moment of receipt: certificates are judged by it, unless a time stamp proves an earlier one. A `Verdict` whose revocation is
/// [`Revocation::Unchecked`] is not final: point 5 is then still open.
pub fn verify(
    cms: &[u8],
    content: &[u8],
    trust: &Trust,
    party: Party<'_>,
    at: DateTime<Utc>,
) -> Result<Verdict, SignatureRefusal> {
    let signed = Signed::parse(&parse_input(cms)?)?;
    signed.must_be_detached()?;
    let info = signed.only_signer()?;
    let certificate = signed.certificate_of(info)?;
    let stamp = tsp::stamp_of(info, trust, at);
    let time = trusted_time(&stamp, at);
    let chain = trust.chain_of(certificate, time);
    let signer = describe(info, certificate, chain.as_deref().unwrap_or_default(), &stamp);
    let revocation = judge(info, certificate, content, trust, chain, time)?;
    signer.must_act_for(party)?;
    stamp?;
    clock_must_not_be_ahead(&signer, at)?;
    Ok(Verdict { signer, revocation, judged_at: time, content_sha256: hex::encode(Sha256::digest(content)) })
}

/// Whether a file can be read as a signature at all; nothing is proved by that.
pub fn must_be_cms(cms: &[u8]) -> Result<(), SignatureRefusal> {
    Signed::parse(&parse_input(cms)?).map(|_| ())
}

/// Why a file is a signature under none of the documents it was brought with: what is wrong with it whatever it is
/// under, else that it is under another.
pub fn why_under_another(cms: &[u8], trust: &Trust) -> SignatureRefusal {
    let judged = || {
        let signed = Signed::parse(&parse_input(cms)?)?;
        signed.must_be_detached()?;
        let info = signed.only_signer()?;
        signed.certificate_of(info)?;
        trust.must_accept(signed::algorithm_of(info))
    };
    judged().err().unwrap_or(SignatureRefusal::ContentDiffers)
}

type Stamped = Result<Option<tsp::Stamp>, SignatureRefusal>;

/// Point 4: the time-stamping authority's clock, else the portal's at receipt.
fn trusted_time(stamp: &Stamped, at: DateTime<Utc>) -> DateTime<Utc> {
    stamp.as_ref().ok().and_then(Option::as_ref).map_or(at, |stamp| stamp.at)
}

/// What a signature file says, for `balabaqsha signature check`: one JSON object.
///
/// Asks only what can be asked without a contract: no party, any number of signers, a document inside the signature
/// or beside it. Valid when there is a signer and every one of them is proved.
pub fn check(cms: &[u8], content: Option<&[u8]>, trust: &Trust, at: DateTime<Utc>) -> Value {
    let findings =
        input::unwrap_armour(cms).and_then(|der| examine(&Signed::parse(&der)?, content, trust, at));
    let (signers, outcome) = match findings {
        Ok(findings) => {
            let outcome = match findings.is_empty() {
                true => Err(SignatureRefusal::NoSigner),
                false => findings.iter().try_for_each(|finding| finding.outcome.map(|_| ())),
            };
            (findings.iter().map(Finding::to_json).collect(), outcome)
        }
        Err(refusal) => (vec![], Err(refusal)),
    };
    json!({
        "verdict": if outcome.is_ok() { "valid" } else { "invalid" },
        "reason": outcome.err().map(SignatureRefusal::code),
        "signers": signers,
    })
}

/// What a signature says of the key that made it, each answer on its own: for the page on which a key is tried.
#[derive(Debug, Clone)]
pub struct KeyReport {
    pub signer: Signer,
    pub not_before: DateTime<Utc>,
    /// Issued by a pinned authority.
    pub trusted: bool,
}

/// Tries a key: `cms` must be one person's good signature under `content`, whatever its certificate is worth.
pub fn try_key(
    cms: &[u8],
    content: &[u8],
    trust: &Trust,
    at: DateTime<Utc>,
) -> Result<KeyReport, SignatureRefusal> {
    let signed = Signed::parse(&parse_input(cms)?)?;
    signed.must_be_detached()?;
    let info = signed.only_signer()?;
    let certificate = signed.certificate_of(info)?;
    trust.must_accept(signed::algorithm_of(info))?;
    signed::prove(info, certificate, content)?;
    let chain = trust.chain_of(certificate, at);
    Ok(KeyReport {
        signer: describe(info, certificate, chain.as_deref().unwrap_or_default(), &Ok(None)),
        not_before: certificate::not_before(certificate),
        trusted: chain.is_ok(),
    })
}

/// What was found out about one of the signers.
struct Finding {
    /// Absent when the signer's certificate is.
    signer: Option<Signer>,
    outcome: Result<Revocation, SignatureRefusal>,
}

impl Finding {
    /// The signer's fields, then what came of checking them.
    fn to_json(&self) -> Value {
        let mut fields = match &self.signer {
            Some(signer) => json!(signer),
            None => json!({
                "iin": null, "bin": null, "name": null, "algorithm": null, "key_usage": "unknown", "roles": [],
                "chain": [], "signed_at": null, "time_stamp": null, "serial": null, "not_after": null,
            }),
        };
        fields["revocation"] = json!(self.outcome.ok());
        fields["reason"] = json!(self.outcome.err().map(SignatureRefusal::code));
        fields
    }
}

/// Every signer on their own, over the document that the file carries or that was given beside it.
fn examine(
    signed: &Signed,
    given: Option<&[u8]>,
    trust: &Trust,
    at: DateTime<Utc>,
) -> Result<Vec<Finding>, SignatureRefusal> {
    let embedded = signed.embedded()?;
    let content = match (given, embedded.as_ref().map(|embedded| embedded.as_bytes())) {
        (Some(given), Some(embedded)) if given != embedded => Err(SignatureRefusal::ContentDiffers),
        (Some(content), _) | (None, Some(content)) => Ok(content),
        (None, None) => Err(SignatureRefusal::NoContent),
    };
    Ok(signed.signers().iter().map(|info| examine_one(signed, info, content, trust, at)).collect())
}

fn examine_one(
    signed: &Signed,
    info: &SignerInfo,
    content: Result<&[u8], SignatureRefusal>,
    trust: &Trust,
    at: DateTime<Utc>,
) -> Finding {
    let certificate = match signed.certificate_of(info) {
        Ok(certificate) => certificate,
        Err(refusal) => return Finding { signer: None, outcome: Err(refusal) },
    };
    let stamp = tsp::stamp_of(info, trust, at);
    let time = trusted_time(&stamp, at);
    let chain = trust.chain_of(certificate, time);
    let signer = describe(info, certificate, chain.as_deref().unwrap_or_default(), &stamp);
    let judged = content.and_then(|content| judge(info, certificate, content, trust, chain, time));
    let outcome = judged.and_then(|revocation| stamp.map(|_| revocation));
    Finding { signer: Some(signer), outcome }
}

/// Points 2 to 6, in the order in which a person would want to hear of them.
fn judge(
    info: &SignerInfo,
    certificate: &Certificate,
    content: &[u8],
    trust: &Trust,
    chain: Result<Vec<&Certificate>, SignatureRefusal>,
    at: DateTime<Utc>,
) -> Result<Revocation, SignatureRefusal> {
    trust.must_accept(signed::algorithm_of(info))?;
    signed::prove(info, certificate, content)?;
    let chain = chain?;
    trust::validity(certificate, at)?;
    let issuer = chain.first().ok_or(SignatureRefusal::NotTrusted)?;
    let revocation = trust.revocation(certificate, issuer, at)?;
    certificate::key_use(certificate).must_be_for_signing()?;
    Ok(revocation)
}

/// What the signature says of its maker: no more than a claim until `judge` has agreed.
fn describe(
    info: &SignerInfo,
    certificate: &Certificate,
    authorities: &[&Certificate],
    stamp: &Stamped,
) -> Signer {
    let chain = std::iter::once(&certificate).chain(authorities);
    Signer {
        iin: certificate::iin(certificate),
        bin: certificate::bin(certificate),
        name: certificate::common_name(certificate),
        algorithm: signed::algorithm_of(info).name().to_owned(),
        key_usage: certificate::key_use(certificate),
        roles: certificate::roles(certificate),
        chain: chain.map(|certificate| certificate::common_name(certificate)).collect(),
        signed_at: signed::signed_at(info),
        time_stamp: stamp.as_ref().ok().and_then(Option::as_ref).map(|stamp| stamp.at),
        serial: certificate::serial(certificate),
        not_after: certificate::not_after(certificate),
    }
}

/// Point 4: a signature from the future is made by a wrong clock or by someone preparing a story.
fn clock_must_not_be_ahead(signer: &Signer, at: DateTime<Utc>) -> Result<(), SignatureRefusal> {
    match signer.signed_at {
        Some(signed_at) if signed_at - at > CLOCK_AHEAD => Err(SignatureRefusal::SignedInFuture),
        _ => Ok(()),
    }
}

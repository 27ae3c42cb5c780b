//! The time-stamp token that a signature may carry (policy point 9; RFC 3161): when an authority, not the signer, saw it.
use super::algorithm::Algorithm;
use super::certificate::is_for;
use super::evidence::Subject;
use super::signed::{Signed, prove_over};
use super::trust::validity;
use super::{CLOCK_AHEAD, Trust, oid};
use crate::rules::signature::SignatureRefusal;
use chrono::{DateTime, NaiveDateTime, Utc};
use cms::signed_data::SignerInfo;
use der::asn1::{Int, ObjectIdentifier as Oid, OctetString};
use der::{Any, Decode, Encode, Header, Sequence, SliceReader, Tag, Tagged};
use spki::AlgorithmIdentifierOwned;

/// A verified time stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The authority's clock when it saw the signature.
    pub at: DateTime<Utc>,
    /// The token's bytes, to be kept.
    pub token: Vec<u8>,
    /// Whose clock it is.
    pub authority: Subject,
}

/// The time stamp of this signature; nothing when it carries none. One that does not hold is refused: a signature with a
/// false date is worse than one without.
pub fn stamp_of(
    signer: &SignerInfo,
    trust: &Trust,
    at: DateTime<Utc>,
) -> Result<Option<Stamp>, SignatureRefusal> {
    let attributes = signer.unsigned_attrs.iter().flat_map(|attributes| attributes.iter());
    let mut tokens = attributes.filter(|attribute| attribute.oid == oid::TIME_STAMP_TOKEN);
    let value = match (tokens.next().map(|one| one.values.as_slice()), tokens.next()) {
        (None, _) => return Ok(None),
        (Some([value]), None) => value,
        _ => return Err(SignatureRefusal::BadTimeStamp),
    };
    let token = value.to_der().map_err(|_| SignatureRefusal::BadTimeStamp)?;
    let stamped = verified(&token, signer.signature.as_bytes(), trust, at);
    let (at, authority) = stamped.ok_or(SignatureRefusal::BadTimeStamp)?;
    Ok(Some(Stamp { at, token, authority }))
}

/// When the token says that `signature` was seen, and who says so, if every part of it holds. Who withdrew the
/// authority's certificate is asked as of now: with its key anybody stamps what they like with yesterday's date.
fn verified(
    token: &[u8],
    signature: &[u8],
    trust: &Trust,
    at: DateTime<Utc>,
) -> Option<(DateTime<Utc>, Subject)> {
    let signed = Signed::parse_over(token, oid::TIME_STAMP_INFO).ok()?;
    let content = signed.embedded().ok()??;
    let info = StampInfo::read(content.as_bytes())?;
    let authority = signed.only_signer().ok()?;
    let certificate = signed.certificate_of(authority).ok()?;
    prove_over(authority, certificate, content.as_bytes(), oid::TIME_STAMP_INFO).ok()?;
    let chain = trust.chain_of(certificate, info.at).ok()?;
    let issuer = *chain.first()?;
    let digest = Algorithm::of_digest(info.imprint.algorithm.oid).digest(signature).ok()?;
    let holds = validity(certificate, info.at).is_ok()
        && trust.revocation(certificate, issuer, at).is_ok()
        && is_for(certificate, oid::TIME_STAMPING)
        && info.imprint.digest.as_bytes() == digest
        && info.at - at <= CLOCK_AHEAD;
    holds.then(|| (info.at, Subject { certificate: certificate.clone(), issuer: issuer.clone() }))
}

/// RFC 3161 §2.4.1.
#[derive(Sequence)]
struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

/// What of a TSTInfo is needed here. The moment may have a fraction of a second, which DER's reader does not take.
struct StampInfo {
    imprint: MessageImprint,
    at: DateTime<Utc>,
}

impl StampInfo {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(bytes).ok()?;
        Header::decode(&mut reader).ok()?;
        u8::decode(&mut reader).ok()?;
        Oid::decode(&mut reader).ok()?;
        let imprint = MessageImprint::decode(&mut reader).ok()?;
        Int::decode(&mut reader).ok()?;
        let time = Any::decode(&mut reader).ok().filter(|time| time.tag() == Tag::GeneralizedTime)?;
        let text = std::str::from_utf8(time.value()).ok()?;
        let at = NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S%.fZ").ok()?.and_utc();
        Some(Self { imprint, at })
    }
}

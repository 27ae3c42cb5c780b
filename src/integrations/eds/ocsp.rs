//! Asking an authority about one certificate, and judging the answer (policy point 5; RFC 6960).
//!
//! Believed is what the issuer itself has signed, or a responder whom the issuer has certified for that purpose; over
//! plain HTTP anybody could answer. Nothing here opens a connection: that is `integrations::revocation`.
use super::certificate::{is_for, is_understood, moment};
use super::trust::{has_issued, has_signed_bytes, validity};
use super::{input, oid};
use chrono::{DateTime, TimeDelta, Utc};
use der::asn1::OctetString;
use der::{Any, Decode, Encode, Header, Reader, SliceReader};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::time::Time;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse,
    OcspResponseStatus, Request, RevokedInfo, SingleResponse, TbsRequest,
};

/// The responder's clock and the portal's may differ by so much.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);
/// An answer that does not say until when it holds is believed for so long.
const HOLDS_FOR: TimeDelta = TimeDelta::hours(1);
/// An answer with the responder's chain takes a few KB.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What an authority says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Good,
    Revoked,
    /// RFC 6960 §2.2, the extended form: the authority never issued it.
    NeverIssued,
    /// It does not know.
    Unknown,
}

/// Why an answer is no answer: whoever asked knows as much as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("it is no OCSP answer")]
    NotOcsp,
    #[error("the responder refuses to answer")]
    Refused,
    #[error("it is signed by nobody whom the issuer has certified for that")]
    ForeignResponder,
    #[error("it is about another certificate")]
    OtherCertificate,
    #[error("it is too old, or from the future")]
    Stale,
    #[error("it answers another question")]
    OtherNonce,
}

/// A question about one certificate.
pub struct Question {
    about: CertId,
    nonce: Vec<u8>,
}

impl Question {
    /// Nothing when the certificates cannot be encoded again.
    pub fn new(certificate: &Certificate, issuer: &Certificate, nonce: &[u8]) -> Option<Self> {
        let issuer = &issuer.tbs_certificate;
        let digest = |bytes: &[u8]| OctetString::new(Sha256::digest(bytes).as_slice()).ok();
        let about = CertId {
            hash_algorithm: AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: Some(Any::null()) },
            issuer_name_hash: digest(&issuer.subject.to_der().ok()?)?,
            issuer_key_hash: digest(issuer.subject_public_key_info.subject_public_key.raw_bytes())?,
            serial_number: certificate.tbs_certificate.serial_number.clone(),
        };
        Some(Self { about, nonce: nonce.to_vec() })
    }

    /// The body of the request.
    pub fn to_der(&self) -> Option<Vec<u8>> {
        let value = OctetString::new(self.nonce.as_slice()).ok()?.to_der().ok()?;
        let nonce = Extension {
            extn_id: oid::OCSP_NONCE,
            critical: false,
            extn_value: OctetString::new(value).ok()?,
        };
        let request = Request { req_cert: self.about.clone(), single_request_extensions: None };
        let tbs_request = TbsRequest {
            request_list: vec![request],
            request_extensions: Some(vec![nonce]),
            ..TbsRequest::default()
        };
        OcspRequest { tbs_request, optional_signature: None }.to_der().ok()
    }

    /// What the answer says of the certificate, if it can be believed at `at`.
    pub fn judge(&self, answer: &[u8], issuer: &Certificate, at: DateTime<Utc>) -> Result<Said, NoAnswer> {
        let body = body_of(answer)?;
        let basic = BasicOcspResponse::from_der(&body).map_err(|_| NoAnswer::NotOcsp)?;
        let signed = signed_part(&body).ok_or(NoAnswer::NotOcsp)?;
        signer_must_be_known(&basic, signed, issuer, at)?;
        if basic.nonce().is_some_and(|nonce| nonce.0.as_bytes() != self.nonce) {
            return Err(NoAnswer::OtherNonce);
        }
        let mut answers = basic.tbs_response_data.responses.iter();
        let one = answers.find(|one| same(&one.cert_id, &self.about)).ok_or(NoAnswer::OtherCertificate)?;
        must_be_fresh(one, at)?;
        Ok(match &one.cert_status {
            CertStatus::Good(_) => Said::Good,
            CertStatus::Unknown(_) => Said::Unknown,
            CertStatus::Revoked(info) if was_never_issued(info) => Said::NeverIssued,
            CertStatus::Revoked(_) => Said::Revoked,
        })
    }
}

/// The basic answer inside the envelope.
fn body_of(answer: &[u8]) -> Result<Vec<u8>, NoAnswer> {
    if answer.len() > MAX_ANSWER_BYTES || input::must_be_modest(answer).is_err() {
        return Err(NoAnswer::NotOcsp);
    }
    let envelope = OcspResponse::from_der(answer).map_err(|_| NoAnswer::NotOcsp)?;
    if envelope.response_status != OcspResponseStatus::Successful {
        return Err(NoAnswer::Refused);
    }
    let bytes = envelope.response_bytes.ok_or(NoAnswer::NotOcsp)?.response.into_bytes();
    input::must_be_modest(&bytes).map_err(|_| NoAnswer::NotOcsp)?;
    Ok(bytes)
}

/// The bytes that the responder has signed, as they came.
fn signed_part(body: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(body).ok()?;
    Header::decode(&mut reader).ok()?;
    reader.tlv_bytes().ok()
}

/// The issuer itself, or whom it has certified to answer. By which name the responder calls itself does not matter: the
/// signature tells.
fn signer_must_be_known(
    basic: &BasicOcspResponse,
    signed: &[u8],
    issuer: &Certificate,
    at: DateTime<Utc>,
) -> Result<(), NoAnswer> {
    let delegates = basic.certs.as_deref().unwrap_or_default().iter().filter(|certificate| {
        is_for(certificate, oid::OCSP_SIGNING)
            && is_understood(certificate)
            && validity(certificate, at).is_ok()
            && has_issued(issuer, certificate)
    });
    let algorithm = basic.signature_algorithm.oid;
    let mut known = std::iter::once(issuer).chain(delegates);
    match known.any(|signer| has_signed_bytes(signer, algorithm, signed, &basic.signature)) {
        true => Ok(()),
        false => Err(NoAnswer::ForeignResponder),
    }
}

/// The parameters of the digest may be there or not; everything else is compared.
fn same(one: &CertId, other: &CertId) -> bool {
    one.hash_algorithm.oid == other.hash_algorithm.oid
        && one.issuer_name_hash == other.issuer_name_hash
        && one.issuer_key_hash == other.issuer_key_hash
        && one.serial_number == other.serial_number
}

fn must_be_fresh(one: &SingleResponse, at: DateTime<Utc>) -> Result<(), NoAnswer> {
    let since = time(one.this_update);
    let until = one.next_update.map_or(since + HOLDS_FOR, time);
    if since - CLOCKS_DIFFER <= at && at <= until + CLOCKS_DIFFER { Ok(()) } else { Err(NoAnswer::Stale) }
}

fn time(time: OcspGeneralizedTime) -> DateTime<Utc> {
    moment(Time::GeneralTime(time.0))
}

/// On hold since the beginning of time: a certificate that was never there (§3.3). Its date is shown to nobody.
fn was_never_issued(info: &RevokedInfo) -> bool {
    info.revocation_reason == Some(CrlReason::CertificateHold)
        && time(info.revocation_time) == DateTime::UNIX_EPOCH
}

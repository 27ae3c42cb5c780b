//! The authorities' services: who is revoked (OCSP and lists), and what time it is (RFC 6960, RFC 5280, RFC 3161).
use super::certificate::{revocation_list, time};
use super::signature::{around, with_unsigned};
use super::{Family, Pki, REVOKED_SERIAL};
use crate::integrations::eds::oid;
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use der::asn1::{BitString, Int, ObjectIdentifier as Oid, OctetString};
use der::{Any, Decode, Encode, Header, Reader, Sequence, SliceReader, Tag, Tagged};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::CrlReason;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, ResponderId,
    ResponseData, RevokedInfo, SingleResponse, Version,
};

/// An answer, or a list, holds so long: whoever meets a silent service has nothing to fall back on for longer.
const HOLDS_FOR: TimeDelta = TimeDelta::seconds(30);
/// A key that somebody lost is taken to have been revoked so long ago.
const REVOKED_SINCE: TimeDelta = TimeDelta::days(1);
const TIME_STAMP_POLICY: Oid = Oid::new_unwrap("1.2.398.3.3.2.6.2");

impl Pki {
    /// The names of the lists below `crl/`.
    pub fn list_names() -> [String; Family::ALL.len()] {
        Family::ALL.map(|family| format!("{}.crl", family.name()))
    }

    /// The responder's answer to an OCSP request; a broken one is told so.
    pub fn ocsp(&self, request: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        let Ok(request) = OcspRequest::from_der(request) else {
            return Ok(OcspResponse::malformed_request().to_der()?);
        };
        let asked: Vec<&CertId> =
            request.tbs_request.request_list.iter().map(|request| &request.req_cert).collect();
        let Some(first) = asked.first() else {
            return Ok(OcspResponse::malformed_request().to_der()?);
        };
        let family = self.family_of(first).unwrap_or_default();
        let (responder, key) = self.responder(family);
        let answers = asked.iter().map(|id| self.status(id, now));
        let extensions = request.tbs_request.request_extensions.unwrap_or_default();
        let nonce: Vec<_> = extensions.into_iter().filter(|one| one.extn_id == oid::OCSP_NONCE).collect();
        let data = ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByName(responder.tbs_certificate.subject.clone()),
            produced_at: moment(now)?,
            responses: answers.collect::<Result<_>>()?,
            response_extensions: (!nonce.is_empty()).then_some(nonce),
        };
        answer(data, responder, &|message| key.sign(message), key.signature_algorithm())
    }

    fn status(&self, id: &CertId, now: DateTime<Utc>) -> Result<SingleResponse> {
        let revoked = || -> Result<CertStatus> {
            Ok(CertStatus::Revoked(RevokedInfo {
                revocation_time: moment(now - REVOKED_SINCE)?,
                revocation_reason: Some(CrlReason::KeyCompromise),
            }))
        };
        let cert_status = match self.family_of(id) {
            None => CertStatus::unknown(),
            Some(_) if id.serial_number.as_bytes() == REVOKED_SERIAL => revoked()?,
            Some(_) => CertStatus::good(),
        };
        Ok(SingleResponse {
            cert_id: id.clone(),
            cert_status,
            this_update: moment(now)?,
            next_update: Some(moment(now + HOLDS_FOR)?),
            single_extensions: None,
        })
    }

    /// Whose certificate is asked about.
    fn family_of(&self, id: &CertId) -> Option<Family> {
        let digest = |bytes: &[u8]| Sha256::digest(bytes).to_vec();
        Family::ALL.into_iter().find(|family| {
            let issuer = &self.issuer(*family).certificate.tbs_certificate;
            let name = issuer.subject.to_der().map(|name| digest(&name)).unwrap_or_default();
            let key = digest(issuer.subject_public_key_info.subject_public_key.raw_bytes());
            id.issuer_name_hash.as_bytes() == name && id.issuer_key_hash.as_bytes() == key
        })
    }

    /// The list of whom this authority has revoked, as of now.
    pub fn list(&self, family: Family, now: DateTime<Utc>) -> Result<Vec<u8>> {
        let issuer = self.issuer(family);
        let mut tbs_cert_list = revocation_list(&issuer.certificate, &issuer.key)?.tbs_cert_list;
        tbs_cert_list.this_update = time(now)?;
        tbs_cert_list.next_update = Some(time(now + HOLDS_FOR)?);
        let signature = BitString::from_bytes(&issuer.key.sign(&tbs_cert_list.to_der()?)?)?;
        let signature_algorithm = issuer.key.signature_algorithm();
        Ok(CertificateList { tbs_cert_list, signature_algorithm, signature }.to_der()?)
    }

    /// The answer to a request for a time stamp.
    pub fn time_stamp(&self, request: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        let Ok((imprint, nonce)) = read_request(request) else {
            // PKIStatus 2: rejected.
            return Ok(Refused { status: vec![2] }.to_der()?);
        };
        let token = Any::from_der(&self.token(imprint, nonce, now)?)?;
        Ok(Granted { status: vec![0], token }.to_der()?)
    }

    fn token(&self, imprint: Imprint, nonce: Option<Int>, now: DateTime<Utc>) -> Result<Vec<u8>> {
        let family = match imprint.algorithm.oid {
            oid::STREEBOG_512 => Family::Gost,
            oid::GOST_94 => Family::Gost2004,
            _ => Family::Rsa,
        };
        let serial = Int::new(&now.timestamp_micros().to_be_bytes())?;
        let info = StampInfo {
            version: 1,
            policy: TIME_STAMP_POLICY,
            imprint,
            serial,
            at: moment(now)?.0,
            nonce,
        };
        let (certificate, key) = self.tsa(family);
        around(certificate.clone(), key, oid::TIME_STAMP_INFO, &info.to_der()?, now)
    }

    /// The same signature with a token that says that it was there at this moment.
    pub fn stamp(&self, cms: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        with_unsigned(cms, oid::TIME_STAMP_TOKEN, |signature| {
            let algorithm = AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: Some(Any::null()) };
            let digest = OctetString::new(Sha256::digest(signature).as_slice())?;
            self.token(Imprint { algorithm, digest }, None, now)
        })
    }
}

/// Signed by whoever answers, with the certificate that allows it.
fn answer(
    tbs_response_data: ResponseData,
    responder: &Certificate,
    sign: &dyn Fn(&[u8]) -> Result<Vec<u8>>,
    signature_algorithm: AlgorithmIdentifierOwned,
) -> Result<Vec<u8>> {
    let signature = BitString::from_bytes(&sign(&tbs_response_data.to_der()?)?)?;
    let certs = Some(vec![responder.clone()]);
    let basic = BasicOcspResponse { tbs_response_data, signature_algorithm, signature, certs };
    Ok(OcspResponse::successful(basic)?.to_der()?)
}

fn moment(at: DateTime<Utc>) -> Result<OcspGeneralizedTime> {
    Ok(OcspGeneralizedTime::from(time(at)?))
}

#[derive(Sequence)]
struct Imprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct StampInfo {
    version: u8,
    policy: Oid,
    imprint: Imprint,
    serial: Int,
    at: der::asn1::GeneralizedTime,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
}

#[derive(Sequence)]
struct Granted {
    status: Vec<u8>,
    token: Any,
}

#[derive(Sequence)]
struct Refused {
    status: Vec<u8>,
}

/// The imprint and the nonce of a request; which policy it would like does not matter here.
fn read_request(request: &[u8]) -> Result<(Imprint, Option<Int>)> {
    let mut reader = SliceReader::new(request)?;
    Header::decode(&mut reader)?;
    u8::decode(&mut reader)?;
    let imprint = Imprint::decode(&mut reader)?;
    while !reader.is_finished() {
        let value = Any::decode(&mut reader)?;
        if value.tag() == Tag::Integer {
            return Ok((imprint, Some(value.decode_as().context("the nonce")?)));
        }
    }
    Ok((imprint, None))
}

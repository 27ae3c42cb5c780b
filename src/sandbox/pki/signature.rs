//! A detached CMS as NCALayer makes it (§1.4 of the design).
use super::certificate::time;
use super::key::Key;
use crate::integrations::eds::oid;
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{ObjectIdentifier as Oid, OctetString, SetOfVec};
use der::{Any, Decode, Encode};
use sha2::Digest;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

/// `key`'s signature over `data` in DER; `others` are certificates that it brings along, to be believed or not.
pub fn detached(
    certificate: Certificate,
    others: Vec<Certificate>,
    key: &Key,
    data: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<u8>> {
    let signer = signer_info(&certificate, key, oid::ID_DATA, data, now)?;
    let nothing = EncapsulatedContentInfo { econtent_type: oid::ID_DATA, econtent: None };
    signed_data(signer, key, nothing, [vec![certificate], others].concat())
}

/// `key`'s signature around `data`, which is of this type.
pub fn around(
    certificate: Certificate,
    key: &Key,
    econtent_type: Oid,
    data: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<u8>> {
    let signer = signer_info(&certificate, key, econtent_type, data, now)?;
    let econtent = Some(Any::encode_from(&OctetString::new(data)?)?);
    signed_data(signer, key, EncapsulatedContentInfo { econtent_type, econtent }, vec![certificate])
}

/// The same signature with an attribute that nobody signs: a time-stamp token. `make` is given the signature's value.
pub fn with_unsigned(cms: &[u8], oid: Oid, make: impl FnOnce(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut content = ContentInfo::from_der(cms)?;
    let mut signed: SignedData = content.content.decode_as()?;
    let mut signer = signed.signer_infos.0.get(0).context("nobody has signed")?.clone();
    let value = Any::from_der(&make(signer.signature.as_bytes())?)?;
    signer.unsigned_attrs =
        Some(SetOfVec::try_from(vec![Attribute { oid, values: SetOfVec::try_from(vec![value])? }])?);
    signed.signer_infos = SignerInfos::try_from(vec![signer])?;
    content.content = Any::encode_from(&signed)?;
    Ok(content.to_der()?)
}

/// The signed attributes and the signature over them, in Kalkan's manner (§1.4).
fn signer_info(
    certificate: &Certificate,
    key: &Key,
    content_type: Oid,
    data: &[u8],
    now: DateTime<Utc>,
) -> Result<SignerInfo> {
    // SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } }: the digest algorithm is left at its default.
    let certificate_digest = OctetString::new(sha2::Sha256::digest(certificate.to_der()?).as_slice())?;
    let signed_attrs = SetOfVec::try_from(vec![
        attribute(oid::CONTENT_TYPE, &content_type)?,
        attribute(oid::SIGNING_TIME, &time(now)?)?,
        attribute(oid::MESSAGE_DIGEST, &OctetString::new(key.digest(data))?)?,
        attribute(oid::SIGNING_CERTIFICATE_V2, &vec![vec![vec![certificate_digest]]])?,
    ])?;
    let signature = OctetString::new(key.sign(&signed_attrs.to_der()?)?)?;
    Ok(SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: certificate.tbs_certificate.issuer.clone(),
            serial_number: certificate.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: key.digest_algorithm(),
        signed_attrs: Some(signed_attrs),
        signature_algorithm: key.signature_algorithm(),
        signature,
        unsigned_attrs: None,
    })
}

fn signed_data(
    signer: SignerInfo,
    key: &Key,
    encap_content_info: EncapsulatedContentInfo,
    certificates: Vec<Certificate>,
) -> Result<Vec<u8>> {
    let certificates = certificates.into_iter().map(CertificateChoices::Certificate).collect::<Vec<_>>();
    let signed = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![key.digest_algorithm()])?,
        encap_content_info,
        certificates: Some(CertificateSet::try_from(certificates)?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![signer])?,
    };
    let content = ContentInfo { content_type: oid::ID_SIGNED_DATA, content: Any::encode_from(&signed)? };
    Ok(content.to_der()?)
}

fn attribute(oid: Oid, value: &impl Encode) -> Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

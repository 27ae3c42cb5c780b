//! The CMS around a signature: who signed which bytes (policy points 1, 2 and 3).
use super::algorithm::Algorithm;
use super::{input, oid};
use crate::rules::signature::SignatureRefusal;
use chrono::{DateTime, Utc};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier as Oid, OctetString};
use der::{Any, Decode, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::time::Time;

/// A parsed CMS of the kind that signs plain data; nothing about it is proved yet.
pub struct Signed {
    data: SignedData,
}

impl Signed {
    /// Point 1: a SignedData over id-data, in strict DER.
    pub fn parse(der: &[u8]) -> Result<Self, SignatureRefusal> {
        Self::parse_over(der, oid::ID_DATA)
    }

    /// The same over another kind of content.
    pub fn parse_over(der: &[u8], content_type: Oid) -> Result<Self, SignatureRefusal> {
        input::must_be_modest(der)?;
        let content = ContentInfo::from_der(der).map_err(|_| SignatureRefusal::NotCms)?;
        if content.content_type != oid::ID_SIGNED_DATA {
            return Err(SignatureRefusal::NotCms);
        }
        let data: SignedData = content.content.decode_as().map_err(|_| SignatureRefusal::NotCms)?;
        if data.encap_content_info.econtent_type != content_type {
            return Err(SignatureRefusal::NotCms);
        }
        Ok(Self { data })
    }

    /// Point 1: the portal holds the document; a signature that brings its own would be about that one.
    pub fn must_be_detached(&self) -> Result<(), SignatureRefusal> {
        match self.data.encap_content_info.econtent {
            Some(_) => Err(SignatureRefusal::Attached),
            None => Ok(()),
        }
    }

    /// The document inside an attached signature.
    pub fn embedded(&self) -> Result<Option<OctetString>, SignatureRefusal> {
        let embedded = self.data.encap_content_info.econtent.as_ref();
        embedded.map(Any::decode_as).transpose().map_err(|_| SignatureRefusal::NotCms)
    }

    /// Point 1: exactly one person has signed.
    pub fn only_signer(&self) -> Result<&SignerInfo, SignatureRefusal> {
        match self.signers() {
            [] => Err(SignatureRefusal::NoSigner),
            [signer] => Ok(signer),
            _ => Err(SignatureRefusal::SeveralSigners),
        }
    }

    pub fn signers(&self) -> &[SignerInfo] {
        self.data.signer_infos.0.as_slice()
    }

    /// Point 1: the one certificate in the set that the signer points at. Two with the same issuer and number
    /// would let whoever wrote the file choose which of them is judged.
    pub fn certificate_of(&self, signer: &SignerInfo) -> Result<&Certificate, SignatureRefusal> {
        let set = self.data.certificates.as_ref().ok_or(SignatureRefusal::NoSignerCertificate)?;
        let mut matching = set.0.iter().filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) if points_at(&signer.sid, certificate) => {
                Some(certificate)
            }
            _ => None,
        });
        match (matching.next(), matching.next()) {
            (Some(certificate), None) => Ok(certificate),
            _ => Err(SignatureRefusal::NoSignerCertificate),
        }
    }
}

fn points_at(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    let certificate = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.issuer == certificate.issuer && id.serial_number == certificate.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            certificate.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own == *id)
        }
    }
}

/// The signer's algorithm by its two fields.
pub fn algorithm_of(signer: &SignerInfo) -> Algorithm {
    Algorithm::of_signer(signer.signature_algorithm.oid, signer.digest_alg.oid)
}

/// Points 2 and 3: `certificate`'s key has signed `content`.
pub fn prove(signer: &SignerInfo, certificate: &Certificate, content: &[u8]) -> Result<(), SignatureRefusal> {
    prove_over(signer, certificate, content, oid::ID_DATA)
}

/// The same for another kind of content.
pub fn prove_over(
    signer: &SignerInfo,
    certificate: &Certificate,
    content: &[u8],
    content_type: Oid,
) -> Result<(), SignatureRefusal> {
    let algorithm = algorithm_of(signer);
    if message_digest(signer)? != algorithm.digest(content)? {
        return Err(SignatureRefusal::ContentDiffers);
    }
    content_type_must_be(signer, content_type)?;
    signing_certificate_must_be(signer, certificate)?;
    signature_must_match(signer, certificate, algorithm)
}

/// Whether the signer speaks of `content`; nothing is proved by that.
pub fn is_over(signer: &SignerInfo, content: &[u8]) -> Result<bool, SignatureRefusal> {
    Ok(message_digest(signer)? == algorithm_of(signer).digest(content)?)
}

/// When the signer's own clock says it was signed.
pub fn signed_at(signer: &SignerInfo) -> Option<DateTime<Utc>> {
    let value = attribute(signer, oid::SIGNING_TIME).ok().flatten()?;
    Time::from_der(&value.to_der().ok()?).ok().map(super::certificate::moment)
}

/// Point 2: the digest of the signed document.
fn message_digest(signer: &SignerInfo) -> Result<Vec<u8>, SignatureRefusal> {
    let value = attribute(signer, oid::MESSAGE_DIGEST)?.ok_or(SignatureRefusal::BadAttributes)?;
    let digest: OctetString = value.decode_as().map_err(|_| SignatureRefusal::BadAttributes)?;
    Ok(digest.into_bytes())
}

/// Point 2: the signed content type equals the unsigned one, which anyone could have changed.
fn content_type_must_be(signer: &SignerInfo, content_type: Oid) -> Result<(), SignatureRefusal> {
    let value = attribute(signer, oid::CONTENT_TYPE)?.ok_or(SignatureRefusal::BadAttributes)?;
    match value.decode_as::<Oid>() {
        Ok(named) if named == content_type => Ok(()),
        _ => Err(SignatureRefusal::BadAttributes),
    }
}

/// Point 2: signingCertificateV2, if present, names this very certificate, so that another one with the same key
/// cannot be put in its place. NCANode leaves the attribute out.
fn signing_certificate_must_be(
    signer: &SignerInfo,
    certificate: &Certificate,
) -> Result<(), SignatureRefusal> {
    let Some(value) = attribute(signer, oid::SIGNING_CERTIFICATE_V2)? else { return Ok(()) };
    let named: SigningCertificateV2 = value.decode_as().map_err(|_| SignatureRefusal::BadAttributes)?;
    let first = named.certificates.first().ok_or(SignatureRefusal::BadAttributes)?;
    let digest = first.digest_algorithm.as_ref().map_or(oid::SHA256, |algorithm| algorithm.oid);
    let encoded = certificate.to_der().map_err(|_| SignatureRefusal::NotCms)?;
    if first.digest.as_bytes() != Algorithm::of_digest(digest).digest(&encoded)? {
        return Err(SignatureRefusal::BadAttributes);
    }
    Ok(())
}

/// Point 3: what is signed is the DER of the signed attributes as a SET (RFC 5652 §5.4).
fn signature_must_match(
    signer: &SignerInfo,
    certificate: &Certificate,
    algorithm: Algorithm,
) -> Result<(), SignatureRefusal> {
    let attributes = signer.signed_attrs.as_ref().ok_or(SignatureRefusal::BadAttributes)?;
    let message = attributes.to_der().map_err(|_| SignatureRefusal::BadAttributes)?;
    let key = &certificate.tbs_certificate.subject_public_key_info;
    algorithm.verify(key, &message, signer.signature.as_bytes())
}

/// The value of a signed attribute. One that comes twice, or with several values, could mean either.
fn attribute(signer: &SignerInfo, kind: Oid) -> Result<Option<&Any>, SignatureRefusal> {
    let attributes = signer.signed_attrs.as_ref().ok_or(SignatureRefusal::BadAttributes)?;
    let mut values =
        attributes.iter().filter(|attribute| attribute.oid == kind).map(|one| one.values.as_slice());
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some([value]), None) => Ok(Some(value)),
        _ => Err(SignatureRefusal::BadAttributes),
    }
}

/// RFC 5035 §3.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    _policies: Option<Any>,
}

/// RFC 5035 §4. Without an algorithm the digest is SHA-256; Kalkan leaves it out.
#[derive(Sequence)]
struct EssCertIdV2 {
    #[asn1(optional = "true")]
    digest_algorithm: Option<AlgorithmIdentifierOwned>,
    digest: OctetString,
    #[asn1(optional = "true")]
    _issuer_and_serial: Option<Any>,
}

//! A certification authority of the same shape as the national one, so that signing can be tried whole.
//!
//! It keeps five RSA keys: the root's, the issuing authority's, one of a look-alike authority that nobody trusts,
//! one shared by all people and one by all organisations. Making an RSA key takes seconds in a development build,
//! so nobody has a key of their own: what differs is the certificate, issued anew for every signature. That proves
//! nothing about the real world, where the key is the person; here only the certificate's path matters.
use crate::integrations::eds::oid;
use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{BitString, GeneralizedTime, ObjectIdentifier as Oid, OctetString, SetOfVec, UtcTime};
use der::referenced::OwnedToRef;
use der::{Any, Decode, DecodePem, Encode, EncodePem, Tag};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::CryptoRngCore;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{RsaPrivateKey, sha2::Sha256};
use serde::Deserialize;
use sha2::Digest;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use x509_cert::attr::{Attribute, AttributeTypeAndValue};
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

const ROOT_NAME: &str = "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) SANDBOX";
const AUTHORITY_NAME: &str = "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) SANDBOX";

const KEY_BITS: usize = 2048;

/// The authorities outlive any day to which the sandbox's clock may be moved.
const AUTHORITIES_FROM: &str = "2020-01-01T00:00:00Z";
const AUTHORITIES_UNTIL: &str = "2049-12-31T00:00:00Z";

/// A person's certificate is a month old when it signs, and is issued for a year.
const CERTIFICATE_AGE: TimeDelta = TimeDelta::days(30);
const CERTIFICATE_LIFE: TimeDelta = TimeDelta::days(365);
/// An expired one ran out over a month ago.
const EXPIRED_AGE: TimeDelta = TimeDelta::days(400);

/// All revoked certificates bear this number, so that one list, written once, names each of them.
const REVOKED_SERIAL: &[u8] = b"REVOKED";

const AUTHORITY_POLICY: Oid = Oid::new_unwrap("1.2.398.3.3.2");

/// Which of a person's keys signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// The right one.
    #[default]
    Sign,
    /// The one for signing in.
    Auth,
    Expired,
    Revoked,
    /// Issued by an authority with the right names and the wrong key.
    Foreign,
}

/// The person in front of the sandbox's NCALayer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub iin: String,
    pub surname: String,
    pub first_name: String,
    pub patronymic: Option<String>,
    /// Set when the key is an organisation's.
    pub organisation: Option<Organisation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub bin: String,
    pub name: String,
    pub position: Position,
}

/// What the holder may do for the organisation, by the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    Head,
    CanSign,
    Employee,
}

/// The sandbox's authorities, read from their directory.
pub struct Pki {
    trust_dir: PathBuf,
    authority: Issuer,
    foreign: Issuer,
    person: RsaPrivateKey,
    organisation: RsaPrivateKey,
}

/// An authority that issues to people, with the root above it.
struct Issuer {
    key: RsaPrivateKey,
    certificate: Certificate,
    root: Certificate,
}

impl Pki {
    /// Reads the authorities kept in `dir`, making them first if there are none.
    ///
    /// Made beside `dir` and renamed into place: of several processes starting at once the first wins and the rest
    /// use what it made. Fails when the directory cannot be written or holds something else.
    pub fn open(dir: &Path, rng: &mut impl CryptoRngCore) -> Result<Self> {
        if !dir.join("trust").is_dir() {
            create(dir, rng)?;
        }
        Ok(Self {
            trust_dir: dir.join("trust"),
            authority: Issuer {
                key: read_key(&dir.join("authority.key"))?,
                certificate: read_certificate(&dir.join("trust/authority.pem"))?,
                root: read_certificate(&dir.join("trust/root.pem"))?,
            },
            foreign: Issuer {
                key: read_key(&dir.join("foreign/authority.key"))?,
                certificate: read_certificate(&dir.join("foreign/authority.pem"))?,
                root: read_certificate(&dir.join("foreign/root.pem"))?,
            },
            person: read_key(&dir.join("person.key"))?,
            organisation: read_key(&dir.join("organisation.key"))?,
        })
    }

    /// The directory for `eds::Trust::load`: root, issuing authority, list of the revoked.
    pub fn trust_dir(&self) -> &Path {
        &self.trust_dir
    }

    /// A detached CMS over `data` as NCALayer makes it, in DER. Takes milliseconds.
    pub fn sign(&self, holder: &Holder, kind: KeyKind, data: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        let key = if holder.organisation.is_some() { &self.organisation } else { &self.person };
        let issuer = if kind == KeyKind::Foreign { &self.foreign } else { &self.authority };
        let certificate = issue_to(holder, kind, key, issuer, now)?;
        let signer = signer_info(&certificate, key, data, now)?;
        let mut certificates = vec![certificate];
        if kind == KeyKind::Foreign {
            certificates.extend([issuer.certificate.clone(), issuer.root.clone()]);
        }
        signed_data(signer, certificates)
    }
}

/// Makes the authorities in a directory beside `dir`, then moves it into place.
fn create(dir: &Path, rng: &mut impl CryptoRngCore) -> Result<()> {
    let parent = dir.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let taken = fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some());
    anyhow::ensure!(!taken, "{} is not empty and holds no sandbox keys", dir.display());
    let name = dir.file_name().context("the sandbox keys need a directory with a name")?;
    let draft = parent.join(format!(".{}.{:016x}", name.to_string_lossy(), rng.next_u64()));
    let made = write_authorities(&draft, rng);
    let moved = made.and_then(|()| Ok(fs::rename(&draft, dir)?));
    if moved.is_err() {
        fs::remove_dir_all(&draft).ok();
    }
    match moved {
        Err(_) if dir.join("trust").is_dir() => Ok(()),
        moved => moved.with_context(|| format!("cannot make the sandbox keys in {}", dir.display())),
    }
}

fn write_authorities(dir: &Path, rng: &mut impl CryptoRngCore) -> Result<()> {
    for dir in [dir, &dir.join("trust"), &dir.join("foreign")] {
        fs::DirBuilder::new().mode(0o700).create(dir)?;
    }
    let root_key = RsaPrivateKey::new(rng, KEY_BITS)?;
    let authority_key = RsaPrivateKey::new(rng, KEY_BITS)?;
    let root = authority_certificate(ROOT_NAME, &root_key, ROOT_NAME, &root_key)?;
    let authority = authority_certificate(AUTHORITY_NAME, &authority_key, ROOT_NAME, &root_key)?;
    write_key(&dir.join("root.key"), &root_key)?;
    write_key(&dir.join("authority.key"), &authority_key)?;
    write(&dir.join("trust/root.pem"), root.to_pem(LineEnding::LF)?.as_bytes())?;
    write(&dir.join("trust/authority.pem"), authority.to_pem(LineEnding::LF)?.as_bytes())?;
    write(&dir.join("trust/authority.crl"), &revocation_list(&authority, &authority_key)?.to_der()?)?;

    // The look-alike is its own root and authority with a single key: what matters is that the key is another.
    let foreign_key = RsaPrivateKey::new(rng, KEY_BITS)?;
    let root = authority_certificate(ROOT_NAME, &foreign_key, ROOT_NAME, &foreign_key)?;
    let authority = authority_certificate(AUTHORITY_NAME, &foreign_key, ROOT_NAME, &foreign_key)?;
    write_key(&dir.join("foreign/authority.key"), &foreign_key)?;
    write(&dir.join("foreign/root.pem"), root.to_pem(LineEnding::LF)?.as_bytes())?;
    write(&dir.join("foreign/authority.pem"), authority.to_pem(LineEnding::LF)?.as_bytes())?;

    write_key(&dir.join("person.key"), &RsaPrivateKey::new(rng, KEY_BITS)?)?;
    write_key(&dir.join("organisation.key"), &RsaPrivateKey::new(rng, KEY_BITS)?)
}

fn write_key(path: &Path, key: &RsaPrivateKey) -> Result<()> {
    write(path, key.to_pkcs8_pem(LineEnding::LF)?.as_bytes())
}

/// Readable by the owner only, from the first byte on.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(bytes)?)
}

fn read_key(path: &Path) -> Result<RsaPrivateKey> {
    let pem = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    RsaPrivateKey::from_pkcs8_pem(&pem).with_context(|| format!("{} is not a key", path.display()))
}

fn read_certificate(path: &Path) -> Result<Certificate> {
    let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Certificate::from_pem(pem).with_context(|| format!("{} is not a certificate", path.display()))
}

/// A root or an issuing authority: CA, keyCertSign, cRLSign.
fn authority_certificate(
    name: &str,
    key: &RsaPrivateKey,
    issuer_name: &str,
    issuer_key: &RsaPrivateKey,
) -> Result<Certificate> {
    let serial = SerialNumber::new(&serial_of(&[
        name.as_bytes(),
        &key.to_public_key().to_public_key_der()?.into_vec(),
    ]))?;
    let validity =
        Validity { not_before: constant(AUTHORITIES_FROM)?, not_after: constant(AUTHORITIES_UNTIL)? };
    let path_len_constraint = (name != issuer_name).then_some(0);
    let extensions = vec![
        extension(&BasicConstraints { ca: true, path_len_constraint })?,
        extension(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        extension(&policies(AUTHORITY_POLICY))?,
    ];
    certify(
        authority_name(name)?,
        key,
        serial,
        validity,
        extensions,
        authority_name(issuer_name)?,
        issuer_key,
    )
}

/// A certificate of a person, or of a person in an organisation, as §3.1 and §3.2 describe them.
fn issue_to(
    holder: &Holder,
    kind: KeyKind,
    key: &RsaPrivateKey,
    issuer: &Issuer,
    now: DateTime<Utc>,
) -> Result<Certificate> {
    let from = now - if kind == KeyKind::Expired { EXPIRED_AGE } else { CERTIFICATE_AGE };
    let validity = Validity { not_before: time(from)?, not_after: time(from + CERTIFICATE_LIFE)? };
    let subject = subject_name(holder)?;
    let serial = match kind {
        KeyKind::Revoked => SerialNumber::new(REVOKED_SERIAL)?,
        _ => SerialNumber::new(&serial_of(&[
            &subject.to_der()?,
            &roles(holder).to_der()?,
            format!("{kind:?} {from}").as_bytes(),
        ]))?,
    };
    let signs = kind != KeyKind::Auth;
    let usage = KeyUsages::DigitalSignature
        | if signs { KeyUsages::NonRepudiation } else { KeyUsages::KeyEncipherment };
    let purpose = if signs { oid::EMAIL_PROTECTION } else { oid::CLIENT_AUTHENTICATION };
    let extensions = vec![
        extension(&KeyUsage(usage))?,
        extension(&ExtendedKeyUsage([vec![purpose], roles(holder)].concat()))?,
        extension(&policies(holder_policy(holder, signs)))?,
    ];
    let issuer_name = issuer.certificate.tbs_certificate.subject.clone();
    certify(subject, key, serial, validity, extensions, issuer_name, &issuer.key)
}

/// Signs a certificate, adding the key identifiers that every one has.
fn certify(
    subject: Name,
    key: &RsaPrivateKey,
    serial_number: SerialNumber,
    validity: Validity,
    extensions: Vec<Extension>,
    issuer: Name,
    issuer_key: &RsaPrivateKey,
) -> Result<Certificate> {
    let subject_public_key_info = SubjectPublicKeyInfoOwned::from_key(key.to_public_key())?;
    let issuer_public_key_info = SubjectPublicKeyInfoOwned::from_key(issuer_key.to_public_key())?;
    let identifiers = vec![
        extension(&SubjectKeyIdentifier::try_from(subject_public_key_info.owned_to_ref())?)?,
        extension(&AuthorityKeyIdentifier::try_from(issuer_public_key_info.owned_to_ref())?)?,
    ];
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number,
        signature: sha256_with_rsa(),
        issuer,
        validity,
        subject,
        subject_public_key_info,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some([extensions, identifiers].concat()),
    };
    let signature = BitString::from_bytes(&rsa_sign(issuer_key, &tbs_certificate.to_der()?))?;
    Ok(Certificate { tbs_certificate, signature_algorithm: sha256_with_rsa(), signature })
}

/// The list that names every revoked certificate of the sandbox; never out of date.
fn revocation_list(authority: &Certificate, key: &RsaPrivateKey) -> Result<CertificateList> {
    let from = constant(AUTHORITIES_FROM)?;
    let revoked = RevokedCert {
        serial_number: SerialNumber::new(REVOKED_SERIAL)?,
        revocation_date: from,
        crl_entry_extensions: None,
    };
    let tbs_cert_list = TbsCertList {
        version: Version::V2,
        signature: sha256_with_rsa(),
        issuer: authority.tbs_certificate.subject.clone(),
        this_update: from,
        next_update: Some(constant(AUTHORITIES_UNTIL)?),
        revoked_certificates: Some(vec![revoked]),
        crl_extensions: None,
    };
    let signature = BitString::from_bytes(&rsa_sign(key, &tbs_cert_list.to_der()?))?;
    Ok(CertificateList { tbs_cert_list, signature_algorithm: sha256_with_rsa(), signature })
}

/// The signed attributes and the signature over them, in Kalkan's manner (§1.4).
fn signer_info(
    certificate: &Certificate,
    key: &RsaPrivateKey,
    data: &[u8],
    now: DateTime<Utc>,
) -> Result<SignerInfo> {
    // SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } }: the digest algorithm is left at its default.
    let certificate_digest = OctetString::new(sha2::Sha256::digest(certificate.to_der()?).as_slice())?;
    let signed_attrs = SetOfVec::try_from(vec![
        attribute(oid::CONTENT_TYPE, &oid::ID_DATA)?,
        attribute(oid::SIGNING_TIME, &time(now)?)?,
        attribute(oid::MESSAGE_DIGEST, &OctetString::new(sha2::Sha256::digest(data).as_slice())?)?,
        attribute(oid::SIGNING_CERTIFICATE_V2, &vec![vec![vec![certificate_digest]]])?,
    ])?;
    let signature = OctetString::new(rsa_sign(key, &signed_attrs.to_der()?))?;
    Ok(SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: certificate.tbs_certificate.issuer.clone(),
            serial_number: certificate.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: sha256(),
        signed_attrs: Some(signed_attrs),
        signature_algorithm: sha256_with_rsa(),
        signature,
        unsigned_attrs: None,
    })
}

fn signed_data(signer: SignerInfo, certificates: Vec<Certificate>) -> Result<Vec<u8>> {
    let certificates = certificates.into_iter().map(CertificateChoices::Certificate).collect::<Vec<_>>();
    let signed = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: oid::ID_DATA, econtent: None },
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

/// In the order of real certificates; "given name" holds the patronymic (§3.1).
fn subject_name(holder: &Holder) -> Result<Name> {
    let mut parts = vec![
        utf8(oid::COMMON_NAME, &format!("{} {}", holder.surname, holder.first_name))?,
        utf8(oid::SURNAME, &holder.surname)?,
        printable(oid::SERIAL_NUMBER, &format!("IIN{}", holder.iin))?,
        printable(oid::COUNTRY, "KZ")?,
    ];
    if let Some(patronymic) = &holder.patronymic {
        parts.push(utf8(oid::GIVEN_NAME, patronymic)?);
    }
    if let Some(organisation) = &holder.organisation {
        parts.push(utf8(oid::ORGANISATION, &organisation.name)?);
        parts.push(utf8(oid::ORGANISATIONAL_UNIT, &format!("BIN{}", organisation.bin))?);
    }
    name(parts)
}

fn authority_name(common_name: &str) -> Result<Name> {
    name(vec![utf8(oid::COMMON_NAME, common_name)?, printable(oid::COUNTRY, "KZ")?])
}

fn name(parts: Vec<AttributeTypeAndValue>) -> Result<Name> {
    let parts = parts.into_iter().map(|part| SetOfVec::try_from(vec![part]).map(RelativeDistinguishedName));
    Ok(x509_cert::name::RdnSequence(parts.collect::<der::Result<_>>()?))
}

fn utf8(oid: Oid, value: &str) -> Result<AttributeTypeAndValue> {
    Ok(AttributeTypeAndValue { oid, value: Any::new(Tag::Utf8String, value.as_bytes())? })
}

fn printable(oid: Oid, value: &str) -> Result<AttributeTypeAndValue> {
    Ok(AttributeTypeAndValue { oid, value: Any::new(Tag::PrintableString, value.as_bytes())? })
}

fn roles(holder: &Holder) -> Vec<Oid> {
    match holder.organisation.as_ref().map(|organisation| organisation.position) {
        None => vec![oid::INDIVIDUAL],
        Some(Position::Head) => vec![oid::LEGAL_ENTITY, oid::HEAD],
        Some(Position::CanSign) => vec![oid::LEGAL_ENTITY, oid::CAN_SIGN],
        Some(Position::Employee) => vec![oid::LEGAL_ENTITY, oid::EMPLOYEE],
    }
}

/// The certificate policy of each of the four kinds of end-entity certificate (§3.2).
fn holder_policy(holder: &Holder, signs: bool) -> Oid {
    match (holder.organisation.is_some(), signs) {
        (true, true) => Oid::new_unwrap("1.2.398.3.3.2.1"),
        (true, false) => Oid::new_unwrap("1.2.398.3.3.2.2"),
        (false, true) => Oid::new_unwrap("1.2.398.3.3.2.3"),
        (false, false) => Oid::new_unwrap("1.2.398.3.3.2.4"),
    }
}

fn policies(policy: Oid) -> CertificatePolicies {
    CertificatePolicies(vec![PolicyInformation { policy_identifier: policy, policy_qualifiers: None }])
}

fn extension(value: &impl AsExtension) -> Result<Extension> {
    Ok(value.to_extension(&Name::default(), &[])?)
}

/// The same facts have the same number: sixteen bytes of their digest, kept positive.
fn serial_of(facts: &[&[u8]]) -> [u8; 16] {
    let digest = facts.iter().fold(sha2::Sha256::new(), |digest, fact| digest.chain_update(fact)).finalize();
    let mut serial = [0; 16];
    serial.copy_from_slice(&digest[..16]);
    serial[0] = serial[0] & 0x7F | 0x40;
    serial
}

fn rsa_sign(key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
    SigningKey::<Sha256>::new(key.clone()).sign(message).to_vec()
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: Some(Any::null()) }
}

fn sha256_with_rsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: oid::SHA256_WITH_RSA, parameters: Some(Any::null()) }
}

fn constant(rfc3339: &str) -> Result<Time> {
    time(DateTime::parse_from_rfc3339(rfc3339)?.to_utc())
}

/// RFC 5280 §4.1.2.5: two-digit years up to 2049, four digits from then on.
fn time(moment: DateTime<Utc>) -> Result<Time> {
    let moment = der::DateTime::new(
        u16::try_from(moment.year())?,
        u8::try_from(moment.month())?,
        u8::try_from(moment.day())?,
        u8::try_from(moment.hour())?,
        u8::try_from(moment.minute())?,
        u8::try_from(moment.second())?,
    )?;
    match moment.year() {
        ..2050 => Ok(Time::UtcTime(UtcTime::from_date_time(moment)?)),
        _ => Ok(Time::GeneralTime(GeneralizedTime::from_date_time(moment))),
    }
}

/// One sandbox authority for all tests of a run: its five keys are the slow part.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::integrations::eds::Trust;
    use std::sync::OnceLock;

    pub struct TestPki {
        pub pki: Pki,
        pub trust: Trust,
    }

    pub fn test_pki() -> &'static TestPki {
        static PKI: OnceLock<TestPki> = OnceLock::new();
        PKI.get_or_init(|| {
            let home = tempfile::tempdir().unwrap();
            let pki = Pki::open(&home.path().join("pki"), &mut rsa::rand_core::OsRng).unwrap();
            let trust = Trust::load(pki.trust_dir()).unwrap();
            TestPki { pki, trust }
        })
    }

    pub fn mother() -> Holder {
        Holder {
            iin: "880515400127".to_owned(),
            surname: "АХМЕТОВА".to_owned(),
            first_name: "ӘЙГЕРІМ".to_owned(),
            patronymic: Some("СЕРІКҚЫЗЫ".to_owned()),
            organisation: None,
        }
    }

    pub fn kindergarten_worker(position: Position) -> Holder {
        let organisation =
            Organisation {
                bin: "990140000126".to_owned(), name: "№ 12 БӨБЕКЖАЙЫ".to_owned(), position
            };
        Holder { iin: "750101300450".to_owned(), organisation: Some(organisation), ..mother() }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn two_processes_starting_at_once_share_one_authority() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("deep/pki");
        let open = || Pki::open(&dir, &mut rsa::rand_core::OsRng).unwrap();
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(open);
            (open(), other.join().unwrap())
        });
        assert_eq!(one.authority.key, other.authority.key);
        assert_eq!(open().person, one.person);

        let left: Vec<_> =
            fs::read_dir(home.path().join("deep")).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["pki"], "drafts are cleared away");
        for key in ["root.key", "authority.key", "foreign/authority.key", "person.key", "organisation.key"] {
            assert_eq!(fs::metadata(dir.join(key)).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
        }
    }

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("diary.txt"), "dear").unwrap();
        assert!(Pki::open(home.path(), &mut rsa::rand_core::OsRng).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_subject_is_written_in_the_order_of_real_certificates() {
        let name = subject_name(&kindergarten_worker(Position::Head)).unwrap();
        let order: Vec<Oid> = name.0.iter().map(|part| part.0.as_slice()[0].oid).collect();
        assert_eq!(
            order,
            [
                oid::COMMON_NAME,
                oid::SURNAME,
                oid::SERIAL_NUMBER,
                oid::COUNTRY,
                oid::GIVEN_NAME,
                oid::ORGANISATION,
                oid::ORGANISATIONAL_UNIT
            ]
        );
    }

    #[test]
    fn the_words_of_the_address_name_the_keys() {
        let kinds: Vec<KeyKind> =
            serde_json::from_value(serde_json::json!(["sign", "auth", "expired", "revoked", "foreign"]))
                .unwrap();
        assert_eq!(
            kinds,
            [KeyKind::Sign, KeyKind::Auth, KeyKind::Expired, KeyKind::Revoked, KeyKind::Foreign]
        );
    }
}

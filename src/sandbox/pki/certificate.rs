//! Certificates and the list of the revoked, in the shape of the national authority's (§3.1, §3.2 of the design).
use super::key::Key;
use super::{Family, Holder, Issuer, KeyKind, Position};
use crate::integrations::eds::oid;
use anyhow::Result;
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use der::asn1::{
    BitString, GeneralizedTime, Ia5String, ObjectIdentifier as Oid, OctetString, SetOfVec, UtcTime,
};
use der::referenced::OwnedToRef;
use der::{Any, Encode, Tag};
use sha2::Digest;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

pub const ROOT_NAME: &str = "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) SANDBOX";

/// The authorities outlive any day to which the sandbox's clock may be moved.
const AUTHORITIES_FROM: &str = "2020-01-01T00:00:00Z";
const AUTHORITIES_UNTIL: &str = "2049-12-31T00:00:00Z";

/// A person's certificate is a month old when it signs, and is issued for a year.
const CERTIFICATE_AGE: TimeDelta = TimeDelta::days(30);
const CERTIFICATE_LIFE: TimeDelta = TimeDelta::days(365);
/// An expired one ran out over a month ago.
const EXPIRED_AGE: TimeDelta = TimeDelta::days(400);

/// All revoked certificates bear this number, so that one list, written once, names each of them.
pub const REVOKED_SERIAL: &[u8] = b"REVOKED";

/// The authority's, as its certificates say.
const TIME_STAMP_POLICY: Oid = Oid::new_unwrap("1.2.398.3.3.2.6.2");
const AUTHORITY_POLICY: Oid = Oid::new_unwrap("1.2.398.3.3.2");

/// A responder's own certificate need not be asked about (RFC 6960 §4.2.2.2.1).
const OCSP_NOCHECK: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// Where a certificate says that its issuer's services are.
const ACCESS_OCSP: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1");
const ACCESS_ISSUER: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.2");

const SURNAME: Oid = Oid::new_unwrap("2.5.4.4");
const COUNTRY: Oid = Oid::new_unwrap("2.5.4.6");
const ORGANISATION: Oid = Oid::new_unwrap("2.5.4.10");
/// The authority writes the patronymic into it.
const GIVEN_NAME: Oid = Oid::new_unwrap("2.5.4.42");

/// What an issuing authority is called.
pub fn authority_name(family: Family) -> &'static str {
    match family {
        Family::Rsa => "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) SANDBOX",
        Family::Gost => "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) SANDBOX",
        Family::Gost2004 => "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST 2004) SANDBOX",
        Family::Ecdsa => "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (ECDSA) SANDBOX",
    }
}

/// A root or an issuing authority: CA, keyCertSign, cRLSign.
pub fn authority_certificate(
    common_name: &str,
    key: &Key,
    issuer_name: &str,
    issuer_key: &Key,
) -> Result<Certificate> {
    let serial = SerialNumber::new(&serial_of(&[common_name.as_bytes(), &key.public()?.to_der()?]))?;
    let path_len_constraint = (common_name != issuer_name).then_some(0);
    let extensions = vec![
        extension(&BasicConstraints { ca: true, path_len_constraint })?,
        extension(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        extension(&policies(AUTHORITY_POLICY))?,
    ];
    let (subject, issuer) = (short_name(common_name)?, short_name(issuer_name)?);
    certify(subject, key, serial, whole_life()?, extensions, issuer, issuer_key)
}

/// The service that tells which certificates are revoked: it answers in its authority's name.
pub fn responder_certificate(key: &Key, issuer: &Issuer) -> Result<Certificate> {
    let extensions = vec![
        extension(&KeyUsage(KeyUsages::DigitalSignature.into()))?,
        extension(&ExtendedKeyUsage(vec![oid::OCSP_SIGNING]))?,
        Extension {
            extn_id: OCSP_NOCHECK,
            critical: false,
            extn_value: OctetString::new(Any::null().to_der()?)?,
        },
    ];
    service_certificate("OCSP RESPONDER SANDBOX", key, issuer, extensions)
}

/// The service that tells the time (RFC 3161 §2.3: its one purpose, and critical).
pub fn tsa_certificate(key: &Key, issuer: &Issuer) -> Result<Certificate> {
    let purpose = extension(&ExtendedKeyUsage(vec![oid::TIME_STAMPING]))?;
    let extensions = vec![
        extension(&KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation))?,
        Extension { critical: true, ..purpose },
        extension(&policies(TIME_STAMP_POLICY))?,
    ];
    service_certificate("TIME STAMP AUTHORITY SANDBOX", key, issuer, extensions)
}

fn service_certificate(
    common_name: &str,
    key: &Key,
    issuer: &Issuer,
    extensions: Vec<Extension>,
) -> Result<Certificate> {
    let serial = SerialNumber::new(&serial_of(&[common_name.as_bytes(), &key.public()?.to_der()?]))?;
    let issuer_name = issuer.certificate.tbs_certificate.subject.clone();
    certify(short_name(common_name)?, key, serial, whole_life()?, extensions, issuer_name, &issuer.key)
}

fn whole_life() -> Result<Validity> {
    Ok(Validity { not_before: constant(AUTHORITIES_FROM)?, not_after: constant(AUTHORITIES_UNTIL)? })
}

/// A certificate of a person, or of a person in an organisation, as §3.1 and §3.2 describe them.
pub fn issue_to(
    holder: &Holder,
    kind: KeyKind,
    key: &Key,
    issuer: &Issuer,
    services: &str,
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
        extension(&information(services, issuer)?)?,
        extension(&revocation_points(services, issuer)?)?,
    ];
    let issuer_name = issuer.certificate.tbs_certificate.subject.clone();
    certify(subject, key, serial, validity, extensions, issuer_name, &issuer.key)
}

/// Where the authority answers questions about its certificates, and where its own is.
fn information(services: &str, issuer: &Issuer) -> Result<AuthorityInfoAccessSyntax> {
    let at = |access_method, address: String| {
        Ok::<_, anyhow::Error>(AccessDescription { access_method, access_location: url(&address)? })
    };
    Ok(AuthorityInfoAccessSyntax(vec![
        at(ACCESS_ISSUER, format!("{services}/ca/{}.cer", issuer.key.family().name()))?,
        at(ACCESS_OCSP, format!("{services}/ocsp"))?,
    ]))
}

fn revocation_points(services: &str, issuer: &Issuer) -> Result<CrlDistributionPoints> {
    let list = url(&format!("{services}/crl/{}.crl", issuer.key.family().name()))?;
    Ok(CrlDistributionPoints(vec![DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![list])),
        reasons: None,
        crl_issuer: None,
    }]))
}

fn url(address: &str) -> Result<GeneralName> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(address)?))
}

/// Makes a certificate, adding the key identifiers that every one has.
fn certify(
    subject: Name,
    key: &Key,
    serial_number: SerialNumber,
    validity: Validity,
    extensions: Vec<Extension>,
    issuer: Name,
    issuer_key: &Key,
) -> Result<Certificate> {
    let subject_public_key_info = key.public()?;
    let identifiers = vec![
        extension(&SubjectKeyIdentifier::try_from(subject_public_key_info.owned_to_ref())?)?,
        extension(&AuthorityKeyIdentifier::try_from(issuer_key.public()?.owned_to_ref())?)?,
    ];
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number,
        signature: issuer_key.signature_algorithm(),
        issuer,
        validity,
        subject,
        subject_public_key_info,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some([extensions, identifiers].concat()),
    };
    sign(tbs_certificate, issuer_key)
}

pub fn sign(tbs_certificate: TbsCertificate, issuer_key: &Key) -> Result<Certificate> {
    let signature = BitString::from_bytes(&issuer_key.sign(&tbs_certificate.to_der()?)?)?;
    Ok(Certificate { tbs_certificate, signature_algorithm: issuer_key.signature_algorithm(), signature })
}

/// The list that names every revoked certificate of the sandbox; never out of date.
pub fn revocation_list(authority: &Certificate, key: &Key) -> Result<CertificateList> {
    let from = constant(AUTHORITIES_FROM)?;
    let revoked = RevokedCert {
        serial_number: SerialNumber::new(REVOKED_SERIAL)?,
        revocation_date: from,
        crl_entry_extensions: None,
    };
    let tbs_cert_list = TbsCertList {
        version: Version::V2,
        signature: key.signature_algorithm(),
        issuer: authority.tbs_certificate.subject.clone(),
        this_update: from,
        next_update: Some(constant(AUTHORITIES_UNTIL)?),
        revoked_certificates: Some(vec![revoked]),
        crl_extensions: None,
    };
    let signature = BitString::from_bytes(&key.sign(&tbs_cert_list.to_der()?)?)?;
    Ok(CertificateList { tbs_cert_list, signature_algorithm: key.signature_algorithm(), signature })
}

/// In the order of real certificates; "given name" holds the patronymic (§3.1).
fn subject_name(holder: &Holder) -> Result<Name> {
    let mut parts = vec![
        utf8(oid::COMMON_NAME, &format!("{} {}", holder.surname, holder.first_name))?,
        utf8(SURNAME, &holder.surname)?,
        printable(oid::SERIAL_NUMBER, &format!("IIN{}", holder.iin))?,
        printable(COUNTRY, "KZ")?,
    ];
    if let Some(patronymic) = &holder.patronymic {
        parts.push(utf8(GIVEN_NAME, patronymic)?);
    }
    if let Some(organisation) = &holder.organisation {
        parts.push(utf8(ORGANISATION, &organisation.name)?);
        parts.push(utf8(oid::ORGANISATIONAL_UNIT, &format!("BIN{}", organisation.bin))?);
    }
    name(parts)
}

fn short_name(common_name: &str) -> Result<Name> {
    name(vec![utf8(oid::COMMON_NAME, common_name)?, printable(COUNTRY, "KZ")?])
}

fn name(parts: Vec<AttributeTypeAndValue>) -> Result<Name> {
    let parts = parts.into_iter().map(|part| SetOfVec::try_from(vec![part]).map(RelativeDistinguishedName));
    Ok(RdnSequence(parts.collect::<der::Result<_>>()?))
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

fn constant(rfc3339: &str) -> Result<Time> {
    time(DateTime::parse_from_rfc3339(rfc3339)?.to_utc())
}

/// RFC 5280 §4.1.2.5: two-digit years up to 2049, four digits from then on.
pub fn time(moment: DateTime<Utc>) -> Result<Time> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::pki::testing::kindergarten_worker;

    #[test]
    fn the_subject_is_written_in_the_order_of_real_certificates() {
        let name = subject_name(&kindergarten_worker(Position::Head)).unwrap();
        let order: Vec<Oid> = name.0.iter().map(|part| part.0.as_slice()[0].oid).collect();
        assert_eq!(
            order,
            [
                oid::COMMON_NAME,
                SURNAME,
                oid::SERIAL_NUMBER,
                COUNTRY,
                GIVEN_NAME,
                ORGANISATION,
                oid::ORGANISATIONAL_UNIT
            ]
        );
    }
}

//! What a certificate of the Kazakh authority says about its holder (§3.1, §3.2; policy points 6 and 7).
use super::oid;
use crate::rules::signature::{KeyUse, Role};
use chrono::{DateTime, Utc};
use der::asn1::{ObjectIdentifier as Oid, PrintableStringRef, TeletexStringRef, Utf8StringRef};
use der::{Any, Tag, Tagged};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::time::Time;

/// Extensions whose meaning this verifier honours; a critical one outside the list forbids using the certificate.
const UNDERSTOOD_EXTENSIONS: [Oid; 4] =
    [oid::KEY_USAGE, oid::BASIC_CONSTRAINTS, oid::CERTIFICATE_POLICIES, oid::EXTENDED_KEY_USAGE];

/// The roles in the order in which people would name them.
const ROLES: [(Oid, Role); 7] = [
    (oid::INDIVIDUAL, Role::Individual),
    (oid::LEGAL_ENTITY, Role::Organisation),
    (oid::HEAD, Role::Head),
    (oid::CAN_SIGN, Role::CanSign),
    (oid::CAN_SIGN_FINANCIAL, Role::CanSignFinancial),
    (oid::HUMAN_RESOURCES, Role::HumanResources),
    (oid::EMPLOYEE, Role::Employee),
];

/// The subject's common name; empty when there is none.
pub fn common_name(certificate: &Certificate) -> String {
    subject_values(certificate, oid::COMMON_NAME).next().unwrap_or_default()
}

/// The holder's IIN: `IIN` and twelve digits in the subject's serial number. Its check digit is not judged here,
/// since the authority's own test certificates fail it.
pub fn iin(certificate: &Certificate) -> Option<String> {
    subject_values(certificate, oid::SERIAL_NUMBER).find_map(|value| number_after("IIN", &value))
}

/// The organisation's BIN: in the organisational unit, or, in certificates of systems, in the serial number.
pub fn bin(certificate: &Certificate) -> Option<String> {
    subject_values(certificate, oid::ORGANISATIONAL_UNIT)
        .chain(subject_values(certificate, oid::SERIAL_NUMBER))
        .find_map(|value| number_after("BIN", &value))
}

/// Policy point 6: a signing key has digitalSignature and nonRepudiation, and protects e-mail.
pub fn key_use(certificate: &Certificate) -> KeyUse {
    let purposes = purposes(certificate);
    let signs =
        key_usage(certificate).is_some_and(|usage| usage.digital_signature() && usage.non_repudiation());
    if signs && purposes.contains(&oid::EMAIL_PROTECTION) {
        KeyUse::Sign
    } else if purposes.contains(&oid::CLIENT_AUTHENTICATION) {
        KeyUse::Auth
    } else {
        KeyUse::Unknown
    }
}

/// The roles among the certificate's extended key usages.
pub fn roles(certificate: &Certificate) -> Vec<Role> {
    let purposes = purposes(certificate);
    ROLES.iter().filter(|(oid, _)| purposes.contains(oid)).map(|(_, role)| *role).collect()
}

/// The certificate's serial number in lower-case hexadecimal.
pub fn serial(certificate: &Certificate) -> String {
    hex::encode(certificate.tbs_certificate.serial_number.as_bytes())
}

pub fn not_before(certificate: &Certificate) -> DateTime<Utc> {
    moment(certificate.tbs_certificate.validity.not_before)
}

pub fn not_after(certificate: &Certificate) -> DateTime<Utc> {
    moment(certificate.tbs_certificate.validity.not_after)
}

/// An ASN.1 time as everyone else's; both of its forms stay within chrono's range.
pub fn moment(time: Time) -> DateTime<Utc> {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Policy point 4: whether the certificate may issue others, with `below` authorities between it and the signer.
///
/// `unsaid` is a yes from a certificate without key usage, as RFC 5280 §4.2.1.3 reads it.
pub fn is_authority(certificate: &Certificate, below: u8, unsaid: bool) -> bool {
    let constraints = certificate.tbs_certificate.get::<BasicConstraints>().ok().flatten();
    let may_issue = constraints.is_some_and(|(_, constraints)| {
        constraints.ca && constraints.path_len_constraint.is_none_or(|most| below <= most)
    });
    may_issue
        && match certificate.tbs_certificate.get::<KeyUsage>() {
            Ok(Some((_, usage))) => usage.key_cert_sign(),
            Ok(None) => unsaid,
            Err(_) => false,
        }
}

/// Whether its purposes name this one.
pub fn is_for(certificate: &Certificate, purpose: Oid) -> bool {
    purposes(certificate).contains(&purpose)
}

/// Whether the certificate may sign lists of revoked certificates.
pub fn may_revoke(certificate: &Certificate) -> bool {
    key_usage(certificate).is_some_and(|usage| usage.crl_sign())
}

/// Issued by itself: the end of a chain.
pub fn is_root(certificate: &Certificate) -> bool {
    certificate.tbs_certificate.subject == certificate.tbs_certificate.issuer
}

/// RFC 5280 §4.2: a critical extension that is not understood forbids the use of the certificate.
pub fn is_understood(certificate: &Certificate) -> bool {
    let extensions = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
    extensions
        .iter()
        .all(|extension| !extension.critical || UNDERSTOOD_EXTENSIONS.contains(&extension.extn_id))
}

/// Absent, repeated and unreadable are the same to everyone who asks: not allowed.
fn key_usage(certificate: &Certificate) -> Option<KeyUsage> {
    certificate.tbs_certificate.get::<KeyUsage>().ok().flatten().map(|(_, usage)| usage)
}

fn purposes(certificate: &Certificate) -> Vec<Oid> {
    let extension = certificate.tbs_certificate.get::<ExtendedKeyUsage>().ok().flatten();
    extension.map(|(_, usage)| usage.0).unwrap_or_default()
}

/// The subject's values of one attribute, in their order.
fn subject_values(certificate: &Certificate, attribute: Oid) -> impl Iterator<Item = String> {
    let names = certificate.tbs_certificate.subject.0.iter().flat_map(|name| name.0.iter());
    names.filter(move |name| name.oid == attribute).filter_map(|name| text(&name.value))
}

/// The text of an X.500 string; other kinds of value are nobody's name.
fn text(value: &Any) -> Option<String> {
    match value.tag() {
        Tag::Utf8String => value.decode_as::<Utf8StringRef<'_>>().ok().map(|text| text.as_str().to_owned()),
        Tag::PrintableString => {
            value.decode_as::<PrintableStringRef<'_>>().ok().map(|text| text.as_str().to_owned())
        }
        Tag::TeletexString => {
            value.decode_as::<TeletexStringRef<'_>>().ok().map(|text| text.as_str().to_owned())
        }
        Tag::BmpString => utf16(value.value()),
        _ => None,
    }
}

/// BMPString: big-endian UTF-16.
fn utf16(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> =
        bytes.chunks(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_be_bytes).collect();
    String::from_utf16(&units).ok()
}

/// `IIN123456789012` → `123456789012`: the prefix, then exactly twelve digits.
fn number_after(prefix: &str, value: &str) -> Option<String> {
    let digits = value.strip_prefix(prefix)?;
    (digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_prefix_and_twelve_digits() {
        assert_eq!(number_after("IIN", "IIN880515400127").as_deref(), Some("880515400127"));
        for wrong in
            ["880515400127", "IIN88051540012", "IIN8805154001277", "IIN88051540012x", "BIN880515400127"]
        {
            assert_eq!(number_after("IIN", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_read_from_every_kind_of_string() {
        let any = |tag, bytes: &[u8]| Any::new(tag, bytes).unwrap();
        assert_eq!(text(&any(Tag::Utf8String, "ӘЛІ".as_bytes())).as_deref(), Some("ӘЛІ"));
        assert_eq!(text(&any(Tag::PrintableString, b"KZ")).as_deref(), Some("KZ"));
        assert_eq!(text(&any(Tag::BmpString, &[0x04, 0x10])).as_deref(), Some("А"));
        assert_eq!(text(&any(Tag::Integer, &[1])), None);
    }
}

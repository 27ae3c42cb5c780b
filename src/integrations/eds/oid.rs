//! Object identifiers met in Kazakh signatures (§3.2 of the design).
use der::asn1::ObjectIdentifier as Oid;

// CMS (RFC 5652, RFC 5035).
pub const ID_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
pub const ID_SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
pub const CONTENT_TYPE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.3");
pub const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
pub const SIGNING_TIME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.5");
pub const SIGNING_CERTIFICATE_V2: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.47");
pub const TIME_STAMP_TOKEN: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.14");
pub const TIME_STAMP_INFO: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.1.4");

// Digests.
pub const MD5: Oid = Oid::new_unwrap("1.2.840.113549.2.5");
pub const SHA1: Oid = Oid::new_unwrap("1.3.14.3.2.26");
pub const SHA256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");

pub const GOST_94: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.1");
pub const STREEBOG_512: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.3");

// Keys and their curves.
pub const GOST_2004_KEY: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.1.1");
pub const GOST_2004_CURVE: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.1.1.1");
pub const GOST_2015_512_KEY: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.2");
pub const GOST_2015_512_CURVE: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.2.1");

// Signatures.
pub const RSA_ENCRYPTION: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
pub const MD5_WITH_RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.4");
pub const SHA1_WITH_RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.5");
pub const SHA256_WITH_RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");
pub const ECDSA_WITH_SHA256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");
pub const GOST_2004: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.1.2");
pub const GOST_2015_256: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.3.1");
pub const GOST_2015_512: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.3.2");

// Attributes of a subject's name.
pub const COMMON_NAME: Oid = Oid::new_unwrap("2.5.4.3");
pub const SERIAL_NUMBER: Oid = Oid::new_unwrap("2.5.4.5");
pub const ORGANISATIONAL_UNIT: Oid = Oid::new_unwrap("2.5.4.11");

// Certificate extensions.
pub const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
pub const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
pub const CERTIFICATE_POLICIES: Oid = Oid::new_unwrap("2.5.29.32");
pub const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
pub const DELTA_LIST: Oid = Oid::new_unwrap("2.5.29.27");
pub const LIST_REASON: Oid = Oid::new_unwrap("2.5.29.21");

// Answers about revocation (RFC 6960).
pub const OCSP_NONCE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.2");

// Extended key usage: purposes, then roles of the Kazakh authority.
pub const CLIENT_AUTHENTICATION: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
pub const EMAIL_PROTECTION: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
pub const TIME_STAMPING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");
pub const OCSP_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.9");
pub const INDIVIDUAL: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.1");
pub const LEGAL_ENTITY: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2");
pub const HEAD: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.1");
pub const CAN_SIGN: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.2");
pub const CAN_SIGN_FINANCIAL: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.3");
pub const HUMAN_RESOURCES: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.4");
pub const EMPLOYEE: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.5");

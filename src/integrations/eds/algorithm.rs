//! The families of signature algorithms, one arm of a match for each (policy point 3).
//!
//! RSA with SHA-256 and both Kazakh standards are verified; ECDSA is for tests ([`Algorithm::is_for_tests`]). GOST
//! of 256 bits is recognised by name, so that the refusal is an honest one: nobody has seen such a certificate.
use super::gost::{CRYPTO_PRO_A, Curve, TC26_512_A};
use super::oid;
use crate::rules::signature::SignatureRefusal;
use der::asn1::{ObjectIdentifier as Oid, OctetString};
use der::{Any, Decode, Encode};
use p256::ecdsa::{DerSignature, VerifyingKey as EcdsaKey};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use rsa::{RsaPublicKey, sha2::Sha256};
use sha2::Digest;
use spki::SubjectPublicKeyInfoOwned;

/// The authority issues RSA keys of 2048 bits; anything shorter can be forged.
const SHORTEST_RSA_BITS: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    RsaSha256,
    /// RSA over SHA-1 or MD5: both can be made to collide.
    RsaBrokenDigest,
    /// Another key over them.
    BrokenDigest,
    EcdsaSha256,
    Gost2004,
    Gost2015Short,
    Gost2015Long,
    Unknown,
}

impl Algorithm {
    /// What a signer used. `rsaEncryption` leaves the digest to its own field (OpenSSL writes it so), and Bouncy
    /// Castle, from which Kalkan descends, names a key's kind in the same way.
    pub fn of_signer(signature: Oid, digest: Oid) -> Self {
        match (signature, digest) {
            (oid::SHA1_WITH_RSA | oid::MD5_WITH_RSA, _) => Self::RsaBrokenDigest,
            (oid::RSA_ENCRYPTION | oid::SHA256_WITH_RSA, oid::SHA1 | oid::MD5) => Self::RsaBrokenDigest,
            (_, oid::SHA1 | oid::MD5) => Self::BrokenDigest,
            (oid::RSA_ENCRYPTION | oid::SHA256_WITH_RSA, oid::SHA256) => Self::RsaSha256,
            (oid::ECDSA_WITH_SHA256, oid::SHA256) => Self::EcdsaSha256,
            (oid::GOST_2004 | oid::GOST_2004_KEY, oid::GOST_94) => Self::Gost2004,
            (oid::GOST_2015_256, _) => Self::Gost2015Short,
            (oid::GOST_2015_512 | oid::GOST_2015_512_KEY, oid::STREEBOG_512) => Self::Gost2015Long,
            _ => Self::Unknown,
        }
    }

    /// What a bare identifier of a digest says (certificates are named by theirs in signed attributes).
    pub fn of_digest(digest: Oid) -> Self {
        match digest {
            oid::SHA256 => Self::RsaSha256,
            oid::GOST_94 => Self::Gost2004,
            oid::STREEBOG_512 => Self::Gost2015Long,
            _ => Self::of_signer(digest, digest),
        }
    }

    /// What a certificate or a revocation list is signed with: one identifier names both key and digest.
    pub fn of_certificate(signature: Oid) -> Self {
        match signature {
            oid::RSA_ENCRYPTION => Self::Unknown,
            oid::GOST_2004 => Self::Gost2004,
            oid::GOST_2015_512 => Self::Gost2015Long,
            _ => Self::of_signer(signature, oid::SHA256),
        }
    }

    /// Nobody in Kazakhstan signs contracts with it; [`Trust::with_ecdsa`](super::Trust::with_ecdsa) allows it.
    pub fn is_for_tests(self) -> bool {
        self == Self::EcdsaSha256
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaBrokenDigest => "RSA-SHA1",
            Self::BrokenDigest => "SHA1",
            Self::EcdsaSha256 => "ECDSA-SHA256",
            Self::Gost2004 => "GOST34310-2004",
            Self::Gost2015Short => "GOST3410-2015-256",
            Self::Gost2015Long => "GOST3410-2015-512",
            Self::Unknown => "unknown",
        }
    }

    /// The digest of a document or of signed attributes (policy point 2).
    pub fn digest(self, message: &[u8]) -> Result<Vec<u8>, SignatureRefusal> {
        match self {
            Self::RsaSha256 | Self::EcdsaSha256 => Ok(sha2::Sha256::digest(message).to_vec()),
            Self::Gost2004 => Ok(gost94::Gost94Test::digest(message).to_vec()),
            Self::Gost2015Long => Ok(streebog::Streebog512::digest(message).to_vec()),
            _ => Err(self.refusal()),
        }
    }

    /// Whether `signature` over `message` was made with the private half of `key` (policy point 3).
    pub fn verify(
        self,
        key: &SubjectPublicKeyInfoOwned,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureRefusal> {
        match self {
            Self::RsaSha256 => verify_rsa(key, message, signature),
            Self::EcdsaSha256 => verify_ecdsa(key, message, signature),
            Self::Gost2004 => {
                let key = gost_key(key, oid::GOST_2004_KEY, oid::GOST_2004_CURVE)?;
                self.verify_gost(&CRYPTO_PRO_A, &key, message, signature)
            }
            Self::Gost2015Long => {
                let key = gost_key(key, oid::GOST_2015_512_KEY, oid::GOST_2015_512_CURVE)?;
                self.verify_gost(&TC26_512_A, &key, message, signature)
            }
            _ => Err(self.refusal()),
        }
    }

    fn verify_gost(
        self,
        curve: &Curve,
        key: &OctetString,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureRefusal> {
        let valid = curve.verify(key.as_bytes(), &self.digest(message)?, signature);
        if valid { Ok(()) } else { Err(SignatureRefusal::BadSignature) }
    }

    /// Why a family that is not verified here is refused.
    fn refusal(self) -> SignatureRefusal {
        match self {
            Self::RsaBrokenDigest | Self::BrokenDigest => SignatureRefusal::WeakAlgorithm,
            _ => SignatureRefusal::UnsupportedAlgorithm,
        }
    }
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
fn verify_rsa(
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureRefusal> {
    let encoded = key.to_der().map_err(|_| SignatureRefusal::UnsupportedAlgorithm)?;
    let key =
        RsaPublicKey::from_public_key_der(&encoded).map_err(|_| SignatureRefusal::UnsupportedAlgorithm)?;
    if key.n().bits() < SHORTEST_RSA_BITS {
        return Err(SignatureRefusal::WeakAlgorithm);
    }
    let signature = Signature::try_from(signature).map_err(|_| SignatureRefusal::BadSignature)?;
    VerifyingKey::<Sha256>::new(key).verify(message, &signature).map_err(|_| SignatureRefusal::BadSignature)
}

/// ECDSA over P-256 with SHA-256.
fn verify_ecdsa(
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureRefusal> {
    let encoded = key.to_der().map_err(|_| SignatureRefusal::UnsupportedAlgorithm)?;
    let key = EcdsaKey::from_public_key_der(&encoded).map_err(|_| SignatureRefusal::UnsupportedAlgorithm)?;
    let signature = DerSignature::try_from(signature).map_err(|_| SignatureRefusal::BadSignature)?;
    key.verify(message, &signature).map_err(|_| SignatureRefusal::BadSignature)
}

/// The public key inside its two wrappings, if it is of this kind and on this curve.
fn gost_key(key: &SubjectPublicKeyInfoOwned, kind: Oid, curve: Oid) -> Result<OctetString, SignatureRefusal> {
    let on_curve =
        key.algorithm.parameters.as_ref().is_some_and(|parameters| named_curve(parameters) == Some(curve));
    if key.algorithm.oid != kind || !on_curve {
        return Err(SignatureRefusal::UnsupportedAlgorithm);
    }
    let bytes = key.subject_public_key.as_bytes().ok_or(SignatureRefusal::UnsupportedAlgorithm)?;
    OctetString::from_der(bytes).map_err(|_| SignatureRefusal::UnsupportedAlgorithm)
}

/// A key's parameters are its curve, or a list that the curve begins and the digest follows.
fn named_curve(parameters: &Any) -> Option<Oid> {
    let listed = parameters.decode_as::<Vec<Any>>();
    listed.as_ref().ok().and_then(|listed| listed.first()).unwrap_or(parameters).decode_as().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_digest_is_named_whatever_the_signature_field_says() {
        for (signature, digest) in [
            (oid::RSA_ENCRYPTION, oid::SHA1),
            (oid::RSA_ENCRYPTION, oid::MD5),
            (oid::SHA1_WITH_RSA, oid::SHA1),
            (oid::SHA1_WITH_RSA, oid::SHA256),
            (oid::SHA256_WITH_RSA, oid::SHA1),
        ] {
            let algorithm = Algorithm::of_signer(signature, digest);
            assert_eq!(algorithm.digest(b"text"), Err(SignatureRefusal::WeakAlgorithm));
        }
    }

    #[test]
    fn kazakh_families_have_their_names() {
        for (signature, name) in [
            (oid::GOST_2004, "GOST34310-2004"),
            (oid::GOST_2015_256, "GOST3410-2015-256"),
            (oid::GOST_2015_512, "GOST3410-2015-512"),
        ] {
            assert_eq!(Algorithm::of_certificate(signature).name(), name);
        }
        let short = Algorithm::of_certificate(oid::GOST_2015_256);
        assert_eq!(short.digest(b"text"), Err(SignatureRefusal::UnsupportedAlgorithm));
    }

    #[test]
    fn a_digest_of_another_family_is_not_understood() {
        for (signature, digest) in [
            (oid::GOST_2015_512, oid::SHA256),
            (oid::GOST_2015_512, oid::GOST_94),
            (oid::GOST_2004, oid::STREEBOG_512),
            (oid::RSA_ENCRYPTION, oid::STREEBOG_512),
            (oid::ECDSA_WITH_SHA256, oid::GOST_94),
        ] {
            assert_eq!(Algorithm::of_signer(signature, digest), Algorithm::Unknown);
        }
    }

    #[test]
    fn a_signer_may_name_the_kind_of_key_and_the_digest_apart() {
        let of_signer = Algorithm::of_signer;
        assert_eq!(of_signer(oid::GOST_2015_512_KEY, oid::STREEBOG_512), Algorithm::Gost2015Long);
        assert_eq!(of_signer(oid::GOST_2004_KEY, oid::GOST_94), Algorithm::Gost2004);
    }

    #[test]
    fn a_certificate_signed_with_a_bare_key_identifier_is_not_understood() {
        for key in [oid::RSA_ENCRYPTION, oid::GOST_2004_KEY, oid::GOST_2015_512_KEY] {
            assert_eq!(Algorithm::of_certificate(key), Algorithm::Unknown);
        }
    }
}

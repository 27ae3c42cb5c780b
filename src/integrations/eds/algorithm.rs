//! The families of signature algorithms, one arm of a match for each (policy point 3).
//!
//! RSA with SHA-256 is verified. The others are recognised by name, so that the refusal is an honest one,
//! and have their place here: adding a family is an arm in `digest` and one in `verify`.
use super::oid;
use crate::rules::signature::SignatureRefusal;
use der::{Encode, asn1::ObjectIdentifier as Oid};
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
    EcdsaSha256,
    Gost2004,
    Gost2015Short,
    Gost2015Long,
    Unknown,
}

impl Algorithm {
    /// What a signer used. `rsaEncryption` leaves the digest to its own field (OpenSSL writes it so).
    pub fn of_signer(signature: Oid, digest: Oid) -> Self {
        match (signature, digest) {
            (oid::RSA_ENCRYPTION | oid::SHA256_WITH_RSA, oid::SHA256) => Self::RsaSha256,
            (oid::RSA_ENCRYPTION | oid::SHA256_WITH_RSA, oid::SHA1 | oid::MD5) => Self::RsaBrokenDigest,
            (oid::SHA1_WITH_RSA | oid::MD5_WITH_RSA, _) => Self::RsaBrokenDigest,
            (oid::ECDSA_WITH_SHA256, oid::SHA256) => Self::EcdsaSha256,
            (oid::GOST_2004, _) => Self::Gost2004,
            (oid::GOST_2015_256, _) => Self::Gost2015Short,
            (oid::GOST_2015_512, _) => Self::Gost2015Long,
            _ => Self::Unknown,
        }
    }

    /// What a certificate or a revocation list is signed with: one identifier names both key and digest.
    pub fn of_certificate(signature: Oid) -> Self {
        match signature {
            oid::RSA_ENCRYPTION => Self::Unknown,
            _ => Self::of_signer(signature, oid::SHA256),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaBrokenDigest => "RSA-SHA1",
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
            Self::RsaSha256 => Ok(sha2::Sha256::digest(message).to_vec()),
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
            _ => Err(self.refusal()),
        }
    }

    /// Why a family that is not verified here is refused.
    fn refusal(self) -> SignatureRefusal {
        match self {
            Self::RsaBrokenDigest => SignatureRefusal::WeakAlgorithm,
            _ => SignatureRefusal::UnsupportedAlgorithm,
        }
    }
}

/// The digest of this name, where it is one that is trusted here.
pub fn digest_by(digest: Oid, message: &[u8]) -> Option<Vec<u8>> {
    match digest {
        oid::SHA256 => Some(sha2::Sha256::digest(message).to_vec()),
        _ => None,
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
    fn kazakh_families_are_recognised_before_they_are_verified() {
        for (signature, name) in [
            (oid::GOST_2004, "GOST34310-2004"),
            (oid::GOST_2015_256, "GOST3410-2015-256"),
            (oid::GOST_2015_512, "GOST3410-2015-512"),
        ] {
            let algorithm = Algorithm::of_certificate(signature);
            assert_eq!(algorithm.name(), name);
            assert_eq!(algorithm.digest(b"text"), Err(SignatureRefusal::UnsupportedAlgorithm));
        }
    }

    #[test]
    fn a_certificate_signed_with_a_bare_key_identifier_is_not_understood() {
        assert_eq!(Algorithm::of_certificate(oid::RSA_ENCRYPTION), Algorithm::Unknown);
    }
}

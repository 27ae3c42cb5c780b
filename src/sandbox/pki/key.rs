//! Keys of every family that the verifier knows, each signing in the manner of Kazakh certificates (§3.2).
use crate::integrations::eds::gost::{CRYPTO_PRO_A, Curve, TC26_512_A};
use crate::integrations::eds::oid;
use anyhow::{Context, Result};
use der::asn1::{BitString, ObjectIdentifier as Oid, OctetString};
use der::{Any, Encode};
use p256::ecdsa::DerSignature;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::CryptoRngCore;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use serde::Deserialize;
use sha2::{Digest, Sha512};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const RSA_BITS: usize = 2048;

/// The CryptoPro-A curve's digest, as a parameter of old keys.
const GOST_94_PARAMETERS: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.1.1.0");

/// What a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    #[default]
    Rsa,
    /// GOST R 34.10-2015 of 512 bits: what the national authority has issued since 2024.
    Gost,
    Gost2004,
    /// Nobody in Kazakhstan signs with it, and the portal refuses it.
    Ecdsa,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::Rsa, Self::Gost, Self::Gost2004, Self::Ecdsa];

    /// The word of the sandbox's addresses, and of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Gost => "gost",
            Self::Gost2004 => "gost2004",
            Self::Ecdsa => "ecdsa",
        }
    }

    fn curve(self) -> &'static Curve {
        if self == Self::Gost2004 { &CRYPTO_PRO_A } else { &TC26_512_A }
    }

    fn digest_oid(self) -> Oid {
        match self {
            Self::Rsa | Self::Ecdsa => oid::SHA256,
            Self::Gost => oid::STREEBOG_512,
            Self::Gost2004 => oid::GOST_94,
        }
    }
}

/// A key of the sandbox: kept in a file, worth nothing outside.
pub enum Key {
    Rsa(Box<RsaPrivateKey>),
    /// The secret number of either standard, little-endian.
    Gost(Family, Vec<u8>),
    Ecdsa(p256::ecdsa::SigningKey),
}

impl Key {
    /// Takes seconds for RSA in a development build, nothing for the others.
    pub fn make(family: Family, rng: &mut impl CryptoRngCore) -> Result<Self> {
        Ok(match family {
            Family::Rsa => Self::Rsa(Box::new(RsaPrivateKey::new(rng, RSA_BITS)?)),
            Family::Gost | Family::Gost2004 => {
                let mut secret = vec![0; 64];
                rng.fill_bytes(&mut secret);
                Self::Gost(family, secret)
            }
            Family::Ecdsa => Self::Ecdsa(p256::ecdsa::SigningKey::random(rng)),
        })
    }

    pub fn from_bytes(family: Family, bytes: &[u8]) -> Result<Self> {
        Ok(match family {
            Family::Rsa => Self::Rsa(Box::new(RsaPrivateKey::from_pkcs8_der(bytes)?)),
            Family::Gost | Family::Gost2004 => Self::Gost(family, bytes.to_vec()),
            Family::Ecdsa => Self::Ecdsa(p256::ecdsa::SigningKey::from_slice(bytes)?),
        })
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Rsa(key) => key.to_pkcs8_der()?.as_bytes().to_vec(),
            Self::Gost(_, secret) => secret.clone(),
            Self::Ecdsa(key) => key.to_bytes().to_vec(),
        })
    }

    pub fn family(&self) -> Family {
        match self {
            Self::Rsa(_) => Family::Rsa,
            Self::Gost(family, _) => *family,
            Self::Ecdsa(_) => Family::Ecdsa,
        }
    }

    /// The public half, as a certificate carries it.
    pub fn public(&self) -> Result<SubjectPublicKeyInfoOwned> {
        Ok(match self {
            Self::Rsa(key) => SubjectPublicKeyInfoOwned::from_key(key.to_public_key())?,
            Self::Ecdsa(key) => {
                SubjectPublicKeyInfoOwned::try_from(key.verifying_key().to_public_key_der()?.as_bytes())?
            }
            Self::Gost(family, secret) => {
                let key = family.curve().public_key(secret).context("not a GOST key")?;
                SubjectPublicKeyInfoOwned {
                    algorithm: gost_key_algorithm(*family)?,
                    subject_public_key: BitString::from_bytes(&OctetString::new(key)?.to_der()?)?,
                }
            }
        })
    }

    /// The digest of a document that this key is to sign.
    pub fn digest(&self, data: &[u8]) -> Vec<u8> {
        match self.family() {
            Family::Rsa | Family::Ecdsa => sha2::Sha256::digest(data).to_vec(),
            Family::Gost => streebog::Streebog512::digest(data).to_vec(),
            Family::Gost2004 => gost94::Gost94Test::digest(data).to_vec(),
        }
    }

    pub fn digest_algorithm(&self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: self.family().digest_oid(), parameters: Some(Any::null()) }
    }

    pub fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self.family() {
            Family::Rsa => (oid::SHA256_WITH_RSA, Some(Any::null())),
            Family::Gost => (oid::GOST_2015_512, Some(Any::null())),
            Family::Gost2004 => (oid::GOST_2004, Some(Any::null())),
            Family::Ecdsa => (oid::ECDSA_WITH_SHA256, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// The signature over a whole message: the same each time.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Rsa(key) => SigningKey::<Sha256>::new((**key).clone()).sign(message).to_vec(),
            Self::Ecdsa(key) => Signer::<DerSignature>::sign(key, message).to_vec(),
            Self::Gost(family, secret) => {
                let digest = self.digest(message);
                // As RFC 6979 would have it: a nonce that nobody else can know and no two messages share.
                let nonce = Sha512::new().chain_update(secret).chain_update(&digest).finalize();
                family.curve().sign(secret, &digest, &nonce).context("not a GOST key")?
            }
        })
    }
}

fn gost_key_algorithm(family: Family) -> Result<AlgorithmIdentifierOwned> {
    let (oid, parameters) = match family {
        Family::Gost2004 => (oid::GOST_2004_KEY, vec![oid::GOST_2004_CURVE, GOST_94_PARAMETERS]),
        _ => (oid::GOST_2015_512_KEY, vec![oid::GOST_2015_512_CURVE, oid::STREEBOG_512]),
    };
    Ok(AlgorithmIdentifierOwned { oid, parameters: Some(Any::encode_from(&parameters)?) })
}

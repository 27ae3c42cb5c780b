//! The policy against good and bad signatures.
#![cfg(feature = "sandbox")] // its authority signs them
mod chain;
mod command;
mod file;
mod policy;

use super::*;
use crate::rules::signature::{KeyUse, Role};
use crate::sandbox::pki::testing::{Chain, TestPki, kindergarten_worker, mother, test_pki};
use crate::sandbox::pki::{Family, Holder, Key, KeyKind, Position};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{CertificateSet, SignedData, SignerInfos};
use der::asn1::{BitString, OctetString, SetOfVec};
use der::{Any, Decode, Encode, EncodePem};
use rsa::RsaPrivateKey;
use rsa::pkcs8::LineEnding;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::serial_number::SerialNumber;

const CONTRACT: &[u8] = b"%PDF-1.7 the contract, version 3";
const PARENT: Party<'static> = Party::Parent { iin: "880515400127" };
const KINDERGARTEN: Party<'static> = Party::Kindergarten { bin: "990140000126", parent: None };

fn now() -> DateTime<Utc> {
    "2026-12-14T05:00:00Z".parse().unwrap()
}

fn sign(holder: &Holder, kind: KeyKind) -> Vec<u8> {
    sign_at(holder, kind, now())
}

fn sign_at(holder: &Holder, kind: KeyKind, at: DateTime<Utc>) -> Vec<u8> {
    test_pki().pki.sign(holder, kind, CONTRACT, at).unwrap()
}

fn verify_now(cms: &[u8], party: Party<'_>) -> Result<Verdict, SignatureRefusal> {
    verify(cms, CONTRACT, &test_pki().trust, party, now())
}

fn refusal(cms: &[u8], party: Party<'_>) -> SignatureRefusal {
    verify_now(cms, party).unwrap_err()
}

/// The same CMS with something changed after signing.
fn tampered(cms: &[u8], change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let mut content = ContentInfo::from_der(cms).unwrap();
    let mut data: SignedData = content.content.decode_as().unwrap();
    change(&mut data);
    content.content = Any::encode_from(&data).unwrap();
    content.to_der().unwrap()
}

fn merged(one: &[u8], other: &[u8]) -> Vec<u8> {
    merge(one, other).unwrap()
}

fn attached(cms: &[u8], document: &[u8]) -> Vec<u8> {
    let document = Any::encode_from(&OctetString::new(document).unwrap()).unwrap();
    tampered(cms, |data| data.encap_content_info.econtent = Some(document))
}

fn with_signer(cms: &[u8], change: impl FnOnce(&mut SignerInfo)) -> Vec<u8> {
    tampered(cms, |data| {
        let mut signer = data.signer_infos.0.get(0).unwrap().clone();
        change(&mut signer);
        data.signer_infos = SignerInfos::try_from(vec![signer]).unwrap();
    })
}

/// The same values with their outer `layers` in the streaming form: no lengths, an end mark instead.
fn streamed(mut der: &[u8], layers: usize) -> Vec<u8> {
    use der::{Header, Reader, SliceReader};
    let mut out = vec![];
    while !der.is_empty() {
        let mut reader = SliceReader::new(der).unwrap();
        let header = Header::decode(&mut reader).unwrap();
        let body = reader.read_slice(header.length).unwrap();
        let (value, rest) = der.split_at(usize::try_from(reader.position()).unwrap());
        if layers == 0 || !header.tag.is_constructed() {
            out.extend(value);
        } else {
            out.extend([value[0], 0x80]);
            out.extend(streamed(body, layers - 1));
            out.extend([0, 0]);
        }
        der = rest;
    }
    out
}

fn signed_by(family: Family, holder: &Holder, kind: KeyKind, data: &[u8]) -> Vec<u8> {
    test_pki().pki.sign_with(family, holder, kind, data, now()).unwrap()
}

/// Mother's good signature of that family.
fn good(family: Family) -> Vec<u8> {
    signed_by(family, &mother(), KeyKind::Sign, CONTRACT)
}

fn of_head(family: Family) -> Vec<u8> {
    signed_by(family, &kindergarten_worker(Position::Head), KeyKind::Sign, CONTRACT)
}

fn unsigned(cms: &[u8]) -> Vec<u8> {
    tampered(cms, |data| data.signer_infos = SignerInfos(SetOfVec::new()))
}

/// BER: the outermost length in three bytes where two would do.
fn with_a_long_length(cms: &[u8]) -> Vec<u8> {
    assert_eq!(cms[1], 0x82, "a length of two bytes");
    [&[cms[0], 0x83, 0], &cms[2..]].concat()
}

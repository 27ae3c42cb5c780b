//! The policy against good and bad signatures; `safety.md` T30 is the list they come from.
#![cfg(feature = "sandbox")] // its authority signs them
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

#[test]
fn a_parent_signs_with_the_right_key() {
    let verdict = verify_now(&sign(&mother(), KeyKind::Sign), PARENT).unwrap();
    let signer = &verdict.signer;
    assert_eq!(signer.iin.as_deref(), Some("880515400127"));
    assert_eq!(signer.bin, None);
    assert_eq!(signer.name, "АХМЕТОВА ӘЙГЕРІМ");
    assert_eq!(signer.algorithm, "RSA-SHA256");
    assert_eq!(signer.key_usage, KeyUse::Sign);
    assert_eq!(signer.roles, [Role::Individual]);
    assert_eq!(
        signer.chain,
        [
            "АХМЕТОВА ӘЙГЕРІМ",
            "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) SANDBOX",
            "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) SANDBOX"
        ]
    );
    assert_eq!(signer.signed_at, Some(now()));
    assert_eq!(verdict.revocation, Revocation::Good);
    assert_eq!(verdict.judged_at, now());
    assert_eq!(verdict.content_sha256, hex::encode(Sha256::digest(CONTRACT)));
}

#[test]
fn for_a_kindergarten_its_head_signs_or_someone_with_the_right() {
    let verdict =
        verify_now(&sign(&kindergarten_worker(Position::Head), KeyKind::Sign), KINDERGARTEN).unwrap();
    assert_eq!(verdict.signer.bin.as_deref(), Some("990140000126"));
    assert_eq!(verdict.signer.iin.as_deref(), Some("750101300450"));
    assert_eq!(verdict.signer.roles, [Role::Organisation, Role::Head]);

    let deputy = sign(&kindergarten_worker(Position::CanSign), KeyKind::Sign);
    assert!(verify_now(&deputy, KINDERGARTEN).is_ok());
    let cook = sign(&kindergarten_worker(Position::Employee), KeyKind::Sign);
    assert_eq!(refusal(&cook, KINDERGARTEN), SignatureRefusal::NotAuthorised);
}

#[test]
fn another_persons_or_organisations_key_is_refused() {
    let father = Holder { iin: "750101300450".to_owned(), ..mother() };
    assert_eq!(refusal(&sign(&father, KeyKind::Sign), PARENT), SignatureRefusal::OtherPerson);

    let head = sign(&kindergarten_worker(Position::Head), KeyKind::Sign);
    let elsewhere = Party::Kindergarten { bin: "010140000123", parent: None };
    assert_eq!(refusal(&head, elsewhere), SignatureRefusal::OtherOrganisation);
    assert_eq!(refusal(&head, Party::Parent { iin: "750101300450" }), SignatureRefusal::OrganisationKey);
    assert_eq!(refusal(&sign(&mother(), KeyKind::Sign), KINDERGARTEN), SignatureRefusal::PersonalKey);
}

#[test]
fn each_wrong_key_is_refused_by_its_own_name() {
    let cases = [
        (KeyKind::Auth, SignatureRefusal::AuthenticationKey),
        (KeyKind::Expired, SignatureRefusal::Expired),
        (KeyKind::Revoked, SignatureRefusal::Revoked),
        (KeyKind::Foreign, SignatureRefusal::NotTrusted),
    ];
    for (kind, expected) in cases {
        assert_eq!(refusal(&sign(&mother(), kind), PARENT), expected, "{kind:?}");
        let head = sign(&kindergarten_worker(Position::Head), kind);
        assert_eq!(refusal(&head, KINDERGARTEN), expected, "{kind:?} of an organisation");
    }
}

#[test]
fn a_certificate_from_next_year_is_not_valid_yet() {
    let early = sign_at(&mother(), KeyKind::Sign, now() + TimeDelta::days(365));
    assert_eq!(refusal(&early, PARENT), SignatureRefusal::NotYetValid);
}

#[test]
fn a_clock_may_be_ten_minutes_ahead_and_any_time_behind() {
    let ahead = |minutes| sign_at(&mother(), KeyKind::Sign, now() + TimeDelta::minutes(minutes));
    assert!(verify_now(&ahead(10), PARENT).is_ok());
    assert_eq!(refusal(&ahead(11), PARENT), SignatureRefusal::SignedInFuture);
    assert!(verify_now(&ahead(-60 * 24 * 20), PARENT).is_ok());
}

#[test]
fn a_signature_under_another_text_is_refused() {
    let cms = test_pki().pki.sign(&mother(), KeyKind::Sign, b"another contract", now()).unwrap();
    assert_eq!(refusal(&cms, PARENT), SignatureRefusal::ContentDiffers);
}

#[test]
fn a_signature_that_brings_its_own_text_is_refused() {
    let good = sign(&mother(), KeyKind::Sign);
    assert_eq!(refusal(&attached(&good, b"another contract"), PARENT), SignatureRefusal::Attached);
    assert_eq!(refusal(&attached(&good, CONTRACT), PARENT), SignatureRefusal::Attached);
}

#[test]
fn exactly_one_person_signs() {
    let good = sign(&mother(), KeyKind::Sign);
    let both = merged(&good, &sign(&kindergarten_worker(Position::Head), KeyKind::Sign));
    assert_eq!(refusal(&both, PARENT), SignatureRefusal::SeveralSigners);
    assert_eq!(refusal(&both, KINDERGARTEN), SignatureRefusal::SeveralSigners);

    let nobody = tampered(&good, |data| data.signer_infos = SignerInfos(SetOfVec::new()));
    assert_eq!(refusal(&nobody, PARENT), SignatureRefusal::NoSigner);
}

#[test]
fn the_signers_certificate_must_be_there_once() {
    let good = sign(&mother(), KeyKind::Sign);
    let without = tampered(&good, |data| data.certificates = None);
    assert_eq!(refusal(&without, PARENT), SignatureRefusal::NoSignerCertificate);

    let other = sign(&kindergarten_worker(Position::Head), KeyKind::Sign);
    let other: SignedData = ContentInfo::from_der(&other).unwrap().content.decode_as().unwrap();
    let foreign = tampered(&good, |data| data.certificates = other.certificates);
    assert_eq!(refusal(&foreign, PARENT), SignatureRefusal::NoSignerCertificate);

    let twice = tampered(&good, |data| {
        let certificates = data.certificates.take().unwrap();
        let CertificateChoices::Certificate(mut double) = certificates.0.get(0).unwrap().clone() else {
            panic!()
        };
        double.tbs_certificate.extensions = None;
        let pair = vec![certificates.0.get(0).unwrap().clone(), CertificateChoices::Certificate(double)];
        data.certificates = Some(CertificateSet::try_from(pair).unwrap());
    });
    assert_eq!(refusal(&twice, PARENT), SignatureRefusal::NoSignerCertificate);
}

#[test]
fn signed_attributes_must_be_whole_and_unambiguous() {
    let good = sign(&mother(), KeyKind::Sign);
    let without = |kind| {
        with_signer(&good, |signer| {
            let kept: Vec<_> =
                signer.signed_attrs.as_ref().unwrap().iter().filter(|one| one.oid != kind).cloned().collect();
            signer.signed_attrs = Some(SetOfVec::try_from(kept).unwrap());
        })
    };
    assert_eq!(refusal(&without(oid::MESSAGE_DIGEST), PARENT), SignatureRefusal::BadAttributes);
    assert_eq!(refusal(&without(oid::CONTENT_TYPE), PARENT), SignatureRefusal::BadAttributes);
    // The rest may be absent, but were signed: leaving them out breaks the signature.
    assert_eq!(refusal(&without(oid::SIGNING_CERTIFICATE_V2), PARENT), SignatureRefusal::BadSignature);
    assert_eq!(refusal(&without(oid::SIGNING_TIME), PARENT), SignatureRefusal::BadSignature);

    let bare = with_signer(&good, |signer| signer.signed_attrs = None);
    assert_eq!(refusal(&bare, PARENT), SignatureRefusal::BadAttributes);

    let doubled = with_signer(&good, |signer| {
        let mut attributes: Vec<_> = signer.signed_attrs.as_ref().unwrap().iter().cloned().collect();
        let mut second = attributes.iter().find(|one| one.oid == oid::MESSAGE_DIGEST).unwrap().clone();
        let digest = OctetString::new([0; 32].as_slice()).unwrap();
        second.values = SetOfVec::try_from(vec![Any::encode_from(&digest).unwrap()]).unwrap();
        attributes.push(second);
        signer.signed_attrs = Some(SetOfVec::try_from(attributes).unwrap());
    });
    assert_eq!(refusal(&doubled, PARENT), SignatureRefusal::BadAttributes);
}

#[test]
fn the_named_certificate_is_the_one_that_signs() {
    // The same person's two certificates share a key in the sandbox; only signingCertificateV2 tells them apart.
    let auth = sign(&mother(), KeyKind::Auth);
    let sign: SignedData =
        ContentInfo::from_der(&sign(&mother(), KeyKind::Sign)).unwrap().content.decode_as().unwrap();
    let swapped = tampered(&auth, |data| {
        let mut signer = data.signer_infos.0.get(0).unwrap().clone();
        signer.sid = sign.signer_infos.0.get(0).unwrap().sid.clone();
        data.signer_infos = SignerInfos::try_from(vec![signer]).unwrap();
        data.certificates = sign.certificates.clone();
    });
    assert_eq!(refusal(&swapped, PARENT), SignatureRefusal::BadAttributes);
}

#[test]
fn sha1_is_refused_and_unknown_algorithms_are_named() {
    let good = sign(&mother(), KeyKind::Sign);
    let sha1 = with_signer(&good, |signer| signer.digest_alg.oid = oid::SHA1);
    assert_eq!(refusal(&sha1, PARENT), SignatureRefusal::WeakAlgorithm);
    let gost = with_signer(&good, |signer| signer.signature_algorithm.oid = oid::GOST_2015_256);
    assert_eq!(refusal(&gost, PARENT), SignatureRefusal::UnsupportedAlgorithm);
}

#[test]
fn openssls_name_for_rsa_is_accepted() {
    let good = sign(&mother(), KeyKind::Sign);
    let renamed = with_signer(&good, |signer| signer.signature_algorithm.oid = oid::RSA_ENCRYPTION);
    assert!(verify_now(&renamed, PARENT).is_ok());
}

#[test]
fn only_signed_data_over_plain_data_is_a_signature() {
    let good = sign(&mother(), KeyKind::Sign);
    let other_kind = tampered(&good, |data| data.encap_content_info.econtent_type = oid::SIGNING_TIME);
    assert_eq!(refusal(&other_kind, PARENT), SignatureRefusal::NotCms);
    let mut content = ContentInfo::from_der(&good).unwrap();
    content.content_type = oid::ID_DATA;
    assert_eq!(refusal(&content.to_der().unwrap(), PARENT), SignatureRefusal::NotCms);
    assert_eq!(refusal(b"%PDF-1.7 \xE2\xE3\xCF\xD3", PARENT), SignatureRefusal::NotCms);
    assert_eq!(refusal(&[good.as_slice(), b"\x00"].concat(), PARENT), SignatureRefusal::NotCms);
}

#[test]
fn der_pem_and_bare_base64_are_all_accepted() {
    let der = sign(&mother(), KeyKind::Sign);
    let base64 = BASE64_STANDARD.encode(&der);
    let pem = format!("-----BEGIN CMS-----\n{base64}\n-----END CMS-----\n");
    let first = verify_now(&der, PARENT).unwrap();
    assert_eq!(verify_now(pem.as_bytes(), PARENT), Ok(first.clone()));
    assert_eq!(verify_now(base64.as_bytes(), PARENT), Ok(first));
}

#[test]
fn a_signature_streamed_without_lengths_is_accepted() {
    let good = sign(&mother(), KeyKind::Sign);
    assert_eq!(verify_now(&streamed(&good, 4), PARENT), verify_now(&good, PARENT));

    let whole = streamed(&attached(&good, CONTRACT), 6);
    assert_eq!(check(&whole, None, &test_pki().trust, now())["verdict"], "valid");
    for length in (1..whole.len()).step_by(50) {
        assert_eq!(refusal(&whole[..length], PARENT), SignatureRefusal::NotCms, "{length} bytes");
    }
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

#[test]
fn an_empty_or_an_enormous_file_is_refused() {
    assert_eq!(refusal(b"", PARENT), SignatureRefusal::Empty);
    assert_eq!(refusal(b"\r\n", PARENT), SignatureRefusal::Empty);
    assert_eq!(refusal(&vec![0x30; 5 << 20], PARENT), SignatureRefusal::TooLarge);
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let good = sign(&mother(), KeyKind::Sign);
    for length in (1..good.len()).step_by(50) {
        assert_eq!(refusal(&good[..length], PARENT), SignatureRefusal::NotCms, "{length} bytes");
    }
}

#[test]
fn a_flipped_byte_never_panics_and_never_changes_who_signed_what() {
    // GOST takes milliseconds a time: there every eleventh byte has to do.
    for (family, step) in [(Family::Rsa, 1), (Family::Gost, 11), (Family::Gost2004, 11), (Family::Ecdsa, 11)]
    {
        let good = good(family);
        let truth = verify_now(&good, PARENT).unwrap();
        let mut accepted = 0;
        for place in (0..good.len()).step_by(step) {
            for flip in if step == 1 { &[0x01, 0x20, 0x80, 0xFF][..] } else { &[0x01] } {
                let mut cms = good.clone();
                cms[place] ^= flip;
                if let Ok(verdict) = verify_now(&cms, PARENT) {
                    assert_eq!(verdict, truth, "byte {place} ^ {flip:#x}");
                    accepted += 1;
                }
                if *flip == 0x01 {
                    check(&cms, Some(CONTRACT), &test_pki().trust, now());
                }
            }
        }
        // Unsigned trifles: versions and the outer digest list. A growing number means a check was lost.
        assert!(accepted <= 60, "{accepted} flips went unnoticed");
    }
}

#[test]
fn trust_is_by_the_bytes_of_the_authorities() {
    let TestPki { pki, .. } = test_pki();
    let cms = pki.sign(&mother(), KeyKind::Sign, CONTRACT, now()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Trust::load(dir.path()), Err(TrustError::Empty { .. })));
    assert!(matches!(Trust::load(&dir.path().join("nowhere")), Err(TrustError::Unreadable { .. })));

    let foreign = pki.sign(&mother(), KeyKind::Foreign, CONTRACT, now()).unwrap();
    let data: SignedData = ContentInfo::from_der(&foreign).unwrap().content.decode_as().unwrap();
    let own_authorities: Vec<Vec<u8>> =
        data.certificates.unwrap().0.iter().map(|one| one.to_der().unwrap()).collect();
    for (number, der) in own_authorities.iter().enumerate() {
        std::fs::write(dir.path().join(format!("{number}.der")), der).unwrap();
    }
    // Pin the look-alike, and it is the national one that is foreign.
    let trust = Trust::load(dir.path()).unwrap();
    let verdict = verify(&foreign, CONTRACT, &trust, PARENT, now()).unwrap();
    assert_eq!(verdict.revocation, Revocation::Unchecked, "this directory holds no list of the revoked");
    assert_eq!(verify(&cms, CONTRACT, &trust, PARENT, now()), Err(SignatureRefusal::NotTrusted));

    std::fs::write(dir.path().join("broken.pem"), "not a certificate").unwrap();
    assert!(matches!(Trust::load(dir.path()), Err(TrustError::NotACertificate { .. })));
}

/// What is said of mother's signature when this chain's authorities are pinned.
fn judged(chain: &Chain) -> Result<Verdict, SignatureRefusal> {
    let dir = tempfile::tempdir().unwrap();
    chain.pin(dir.path());
    let trust = Trust::load(dir.path()).unwrap().with_ecdsa();
    verify(&chain.sign(CONTRACT, now()), CONTRACT, &trust, PARENT, now())
}

fn refused(family: Family, change: impl FnOnce(&mut Chain)) -> SignatureRefusal {
    let mut chain = Chain::of_mother(family, now());
    change(&mut chain);
    judged(&chain).unwrap_err()
}

fn without(certificate: &mut TbsCertificate, extension: der::asn1::ObjectIdentifier) {
    certificate.extensions.as_mut().unwrap().retain(|one| one.extn_id != extension);
}

fn replace(certificate: &mut TbsCertificate, extension: der::asn1::ObjectIdentifier, value: &impl Encode) {
    let extensions = certificate.extensions.as_mut().unwrap().iter_mut();
    let found = extensions.into_iter().find(|one| one.extn_id == extension).unwrap();
    found.extn_value = OctetString::new(value.to_der().unwrap()).unwrap();
}

/// An extension that nobody here understands and nobody may ignore.
fn riddle() -> Extension {
    let extn_value = OctetString::new([0x05, 0x00].as_slice()).unwrap();
    Extension { extn_id: "1.2.398.9.9".parse().unwrap(), critical: true, extn_value }
}

fn add_riddle(certificate: &mut TbsCertificate) {
    certificate.extensions.as_mut().unwrap().push(riddle());
}

/// What is wrong with a chain, and how to make it so.
type Wrong<'a> = (&'a str, &'a dyn Fn(&mut Chain));

#[test]
fn every_link_of_the_chain_is_judged() {
    for family in Family::ALL {
        assert!(judged(&Chain::of_mother(family, now())).is_ok());
        let past = Chain::of_mother(family, now() - TimeDelta::days(800)).mother.validity;
        let other = Family::ALL.into_iter().find(|other| *other != family).unwrap();
        let foreign_key = Chain::of_mother(other, now()).authority.subject_public_key_info;

        let wrongs: [Wrong<'_>; 10] = [
            ("an authority that is none", &|chain| without(&mut chain.authority, oid::BASIC_CONSTRAINTS)),
            ("an authority that may not issue", &|chain| without(&mut chain.authority, oid::KEY_USAGE)),
            ("a root that may not issue", &|chain| without(&mut chain.root, oid::KEY_USAGE)),
            ("an expired authority", &|chain| chain.authority.validity = past),
            ("an expired root", &|chain| chain.root.validity = past),
            ("an authority with a riddle", &|chain| add_riddle(&mut chain.authority)),
            ("a signer with a riddle", &|chain| add_riddle(&mut chain.mother)),
            ("an issuer of another name", &|chain| chain.mother.issuer = chain.mother.subject.clone()),
            ("two algorithms in one certificate", &|chain| {
                chain.mother.signature.parameters = Some(Any::encode_from(&oid::SHA1).unwrap());
            }),
            ("an authority's key of another kind", &|chain| {
                chain.authority.subject_public_key_info = foreign_key.clone();
            }),
        ];
        for (what, change) in wrongs {
            assert_eq!(refused(family, |chain| change(chain)), SignatureRefusal::NotTrusted, "{what}");
        }
    }
}

#[test]
fn a_signing_key_has_both_the_usage_and_the_purpose() {
    for family in Family::ALL {
        let usage = KeyUsage(KeyUsages::DigitalSignature.into());
        let weak = refused(family, |chain| replace(&mut chain.mother, oid::KEY_USAGE, &usage));
        assert_eq!(weak, SignatureRefusal::NotForSigning);
        let purpose = ExtendedKeyUsage(vec![oid::INDIVIDUAL]);
        let aimless = refused(family, |chain| replace(&mut chain.mother, oid::EXTENDED_KEY_USAGE, &purpose));
        assert_eq!(aimless, SignatureRefusal::NotForSigning);
    }
}

#[test]
fn a_gost_key_on_another_curve_or_of_another_kind_is_not_understood() {
    for (family, other) in [(Family::Gost, Family::Gost2004), (Family::Gost2004, Family::Gost)] {
        let other = Chain::of_mother(other, now()).mother.subject_public_key_info;
        let swapped = |change: &dyn Fn(&mut SubjectPublicKeyInfoOwned)| {
            refused(family, |chain| change(&mut chain.mother.subject_public_key_info))
        };
        let wrong = SignatureRefusal::UnsupportedAlgorithm;
        assert_eq!(swapped(&|key| key.algorithm.parameters = other.algorithm.parameters.clone()), wrong);
        assert_eq!(swapped(&|key| key.algorithm.parameters = None), wrong);
        assert_eq!(swapped(&|key| key.algorithm.oid = other.algorithm.oid), wrong);
        assert_eq!(swapped(&|key| key.subject_public_key = BitString::from_bytes(&[4]).unwrap()), wrong);
        // The right kind, and no point of the curve: nothing that it could have signed.
        let nowhere = OctetString::new(vec![1; 128]).unwrap().to_der().unwrap();
        let nowhere = swapped(&|key| key.subject_public_key = BitString::from_bytes(&nowhere).unwrap());
        assert_eq!(nowhere, SignatureRefusal::BadSignature);
    }
}

#[test]
fn ecdsa_is_accepted_in_tests_only() {
    let (cms, strict) = (good(Family::Ecdsa), &test_pki().strict);
    let refusal = verify(&cms, CONTRACT, strict, PARENT, now()).unwrap_err();
    assert_eq!(refusal, SignatureRefusal::UnsupportedAlgorithm);
    assert_eq!(check(&cms, Some(CONTRACT), strict, now())["signers"][0]["algorithm"], "ECDSA-SHA256");

    // Nor may such an authority stand behind a key of an accepted kind.
    let dir = tempfile::tempdir().unwrap();
    Chain::of_mother(Family::Ecdsa, now()).pin(dir.path());
    let strict = Trust::load(dir.path()).unwrap();
    let certificate = Signed::parse(&Chain::of_mother(Family::Ecdsa, now()).sign(CONTRACT, now())).unwrap();
    let certificate = certificate.certificate_of(certificate.only_signer().unwrap()).unwrap();
    assert!(strict.chain_of(certificate, now()).is_err());
    assert!(strict.with_ecdsa().chain_of(certificate, now()).is_ok());
}

/// The document as it was signed and as the portal holds it, the file, whose signature is wanted, when it came.
struct Submitted {
    content: &'static [u8],
    cms: Vec<u8>,
    party: Party<'static>,
    at: DateTime<Utc>,
}

/// What is wrong with a submitted file, how to make it so, and what is said of it.
type Negative = (&'static str, fn(Family) -> Submitted, SignatureRefusal);

fn signed_by(family: Family, holder: &Holder, kind: KeyKind, data: &[u8]) -> Vec<u8> {
    test_pki().pki.sign_with(family, holder, kind, data, now()).unwrap()
}

/// Mother's good signature of that family.
fn good(family: Family) -> Vec<u8> {
    signed_by(family, &mother(), KeyKind::Sign, CONTRACT)
}

fn from_mother(cms: Vec<u8>) -> Submitted {
    Submitted { content: CONTRACT, cms, party: PARENT, at: now() }
}

fn with_attribute(cms: &[u8], kind: der::asn1::ObjectIdentifier, value: &Any) -> Vec<u8> {
    with_signer(cms, |signer| {
        let mut attributes: Vec<_> = signer.signed_attrs.as_ref().unwrap().iter().cloned().collect();
        let found = attributes.iter_mut().find(|one| one.oid == kind).unwrap();
        found.values = SetOfVec::try_from(vec![value.clone()]).unwrap();
        signer.signed_attrs = Some(SetOfVec::try_from(attributes).unwrap());
    })
}

/// The list, T30's fourteen files and some more.
const NEGATIVES: [Negative; 27] = {
    use SignatureRefusal::*;
    [
        ("empty", |_| from_mother(vec![]), Empty),
        ("5 MB", |family| from_mother(good(family).repeat(5 << 10)), TooLarge),
        ("truncated", |family| from_mother(good(family)[..1000].to_vec()), NotCms),
        ("something after the end", |family| from_mother([good(family), vec![0]].concat()), NotCms),
        ("two signers", |family| from_mother(merged(&good(family), &of_head(family))), SeveralSigners),
        ("the same signer twice", |family| from_mother(twice(&good(family))), SeveralSigners),
        ("no signer", |family| from_mother(unsigned(&good(family))), NoSigner),
        ("attached text", |family| from_mother(attached(&good(family), CONTRACT)), Attached),
        ("attached other text", |family| from_mother(attached(&good(family), b"another")), Attached),
        (
            "detached other text",
            |family| from_mother(signed_by(family, &mother(), KeyKind::Sign, b"another")),
            ContentDiffers,
        ),
        (
            "contract edited after signing",
            |family| Submitted { content: b"%PDF-1.7 the contract, version 4", ..from_mother(good(family)) },
            ContentDiffers,
        ),
        (
            "other person",
            |family| {
                let father = Holder { iin: "750101300450".to_owned(), ..mother() };
                from_mother(signed_by(family, &father, KeyKind::Sign, CONTRACT))
            },
            OtherPerson,
        ),
        ("an organisation's key for a parent", |family| from_mother(of_head(family)), OrganisationKey),
        (
            "a parent's key for a kindergarten",
            |family| Submitted { party: KINDERGARTEN, ..from_mother(good(family)) },
            PersonalKey,
        ),
        (
            "other organisation",
            |family| {
                let party = Party::Kindergarten { bin: "010140000123", parent: None };
                Submitted { party, ..from_mother(of_head(family)) }
            },
            OtherOrganisation,
        ),
        (
            "employee",
            |family| {
                let cook = kindergarten_worker(Position::Employee);
                let cms = signed_by(family, &cook, KeyKind::Sign, CONTRACT);
                Submitted { party: KINDERGARTEN, ..from_mother(cms) }
            },
            NotAuthorised,
        ),
        (
            "authentication key",
            |family| from_mother(signed_by(family, &mother(), KeyKind::Auth, CONTRACT)),
            AuthenticationKey,
        ),
        ("expired", |family| from_mother(signed_by(family, &mother(), KeyKind::Expired, CONTRACT)), Expired),
        (
            "expired by the time it came",
            |family| Submitted { at: now() + TimeDelta::days(400), ..from_mother(good(family)) },
            Expired,
        ),
        (
            "not yet valid",
            |family| Submitted { at: now() - TimeDelta::days(60), ..from_mother(good(family)) },
            NotYetValid,
        ),
        ("revoked", |family| from_mother(signed_by(family, &mother(), KeyKind::Revoked, CONTRACT)), Revoked),
        (
            "look-alike authority",
            |family| from_mother(signed_by(family, &mother(), KeyKind::Foreign, CONTRACT)),
            NotTrusted,
        ),
        (
            "SHA-1",
            |family| from_mother(with_signer(&good(family), |signer| signer.digest_alg.oid = oid::SHA1)),
            WeakAlgorithm,
        ),
        ("lengths longer than need be", |family| from_mother(with_a_long_length(&good(family))), NotCms),
        (
            "another content type signed",
            |family| {
                let other = Any::encode_from(&oid::ID_SIGNED_DATA).unwrap();
                from_mother(with_attribute(&good(family), oid::CONTENT_TYPE, &other))
            },
            BadAttributes,
        ),
        (
            "another certificate named",
            |family| {
                let digest = OctetString::new([7; 32].as_slice()).unwrap();
                let other = Any::encode_from(&vec![vec![vec![digest]]]).unwrap();
                from_mother(with_attribute(&good(family), oid::SIGNING_CERTIFICATE_V2, &other))
            },
            BadAttributes,
        ),
        (
            "a signature of zeros",
            |family| {
                from_mother(with_signer(&good(family), |signer| {
                    let zeros = vec![0; signer.signature.as_bytes().len()];
                    signer.signature = OctetString::new(zeros).unwrap();
                }))
            },
            BadSignature,
        ),
    ]
};

fn of_head(family: Family) -> Vec<u8> {
    signed_by(family, &kindergarten_worker(Position::Head), KeyKind::Sign, CONTRACT)
}

fn unsigned(cms: &[u8]) -> Vec<u8> {
    tampered(cms, |data| data.signer_infos = SignerInfos(SetOfVec::new()))
}

/// The second differs from the first in its version only, as a set asks for.
fn twice(cms: &[u8]) -> Vec<u8> {
    tampered(cms, |data| {
        let first = data.signer_infos.0.get(0).unwrap().clone();
        let second = SignerInfo { version: cms::content_info::CmsVersion::V3, ..first.clone() };
        data.signer_infos = SignerInfos::try_from(vec![first, second]).unwrap();
    })
}

/// BER: the outermost length in three bytes where two would do.
fn with_a_long_length(cms: &[u8]) -> Vec<u8> {
    assert_eq!(cms[1], 0x82, "a length of two bytes");
    [&[cms[0], 0x83, 0], &cms[2..]].concat()
}

#[test]
fn every_bad_signature_is_refused_by_its_name_in_every_family() {
    let trust = &test_pki().trust;
    for family in Family::ALL {
        let verdict = verify(&good(family), CONTRACT, trust, PARENT, now());
        assert_eq!(verdict.map(|verdict| verdict.revocation), Ok(Revocation::Good), "{family:?}");
        for (what, make, expected) in NEGATIVES {
            let Submitted { content, cms, party, at } = make(family);
            let verdict = verify(&cms, content, trust, party, at);
            assert_eq!(verdict.unwrap_err(), expected, "{what}, {family:?}");
            // The command looks at the same file without a party: whatever it says, it says so in one object.
            assert!(check(&cms, Some(content), trust, at).is_object(), "{what}, {family:?}");
        }
    }
}

#[test]
fn the_sandboxs_families_are_signed_and_named_each_in_its_own_way() {
    let trust = &test_pki().trust;
    let name = |family| {
        let report = check(&good(family), Some(CONTRACT), trust, now());
        assert_eq!(report["verdict"], "valid", "{report}");
        report["signers"][0]["algorithm"].as_str().unwrap().to_owned()
    };
    let names = ["RSA-SHA256", "GOST3410-2015-512", "GOST34310-2004", "ECDSA-SHA256"];
    assert_eq!(Family::ALL.map(name), names);
}

#[test]
fn every_family_may_come_in_pieces() {
    for family in Family::ALL {
        let good = good(family);
        let whole = verify(&good, CONTRACT, &test_pki().trust, PARENT, now());
        assert_eq!(verify(&streamed(&good, 4), CONTRACT, &test_pki().trust, PARENT, now()), whole);
        assert!(whole.is_ok());
    }
}

#[test]
fn a_named_certificate_may_be_named_by_the_familys_own_digest() {
    // Kalkan leaves the digest at its default; others write it out.
    for (family, digest) in [(Family::Gost, oid::STREEBOG_512), (Family::Gost2004, oid::GOST_94)] {
        let signed = Signed::parse(&good(family)).unwrap();
        let certificate = signed.certificate_of(signed.only_signer().unwrap()).unwrap();
        let bytes = Algorithm::of_digest(digest).digest(&certificate.to_der().unwrap()).unwrap();
        let algorithm = AlgorithmIdentifierOwned { oid: digest, parameters: None };
        let named = [Any::encode_from(&algorithm), Any::encode_from(&OctetString::new(bytes).unwrap())];
        let named: Vec<Any> = named.into_iter().map(Result::unwrap).collect();
        let renamed = with_attribute(
            &good(family),
            oid::SIGNING_CERTIFICATE_V2,
            &Any::encode_from(&vec![vec![named]]).unwrap(),
        );
        // The attribute is as it should be, and was not signed so.
        let verdict = verify(&renamed, CONTRACT, &test_pki().trust, PARENT, now());
        assert_eq!(verdict, Err(SignatureRefusal::BadSignature));
    }
}

#[test]
fn the_command_believes_any_pinned_authority_with_or_without_its_root() {
    let judged = |chain: &Chain, keep: &str| {
        let dir = tempfile::tempdir().unwrap();
        chain.pin(dir.path());
        for name in ["root.der", "authority.der"].into_iter().filter(|name| *name != keep) {
            std::fs::remove_file(dir.path().join(name)).unwrap();
        }
        let trust = Trust::load_any(dir.path()).unwrap().with_ecdsa();
        check(&chain.sign(CONTRACT, now()), Some(CONTRACT), &trust, now())["reason"].clone()
    };
    for family in Family::ALL {
        let mut chain = Chain::of_mother(family, now());
        assert_eq!(judged(&chain, "authority.der"), Value::Null, "{family:?}");
        without(&mut chain.authority, oid::KEY_USAGE);
        assert_eq!(judged(&chain, "authority.der"), Value::Null, "usage left unsaid");
        without(&mut chain.authority, oid::BASIC_CONSTRAINTS);
        assert_eq!(judged(&chain, "authority.der"), "not_trusted", "a certificate of no authority");
        // Its issuer is not the signer's: names and keys differ.
        let mut chain = Chain::of_mother(family, now());
        chain.root.subject = chain.mother.subject.clone();
        assert_eq!(judged(&chain, "root.der"), "not_trusted");
    }
}

#[test]
fn the_commands_directory_may_hold_files_of_any_name() {
    let dir = tempfile::tempdir().unwrap();
    let authority = test_pki().pki.issuer(Family::Gost).certificate.to_der().unwrap();
    std::fs::write(dir.path().join("5f8a3c1e.0"), &authority).unwrap();
    std::fs::write(dir.path().join("read-me.txt"), "the authority's certificate").unwrap();
    assert!(matches!(Trust::load(dir.path()), Err(TrustError::Empty { .. })));
    let trust = Trust::load_any(dir.path()).unwrap();
    assert_eq!(check(&good(Family::Gost), Some(CONTRACT), &trust, now())["verdict"], "valid");
    std::fs::write(dir.path().join("BROKEN.CRL"), "no list").unwrap();
    assert!(matches!(Trust::load_any(dir.path()), Err(TrustError::NotARevocationList { .. })));
}

#[test]
fn a_file_of_pem_may_hold_much_besides_certificates() {
    let authority = test_pki().pki.issuer(Family::Gost);
    let [root, gost] =
        [&authority.root, &authority.certificate].map(|one| one.to_pem(LineEnding::LF).unwrap());
    let key = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n";
    let text = format!("Certificate:\n    Data:\n{root}{key}\n{}", gost.trim_end());
    let trust = Trust::of_file(text.as_bytes()).unwrap();
    let verdict = check(&good(Family::Gost), Some(CONTRACT), &trust, now());
    assert_eq!(verdict["verdict"], "valid");
    for broken in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n", &gost[..200]] {
        assert!(Trust::of_file(broken.as_bytes()).is_none(), "{broken}");
    }
}

/// The seeds of the targets of signatures (`crate::corpus`).
#[test]
fn the_corpus_of_the_fuzz_targets_holds_signatures() {
    use crate::corpus::write;
    let mut chain = test_pki().pki.issuer(Family::Rsa).root.to_pem(LineEnding::LF).unwrap();
    for family in Family::ALL {
        let name = family.name();
        write("cms", &format!("{name}.der"), &good(family));
        write("cms", &format!("{name}-head.der"), &of_head(family));
        let TestPki { pki, trust, .. } = test_pki();
        write("cms", &format!("{name}-stamped.der"), &pki.stamp(&good(family), now()).unwrap());
        let evidence = Evidence::of(&good(family), trust, now()).unwrap();
        let question = evidence.signer.question(&[7; 8]).unwrap().to_der().unwrap();
        write("revocation", &format!("{name}.der"), &pki.ocsp(&question, now()).unwrap());
        let authority = &pki.issuer(family).certificate;
        chain += &authority.to_pem(LineEnding::LF).unwrap();
        write("certificate", &format!("{name}-authority.der"), &authority.to_der().unwrap());
        let foreign = Chain::of_mother(family, now());
        write("certificate", &format!("{name}-foreign.crl"), &foreign.revocation_list(true));
        write("certificate", &format!("{name}.crl"), &pki.list(family, now()).unwrap());
        let signed = Signed::parse(&good(family)).unwrap();
        let certificate = signed.certificate_of(signed.only_signer().unwrap()).unwrap();
        write("certificate", &format!("{name}-mother.der"), &certificate.to_der().unwrap());
    }
    write("certificate", "chain.pem", chain.as_bytes());
    write("cms", "attached.der", &attached(&good(Family::Gost), CONTRACT));
    write("cms", "streamed.ber", &streamed(&attached(&good(Family::Rsa), CONTRACT), 6));
    write("cms", "two.der", &merged(&good(Family::Rsa), &of_head(Family::Rsa)));
    write("cms", "look-alike.der", &signed_by(Family::Gost2004, &mother(), KeyKind::Foreign, CONTRACT));
    let base64 = BASE64_STANDARD.encode(good(Family::Ecdsa));
    write("cms", "armoured.pem", format!("-----BEGIN CMS-----\n{base64}\n-----END CMS-----\n").as_bytes());
}

#[test]
fn a_short_key_is_refused() {
    let short = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
    let mut chain = Chain::of_mother(Family::Rsa, now());
    chain.mother.subject_public_key_info =
        SubjectPublicKeyInfoOwned::from_key(short.to_public_key()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    chain.pin(dir.path());
    let cms = chain.sign_with(&Key::Rsa(Box::new(short)), CONTRACT, now());
    let verdict = verify(&cms, CONTRACT, &Trust::load(dir.path()).unwrap(), PARENT, now());
    assert_eq!(verdict, Err(SignatureRefusal::WeakAlgorithm));
}

#[test]
fn only_the_issuers_own_list_revokes() {
    let mut chain = Chain::of_mother(Family::Rsa, now());
    chain.mother.serial_number = SerialNumber::new(b"REVOKED").unwrap();
    let with_list = |chain: &Chain, own_key| {
        let dir = tempfile::tempdir().unwrap();
        chain.pin(dir.path());
        std::fs::write(dir.path().join("authority.crl"), chain.revocation_list(own_key)).unwrap();
        let trust = Trust::load(dir.path()).unwrap();
        let verdict = verify(&chain.sign(CONTRACT, now()), CONTRACT, &trust, PARENT, now());
        verdict.map(|verdict| verdict.revocation)
    };
    assert_eq!(with_list(&chain, true), Err(SignatureRefusal::Revoked));
    assert_eq!(with_list(&chain, false), Ok(Revocation::Unchecked));
    replace(&mut chain.authority, oid::KEY_USAGE, &KeyUsage(KeyUsages::KeyCertSign.into()));
    assert_eq!(with_list(&chain, true), Ok(Revocation::Unchecked));
}

#[test]
fn a_directory_without_a_root_trusts_nobody() {
    let dir = tempfile::tempdir().unwrap();
    Chain::of_mother(Family::Rsa, now()).pin(dir.path());
    std::fs::remove_file(dir.path().join("root.der")).unwrap();
    assert!(matches!(Trust::load(dir.path()), Err(TrustError::NoRoot { .. })));
}

#[test]
fn a_crowd_of_digests_is_no_signature() {
    let crowd = (1..100).map(|arc: u32| AlgorithmIdentifierOwned {
        oid: format!("1.2.398.{arc}").parse().unwrap(),
        parameters: None,
    });
    let crowd = SetOfVec::try_from(crowd.collect::<Vec<_>>()).unwrap();
    let cms = tampered(&sign(&mother(), KeyKind::Sign), |data| data.digest_algorithms = crowd);
    assert_eq!(refusal(&cms, PARENT), SignatureRefusal::NotCms);
}

#[test]
fn a_list_of_the_revoked_acquits_only_while_it_is_fresh() {
    let trust = &test_pki().trust;
    let signed = Signed::parse(&sign(&mother(), KeyKind::Sign)).unwrap();
    let certificate = signed.certificate_of(signed.only_signer().unwrap()).unwrap();
    let issuer = trust.chain_of(certificate, now()).unwrap()[0];
    let on = |day: &str| trust.revocation(certificate, issuer, format!("{day}T00:00:00Z").parse().unwrap());
    assert_eq!(on("2019-12-31"), Ok(Revocation::Unchecked));
    assert_eq!(on("2026-12-14"), Ok(Revocation::Good));
    assert_eq!(on("2050-01-01"), Ok(Revocation::Unchecked));
}

#[test]
fn the_command_reports_a_good_signature_with_the_promised_fields() {
    let cms = sign(&kindergarten_worker(Position::Head), KeyKind::Sign);
    let report = check(&cms, Some(CONTRACT), &test_pki().trust, now());
    assert_eq!(report["verdict"], "valid");
    assert!(report["reason"].is_null());
    let signer = &report["signers"][0];
    assert_eq!(signer["iin"], "750101300450");
    assert_eq!(signer["bin"], "990140000126");
    assert_eq!(signer["name"], "АХМЕТОВА ӘЙГЕРІМ");
    assert_eq!(signer["algorithm"], "RSA-SHA256");
    assert_eq!(signer["key_usage"], "sign");
    assert_eq!(signer["roles"], json!(["organisation", "head"]));
    assert_eq!(signer["chain"].as_array().unwrap().len(), 3);
    assert_eq!(signer["signed_at"], "2026-12-14T05:00:00Z");
    assert!(signer.as_object().unwrap().contains_key("time_stamp"));
    assert!(signer["time_stamp"].is_null());
}

#[test]
fn the_command_judges_attached_signatures_by_what_they_carry() {
    let trust = &test_pki().trust;
    let good = sign(&mother(), KeyKind::Sign);
    let whole = attached(&good, CONTRACT);
    assert_eq!(check(&whole, None, trust, now())["verdict"], "valid");
    assert_eq!(check(&whole, Some(CONTRACT), trust, now())["verdict"], "valid");
    assert_eq!(check(&whole, Some(b"another"), trust, now())["reason"], "content_differs");
    assert_eq!(check(&attached(&good, b"another"), None, trust, now())["reason"], "content_differs");
    assert_eq!(
        check(&attached(&good, b"another"), Some(CONTRACT), trust, now())["reason"],
        "content_differs"
    );
    assert_eq!(check(&good, None, trust, now())["reason"], "no_content");
}

#[test]
fn the_command_reports_every_signer_and_blames_the_right_one() {
    let trust = &test_pki().trust;
    let good = sign(&mother(), KeyKind::Sign);
    let both = merged(&good, &sign(&kindergarten_worker(Position::Head), KeyKind::Sign));
    let report = check(&both, Some(CONTRACT), trust, now());
    assert_eq!(report["verdict"], "valid");
    assert_eq!(report["signers"].as_array().unwrap().len(), 2);

    let half = merged(&good, &sign(&kindergarten_worker(Position::Head), KeyKind::Auth));
    let report = check(&half, Some(CONTRACT), trust, now());
    assert_eq!((&report["verdict"], &report["reason"]), (&json!("invalid"), &json!("authentication_key")));
    for signer in report["signers"].as_array().unwrap() {
        let expected = if signer["bin"].is_null() { Value::Null } else { json!("authentication_key") };
        assert_eq!(signer["reason"], expected);
    }
}

#[test]
fn two_signatures_in_one_file_stay_what_they_were() {
    let trust = &test_pki().trust;
    let signers = |cms: &[u8]| -> Vec<SignerInfo> {
        let data: SignedData = ContentInfo::from_der(cms).unwrap().content.decode_as().unwrap();
        data.signer_infos.0.iter().cloned().collect()
    };
    for (first, second) in
        [(Family::Rsa, Family::Rsa), (Family::Gost, Family::Rsa), (Family::Gost2004, Family::Gost)]
    {
        let (parent, head) = (good(first), of_head(second));
        let both = merge(&parent, &head).unwrap();
        let report = check(&both, Some(CONTRACT), trust, now());
        assert_eq!(report["verdict"], "valid", "{first:?} {second:?}: {report}");
        let mut iins: Vec<&str> =
            report["signers"].as_array().unwrap().iter().filter_map(|one| one["iin"].as_str()).collect();
        iins.sort_unstable();
        assert_eq!(iins, ["750101300450", "880515400127"], "{first:?} {second:?}");
        assert_eq!(check(&both, Some(b"another"), trust, now())["reason"], "content_differs");
        for one in [signers(&parent), signers(&head)].concat() {
            assert!(signers(&both).contains(&one), "a signer was changed");
        }
        // Joined twice, or the other way round, it is the same file.
        assert_eq!(merge(&both, &head).unwrap(), both);
        assert_eq!(merge(&both, &both).unwrap(), both);
        assert_eq!(merge(&head, &parent).unwrap(), both);
    }
}

#[test]
fn joining_promises_nothing_of_the_text() {
    let trust = &test_pki().trust;
    let parent = good(Family::Rsa);
    let head = kindergarten_worker(Position::Head);
    let other = test_pki().pki.sign(&head, KeyKind::Sign, b"another text", now()).unwrap();
    assert!(is_over(&parent, CONTRACT) && !is_over(&other, CONTRACT), "whoever joins them asks before");
    let both = merge(&parent, &other).unwrap();
    assert_eq!(check(&both, Some(CONTRACT), trust, now())["reason"], "content_differs");
    assert_eq!(merge(&parent, b"0"), Err(SignatureRefusal::NotCms));
    assert_eq!(merge(&parent, b""), Err(SignatureRefusal::Empty));
}

#[test]
fn the_command_says_what_is_wrong_and_still_tells_who_it_was() {
    let trust = &test_pki().trust;
    for (kind, reason) in [
        (KeyKind::Auth, "authentication_key"),
        (KeyKind::Expired, "expired"),
        (KeyKind::Revoked, "revoked"),
        (KeyKind::Foreign, "not_trusted"),
    ] {
        let report = check(&sign(&mother(), kind), Some(CONTRACT), trust, now());
        assert_eq!(report["verdict"], "invalid");
        assert_eq!(report["reason"], reason);
        assert_eq!(report["signers"][0]["iin"], "880515400127");
    }
    assert_eq!(
        check(b"", None, trust, now()),
        json!({"verdict": "invalid", "reason": "empty", "signers": []})
    );
    let nobody =
        tampered(&sign(&mother(), KeyKind::Sign), |data| data.signer_infos = SignerInfos(SetOfVec::new()));
    assert_eq!(check(&nobody, Some(CONTRACT), trust, now())["reason"], "no_signer");
    let stranger = tampered(&sign(&mother(), KeyKind::Sign), |data| data.certificates = None);
    let report = check(&stranger, Some(CONTRACT), trust, now());
    assert_eq!(report["reason"], "no_signer_certificate");
    assert!(report["signers"][0]["iin"].is_null());
}

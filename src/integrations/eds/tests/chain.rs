//! Whom the portal believes: every link of a chain, keys too short or on another curve, lists of the revoked.
use super::*;

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

pub(super) fn without(certificate: &mut TbsCertificate, extension: der::asn1::ObjectIdentifier) {
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

//! Who signs what with which key: `safety.md` T30 is the list these come from.
use super::*;

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

/// The document as it was signed and as the portal holds it, the file, whose signature is wanted, when it came.
struct Submitted {
    content: &'static [u8],
    cms: Vec<u8>,
    party: Party<'static>,
    at: DateTime<Utc>,
}

/// What is wrong with a submitted file, how to make it so, and what is said of it.
type Negative = (&'static str, fn(Family) -> Submitted, SignatureRefusal);

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
const NEGATIVES: [Negative; 28] = {
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
            "the parent for the kindergarten",
            |family| {
                let parent = Some("880515400127");
                let head = Holder { iin: "880515400127".to_owned(), ..kindergarten_worker(Position::Head) };
                let cms = signed_by(family, &head, KeyKind::Sign, CONTRACT);
                Submitted { party: Party::Kindergarten { bin: "990140000126", parent }, ..from_mother(cms) }
            },
            BothSides,
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

/// The second differs from the first in its version only, as a set asks for.
fn twice(cms: &[u8]) -> Vec<u8> {
    tampered(cms, |data| {
        let first = data.signer_infos.0.get(0).unwrap().clone();
        let second = SignerInfo { version: cms::content_info::CmsVersion::V3, ..first.clone() };
        data.signer_infos = SignerInfos::try_from(vec![first, second]).unwrap();
    })
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

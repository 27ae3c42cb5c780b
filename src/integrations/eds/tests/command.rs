//! `balabaqsha signature check`, and two signatures in one file.
use super::chain::without;
use super::*;

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

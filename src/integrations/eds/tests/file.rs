//! The file around a signature: every way of writing it down that is taken, and what is not.
use super::*;

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
fn every_family_may_come_in_pieces() {
    for family in Family::ALL {
        let good = good(family);
        let whole = verify(&good, CONTRACT, &test_pki().trust, PARENT, now());
        assert_eq!(verify(&streamed(&good, 4), CONTRACT, &test_pki().trust, PARENT, now()), whole);
        assert!(whole.is_ok());
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
fn a_crowd_of_digests_is_no_signature() {
    let crowd = (1..100).map(|arc: u32| AlgorithmIdentifierOwned {
        oid: format!("1.2.398.{arc}").parse().unwrap(),
        parameters: None,
    });
    let crowd = SetOfVec::try_from(crowd.collect::<Vec<_>>()).unwrap();
    let cms = tampered(&sign(&mother(), KeyKind::Sign), |data| data.digest_algorithms = crowd);
    assert_eq!(refusal(&cms, PARENT), SignatureRefusal::NotCms);
}

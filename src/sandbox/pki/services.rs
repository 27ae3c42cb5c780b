//! The authorities' services: who is revoked (OCSP and lists), and what time it is (RFC 6960, RFC 5280, RFC 3161).
use super::certificate::{revocation_list, time};
use super::signature::{around, with_unsigned};
use super::{Family, Pki, REVOKED_SERIAL};
use crate::integrations::eds::oid;
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use der::asn1::{BitString, Int, ObjectIdentifier as Oid, OctetString};
use der::{Any, Decode, Encode, Header, Reader, Sequence, SliceReader, Tag, Tagged};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::CrlReason;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, ResponderId,
    ResponseData, RevokedInfo, SingleResponse, Version,
};

/// An answer, or a list, holds so long: whoever meets a silent service has nothing to fall back on for longer.
const HOLDS_FOR: TimeDelta = TimeDelta::seconds(30);
/// A key that somebody lost is taken to have been revoked so long ago.
const REVOKED_SINCE: TimeDelta = TimeDelta::days(1);
const TIME_STAMP_POLICY: Oid = Oid::new_unwrap("1.2.398.3.3.2.6.2");

impl Pki {
    /// The names of the lists below `crl/`.
    pub fn list_names() -> [String; Family::ALL.len()] {
        Family::ALL.map(|family| format!("{}.crl", family.name()))
    }

    /// The responder's answer to an OCSP request; a broken one is told so.
    pub fn ocsp(&self, request: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        let Ok(request) = OcspRequest::from_der(request) else {
            return Ok(OcspResponse::malformed_request().to_der()?);
        };
        let asked: Vec<&CertId> =
            request.tbs_request.request_list.iter().map(|request| &request.req_cert).collect();
        let Some(first) = asked.first() else {
            return Ok(OcspResponse::malformed_request().to_der()?);
        };
        let family = self.family_of(first).unwrap_or_default();
        let (responder, key) = self.responder(family);
        let answers = asked.iter().map(|id| self.status(id, now));
        let extensions = request.tbs_request.request_extensions.unwrap_or_default();
        let nonce: Vec<_> = extensions.into_iter().filter(|one| one.extn_id == oid::OCSP_NONCE).collect();
        let data = ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByName(responder.tbs_certificate.subject.clone()),
            produced_at: moment(now)?,
            responses: answers.collect::<Result<_>>()?,
            response_extensions: (!nonce.is_empty()).then_some(nonce),
        };
        answer(data, responder, &|message| key.sign(message), key.signature_algorithm())
    }

    fn status(&self, id: &CertId, now: DateTime<Utc>) -> Result<SingleResponse> {
        let revoked = || -> Result<CertStatus> {
            Ok(CertStatus::Revoked(RevokedInfo {
                revocation_time: moment(now - REVOKED_SINCE)?,
                revocation_reason: Some(CrlReason::KeyCompromise),
            }))
        };
        let cert_status = match self.family_of(id) {
            None => CertStatus::unknown(),
            Some(_) if id.serial_number.as_bytes() == REVOKED_SERIAL => revoked()?,
            Some(_) => CertStatus::good(),
        };
        Ok(SingleResponse {
            cert_id: id.clone(),
            cert_status,
            this_update: moment(now)?,
            next_update: Some(moment(now + HOLDS_FOR)?),
            single_extensions: None,
        })
    }

    /// Whose certificate is asked about.
    fn family_of(&self, id: &CertId) -> Option<Family> {
        let digest = |bytes: &[u8]| Sha256::digest(bytes).to_vec();
        Family::ALL.into_iter().find(|family| {
            let issuer = &self.issuer(*family).certificate.tbs_certificate;
            let name = issuer.subject.to_der().map(|name| digest(&name)).unwrap_or_default();
            let key = digest(issuer.subject_public_key_info.subject_public_key.raw_bytes());
            id.issuer_name_hash.as_bytes() == name && id.issuer_key_hash.as_bytes() == key
        })
    }

    /// The list of whom this authority has revoked, as of now.
    pub fn list(&self, family: Family, now: DateTime<Utc>) -> Result<Vec<u8>> {
        let issuer = self.issuer(family);
        let mut tbs_cert_list = revocation_list(&issuer.certificate, &issuer.key)?.tbs_cert_list;
        tbs_cert_list.this_update = time(now)?;
        tbs_cert_list.next_update = Some(time(now + HOLDS_FOR)?);
        let signature = BitString::from_bytes(&issuer.key.sign(&tbs_cert_list.to_der()?)?)?;
        let signature_algorithm = issuer.key.signature_algorithm();
        Ok(CertificateList { tbs_cert_list, signature_algorithm, signature }.to_der()?)
    }

    /// The answer to a request for a time stamp.
    pub fn time_stamp(&self, request: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        let Ok((imprint, nonce)) = read_request(request) else {
            // PKIStatus 2: rejected.
            return Ok(Refused { status: vec![2] }.to_der()?);
        };
        let token = Any::from_der(&self.token(imprint, nonce, now)?)?;
        Ok(Granted { status: vec![0], token }.to_der()?)
    }

    fn token(&self, imprint: Imprint, nonce: Option<Int>, now: DateTime<Utc>) -> Result<Vec<u8>> {
        let family = match imprint.algorithm.oid {
            oid::STREEBOG_512 => Family::Gost,
            oid::GOST_94 => Family::Gost2004,
            _ => Family::Rsa,
        };
        let serial = now.timestamp_micros().unsigned_abs();
        let info =
            StampInfo { version: 1, policy: TIME_STAMP_POLICY, imprint, serial, at: moment(now)?.0, nonce };
        let (certificate, key) = self.tsa(family);
        around(certificate.clone(), key, oid::TIME_STAMP_INFO, &info.to_der()?, now)
    }

    /// The same signature with a token that says that it was there at this moment.
    pub fn stamp(&self, cms: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        with_unsigned(cms, oid::TIME_STAMP_TOKEN, |signature| {
            let algorithm = AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: Some(Any::null()) };
            let digest = OctetString::new(Sha256::digest(signature).as_slice())?;
            self.token(Imprint { algorithm, digest }, None, now)
        })
    }
}

/// Signed by whoever answers, with the certificate that allows it.
fn answer(
    tbs_response_data: ResponseData,
    responder: &Certificate,
    sign: &dyn Fn(&[u8]) -> Result<Vec<u8>>,
    signature_algorithm: AlgorithmIdentifierOwned,
) -> Result<Vec<u8>> {
    let signature = BitString::from_bytes(&sign(&tbs_response_data.to_der()?)?)?;
    let certs = Some(vec![responder.clone()]);
    let basic = BasicOcspResponse { tbs_response_data, signature_algorithm, signature, certs };
    Ok(OcspResponse::successful(basic)?.to_der()?)
}

fn moment(at: DateTime<Utc>) -> Result<OcspGeneralizedTime> {
    Ok(OcspGeneralizedTime::from(time(at)?))
}

#[derive(Sequence)]
struct Imprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct StampInfo {
    version: u8,
    policy: Oid,
    imprint: Imprint,
    serial: u64,
    at: der::asn1::GeneralizedTime,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
}

#[derive(Sequence)]
struct Granted {
    status: Vec<u8>,
    token: Any,
}

#[derive(Sequence)]
struct Refused {
    status: Vec<u8>,
}

/// The imprint and the nonce of a request; which policy it would like does not matter here.
fn read_request(request: &[u8]) -> Result<(Imprint, Option<Int>)> {
    let mut reader = SliceReader::new(request)?;
    Header::decode(&mut reader)?;
    u8::decode(&mut reader)?;
    let imprint = Imprint::decode(&mut reader)?;
    while !reader.is_finished() {
        let value = Any::decode(&mut reader)?;
        if value.tag() == Tag::Integer {
            return Ok((imprint, Some(value.decode_as().context("the nonce")?)));
        }
    }
    Ok((imprint, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::eds::ocsp::{NoAnswer, Question, Said};
    use crate::integrations::eds::{self, Evidence, crl};
    use crate::rules::signature::{Party, SignatureRefusal};
    use crate::sandbox::pki::testing::{mother, test_pki};
    use crate::sandbox::pki::{Key, KeyKind};
    use x509_cert::crl::RevokedCert;
    use x509_cert::ext::Extension;
    use x509_cert::ext::pkix::CrlNumber;
    use x509_cert::serial_number::SerialNumber;
    use x509_cert::time::Time;

    const CONTRACT: &[u8] = b"%PDF contract";
    const NONCE: [u8; 16] = [7; 16];

    fn now() -> DateTime<Utc> {
        "2026-12-14T05:00:00Z".parse().unwrap()
    }

    fn cms(family: Family, kind: KeyKind) -> Vec<u8> {
        test_pki().pki.sign_with(family, &mother(), kind, CONTRACT, now()).unwrap()
    }

    fn evidence(family: Family, kind: KeyKind) -> Evidence {
        Evidence::of(&cms(family, kind), &test_pki().trust, now()).unwrap()
    }

    fn question(evidence: &Evidence) -> Question {
        evidence.signer.question(&NONCE).unwrap()
    }

    #[test]
    fn the_authority_tells_good_keys_from_revoked_ones_in_every_family() {
        for family in Family::ALL {
            for (kind, expected) in [(KeyKind::Sign, Said::Good), (KeyKind::Revoked, Said::Revoked)] {
                let evidence = evidence(family, kind);
                let question = question(&evidence);
                let answer = test_pki().pki.ocsp(&question.to_der().unwrap(), now()).unwrap();
                let said = evidence.signer.said_by_responder(&question, &answer, now());
                assert_eq!(said, Ok(expected), "{family:?} {kind:?}");

                let list = crl::parse(&test_pki().pki.list(family, now()).unwrap()).unwrap();
                let said = evidence.signer.said_by_lists([&list].into_iter(), now());
                assert_eq!(said, expected, "{family:?} {kind:?}");
            }
        }
    }

    /// The sandbox's good answer about mother's key, changed, and signed by this certificate's holder.
    fn answered(by: (&Certificate, &Key), change: impl FnOnce(&mut ResponseData)) -> Result<Said, NoAnswer> {
        let evidence = evidence(Family::Rsa, KeyKind::Sign);
        let question = question(&evidence);
        let good = test_pki().pki.ocsp(&question.to_der().unwrap(), now()).unwrap();
        let body = OcspResponse::from_der(&good).unwrap().response_bytes.unwrap().response;
        let mut data = BasicOcspResponse::from_der(body.as_bytes()).unwrap().tbs_response_data;
        change(&mut data);
        let (responder, key) = by;
        let sign = |message: &[u8]| key.sign(message);
        let answer = answer(data, responder, &sign, key.signature_algorithm()).unwrap();
        evidence.signer.said_by_responder(&question, &answer, now())
    }

    fn at(minutes: i64) -> OcspGeneralizedTime {
        moment(now() + TimeDelta::minutes(minutes)).unwrap()
    }

    #[test]
    fn only_the_issuer_and_whom_it_has_certified_for_that_are_believed() {
        let pki = &test_pki().pki;
        let issuer = pki.issuer(Family::Rsa);
        let branch = pki.branch(Family::Rsa);
        assert_eq!(answered(pki.responder(Family::Rsa), |_| {}), Ok(Said::Good));
        assert_eq!(answered((&issuer.certificate, &issuer.key), |_| {}), Ok(Said::Good));
        for (who, by) in [
            ("a look-alike", (&branch.foreign.certificate, &branch.foreign.key)),
            ("the time-stamping authority", pki.tsa(Family::Rsa)),
            ("another authority's responder", pki.responder(Family::Gost)),
            ("a responder's name without its key", (&branch.responder, &branch.person)),
        ] {
            assert_eq!(answered(by, |_| {}), Err(NoAnswer::ForeignResponder), "{who}");
        }
    }

    #[test]
    fn an_answer_is_fresh_and_about_this_certificate() {
        let by = test_pki().pki.responder(Family::Rsa);
        let with = |change: &dyn Fn(&mut SingleResponse)| {
            answered(by, |data| change(data.responses.first_mut().unwrap()))
        };
        let expired = with(&|one| {
            one.this_update = at(-120);
            one.next_update = Some(at(-60));
        });
        assert_eq!(expired, Err(NoAnswer::Stale));
        assert_eq!(with(&|one| one.this_update = at(60)), Err(NoAnswer::Stale));
        let endless = |minutes| {
            with(&|one| {
                one.this_update = at(minutes);
                one.next_update = None;
            })
        };
        assert_eq!(endless(-30), Ok(Said::Good));
        assert_eq!(endless(-120), Err(NoAnswer::Stale), "until when it holds is not said");
        let other = SerialNumber::new(&[1, 2, 3]).unwrap();
        assert_eq!(with(&|one| one.cert_id.serial_number = other.clone()), Err(NoAnswer::OtherCertificate));
        let other = OctetString::new([0; 32].as_slice()).unwrap();
        assert_eq!(with(&|one| one.cert_id.issuer_key_hash = other.clone()), Err(NoAnswer::OtherCertificate));
        assert_eq!(with(&|one| one.cert_status = CertStatus::unknown()), Ok(Said::Unknown));
    }

    #[test]
    fn the_nonce_may_be_left_out_but_not_be_another() {
        let by = test_pki().pki.responder(Family::Rsa);
        assert_eq!(answered(by, |data| data.response_extensions = None), Ok(Said::Good));
        let other = answered(by, |data| {
            let nonce = OctetString::new([9; 16].as_slice()).unwrap().to_der().unwrap();
            data.response_extensions.as_mut().unwrap()[0].extn_value = OctetString::new(nonce).unwrap();
        });
        assert_eq!(other, Err(NoAnswer::OtherNonce));
    }

    #[test]
    fn a_certificate_that_was_never_issued_is_no_revoked_one() {
        let by = test_pki().pki.responder(Family::Rsa);
        let revoked = |since: DateTime<Utc>, reason| {
            let revocation_time = moment(since).unwrap();
            let info = RevokedInfo { revocation_time, revocation_reason: reason };
            answered(by, |data| data.responses[0].cert_status = CertStatus::Revoked(info))
        };
        assert_eq!(revoked(DateTime::UNIX_EPOCH, Some(CrlReason::CertificateHold)), Ok(Said::NeverIssued));
        assert_eq!(revoked(now(), Some(CrlReason::CertificateHold)), Ok(Said::Revoked));
        assert_eq!(revoked(DateTime::UNIX_EPOCH, None), Ok(Said::Revoked));
    }

    #[test]
    fn what_is_no_answer_is_none_wherever_it_is_broken() {
        let evidence = evidence(Family::Rsa, KeyKind::Sign);
        let question = question(&evidence);
        let said = |answer: &[u8]| evidence.signer.said_by_responder(&question, answer, now());
        let refusal = OcspResponse::malformed_request().to_der().unwrap();
        assert_eq!(said(&refusal), Err(NoAnswer::Refused));
        assert_eq!(said(b"<html>"), Err(NoAnswer::NotOcsp));
        assert_eq!(said(&[0x30; 70_000]), Err(NoAnswer::NotOcsp));
        let good = test_pki().pki.ocsp(&question.to_der().unwrap(), now()).unwrap();
        for length in (0..good.len()).step_by(40) {
            assert_eq!(said(&good[..length]), Err(NoAnswer::NotOcsp), "{length} bytes");
        }
        for place in (0..good.len()).step_by(7) {
            let mut broken = good.clone();
            broken[place] ^= 0x20;
            // In the certificate beside it there may be trifles; nothing makes it say anything else.
            assert!(said(&broken).is_err() || said(&broken) == Ok(Said::Good), "byte {place}");
        }
    }

    /// A list of the sandbox's authority: changed, and signed with its own key or another.
    fn list(change: impl FnOnce(&mut x509_cert::crl::TbsCertList), key: Option<&Key>) -> CertificateList {
        let pki = &test_pki().pki;
        let issuer = pki.issuer(Family::Rsa);
        let mut tbs_cert_list = crl::parse(&pki.list(Family::Rsa, now()).unwrap()).unwrap().tbs_cert_list;
        tbs_cert_list.revoked_certificates = None;
        change(&mut tbs_cert_list);
        let key = key.unwrap_or(&issuer.key);
        let signature = BitString::from_bytes(&key.sign(&tbs_cert_list.to_der().unwrap()).unwrap()).unwrap();
        CertificateList { tbs_cert_list, signature_algorithm: key.signature_algorithm(), signature }
    }

    fn when(minutes: i64) -> Time {
        time(now() + TimeDelta::minutes(minutes)).unwrap()
    }

    /// Mother's key as a list's entry.
    fn entry(reason: Option<CrlReason>) -> RevokedCert {
        let serial = hex::decode(evidence(Family::Rsa, KeyKind::Sign).serial()).unwrap();
        let extension = |reason: CrlReason| Extension {
            extn_id: oid::LIST_REASON,
            critical: false,
            extn_value: OctetString::new(reason.to_der().unwrap()).unwrap(),
        };
        RevokedCert {
            serial_number: SerialNumber::new(&serial).unwrap(),
            revocation_date: when(-5),
            crl_entry_extensions: reason.map(|reason| vec![extension(reason)]),
        }
    }

    fn delta(entries: Vec<RevokedCert>) -> CertificateList {
        let indicator = CrlNumber::from(der::asn1::Uint::new(&[1]).unwrap());
        let indicator = Extension {
            extn_id: oid::DELTA_LIST,
            critical: true,
            extn_value: OctetString::new(indicator.to_der().unwrap()).unwrap(),
        };
        list(
            |body| {
                body.crl_extensions = Some(vec![indicator]);
                body.revoked_certificates = Some(entries);
            },
            None,
        )
    }

    #[test]
    fn lists_are_believed_when_they_are_the_issuers_own_and_in_date() {
        let pki = &test_pki().pki;
        let evidence = evidence(Family::Rsa, KeyKind::Sign);
        let said = |lists: &[CertificateList]| evidence.signer.said_by_lists(lists.iter(), now());
        let names =
            |body: &mut x509_cert::crl::TbsCertList| body.revoked_certificates = Some(vec![entry(None)]);
        let stale = |body: &mut x509_cert::crl::TbsCertList| {
            body.this_update = when(-120);
            body.next_update = Some(when(-60));
        };
        assert_eq!(said(&[list(|_| {}, None)]), Said::Good);
        assert_eq!(said(&[list(names, None)]), Said::Revoked);
        assert_eq!(said(&[]), Said::Unknown);
        assert_eq!(said(&[list(stale, None)]), Said::Unknown, "out of date");
        assert_eq!(said(&[list(|body| body.next_update = None, None)]), Said::Unknown, "no end");
        assert_eq!(said(&[list(|body| body.this_update = when(60), None)]), Said::Unknown, "not yet");
        let forged = list(|_| {}, Some(&pki.branch(Family::Rsa).foreign.key));
        assert_eq!(said(&[forged]), Said::Unknown, "a forged signature");
        let forged = list(names, Some(&pki.branch(Family::Rsa).foreign.key));
        assert_eq!(said(&[forged, list(|_| {}, None)]), Said::Good, "a forged accusation");
        let others = crl::parse(&pki.list(Family::Gost, now()).unwrap()).unwrap();
        assert_eq!(said(&[others]), Said::Unknown, "another authority's");
        let both = |body: &mut x509_cert::crl::TbsCertList| {
            stale(body);
            names(body);
        };
        assert_eq!(said(&[list(both, None)]), Said::Revoked, "nothing is taken back by age");
    }

    #[test]
    fn the_short_list_of_changes_adds_to_the_whole_one() {
        let evidence = evidence(Family::Rsa, KeyKind::Sign);
        let said = |lists: &[CertificateList]| evidence.signer.said_by_lists(lists.iter(), now());
        let whole = || list(|_| {}, None);
        let held = || {
            let on_hold = vec![entry(Some(CrlReason::CertificateHold))];
            list(|body| body.revoked_certificates = Some(on_hold), None)
        };
        assert_eq!(said(&[whole(), delta(vec![entry(None)])]), Said::Revoked);
        assert_eq!(said(&[delta(vec![])]), Said::Unknown, "changes alone acquit nobody");
        assert_eq!(said(&[held()]), Said::Revoked);
        assert_eq!(said(&[held(), delta(vec![entry(Some(CrlReason::RemoveFromCRL))])]), Said::Good);
    }

    fn verified(cms: &[u8]) -> Result<crate::rules::signature::Verdict, SignatureRefusal> {
        let party = Party::Parent { iin: &mother().iin };
        eds::verify(cms, CONTRACT, &test_pki().trust, party, now())
    }

    #[test]
    fn a_time_stamp_is_the_trusted_time() {
        let pki = &test_pki().pki;
        for family in Family::ALL {
            let stamped = pki.stamp(&cms(family, KeyKind::Sign), now() - TimeDelta::days(2)).unwrap();
            let verdict = verified(&stamped).unwrap();
            assert_eq!(verdict.signer.time_stamp, Some(now() - TimeDelta::days(2)), "{family:?}");
            assert_eq!(verdict.judged_at, now() - TimeDelta::days(2));
            assert!(Evidence::of(&stamped, &test_pki().trust, now()).unwrap().time_stamp.is_some());
        }
        // A key that has run out since, and was good when the authority saw the signature.
        let old = cms(Family::Rsa, KeyKind::Expired);
        assert_eq!(verified(&old), Err(SignatureRefusal::Expired));
        let stamped = pki.stamp(&old, now() - TimeDelta::days(60)).unwrap();
        assert!(verified(&stamped).is_ok());
        let late = pki.stamp(&old, now() - TimeDelta::days(1)).unwrap();
        assert_eq!(verified(&late), Err(SignatureRefusal::Expired));
    }

    #[test]
    fn whoever_stamps_is_asked_about_as_a_signer_is() {
        let pki = &test_pki().pki;
        for family in Family::ALL {
            let stamped = pki.stamp(&cms(family, KeyKind::Sign), now()).unwrap();
            let stamper = Evidence::of(&stamped, &test_pki().trust, now()).unwrap().time_stamper.unwrap();
            let question = stamper.question(&NONCE).unwrap();
            let answer = pki.ocsp(&question.to_der().unwrap(), now()).unwrap();
            assert_eq!(stamper.said_by_responder(&question, &answer, now()), Ok(Said::Good), "{family:?}");
        }
        // The authority's own certificate is withdrawn, since yesterday.
        let stamped = pki.stamp(&cms(Family::Rsa, KeyKind::Sign), now() - TimeDelta::days(2)).unwrap();
        let entry = RevokedCert {
            serial_number: pki.tsa(Family::Rsa).0.tbs_certificate.serial_number.clone(),
            revocation_date: when(-24 * 60),
            crl_entry_extensions: None,
        };
        let names = |body: &mut x509_cert::crl::TbsCertList| body.revoked_certificates = Some(vec![entry]);
        let list = list(names, None);
        let evidence = Evidence::of(&stamped, &test_pki().trust, now()).unwrap();
        assert_eq!(evidence.signer.said_by_lists([&list].into_iter(), now()), Said::Good);
        let stamper = evidence.time_stamper.unwrap();
        assert_eq!(stamper.said_by_lists([&list].into_iter(), now()), Said::Revoked);
        // A list lying in the trust folder says so, too.
        let dir = tempfile::tempdir().unwrap();
        let issuer = pki.issuer(Family::Rsa);
        let write = |name: &str, bytes: Vec<u8>| std::fs::write(dir.path().join(name), bytes).unwrap();
        write("root.der", issuer.root.to_der().unwrap());
        write("rsa.der", issuer.certificate.to_der().unwrap());
        write("stamps.crl", list.to_der().unwrap());
        let trust = eds::Trust::load(dir.path()).unwrap();
        let party = Party::Parent { iin: &mother().iin };
        let verdict = eds::verify(&stamped, CONTRACT, &trust, party, now());
        assert_eq!(verdict.map(|_| ()), Err(SignatureRefusal::BadTimeStamp));
        assert!(Evidence::of(&stamped, &trust, now()).is_none(), "nobody is asked about it");
    }

    #[test]
    fn a_time_stamp_that_does_not_hold_is_refused() {
        let pki = &test_pki().pki;
        let good = cms(Family::Rsa, KeyKind::Sign);
        let imprint = |of: &[u8]| Imprint {
            algorithm: AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: None },
            digest: OctetString::new(Sha256::digest(of).as_slice()).unwrap(),
        };
        let stamped = |make: &dyn Fn(&[u8]) -> Result<Vec<u8>>| {
            verified(&with_unsigned(&good, oid::TIME_STAMP_TOKEN, make).unwrap()).map(|_| ())
        };
        assert_eq!(stamped(&|signature| pki.token(imprint(signature), None, now())), Ok(()));
        let refused = Err(SignatureRefusal::BadTimeStamp);
        assert_eq!(
            stamped(&|_| pki.token(imprint(b"another signature"), None, now())),
            refused,
            "the imprint"
        );
        let tomorrow = now() + TimeDelta::days(1);
        assert_eq!(stamped(&|signature| pki.token(imprint(signature), None, tomorrow)), refused, "tomorrow");
        let info = |signature: &[u8]| {
            let imprint = imprint(signature);
            let serial = 1;
            let at = moment(now()).unwrap().0;
            let info = StampInfo { version: 1, policy: TIME_STAMP_POLICY, imprint, serial, at, nonce: None };
            info.to_der().unwrap()
        };
        let branch = pki.branch(Family::Rsa);
        for (who, certificate, key) in [
            ("a responder", &branch.responder, &branch.service),
            ("a look-alike", &branch.foreign.certificate, &branch.foreign.key),
            ("another key", &branch.tsa, &branch.person),
        ] {
            let by = |signature: &[u8]| {
                around(certificate.clone(), key, oid::TIME_STAMP_INFO, &info(signature), now())
            };
            assert_eq!(stamped(&by), refused, "{who}");
        }
        assert_eq!(stamped(&|_| Ok(vec![0x05, 0x00])), refused, "no token at all");
        // A token whose text is another than the one that was signed.
        let other = |signature: &[u8]| {
            let (certificate, key) = pki.tsa(Family::Rsa);
            let token = around(certificate.clone(), key, oid::TIME_STAMP_INFO, &info(b"x"), now())?;
            let (was, is) = (info(b"x"), info(signature));
            let place = token.windows(was.len()).position(|part| part == was).unwrap();
            Ok([&token[..place], &is, &token[place + was.len()..]].concat())
        };
        assert_eq!(stamped(&other), refused, "changed afterwards");
    }

    #[test]
    fn a_request_for_a_time_stamp_is_answered_with_a_token() {
        let pki = &test_pki().pki;
        let imprint = Imprint {
            algorithm: AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: None },
            digest: OctetString::new([1; 32].as_slice()).unwrap(),
        };
        #[derive(Sequence)]
        struct Request {
            version: u8,
            imprint: Imprint,
            nonce: Int,
            wants_certificate: bool,
        }
        let request =
            Request { version: 1, imprint, nonce: Int::new(&[5]).unwrap(), wants_certificate: true };
        let answer = pki.time_stamp(&request.to_der().unwrap(), now()).unwrap();
        let granted = Granted::from_der(&answer).unwrap();
        assert_eq!(granted.status, [0]);
        assert_eq!(Refused::from_der(&pki.time_stamp(b"x", now()).unwrap()).unwrap().status, [2]);
    }
}

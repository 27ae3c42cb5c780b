//! Every bad signature of the list (`safety.md` T30) through the pages themselves: its sentence in both languages,
//! its status, its line in the journal, and nothing signed. What is refused by which point of the policy, in every family
//! of keys, is in `integrations/eds/tests.rs`.
use balabaqsha::integrations::eds;
use balabaqsha::locale::wording;
use balabaqsha::rules::person::Language;
use balabaqsha::rules::signature::SignatureRefusal::{self, *};
use balabaqsha::sandbox::pki::{Holder, KeyKind};
use base64::prelude::{BASE64_STANDARD, Engine};
use chrono::Duration;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfo, SignerInfos};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::{Any, Decode, Encode};
use serde_json::json;
use sqlx::PgPool;

use crate::support::people::Person;
use crate::support::{Page, Portal, Visitor, adult};

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// What it is, its bytes, why it is refused.
type Bad = (&'static str, Vec<u8>, SignatureRefusal);

/// The same CMS with something changed after signing.
fn changed(cms: &[u8], change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let mut content = ContentInfo::from_der(cms).unwrap();
    let mut data: SignedData = content.content.decode_as().unwrap();
    change(&mut data);
    content.content = Any::encode_from(&data).unwrap();
    content.to_der().unwrap()
}

fn around(cms: &[u8], document: &[u8]) -> Vec<u8> {
    let document = Any::encode_from(&OctetString::new(document).unwrap()).unwrap();
    changed(cms, |data| data.encap_content_info.econtent = Some(document))
}

fn with_sha1(cms: &[u8]) -> Vec<u8> {
    changed(cms, |data| {
        let mut signer: SignerInfo = data.signer_infos.0.get(0).unwrap().clone();
        signer.digest_alg.oid = SHA1;
        data.signer_infos = SignerInfos::try_from(vec![signer]).unwrap();
    })
}

/// BER: a length in more bytes than it needs.
fn with_a_long_length(cms: &[u8]) -> Vec<u8> {
    [&[cms[0], 0x83, 0], &cms[2..]].concat()
}

/// By a sandbox key of another kind than `Portal::sign` makes.
pub async fn sign_as(portal: &Portal, person: &Person, more: &[(&str, &str)], data: &[u8]) -> Vec<u8> {
    let mut asked = json!({ "iin": person.iin, "data_base64": BASE64_STANDARD.encode(data) });
    more.iter().for_each(|(name, value)| asked[*name] = json!(value));
    let (status, said) = portal.post_json("/sandbox/sign", &asked).await;
    assert_eq!(status, 200, "{said}");
    BASE64_STANDARD.decode(said["cms_base64"].as_str().unwrap()).unwrap()
}

/// With a certificate that begins in half a year.
async fn sign_too_early(portal: &Portal, person: &Person, data: &[u8]) -> Vec<u8> {
    let holder = Holder {
        iin: person.iin.clone(),
        surname: person.surname.clone(),
        first_name: person.name.clone(),
        patronymic: None,
        organisation: None,
    };
    let later = balabaqsha::domain::moment::now(&portal.app).await.unwrap() + Duration::days(180);
    portal.app.sandbox.as_ref().unwrap().pki.sign(&holder, KeyKind::Sign, data, later).unwrap()
}

/// Whatever the side, the file itself is no signature under this text.
async fn broken(portal: &Portal, good: &[u8], text: &[u8]) -> Vec<Bad> {
    let others = portal.sign(&adult(77), None, "sign", text).await;
    vec![
        ("empty", vec![], Empty),
        ("5 MB", good.repeat(5 << 20 >> 10), TooLarge),
        ("more than any form takes", vec![0x30; 21 << 20], TooLarge),
        ("a text", b"I agree!".to_vec(), NotCms),
        ("truncated", good[..good.len() / 2].to_vec(), NotCms),
        ("BER with long lengths", with_a_long_length(good), NotCms),
        ("two signers", eds::merge(good, &others).unwrap(), SeveralSigners),
        ("no signer", changed(good, |data| data.signer_infos = SignerInfos(SetOfVec::new())), NoSigner),
        ("no certificate", changed(good, |data| data.certificates = None), NoSignerCertificate),
        ("attached", around(good, text), Attached),
        ("attached other text", around(good, b"another"), Attached),
        ("SHA-1", with_sha1(good), WeakAlgorithm),
    ]
}

/// The page with the form, in which this signature is sent.
async fn sends(visitor: &mut Visitor, path: &str, cms: &[u8]) -> Page {
    let page = visitor.open(path).await;
    let form = page.form("/sign").attach("signature_file", "sign.cms", "application/octet-stream", cms);
    visitor.submit(form).await
}

/// The newest refusal's side and reason, and how many there are.
async fn journal(portal: &Portal) -> (String, String, i64) {
    sqlx::query_as(
        "select facts ->> 'side', facts ->> 'why', count(*) over () from journal
         where deed = 'refuse_signature' and application_id is not null order by id desc limit 1",
    )
    .fetch_one(&portal.app.pool)
    .await
    .unwrap()
}

/// Each is refused in both languages with its own sentence and leaves its line.
async fn all_are_refused(portal: &Portal, visitor: &mut Visitor, path: &str, side: &str, bad: &[Bad]) {
    let mut lines = portal.count("journal where deed = 'refuse_signature'").await;
    for (what, cms, why) in bad {
        for language in [Language::Kk, Language::Ru] {
            let path = path.replacen("/kk/", &format!("/{}/", language.as_str()), 1);
            let page = sends(visitor, &path, cms).await;
            assert_eq!(page.status, 422, "{what}: {}", page.text());
            let told = page.error("signature_file").unwrap_or_default();
            let expected = wording::signature(language, *why).replace('\u{2011}', "-");
            assert!(told.contains(&expected), "{what}: {told}");
            lines += 1;
            assert_eq!(journal(portal).await, (side.to_owned(), why.code().to_owned(), lines), "{what}");
        }
    }
    assert_eq!(portal.count(&format!("contracts where {side}_cms is not null")).await, 0);
    assert_eq!(portal.count(&format!("signature_checks where party = '{side}'")).await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn every_bad_signature_has_its_sentence_its_status_and_its_line(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let text = family.contract().await;
    let (mother, chief) = (family.parent.clone(), head.person.clone());
    let by = async |person: &Person, bin: Option<&str>, key: &str| portal.sign(person, bin, key, &text).await;

    let good = by(&mother, None, "sign").await;
    let mut bad = broken(&portal, &good, &text).await;
    bad.extend([
        ("detached other text", portal.sign(&mother, None, "sign", b"another").await, ContentDiffers),
        ("other person", by(&chief, None, "sign").await, OtherPerson),
        ("an organisation's key", by(&mother, Some(&garden.bin), "sign").await, OrganisationKey),
        ("authentication key", by(&mother, None, "auth").await, AuthenticationKey),
        ("expired", by(&mother, None, "expired").await, Expired),
        ("not yet valid", sign_too_early(&portal, &mother, &text).await, NotYetValid),
        ("revoked", by(&mother, None, "revoked").await, Revoked),
        ("look-alike authority", by(&mother, None, "foreign").await, NotTrusted),
        (
            "a family of keys that nobody has",
            sign_as(&portal, &mother, &[("algorithm", "ecdsa")], &text).await,
            UnsupportedAlgorithm,
        ),
    ]);
    let path = family.path("/contract");
    all_are_refused(&portal, &mut family.browser, &path, "parent", &bad).await;
    // In armour the good one is taken, after all of them.
    let armoured = format!("-----BEGIN CMS-----\n{}\n-----END CMS-----\n", BASE64_STANDARD.encode(&good));
    assert_eq!(family.sends_signature(armoured.as_bytes()).await.statuses, [303, 200]);

    let good = by(&chief, Some(&garden.bin), "sign").await;
    let mut bad = broken(&portal, &good, &text).await;
    let employee = [("bin", garden.bin.as_str()), ("position", "employee")];
    bad.extend([
        (
            "detached other text",
            portal.sign(&chief, Some(&garden.bin), "sign", b"another").await,
            ContentDiffers,
        ),
        ("a person's key", by(&chief, None, "sign").await, PersonalKey),
        ("the parent's signature once more", by(&mother, None, "sign").await, PersonalKey),
        ("other organisation", by(&chief, Some("990140000126"), "sign").await, OtherOrganisation),
        ("an employee", sign_as(&portal, &chief, &employee, &text).await, NotAuthorised),
        ("the parent for the kindergarten", by(&mother, Some(&garden.bin), "sign").await, BothSides),
        ("authentication key", by(&chief, Some(&garden.bin), "auth").await, AuthenticationKey),
        ("expired", by(&chief, Some(&garden.bin), "expired").await, Expired),
        ("revoked", by(&chief, Some(&garden.bin), "revoked").await, Revoked),
        ("look-alike authority", by(&chief, Some(&garden.bin), "foreign").await, NotTrusted),
    ]);
    let path = format!("/kk/kindergarten/families/{}", family.number);
    all_are_refused(&portal, &mut head.browser, &path, "kindergarten", &bad).await;
    assert_eq!(sends(&mut head.browser, &path, &good).await.statuses, [303, 200]);

    // Two signatures, over one text.
    let over: (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where parent_verdict ->> 'content_sha256' = kindergarten_verdict ->> 'content_sha256'
            and parent_verdict ->> 'content_sha256' = encode(sha256(pdf), 'hex')) from contracts",
    )
    .fetch_one(&portal.app.pool)
    .await
    .unwrap();
    assert_eq!(over, (1, 1));
}

#[sqlx::test(migrations = "./migrations")]
async fn whoever_signed_as_the_parent_does_not_sign_for_the_kindergarten_later_either(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    family.signs(&portal).await;
    let text = family.contract().await;
    let path = format!("/kk/kindergarten/families/{}", family.number);
    // While the authority is silent, too: nothing waits that can never be accepted.
    portal.fault("eds", "down").await;
    let cms = portal.sign(&family.parent, Some(&garden.bin), "sign", &text).await;
    let page = sends(&mut head.browser, &path, &cms).await;
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.error("signature_file").unwrap().contains("163-бап"), "{}", page.text());
    assert_eq!(portal.count("signature_checks where party = 'kindergarten'").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_time_stamp_is_worth_what_its_authority_is(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let text = family.contract().await;
    let now = balabaqsha::domain::moment::now(&portal.app).await.unwrap();
    let pki = portal.app.sandbox.as_ref().unwrap().pki.clone();
    let stamped = pki.stamp(&portal.sign(&family.parent, None, "sign", &text).await, now).unwrap();
    // A stamp whose authority cannot be asked about waits as a signer would.
    portal.fault("eds", "down").await;
    assert_eq!(family.sends_signature(&stamped).await.statuses, [303, 200]);
    assert_eq!(portal.tick().await["signatures"]["still_waiting"], 1);
    portal.fault("eds", "ok").await;
    assert_eq!(portal.tick().await["signatures"]["accepted"], 1);
    let (by, stamp, kept): (String, String, bool) = sqlx::query_as(
        "select answers #>> '{revocation,signer,by}', answers #>> '{revocation,time_stamp,by}',
                length(answers #>> '{revocation,time_stamp_ocsp}') > 100 from signature_checks",
    )
    .fetch_one(&portal.app.pool)
    .await
    .unwrap();
    assert_eq!((by.as_str(), stamp.as_str(), kept), ("ocsp", "ocsp", true), "both were asked about");
}

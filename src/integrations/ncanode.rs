//! NCANode v3, a service that verifies signatures with the authority's own library: a second opinion.
//!
//! It says "valid" of a signature without a signer, ignores the document beside one that carries its own, believes any
//! responder, knows no purpose of a key and no person (integrations.md §2.4). So its "yes" counts only beside our own
//! policy, for the one signer whom we found, and where it names who told it that the certificate stands.
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::eds::Evidence;
use super::http;
use super::revocation::Patience;
use crate::fault::Fault;
use crate::rules::signature::{SignatureRefusal, Standing};

#[derive(Debug)]
pub struct Ncanode {
    http: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    valid: bool,
    #[serde(default)]
    signers: Vec<SignerFound>,
}

/// The published description calls the list `signers`, the program `certificates`.
#[derive(Deserialize)]
struct SignerFound {
    #[serde(default, alias = "signers")]
    certificates: Vec<CertificateFound>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CertificateFound {
    #[serde(default)]
    valid: bool,
    #[serde(default)]
    revocations: Vec<RevocationFound>,
    #[serde(default)]
    key_usage: Option<String>,
    #[serde(default)]
    serial_number: String,
    #[serde(default)]
    subject: SubjectFound,
}

#[derive(Deserialize)]
struct RevocationFound {
    revoked: bool,
    by: String,
}

#[derive(Default, Deserialize)]
struct SubjectFound {
    #[serde(default)]
    iin: Option<String>,
    #[serde(default)]
    bin: Option<String>,
}

impl Ncanode {
    pub fn new(url: &str) -> Result<Self, Fault> {
        Ok(Self { http: http::client()?, url: url.trim_end_matches('/').to_owned() })
    }

    /// What it says of this signature under this document, and its whole answer.
    pub async fn ask(
        &self,
        cms: &[u8],
        content: &[u8],
        evidence: &Evidence,
        patience: Patience,
    ) -> (Standing, Value) {
        let body = json!({
            "revocationCheck": ["OCSP", "CRL"],
            "cms": BASE64_STANDARD.encode(cms),
            "data": BASE64_STANDARD.encode(content),
        });
        let request = self.http.post(format!("{}/cms/verify", self.url)).json(&body);
        let answer = match request.timeout(patience.responder + patience.lists).send().await {
            Ok(answer) => answer,
            Err(error) => return silent(&error.without_url().to_string()),
        };
        let status = answer.status();
        match answer.json().await {
            Ok(said) => (judge(status.as_u16(), &said, evidence), said),
            Err(_) if status == reqwest::StatusCode::BAD_REQUEST => (NOT_CONFIRMED, Value::Null),
            Err(error) => silent(&error.without_url().to_string()),
        }
    }
}

const NOT_CONFIRMED: Standing = Standing::Refused(SignatureRefusal::NotConfirmed);

fn silent(why: &str) -> (Standing, Value) {
    tracing::warn!(why, "NCANode is silent");
    (Standing::Unknown, Value::Null)
}

/// 400 is its "no"; any other status that is not good is silence.
fn judge(status: u16, said: &Value, evidence: &Evidence) -> Standing {
    match status {
        200 => {}
        400 => return NOT_CONFIRMED,
        _ => return Standing::Unknown,
    }
    let Ok(answer) = Answer::deserialize(said) else { return Standing::Unknown };
    let [signer] = answer.signers.as_slice() else { return NOT_CONFIRMED };
    let Some(found) = signer.certificates.first() else { return NOT_CONFIRMED };
    if found.revocations.iter().any(|revocation| revocation.revoked) {
        return Standing::Refused(SignatureRefusal::Revoked);
    }
    let same_key = number(&found.serial_number) == number(&evidence.serial())
        && found.subject.iin == evidence.iin()
        && found.subject.bin == evidence.bin();
    let signs = found.key_usage.as_deref().is_none_or(|usage| usage == "SIGN");
    if !(answer.valid && found.valid && same_key && signs) {
        return NOT_CONFIRMED;
    }
    // Without its lists it counts everything as good: only a responder's word is one.
    let asked = found.revocations.iter().any(|revocation| revocation.by == "OCSP");
    if asked { Standing::Good } else { Standing::Unknown }
}

/// A number in hexadecimal, however it is written.
fn number(hexadecimal: &str) -> String {
    hexadecimal.trim_start_matches('0').to_ascii_lowercase()
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests {
    use super::*;
    use crate::integrations::eds::Trust;
    use crate::sandbox::pki::KeyKind;
    use crate::sandbox::pki::testing::{mother, test_pki};
    use chrono::{DateTime, Utc};

    fn evidence() -> Evidence {
        let now: DateTime<Utc> = "2026-12-14T05:00:00Z".parse().unwrap();
        let trust: &Trust = &test_pki().trust;
        let cms = test_pki().pki.sign(&mother(), KeyKind::Sign, b"text", now).unwrap();
        Evidence::of(&cms, trust, now).unwrap()
    }

    /// What it says when all is well.
    fn good(evidence: &Evidence) -> Value {
        json!({ "status": 200, "message": "OK", "valid": true, "extra": { "unknown": 1 }, "signers": [{
            "certificates": [{
                "valid": true,
                "revocations": [{ "revoked": false, "by": "CRL", "reason": "OK" }, { "revoked": false, "by": "OCSP", "reason": "OK" }],
                "keyUsage": "SIGN", "serialNumber": format!("00{}", evidence.serial().to_uppercase()),
                "subject": { "commonName": "X", "iin": mother().iin },
            }], "tsp": null,
        }] })
    }

    #[test]
    fn a_truthful_answer_is_believed_in_both_of_its_shapes() {
        let evidence = evidence();
        assert_eq!(judge(200, &good(&evidence), &evidence), Standing::Good);
        let mut described = good(&evidence);
        let list = described["signers"][0].as_object_mut().unwrap().remove("certificates").unwrap();
        described["signers"][0]["signers"] = list;
        assert_eq!(judge(200, &described, &evidence), Standing::Good);
    }

    #[test]
    fn its_yes_is_not_enough() {
        let evidence = evidence();
        let with = |path: &str, value: Value| {
            let mut said = good(&evidence);
            *said.pointer_mut(path).unwrap() = value;
            judge(200, &said, &evidence)
        };
        let revoked = Standing::Refused(SignatureRefusal::Revoked);
        for (path, value, expected) in [
            ("/signers", json!([]), NOT_CONFIRMED),
            ("/signers/0/certificates", json!([]), NOT_CONFIRMED),
            ("/valid", json!(false), NOT_CONFIRMED),
            ("/signers/0/certificates/0/valid", json!(false), NOT_CONFIRMED),
            ("/signers/0/certificates/0/keyUsage", json!("AUTH"), NOT_CONFIRMED),
            ("/signers/0/certificates/0/serialNumber", json!("77"), NOT_CONFIRMED),
            ("/signers/0/certificates/0/subject/iin", json!("750101300450"), NOT_CONFIRMED),
            ("/signers/0/certificates/0/subject", json!({ "bin": "990140000126" }), NOT_CONFIRMED),
            ("/signers/0/certificates/0/revocations/1/revoked", json!(true), revoked),
            ("/signers/0/certificates/0/revocations/0/revoked", json!(true), revoked),
            // Missing lists count as good there.
            (
                "/signers/0/certificates/0/revocations",
                json!([{ "revoked": false, "by": "CRL" }]),
                Standing::Unknown,
            ),
            ("/signers/0/certificates/0/revocations", json!([]), Standing::Unknown),
            ("/signers", json!("nonsense"), Standing::Unknown),
        ] {
            assert_eq!(with(path, value.clone()), expected, "{path} {value}");
        }
        let mut two = good(&evidence);
        let second = two["signers"][0].clone();
        two["signers"].as_array_mut().unwrap().push(second);
        assert_eq!(judge(200, &two, &evidence), NOT_CONFIRMED);
    }

    #[test]
    fn its_statuses_are_told_apart() {
        let evidence = evidence();
        assert_eq!(judge(400, &json!({ "status": 400, "message": "…" }), &evidence), NOT_CONFIRMED);
        for silent in [401, 404, 500, 502, 503] {
            assert_eq!(judge(silent, &good(&evidence), &evidence), Standing::Unknown, "{silent}");
        }
    }
}

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

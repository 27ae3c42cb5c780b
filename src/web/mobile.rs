//! What eGov mobile asks for (§7.1 of the design's `integrations.md`): API №1, whose address stands in the QR code, and
//! API №2, which gives out the contract and takes its signature. No session: the one-time token is the authority. The app
//! shows its user the `message` of a 403, so that is how most of them end.
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::error::{Told, WebError};
use super::visit::Visit;
use super::{Routes, Who, address, page};
use crate::app::SharedApp;
use crate::config::EgovMobile;
use crate::domain::contract::check::Asker;
use crate::domain::contract::phone_signing::{self as deed, Document, NotServed, Received, Sent};
use crate::fault::Failure;
use crate::locale::{date, fill, wording, words};
use crate::rules::actor::Actor;
use crate::rules::person::Language;

/// A signature and what the app sends back beside it, in bytes.
const MOST_BYTES: usize = 1024 * 1024;
/// What the English app calls us and the document.
const ORGANISATION_EN: &str = "Balabaqsha portal";
const DOCUMENT_EN: &str = "Contract with a kindergarten";

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/mobile/{key}/mgovSign", Who::Everybody, invite)
        .get("/mobile/{key}/documents", Who::Everybody, documents)
        .put_up_to("/mobile/{key}/documents", Who::Everybody, MOST_BYTES, receive)
}

/// Is this an address for the app?
pub fn is_mobile(path: &str) -> bool {
    path.starts_with("/mobile/")
}

/// Where a QR code leads. The app knows such an address by its last part.
pub fn invitation(base_url: &str, token: &str) -> String {
    format!("{base_url}/mobile/{token}/mgovSign")
}

/// An error in the app's own form; anything else comes through as it is. Nobody knows yet who holds the phone: it is told in
/// both languages.
pub async fn told_in_json(app: &SharedApp, response: Response) -> Response {
    let status = response.status();
    let is_json =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == JSON.as_bytes());
    if is_json || !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let told = response.extensions().get::<Told>().cloned();
    let failure = match told.as_ref().map(|told| &*told.0) {
        Some(WebError::Failed(failure)) => Some(failure),
        _ => None,
    };
    let text = in_both(|language| match status {
        StatusCode::PAYLOAD_TOO_LARGE => words(language).phone_signing.e_too_large.clone(),
        _ => wording::failure(language, status.as_u16(), failure).1,
    });
    let mut answer = said(status, &text);
    if let Some(Failure::TooOften { again_at }) = failure {
        let seconds = page::seconds_until(app, *again_at).await;
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

const JSON: &str = "application/json";

fn said(status: StatusCode, message: &str) -> Response {
    let body = json!({ "code": status.as_str(), "message": message });
    (status, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}

fn in_both(text: impl Fn(Language) -> String) -> String {
    format!("{}\n{}", text(Language::Kk), text(Language::Ru))
}

fn asker(visit: &Visit) -> Asker {
    Asker { actor: Actor::System, request: visit.request, address: visit.address.to_string() }
}

/// The agreement with the app's operator; without it nothing of this is there.
fn agreed(app: &SharedApp) -> Result<&EgovMobile, WebError> {
    app.config.egov_mobile.as_ref().ok_or(WebError::Failed(Failure::NotFound))
}

/// What a phone is told that is not served: in the language of whoever made the code, or in both where nobody is known to
/// have made it.
fn refused(language: Option<Language>, why: NotServed) -> Result<Response, WebError> {
    let text = |language: Language| {
        let w = &words(language).phone_signing;
        match &why {
            NotServed::Failed(Failure::Refused(refusal)) => wording::refusal(language, refusal),
            NotServed::Unknown | NotServed::Failed(_) => w.e_unknown.clone(),
            NotServed::Over => w.e_over.clone(),
            NotServed::Used => w.e_used.clone(),
            NotServed::Replaced => w.e_replaced.clone(),
            NotServed::SignedOtherwise => w.not_awaited.clone(),
        }
    };
    let text = language.map_or_else(|| in_both(text), text);
    match why {
        NotServed::Failed(failure) if !matches!(failure, Failure::Refused(_) | Failure::NotFound) => {
            Err(failure.into())
        }
        _ => Ok(said(StatusCode::FORBIDDEN, &text)),
    }
}

async fn invite(
    State(app): State<SharedApp>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    let bin = &agreed(&app)?.bin;
    let code = match deed::serve(&app, &asker(&visit), None, &token).await {
        Ok(code) => code,
        Err(why) => return refused(None, why),
    };
    match deed::invite(&app, &code).await {
        Ok(it) => {
            let documents = format!("{}/mobile/{}/documents", app.config.base_url, it.id);
            let about = described(code.language(), code.count());
            let said = invitation_json(&about, bin, it.expires_at, &documents, &token);
            Ok(axum::Json(said).into_response())
        }
        Err(why) => refused(Some(code.language()), why),
    }
}

/// What the code leads to: one contract, or so many.
fn described(language: Language, contracts: usize) -> String {
    let w = &words(language).phone_signing;
    match contracts {
        1 => w.document.clone(),
        many => fill(&w.documents, &[("count", &many.to_string())]),
    }
}

fn invitation_json(about: &str, bin: &str, expires_at: DateTime<Utc>, documents: &str, token: &str) -> Value {
    let name = |language| words(language).phone_signing.organisation.as_str();
    json!({
        "description": about,
        "expiry_date": date::for_egov_mobile(expires_at),
        "organisation": { "nameRu": name(Language::Ru), "nameKz": name(Language::Kk), "nameEn": ORGANISATION_EN, "bin": bin },
        "document": { "uri": documents, "auth_type": "Token", "auth_token": token },
    })
}

/// `Authorization: Bearer …`; nobody's token where there is none.
fn bearer(headers: &HeaderMap) -> &str {
    let line = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match line.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

/// The code that an address names, for whoever has its token.
async fn serve(
    app: &SharedApp,
    visit: &Visit,
    id: &str,
    headers: &HeaderMap,
) -> Result<deed::Served, NotServed> {
    let id = address::id(id).map_err(|_| NotServed::Unknown)?;
    deed::serve(app, &asker(visit), Some(id), bearer(headers)).await
}

async fn documents(
    State(app): State<SharedApp>,
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    agreed(&app)?;
    let code = match serve(&app, &visit, &id, &headers).await {
        Ok(code) => code,
        Err(why) => return refused(None, why),
    };
    match deed::documents(&app, &code).await {
        Ok(documents) => Ok(axum::Json(documents_json(code.language(), &documents)).into_response()),
        Err(why) => refused(Some(code.language()), why),
    }
}

fn documents_json(language: Language, documents: &[Document]) -> Value {
    let documents: Vec<Value> = documents.iter().map(|it| document_json(language, it)).collect();
    json!({ "signMethod": "CMS_SIGN_ONLY", "version": 1, "documentsToSign": documents })
}

fn document_json(language: Language, it: &Document) -> Value {
    let w = words(language);
    let name =
        |language| fill(&words(language).phone_signing.document_numbered, &[("number", &it.contract_number)]);
    json!({
        "id": it.number,
        "nameRu": name(Language::Ru),
        "nameKz": name(Language::Kk),
        "nameEn": format!("{DOCUMENT_EN} No. {}", it.contract_number),
        "meta": [
            { "name": w.check.number, "value": it.contract_number },
            { "name": w.contract.hash, "value": it.sha256 },
        ],
        "document": { "file": { "mime": "@file/pdf", "data": BASE64_STANDARD.encode(&it.pdf) } },
    })
}

/// The signatures among what the app sent back, of a code with so many contracts. Descriptions of the protocol differ on
/// where one stands. The only one needs no number.
fn signatures_in(body: &[u8], contracts: usize) -> Option<Vec<Sent>> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let documents = said.get("documentsToSign")?.as_array()?;
    if documents.is_empty() || documents.len() > contracts {
        return None;
    }
    documents
        .iter()
        .map(|document| {
            let number = match contracts {
                1 => 1,
                _ => usize::try_from(document.get("id")?.as_u64()?).ok()?,
            };
            Some(Sent { number, cms: signature_of(document)? })
        })
        .collect()
}

fn signature_of(document: &Value) -> Option<Vec<u8>> {
    let places = ["/document/file/data", "/document/data", "/documentCms/file/data", "/documentCms"];
    let text = places.iter().find_map(|place| document.pointer(place)?.as_str())?;
    (!text.trim().is_empty()).then(|| text.trim().as_bytes().to_vec())
}

async fn receive(
    State(app): State<SharedApp>,
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, WebError> {
    agreed(&app)?;
    let body = match body {
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return Err(WebError::TooLarge),
        other => other.ok(),
    };
    // Somebody without the token learns no more than that.
    let code = match serve(&app, &visit, &id, &headers).await {
        Ok(code) => code,
        Err(why) => return refused(None, why),
    };
    let language = code.language();
    let contracts = code.count();
    let Some(sent) = body.as_deref().and_then(|body| signatures_in(body, contracts)) else {
        return match deed::documents(&app, &code).await {
            Ok(_) => Ok(said(StatusCode::BAD_REQUEST, &words(language).phone_signing.e_malformed)),
            Err(why) => refused(Some(language), why),
        };
    };
    match deed::receive(&app, visit.request, code, sent).await {
        // Kept, if not yet accepted: the page and the notices tell what becomes of it.
        Ok(Received { refused: None, .. }) => Ok(said(StatusCode::OK, "success")),
        // Some were signed when they came before, and nobody heard of it.
        Ok(Received { signed, .. }) if contracts > 1 && signed == contracts => {
            Ok(said(StatusCode::OK, "success"))
        }
        Ok(Received { signed, .. }) if contracts > 1 => {
            let counts = [("signed", signed.to_string()), ("all", contracts.to_string())];
            let counts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
            Ok(said(StatusCode::FORBIDDEN, &fill(&words(language).phone_signing.e_some, &counts)))
        }
        Ok(Received { refused: Some(why), .. }) | Err(why) => refused(Some(language), why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names at every level, in the order of the alphabet.
    fn shape(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
            }
            Value::Array(items) => json!([items.first().map(shape)]),
            Value::Number(_) => json!(0),
            _ => json!(""),
        }
    }

    #[test]
    fn api_one_is_as_the_protocol_writes_it() {
        let ours = invitation_json(
            &described(Language::Kk, 1),
            "990440000018",
            "2026-12-14T05:03:00.061Z".parse().unwrap(),
            "https://a.kz/mobile/1/documents",
            "secret",
        );
        let example: Value = serde_json::from_str(
            r#"{"description":"x","expiry_date":"2022-09-29T16:21:37.06+0600",
                "organisation":{"nameRu":"x","nameKz":"x","nameEn":"x","bin":"1234567890"},
                "document":{"uri":"x","auth_type":"Token","auth_token":"x"}}"#,
        )
        .unwrap();
        assert_eq!(shape(&ours), shape(&example));
        assert_eq!(ours["expiry_date"], "2026-12-14T10:03:00.06+0500");
        assert_eq!(ours["document"]["auth_type"], "Token");
    }

    #[test]
    fn api_two_is_as_the_protocol_writes_it() {
        let document = Document {
            number: 1,
            contract_number: "ABC".to_owned(),
            sha256: "00".to_owned(),
            pdf: b"%PDF-1.7".to_vec(),
        };
        let ours = documents_json(Language::Ru, &[document]);
        let example: Value = serde_json::from_str(
            r#"{"signMethod":"CMS_SIGN_ONLY","version":1,"documentsToSign":[{"id":1,"nameRu":"x","nameKz":"x","nameEn":"x",
                "meta":[{"name":"x","value":"x"}],"document":{"file":{"mime":"@file/pdf","data":"x"}}}]}"#,
        )
        .unwrap();
        assert_eq!(shape(&ours), shape(&example));
        let file = &ours["documentsToSign"][0]["document"]["file"];
        assert_eq!((&file["mime"], &file["data"]), (&json!("@file/pdf"), &json!("JVBERi0xLjc=")));
        assert_eq!(ours["signMethod"], "CMS_SIGN_ONLY");
    }

    #[test]
    fn a_signature_is_found_wherever_an_app_puts_it() {
        for document in [
            r#"{"id":1,"document":{"file":{"mime":"@file/pdf","data":" MII= "}}}"#,
            r#"{"document":{"data":"MII="}}"#,
            r#"{"documentCms":"MII="}"#,
            r#"{"documentCms":{"file":{"data":"MII="}}}"#,
        ] {
            let body = format!(r#"{{"signMethod":"CMS_SIGN_ONLY","documentsToSign":[{document}]}}"#);
            let sent = signatures_in(body.as_bytes(), 1).unwrap();
            assert_eq!((sent[0].number, &sent[0].cms[..]), (1, &b"MII="[..]), "{document}");
        }
        let one = r#"{"document":{"data":"MII="}}"#;
        for broken in [
            "",
            "{",
            "[]",
            "{}",
            "null",
            r#"{"documentsToSign":{}}"#,
            r#"{"documentsToSign":[]}"#,
            r#"{"documentsToSign":[{}]}"#,
            r#"{"documentsToSign":[{"document":{"file":{"data":7}}}]}"#,
            r#"{"documentsToSign":[{"document":{"file":{"data":" "}}}]}"#,
            &format!(r#"{{"documentsToSign":[{one},{one}]}}"#),
        ] {
            assert!(signatures_in(broken.as_bytes(), 1).is_none(), "{broken}");
        }
        // Of many, each under its number.
        let of = |id: &str| format!(r#"{{{id}"document":{{"file":{{"data":"MII="}}}}}}"#);
        let body = |ids: &[&str]| {
            let documents: Vec<String> = ids.iter().map(|id| of(id)).collect();
            format!(r#"{{"documentsToSign":[{}]}}"#, documents.join(","))
        };
        let sent = signatures_in(body(&[r#""id":3,"#, r#""id":1,"#]).as_bytes(), 3).unwrap();
        assert_eq!(sent.iter().map(|one| one.number).collect::<Vec<_>>(), [3, 1]);
        for broken in [&[r#""id":1,"#, ""][..], &[r#""id":"1","#], &[""], &[r#""id":1,"#; 4]] {
            assert!(signatures_in(body(broken).as_bytes(), 3).is_none(), "{broken:?}");
        }
    }

    #[test]
    fn a_token_stands_behind_bearer() {
        for (line, token) in
            [("Bearer abc", "abc"), ("bearer abc ", "abc"), ("Basic abc", ""), ("abc", ""), ("", "")]
        {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(line))]);
            assert_eq!(bearer(&headers), token, "{line}");
        }
        assert_eq!(bearer(&HeaderMap::new()), "");
    }
}

//! A stand-in for NCALayer, the desktop program with which Kazakhstan signs (§1.1, §1.2 of the design).
//!
//! Speaks the module `kz.gov.pki.knca.basics` as recorded from the real one, and really signs. What the program answers
//! instead, and how long a person looks for the key, is played by a [`Recording`]; no password is asked.
//!
//! Deliberately absent: the old `commonUtils`, attached signatures, XML, ready-made digests.
use axum::extract::ws::{Message, WebSocket};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use der::pem::{LineEnding, encode_string};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

const GREETING: &str = r#"{"result":{"version":"1.4"}}"#;
/// Nobody waits longer for a stand-in.
const LONGEST_LOOK: Duration = Duration::from_secs(60);
const HEARTBEAT: &str = "--heartbeat--";
const MODULE: &str = "kz.gov.pki.knca.basics";

/// What the program says to a page, other than its usual.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recording {
    /// The first frame. Without one the port belongs to something that only listens.
    greeting: Option<String>,
    /// What it answers, call by call, then its usual. A string is the frame itself. In it `"<pem>"`, `"<pems>"` and
    /// `"<base64>"` stand for the signature in PEM, the list of all of them, and the signature without armour.
    replies: Vec<Value>,
    /// The person quits it instead of choosing a key.
    quits: bool,
    /// How long the person looks for the key, in milliseconds.
    looks_ms: u64,
}

impl Default for Recording {
    fn default() -> Self {
        Self { greeting: Some(GREETING.to_owned()), replies: Vec::new(), quits: false, looks_ms: 0 }
    }
}

impl Recording {
    /// The key cannot be read.
    pub fn unreadable_key() -> Self {
        Self { replies: vec![Failure::signing("the key cannot be read").to_json()], ..Self::default() }
    }
}

/// Serves one page until it goes away. `sign` makes a detached CMS in DER, or says why it cannot.
pub async fn serve(
    mut socket: WebSocket,
    recording: Recording,
    sign: impl Fn(Vec<u8>) -> Result<Vec<u8>, String>,
) {
    if let Some(greeting) = &recording.greeting
        && socket.send(Message::text(greeting)).await.is_err()
    {
        return;
    }
    let mut replies = recording.replies.iter();
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(request) = message else { continue };
        if recording.quits {
            return;
        }
        tokio::time::sleep(Duration::from_millis(recording.looks_ms).min(LONGEST_LOOK)).await;
        let reply =
            if request == HEARTBEAT { request.to_string() } else { answer(&request, replies.next(), &sign) };
        if socket.send(Message::text(reply)).await.is_err() {
            return;
        }
    }
}

/// The reply to one call: the recorded one, or its usual.
fn answer(
    request: &str,
    recorded: Option<&Value>,
    sign: &impl Fn(Vec<u8>) -> Result<Vec<u8>, String>,
) -> String {
    match serde_json::from_str::<Request>(request) {
        Err(_) => json!({"success": false, "code": "COMMON_JSON_WRAPPING_EXCEPTION"}).to_string(),
        Ok(request) if request.module != MODULE => {
            json!({"success": false, "errorCode": "MODULE_NOT_FOUND"}).to_string()
        }
        Ok(request) => documents(request)
            .and_then(|documents| signed(documents, recorded, sign))
            .unwrap_or_else(|failure| failure.to_json().to_string()),
    }
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    module: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    args: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignArguments {
    format: String,
    data: Data,
    signing_params: SigningParameters,
    #[serde(rename = "signerParams")]
    _signer_params: SignerParameters,
}

/// Base64 or text, one or many.
#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct SigningParameters {
    /// The data is base64, and what it decodes to is signed.
    #[serde(default)]
    decode: bool,
    /// The signature carries the data.
    encapsulate: Option<bool>,
    /// The data is a digest already.
    #[serde(default)]
    digested: bool,
}

/// Which certificates the window offers. Read, since the real one insists on it, and not obeyed: the sandbox's
/// visitor has chosen a key in the address, and a wrong one must reach the portal to be refused there.
#[derive(Deserialize)]
struct SignerParameters {
    #[serde(rename = "extKeyUsageOids")]
    _ext_key_usage_oids: Vec<String>,
}

/// The documents of a request, and whether they came as a list: the reply has the same form.
struct Documents {
    contents: Vec<Vec<u8>>,
    listed: bool,
}

/// A refused or failed call.
struct Failure {
    code: &'static str,
    message: &'static str,
    details: String,
}

impl Failure {
    fn invocation(details: String) -> Self {
        Self { code: "INVOCATION_ERROR", message: "An invoked method threw an exception.", details }
    }

    fn parameters(details: &str) -> Self {
        let message = "Signing parameters are invalid.";
        Self { code: "INVALID_SIGNING_PARAMS", message, details: details.to_owned() }
    }

    fn signing(details: &str) -> Self {
        Self { code: "SIGNING_FAILURE", message: "Signing has failed.", details: details.to_owned() }
    }

    fn to_json(&self) -> Value {
        json!({"code": self.code, "message": self.message, "details": self.details, "status": false})
    }
}

/// What a `sign` call asks to have signed.
fn documents(request: Request) -> Result<Documents, Failure> {
    if request.method != "sign" {
        return Err(Failure::invocation(format!("java.lang.NoSuchMethodException: {}", request.method)));
    }
    let arguments: SignArguments = serde_json::from_value(request.args)
        .map_err(|error| Failure::invocation(format!("org.json.JSONException: {error}")))?;
    if arguments.format != "cms" {
        return Err(Failure::parameters("the sandbox signs CMS only"));
    }
    if arguments.signing_params.encapsulate != Some(false) {
        return Err(Failure::parameters("the sandbox makes detached signatures only"));
    }
    if arguments.signing_params.digested {
        return Err(Failure::parameters("the sandbox signs whole documents only"));
    }
    let (texts, listed) = match arguments.data {
        Data::One(text) => (vec![text], false),
        Data::Many(texts) => (texts, true),
    };
    let contents = texts
        .into_iter()
        .map(|text| content(text, arguments.signing_params.decode))
        .collect::<Result<_, _>>()?;
    Ok(Documents { contents, listed })
}

fn content(text: String, decode: bool) -> Result<Vec<u8>, Failure> {
    if !decode {
        return Ok(text.into_bytes());
    }
    BASE64_STANDARD
        .decode(text)
        .map_err(|error| Failure::invocation(format!("java.lang.IllegalArgumentException: {error}")))
}

/// The signatures in PEM, a string for a string and a list for a list; or in the shape that was recorded.
fn signed(
    documents: Documents,
    recorded: Option<&Value>,
    sign: &impl Fn(Vec<u8>) -> Result<Vec<u8>, String>,
) -> Result<String, Failure> {
    let signatures = documents.contents.into_iter().map(sign).collect::<Result<Vec<_>, _>>();
    let signatures = signatures.map_err(|cause| Failure::signing(&cause))?;
    let pems = signatures.iter().map(|cms| encode_string("CMS", LineEnding::LF, cms));
    let pems = pems.collect::<Result<Vec<_>, _>>().map_err(|error| Failure::signing(&error.to_string()))?;
    let usual =
        json!({"body": {"result": if documents.listed { "<pems>" } else { "<pem>" }}, "status": true});
    let frame = match recorded.unwrap_or(&usual) {
        Value::String(frame) => frame.clone(),
        frame => frame.to_string(),
    };
    let bare = signatures.first().map(|cms| BASE64_STANDARD.encode(cms));
    Ok(frame
        .replace("\"<pem>\"", &json!(pems.first()).to_string())
        .replace("\"<pems>\"", &json!(pems).to_string())
        .replace("\"<base64>\"", &json!(bare).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::eds;
    use crate::rules::signature::Party;
    use crate::sandbox::pki::KeyKind;
    use crate::sandbox::pki::testing::{mother, test_pki};
    use axum::Router;
    use axum::extract::WebSocketUpgrade;
    use axum::routing::get;
    use chrono::{DateTime, Utc};
    use futures_util::{SinkExt, StreamExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_tungstenite::tungstenite::Message as Frame;
    use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

    const CONTRACT: &[u8] = b"%PDF-1.7 the contract";

    fn now() -> DateTime<Utc> {
        "2026-12-14T05:00:00Z".parse().unwrap()
    }

    fn sign_request(data: Value) -> Value {
        json!({
            "module": MODULE, "method": "sign",
            "args": {
                "allowedStorages": null, "format": "cms", "data": data,
                "signingParams": {"decode": true, "encapsulate": false, "digested": false},
                "signerParams": {"extKeyUsageOids": ["1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.1"]},
                "locale": "kk",
            },
        })
    }

    fn contract_request() -> Value {
        sign_request(json!(BASE64_STANDARD.encode(CONTRACT)))
    }

    /// The reply of a stand-in whose signature is the document itself.
    fn echo(request: &Value, recorded: Option<&Value>) -> Value {
        serde_json::from_str(&answer(&request.to_string(), recorded, &Ok)).unwrap()
    }

    #[test]
    fn a_string_is_answered_with_a_string_and_a_list_with_a_list() {
        let one = echo(&sign_request(json!("MTEK")), None);
        assert_eq!(
            one,
            json!({"body": {"result": "-----BEGIN CMS-----\nMTEK\n-----END CMS-----\n"}, "status": true})
        );
        let many = echo(&sign_request(json!(["MTEK", "MTIK"])), None);
        assert_eq!(many["body"]["result"].as_array().unwrap().len(), 2);
        let single = echo(&sign_request(json!(["MTEK"])), None);
        assert!(single["body"]["result"].is_array());
    }

    #[test]
    fn a_recorded_reply_comes_as_it_was_with_the_signature_in_its_place() {
        let cancel = json!({"body": {}, "status": true});
        assert_eq!(echo(&contract_request(), Some(&cancel)), cancel);
        let bare = json!({"body": {"result": {"signatures": ["<base64>"]}}, "status": true});
        assert_eq!(
            echo(&sign_request(json!("MTEK")), Some(&bare))["body"]["result"]["signatures"],
            json!(["MTEK"])
        );
        assert_eq!(answer(&contract_request().to_string(), Some(&json!("<html>")), &Ok), "<html>");
    }

    #[test]
    fn a_key_that_cannot_be_read_is_an_error_with_a_code() {
        let reply = &Recording::unreadable_key().replies[0];
        assert_eq!((&reply["status"], &reply["code"]), (&json!(false), &json!("SIGNING_FAILURE")));
    }

    #[test]
    fn what_it_does_not_understand_it_refuses_as_the_real_one_does() {
        let kaztoken = json!({"module": "kz.digiflow.mobile.extensions", "method": "getVersion"});
        assert_eq!(echo(&kaztoken, None), json!({"success": false, "errorCode": "MODULE_NOT_FOUND"}));
        let broken = answer("{", None, &Ok);
        assert!(broken.contains("COMMON_JSON_WRAPPING_EXCEPTION"));

        for (path, value, code) in [
            ("/method", json!("dance"), "INVOCATION_ERROR"),
            ("/args", json!([]), "INVOCATION_ERROR"),
            ("/args/data", json!(7), "INVOCATION_ERROR"),
            ("/args/data", json!("not base64!"), "INVOCATION_ERROR"),
            ("/args/signerParams", json!(null), "INVOCATION_ERROR"),
            ("/args/format", json!("xml"), "INVALID_SIGNING_PARAMS"),
            ("/args/signingParams/encapsulate", json!(true), "INVALID_SIGNING_PARAMS"),
            ("/args/signingParams/digested", json!(true), "INVALID_SIGNING_PARAMS"),
        ] {
            let mut request = contract_request();
            *request.pointer_mut(path).unwrap() = value;
            let reply = echo(&request, None);
            assert_eq!((&reply["status"], &reply["code"]), (&json!(false), &json!(code)), "{path}");
        }
    }

    async fn open(recording: Recording) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
        let serve_page = move |upgrade: WebSocketUpgrade| async move {
            upgrade.on_upgrade(move |socket| {
                serve(socket, recording, |data| {
                    let signed = test_pki().pki.sign(&mother(), KeyKind::Sign, &data, now());
                    signed.map_err(|error| error.to_string())
                })
            })
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(serve_page))).await });
        connect_async(format!("ws://{address}/")).await.unwrap().0
    }

    #[tokio::test]
    async fn a_page_is_greeted_kept_alive_and_given_a_real_signature() {
        let mut page = open(Recording::default()).await;
        let mut hear = async |said: Option<String>| {
            if let Some(said) = said {
                page.send(Frame::text(said)).await.unwrap();
            }
            page.next().await.unwrap().unwrap().into_text().unwrap().to_string()
        };
        assert_eq!(hear(None).await, r#"{"result":{"version":"1.4"}}"#);
        assert_eq!(hear(Some(HEARTBEAT.to_owned())).await, HEARTBEAT);

        let reply: Value = serde_json::from_str(&hear(Some(contract_request().to_string())).await).unwrap();
        let pem = reply["body"]["result"].as_str().unwrap();
        let parent = Party::Parent { iin: &mother().iin };
        assert!(eds::verify(pem.as_bytes(), CONTRACT, &test_pki().trust, parent, now()).is_ok());
    }

    #[tokio::test]
    async fn quitting_the_program_half_way_ends_the_connection() {
        let mut page = open(Recording { quits: true, ..Recording::default() }).await;
        page.next().await.unwrap().unwrap();
        page.send(Frame::text(contract_request().to_string())).await.unwrap();
        assert!(!matches!(page.next().await, Some(Ok(Frame::Text(_)))));
    }
}

//! Whether a certificate has been withdrawn: the authority is asked (OCSP), and where it is silent its lists are read.
//!
//! Whom to ask is the operator's word (`OCSP_URL`, `CRL_URLS`), never the certificate's: an address inside an uploaded
//! file would have the portal call whomever the uploader likes. Answers are judged by `eds`; a list is kept in memory
//! while it is in date.
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use x509_cert::crl::CertificateList;

use super::eds::ocsp::Said;
use super::eds::{Evidence, crl};
use super::http;
use crate::fault::Fault;
use crate::rules::signature::{SignatureRefusal, Standing};

/// How long is waited for each answer.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub responder: Duration,
    pub lists: Duration,
}

impl Patience {
    /// A page answers within three seconds, whatever is silent.
    pub const PAGE: Self =
        Self { responder: Duration::from_millis(1_400), lists: Duration::from_millis(1_000) };
    /// Nobody waits for the background, but other jobs do; a whole list may have tens of megabytes.
    pub const JOB: Self = Self { responder: Duration::from_secs(3), lists: Duration::from_secs(8) };
}

/// What is asked where, and the lists that were read.
#[derive(Debug)]
pub struct Revocations {
    http: reqwest::Client,
    responder: Option<String>,
    lists: Vec<String>,
    kept: RwLock<HashMap<String, Arc<KeptList>>>,
}

#[derive(Debug)]
struct KeptList {
    list: CertificateList,
    sha256: String,
}

/// What came of asking.
#[derive(Debug, Clone)]
pub struct Word {
    pub standing: Standing,
    /// The responder's answer, byte for byte.
    pub ocsp: Option<Vec<u8>>,
    /// Who said what, for whoever looks into it later.
    pub facts: Value,
}

impl Revocations {
    pub fn new(responder: Option<&str>, lists: &[String]) -> Result<Self, Fault> {
        Ok(Self {
            http: http::client()?,
            responder: responder.map(str::to_owned),
            lists: lists.to_vec(),
            kept: RwLock::default(),
        })
    }

    /// Asks the responder, and reads the lists where it gives no answer that can be believed.
    pub async fn ask(
        &self,
        evidence: &Evidence,
        nonce: &[u8],
        now: DateTime<Utc>,
        patience: Patience,
    ) -> Word {
        let (ocsp, from_responder) = match self.ask_responder(evidence, nonce, now, patience).await {
            Ok((answer, said)) => (Some(answer), standing(said)),
            Err(why) => {
                tracing::warn!(why, "the responder gives no answer");
                (None, Standing::Unknown)
            }
        };
        if from_responder != Standing::Unknown {
            return Word { standing: from_responder, ocsp, facts: json!({ "by": "ocsp" }) };
        }
        let lists = self.fresh_lists(now, patience).await;
        let said = evidence.said_by_lists(lists.iter().map(|kept| &kept.list), now);
        let hashes: Vec<&str> = lists.iter().map(|kept| kept.sha256.as_str()).collect();
        Word { standing: standing(said), ocsp, facts: json!({ "by": "list", "lists": hashes }) }
    }

    async fn ask_responder(
        &self,
        evidence: &Evidence,
        nonce: &[u8],
        now: DateTime<Utc>,
        patience: Patience,
    ) -> Result<(Vec<u8>, Said), String> {
        let url = self.responder.as_deref().ok_or("none is configured")?;
        let question = evidence.question(nonce).ok_or("the certificate cannot be named")?;
        let body = question.to_der().ok_or("the question cannot be written")?;
        let request = self.http.post(url).header(CONTENT_TYPE, "application/ocsp-request").body(body);
        let answer = read(request.timeout(patience.responder), MAX_ANSWER_BYTES).await?;
        let said = evidence.said_by_responder(&question, &answer, now).map_err(|why| why.to_string())?;
        Ok((answer, said))
    }

    /// The lists that are in date, read anew where the one at hand is not.
    async fn fresh_lists(&self, now: DateTime<Utc>, patience: Patience) -> Vec<Arc<KeptList>> {
        let mut under_way = JoinSet::new();
        let mut lists = Vec::new();
        for url in &self.lists {
            match self.kept(url).filter(|kept| crl::is_fresh(&kept.list, now)) {
                Some(kept) => lists.push(kept),
                None => {
                    let (request, url) = (self.http.get(url).timeout(patience.lists), url.clone());
                    under_way.spawn(async move { (url, fetch(request).await) });
                }
            }
        }
        while let Some(Ok((url, fetched))) = under_way.join_next().await {
            match fetched {
                Ok(fetched) => {
                    let fetched = Arc::new(fetched);
                    self.keep(url, fetched.clone());
                    lists.push(fetched);
                }
                Err(why) => tracing::warn!(why, url, "a list of the revoked was not read"),
            }
        }
        lists
    }

    fn kept(&self, url: &str) -> Option<Arc<KeptList>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    fn keep(&self, url: String, list: Arc<KeptList>) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).insert(url, list);
    }
}

fn standing(said: Said) -> Standing {
    match said {
        Said::Good => Standing::Good,
        Said::Revoked => Standing::Refused(SignatureRefusal::Revoked),
        Said::NeverIssued => Standing::Refused(SignatureRefusal::NeverIssued),
        Said::Unknown => Standing::Unknown,
    }
}

/// More is no answer about one certificate.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The national authority's list has hundreds of thousands of entries.
const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;

async fn fetch(request: reqwest::RequestBuilder) -> Result<KeptList, String> {
    let bytes = read(request, MAX_LIST_BYTES).await?;
    let list = crl::parse(&bytes).ok_or("it is no list")?;
    Ok(KeptList { list, sha256: hex::encode(Sha256::digest(&bytes)) })
}

/// A good answer's bytes, of which there are at most so many.
async fn read(request: reqwest::RequestBuilder, most: usize) -> Result<Vec<u8>, String> {
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    // The address of the authority is no secret, but the log has it already.
    let mut answer = answer.map_err(|error| error.without_url().to_string())?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err("the answer is too long".to_owned());
        }
    }
    Ok(bytes)
}

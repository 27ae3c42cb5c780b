//! Whether a certificate has been withdrawn: the authority is asked (OCSP), and where it is silent its lists are read.
//!
//! Whom to ask is the operator's word (`OCSP_URL`, `CRL_URLS`), never the certificate's: an address inside an uploaded
//! file would have the portal call whomever the uploader likes. Answers are judged by `eds`; a list is kept in memory
//! while it is in date, and one that is used is read anew before it ends.
//!
//! Where a signature carries a time stamp, the same is asked about the authority that made it.
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use x509_cert::crl::CertificateList;

use super::eds::ocsp::Said;
use super::eds::{Evidence, Subject, crl};
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
    /// Somebody has been looked for in it.
    used: AtomicBool,
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

impl Word {
    /// Nobody was asked.
    pub fn nothing() -> Self {
        Self { standing: Standing::Good, ocsp: None, facts: Value::Null }
    }

    /// This of the signer, and `stamper` of whoever stamped the signature with the time: a stamp whose key was withdrawn
    /// proves nothing.
    fn with_stamp(self, stamper: Self) -> Self {
        let of_stamp = match stamper.standing {
            Standing::Refused(_) => Standing::Refused(SignatureRefusal::BadTimeStamp),
            standing => standing,
        };
        let answer = stamper.ocsp.map(|answer| BASE64_STANDARD.encode(answer));
        Self {
            standing: self.standing.and(of_stamp),
            ocsp: self.ocsp,
            facts: json!({ "signer": self.facts, "time_stamp": stamper.facts, "time_stamp_ocsp": answer }),
        }
    }
}

/// One time of asking: about a signer, and about whoever stamped the signature.
struct Round<'a> {
    nonce: &'a [u8],
    now: DateTime<Utc>,
    patience: Patience,
    /// Read once, whoever needs them.
    lists: OnceCell<Vec<Arc<KeptList>>>,
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

    /// Asks about the signer, and about whoever stamped the signature with the time.
    pub async fn ask(
        &self,
        evidence: &Evidence,
        nonce: &[u8],
        now: DateTime<Utc>,
        patience: Patience,
    ) -> Word {
        let round = Round { nonce, now, patience, lists: OnceCell::new() };
        let of_stamper = async {
            match &evidence.time_stamper {
                Some(stamper) => Some(self.ask_about(stamper, &round).await),
                None => None,
            }
        };
        let (signer, stamper) = tokio::join!(self.ask_about(&evidence.signer, &round), of_stamper);
        match stamper {
            Some(stamper) => signer.with_stamp(stamper),
            None => signer,
        }
    }

    /// The same where somebody else is asked about the signer; nobody does about the stamp. It is asked about where an
    /// address is known.
    pub async fn ask_about_stamp(
        &self,
        evidence: &Evidence,
        nonce: &[u8],
        now: DateTime<Utc>,
        patience: Patience,
    ) -> Word {
        let round = Round { nonce, now, patience, lists: OnceCell::new() };
        let is_known = self.responder.is_some() || !self.lists.is_empty();
        match evidence.time_stamper.as_ref().filter(|_| is_known) {
            Some(stamper) => Word::nothing().with_stamp(self.ask_about(stamper, &round).await),
            None => Word::nothing(),
        }
    }

    /// Asks the responder, and reads the lists where it gives no answer that can be believed.
    async fn ask_about(&self, subject: &Subject, round: &Round<'_>) -> Word {
        let (ocsp, from_responder) = match self.ask_responder(subject, round).await {
            Ok((answer, said)) => (Some(answer), standing(said)),
            Err(why) => {
                tracing::warn!(why, "the responder gives no answer");
                (None, Standing::Unknown)
            }
        };
        if from_responder != Standing::Unknown {
            return Word { standing: from_responder, ocsp, facts: json!({ "by": "ocsp" }) };
        }
        let lists = round.lists.get_or_init(|| self.fresh_lists(round.now, round.patience)).await;
        let said = subject.said_by_lists(lists.iter().map(|kept| &kept.list), round.now);
        let hashes: Vec<&str> = lists.iter().map(|kept| kept.sha256.as_str()).collect();
        Word { standing: standing(said), ocsp, facts: json!({ "by": "list", "lists": hashes }) }
    }

    async fn ask_responder(&self, subject: &Subject, round: &Round<'_>) -> Result<(Vec<u8>, Said), String> {
        let url = self.responder.as_deref().ok_or("none is configured")?;
        let question = subject.question(round.nonce).ok_or("the certificate cannot be named")?;
        let body = question.to_der().ok_or("the question cannot be written")?;
        let request = self.http.post(url).header(CONTENT_TYPE, "application/ocsp-request").body(body);
        let answer = read(request.timeout(round.patience.responder), MAX_ANSWER_BYTES).await?;
        let said = subject.said_by_responder(&question, &answer, round.now).map_err(|why| why.to_string())?;
        Ok((answer, said))
    }

    /// The lists that are in date, read anew where the one at hand is not.
    async fn fresh_lists(&self, now: DateTime<Utc>, patience: Patience) -> Vec<Arc<KeptList>> {
        let (mut lists, mut stale) = (Vec::new(), Vec::new());
        for url in &self.lists {
            match self.kept(url).filter(|kept| crl::is_fresh(&kept.list, now)) {
                Some(kept) => lists.push(kept),
                None => stale.push(url),
            }
        }
        lists.extend(self.read_anew(&stale, patience).await);
        lists.iter().for_each(|kept| kept.used.store(true, Ordering::Relaxed));
        lists
    }

    /// Before they end, reads anew the lists in which somebody has been looked for since they were read: the next who asks
    /// does not wait for tens of megabytes. A list that nobody needs is left to end. Answers how many were read.
    pub async fn refresh(&self, now: DateTime<Utc>) -> usize {
        let ends_soon = |url: &&String| {
            self.kept(url)
                .is_some_and(|kept| kept.used.load(Ordering::Relaxed) && crl::ends_soon(&kept.list, now))
        };
        let ending: Vec<&String> = self.lists.iter().filter(ends_soon).collect();
        self.read_anew(&ending, Patience::JOB).await.len()
    }

    async fn read_anew(&self, urls: &[&String], patience: Patience) -> Vec<Arc<KeptList>> {
        let mut under_way = JoinSet::new();
        for url in urls {
            let (request, url) = (self.http.get(*url).timeout(patience.lists), (*url).clone());
            under_way.spawn(async move { (url, fetch(request).await) });
        }
        let mut lists = Vec::new();
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
    Ok(KeptList { list, sha256: hex::encode(Sha256::digest(&bytes)), used: AtomicBool::new(false) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_counts_for_no_more_than_its_authority() {
        let word = |standing| Word { standing, ocsp: Some(vec![1]), facts: json!({ "by": "ocsp" }) };
        let both = |signer, stamper| word(signer).with_stamp(word(stamper));
        let revoked = Standing::Refused(SignatureRefusal::Revoked);
        let bad_stamp = Standing::Refused(SignatureRefusal::BadTimeStamp);
        for (signer, stamper, expected) in [
            (Standing::Good, Standing::Good, Standing::Good),
            (Standing::Good, Standing::Unknown, Standing::Unknown),
            (Standing::Unknown, Standing::Good, Standing::Unknown),
            (Standing::Good, revoked, bad_stamp),
            (revoked, Standing::Unknown, revoked),
        ] {
            assert_eq!(both(signer, stamper).standing, expected);
        }
        let kept = both(Standing::Good, Standing::Good);
        assert_eq!((kept.ocsp, kept.facts["time_stamp_ocsp"].as_str()), (Some(vec![1]), Some("AQ==")));
    }
}

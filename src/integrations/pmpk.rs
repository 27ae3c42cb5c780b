//! Arkotek, the registry of PMPK conclusions, behind the operator's facade.
use chrono::NaiveDate;
use serde::Deserialize;

use super::http::{self, silent};
use crate::fault::{Failure, Fault, Service};
use crate::rules::iin::Iin;

#[derive(Debug, Clone)]
pub struct PmpkClient {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// A conclusion as the registry holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Conclusion {
    pub number: String,
    pub issued_on: NaiveDate,
    pub valid_until: NaiveDate,
    /// Codes of `correction_types.csv`.
    pub correction_types: Vec<String>,
    pub status: String,
}

#[derive(Deserialize)]
struct SearchAnswer {
    items: Vec<Conclusion>,
}

impl PmpkClient {
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            http: http::client()?,
            url: url.trim_end_matches('/').to_owned(),
            token: token.unwrap_or_default().to_owned(),
        })
    }

    /// The child's conclusion of this number. `None`: the registry has none such.
    pub async fn conclusion(&self, child: &Iin, number: &str) -> Result<Option<Conclusion>, Failure> {
        let quiet = silent(Service::Pmpk);
        let answer = self
            .http
            .post(format!("{}/v1/pmpk/conclusions/search", self.url))
            .bearer_auth(&self.token)
            .json(&serde_json::json!({ "child_iin": child.as_str() }))
            .send()
            .await
            .map_err(&quiet)?;
        let found: SearchAnswer = answer.error_for_status().map_err(&quiet)?.json().await.map_err(&quiet)?;
        Ok(found.items.into_iter().find(|item| item.number.eq_ignore_ascii_case(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(answer: &'static str) -> Result<Option<Conclusion>, Failure> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(move || async move { answer });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let child = Iin::parse("220708699303").unwrap();
        PmpkClient::new(&url, None).unwrap().conclusion(&child, "PMPK-1").await
    }

    /// What cannot be read is no answer: neither "there is none" nor "there is one".
    #[tokio::test]
    async fn a_malformed_answer_is_silence() {
        for answer in [
            "",
            "{",
            "[]",
            "<html></html>",
            "{}",
            r#"{"items": [{}]}"#,
            r#"{"items": [{"number": "PMPK-1", "issued_on": "soon"}]}"#,
        ] {
            let heard = asked(answer).await;
            assert!(matches!(heard, Err(Failure::Silent(Service::Pmpk))), "{answer}: {heard:?}");
        }
        assert_eq!(asked(r#"{"items": []}"#).await.unwrap(), None);
    }
}

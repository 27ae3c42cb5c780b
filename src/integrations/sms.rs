//! The SMS gateway: Mobizon's protocol. The HTTP status is not the verdict, the `code` in the body is.
use serde::Deserialize;

use super::http;
use crate::fault::Fault;
use crate::rules::notice::TextKind;
use crate::rules::person::Language;
use crate::rules::phone::Phone;

#[derive(Debug, Clone)]
pub struct SmsClient {
    http: reqwest::Client,
    url: String,
    key: String,
}

/// How the gateway answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsAnswer {
    /// Taken; the gateway's own number for it.
    Taken { id: String },
    /// It will never be taken: a bad number, a forbidden text.
    Refused,
    /// Not now: try again later.
    Later,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Waiting,
    Delivered,
    Failed,
}

#[derive(Deserialize)]
struct Envelope<T> {
    code: i64,
    #[serde(default = "none")]
    data: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    message_id: serde_json::Value,
}

#[derive(Deserialize)]
struct Status {
    id: serde_json::Value,
    status: String,
}

/// Codes after which asking again may help: saving race, missing capacity, rate limit, general trouble.
const LATER: [i64; 4] = [3, 10, 30, 999];

impl SmsClient {
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            http: http::client()?,
            url: url.trim_end_matches('/').to_owned(),
            key: key.unwrap_or_default().to_owned(),
        })
    }

    /// Hands a text to the gateway. `reference` stays the same over retries, so that the gateway can drop repeats;
    /// the name it goes by says its kind and language too, for whoever reads the gateway's own list.
    pub async fn send(
        &self,
        to: &Phone,
        text: &str,
        kind: TextKind,
        language: Language,
        reference: &str,
    ) -> SmsAnswer {
        let name = format!("{}.{}.{reference}", kind.as_str(), language.as_str());
        let form = [
            ("recipient", to.digits()),
            ("text", text),
            ("params[name]", &name),
            ("params[validity]", "1440"),
        ];
        match self.call::<Sent>("sendSmsMessage", &form).await {
            Some(Envelope { code: 0 | 100, data: Some(sent) }) => {
                SmsAnswer::Taken { id: plain(&sent.message_id) }
            }
            Some(Envelope { code, .. }) if !LATER.contains(&code) && code != 0 => SmsAnswer::Refused,
            _ => SmsAnswer::Later,
        }
    }

    /// What became of these texts, by the gateway's numbers (at most 100); an unknown one is left out.
    pub async fn statuses(&self, ids: &[String]) -> Vec<(String, Delivery)> {
        let answer: Option<Envelope<Vec<Status>>> =
            self.call("getSMSStatus", &[("ids", &ids.join(","))]).await;
        let found = answer.and_then(|envelope| envelope.data).unwrap_or_default();
        found.into_iter().map(|one| (plain(&one.id), delivery(&one.status))).collect()
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        form: &[(&str, &str)],
    ) -> Option<Envelope<T>> {
        let address = format!("{}/service/message/{method}", self.url);
        let query = [("output", "json"), ("api", "v1"), ("apiKey", self.key.as_str())];
        let address = reqwest::Url::parse_with_params(&address, query).ok()?;
        let answer = self.http.post(address).form(form).send().await;
        let answer = answer
            .map_err(|error| error.without_url())
            .inspect_err(|error| tracing::warn!(%error, "the SMS gateway is silent"))
            .ok()?;
        answer.json().await.ok()
    }
}

/// The gateway writes numbers now as numbers, now as texts.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn delivery(status: &str) -> Delivery {
    match status {
        "DELIVRD" => Delivery::Delivered,
        "UNDELIV" | "REJECTD" | "EXPIRED" | "DELETED" => Delivery::Failed,
        _ => Delivery::Waiting,
    }
}

//! The state registries of persons, phones and family ties, behind the operator's facade (JSON over HTTPS).
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::http::{self, silent};
use crate::fault::{Failure, Fault, Service};
use crate::rules::iin::Iin;
use crate::rules::person::{FullName, Sex};
use crate::rules::phone::Phone;

#[derive(Debug, Clone)]
pub struct RegistryClient {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// What the registry says about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub surname: String,
    pub name: String,
    pub patronymic: Option<String>,
    pub birth_date: NaiveDate,
    pub sex: String,
    /// The district in which the person is registered, by its code; the registry may not know it.
    #[serde(default)]
    pub district: Option<String>,
}

impl Person {
    pub fn full_name(&self) -> FullName {
        FullName {
            surname: self.surname.clone(),
            name: self.name.clone(),
            patronymic: self.patronymic.clone(),
        }
    }

    pub fn sex(&self) -> Option<Sex> {
        Sex::parse(&self.sex)
    }
}

#[derive(Deserialize)]
struct PhoneAnswer {
    #[serde(rename = "match")]
    matches: bool,
}

#[derive(Deserialize)]
struct RelationAnswer {
    related: bool,
    relation: Option<String>,
    child: Option<Person>,
}

/// A child of this adult: their relation and the child's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinship {
    pub relation: String,
    pub child: Person,
}

impl RegistryClient {
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            http: http::client()?,
            url: url.trim_end_matches('/').to_owned(),
            token: token.unwrap_or_default().to_owned(),
        })
    }

    /// Does this number belong to this person?
    pub async fn phone_belongs(&self, iin: &Iin, phone: &Phone) -> Result<bool, Failure> {
        let body = serde_json::json!({ "iin": iin.as_str(), "phone": phone.e164() });
        let answer: Option<PhoneAnswer> = self.ask("v1/phones/check", &body).await?;
        Ok(answer.is_some_and(|answer| answer.matches))
    }

    /// `None`: there is no such person.
    pub async fn person(&self, iin: &Iin) -> Result<Option<Person>, Failure> {
        self.ask(
            "v1/persons/lookup",
            &serde_json::json!({ "iin": iin.as_str(), "purpose": "kindergarten_voucher" }),
        )
        .await
    }

    /// `None`: no such child, or not this adult's: the two are not told apart.
    pub async fn kinship(&self, adult: &Iin, child: &Iin) -> Result<Option<Kinship>, Failure> {
        let body = serde_json::json!({ "adult_iin": adult.as_str(), "child_iin": child.as_str() });
        let answer: Option<RelationAnswer> = self.ask("v1/relations/check", &body).await?;
        Ok(answer.filter(|answer| answer.related).and_then(|answer| {
            Some(Kinship {
                relation: answer.relation.unwrap_or_else(|| "guardian".to_owned()),
                child: answer.child?,
            })
        }))
    }

    /// IINs travel in bodies, never in addresses. 404 is an answer; anything else that is not good is silence.
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Option<T>, Failure> {
        let quiet = silent(Service::Registry);
        let answer = self
            .http
            .post(format!("{}/{path}", self.url))
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .await
            .map_err(&quiet)?;
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.error_for_status().map_err(&quiet)?.json().await.map(Some).map_err(&quiet)
    }
}

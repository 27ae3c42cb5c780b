//! What is left of a contract that both sides have signed, for each of them to keep: the text, the signatures, what was
//! found out about them when they came.
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::family;
use crate::app::Deed;
use crate::db;
use crate::domain::journal::facts;
use crate::domain::{application, journal};
use crate::fault::{Failure, Fault};
use crate::integrations::archive::{self, Entry};
use crate::integrations::eds;
use crate::rules::journal::What;

/// A signature as it came and as it was judged.
pub struct Kept {
    pub cms: Vec<u8>,
    /// As `rules::signature::Verdict` was written then.
    pub verdict: Value,
    /// When the portal took it.
    pub at: DateTime<Utc>,
}

/// A contract with both signatures.
pub struct Package {
    pub number: String,
    pub version: i32,
    pub template_version: String,
    pub pdf: Vec<u8>,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub parent: Kept,
    pub kindergarten: Kept,
}

/// For the applicant. Journalled.
pub async fn own_package(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<Package, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    package(conn, deed, case.id).await
}

/// For the kindergarten that the child is enrolled in. Journalled.
pub async fn kindergarten_package(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
) -> Result<Package, Failure> {
    let family = family(conn, deed, number).await?;
    package(conn, deed, family.id).await
}

async fn package(conn: &mut PgConnection, deed: &Deed, application: Uuid) -> Result<Package, Failure> {
    let case = db::application::load(conn, application).await?;
    let contract = case.stage.contract().ok_or(Failure::NotFound)?;
    let row = db::contract_version::signed(conn, contract).await?.ok_or(Failure::NotFound)?;
    let facts = facts!(Contract: contract);
    journal::about(conn, deed, What::DownloadContractPackage, application, facts).await?;
    Ok(Package {
        number: row.number,
        version: row.version,
        template_version: row.template_version,
        pdf: row.pdf,
        sha256: hex::encode(row.pdf_sha256),
        parent: Kept { cms: row.parent_cms, verdict: row.parent_verdict, at: row.parent_signed_at },
        kindergarten: Kept {
            cms: row.kindergarten_cms,
            verdict: row.kindergarten_verdict,
            at: row.kindergarten_signed_at,
        },
    })
}

impl Package {
    /// The archive, with these reports in it: the name of a file and its text.
    pub fn zip(self, reports: [(&str, String); 2]) -> Result<Vec<u8>, Fault> {
        let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("package: {error}"));
        let both = eds::merge(&self.parent.cms, &self.kindergarten.cms).map_err(|error| broken(&error))?;
        let verdicts = json!({
            "contract": { "number": self.number, "version": self.version, "sha256": self.sha256 },
            "parent": self.parent.verdict,
            "kindergarten": self.kindergarten.verdict,
        });
        let verdicts = serde_json::to_vec_pretty(&verdicts).map_err(|error| broken(&error))?;
        let entry = |name: &str, bytes: Vec<u8>| Entry { name: name.to_owned(), bytes };
        let mut files = vec![
            entry("contract.pdf", self.pdf),
            entry("parent.p7s", self.parent.cms),
            entry("kindergarten.p7s", self.kindergarten.cms),
            entry("both.p7s", both),
            entry("verdicts.json", verdicts),
        ];
        files.extend(reports.map(|(name, text)| entry(name, text.into_bytes())));
        archive::zip(&files).map_err(|error| broken(&error))
    }
}

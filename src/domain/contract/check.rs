//! What anybody may ask of a contract: whether the portal knows it, and what its signatures are worth. Nothing that is
//! uploaded is kept.
use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::{Deed, SharedApp};
use crate::db::{self, contract_version::KnownRow};
use crate::domain::limit::{self, HOUR, Limit};
use crate::fault::{Failure, Fault};
use crate::integrations::{archive, eds};
use crate::rules::actor::Actor;
use crate::rules::contract::Standing;
use crate::rules::signature::SignatureRefusal;

pub use crate::db::contract_version::KnownRow as Known;

/// The largest file that is taken, and the most that an archive may hold, in bytes.
pub const MOST_BYTES: usize = 20 * 1024 * 1024;

impl KnownRow {
    pub fn standing(&self) -> Standing {
        Standing::of(
            self.pdf_sha256.is_some(),
            self.parent_signed_at.is_some(),
            self.kindergarten_signed_at.is_some(),
            self.voided_at.is_some(),
        )
    }
}

/// Who asks; what is limited is limited for the address.
pub struct Asker {
    pub actor: Actor,
    pub request: Uuid,
    pub address: String,
}

impl Asker {
    async fn is_counted(
        &self,
        app: &SharedApp,
    ) -> Result<(sqlx::Transaction<'static, sqlx::Postgres>, Deed), Failure> {
        let (mut tx, deed) = Deed::open(app, self.actor, self.request).await?;
        let windows = [(deed.settings.lookup_address_hour, HOUR)];
        limit::take(&mut tx, &deed, &[Limit::new("check_contract", self.address.as_bytes(), &windows)])
            .await?;
        Ok((tx, deed))
    }
}

/// The version that a QR code names.
pub async fn by_number(
    app: &SharedApp,
    asker: &Asker,
    number: &str,
    version: i32,
) -> Result<Option<Known>, Failure> {
    let (mut tx, _) = asker.is_counted(app).await?;
    let known = db::contract_version::by_number(&mut tx, number, version).await?;
    tx.commit().await?;
    Ok(known)
}

/// What was uploaded: a contract, signatures under it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Papers {
    pub document: Option<Vec<u8>>,
    pub signatures: Vec<Vec<u8>>,
}

/// Why what was uploaded cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    TooLarge,
    NotADocument,
    /// An archive without a contract, or a broken one.
    BadArchive,
    /// The file of the signature is none, whatever it is under.
    Signature(SignatureRefusal),
}

/// Reads the file of the contract, a PDF or a whole package, and the file of a signature beside it.
pub fn read(document: Option<&[u8]>, signature: Option<&[u8]>) -> Result<Papers, Unreadable> {
    let mut papers = match document {
        None => Papers::default(),
        Some(large) if large.len() > MOST_BYTES => return Err(Unreadable::TooLarge),
        Some(package @ [b'P', b'K', ..]) => unpack(package)?,
        Some(pdf) if is_pdf(pdf) => Papers { document: Some(pdf.to_vec()), signatures: Vec::new() },
        Some(_) => return Err(Unreadable::NotADocument),
    };
    if let Some(signature) = signature {
        eds::must_be_cms(signature).map_err(Unreadable::Signature)?;
        papers.signatures.push(signature.to_vec());
    }
    Ok(papers)
}

fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

fn unpack(archive: &[u8]) -> Result<Papers, Unreadable> {
    let files = archive::unzip(archive, MOST_BYTES).map_err(|_| Unreadable::BadArchive)?;
    let mut papers = Papers::default();
    for file in files {
        let name = file.name.to_ascii_lowercase();
        if [".p7s", ".cms", ".sig"].iter().any(|end| name.ends_with(end)) {
            papers.signatures.push(file.bytes);
        } else if is_pdf(&file.bytes) && papers.document.is_none() {
            papers.document = Some(file.bytes);
        }
    }
    papers.document.is_some().then_some(papers).ok_or(Unreadable::BadArchive)
}

/// What was found out.
pub struct Checked {
    /// Of the document, lower-case hexadecimal.
    pub sha256: Option<String>,
    pub known: Option<Known>,
    /// Each signer once.
    pub signers: Vec<CheckedSigner>,
    /// Files of signatures that could not be read.
    pub unread: usize,
}

/// One signer of what was uploaded.
pub struct CheckedSigner {
    /// As `balabaqsha signature check` tells of it.
    pub verdict: Value,
    /// By which moment the certificate was judged.
    pub at: DateTime<Utc>,
    /// The signature is one of the two that make the contract.
    pub own: bool,
}

/// A signature that the portal keeps, and when it took it.
type Kept = (Vec<u8>, DateTime<Utc>);

/// The signatures of a file, each with when the portal took these very bytes under the contract: one alone, or the two
/// that were merged, in the order in which they were taken.
fn apart<'a>(cms: &'a [u8], taken: &'a [Kept]) -> Vec<(&'a [u8], Option<DateTime<Utc>>)> {
    let Ok(der) = eds::parse_input(cms) else { return vec![(cms, None)] };
    match taken {
        [(first, _), (second, _)] if eds::merge(first, second).is_ok_and(|both| both == der) => {
            taken.iter().map(|(cms, at)| (cms.as_slice(), Some(*at))).collect()
        }
        _ => vec![(cms, taken.iter().find(|(cms, _)| *cms == der).map(|(_, at)| *at))],
    }
}

/// Looks at what was uploaded and forgets it.
pub async fn check(app: &SharedApp, asker: &Asker, papers: Papers) -> Result<Checked, Failure> {
    let (mut tx, deed) = asker.is_counted(app).await?;
    let sha256 = papers.document.as_ref().map(Sha256::digest);
    let known = match &sha256 {
        Some(sha256) => db::contract_version::by_hash(&mut tx, sha256).await?,
        None => None,
    };
    let taken = match &sha256 {
        Some(sha256) => db::contract_version::signatures(&mut tx, sha256).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    let (now, app) = (deed.now, app.clone());
    // Curves and large files take their time.
    let judge = move || {
        let document = papers.document.as_deref();
        let one = |(cms, taken_at): (&[u8], Option<DateTime<Utc>>)| {
            // The portal's own word holds for the very bytes it took: certificates expire, a contract does not.
            let at = taken_at.unwrap_or(now);
            (eds::check(cms, document, &app.trust, at), at, taken_at.is_some())
        };
        papers.signatures.iter().flat_map(|cms| apart(cms, &taken)).map(one).collect::<Vec<_>>()
    };
    let verdicts = tokio::task::spawn_blocking(judge)
        .await
        .map_err(|error| Fault::Broken(format!("a check ended: {error}")))?;
    let mut checked = Checked { sha256: sha256.map(hex::encode), known, signers: Vec::new(), unread: 0 };
    for (verdict, at, own) in verdicts {
        let signers = verdict["signers"].as_array().map(Vec::as_slice).unwrap_or_default();
        checked.unread += usize::from(signers.is_empty());
        for signer in signers {
            // A merged file has the same signers once more.
            if !checked.signers.iter().any(|told| told.verdict == *signer) {
                checked.signers.push(CheckedSigner { verdict: signer.clone(), at, own });
            }
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::archive::Entry;

    /// The smallest CMS: nobody has signed nothing.
    const CMS: &[u8] =
        b"\x30\x23\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x16\x30\x14\x02\x01\x01\x31\x00\
        \x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x31\x00";

    fn entry(name: &str, bytes: &[u8]) -> Entry {
        Entry { name: name.into(), bytes: bytes.into() }
    }

    #[test]
    fn a_document_a_package_and_a_signature_beside_it_are_read() {
        let papers = read(Some(b"%PDF-1.7"), Some(CMS)).unwrap();
        assert_eq!((papers.document.as_deref(), papers.signatures.len()), (Some(&b"%PDF-1.7"[..]), 1));
        let files =
            [entry("contract.pdf", b"%PDF-1.7 x"), entry("a.p7s", b"1"), entry("verdicts.json", b"{}")];
        let papers = read(Some(&archive::zip(&files).unwrap()), None).unwrap();
        assert_eq!(papers.document.as_deref(), Some(&b"%PDF-1.7 x"[..]));
        assert_eq!(papers.signatures, [b"1"]);
        assert_eq!(read(None, Some(CMS)).unwrap().document, None);
    }

    #[test]
    fn bad_files_are_named() {
        assert_eq!(read(Some(b"hello"), None), Err(Unreadable::NotADocument));
        assert_eq!(read(Some(b""), None), Err(Unreadable::NotADocument));
        assert_eq!(read(Some(b"PK\x03\x04 broken"), None), Err(Unreadable::BadArchive));
        let empty = archive::zip(&[entry("a.p7s", b"1")]).unwrap();
        assert_eq!(read(Some(&empty), None), Err(Unreadable::BadArchive));
        assert_eq!(read(Some(&vec![b'%'; MOST_BYTES + 1]), None), Err(Unreadable::TooLarge));
        let bomb = archive::zip(&[entry("contract.pdf", &vec![b' '; MOST_BYTES + 1])]).unwrap();
        assert_eq!(read(Some(&bomb), None), Err(Unreadable::BadArchive));
    }

    #[test]
    fn what_is_no_cms_is_no_signature() {
        use SignatureRefusal::{Empty, NotCms, TooLarge};
        let large = vec![0x30; eds::MAX_SIGNATURE_BYTES + 1];
        for (signature, why) in [
            (&b""[..], Empty),
            (b"I agree!", NotCms),
            (b"\xff\xd8\xff\xe0 a picture", NotCms),
            (&CMS[..20], NotCms),
            (&large, TooLarge),
        ] {
            assert_eq!(read(Some(b"%PDF-1.7"), Some(signature)), Err(Unreadable::Signature(why)));
        }
    }
}

//! Whom the portal believes: the authorities whose certificates the operator has put into a directory.
//!
//! Trust is by the bytes of these files, never by a name: names have changed over the years, and anyone can make
//! an authority with the same one. Certificates that a signature brings along are not believed either.
use super::algorithm::Algorithm;
use super::certificate::{is_authority, is_root, is_understood, may_revoke, moment, not_after, not_before};
use crate::rules::signature::{self, Revocation, SignatureRefusal};
use chrono::{DateTime, Utc};
use der::asn1::BitString;
use der::{Decode, Document, Encode};
use std::path::{Path, PathBuf};
use std::{fs, io};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;

/// Signer, issuing authority, root; one more for a root that has been crossed with a newer one.
const MAX_AUTHORITIES: u8 = 4;

/// Why a trust directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} is not a certificate")]
    NotACertificate { path: PathBuf },
    #[error("{path} is not a list of revoked certificates")]
    NotARevocationList { path: PathBuf },
    #[error("{dir} holds no certificate (.pem, .crt, .cer or .der)")]
    Empty { dir: PathBuf },
    #[error("{dir} holds no root: every chain must end in a certificate issued by itself")]
    NoRoot { dir: PathBuf },
}

/// The pinned authorities and what they have revoked.
#[derive(Debug)]
pub struct Trust {
    authorities: Vec<Certificate>,
    revoked: Vec<CertificateList>,
    ecdsa: bool,
}

impl Trust {
    /// Reads every certificate (`.pem`, `.crt`, `.cer`, `.der`) and revocation list (`.crl`) of a directory.
    ///
    /// One unreadable file fails the whole: a portal that silently forgot an authority would refuse half the city.
    pub fn load(dir: &Path) -> Result<Self, TrustError> {
        let mut trust = Self { authorities: vec![], revoked: vec![], ecdsa: false };
        for path in files(dir).map_err(|source| TrustError::Unreadable { path: dir.to_owned(), source })? {
            let bytes =
                fs::read(&path).map_err(|source| TrustError::Unreadable { path: path.clone(), source })?;
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("pem" | "crt" | "cer" | "der") => trust.authorities.extend(
                    certificates(&bytes).ok_or_else(|| TrustError::NotACertificate { path: path.clone() })?,
                ),
                Some("crl") => trust.revoked.push(
                    revocation_list(&bytes)
                        .ok_or_else(|| TrustError::NotARevocationList { path: path.clone() })?,
                ),
                _ => {}
            }
        }
        if trust.authorities.is_empty() {
            return Err(TrustError::Empty { dir: dir.to_owned() });
        }
        if !trust.authorities.iter().any(is_root) {
            return Err(TrustError::NoRoot { dir: dir.to_owned() });
        }
        Ok(trust)
    }

    /// Accepts ECDSA signatures, too: for tests, whose authorities may be anybody's.
    pub fn with_ecdsa(self) -> Self {
        Self { ecdsa: true, ..self }
    }

    /// Policy point 3: only the families that sign contracts in Kazakhstan.
    pub fn must_accept(&self, algorithm: Algorithm) -> Result<(), SignatureRefusal> {
        if algorithm.is_for_tests() && !self.ecdsa {
            return Err(SignatureRefusal::UnsupportedAlgorithm);
        }
        Ok(())
    }

    /// Policy point 4: the authorities from `certificate`'s issuer up to a pinned root, all of them valid at `at`.
    pub fn chain_of(
        &self,
        certificate: &Certificate,
        at: DateTime<Utc>,
    ) -> Result<Vec<&Certificate>, SignatureRefusal> {
        if !is_understood(certificate) {
            return Err(SignatureRefusal::NotTrusted);
        }
        self.climb(certificate, at, 0).ok_or(SignatureRefusal::NotTrusted)
    }

    /// One step up: several authorities may bear the issuer's name, the signature tells them apart.
    fn climb(&self, certificate: &Certificate, at: DateTime<Utc>, below: u8) -> Option<Vec<&Certificate>> {
        if below == MAX_AUTHORITIES {
            return None;
        }
        let issuers = self.authorities.iter().filter(|issuer| {
            is_authority(issuer, below)
                && is_understood(issuer)
                && validity(issuer, at).is_ok()
                && has_issued(issuer, certificate)
        });
        for issuer in issuers {
            let above = if is_root(issuer) { Some(vec![]) } else { self.climb(issuer, at, below + 1) };
            if let Some(above) = above {
                return Some([vec![issuer], above].concat());
            }
        }
        None
    }

    /// Policy point 5, as far as the directory knows: refuses a certificate that its issuer's list names.
    ///
    /// [`Revocation::Good`] takes a whole and fresh list. A delta list, or one with rules that are not understood,
    /// can revoke but not acquit.
    pub fn revocation(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        at: DateTime<Utc>,
    ) -> Result<Revocation, SignatureRefusal> {
        let mut known = Revocation::Unchecked;
        for list in self.revoked.iter().filter(|list| has_listed(issuer, list)) {
            if names(list, certificate, at) {
                return Err(SignatureRefusal::Revoked);
            }
            if is_whole_and_fresh(list, at) {
                known = Revocation::Good;
            }
        }
        Ok(known)
    }
}

/// Policy point 4: judged at the moment of receipt, since the signer's own clock proves nothing.
pub fn validity(certificate: &Certificate, at: DateTime<Utc>) -> Result<(), SignatureRefusal> {
    signature::validity(not_before(certificate), not_after(certificate), at)
}

/// The files of a directory by name, so that two runs read them alike.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

/// One certificate in DER, or any number in PEM.
fn certificates(bytes: &[u8]) -> Option<Vec<Certificate>> {
    if let Ok(certificate) = Certificate::from_der(bytes) {
        return Some(vec![certificate]);
    }
    Certificate::load_pem_chain(bytes).ok().filter(|chain| !chain.is_empty())
}

/// One list, in DER or PEM.
pub fn revocation_list(bytes: &[u8]) -> Option<CertificateList> {
    if let Ok(list) = CertificateList::from_der(bytes) {
        return Some(list);
    }
    let (_, document) = Document::from_pem(std::str::from_utf8(bytes).ok()?).ok()?;
    document.decode_msg().ok()
}

/// Whether `issuer`'s key signed the certificate, and the certificate says so consistently (RFC 5280 §4.1.1.2).
pub fn has_issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let body = &certificate.tbs_certificate;
    body.issuer == issuer.tbs_certificate.subject
        && body.signature == certificate.signature_algorithm
        && has_signed(issuer, certificate.signature_algorithm.oid, body, &certificate.signature)
}

/// Whether the list is that issuer's own.
pub fn has_listed(issuer: &Certificate, list: &CertificateList) -> bool {
    let body = &list.tbs_cert_list;
    may_revoke(issuer)
        && body.issuer == issuer.tbs_certificate.subject
        && body.signature == list.signature_algorithm
        && has_signed(issuer, list.signature_algorithm.oid, body, &list.signature)
}

fn has_signed(
    issuer: &Certificate,
    algorithm: der::asn1::ObjectIdentifier,
    body: &impl Encode,
    signature: &BitString,
) -> bool {
    body.to_der().is_ok_and(|body| has_signed_bytes(issuer, algorithm, &body, signature))
}

/// Whether `issuer`'s key signed these very bytes.
pub fn has_signed_bytes(
    issuer: &Certificate,
    algorithm: der::asn1::ObjectIdentifier,
    bytes: &[u8],
    signature: &BitString,
) -> bool {
    let key = &issuer.tbs_certificate.subject_public_key_info;
    let algorithm = Algorithm::of_certificate(algorithm);
    signature.as_bytes().is_some_and(|signature| algorithm.verify(key, bytes, signature).is_ok())
}

/// Whether the list says that the certificate was revoked by then.
fn names(list: &CertificateList, certificate: &Certificate, at: DateTime<Utc>) -> bool {
    let serial = &certificate.tbs_certificate.serial_number;
    let entries = list.tbs_cert_list.revoked_certificates.as_deref().unwrap_or_default();
    entries.iter().any(|entry| entry.serial_number == *serial && moment(entry.revocation_date) <= at)
}

fn is_whole_and_fresh(list: &CertificateList, at: DateTime<Utc>) -> bool {
    let body = &list.tbs_cert_list;
    let whole =
        body.crl_extensions.as_deref().unwrap_or_default().iter().all(|extension| !extension.critical);
    let fresh = body.next_update.is_some_and(|next| at <= moment(next)) && moment(body.this_update) <= at;
    whole && fresh
}

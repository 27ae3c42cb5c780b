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

/// The marks around a value in PEM.
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

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
#[derive(Debug, Default)]
pub struct Trust {
    authorities: Vec<Authority>,
    revoked: Vec<CertificateList>,
    /// Of anybody's authorities, not of the national one: see [`Self::load_any`].
    any: bool,
    ecdsa: bool,
}

#[derive(Debug)]
struct Authority {
    certificate: Certificate,
    /// Which of the pinned have issued this one: found out once, since no signature changes it.
    issuers: Vec<usize>,
}

impl Trust {
    /// Reads every certificate (`.pem`, `.crt`, `.cer`, `.der`) and revocation list (`.crl`) of a directory.
    ///
    /// One unreadable file fails the whole: a portal that silently forgot an authority would refuse half the city.
    pub fn load(dir: &Path) -> Result<Self, TrustError> {
        let trust = Self::of_files(dir, false)?;
        if !trust.authorities.iter().any(|authority| is_root(&authority.certificate)) {
            return Err(TrustError::NoRoot { dir: dir.to_owned() });
        }
        Ok(trust)
    }

    /// As [`Self::load`], for the command line, where the authorities may be anybody's: a chain also ends at a
    /// pinned authority whose own issuer is not there, an authority's key usage may be left unsaid, and files of
    /// other names (OpenSSL's `5f8a3c1e.0`) count when there is a certificate in them.
    pub fn load_any(dir: &Path) -> Result<Self, TrustError> {
        Self::of_files(dir, true)
    }

    fn of_files(dir: &Path, any: bool) -> Result<Self, TrustError> {
        let (mut certificates, mut revoked) = (vec![], vec![]);
        for path in files(dir).map_err(|source| TrustError::Unreadable { path: dir.to_owned(), source })? {
            let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
            let promised = matches!(extension.as_deref(), Some("pem" | "crt" | "cer" | "der" | "crl"));
            if !promised && !any {
                continue;
            }
            let bytes =
                fs::read(&path).map_err(|source| TrustError::Unreadable { path: path.clone(), source })?;
            let found = match (Pinned::read(&bytes), extension.as_deref()) {
                (Some(found), _) => found,
                (None, Some("crl")) => return Err(TrustError::NotARevocationList { path }),
                (None, _) if promised => return Err(TrustError::NotACertificate { path }),
                (None, _) => continue,
            };
            certificates.extend(found.certificates);
            revoked.extend(found.lists);
        }
        if certificates.is_empty() {
            return Err(TrustError::Empty { dir: dir.to_owned() });
        }
        Ok(Self { any, ..Self::of(certificates, revoked) })
    }

    /// Pins these certificates.
    fn of(certificates: Vec<Certificate>, revoked: Vec<CertificateList>) -> Self {
        let issuers = certificates.iter().map(|certificate| issuers(&certificates, certificate));
        let issuers: Vec<_> = issuers.collect();
        let authorities = certificates.into_iter().zip(issuers);
        let authorities =
            authorities.map(|(certificate, issuers)| Authority { certificate, issuers }).collect();
        Self { authorities, revoked, ..Self::default() }
    }

    /// Pins what is in one file, as [`Self::load_any`] would; nothing when it is not understood.
    pub fn of_file(bytes: &[u8]) -> Option<Self> {
        let found = Pinned::read(bytes)?;
        Some(Self { any: true, ..Self::of(found.certificates, found.lists) })
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
        let issuers = self.authorities.iter().enumerate();
        let issuers = issuers.filter(|(_, issuer)| has_issued(&issuer.certificate, certificate));
        let issuers: Vec<usize> = issuers.map(|(place, _)| place).collect();
        self.climb(certificate, &issuers, at, 0).ok_or(SignatureRefusal::NotTrusted)
    }

    /// One step up: a crossed authority has several issuers, and one good way is enough.
    fn climb(
        &self,
        certificate: &Certificate,
        issuers: &[usize],
        at: DateTime<Utc>,
        below: u8,
    ) -> Option<Vec<&Certificate>> {
        let algorithm = Algorithm::of_certificate(certificate.signature_algorithm.oid);
        if below == MAX_AUTHORITIES || self.must_accept(algorithm).is_err() {
            return None;
        }
        let mut issuers = issuers.iter().filter_map(|place| self.authorities.get(*place));
        issuers.find_map(|Authority { certificate, issuers }| {
            let may_issue = is_authority(certificate, below, self.any)
                && is_understood(certificate)
                && validity(certificate, at).is_ok();
            let ends = is_root(certificate) || (self.any && issuers.is_empty());
            let above = match (may_issue, ends) {
                (false, _) => return None,
                (true, true) => vec![],
                (true, false) => self.climb(certificate, issuers, at, below + 1)?,
            };
            Some([vec![certificate], above].concat())
        })
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

/// What one file pins.
#[derive(Default)]
struct Pinned {
    certificates: Vec<Certificate>,
    lists: Vec<CertificateList>,
}

impl Pinned {
    /// One certificate or list in DER, or any number in PEM, among which keys and the like are passed over.
    fn read(bytes: &[u8]) -> Option<Self> {
        if let Ok(certificate) = Certificate::from_der(bytes) {
            return Some(Self { certificates: vec![certificate], ..Self::default() });
        }
        if let Some(list) = revocation_list(bytes) {
            return Some(Self { lists: vec![list], ..Self::default() });
        }
        let mut found = Self::default();
        let mut rest = std::str::from_utf8(bytes).ok()?;
        rest.find(BEGIN)?;
        while let Some(start) = rest.find(BEGIN) {
            let block = &rest[start..];
            let end = block.find(END)?;
            let end = block[end..].find('\n').map_or(block.len(), |line| end + line + 1);
            found.add(&block[..end])?;
            rest = &block[end..];
        }
        Some(found)
    }

    fn add(&mut self, block: &str) -> Option<()> {
        let decode = || Document::from_pem(block.trim_end()).ok().map(|(_, document)| document);
        if block.starts_with("-----BEGIN CERTIFICATE-----") {
            self.certificates.push(decode()?.decode_msg().ok()?);
        } else if block.starts_with("-----BEGIN X509 CRL-----") {
            self.lists.push(decode()?.decode_msg().ok()?);
        }
        Some(())
    }
}

/// One list, in DER or PEM.
pub fn revocation_list(bytes: &[u8]) -> Option<CertificateList> {
    if let Ok(list) = CertificateList::from_der(bytes) {
        return Some(list);
    }
    let (_, document) = Document::from_pem(std::str::from_utf8(bytes).ok()?).ok()?;
    document.decode_msg().ok()
}

/// Which of the certificates have issued this one; a root needs none.
fn issuers(certificates: &[Certificate], certificate: &Certificate) -> Vec<usize> {
    if is_root(certificate) {
        return vec![];
    }
    let issuers = certificates.iter().enumerate().filter(|(_, issuer)| has_issued(issuer, certificate));
    issuers.map(|(place, _)| place).collect()
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

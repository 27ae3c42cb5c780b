//! What is asked about a signature, and what is kept of it beside the verdict (policy points 5 and 8).
use super::ocsp::{NoAnswer, Question, Said};
use super::{Trust, crl, parse_input, signed::Signed, tsp};
use chrono::{DateTime, Utc};
use der::Encode;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;

/// A certificate with its pinned issuer: there is nobody else whose word about it would count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub(super) certificate: Certificate,
    pub(super) issuer: Certificate,
}

impl Subject {
    pub fn question(&self, nonce: &[u8]) -> Option<Question> {
        Question::new(&self.certificate, &self.issuer, nonce)
    }

    pub fn said_by_responder(
        &self,
        question: &Question,
        answer: &[u8],
        at: DateTime<Utc>,
    ) -> Result<Said, NoAnswer> {
        question.judge(answer, &self.issuer, at)
    }

    pub fn said_by_lists<'a>(
        &self,
        lists: impl Iterator<Item = &'a CertificateList>,
        at: DateTime<Utc>,
    ) -> Said {
        crl::said(lists, &self.certificate, &self.issuer, at)
    }
}

/// Whose certificates are asked about, and what is kept.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub signer: Subject,
    /// Whose clock the signature carries, if it carries a time stamp that holds.
    pub time_stamper: Option<Subject>,
    /// From the signer's certificate up to the root, in DER.
    pub certificates: Vec<Vec<u8>>,
    /// The time-stamp token, if the signature carries one that holds.
    pub time_stamp: Option<Vec<u8>>,
}

impl Evidence {
    /// Of an uploaded signature. Nothing when it is so broken, or so foreign, that there is nobody to be asked: it will
    /// be refused.
    pub fn of(cms: &[u8], trust: &Trust, at: DateTime<Utc>) -> Option<Self> {
        let signed = Signed::parse(&parse_input(cms).ok()?).ok()?;
        let signer = signed.only_signer().ok()?;
        let certificate = signed.certificate_of(signer).ok()?;
        let stamp = tsp::stamp_of(signer, trust, at).ok()?;
        let chain = trust.chain_of(certificate, stamp.as_ref().map_or(at, |stamp| stamp.at)).ok()?;
        let certificates = std::iter::once(certificate).chain(chain.iter().copied());
        let (time_stamp, time_stamper) = stamp.map(|stamp| (stamp.token, stamp.authority)).unzip();
        Some(Self {
            certificates: certificates.filter_map(|one| one.to_der().ok()).collect(),
            signer: Subject { certificate: certificate.clone(), issuer: (*chain.first()?).clone() },
            time_stamper,
            time_stamp,
        })
    }

    /// The holder's, as the certificate has it.
    pub fn iin(&self) -> Option<String> {
        super::certificate::iin(&self.signer.certificate)
    }

    /// The organisation's, as the certificate has it.
    pub fn bin(&self) -> Option<String> {
        super::certificate::bin(&self.signer.certificate)
    }

    /// The certificate's serial number in lower-case hexadecimal.
    pub fn serial(&self) -> String {
        super::certificate::serial(&self.signer.certificate)
    }
}

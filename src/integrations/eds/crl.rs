//! What an authority's lists say of one certificate (policy point 5): the whole list, and the short one of what changed
//! since. Nothing here opens a connection: that is `integrations::revocation`.
use super::certificate::moment;
use super::ocsp::Said;
use super::oid;
use super::trust::has_listed;
use chrono::{DateTime, Utc};
use der::Decode;
use x509_cert::Certificate;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::pkix::CrlReason;

pub use super::trust::revocation_list as parse;

/// What these lists say at `at`; [`Said::Unknown`] where none of them is the issuer's own, whole and fresh.
///
/// A list that is out of date still revokes: an authority takes nothing back, but for a certificate on hold, and that
/// takes a fresh list to say.
pub fn said<'a>(
    lists: impl Iterator<Item = &'a CertificateList>,
    certificate: &Certificate,
    issuer: &Certificate,
    at: DateTime<Utc>,
) -> Said {
    let own: Vec<&CertificateList> = lists.filter(|list| has_listed(issuer, list)).collect();
    let newest = |kind: Kind| {
        let of_kind = own.iter().filter(|list| kind_of(list) == kind);
        of_kind.max_by_key(|list| moment(list.tbs_cert_list.this_update)).copied()
    };
    let serial = |list: &'a CertificateList| entry_of(list, certificate);
    if let Some(change) = newest(Kind::Delta).filter(|list| is_fresh(list, at)).and_then(serial) {
        match is_taken_back(change) {
            true => return acquitted(newest(Kind::Whole), at),
            false => return Said::Revoked,
        }
    }
    if own.iter().any(|list| entry_of(list, certificate).is_some_and(|entry| !is_taken_back(entry))) {
        return Said::Revoked;
    }
    acquitted(newest(Kind::Whole), at)
}

/// Only a whole list that is in date says of a certificate that it is not revoked.
fn acquitted(whole: Option<&CertificateList>, at: DateTime<Utc>) -> Said {
    if whole.is_some_and(|list| is_fresh(list, at)) { Said::Good } else { Said::Unknown }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Delta,
    /// With rules that are not understood: it can revoke, but not acquit.
    Other,
}

fn kind_of(list: &CertificateList) -> Kind {
    let critical = list.tbs_cert_list.crl_extensions.iter().flatten().filter(|one| one.critical);
    critical.fold(Kind::Whole, |kind, extension| match (kind, extension.extn_id) {
        (Kind::Whole, oid::DELTA_LIST) => Kind::Delta,
        _ => Kind::Other,
    })
}

fn entry_of<'a>(list: &'a CertificateList, certificate: &Certificate) -> Option<&'a RevokedCert> {
    let entries = list.tbs_cert_list.revoked_certificates.as_deref().unwrap_or_default();
    entries.iter().find(|entry| entry.serial_number == certificate.tbs_certificate.serial_number)
}

/// A certificate that was on hold and is good again.
fn is_taken_back(entry: &RevokedCert) -> bool {
    let mut extensions = entry.crl_entry_extensions.iter().flatten();
    let reason = extensions.find(|one| one.extn_id == oid::LIST_REASON);
    reason.and_then(|reason| CrlReason::from_der(reason.extn_value.as_bytes()).ok())
        == Some(CrlReason::RemoveFromCRL)
}

/// In date, with less than a quarter of its time left.
pub fn ends_soon(list: &CertificateList, at: DateTime<Utc>) -> bool {
    let body = &list.tbs_cert_list;
    let since = moment(body.this_update);
    let until = body.next_update.map(moment);
    is_fresh(list, at) && until.is_some_and(|until| (until - at) * 4 < until - since)
}

/// In date: between its own two moments.
pub fn is_fresh(list: &CertificateList, at: DateTime<Utc>) -> bool {
    let body = &list.tbs_cert_list;
    moment(body.this_update) <= at && body.next_update.is_some_and(|next| at <= moment(next))
}

//! What makes a signature under a contract acceptable, once cryptography has had its say.
//!
//! `integrations::eds` proves who signed and with what; this file says what that must be, and names every "no".
//! The numbers in the comments are the points of the verification policy (§3.5 of the design's `integrations.md`).
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whose signature the contract is waiting for (point 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party<'a> {
    /// The parent signs as a private person, with the key that carries this IIN.
    Parent { iin: &'a str },
    /// A person who may sign for the organisation with this BIN. `parent`: the IIN that signs for the other side, where
    /// there is one.
    Kindergarten { bin: &'a str, parent: Option<&'a str> },
}

/// The two sides of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Parent,
    Kindergarten,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Kindergarten => "kindergarten",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Parent, Self::Kindergarten].into_iter().find(|side| side.as_str() == word)
    }
}

/// What became of a signature that was received whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Accepted,
    /// The authority is silent: it is kept, and nothing has moved.
    Waiting,
}

/// What the certificate allows its key to do (point 6).
///
/// A person holds two keys in two files with similar names, and the wrong one is easily chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUse {
    /// Signs documents.
    Sign,
    /// Proves who is signing in; a document signed with it binds nobody.
    Auth,
    /// Neither, by what the certificate says.
    Unknown,
}

/// A role that the certificate gives its holder (§3.2: extended key usage under 1.2.398.3.3.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Individual,
    Organisation,
    /// The first head of the organisation.
    Head,
    /// Has the right to sign for the organisation.
    CanSign,
    /// Has the right to sign the organisation's financial papers only.
    CanSignFinancial,
    HumanResources,
    Employee,
}

/// Everything the signature says about the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Absent from the certificates of information systems.
    pub iin: Option<String>,
    /// Present in certificates of organisations only.
    pub bin: Option<String>,
    /// The certificate's common name: surname and first name.
    pub name: String,
    pub algorithm: String,
    pub key_usage: KeyUse,
    pub roles: Vec<Role>,
    /// Common names from the signer's certificate up to the root.
    pub chain: Vec<String>,
    /// The signer's own clock: worth keeping, worth no trust.
    pub signed_at: Option<DateTime<Utc>>,
    /// The time-stamping authority's clock, where the signature carries its token.
    pub time_stamp: Option<DateTime<Utc>>,
    /// The certificate's serial number in lower-case hexadecimal.
    pub serial: String,
    pub not_after: DateTime<Utc>,
}

/// What is known about the certificate having been withdrawn (point 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// A fresh list of its issuer does not name it.
    Good,
    /// Nobody fresh enough was asked: whoever relies on the signature must wait for an answer or say so.
    Unchecked,
}

/// What whoever was asked says of a signer's certificate, all answers put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// Nobody answered, or not well enough: the signature waits.
    Unknown,
    Refused(SignatureRefusal),
}

impl Standing {
    /// Two who were both asked: a "no" outweighs silence, silence outweighs a "yes".
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused(_), _) => self,
            (_, Self::Refused(_)) => other,
            (Self::Good, Self::Good) => Self::Good,
            _ => Self::Unknown,
        }
    }
}

/// Who is asked about a signature beside our own policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifierMode {
    #[default]
    Local,
    Ncanode,
    Both,
}

impl VerifierMode {
    pub const ALL: [Self; 3] = [Self::Local, Self::Ncanode, Self::Both];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ncanode => "ncanode",
            Self::Both => "both",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }

    pub fn asks_authority(self) -> bool {
        self != Self::Ncanode
    }

    pub fn asks_ncanode(self) -> bool {
        self != Self::Local
    }
}

/// An accepted signature, as it is stored beside its bytes (point 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub signer: Signer,
    pub revocation: Revocation,
    /// The moment by which certificates were judged: the time stamp's, else when the portal received it (point 4).
    pub judged_at: DateTime<Utc>,
    /// SHA-256 of the signed document, lower-case hexadecimal.
    pub content_sha256: String,
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignatureRefusal {
    #[error("there is nothing in the file")]
    Empty,
    #[error("the file is too large for a signature")]
    TooLarge,
    #[error("the file is not a CMS signature")]
    NotCms,
    #[error("the signature carries its own copy of a document")]
    Attached,
    #[error("the signature is detached and no document was given")]
    NoContent,
    #[error("nobody has signed")]
    NoSigner,
    #[error("more than one person has signed")]
    SeveralSigners,
    #[error("the signer's certificate is missing or ambiguous")]
    NoSignerCertificate,
    #[error("the signed attributes are missing or contradict the signature")]
    BadAttributes,
    #[error("another document was signed")]
    ContentDiffers,
    #[error("the signature is broken")]
    BadSignature,
    #[error("the signature algorithm is not supported")]
    UnsupportedAlgorithm,
    #[error("the signature is made with a broken digest or a short key")]
    WeakAlgorithm,
    #[error("the certificate does not come from a trusted authority")]
    NotTrusted,
    #[error("the certificate has expired")]
    Expired,
    #[error("the certificate is not valid yet")]
    NotYetValid,
    #[error("the certificate has been revoked")]
    Revoked,
    #[error("the authority never issued the certificate")]
    NeverIssued,
    #[error("the time stamp does not hold")]
    BadTimeStamp,
    #[error("the second verifier does not confirm the signature")]
    NotConfirmed,
    #[error("the key is for signing in, not for signing documents")]
    AuthenticationKey,
    #[error("the key is not for signing documents")]
    NotForSigning,
    #[error("the key belongs to an organisation")]
    OrganisationKey,
    #[error("the key belongs to a private person")]
    PersonalKey,
    #[error("the key belongs to another person")]
    OtherPerson,
    #[error("the key belongs to another organisation")]
    OtherOrganisation,
    #[error("the key's holder may not sign for the organisation")]
    NotAuthorised,
    #[error("the same person has signed for the other side")]
    BothSides,
    #[error("the signer's clock is ahead")]
    SignedInFuture,
}

impl SignatureRefusal {
    /// Every refusal, so that a test can ask whether each has its sentence in both languages.
    pub const ALL: [Self; 29] = [
        Self::Empty,
        Self::TooLarge,
        Self::NotCms,
        Self::Attached,
        Self::NoContent,
        Self::NoSigner,
        Self::SeveralSigners,
        Self::NoSignerCertificate,
        Self::BadAttributes,
        Self::ContentDiffers,
        Self::BadSignature,
        Self::UnsupportedAlgorithm,
        Self::WeakAlgorithm,
        Self::NotTrusted,
        Self::Expired,
        Self::NotYetValid,
        Self::Revoked,
        Self::NeverIssued,
        Self::BadTimeStamp,
        Self::NotConfirmed,
        Self::AuthenticationKey,
        Self::NotForSigning,
        Self::OrganisationKey,
        Self::PersonalKey,
        Self::OtherPerson,
        Self::OtherOrganisation,
        Self::NotAuthorised,
        Self::BothSides,
        Self::SignedInFuture,
    ];

    /// The word for journals, for `balabaqsha signature check` and for the keys of the locale files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::NotCms => "not_cms",
            Self::Attached => "attached",
            Self::NoContent => "no_content",
            Self::NoSigner => "no_signer",
            Self::SeveralSigners => "several_signers",
            Self::NoSignerCertificate => "no_signer_certificate",
            Self::BadAttributes => "bad_attributes",
            Self::ContentDiffers => "content_differs",
            Self::BadSignature => "bad_signature",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::WeakAlgorithm => "weak_algorithm",
            Self::NotTrusted => "not_trusted",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::NeverIssued => "never_issued",
            Self::BadTimeStamp => "bad_time_stamp",
            Self::NotConfirmed => "not_confirmed",
            Self::AuthenticationKey => "authentication_key",
            Self::NotForSigning => "not_for_signing",
            Self::OrganisationKey => "organisation_key",
            Self::PersonalKey => "personal_key",
            Self::OtherPerson => "other_person",
            Self::OtherOrganisation => "other_organisation",
            Self::NotAuthorised => "not_authorised",
            Self::BothSides => "both_sides",
            Self::SignedInFuture => "signed_in_future",
        }
    }
}

/// Point 4: a certificate is in date at this moment.
pub fn validity(
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), SignatureRefusal> {
    if at < not_before {
        Err(SignatureRefusal::NotYetValid)
    } else if at > not_after {
        Err(SignatureRefusal::Expired)
    } else {
        Ok(())
    }
}

impl KeyUse {
    /// Point 6: only a key for signing documents signs a contract.
    pub fn must_be_for_signing(self) -> Result<(), SignatureRefusal> {
        match self {
            Self::Sign => Ok(()),
            Self::Auth => Err(SignatureRefusal::AuthenticationKey),
            Self::Unknown => Err(SignatureRefusal::NotForSigning),
        }
    }
}

impl Signer {
    /// Point 7: the signature must be that party's own.
    pub fn must_act_for(&self, party: Party<'_>) -> Result<(), SignatureRefusal> {
        match party {
            Party::Parent { iin } => self.must_be_person(iin),
            Party::Kindergarten { bin, parent } => {
                self.must_represent(bin)?;
                self.must_not_be(parent)
            }
        }
    }

    /// A parent signs as a private person: an organisation's key is refused even if it names the same IIN.
    fn must_be_person(&self, iin: &str) -> Result<(), SignatureRefusal> {
        if self.bin.is_some() || self.has(Role::Organisation) || !self.has(Role::Individual) {
            return Err(SignatureRefusal::OrganisationKey);
        }
        if self.iin.as_deref() != Some(iin) {
            return Err(SignatureRefusal::OtherPerson);
        }
        Ok(())
    }

    /// For an organisation signs its head, or a person whose certificate says that they may.
    fn must_represent(&self, bin: &str) -> Result<(), SignatureRefusal> {
        if !self.has(Role::Organisation) {
            return Err(SignatureRefusal::PersonalKey);
        }
        if self.bin.as_deref() != Some(bin) {
            return Err(SignatureRefusal::OtherOrganisation);
        }
        let may_sign = self.has(Role::Head) || self.has(Role::CanSign);
        if !may_sign || self.iin.is_none() {
            return Err(SignatureRefusal::NotAuthorised);
        }
        Ok(())
    }

    /// A representative makes no deal for an organisation with themselves (Civil Code of Kazakhstan, article 163).
    fn must_not_be(&self, other_side: Option<&str>) -> Result<(), SignatureRefusal> {
        if other_side.is_some() && self.iin.as_deref() == other_side {
            return Err(SignatureRefusal::BothSides);
        }
        Ok(())
    }

    fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const IIN: &str = "880515400127";
    const BIN: &str = "990140000126";

    /// IIN, BIN and roles of a certificate; what comes of it.
    type Case = (Option<&'static str>, Option<&'static str>, &'static [Role], Result<(), SignatureRefusal>);

    fn signer(iin: Option<&str>, bin: Option<&str>, roles: &[Role]) -> Signer {
        Signer {
            iin: iin.map(str::to_owned),
            bin: bin.map(str::to_owned),
            name: "АХМЕТОВА АЙГУЛЬ".to_owned(),
            algorithm: "RSA-SHA256".to_owned(),
            key_usage: KeyUse::Sign,
            roles: roles.to_vec(),
            chain: vec![],
            signed_at: None,
            time_stamp: None,
            serial: "01".to_owned(),
            not_after: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_parent_signs_with_their_own_personal_key_only() {
        use Role::*;
        use SignatureRefusal::*;
        let cases: [Case; 7] = [
            (Some(IIN), None, &[Individual], Ok(())),
            (Some("750101300450"), None, &[Individual], Err(OtherPerson)),
            (None, None, &[Individual], Err(OtherPerson)),
            (Some(IIN), Some(BIN), &[Organisation, Head], Err(OrganisationKey)),
            (Some(IIN), Some(BIN), &[Individual], Err(OrganisationKey)),
            (Some(IIN), None, &[Individual, Organisation], Err(OrganisationKey)),
            (Some(IIN), None, &[], Err(OrganisationKey)),
        ];
        for (iin, bin, roles, expected) in cases {
            let verdict = signer(iin, bin, roles).must_act_for(Party::Parent { iin: IIN });
            assert_eq!(verdict, expected, "{iin:?} {bin:?} {roles:?}");
        }
    }

    #[test]
    fn for_a_kindergarten_signs_its_head_or_whoever_has_the_right() {
        use Role::*;
        use SignatureRefusal::*;
        let cases: [Case; 9] = [
            (Some(IIN), Some(BIN), &[Organisation, Head], Ok(())),
            (Some(IIN), Some(BIN), &[Organisation, CanSign], Ok(())),
            (Some(IIN), Some(BIN), &[Organisation, CanSignFinancial], Err(NotAuthorised)),
            (Some(IIN), Some(BIN), &[Organisation, HumanResources], Err(NotAuthorised)),
            (Some(IIN), Some(BIN), &[Organisation, Employee], Err(NotAuthorised)),
            (None, Some(BIN), &[Organisation, Head], Err(NotAuthorised)),
            (Some(IIN), Some("010140000123"), &[Organisation, Head], Err(OtherOrganisation)),
            (Some(IIN), None, &[Organisation, Head], Err(OtherOrganisation)),
            (Some(IIN), None, &[Individual], Err(PersonalKey)),
        ];
        for (iin, bin, roles, expected) in cases {
            let verdict =
                signer(iin, bin, roles).must_act_for(Party::Kindergarten { bin: BIN, parent: None });
            assert_eq!(verdict, expected, "{iin:?} {bin:?} {roles:?}");
        }
    }

    #[test]
    fn nobody_signs_for_both_sides() {
        let head = signer(Some(IIN), Some(BIN), &[Role::Organisation, Role::Head]);
        let for_a_child_of =
            |parent| head.must_act_for(Party::Kindergarten { bin: BIN, parent: Some(parent) });
        assert_eq!(for_a_child_of(IIN), Err(SignatureRefusal::BothSides));
        assert_eq!(for_a_child_of("750101300450"), Ok(()));
    }

    #[test]
    fn every_refusal_has_its_own_snake_case_code() {
        let codes: HashSet<_> = SignatureRefusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), SignatureRefusal::ALL.len());
        assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }

    #[test]
    fn the_words_in_json_are_those_promised_outside() {
        let json = serde_json::to_value(signer(Some(IIN), None, &[Role::Individual, Role::CanSign])).unwrap();
        assert_eq!(json["key_usage"], "sign");
        assert_eq!(json["roles"], serde_json::json!(["individual", "can_sign"]));
        assert!(json["bin"].is_null() && json["time_stamp"].is_null());
    }
}

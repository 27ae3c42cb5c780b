//! Two signatures under one document in one file (§4.4): their certificates and signers side by side.
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use der::asn1::SetOfVec;
use der::{Any, Decode, DerOrd, Encode};

use super::{input, oid, signed};
use crate::rules::signature::SignatureRefusal;

/// Joins detached signatures over the same document. Each stays as it was made; nothing is signed anew.
pub fn merge(first: &[u8], second: &[u8]) -> Result<Vec<u8>, SignatureRefusal> {
    let (first, second) = (signed_data(first)?, signed_data(second)?);
    let both = SignedData {
        version: first.version.max(second.version),
        digest_algorithms: union(&first.digest_algorithms, &second.digest_algorithms)?,
        encap_content_info: first.encap_content_info,
        certificates: match (first.certificates, second.certificates) {
            (Some(one), Some(other)) => Some(union(&one.0, &other.0)?.into()),
            (one, other) => one.or(other),
        },
        crls: match (first.crls, second.crls) {
            (Some(one), Some(other)) => {
                Some(cms::revocation::RevocationInfoChoices(union(&one.0, &other.0)?))
            }
            (one, other) => one.or(other),
        },
        signer_infos: SignerInfos(union(&first.signer_infos.0, &second.signer_infos.0)?),
    };
    let content = Any::encode_from(&both).map_err(|_| SignatureRefusal::NotCms)?;
    let whole = ContentInfo { content_type: oid::ID_SIGNED_DATA, content };
    whole.to_der().map_err(|_| SignatureRefusal::NotCms)
}

fn signed_data(bytes: &[u8]) -> Result<SignedData, SignatureRefusal> {
    let der = input::parse_input(bytes)?;
    input::must_be_modest(&der)?;
    let content = ContentInfo::from_der(&der).map_err(|_| SignatureRefusal::NotCms)?;
    content.content.decode_as().map_err(|_| SignatureRefusal::NotCms)
}

/// Every member of both, each once.
fn union<T: Clone + DerOrd + PartialEq>(
    one: &SetOfVec<T>,
    other: &SetOfVec<T>,
) -> Result<SetOfVec<T>, SignatureRefusal> {
    let mut all: Vec<T> = one.iter().cloned().collect();
    for member in other.iter() {
        if !all.contains(member) {
            all.push(member.clone());
        }
    }
    SetOfVec::try_from(all).map_err(|_| SignatureRefusal::NotCms)
}

/// Whether the one signer of this detached signature speaks of `content`; nothing is proved by that.
pub fn is_over(cms: &[u8], content: &[u8]) -> bool {
    let about = || -> Result<bool, SignatureRefusal> {
        let data = signed::Signed::parse(&input::parse_input(cms)?)?;
        signed::is_over(data.only_signer()?, content)
    };
    about().unwrap_or(false)
}

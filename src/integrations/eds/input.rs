//! From whatever was uploaded to DER that is safe to parse (policy point 1: size limits).
use super::ber::{self, MAX_DEPTH};
use crate::rules::signature::SignatureRefusal;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use der::{Decode, Header, Reader, SliceReader, Tag};

/// A detached signature with its chain, time stamp and revocation answers takes about 20 KB.
pub const MAX_SIGNATURE_BYTES: usize = 512 * 1024;

/// Sets are sorted while being parsed, each member against each: a crafted file could hold the server for minutes.
const MAX_SET_MEMBERS: usize = 64;

/// NCALayer answers with PEM armour, other agents with bare base64, files hold DER: all three are accepted.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The DER of an uploaded signature: from DER, PEM or bare base64.
///
/// Refuses what is empty, larger than [`MAX_SIGNATURE_BYTES`], or text that is not base64.
pub fn parse_input(bytes: &[u8]) -> Result<Vec<u8>, SignatureRefusal> {
    if bytes.len() > MAX_SIGNATURE_BYTES {
        return Err(SignatureRefusal::TooLarge);
    }
    unwrap_armour(bytes)
}

/// As [`parse_input`], without the size limit: for an operator's own file, which may carry a whole document.
pub fn unwrap_armour(bytes: &[u8]) -> Result<Vec<u8>, SignatureRefusal> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Some(text) = as_text(bytes) else { return definite(bytes) };
    let base64: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("-----"))
        .flat_map(str::split_whitespace)
        .collect();
    if base64.is_empty() {
        return Err(SignatureRefusal::Empty);
    }
    definite(&LENIENT_BASE64.decode(base64).map_err(|_| SignatureRefusal::NotCms)?)
}

/// Streaming agents do not know the length of what they are writing; the rest of the verifier wants DER.
fn definite(bytes: &[u8]) -> Result<Vec<u8>, SignatureRefusal> {
    match bytes.get(1) {
        Some(&ber::INDEFINITE) => ber::to_definite(bytes).ok_or(SignatureRefusal::NotCms),
        _ => Ok(bytes.to_vec()),
    }
}

/// DER of a signature always holds bytes that no text has.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()).then_some(text)
}

/// Refuses DER whose shape would make parsing it expensive.
pub fn must_be_modest(der: &[u8]) -> Result<(), SignatureRefusal> {
    walk(der, 0).map(|_| ()).ok_or(SignatureRefusal::NotCms)
}

/// Counts the values that follow each other in `der`, having looked into each; nothing when one is immodest.
fn walk(der: &[u8], depth: usize) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut reader = SliceReader::new(der).ok()?;
    let mut values = 0;
    while !reader.is_finished() {
        let header = Header::decode(&mut reader).ok()?;
        let body = reader.read_slice(header.length).ok()?;
        if header.tag.is_constructed() {
            let members = if body.is_empty() { 0 } else { walk(body, depth + 1)? };
            if members > MAX_SET_MEMBERS && header.tag != Tag::Sequence {
                return None;
            }
        }
        values += 1;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_pem_and_bare_base64_are_the_same_signature() {
        let der = [0x30, 0x03, 0x02, 0x01, 0xFF];
        let written = [
            "-----BEGIN CMS-----\nMAMCAf8=\n-----END CMS-----\n",
            "MAMCAf8=",
            "MAMC\r\n Af8",
            "\u{feff}MAMCAf8=",
        ];
        assert_eq!(parse_input(&der).unwrap(), der);
        for text in written {
            assert_eq!(parse_input(text.as_bytes()).unwrap(), der, "{text:?}");
        }
    }

    #[test]
    fn nothing_in_armour_is_still_nothing() {
        for empty in ["", " \r\n", "-----BEGIN CMS-----\n-----END CMS-----\n"] {
            assert_eq!(parse_input(empty.as_bytes()), Err(SignatureRefusal::Empty));
        }
    }

    #[test]
    fn text_that_is_not_base64_is_no_signature() {
        assert_eq!(parse_input(b"I agree!"), Err(SignatureRefusal::NotCms));
    }

    #[test]
    fn five_megabytes_are_refused_unread() {
        assert_eq!(parse_input(&vec![b'A'; 5 << 20]), Err(SignatureRefusal::TooLarge));
    }

    #[test]
    fn a_set_of_thousands_is_refused_before_it_is_sorted() {
        let member = [0x05, 0x00];
        let crowd = |tag: u8, members: usize| {
            let length = u16::try_from(members * member.len()).unwrap().to_be_bytes();
            [&[tag, 0x82, length[0], length[1]][..], &member.repeat(members)].concat()
        };
        assert_eq!(must_be_modest(&crowd(0x30, 4000)), Ok(()));
        assert_eq!(must_be_modest(&crowd(0x31, 4000)), Err(SignatureRefusal::NotCms));
        assert_eq!(must_be_modest(&crowd(0xA0, 4000)), Err(SignatureRefusal::NotCms));
    }

    #[test]
    fn a_tower_of_sequences_does_not_overflow_the_stack() {
        let mut tower = vec![0x05, 0x00];
        for _ in 0..60 {
            let length = u8::try_from(tower.len()).unwrap();
            tower = [&[0x30, length][..], &tower].concat();
        }
        assert_eq!(must_be_modest(&tower), Err(SignatureRefusal::NotCms));
    }
}

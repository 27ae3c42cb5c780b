//! The streaming form of ASN.1 made into the definite one.
//!
//! `openssl cms -stream` and Bouncy Castle, from which Kalkan descends, may write a value without its length and an
//! end mark after it, and an octet string in pieces. Nothing that is signed is touched: certificates are DER
//! inside, and the signed attributes are encoded anew before they are verified.
/// Deeper than any real signature; keeps whoever walks it off the end of the stack.
pub const MAX_DEPTH: usize = 24;
/// The length byte of a value that ends with a mark.
pub const INDEFINITE: u8 = 0x80;

const END_MARK: u8 = 0x00;
const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;
const LONG_TAG: u8 = 0x1F;

/// The one value in `bytes` with definite lengths throughout; nothing when it is broken or something follows it.
pub fn to_definite(bytes: &[u8]) -> Option<Vec<u8>> {
    let (value, rest) = read(bytes, 0)?;
    rest.is_empty().then(|| value.encoded())
}

struct Value {
    tag: u8,
    content: Vec<u8>,
}

/// The first value and what follows it.
fn read(bytes: &[u8], depth: usize) -> Option<(Value, &[u8])> {
    let (&tag, bytes) = bytes.split_first()?;
    if depth > MAX_DEPTH || tag & LONG_TAG == LONG_TAG {
        return None;
    }
    let constructed = tag & CONSTRUCTED != 0;
    let (length, bytes) = read_length(bytes)?;
    match length {
        Some(length) => {
            let (content, rest) = bytes.split_at_checked(length)?;
            if !constructed {
                return Some((Value { tag, content: content.to_vec() }, rest));
            }
            let (value, ended) = read_members(tag, content, depth)?;
            ended.is_empty().then_some((value, rest))
        }
        None if constructed => {
            let (value, ended) = read_members(tag, bytes, depth)?;
            Some((value, ended.strip_prefix(&[END_MARK, 0])?))
        }
        None => None,
    }
}

/// A length, or none for the indefinite one; four bytes of it are more than any file here has.
fn read_length(bytes: &[u8]) -> Option<(Option<usize>, &[u8])> {
    let (&first, bytes) = bytes.split_first()?;
    if first < INDEFINITE {
        return Some((Some(usize::from(first)), bytes));
    }
    let (length, rest) = bytes.split_at_checked(usize::from(first - INDEFINITE))?;
    match length.len() {
        0 => Some((None, rest)),
        1..=4 => Some((Some(length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))), rest)),
        _ => None,
    }
}

/// The members of a constructed value up to the end of `bytes` or to the mark, which is left.
fn read_members(tag: u8, mut bytes: &[u8], depth: usize) -> Option<(Value, &[u8])> {
    let in_pieces = tag == OCTET_STRING | CONSTRUCTED;
    let mut content = vec![];
    while bytes.first().is_some_and(|&tag| tag != END_MARK) {
        let (member, rest) = read(bytes, depth + 1)?;
        match in_pieces {
            true if member.tag == OCTET_STRING => content.extend(member.content),
            true => return None,
            false => content.extend(member.encoded()),
        }
        bytes = rest;
    }
    let tag = if in_pieces { OCTET_STRING } else { tag };
    Some((Value { tag, content }, bytes))
}

impl Value {
    fn encoded(&self) -> Vec<u8> {
        let length = self.content.len();
        let bytes = length.to_be_bytes();
        let significant = bytes.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &bytes[first..]);
        let mut out = vec![self.tag];
        match (u8::try_from(length), u8::try_from(significant.len())) {
            (Ok(short @ ..INDEFINITE), _) => out.push(short),
            (_, count) => {
                out.push(INDEFINITE | count.unwrap_or_default());
                out.extend(significant);
            }
        }
        out.extend(&self.content);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_length_and_strings_in_pieces_become_whole() {
        let pieces =
            [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, b'a', 0x04, 0x02, b'b', b'c', 0, 0, 0x05, 0x00, 0, 0];
        assert_eq!(to_definite(&pieces).unwrap(), [0x30, 0x07, 0x04, 0x03, b'a', b'b', b'c', 0x05, 0x00]);
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65_536] {
            let value = Value { tag: OCTET_STRING, content: vec![7; length] }.encoded();
            let (read, rest) = read(&value, 0).unwrap();
            assert_eq!((read.content.len(), rest.len()), (length, 0));
            let header = match length {
                ..128 => 2,
                128..256 => 3,
                256..65_536 => 4,
                _ => 5,
            };
            assert_eq!(value.len(), length + header);
        }
    }

    #[test]
    fn what_is_broken_is_nothing() {
        for broken in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x80, 0x00],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x30, 0x80, 0x00, 0x00, 0x00],
            &[0x30, 0x02, 0x00, 0x00],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x24, 0x02, 0x05, 0x00],
            &[0x3F, 0x01, 0x00],
            &[0x30; 4000],
            &[0x30, 0x80].repeat(2000),
        ] {
            assert_eq!(to_definite(broken), None, "{broken:x?}");
        }
    }
}

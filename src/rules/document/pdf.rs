//! What we ask of a PDF (ISO 32000): is it whole, how many pages has it, does anything in it act.
use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::{DocumentError, Limits, contains, ends_as_archive, find, holds_markup};

/// An object stream of a document of 50 pages is some kilobytes; a whole file may inflate to this much.
const INFLATED_LIMIT: usize = 16 * 1024 * 1024;

/// Names that start something or carry another file, looked for everywhere.
const ACTIVE: [&[u8]; 13] = [
    b"JavaScript",
    b"Launch",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"FileAttachment",
    b"RichMedia",
    b"RichMediaContent",
    b"SubmitForm",
    b"ImportData",
    b"GoToE",
    b"Rendition",
    b"Movie",
    b"3DJS",
];

/// Names too short to be looked for in compressed data, where they come by chance. With the beginning of their value
/// they do not: see [`has_value`].
const ACTIVE_SHORT: [&[u8]; 3] = [b"JS", b"EF", b"XFA"];

/// Filters an object stream may have and has from nobody but those who hide something.
const HIDING: [&[u8]; 7] =
    [b"Predictor", b"LZWDecode", b"LZW", b"ASCII85Decode", b"ASCIIHexDecode", b"RunLengthDecode", b"Crypt"];

pub fn judge(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    header(bytes)?;
    ending(bytes)?;
    let found = read(bytes)?;
    // Locked first: in locked strings anything may come by chance.
    if found.encrypted {
        return Err(DocumentError::Encrypted);
    }
    if found.active {
        return Err(DocumentError::ActiveContent);
    }
    if found.unread || found.pages.is_empty() || !found.root {
        return Err(DocumentError::Damaged);
    }
    if found.pages.len() > limits.pages {
        return Err(DocumentError::TooManyPages { limit: limits.pages });
    }
    Ok(())
}

/// `%PDF-1.x` or `%PDF-2.x`, and no web page right behind it.
fn header(bytes: &[u8]) -> Result<(), DocumentError> {
    let versioned = matches!(bytes.get(5..8), Some([b'1' | b'2', b'.', digit]) if digit.is_ascii_digit());
    if !versioned || holds_markup(&bytes[..bytes.len().min(1024)]) || ends_as_archive(bytes) {
        return Err(DocumentError::WrongKind);
    }
    Ok(())
}

/// `startxref`, a number, `%%EOF`, and nothing but white space after it.
fn ending(bytes: &[u8]) -> Result<(), DocumentError> {
    let from = bytes.len().saturating_sub(2048);
    let tail = &bytes[from..];
    let mark = tail.windows(5).rposition(|window| window == b"%%EOF").ok_or(DocumentError::Damaged)?;
    if !tail[mark + 5..].iter().all(|byte| is_space(*byte)) {
        return Err(DocumentError::WrongKind);
    }
    if contains(&tail[..mark], b"startxref") { Ok(()) } else { Err(DocumentError::Damaged) }
}

#[derive(Default)]
struct Found {
    pages: HashSet<u64>,
    root: bool,
    active: bool,
    encrypted: bool,
    /// An object stream was announced and none was found: what is in it, another reader may see.
    unread: bool,
}

/// Goes through the file once, from one stream to the next.
fn read(bytes: &[u8]) -> Result<Found, DocumentError> {
    let acts = |(end, name): (usize, Vec<u8>)| is_one_of(&name, &ACTIVE) || has_value(bytes, end, &name);
    let mut found = Found { active: names(bytes).any(acts), ..Found::default() };
    let mut budget = Budget { declared: INFLATED_LIMIT, suspected: INFLATED_LIMIT / 4 };
    let (mut between, mut at, mut open) = (0, 0, false);
    while let Some(keyword) = find(bytes, b"stream", at) {
        at = keyword + b"stream".len();
        if bytes[..keyword].ends_with(b"end") {
            // The word may stand in a string: what is before it counts, and the stream of its dictionary is to come.
            found.unread |= Keys::of(&bytes[between..keyword]).declared;
            if !std::mem::take(&mut open) {
                objects(&bytes[between..keyword], &mut found);
            }
            between = at;
            continue;
        }
        let Some(data) = data_start(bytes, at) else { continue };
        // Everything since the last stream ended; in a stream inside a stream, since that one began.
        let before = &bytes[between..keyword];
        objects(before, &mut found);
        object_stream(before, &bytes[data..], &mut budget, &mut found)?;
        (between, open) = (data, true);
    }
    found.unread |= Keys::of(&bytes[between..]).declared;
    objects(&bytes[between..], &mut found);
    Ok(found)
}

/// The keyword is followed by a line feed, with or without a carriage return.
fn data_start(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n' | b'\r', ..] => Some(at + 1),
        _ => None,
    }
}

/// Reads what stands plainly: `12 0 obj << … >>`, trailers.
fn objects(text: &[u8], found: &mut Found) {
    let mut head = None;
    let mut next_head = find(text, HEAD_END, 0);
    for (at, name) in names(text) {
        note(&name, found);
        while let Some(place) = next_head.filter(|place| *place < at) {
            head = Some(place);
            next_head = find(text, HEAD_END, place + 1);
        }
        if name == b"Type" && next_name(text, at).as_deref() == Some(b"Page") {
            // By number, because a page changed later stands twice and is one page. An object is one page, so each
            // head is asked about once.
            let number = head.take().and_then(|head| number_of_page(text, head, at));
            found.pages.insert(number.unwrap_or(at as u64 | 1 << 40));
        }
    }
}

/// What stands between an object's number and its dictionary, in every file that anybody writes.
const HEAD_END: &[u8] = b" 0 obj";

/// The number of the object that is this page: alone at the beginning of its line, and from there to the type nothing
/// but its dictionary's own keys. What only looks like a number – in a string, in a comment – makes no two pages one.
fn number_of_page(text: &[u8], head: usize, at: usize) -> Option<u64> {
    if !is_own_key(&text[head + HEAD_END.len()..at]) {
        return None;
    }
    // A longer one is no number of ours.
    let from = head.saturating_sub(12);
    let line = text[from..head].iter().rposition(|byte| matches!(byte, b'\n' | b'\r'))?;
    let number = std::str::from_utf8(&text[from + line + 1..head]).ok()?.parse().ok()?;
    (number > 0).then_some(number)
}

/// Whether what lies between an object's head and a key is the dictionary of that object and no other. A head that
/// stands in a string, of letters or of digits, has to leave it on the way: there is a bracket too many.
fn is_own_key(between: &[u8]) -> bool {
    let (mut angles, mut parentheses) = (0_usize, 0_usize);
    let mut bytes = between.iter().skip_while(|byte| is_space(**byte));
    while let Some(byte) = bytes.next() {
        match (byte, parentheses) {
            (b'(', _) => parentheses += 1,
            (b')', 0) | (b'%', 0) => return false,
            (b')', _) => parentheses -= 1,
            (b'\\', 1..) => _ = bytes.next(),
            (b'<', 0) => angles += 1,
            (b'>', 0) if angles <= 2 => return false,
            (b'>', 0) => angles -= 1,
            (_, 0) if angles < 2 => return false,
            _ => {}
        }
    }
    (angles, parentheses) == (2, 0)
}

fn note(name: &[u8], found: &mut Found) {
    found.root |= name == b"Root";
    found.encrypted |= name == b"Encrypt";
    found.active |= is_one_of(name, &ACTIVE) || is_one_of(name, &ACTIVE_SHORT);
}

/// How many bytes may still come out of streams that say they hold objects, and of those that only look so.
struct Budget {
    declared: usize,
    suspected: usize,
}

/// What the dictionary before a stream says, as far as it concerns us.
#[derive(Default)]
struct Keys {
    declared: bool,
    first: bool,
    count: bool,
    hiding: bool,
}

impl Keys {
    fn of(before: &[u8]) -> Keys {
        let mut keys = Keys::default();
        for (_, name) in names(before) {
            keys.declared |= name == b"ObjStm";
            keys.first |= name == b"First";
            keys.count |= name == b"N";
            keys.hiding |= is_one_of(&name, &HIDING);
        }
        keys
    }
}

/// If the stream holds objects, inflates it within bounds and reads them.
fn object_stream(
    before: &[u8],
    data: &[u8],
    budget: &mut Budget,
    found: &mut Found,
) -> Result<(), DocumentError> {
    let keys = Keys::of(before);
    if keys.declared && keys.hiding {
        return Err(DocumentError::Damaged);
    }
    // Some readers do not ask a stream for its type, so neither do we, and a dictionary can be hidden from whoever
    // reads from front to back: what begins as objects is read as such. But a picture behind an outline has the same
    // keys, so what is only suspected is read as far as the budget goes and never refused for its size.
    let sure = keys.declared || begins_as_objects(data);
    let room = match (sure, keys.first && keys.count) {
        (true, _) => &mut budget.declared,
        (false, true) => &mut budget.suspected,
        (false, false) => return Ok(()),
    };
    let text = inflate(data, *room);
    found.unread |= keys.declared && !begins_with_number(&text);
    *room = match room.checked_sub(text.len()) {
        Some(left) => left,
        None if sure => return Err(DocumentError::Damaged),
        None => 0,
    };
    packed_objects(&text, found);
    Ok(())
}

/// At most one byte more than there is room for. A broken end is the reader's to forgive; what came out counts.
fn inflate(data: &[u8], room: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let _ = ZlibDecoder::new(data).take(room as u64 + 1).read_to_end(&mut text);
    text
}

/// As every object stream does. What begins otherwise is another one's data, or squeezed in a way that nobody uses.
fn begins_with_number(text: &[u8]) -> bool {
    text.iter().find(|byte| !is_space(**byte)).is_some_and(u8::is_ascii_digit)
}

/// Whether a stream inflates to pairs of numbers with an object behind them, as far as its first bytes tell. What a
/// page is drawn with has the name of a deed behind its numbers.
fn begins_as_objects(data: &[u8]) -> bool {
    // The head of zlib (RFC 1950): deflate, and a check.
    let squeezed = matches!(data, [method, flags, ..]
        if method & 0x0F == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31));
    if !squeezed {
        return false;
    }
    let text = inflate(data, 64);
    let head = text.iter().take_while(|byte| byte.is_ascii_digit() || is_space(**byte)).count();
    let numbers = text[..head].split(|byte| is_space(*byte)).filter(|word| !word.is_empty()).count();
    numbers >= 2 && text.get(head).is_none_or(|byte| b"<[(/".contains(byte))
}

/// The inside of an object stream: pairs of number and offset, then the objects.
fn packed_objects(text: &[u8], found: &mut Found) {
    let index = index_of(text);
    for (at, name) in names(text) {
        note(&name, found);
        if name == b"Type" && next_name(text, at).as_deref() == Some(b"Page") {
            let number = index.range(..=at).next_back().map(|(_, number)| *number);
            found.pages.insert(number.unwrap_or(at as u64 | 1 << 41));
        }
    }
}

/// Where each packed object begins. The head ends at the first byte that is neither digit nor space, which is
/// where the first object begins, unless that is a number; then pages are told apart by place.
fn index_of(text: &[u8]) -> BTreeMap<usize, u64> {
    let head = text.iter().take_while(|byte| byte.is_ascii_digit() || is_space(**byte)).count();
    let numbers = text[..head].split(|byte| !byte.is_ascii_digit()).filter(|word| !word.is_empty());
    // No honest stream has more objects than these.
    let numbers: Vec<u64> =
        numbers.take(40_000).filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok()).collect();
    numbers
        .chunks_exact(2)
        .filter_map(|pair| Some((head.checked_add(usize::try_from(pair[1]).ok()?)?, pair[0])))
        .collect()
}

/// Every name with the place behind it, `#61` read as `a`. Longer ones than we look for are cut.
fn names(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let slash = find(bytes, b"/", at)?;
        let (name, end) = name_at(bytes, slash + 1);
        at = end;
        Some((end, name))
    })
}

fn name_at(bytes: &[u8], from: usize) -> (Vec<u8>, usize) {
    const LONGEST: usize = 24;
    let mut name = Vec::new();
    let mut at = from;
    while let Some(byte) = bytes.get(at).copied().filter(|byte| is_regular(*byte)) {
        let escaped = if byte == b'#' { hex_pair(bytes, at + 1) } else { None };
        at += if escaped.is_some() { 3 } else { 1 };
        if name.len() <= LONGEST {
            name.push(escaped.unwrap_or(byte));
        }
    }
    (name, at)
}

fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}

/// The name that follows. At the end of what we see, a longer one may have been cut.
fn next_name(bytes: &[u8], at: usize) -> Option<Vec<u8>> {
    let value = behind_blanks(bytes, at).strip_prefix(b"/")?;
    let (name, end) = name_at(value, 0);
    (end < value.len()).then_some(name)
}

/// Whether a short name has the value with which it acts. That is asked in streams, too: what we take for the data of a
/// stream may be a string with both words in it, or be pointed at by the table. `JS` is not asked about there: it does
/// nothing without `JavaScript` or `Rendition`, which are looked for everywhere.
fn has_value(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let opening: &[u8] = match name {
        b"EF" => b"<<",
        b"XFA" => b"[",
        _ => return false,
    };
    let value = behind_blanks(bytes, at);
    // Behind more comments than anybody writes.
    let hides = value.starts_with(b"%");
    value.starts_with(opening) || hides || is_reference(value)
}

/// `4 0 R`.
fn is_reference(value: &[u8]) -> bool {
    let number = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).take(11).count();
    let object = number(value);
    let rest = behind_blanks(value, object);
    let generation = number(rest);
    object > 0 && generation > 0 && behind_blanks(rest, generation).starts_with(b"R")
}

/// Over white space and a few short comments.
fn behind_blanks(bytes: &[u8], at: usize) -> &[u8] {
    const LONGEST: usize = 256;
    let mut rest = bytes.get(at..).unwrap_or_default();
    for _ in 0..4 {
        let blanks = rest.iter().take_while(|byte| is_space(**byte)).count();
        rest = rest.get(blanks..).unwrap_or_default();
        let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
        match rest.iter().take(LONGEST).position(ends).filter(|_| rest.starts_with(b"%")) {
            Some(end) => rest = rest.get(end..).unwrap_or_default(),
            None => break,
        }
    }
    rest
}

fn is_one_of(name: &[u8], list: &[&[u8]]) -> bool {
    list.contains(&name)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

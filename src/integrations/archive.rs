//! Zip archives: the package of a signed contract, and packages that come to be checked.
use std::io::{Cursor, Read, Write};

use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Why an archive was not made, or not opened.
#[derive(Debug, Error)]
pub enum ArchiveError {
    #[error("the archive holds more than is taken")]
    TooLarge,
    #[error("zip: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("zip: {0}")]
    Io(#[from] std::io::Error),
}

/// More files than any package of ours has.
const MOST_FILES: usize = 50;

/// Packs the files. The same files give the same bytes: no clock is asked.
pub fn zip(files: &[Entry]) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive.start_file(file.name.as_str(), options)?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The files of an archive that together inflate to `most` bytes at the most; what it says of its own sizes is not
/// believed. Names are only read for their ends.
pub fn unzip(bytes: &[u8], most: usize) -> Result<Vec<Entry>, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    if archive.len() > MOST_FILES {
        return Err(ArchiveError::TooLarge);
    }
    let mut files = Vec::new();
    let mut left = most;
    for at in 0..archive.len() {
        let mut file = archive.by_index(at)?;
        let mut inflated = Vec::new();
        let taken = file.by_ref().take(left as u64 + 1).read_to_end(&mut inflated)?;
        left = left.checked_sub(taken).ok_or(ArchiveError::TooLarge)?;
        files.push(Entry { name: file.name().to_owned(), bytes: inflated });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, bytes: &[u8]) -> Entry {
        Entry { name: name.into(), bytes: bytes.into() }
    }

    #[test]
    fn what_is_packed_is_unpacked_and_the_bytes_are_the_same() {
        let files = [entry("contract.pdf", b"%PDF-1.7"), entry("parent.p7s", &[7; 3000])];
        let packed = zip(&files).unwrap();
        assert_eq!(packed, zip(&files).unwrap());
        assert_eq!(unzip(&packed, 10_000).unwrap(), files);
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let packed = zip(&[entry("zeros", &vec![0; 5 << 20])]).unwrap();
        assert!(packed.len() < 20_000);
        assert!(matches!(unzip(&packed, 1 << 20), Err(ArchiveError::TooLarge)));
        let many: Vec<Entry> = (0..60).map(|n| entry(&n.to_string(), b"")).collect();
        assert!(matches!(unzip(&zip(&many).unwrap(), 1000), Err(ArchiveError::TooLarge)));
    }

    #[test]
    fn anything_else_is_refused() {
        let packed = zip(&[entry("a", b"a")]).unwrap();
        for broken in [&b""[..], b"PK\x03\x04", b"%PDF-1.7", &packed[..packed.len() - 5], &packed[10..]] {
            assert!(unzip(broken, 1000).is_err());
        }
    }
}

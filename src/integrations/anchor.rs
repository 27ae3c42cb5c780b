//! Where the end of the ledger is written down outside the database, so that cutting it off is found. Another sink (a
//! newspaper, a timestamping authority, a bucket that forgets nothing) is another [`Anchor`].
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::rules::ledger::Mark;

pub trait Anchor: Send + Sync {
    /// Keeps these marks for good, or says that it could not.
    fn keep(&self, marks: &[Mark]) -> io::Result<()>;
    /// The newest mark kept.
    fn newest(&self) -> io::Result<Option<Mark>>;
    /// Every mark kept.
    fn all(&self) -> io::Result<Vec<Mark>>;
}

/// A file of lines `moment number hash`, only ever added to.
#[derive(Debug)]
pub struct AnchorFile {
    path: PathBuf,
}

/// More than the longest line.
const TAIL: u64 = 512;

impl AnchorFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn open(&self) -> io::Result<Option<File>> {
        match File::open(&self.path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Anchor for AnchorFile {
    fn keep(&self, marks: &[Mark]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&self.path)?;
        let mut text = String::new();
        // A line that a crash has torn is ended, so that it spoils no other.
        if file.seek(SeekFrom::End(-1)).is_ok() {
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                text.push('\n');
            }
        }
        for mark in marks {
            text.push_str(&mark.line());
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    fn newest(&self) -> io::Result<Option<Mark>> {
        let Some(mut file) = self.open()? else { return Ok(None) };
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().rev().find_map(Mark::parse))
    }

    fn all(&self) -> io::Result<Vec<Mark>> {
        let Some(file) = self.open()? else { return Ok(Vec::new()) };
        let mut marks = Vec::new();
        for line in BufReader::new(file).lines() {
            marks.extend(Mark::parse(&line?));
        }
        Ok(marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ledger::Hash;

    #[test]
    fn marks_are_kept_and_a_torn_line_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/anchors");
        let file = AnchorFile::new(path.clone());
        assert_eq!((file.newest().unwrap(), file.all().unwrap()), (None, Vec::new()));
        let mark = |number| Mark {
            at: chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            number,
            hash: Hash([7; 32]),
        };
        file.keep(&[mark(1), mark(2)]).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"2027-01-15T08:0").unwrap();
        assert_eq!(file.newest().unwrap(), Some(mark(2)));
        file.keep(&[mark(3)]).unwrap();
        assert_eq!(file.newest().unwrap(), Some(mark(3)));
        assert_eq!(file.all().unwrap(), [mark(1), mark(2), mark(3)]);
    }
}

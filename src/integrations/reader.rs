//! Uploaded papers are read in a process of their own (threat T33): this program run once more, which first gives up
//! what it does not need and then may take so much memory and so much time. Whatever a file does to it, the portal
//! only learns that the file could not be read.
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::files::Source;
use crate::fault::{Failure, Fault};
use crate::rules::document::{DocumentError, Limits, Media, judge_within};
use crate::rules::photo;

/// The hidden command by which the program reads one upload from its standard input.
pub const COMMAND: &str = "read-upload";

/// Address space of the reading process, in bytes.
const MEMORY: u64 = 512 * 1024 * 1024;
/// Its time on a processor, in seconds …
const PROCESSOR_SECONDS: u64 = 5;
/// … and by the clock on the wall, for a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(20);
/// A reading process answers with no more, in bytes.
const LONGEST_ANSWER: u64 = 8 * 1024 * 1024;

/// What was read: a PDF as it came, or a picture drawn anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readable {
    pub media: Media,
    pub bytes: Vec<u8>,
}

/// The first line of an answer; for a picture its bytes follow.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Taken(Media),
    Refused(DocumentError),
}

/// Starts the reading processes, as many at once as there are cores.
pub struct Reader {
    program: PathBuf,
    at_once: Semaphore,
}

impl Reader {
    /// `program`: this very program.
    pub fn new(program: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { program, at_once: Semaphore::new(cores) }
    }

    /// Judges an upload and draws it anew, if it is a picture.
    pub async fn read(
        &self,
        upload: Source<'_>,
        limits: &Limits,
    ) -> Result<Result<Readable, DocumentError>, Failure> {
        let _permit = self.at_once.acquire().await.map_err(|_| Failure::Busy)?;
        let answer = tokio::time::timeout(PATIENCE, self.ask(upload, limits)).await;
        // Out of time, out of memory, killed, or talking nonsense: the file's doing.
        let answer = answer.unwrap_or(Ok(None))?;
        let in_memory = if let Source::Memory(bytes) = upload { bytes } else { &[] };
        let read = answer.and_then(|answer| understood(&answer, in_memory));
        Ok(match (read.unwrap_or(Err(DocumentError::TooCostly)), upload) {
            // A PDF stays as it came.
            (Ok(Readable { media: Media::Pdf, .. }), Source::Disk(spooled)) => {
                let bytes = spooled.read().await.map_err(Fault::from)?;
                Ok(Readable { media: Media::Pdf, bytes })
            }
            (read, _) => read,
        })
    }

    /// `None`: the process ended otherwise than well. It dies with this future.
    async fn ask(&self, upload: Source<'_>, limits: &Limits) -> Result<Option<Vec<u8>>, Fault> {
        let mut child = Command::new(&self.program)
            .arg(COMMAND)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::Broken("a reading process without pipes".to_owned()));
        };
        let question = serde_json::to_vec(limits).map_err(|error| Fault::Broken(error.to_string()))?;
        let written = async {
            stdin.write_all(&question).await?;
            stdin.write_all(b"\n").await?;
            upload.copy_to(&mut stdin).await?;
            drop(stdin);
            std::io::Result::Ok(())
        };
        let mut answer = Vec::new();
        let mut stdout = stdout.take(LONGEST_ANSWER);
        let (written, read) = tokio::join!(written, stdout.read_to_end(&mut answer));
        let ended = child.wait().await?;
        Ok((written.is_ok() && read.is_ok() && ended.success()).then_some(answer))
    }
}

fn understood(answer: &[u8], upload: &[u8]) -> Option<Result<Readable, DocumentError>> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    Some(match serde_json::from_slice(&answer[..end]).ok()? {
        Answer::Refused(error) => Err(error),
        Answer::Taken(Media::Pdf) => Ok(Readable { media: Media::Pdf, bytes: upload.to_vec() }),
        Answer::Taken(media) => Ok(Readable { media, bytes: answer[end + 1..].to_vec() }),
    })
}

/// The reading process: limits itself, reads the limits and the upload, answers.
pub fn serve() -> Result<(), Fault> {
    let limit = |resource, most| {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|error| Fault::Io(error.into()))
    };
    limit(Resource::As, MEMORY)?;
    limit(Resource::Cpu, PROCESSOR_SECONDS)?;
    // It opens no file, writes none, leaves no picture of its memory behind.
    limit(Resource::Nofile, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    let mut question = Vec::new();
    std::io::stdin().lock().read_to_end(&mut question)?;
    let end = question.iter().position(|byte| *byte == b'\n').unwrap_or(question.len());
    let limits =
        serde_json::from_slice(&question[..end]).map_err(|error| Fault::Broken(error.to_string()))?;
    let (answer, bytes) = match read(&question[(end + 1).min(question.len())..], &limits) {
        Ok((media, bytes)) => (Answer::Taken(media), bytes),
        Err(error) => (Answer::Refused(error), Vec::new()),
    };
    let answer = serde_json::to_vec(&answer).map_err(|error| Fault::Broken(error.to_string()))?;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&answer)?;
    stdout.write_all(b"\n")?;
    stdout.write_all(&bytes)?;
    Ok(stdout.flush()?)
}

/// A PDF is given back without its bytes: they are kept as they came.
fn read(upload: &[u8], limits: &Limits) -> Result<(Media, Vec<u8>), DocumentError> {
    match judge_within(upload, limits)? {
        Media::Pdf => Ok((Media::Pdf, Vec::new())),
        picture => Ok((Media::Jpeg, photo::draw(upload, picture, &photo::PAPER)?.jpeg)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(head: &[u8], rest: &[u8]) -> Option<Result<Readable, DocumentError>> {
        understood(&[head, rest].concat(), b"%PDF as it came")
    }

    #[test]
    fn an_answer_is_understood_or_counts_for_nothing() {
        let pdf = Readable { media: Media::Pdf, bytes: b"%PDF as it came".to_vec() };
        assert_eq!(answer(b"{\"Taken\":\"pdf\"}\n", b""), Some(Ok(pdf)));
        let jpeg = Readable { media: Media::Jpeg, bytes: b"\xFF\xD8\n".to_vec() };
        assert_eq!(answer(b"{\"Taken\":\"jpeg\"}\n", b"\xFF\xD8\n"), Some(Ok(jpeg)));
        assert_eq!(answer(b"{\"Refused\":\"Damaged\"}\n", b""), Some(Err(DocumentError::Damaged)));
        let pixels = DocumentError::TooManyPixels { limit: 7 };
        let refused = serde_json::to_vec(&Answer::Refused(pixels)).unwrap();
        assert_eq!(answer(&refused, b"\n"), Some(Err(pixels)));
        for broken in [&b""[..], b"\n", b"{}", b"{\"Taken\":\"exe\"}\n"] {
            assert_eq!(answer(broken, b""), None);
        }
    }

    #[tokio::test]
    async fn a_process_that_does_not_answer_refuses_the_file() {
        let reader = |program: &str| Reader::new(PathBuf::from(program));
        let limits = Limits::default();
        for program in ["/bin/false", "/bin/true"] {
            let read = reader(program).read(Source::Memory(b"%PDF-1.7"), &limits).await.unwrap();
            assert_eq!(read, Err(DocumentError::TooCostly), "{program}");
        }
        assert!(matches!(
            reader("/nowhere").read(Source::Memory(b"%PDF-1.7"), &limits).await,
            Err(Failure::Fault(_))
        ));
    }
}

//! Forms: read strictly, answered with everything the person typed, and effective once.
use std::collections::BTreeMap;
use std::ops::Deref;

use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use super::error::WebError;
use super::visit::Visit;
use crate::app::{App, Deed, SharedApp, Tx};
use crate::domain;
use crate::domain::file::{Source, Spool, Spooled};
use crate::fault::{Failure, Fault};
use crate::locale::after_colon;

/// The hidden field that proves the form is ours and names this one rendering of it.
pub const TOKEN: &str = "form_token";
/// No form takes a larger file, in bytes: a photograph of a paper.
const LARGEST_FILE: usize = 20 * 1024 * 1024;
/// So much of a file is in memory while its form is read, in bytes; a longer one lies on the disk.
const LARGEST_HEAD: usize = 600 * 1024;
/// So much is left of a larger one: what it is.
const FIRST_BYTES: usize = 16;
/// No text field of the portal is longer, in characters.
pub const LONGEST_TEXT: usize = 2_000;

/// No form has more files.
const MOST_FILES: usize = 60;

/// A fresh token: a one-time key and its seal, tied to the visitor.
pub fn token(app: &App, visit: &Visit) -> String {
    let key = app.secrets.token();
    let mut token = key.to_vec();
    token.extend_from_slice(&seal(app, visit, &key));
    URL_SAFE_NO_PAD.encode(token)
}

fn seal(app: &App, visit: &Visit, key: &[u8]) -> [u8; 16] {
    let mac = app.secrets.mac("form", &[visit.binder(), key]);
    std::array::from_fn(|i| mac[i])
}

fn unseal(app: &App, visit: &Visit, token: &str) -> Option<[u8; 16]> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (key, given) = bytes.split_at_checked(16)?;
    bool::from(seal(app, visit, key).ct_eq(given)).then(|| std::array::from_fn(|i| key[i]))
}

/// The hidden field that says when a form was shown, sealed.
pub const SHOWN_AT: &str = "shown_at";

/// The moment for the hidden field, tied to the visitor: nobody can say that a form was shown earlier than it was.
pub fn shown_at(app: &App, visit: &Visit, now: DateTime<Utc>) -> String {
    let micros = now.timestamp_micros();
    format!("{micros}.{}", shown_seal(app, visit, micros))
}

fn shown_seal(app: &App, visit: &Visit, micros: i64) -> String {
    let mac = app.secrets.mac("shown", &[visit.binder(), &micros.to_be_bytes()]);
    URL_SAFE_NO_PAD.encode(&mac[..16])
}

/// A file of a multipart form.
#[derive(Debug, Clone)]
pub struct Upload {
    pub name: String,
    /// All of a small file; of a larger one the beginning, which is more than a signature or a list may have; of one
    /// that was not kept the first few bytes, which say what it is.
    pub head: Bytes,
    /// All of a larger one.
    spooled: Option<Spooled>,
    /// The file was larger than the limit and was not kept.
    pub too_large: bool,
}

/// A whole file in memory: a large one holds the room that it takes.
pub enum Whole<'a> {
    Small(Bytes),
    Large(domain::file::Whole<'a>),
}

impl Deref for Whole<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large(whole) => &whole.bytes,
        }
    }
}

impl Upload {
    /// Wherever it lies.
    pub fn source(&self) -> Source<'_> {
        self.spooled.as_ref().map_or(Source::Memory(&self.head), Source::Disk)
    }

    /// The whole file. A handler holds one at a time.
    pub async fn whole<'a>(&self, app: &'a App) -> Result<Whole<'a>, Failure> {
        Ok(match &self.spooled {
            Some(spooled) => Whole::Large(domain::file::whole(app, spooled).await?),
            None => Whole::Small(self.head.clone()),
        })
    }

    /// A field in which no file was chosen comes as one without name or bytes.
    fn was_chosen(&self) -> bool {
        self.too_large || !self.head.is_empty() || !self.name.is_empty()
    }
}

/// A form whose token was ours.
#[derive(Debug, Clone)]
pub struct Form {
    key: [u8; 16],
    values: BTreeMap<String, String>,
    files: BTreeMap<String, Upload>,
}

impl Form {
    /// A field as typed, without the blanks around it; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// A field byte for byte: passwords.
    pub fn exact(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    pub fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// The file that came in this field, if one was chosen.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.files.get(name).filter(|file| file.was_chosen())
    }

    /// The files of a field that takes many; its name ends in `_files`.
    pub fn many(&self, name: &str) -> impl Iterator<Item = &Upload> {
        let start = format!("{name}.");
        let own = self.files.iter().filter(move |(key, _)| key.starts_with(&start)).map(|(_, file)| file);
        own.filter(|file| file.was_chosen())
    }

    /// The fields whose names begin so: what follows, and the value.
    pub fn starting<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.values.iter().filter_map(move |(name, value)| Some((name.strip_prefix(start)?, value.trim())))
    }

    /// What was typed, to be shown again. Never a password.
    pub fn answers(&self) -> Answers {
        let values = self
            .values
            .iter()
            .filter(|(name, _)| !name.starts_with("password") && *name != TOKEN && *name != "code");
        Answers {
            values: values.map(|(name, value)| (name.clone(), value.trim().to_owned())).collect(),
            errors: Vec::new(),
            names: Values::new(),
            trouble: None,
        }
    }

    /// Opens the transaction of a deed and takes the form's one-time key in it. A form that had its effect before
    /// ends here with the same result page.
    pub async fn begin(&self, app: &SharedApp, visit: &Visit) -> Result<Work, WebError> {
        let mut tx = app.pool.begin().await.map_err(Fault::from)?;
        let actor = visit.actor().unwrap_or(crate::rules::actor::Actor::System);
        let deed = Deed::begin(app, &mut tx, actor, visit.request).await?;
        self.take_key(tx, deed).await
    }

    /// The same for a deed that changes the calendar or the outages: it goes alone.
    pub async fn begin_alone(&self, app: &SharedApp, visit: &Visit) -> Result<Work, WebError> {
        let mut tx = app.pool.begin().await.map_err(Fault::from)?;
        let actor = visit.actor().unwrap_or(crate::rules::actor::Actor::System);
        let deed = Deed::begin_alone(app, &mut tx, actor, visit.request).await?;
        self.take_key(tx, deed).await
    }

    async fn take_key(&self, mut tx: Tx, deed: Deed) -> Result<Work, WebError> {
        if let Some(location) = domain::form_key::take(&mut tx, &self.key, deed.now).await? {
            return Err(WebError::AlreadyDone { location });
        }
        Ok(Work { key: self.key, tx, deed })
    }

    /// Where this form led to, if it was pressed before: for deeds that ask the outside before their transaction.
    pub async fn effect(&self, app: &SharedApp) -> Result<Option<String>, WebError> {
        Ok(domain::form_key::effect(app, &self.key).await?)
    }

    /// When this form was shown to this visitor; `None` when the field is not ours.
    pub fn shown_at(&self, app: &App, visit: &Visit) -> Option<DateTime<Utc>> {
        let (micros, seal) = self.text(SHOWN_AT).split_once('.')?;
        let micros: i64 = micros.parse().ok()?;
        let ours = shown_seal(app, visit, micros);
        bool::from(ours.as_bytes().ct_eq(seal.as_bytes())).then(|| DateTime::from_timestamp_micros(micros))?
    }

    /// The one-time key, for the few deeds that answer twice on purpose (a code pressed twice).
    pub fn key(&self) -> [u8; 16] {
        self.key
    }
}

/// A deed under way: its transaction, and who, when, under which rules.
pub struct Work {
    key: [u8; 16],
    pub tx: Tx,
    pub deed: Deed,
}

impl Work {
    /// Keeps where the form led to, commits, and goes there.
    pub async fn finish(self, location: String) -> Result<Response, WebError> {
        self.settle(&location).await?;
        Ok(Redirect::to(&location).into_response())
    }

    /// Keeps where the form would lead if it were pressed again, and commits; the handler answers in its own way.
    pub async fn settle(mut self, location: &str) -> Result<Deed, WebError> {
        domain::form_key::keep(&mut self.tx, &self.key, location).await?;
        self.tx.commit().await.map_err(Fault::from)?;
        Ok(self.deed)
    }
}

impl FromRequest<SharedApp> for Form {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &SharedApp) -> Result<Self, WebError> {
        let visit =
            request.extensions().get::<Visit>().cloned().ok_or(WebError::Failed(Failure::NotFound))?;
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let (values, files) = if kind.starts_with("multipart/form-data") {
            read_multipart(request, app).await?
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            let body = Bytes::from_request(request, app).await.map_err(|_| WebError::TooLarge)?;
            (read_urlencoded(&body)?, BTreeMap::new())
        } else {
            return Err(WebError::Forged);
        };
        // A password is told about it in words; no other field of an honest browser has one, and the database takes none.
        if values.iter().any(|(name, value)| value.contains('\0') && !name.starts_with("password")) {
            return Err(WebError::Malformed);
        }
        let key = values.get(TOKEN).and_then(|token| unseal(app, &visit, token)).ok_or(WebError::Forged)?;
        Ok(Self { key, values, files })
    }
}

pub(super) type Values = BTreeMap<String, String>;

/// Strict: broken encoding and a repeated key are malformed, not guessed at.
pub(super) fn read_urlencoded(body: &[u8]) -> Result<Values, WebError> {
    let text = std::str::from_utf8(body).map_err(|_| WebError::Malformed)?;
    let mut values = Values::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name)?, decode(value)?);
        if values.insert(name, value).is_some() {
            return Err(WebError::Malformed);
        }
    }
    Ok(values)
}

/// Broken encoding, or a key that stands twice.
pub(super) fn is_malformed(query: &str) -> bool {
    read_urlencoded(query.as_bytes()).is_err()
}

pub fn decode(text: &str) -> Result<String, WebError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit =
                    || rest.next().and_then(|d| char::from(d).to_digit(16)).ok_or(WebError::Malformed);
                (digit()? * 16 + digit()?) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| WebError::Malformed)
}

async fn read_multipart(
    request: Request,
    app: &SharedApp,
) -> Result<(Values, BTreeMap<String, Upload>), WebError> {
    let mut multipart = Multipart::from_request(request, app).await.map_err(|_| WebError::Malformed)?;
    let (mut values, mut files) = (Values::new(), BTreeMap::new());
    loop {
        let field = match multipart.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => return Err(multipart_error(&error)),
        };
        let name = field.name().ok_or(WebError::Malformed)?.to_owned();
        if let Some(file_name) = field.file_name().map(clean_file_name) {
            let upload = read_file(field, file_name, app).await?;
            let name = if name.ends_with("_files") { format!("{name}.{:03}", files.len()) } else { name };
            if files.len() >= MOST_FILES || files.insert(name, upload).is_some() {
                return Err(WebError::Malformed);
            }
        } else {
            let value = field.text().await.map_err(|error| multipart_error(&error))?;
            if values.insert(name, value).is_some() {
                return Err(WebError::Malformed);
            }
        }
    }
    Ok((values, files))
}

/// A file larger than any form takes is read to its end and not kept, so that the form can come back with the rest.
async fn read_file(mut field: Field<'_>, name: String, app: &App) -> Result<Upload, WebError> {
    let (mut head, mut spool, mut size) = (Vec::new(), None, 0);
    while let Some(chunk) = field.chunk().await.map_err(|error| multipart_error(&error))? {
        size += chunk.len();
        if size > LARGEST_FILE {
            spool = None;
            head.truncate(FIRST_BYTES);
            continue;
        }
        if spool.is_none() && size > LARGEST_HEAD {
            let mut opened = Spool::open(&app.config.local_dir)?;
            opened.write(&head).await?;
            spool = Some(opened);
            head.extend_from_slice(&chunk[..LARGEST_HEAD + 1 - head.len()]);
        }
        match &mut spool {
            Some(spool) => spool.write(&chunk).await?,
            None => head.extend_from_slice(&chunk),
        }
    }
    let spooled = match spool {
        Some(spool) => Some(spool.finish().await?),
        None => None,
    };
    Ok(Upload { name, head: head.into(), spooled, too_large: size > LARGEST_FILE })
}

fn multipart_error(error: &axum::extract::multipart::MultipartError) -> WebError {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        WebError::TooLarge
    } else {
        WebError::Malformed
    }
}

/// The last part of a name, without what could be read as a path, a header or a direction mark.
fn clean_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let direction_mark =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    last.chars().filter(|c| !c.is_control() && !direction_mark(*c) && *c != '"').take(100).collect()
}

/// What a form shows again: the typed values and what is wrong with them.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: Values,
    errors: Vec<(String, String)>,
    /// What a field is called above the form, where others may say the same.
    names: Values,
    trouble: Option<String>,
}

impl Answers {
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Whether this field was sent, be it empty: whatever was typed is shown again.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    pub fn fail(&mut self, name: &str, text: impl Into<String>) {
        self.errors.push((name.to_owned(), text.into()));
    }

    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    pub fn errors(&self) -> &[(String, String)] {
        &self.errors
    }

    /// Whatever is wrong with this field is told above the form under this name: other fields may have the same fault.
    pub fn call(&mut self, field: &str, name: &str) {
        self.names.insert(field.to_owned(), name.to_owned());
    }

    /// What stands above the form: each wrong field and its sentence, «Паспорт: файл повреждён» where it has a name.
    pub fn summary(&self) -> Vec<(&str, String)> {
        let told = |(field, text): &(String, String)| match self.names.get(field) {
            Some(name) => format!("{name}: {}", after_colon(text)),
            None => text.clone(),
        };
        self.errors.iter().map(|error| (error.0.as_str(), told(error))).collect()
    }

    /// Why the form could not be served although it was filled in well; shown above it.
    pub fn set_trouble(&mut self, text: impl Into<String>) {
        self.trouble = Some(text.into());
    }

    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    pub fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }
}

/// Characters no text of the portal needs: control characters and direction marks.
pub fn has_forbidden(text: &str) -> bool {
    text.chars().any(|c| {
        (c.is_control() && c != '\n' && c != '\r' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_and_broken_encoding_are_malformed() {
        assert!(read_urlencoded(b"a=1&b=2").is_ok());
        for broken in [&b"a=1&a=2"[..], b"a=%zz", b"a=%f", b"a=%ff", b"\xff=1"] {
            assert!(matches!(read_urlencoded(broken), Err(WebError::Malformed)), "{broken:?}");
        }
    }

    #[test]
    fn fields_are_decoded_as_browsers_encode_them() {
        let values = read_urlencoded("name=%D3%98%D1%81%D0%B5%D0%BC+2&empty=&bare".as_bytes()).unwrap();
        assert_eq!(values["name"], "Әсем 2");
        assert_eq!((values["empty"].as_str(), values["bare"].as_str()), ("", ""));
    }

    #[test]
    fn a_named_field_is_named_above_the_form() {
        let mut answers = Answers::default();
        answers.call("a", "Паспорт");
        answers.call("b", "Анықтама");
        answers.fail("a", "Файл бүлінген");
        answers.fail("b", "PDF құпия сөзбен жабылған");
        answers.fail("c", "Себебін таңдаңыз");
        let told = ["Паспорт: файл бүлінген", "Анықтама: PDF құпия сөзбен жабылған", "Себебін таңдаңыз"];
        assert_eq!(
            answers.summary(),
            ["a", "b", "c"].into_iter().zip(told.map(str::to_owned)).collect::<Vec<_>>()
        );
        assert_eq!(answers.error("a"), Some("Файл бүлінген"), "its label stands beside it");
    }

    #[test]
    fn a_file_name_is_only_a_name() {
        assert_eq!(clean_file_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_file_name("C:\\x\\a.pdf"), "a.pdf");
        assert_eq!(clean_file_name("a\u{202e}fdp.exe\r\n"), "afdp.exe");
        assert_eq!(clean_file_name(&"я".repeat(300)).chars().count(), 100);
    }
}

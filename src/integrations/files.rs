//! Where uploaded files lie, under random names, whole or not there at all: a folder outside the web root, or a bucket
//! of an S3-compatible store.
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::fs;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use uuid::Uuid;

use crate::config::Bucket;
use crate::fault::{Failure, Fault};

/// How long a store of objects may take for one request …
const PATIENCE: Duration = Duration::from_secs(20);
/// … and with every try, in all.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(40);

#[derive(Debug, Clone)]
pub enum FileStore {
    Folder(PathBuf),
    Bucket(Arc<AmazonS3>),
}

impl FileStore {
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        std::fs::create_dir_all(folder)?;
        Ok(Self::Folder(folder.to_owned()))
    }

    pub fn connect(bucket: &Bucket) -> Result<Self, Fault> {
        // The TLS of our other clients.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = bucket.endpoint.starts_with("http://");
        let retry = RetryConfig {
            max_retries: 3,
            retry_timeout: PATIENCE_IN_ALL,
            backoff: BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() },
        };
        let store = AmazonS3Builder::new()
            .with_endpoint(&bucket.endpoint)
            .with_region(&bucket.region)
            .with_bucket_name(&bucket.name)
            .with_access_key_id(&bucket.key_id)
            .with_secret_access_key(&bucket.key)
            .with_allow_http(plain)
            // Removing many at once is no part of the protocol that every store speaks.
            .with_disable_bulk_delete(true)
            .with_client_options(ClientOptions::new().with_timeout(PATIENCE).with_allow_http(plain))
            .with_retry(retry)
            .build()
            .map_err(|error| Fault::Setup(format!("the store of files: {error}")))?;
        Ok(Self::Bucket(Arc::new(store)))
    }

    /// When this answers well, the bytes are on the disk: in a folder they are written aside, flushed, then renamed; a
    /// store of objects acknowledges only what it keeps.
    pub async fn put(&self, id: Uuid, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => put_in_folder(folder, id, bytes).await,
            Self::Bucket(store) => {
                store.put(&name(id), bytes.to_vec().into()).await.map_err(broken)?;
                Ok(())
            }
        }
    }

    pub async fn get(&self, id: Uuid) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Folder(folder) => Ok(fs::read(folder.join(id.to_string())).await?),
            Self::Bucket(store) => {
                let found = store.get(&name(id)).await.map_err(broken)?;
                Ok(found.bytes().await.map_err(broken)?.to_vec())
            }
        }
    }

    /// Removing what is not there is no fault.
    pub async fn remove(&self, id: Uuid) -> Result<(), Fault> {
        match self {
            Self::Folder(folder) => {
                for path in [folder.join(id.to_string()), aside(folder, id)] {
                    match fs::remove_file(path).await {
                        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                        _ => {}
                    }
                }
                Ok(())
            }
            Self::Bucket(store) => match store.delete(&name(id)).await {
                Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
                Err(error) => Err(broken(error)),
            },
        }
    }

    /// Every file that lies there, those begun and never finished too. What is not ours is left alone.
    pub async fn list(&self) -> Result<Vec<Uuid>, Fault> {
        match self {
            Self::Folder(folder) => {
                let (mut entries, mut found) = (fs::read_dir(folder).await?, Vec::new());
                while let Some(entry) = entries.next_entry().await? {
                    found.extend(entry.file_name().to_str().and_then(id_of));
                }
                Ok(found)
            }
            Self::Bucket(store) => {
                let (mut objects, mut found) = (store.list(None), Vec::new());
                while let Some(object) = objects.next().await {
                    found.extend(object.map_err(broken)?.location.filename().and_then(id_of));
                }
                Ok(found)
            }
        }
    }
}

fn name(id: Uuid) -> object_store::path::Path {
    object_store::path::Path::from(id.to_string())
}

fn id_of(name: &str) -> Option<Uuid> {
    Uuid::parse_str(name.strip_suffix(".part").unwrap_or(name)).ok()
}

fn broken(error: object_store::Error) -> Fault {
    Fault::Broken(format!("the store of files: {error}"))
}

fn aside(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.part"))
}

async fn put_in_folder(folder: &Path, id: Uuid, bytes: &[u8]) -> Result<(), Failure> {
    let aside = aside(folder, id);
    let written = async {
        let mut file = fs::File::create(&aside).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&aside, folder.join(id.to_string())).await?;
        // The new name itself, too.
        fs::File::open(folder).await?.sync_all().await
    };
    if let Err(error) = written.await {
        let _ = fs::remove_file(&aside).await;
        return Err(not_written(error));
    }
    Ok(())
}

fn not_written(error: std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::NoRoom,
        _ => Fault::Io(error).into(),
    }
}

/// What comes in, too large for the memory: a file without a name, gone with whoever holds it, and with the process.
#[derive(Debug)]
pub struct Spool {
    file: fs::File,
    length: usize,
}

impl Spool {
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let file = tempfile::tempfile_in(folder).map_err(not_written)?;
        Ok(Self { file: fs::File::from_std(file), length: 0 })
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.length += bytes.len();
        self.file.write_all(bytes).await.map_err(not_written)
    }

    pub async fn finish(mut self) -> Result<Spooled, Failure> {
        self.file.flush().await.map_err(not_written)?;
        Ok(Spooled { file: Arc::new(self.file.into_std().await), length: self.length })
    }
}

/// What has come in.
#[derive(Debug, Clone)]
pub struct Spooled {
    file: Arc<std::fs::File>,
    /// In bytes.
    length: usize,
}

impl Spooled {
    /// All of it.
    pub async fn read(&self) -> std::io::Result<Vec<u8>> {
        self.part(0, self.length).await
    }

    async fn part(&self, from: usize, length: usize) -> std::io::Result<Vec<u8>> {
        let file = self.file.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, from as u64)?;
            Ok(bytes)
        });
        read.await.map_err(std::io::Error::other)?
    }
}

/// An upload, wherever it lies.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    Memory(&'a [u8]),
    Disk(&'a Spooled),
}

/// A large upload goes through the memory in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

impl Source<'_> {
    /// In bytes.
    pub fn length(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::Disk(spooled) => spooled.length,
        }
    }

    /// Hands all of it over.
    pub async fn copy_to(&self, to: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        match self {
            Self::Memory(bytes) => to.write_all(bytes).await,
            Self::Disk(spooled) => {
                for from in (0..spooled.length).step_by(PIECE) {
                    let piece = spooled.part(from, PIECE.min(spooled.length - from)).await?;
                    to.write_all(&piece).await?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write;
    use std::sync::{Mutex, PoisonError};

    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::{Request, State};
    use axum::http::{HeaderMap, Method, StatusCode};
    use axum::response::{IntoResponse, Response};

    use super::*;

    type Objects = Arc<Mutex<BTreeMap<String, Bytes>>>;

    const ID: [Uuid; 3] = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];

    /// As much of S3 as the portal speaks, over real HTTP: signed PUT, GET, DELETE and a listing of two a page.
    async fn s3(State(objects): State<Objects>, request: Request) -> Response {
        let (method, path, headers) =
            (request.method().clone(), request.uri().path().to_owned(), request.headers().clone());
        let query = request.uri().query().unwrap_or_default().to_owned();
        if !signed(&headers) {
            return StatusCode::FORBIDDEN.into_response();
        }
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
        let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(name) = path.strip_prefix("/papers").map(|rest| rest.trim_start_matches('/').to_owned())
        else {
            return StatusCode::NOT_FOUND.into_response();
        };
        match (method, name.as_str()) {
            (Method::GET, "") => listing(&objects, &query).into_response(),
            (Method::PUT, _) => {
                objects.insert(name, body);
                [("etag", "\"1\"")].into_response()
            }
            (Method::GET, _) => match objects.get(&name) {
                Some(bytes) => {
                    ([("etag", "\"1\""), ("last-modified", "Mon, 14 Dec 2026 10:00:00 GMT")], bytes.clone())
                        .into_response()
                }
                None => StatusCode::NOT_FOUND.into_response(),
            },
            (Method::DELETE, _) => {
                objects.remove(&name);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    }

    fn signed(headers: &HeaderMap) -> bool {
        headers
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential=portal/"))
    }

    fn listing(objects: &BTreeMap<String, Bytes>, query: &str) -> String {
        let from: usize = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("continuation-token="))
            .map_or(0, |at| at.parse().unwrap());
        let mut contents = String::new();
        for (name, bytes) in objects.iter().skip(from).take(2) {
            write!(
                contents,
                "<Contents><Key>{name}</Key><LastModified>2026-12-14T10:00:00.000Z</LastModified><ETag>1</ETag><Size>{}</Size></Contents>",
                bytes.len()
            )
            .unwrap();
        }
        let next = if objects.len() > from + 2 {
            format!("<NextContinuationToken>{}</NextContinuationToken>", from + 2)
        } else {
            String::new()
        };
        format!("<ListBucketResult>{contents}{next}</ListBucketResult>")
    }

    async fn bucket() -> FileStore {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(s3).with_state(Objects::default());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (region, name) = ("kz".to_owned(), "papers".to_owned());
        let (key_id, key) = ("portal".to_owned(), "secret".to_owned());
        FileStore::connect(&Bucket { endpoint, region, name, key_id, key }).unwrap()
    }

    async fn keeps_files(store: &FileStore) {
        assert!(store.list().await.unwrap().is_empty());
        assert!(store.get(ID[0]).await.is_err());
        for (id, bytes) in ID.iter().zip([&b"one"[..], b"", b"three"]) {
            store.put(*id, bytes).await.unwrap();
        }
        assert_eq!(store.get(ID[0]).await.unwrap(), b"one");
        store.put(ID[0], b"another").await.unwrap();
        assert_eq!(store.get(ID[0]).await.unwrap(), b"another");
        let mut all = store.list().await.unwrap();
        all.sort();
        assert_eq!(all, ID);
        store.remove(ID[0]).await.unwrap();
        store.remove(ID[0]).await.unwrap();
        assert!(store.get(ID[0]).await.is_err());
        assert_eq!(store.list().await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_folder_keeps_files() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path()).unwrap();
        keeps_files(&store).await;
        // A process that died while it wrote: listed, and removed like the others. What is not ours stays.
        std::fs::write(aside(folder.path(), ID[0]), "hal").unwrap();
        std::fs::write(folder.path().join("ledger-anchors"), "").unwrap();
        assert!(store.list().await.unwrap().contains(&ID[0]) && store.get(ID[0]).await.is_err());
        store.remove(ID[0]).await.unwrap();
        assert_eq!(store.list().await.unwrap().len(), 2);
        assert!(folder.path().join("ledger-anchors").exists());
    }

    #[tokio::test]
    async fn a_bucket_keeps_files() {
        keeps_files(&bucket().await).await;
    }

    #[tokio::test]
    async fn what_is_spooled_is_read_whole_and_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path()).unwrap();
        for part in [&b"one "[..], b"", b"two"] {
            spool.write(part).await.unwrap();
        }
        let spooled = spool.finish().await.unwrap();
        assert_eq!(spooled.read().await.unwrap(), b"one two");
        assert_eq!(spooled.clone().read().await.unwrap(), b"one two", "twice");
        let long: Vec<u8> = (0..PIECE * 2 + 7).map(|n| (n % 251) as u8).collect();
        let mut spool = Spool::open(folder.path()).unwrap();
        spool.write(&long).await.unwrap();
        let (spooled, mut copied) = (spool.finish().await.unwrap(), Vec::new());
        Source::Disk(&spooled).copy_to(&mut copied).await.unwrap();
        assert!(copied == long && Source::Disk(&spooled).length() == long.len());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Spool::open(&folder.path().join("none")).is_err());
    }

    #[tokio::test]
    async fn a_silent_store_is_a_fault_and_no_file() {
        let (endpoint, region) = ("http://127.0.0.1:1".to_owned(), "kz".to_owned());
        let (name, key_id, key) = ("papers".to_owned(), "portal".to_owned(), "secret".to_owned());
        let store = FileStore::connect(&Bucket { endpoint, region, name, key_id, key }).unwrap();
        assert!(matches!(store.put(ID[0], b"one").await, Err(Failure::Fault(_))));
        assert!(store.get(ID[0]).await.is_err() && store.list().await.is_err());
    }
}

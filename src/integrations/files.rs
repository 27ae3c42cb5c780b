//! Where uploaded files lie: a folder outside the web root, random names, whole or not there at all.
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::fault::{Failure, Fault};

#[derive(Debug, Clone)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Written aside, flushed to the disk, then renamed: a name that exists is a whole file.
    pub async fn put(&self, id: Uuid, bytes: &[u8]) -> Result<(), Failure> {
        let aside = self.folder.join(format!("{id}.part"));
        let written = async {
            let mut file = fs::File::create(&aside).await?;
            file.write_all(bytes).await?;
            file.sync_all().await?;
            fs::rename(&aside, self.path(id)).await
        };
        if let Err(error) = written.await {
            let _ = fs::remove_file(&aside).await;
            return Err(match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::NoRoom,
                _ => Fault::Io(error).into(),
            });
        }
        Ok(())
    }

    pub async fn get(&self, id: Uuid) -> Result<Vec<u8>, Fault> {
        Ok(fs::read(self.path(id)).await?)
    }

    /// Removing what is not there is no fault.
    pub async fn remove(&self, id: Uuid) -> Result<(), Fault> {
        match fs::remove_file(self.path(id)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string())
    }
}

//! The lock by which a journal has one writer. It is a lock on a file, so whoever removes that file lets a second writer in:
//! each write makes sure that the file is still there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::cannot;
use super::error::JournalError;
use super::file::JournalFile;
use crate::host::files;

#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Another process that has it is an error.
    pub fn take(path: &Path) -> Result<Self, JournalError> {
        let file = files::open(path, OpenOptions::new().create(true).truncate(false).write(true));
        let file = file.and_then(|file| file.ok_or_else(|| ErrorKind::NotFound.into()));
        let lock = Self { path: path.into(), file: file.map_err(|e| cannot(path, e))? };
        match lock.file.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse(path.with_file_name(""))),
            Err(TryLockError::Error(e)) => Err(cannot(path, e)),
        }
    }

    /// Makes sure that this is the only writer. Where the lock was removed, it is taken again, unless another one wrote
    /// meanwhile: what this one knows is then old.
    pub fn keep(&mut self, journal: &JournalFile) -> io::Result<()> {
        if self.is_named()? {
            return Ok(());
        }
        let again = Self::take(&self.path).map_err(io::Error::other)?;
        if !journal.is_as_left()? {
            let text = "was removed, and another gapless wrote here meanwhile: stop this one and start it again";
            return Err(io::Error::other(format!("{} {text}", self.path.display())));
        }
        *self = again;
        Ok(())
    }

    /// Whether the file that is locked is the one that others would lock.
    fn is_named(&self) -> io::Result<bool> {
        let own = self.file.metadata()?;
        Ok(fs::metadata(&self.path).is_ok_and(|at| (at.dev(), at.ino()) == (own.dev(), own.ino())))
    }
}

//! The file of a journal that is written: at its end stands the last record that was acknowledged, and nothing else. That
//! holds whatever a write that failed left behind, and whatever another hand did to the file meanwhile.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::decode::{Decoded, MAX_RECORD, decode};
use super::error::JournalError;
use super::{Body, MAGIC, Record, Records, cannot, encode, read};
use crate::domain::policy::Key;
use crate::engine::ports::Version;
use crate::host::{disk, files};

/// Beyond so many bytes, and twice what a snapshot takes, a journal is folded.
pub(super) const FOLD_AT: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct JournalFile {
    pub path: PathBuf,
    pub records: Records,
    file: File,
    /// Where the last acknowledged record ends.
    end: u64,
    /// What a snapshot takes.
    snapshot: u64,
    /// It is not folded before it is so long.
    fold_at: u64,
    /// It has the form of the version before.
    is_older: bool,
    /// A power cut could give its name back to the file before it.
    is_new: bool,
}

impl JournalFile {
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        disk::remove_left_over(path);
        let decoded = decode(&read(path)?, path)?;
        Self::of(path, decoded).map_err(|e| cannot(path, e))
    }

    fn of(path: &Path, Decoded { records, end, is_older }: Decoded) -> io::Result<Self> {
        let end = end as u64;
        let file = if end == 0 {
            disk::replace_and_open(path, MAGIC)?
        } else {
            files::open(path, OpenOptions::new().read(true).append(true))?.ok_or(io::ErrorKind::NotFound)?
        };
        let path = path.to_path_buf();
        let end = end.max(MAGIC.len() as u64);
        let snapshot = MAGIC.len() as u64 + records.values().map(|record| record.size as u64).sum::<u64>();
        let mut open = Self { path, records, file, end, snapshot, fold_at: FOLD_AT, is_older, is_new: true };
        open.restore_end()?;
        Ok(open)
    }

    /// Appends a record. Once this returns it survives a crash; when it fails, it is not there.
    pub fn append(&mut self, key: &Key, uid: &Arc<str>, version: Version, body: Body) -> io::Result<()> {
        let bytes = encode::record(key, uid, version, &body)?;
        if bytes.len() > MAX_RECORD {
            return Err(io::Error::other(format!("the ledger of {key} takes {} MiB", bytes.len() >> 20)));
        }
        if self.is_older {
            self.write_again()?;
        }
        self.restore_end()?;
        // What is left of it where this fails too is cut off before the next one.
        disk::append(&mut self.file, &bytes).inspect_err(|_| _ = self.file.set_len(self.end))?;
        self.end += bytes.len() as u64;
        self.snapshot += bytes.len() as u64;
        let record = Record { uid: uid.clone(), version, body, size: bytes.len() };
        self.snapshot -= self.records.insert(key.clone(), record).map_or(0, |old| old.size as u64);
        self.fold_when_long();
        Ok(())
    }

    /// The record is saved already: where there is no room to fold, that is tried again when as much has come.
    fn fold_when_long(&mut self) {
        if self.end > self.fold_at && self.end >= 2 * self.snapshot {
            let long = self.end + self.snapshot.max(FOLD_AT);
            self.fold_at = self.write_again().map_or(long, |()| FOLD_AT);
        }
    }

    /// Whether nothing wrote to the journal but this: it is gone, or the same file at the same length.
    pub fn is_as_left(&self) -> io::Result<bool> {
        let own = self.file.metadata()?;
        Ok(match fs::metadata(&self.path) {
            Ok(at) => (at.dev(), at.ino(), at.len()) == (own.dev(), own.ino(), self.end),
            Err(e) => e.kind() == io::ErrorKind::NotFound,
        })
    }

    /// Makes the file end where the last acknowledged record ends. Without that nothing may be appended: what follows half
    /// a record is not found again.
    fn restore_end(&mut self) -> io::Result<()> {
        let own = self.file.metadata()?;
        let is_named = fs::metadata(&self.path).is_ok_and(|at| (at.dev(), at.ino()) == (own.dev(), own.ino()));
        if !is_named || own.len() < self.end {
            self.write_again()?;
        } else if own.len() > self.end {
            self.file.set_len(self.end)?;
        }
        if self.is_new {
            disk::sync_folder(&self.path)?;
            self.is_new = false;
        }
        Ok(())
    }

    /// Writes what stands as a new journal. From the rename on it is the one that is appended to.
    fn write_again(&mut self) -> io::Result<()> {
        let mut bytes = MAGIC.to_vec();
        for (key, Record { uid, version, body, size }) in &mut self.records {
            let record = encode::record(key, uid, *version, body)?;
            *size = record.len();
            bytes.extend(record);
        }
        self.file = disk::replace_and_open(&self.path, &bytes)?;
        (self.is_older, self.is_new) = (false, true);
        self.end = bytes.len() as u64;
        self.snapshot = self.end;
        disk::sync_folder(&self.path)?;
        self.is_new = false;
        Ok(())
    }
}

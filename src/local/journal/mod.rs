//! The ledgers on disk: an append-only journal with checksums, folded into a snapshot when it grows. One writer, by a
//! lock. A torn tail is cut, never guessed at; damage before the tail is an error that a person must see.

mod decode;
mod encode;
mod file;
mod lock;
mod older;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::complaint::Complaint;
use crate::domain::ledger::{Ledger, job_name};
use crate::domain::policy::Key;
use crate::engine::overview::CoverageView;
use crate::engine::ports::{Recorded, SaveFault, Store, Stored, Version};
use file::JournalFile;
use lock::Lock;

/// What every journal begins with; the number rises when its form changes.
const MAGIC: &[u8] = b"gapless journal 3\n";

/// What stands of one coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    uid: Arc<str>,
    version: Version,
    ledger: Ledger,
    /// The bytes that it takes.
    size: usize,
}

type Records = BTreeMap<Key, Record>;

/// The ledgers in a folder.
#[derive(Debug)]
pub struct Journal {
    open: Open,
    saves: Complaint,
}

#[derive(Debug)]
enum Open {
    /// What stood there when it was opened.
    ToRead(Records),
    /// The lock is held for as long as it is written.
    ToWrite { file: Mutex<JournalFile>, lock: Mutex<Lock> },
}

impl Journal {
    /// Opens the journal to write. Another process that has it is an error.
    pub fn open(folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|e| format!("the state folder {} cannot be made: {e}", folder.display()))?;
        let lock = Mutex::new(Lock::take(&folder.join("lock"))?);
        let file = Mutex::new(JournalFile::open(&folder.join("journal"))?);
        Ok(Self { open: Open::ToWrite { file, lock }, saves: Complaint::default() })
    }

    /// Reads the journal, whoever writes it meanwhile.
    pub fn read_only(folder: &Path) -> Result<Self, String> {
        let path = folder.join("journal");
        let records = decode::decode(&read(&path)?, &path)?.records;
        Ok(Self { open: Open::ToRead(records), saves: Complaint::default() })
    }

    /// The ledger of one coverage, where there is one.
    pub fn ledger(&self, key: &Key, uid: &Arc<str>) -> Option<Ledger> {
        self.stored().ok()?.remove(key).filter(|record| record.uid == *uid).map(|record| record.ledger)
    }

    /// Whether this process writes it.
    pub fn is_to_write(&self) -> bool {
        matches!(self.open, Open::ToWrite { .. })
    }

    /// Whether a Job of this name was launched and its outcome is recorded.
    pub fn is_settled(&self, job: &str) -> bool {
        let Some(launch) = job.rsplit_once("-l").and_then(|(_, launch)| launch.parse::<u64>().ok()) else {
            return false;
        };
        let settled = |(key, record): (&Key, &Record)| {
            let ledger = &record.ledger;
            *job_name(&key.name, &record.uid, launch) == *job
                && (1..=ledger.launches).contains(&launch)
                && ledger.attempts.iter().all(|attempt| attempt.launch != launch)
        };
        match &self.open {
            Open::ToRead(records) => records.iter().any(settled),
            Open::ToWrite { file, .. } => file.lock().is_ok_and(|file| file.records.iter().any(settled)),
        }
    }

    fn stored(&self) -> Result<Records, String> {
        match &self.open {
            Open::ToRead(records) => Ok(records.clone()),
            Open::ToWrite { file, .. } => Ok(file.lock().map_err(|_| "the journal is closed")?.records.clone()),
        }
    }

    fn put(&self, key: &Key, uid: &Arc<str>, at: Version, ledger: &Ledger) -> Result<Recorded, SaveFault> {
        let Open::ToWrite { file, lock } = &self.open else {
            return Err(SaveFault::Denied("the journal was opened to be read".into()));
        };
        let mut file = file.lock().map_err(|_| SaveFault::Unclear("the journal is closed".into()))?;
        let stored = file.records.get(key).filter(|record| record.uid == *uid).map_or(0, |record| record.version);
        if stored != at {
            return Err(SaveFault::Conflict);
        }
        let mut lock = lock.lock().map_err(|_| SaveFault::Unclear("the journal is closed".into()))?;
        let saved = lock.keep(&file).and_then(|()| file.append(key, uid, at + 1, ledger)).map_err(|e| {
            format!(
                "{} cannot be written: {e}; nothing is launched until it can, and it is tried again",
                file.path.display()
            )
        });
        self.saves.hear(saved).map_err(SaveFault::Unclear)?;
        Ok(Recorded::acknowledged(at + 1))
    }
}

/// The bytes of a journal; none where there is none yet. One that cannot be read is not an empty one.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(Vec::new()) } else { Err(cannot(path, &e)) })
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => "let the user that runs gapless read and write it",
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => "move away what stands in its place",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room for it",
        ErrorKind::ReadOnlyFilesystem => "give --state a folder that can be written",
        _ => "see what the disk that it is on lacks",
    };
    format!("{} cannot be used: {error}; {remedy}", path.display())
}

impl Store for Arc<Journal> {
    /// What people were told stands beside it, in a file that may be lost.
    async fn load(&self) -> Result<Vec<Stored>, String> {
        let stored = |(coverage, Record { uid, version, ledger, .. })| Stored {
            coverage,
            uid,
            ledger,
            is_whole: true,
            told: Vec::new(),
            version,
        };
        Ok(self.stored()?.into_iter().map(stored).collect())
    }

    /// On one machine people look at the ledger itself: the view is not kept.
    async fn save(
        &self,
        key: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        _: Option<&CoverageView>,
    ) -> Result<Recorded, SaveFault> {
        let (journal, key, uid, ledger) = (self.clone(), key.clone(), uid.clone(), ledger.clone());
        let saved = tokio::task::spawn_blocking(move || journal.put(&key, &uid, at, &ledger)).await;
        saved.unwrap_or_else(|e| Err(SaveFault::Unclear(e.to_string())))
    }
}

#[cfg(test)]
mod tests;

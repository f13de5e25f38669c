//! The ledgers on disk: an append-only journal with checksums, folded into a snapshot when it grows. One writer, by a
//! lock. A torn tail is cut, never guessed at; damage before the tail is an error that a person must see.

mod decode;
mod encode;
mod error;
mod file;
mod lock;
mod older;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::domain::dates::DateSet;
use crate::domain::ledger::{Attempt, Ledger, Stage, job_name};
use crate::domain::policy::{Key, Table};
use crate::domain::source;
use crate::engine::overview::{CoverageView, SourceView};
use crate::engine::ports::{Loaded, Recorded, SaveFault, Store, Stored, StoredSource, Version};
use crate::host::complaint::Complaint;
use crate::host::files;
pub use error::JournalError;
use file::JournalFile;
use lock::Lock;

/// What every journal begins with; the number rises when its form changes.
const MAGIC: &[u8] = b"gapless journal 3\n";

/// What is recorded: of a coverage its ledger, of a source what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Ledger(Box<Ledger>),
    Source(Box<source::Record>),
}

impl Record {
    fn ledger(&self) -> Option<&Ledger> {
        if let Body::Ledger(ledger) = &self.body { Some(ledger) } else { None }
    }
}

/// What stands of one coverage, or of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    uid: Arc<str>,
    version: Version,
    body: Body,
    /// The bytes that it takes.
    size: usize,
}

/// An attempt whose Job was created and whose end is not recorded.
#[derive(Clone, Debug)]
pub struct OpenAttempt {
    /// The name of its Job.
    pub name: Arc<str>,
    /// The uid of its Job.
    pub uid: Arc<str>,
    /// The uid of its coverage.
    pub coverage: Arc<str>,
    /// Its launch number.
    pub launch: u64,
    /// The dates that it fills.
    pub dates: DateSet,
    pub target: Table,
    /// The other names of that table.
    pub aliases: Vec<Table>,
    /// What it draws from a source.
    pub draw: Option<source::Draw>,
}

impl OpenAttempt {
    fn of(key: &Key, coverage: &Arc<str>, attempt: &Attempt) -> Option<Self> {
        let Stage::Created { uid } = &attempt.stage else { return None };
        Some(Self {
            name: job_name(&key.name, coverage, attempt.launch),
            uid: uid.clone(),
            coverage: coverage.clone(),
            launch: attempt.launch,
            dates: attempt.dates.clone(),
            target: attempt.target.clone(),
            aliases: attempt.aliases.clone(),
            draw: attempt.draw.clone(),
        })
    }
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
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        fs::create_dir_all(folder).map_err(|e| JournalError::Folder(folder.into(), e))?;
        let lock = Mutex::new(Lock::take(&folder.join("lock"))?);
        let file = Mutex::new(JournalFile::open(&folder.join("journal"))?);
        Ok(Self { open: Open::ToWrite { file, lock }, saves: Complaint::default() })
    }

    /// Reads the journal, whoever writes it meanwhile.
    pub fn read_only(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join("journal");
        let records = decode::decode(&read(&path)?, &path)?.records;
        Ok(Self { open: Open::ToRead(records), saves: Complaint::default() })
    }

    /// The ledger of one coverage, where there is one.
    pub fn ledger(&self, key: &Key, uid: &Arc<str>) -> Option<Ledger> {
        self.stored().ok()?.remove(key).filter(|record| record.uid == *uid).and_then(|record| record.ledger().cloned())
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
            let Some(ledger) = record.ledger() else { return false };
            *job_name(&key.name, &record.uid, launch) == *job
                && (1..=ledger.launches).contains(&launch)
                && ledger.attempts.iter().all(|attempt| attempt.launch != launch)
        };
        match &self.open {
            Open::ToRead(records) => records.iter().any(settled),
            Open::ToWrite { file, .. } => file.lock().is_ok_and(|file| file.records.iter().any(settled)),
        }
    }

    /// Why nothing can be recorded now.
    pub fn trouble(&self) -> Option<String> {
        self.saves.current()
    }

    /// Attempts whose Job was created and whose end is not recorded.
    pub fn created(&self) -> Vec<OpenAttempt> {
        let open = |(key, record): (&Key, &Record)| {
            let of = |attempt: &Attempt| OpenAttempt::of(key, &record.uid, attempt);
            record.ledger().into_iter().flat_map(|ledger| &ledger.attempts).filter_map(of).collect::<Vec<_>>()
        };
        match &self.open {
            Open::ToRead(records) => records.iter().flat_map(open).collect(),
            Open::ToWrite { file, .. } => {
                file.lock().map(|file| file.records.iter().flat_map(open).collect()).unwrap_or_default()
            }
        }
    }

    fn stored(&self) -> Result<Records, JournalError> {
        match &self.open {
            Open::ToRead(records) => Ok(records.clone()),
            Open::ToWrite { file, .. } => Ok(file.lock().map_err(|_| JournalError::Closed)?.records.clone()),
        }
    }

    fn put(&self, key: &Key, uid: &Arc<str>, at: Version, body: Body) -> Result<Version, SaveFault> {
        let Open::ToWrite { file, lock } = &self.open else {
            return Err(SaveFault::Denied("the journal was opened to be read".into()));
        };
        let mut file = file.lock().map_err(|_| SaveFault::Unclear(JournalError::Closed.to_string()))?;
        let stored = file.records.get(key).filter(|record| record.uid == *uid).map_or(0, |record| record.version);
        if stored != at {
            return Err(SaveFault::Conflict);
        }
        let mut lock = lock.lock().map_err(|_| SaveFault::Unclear(JournalError::Closed.to_string()))?;
        let saved = lock.keep(&file).and_then(|()| file.append(key, uid, at + 1, body)).map_err(|e| {
            format!(
                "{} cannot be written: {e}; nothing is launched until it can, and it is tried again",
                file.path.display()
            )
        });
        self.saves.hear(saved).map_err(SaveFault::Unclear)?;
        Ok(at + 1)
    }
}

/// The bytes of a journal; none where there is none yet. One that cannot be read is not an empty one.
fn read(path: &Path) -> Result<Vec<u8>, JournalError> {
    Ok(files::read(path, files::MAX_BYTES).map_err(|e| cannot(path, e))?.unwrap_or_default())
}

fn cannot(path: &Path, error: std::io::Error) -> JournalError {
    JournalError::File(path.into(), error)
}

impl Store for Arc<Journal> {
    /// What people were told stands beside it, in a file that may be lost.
    async fn load(&self) -> Result<Loaded, String> {
        let mut loaded = Loaded::default();
        for (key, Record { uid, version, body, .. }) in self.stored().map_err(|why| why.to_string())? {
            match body {
                Body::Ledger(ledger) => loaded.ledgers.push(Stored {
                    coverage: key,
                    uid,
                    ledger: *ledger,
                    is_whole: true,
                    reported: Vec::new(),
                    version,
                }),
                Body::Source(record) => {
                    loaded.sources.push(StoredSource { source: key, uid, record: *record, version });
                }
            }
        }
        Ok(loaded)
    }

    async fn save_source(&self, view: &SourceView, at: Version, record: &source::Record) -> Result<Version, SaveFault> {
        let (journal, key, uid) = (self.clone(), view.source.key.clone(), view.source.uid.clone());
        let body = Body::Source(Box::new(record.clone()));
        let saved = tokio::task::spawn_blocking(move || journal.put(&key, &uid, at, body)).await;
        saved.unwrap_or_else(|e| Err(SaveFault::Unclear(e.to_string())))
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
        let (journal, key, uid) = (self.clone(), key.clone(), uid.clone());
        let body = Body::Ledger(Box::new(ledger.clone()));
        let saved = tokio::task::spawn_blocking(move || journal.put(&key, &uid, at, body)).await;
        saved.unwrap_or_else(|e| Err(SaveFault::Unclear(e.to_string()))).map(Recorded::acknowledged)
    }
}

#[cfg(test)]
mod tests;

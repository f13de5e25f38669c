//! The ledgers on disk: an append-only journal with checksums, folded into a snapshot when it grows. One writer, by a
//! lock. A torn tail is cut, never guessed at; damage before the tail is an error that a person must see.

mod encode;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::codec::{Reader, Writer};
use super::disk;
use crate::domain::ledger::Ledger;
use crate::domain::mark::mix_bytes;
use crate::domain::policy::Key;
use crate::engine::overview::CoverageView;
use crate::engine::ports::{Recorded, SaveFault, Store, Stored, Version};

/// What every journal begins with; the number rises when its form changes.
const MAGIC: &[u8] = b"gapless journal 3\n";
/// Length and checksum of a record.
const HEAD: usize = 12;
/// A record is never larger: an absurd length is damage.
const MAX_RECORD: usize = 64 << 20;
/// Beyond so many bytes of journal and twice what a snapshot takes, it is folded.
const FOLD_AT: u64 = 1 << 20;

type Records = BTreeMap<Key, (Arc<str>, Version, Ledger)>;

/// The ledgers in a folder.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Nothing when it was opened to be read.
    writer: Option<Mutex<Open>>,
    _lock: Option<File>,
}

#[derive(Debug)]
struct Open {
    file: File,
    records: Records,
    bytes: u64,
}

impl Journal {
    /// Opens the journal to write. Another process that has it is an error.
    pub fn open(folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|e| format!("the state folder {} cannot be made: {e}", folder.display()))?;
        let lock = lock(&folder.join("lock"))?;
        let path = folder.join("journal");
        let bytes = fs::read(&path).unwrap_or_default();
        let (records, good) = decode(&bytes, &path)?;
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(|e| cannot(&path, &e))?;
        if good < bytes.len() {
            file.set_len(good as u64).map_err(|e| cannot(&path, &e))?;
        }
        let mut open = Open { file, records, bytes: good as u64 };
        if good == 0 {
            disk::append(&mut open.file, MAGIC)
                .and_then(|()| disk::sync_folder(&path))
                .map_err(|e| cannot(&path, &e))?;
            open.bytes = MAGIC.len() as u64;
        }
        Ok(Self { path, writer: Some(Mutex::new(open)), _lock: Some(lock) })
    }

    /// Opens the journal to read, whoever writes it meanwhile.
    pub fn read_only(folder: &Path) -> Self {
        Self { path: folder.join("journal"), writer: None, _lock: None }
    }

    fn stored(&self) -> Result<Records, String> {
        match &self.writer {
            Some(open) => Ok(open.lock().map_err(|_| "the journal is closed")?.records.clone()),
            None => Ok(decode(&fs::read(&self.path).unwrap_or_default(), &self.path)?.0),
        }
    }

    fn put(&self, key: &Key, uid: &Arc<str>, at: Version, ledger: &Ledger) -> Result<Recorded, SaveFault> {
        let Some(open) = &self.writer else {
            return Err(SaveFault::Denied("the journal was opened to be read".into()));
        };
        let mut open = open.lock().map_err(|_| SaveFault::Unclear("the journal is closed".into()))?;
        let stored = open.records.get(key).filter(|(u, _, _)| u == uid).map_or(0, |(_, v, _)| *v);
        if stored != at {
            return Err(SaveFault::Conflict);
        }
        let record = record(key, uid, at + 1, ledger);
        disk::append(&mut open.file, &record).map_err(|e| SaveFault::Unclear(e.to_string()))?;
        open.bytes += record.len() as u64;
        open.records.insert(key.clone(), (uid.clone(), at + 1, ledger.clone()));
        if open.bytes > FOLD_AT {
            open.fold(&self.path).map_err(|e| SaveFault::Unclear(e.to_string()))?;
        }
        Ok(Recorded::acknowledged(at + 1))
    }
}

impl Open {
    /// Writes what stands as a new journal, unless that is hardly smaller.
    fn fold(&mut self, path: &Path) -> std::io::Result<()> {
        let mut bytes = MAGIC.to_vec();
        for (key, (uid, version, ledger)) in &self.records {
            bytes.extend(record(key, uid, *version, ledger));
        }
        if bytes.len() as u64 * 2 > self.bytes {
            return Ok(());
        }
        disk::replace(path, &bytes)?;
        self.file = OpenOptions::new().append(true).open(path)?;
        self.bytes = bytes.len() as u64;
        Ok(())
    }
}

fn record(key: &Key, uid: &Arc<str>, version: Version, ledger: &Ledger) -> Vec<u8> {
    let mut body = Writer::default();
    body.put(key).put(uid).put(&version).put(ledger);
    let length = u32::try_from(body.0.len()).unwrap_or(u32::MAX);
    let mut out = length.to_le_bytes().to_vec();
    out.extend(mix_bytes(0, &body.0).to_le_bytes());
    out.extend(body.0);
    out
}

/// The records and how many bytes of them are whole.
fn decode(bytes: &[u8], path: &Path) -> Result<(Records, usize), String> {
    if bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) {
        return Ok((Records::new(), 0));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(format!(
            "{} is no journal of this version of gapless; move it away or use the version that wrote it",
            path.display()
        ));
    }
    let (mut records, mut at) = (Records::new(), MAGIC.len());
    while at < bytes.len() {
        let Some(body) = body(&bytes[at..]) else { return Ok((records, at)) };
        let damaged = || {
            let text = "is damaged at byte";
            format!(
                "{} {text} {at}, before its end: restore it from a backup, or move it away (attempts are then counted anew)",
                path.display()
            )
        };
        match body {
            // A whole record with a wrong checksum is a torn tail only when nothing whole follows it.
            Err(length) if at + HEAD + length < bytes.len() => return Err(damaged()),
            Err(_) => return Ok((records, at)),
            Ok(body) => {
                let (key, record) = Reader::new(body).all().ok_or_else(damaged)?;
                records.insert(key, record);
                at += HEAD + body.len();
            }
        }
    }
    Ok((records, at))
}

/// The body of the record that begins here; nothing: the file ends within it; `Err`: its checksum is wrong.
fn body(bytes: &[u8]) -> Option<Result<&[u8], usize>> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let sum = u64::from_le_bytes(bytes.get(4..HEAD)?.try_into().ok()?);
    if length > MAX_RECORD {
        return Some(Err(0)).filter(|_| bytes.len() > HEAD + MAX_RECORD);
    }
    let body = bytes.get(HEAD..HEAD + length)?;
    Some(if mix_bytes(0, body) == sum { Ok(body) } else { Err(length) })
}

fn lock(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(|e| cannot(path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another gapless works in {}: stop it, or give this one its own --state",
            path.with_file_name("").display()
        )),
        Err(TryLockError::Error(e)) => Err(cannot(path, &e)),
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be used: {error}", path.display())
}

impl Store for Arc<Journal> {
    /// What people were told is not kept: each run tells anew what it finds.
    async fn load(&self) -> Result<Vec<Stored>, String> {
        let stored = |(coverage, (uid, version, ledger))| Stored {
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

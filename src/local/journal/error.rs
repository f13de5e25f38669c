//! Why a journal cannot be used, and what the person who runs gapless can do about it.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::domain::policy::Key;
use crate::host::files;
use crate::status::misread::Misread;

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// The state folder cannot be made.
    Folder(PathBuf, io::Error),
    /// A file of it cannot be read, or not be written.
    File(PathBuf, io::Error),
    /// Another process uses the state folder.
    InUse(PathBuf),
    /// A record before the last one is damaged.
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Where the damage begins.
        byte: usize,
    },
    /// Its first line names another version.
    OtherVersion(PathBuf),
    /// A whole record holds a ledger that this version cannot read.
    Ledger(PathBuf, Key, Misread),
    /// This process failed while it wrote.
    Closed,
}

const START_OVER: &str = "move it away (attempts are then counted from the start)";

impl Display for JournalError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder, error) => folder_error(f, &folder.display(), error),
            Self::File(path, error) => file_error(f, &path.display(), error),
            Self::InUse(folder) => write!(
                f,
                "another gapless process is using {}: stop it, or give this one its own --state",
                folder.display()
            ),
            Self::Damaged { path, byte } => write!(
                f,
                "{} is damaged at byte {byte}, before its end: restore it from a backup, or {START_OVER}",
                path.display()
            ),
            Self::OtherVersion(path) => write!(
                f,
                "{} is not a journal of this version of gapless; move it away or use the version that wrote it",
                path.display()
            ),
            Self::Ledger(path, key, why) => write!(
                f,
                "{} holds a ledger of {key} that cannot be read: {why}; use the version of gapless that wrote it, or \
                 {START_OVER}",
                path.display()
            ),
            Self::Closed => f.write_str("the journal is closed"),
        }
    }
}

fn folder_error(f: &mut Formatter<'_>, folder: &impl Display, error: &io::Error) -> fmt::Result {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => write!(
            f,
            "the state folder {folder} cannot be made: a file is in its place, or in that of a folder above it; move it \
             away, or give another --state"
        ),
        _ => write!(f, "the state folder {folder} cannot be made: {error}"),
    }
}

fn file_error(f: &mut Formatter<'_>, path: &impl Display, error: &io::Error) -> fmt::Result {
    if files::is_misplaced(error) {
        return write!(f, "{path} cannot be used: {error}");
    }
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => "let the user that runs gapless read and write it",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room for it",
        ErrorKind::ReadOnlyFilesystem => "give --state a folder that can be written",
        _ => "see what the disk that it is on lacks",
    };
    write!(f, "{path} cannot be used: {error}; {remedy}")
}

impl std::error::Error for JournalError {}

//! The list of a table's parts.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::folders::KnownFolders;
use super::parts::{Part, TableFolder, failed, reason};
use super::walk::{Home, Walk, Walked};
use super::within::{Within, is_outside, link_loop};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;

/// The Warehouse's own folder is a link, or is behind one.
const BEYOND: &str = "a link on the way to its warehouse folder leads out of what may be read: out of --files-root, or of a folder \
                      that is granted; name the folder itself in the Warehouse's spec.files.folder, or start gapless with a \
                      --files-root that holds it";

/// Every part of a table in the order of names, and where the table really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    pub home: Home,
    pub parts: Vec<Part>,
}

/// Lists a table's parts: all, or those that are not in partitions of other dates.
pub(super) fn list(
    root: &Path,
    bounds: &[PathBuf],
    table: &str,
    only: Option<(&DateColumn, &DateSet)>,
    known: &KnownFolders,
    now: Timestamp,
) -> Result<(Listing, KnownFolders), Unknown> {
    let path = folder_of(root, table)?;
    let within = Within::open(root, bounds).map_err(|e| match e.into() {
        e if is_outside(&e) => failed(table, BEYOND).lasting(),
        e => failed(table, &root_fault(root, &e)),
    })?;
    let Walked { home, mut parts, met } = Walk::new(TableFolder { path, within }, table, only, known, now).all()?;
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((Listing { home, parts }, met))
}

/// The folder of all tables cannot be read. It may be the wrong folder, so the table does not count as empty.
fn root_fault(root: &Path, error: &std::io::Error) -> String {
    if let Some(looped) = link_loop(root) {
        return format!("its warehouse folder cannot be opened: {looped}");
    }
    match error.kind() {
        ErrorKind::NotFound => "its warehouse folder does not exist: create it, mount its volume, or correct \
                                spec.files.folder of the Warehouse"
            .into(),
        _ => format!("its warehouse folder cannot be opened: {}", reason(error)),
    }
}

/// `nba_raw.props` is the folder `nba_raw/props` below the root.
fn folder_of(root: &Path, table: &str) -> Result<PathBuf, Unknown> {
    let relative = PathBuf::from(table.replace('.', "/"));
    let plain = relative.components().all(|c| matches!(c, Component::Normal(_)));
    if table.is_empty() || table.contains("..") || !plain {
        return Err(failed(table, "its name must be folders joined by dots, below the warehouse's folder"));
    }
    Ok(root.join(relative))
}

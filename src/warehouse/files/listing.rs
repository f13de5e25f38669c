//! The list of a table's parts.

use std::path::{Component, Path, PathBuf};

use super::folders::KnownFolders;
use super::parts::{Part, failed, reason};
use super::walk::Walk;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;

/// Every part of a table, in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    pub parts: Vec<Part>,
}

/// Lists a table's parts: all, or without those in partitions of other dates.
pub(super) fn list(
    root: &Path,
    table: &str,
    only: Option<(&DateColumn, &DateSet)>,
    known: &KnownFolders,
    now: Timestamp,
) -> Result<(Listing, KnownFolders), Unknown> {
    let folder = folder_of(root, table)?;
    let root = root
        .canonicalize()
        .map_err(|e| failed(table, &format!("its warehouse folder cannot be opened: {}", reason(&e))))?;
    let (mut parts, met) = Walk::new(root, folder, table, only, known, now).all()?;
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((Listing { parts }, met))
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

//! What the folders of a table held when they were last listed. A local file system changes the times of a folder whenever a
//! name in it is added, removed or replaced. While the times are unchanged the names are known, and only the files are
//! examined. That costs a fifth of a listing, and a table of a thousand dates is checked every minute.

use std::os::fd::AsFd;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use rustix::fs::{Stat, fstatfs};

use super::parts::YOUNG;
use crate::domain::dates::Timestamp;
use crate::domain::mark::stable_hash;

/// The folders of one table, by the hash of their name below it.
pub type KnownFolders = FxHashMap<u64, KnownFolder>;

/// A folder when it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFolder {
    /// Its device, inode and times, hashed.
    pub stamp: u64,
    /// The names that can be data, joined by `/`: `d` and the name of a folder, `f` and the name of a file.
    pub names: Arc<str>,
}

/// File system types as `statfs` returns them (linux/magic.h): ext2 to ext4, XFS, Btrfs, tmpfs. A network or FUSE file
/// system may treat the times of a folder differently.
const LOCAL: [u32; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994];

/// Whether folder times can be trusted on this file system.
pub(super) fn is_local(folder: impl AsFd) -> bool {
    fstatfs(folder).is_ok_and(|system| LOCAL.contains(&(system.f_type as u32)))
}

/// What identifies the state of a folder. `None` if a change right now could leave it the same: times have ticks, of a
/// second on old file systems.
pub(super) fn stamp(stat: &Stat, now: Timestamp) -> Option<u64> {
    let newest = stat.st_mtime.max(stat.st_ctime);
    let settled = now.as_millisecond() - YOUNG.as_seconds() * 1_000 >= newest.saturating_add(1).saturating_mul(1000);
    let times = (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec);
    settled.then(|| stable_hash(&(stat.st_dev, stat.st_ino, times)))
}

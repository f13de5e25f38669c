//! What the folders of a table held when they were last listed. A file system of this machine moves the times of a folder
//! whenever a name in it comes, goes or means another file: while they stand, the names are known, and only the files are
//! looked at. That is a fifth of the cost of listing, and a table of a thousand dates is looked at every minute.

use std::os::fd::AsFd;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use rustix::fs::{Stat, fstatfs};

use super::parts::YOUNG_MILLIS;
use crate::domain::dates::Timestamp;
use crate::domain::mark::stable_hash;

/// The folders of one table, each by the hash of its name below it.
pub type KnownFolders = FxHashMap<u64, KnownFolder>;

/// A folder as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFolder {
    /// Its device, inode and times, hashed.
    pub stamp: u64,
    /// What of it can be data: names after `d` for a folder and `f` for a file, joined by `/`.
    pub names: Arc<str>,
}

/// Their kinds, by what `statfs` tells (linux/magic.h): ext2 to ext4, XFS, Btrfs, tmpfs. What comes over a network or out
/// of a process of its own may keep the times of a folder as it likes.
const LOCAL: [u32; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994];

/// Whether the times of folders can be believed there.
pub(super) fn is_local(folder: impl AsFd) -> bool {
    fstatfs(folder).is_ok_and(|system| LOCAL.contains(&(system.f_type as u32)))
}

/// What a folder's state is known by; nothing where a change in this very moment could leave it as it is, for times are
/// counted in ticks, by old file systems in seconds.
pub(super) fn stamp(stat: &Stat, now: Timestamp) -> Option<u64> {
    let newest = stat.st_mtime.max(stat.st_ctime);
    let settled = now.as_millisecond() - YOUNG_MILLIS >= newest.saturating_add(1).saturating_mul(1000);
    let times = (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec);
    settled.then(|| stable_hash(&(stat.st_dev, stat.st_ino, times)))
}

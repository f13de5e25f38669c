//! The walk over a table's folders. It never leaves the warehouse's root, and lists a folder only where that was not done
//! since it changed.

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, openat, stat, statat};
use rustix::io::Errno;

use super::folders::{KnownFolder, KnownFolders, is_local, stamp};
use super::parts::{Format, Part, failed, partition_date, reason};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::mark::stable_hash;
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;

/// Partitions nest at most so deep.
const MAX_DEPTH: usize = 8;
/// A table has at most so many parts.
const MAX_PARTS: usize = 200_000;
/// Names of a folder are fetched so many bytes at a time.
const BUFFER: usize = 32 * 1024;
const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// One walk.
pub(super) struct Walk<'a> {
    root: PathBuf,
    table: &'a str,
    folder: Arc<Path>,
    only: Option<(&'a DateColumn, &'a DateSet)>,
    now: Timestamp,
    /// The device of the table's folder, where the times of folders can be believed.
    local: Option<u64>,
    known: &'a KnownFolders,
    met: KnownFolders,
    /// What the folder before held: the next one mostly holds the same, and shares it.
    names: Arc<str>,
    parts: Vec<Part>,
    buffer: Vec<u8>,
}

/// A folder or a file, where the walk has come to.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// An open folder, and the way from it.
    at: BorrowedFd<'a>,
    way: &'a str,
    /// Its name below the table.
    name: &'a str,
    /// How many folders of the table it is below.
    depth: usize,
    /// A link led here, or to a folder above.
    linked: bool,
}

impl<'a> Walk<'a> {
    pub fn new(
        root: PathBuf,
        folder: PathBuf,
        table: &'a str,
        only: Option<(&'a DateColumn, &'a DateSet)>,
        known: &'a KnownFolders,
        now: Timestamp,
    ) -> Self {
        Self {
            root,
            table,
            folder: folder.into(),
            only,
            now,
            local: None,
            known,
            met: KnownFolders::default(),
            names: "".into(),
            parts: Vec::new(),
            buffer: Vec::with_capacity(BUFFER),
        }
    }

    /// Every part, and the folders that need not be listed again while they stand.
    pub fn all(mut self) -> Result<(Vec<Part>, KnownFolders), Unknown> {
        let folder = self.folder.clone();
        self.stay_inside(&folder, &self.table.replace('.', "/"))?;
        let top = openat(CWD, &*folder, OPEN, Mode::empty()).map_err(|e| unlisted(self.table, e))?;
        let stat = fstat(&top).map_err(|e| unlisted(self.table, e))?;
        self.local = is_local(&top).then_some(stat.st_dev);
        let place = Place { at: top.as_fd(), way: ".", name: "", depth: 0, linked: false };
        self.folder(place, Some(&stat))?;
        Ok((self.parts, self.met))
    }

    /// A link may lead anywhere within the warehouse's folder.
    fn stay_inside(&self, path: &Path, name: &str) -> Result<(), Unknown> {
        let inside = path
            .canonicalize()
            .map_err(|e| failed(self.table, &format!("its folder `{name}` cannot be opened: {}", reason(&e))))?;
        if inside.starts_with(&self.root) {
            return Ok(());
        }
        let text = format!("`{name}` leads out of the warehouse's folder; links that leave it are refused");
        Err(failed(self.table, &text))
    }

    /// A folder with all that is below it. While it is as it was listed, it is not even opened.
    fn folder(&mut self, place: Place<'_>, stat: Option<&Stat>) -> Result<(), Unknown> {
        let key = stable_hash(place.name);
        let stamp = stat.filter(|s| !place.linked && Some(s.st_dev) == self.local).and_then(|s| stamp(s, self.now));
        if let Some(known) = self.known.get(&key).filter(|known| Some(known.stamp) == stamp) {
            let names = known.names.clone();
            self.met.insert(key, known.clone());
            return self.entries(place, &names);
        }
        let (open, names) = self.listed(place)?;
        if *self.names != *names {
            self.names = names.into();
        }
        let names = self.names.clone();
        // Nothing tells when a link leads elsewhere.
        if let Some(stamp) = stamp.filter(|_| !names.split('/').any(|name| name.starts_with('l'))) {
            self.met.insert(key, KnownFolder { stamp, names: names.clone() });
        }
        self.entries(Place { at: open.as_fd(), way: ".", ..place }, &names)
    }

    /// What of a folder can be data: each name after the letter of its kind.
    fn listed(&mut self, place: Place<'_>) -> Result<(OwnedFd, String), Unknown> {
        let follow = if place.linked { OFlags::empty() } else { OFlags::NOFOLLOW };
        let open = openat(place.at, place.way, OPEN | follow, Mode::empty()).map_err(|e| unlisted(self.table, e))?;
        let mut names = String::new();
        let mut entries = RawDir::new(&open, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|e| unlisted(self.table, e))?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if let Some(letter) = letter(&open, name, entry.file_type(), place.depth) {
                names.extend((!names.is_empty()).then_some('/'));
                names.push(letter);
                names.push_str(name);
            }
        }
        Ok((open, names))
    }

    fn entries(&mut self, place: Place<'_>, names: &str) -> Result<(), Unknown> {
        for entry in names.split('/').filter(|entry| !entry.is_empty()) {
            let (letter, name) = entry.split_at(1);
            let (way, below) = (joined(place.way, name), joined(place.name, name));
            let inner = Place { way: &way, name: &below, ..place };
            match letter {
                "d" => self.inner(inner, name)?,
                "f" => self.file(inner, name)?,
                _ => self.link(inner, name)?,
            }
        }
        Ok(())
    }

    fn inner(&mut self, place: Place<'_>, name: &str) -> Result<(), Unknown> {
        let Some((column, value)) = name.split_once('=') else { return Ok(()) };
        if self.is_of_another_date(column, value) {
            return Ok(());
        }
        let place = Place { depth: place.depth + 1, ..place };
        let stat = self.local.and_then(|_| statat(place.at, place.way, AtFlags::SYMLINK_NOFOLLOW).ok());
        self.folder(place, stat.as_ref())
    }

    fn is_of_another_date(&self, column: &str, value: &str) -> bool {
        let date = |(date, _): &(&DateColumn, _)| partition_date(value, date).filter(|_| date.column == column);
        self.only.is_some_and(|only| date(&only).is_some_and(|named| !only.1.contains(named)))
    }

    fn file(&mut self, place: Place<'_>, name: &str) -> Result<(), Unknown> {
        // A file that a filler renamed away between list and look is seen by the second list.
        let Ok(stat) = statat(place.at, place.way, AtFlags::SYMLINK_NOFOLLOW) else { return Ok(()) };
        self.part(place, name, &stat)
    }

    /// A link is followed, where it stays inside.
    fn link(&mut self, place: Place<'_>, name: &str) -> Result<(), Unknown> {
        let path = self.folder.join(place.name);
        self.stay_inside(&path, place.name)?;
        let Ok(stat) = stat(&path) else { return Ok(()) };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if place.depth < MAX_DEPTH => self.inner(Place { linked: true, ..place }, name),
            FileType::RegularFile => self.part(place, name, &stat),
            _ => Ok(()),
        }
    }

    fn part(&mut self, place: Place<'_>, name: &str, stat: &Stat) -> Result<(), Unknown> {
        let Some(format) = Format::of(name) else { return Ok(()) };
        if self.parts.len() == MAX_PARTS {
            return Err(failed(self.table, &format!("it has more than {MAX_PARTS} parts; compact it")));
        }
        let (modified, changed) = ((stat.st_mtime, stat.st_mtime_nsec), (stat.st_ctime, stat.st_ctime_nsec));
        let nanos = |nanos: u64| i64::try_from(nanos).unwrap_or(0);
        let stamps = [modified.0, nanos(modified.1), changed.0, nanos(changed.1), stat.st_ino.cast_signed()];
        self.parts.push(Part {
            table: self.folder.clone(),
            name: place.name.into(),
            format,
            size: stat.st_size.unsigned_abs(),
            modified: Timestamp::new(modified.0, i32::try_from(modified.1).unwrap_or(0)).unwrap_or(Timestamp::MIN),
            stamps,
        });
        Ok(())
    }
}

/// The kind of an entry; nothing of what holds no data.
fn letter(folder: &OwnedFd, name: &str, kind: FileType, depth: usize) -> Option<char> {
    if name.starts_with(['.', '_']) {
        return None;
    }
    let kind = match kind {
        // Not every file system tells. What is gone meanwhile is seen by the second list.
        FileType::Unknown => FileType::from_raw_mode(statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?.st_mode),
        kind => kind,
    };
    match kind {
        FileType::Directory if depth < MAX_DEPTH && name.contains('=') => Some('d'),
        FileType::RegularFile if Format::of(name).is_some() => Some('f'),
        FileType::Symlink => Some('l'),
        _ => None,
    }
}

fn unlisted(table: &str, errno: Errno) -> Unknown {
    failed(table, &format!("its folder cannot be listed: {}", reason(&errno.into())))
}

/// The way to a name in a folder.
fn joined<'n>(folder: &str, name: &'n str) -> Cow<'n, str> {
    if matches!(folder, "" | ".") { name.into() } else { [folder, "/", name].concat().into() }
}

//! The walk over a table's folders. It never leaves the warehouse's root. It lists a folder only if the folder changed since
//! the last listing. An entry that cannot be examined is also a part, one that says why.

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::folders::{KnownFolder, KnownFolders, is_local, stamp};
use super::format::{Format, is_hidden};
use super::parts::{Part, TableFolder, failed, partition, partition_date, reason};
use super::within::{LEADS_OUT, is_outside, link_loop, real};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::mark::stable_hash;
use crate::domain::policy::Table;
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;

/// Partitions nest at most this deep.
const MAX_DEPTH: usize = 8;
/// A table has at most this many parts.
const MAX_PARTS: usize = 200_000;
/// Names of a folder are fetched in buffers of this many bytes.
const BUFFER: usize = 32 * 1024;
/// The target of a link is examined and not read, which needs no right.
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// One walk.
pub(super) struct Walk<'a> {
    table: &'a str,
    folder: Arc<TableFolder>,
    only: Option<(&'a DateColumn, &'a DateSet)>,
    now: Timestamp,
    /// The device of the table's folder, if folder times can be trusted there.
    local: Option<u64>,
    known: &'a KnownFolders,
    met: KnownFolders,
    /// The names of the preceding folder. The next folder mostly has the same, and shares them.
    names: Arc<str>,
    parts: Vec<Part>,
    buffer: Vec<u8>,
}

/// The folder or file that the walk has reached.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// An open folder, and the path from it.
    at: BorrowedFd<'a>,
    way: &'a str,
    /// Its name below the table.
    name: &'a str,
    /// How many of the table's folders it is below.
    depth: usize,
    /// Whether it is reached through a link.
    linked: bool,
}

impl<'a> Walk<'a> {
    pub fn new(
        folder: TableFolder,
        table: &'a str,
        only: Option<(&'a DateColumn, &'a DateSet)>,
        known: &'a KnownFolders,
        now: Timestamp,
    ) -> Self {
        Self {
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

    /// Where the table really is, every part, and the folders that need not be listed again while they are unchanged.
    pub fn all(mut self) -> Result<Walked, Unknown> {
        let folder = self.folder.clone();
        let top = openat(CWD, &*folder.path, OPEN, Mode::empty()).and_then(|top| folder.within.admit(top));
        let top = top.map_err(|e| self.unopened(e))?;
        let stat = fstat(&top).map_err(|e| unlisted(self.table, e))?;
        let home = real(&top).map_err(|e| unlisted(self.table, e))?;
        self.local = is_local(&top).then_some(stat.st_dev);
        let place = Place { at: top.as_fd(), way: ".", name: "", depth: 0, linked: false };
        self.folder(place, Some(&stat))?;
        let home = Home { folder: home.into(), device: stat.st_dev, inode: stat.st_ino };
        Ok(Walked { home, parts: self.parts, met: self.met })
    }

    fn unopened(&self, errno: Errno) -> Unknown {
        let name = self.table.replace('.', "/");
        match errno.into() {
            error if is_outside(&error) => failed(self.table, &format!("its folder `{name}` {LEADS_OUT}")),
            // The name may be wrong, so the table does not count as empty.
            _ if errno == Errno::NOENT && self.folder.path.symlink_metadata().is_err() => {
                let text = format!("its folder `{name}` does not exist: create it, or correct the name of the table");
                failed(self.table, &text)
            }
            error if errno == Errno::NOENT => {
                failed(self.table, &format!("its folder `{name}` cannot be opened: {}", reason(&error)))
            }
            _ => match link_loop(&self.folder.path) {
                Some(looped) => failed(self.table, &format!("its folder `{name}` cannot be opened: {looped}")),
                None => unlisted(self.table, errno),
            },
        }
    }

    /// Walks a folder and everything below it. An unchanged folder is not even opened.
    fn folder(&mut self, place: Place<'_>, stat: Option<&Stat>) -> Result<(), Unknown> {
        let key = stable_hash(place.name);
        let stamp = stat.filter(|s| !place.linked && Some(s.st_dev) == self.local).and_then(|s| stamp(s, self.now));
        if let Some(known) = self.known.get(&key).filter(|known| Some(known.stamp) == stamp) {
            let names = known.names.clone();
            self.met.insert(key, known.clone());
            return self.entries(place, &names);
        }
        let (open, names) = match self.listed(place) {
            Ok(listed) => listed,
            Err(Errno::NOENT) if place.depth > 0 => return Ok(()),
            Err(e) if place.depth > 0 => {
                let name = format!("{}/", place.name);
                return self.push(&name, refused(e), stat);
            }
            Err(e) => return Err(unlisted(self.table, e)),
        };
        if *self.names != *names {
            self.names = names.into();
        }
        let names = self.names.clone();
        // A link can point elsewhere without a trace.
        if let Some(stamp) = stamp.filter(|_| !names.split('/').any(|name| name.starts_with('l'))) {
            self.met.insert(key, KnownFolder { stamp, names: names.clone() });
        }
        self.entries(Place { at: open.as_fd(), way: ".", ..place }, &names)
    }

    /// The entries that can be data: each name after the letter of its kind.
    fn listed(&mut self, place: Place<'_>) -> Result<(OwnedFd, String), Errno> {
        let follow = if place.linked { OFlags::empty() } else { OFlags::NOFOLLOW };
        let open = self.folder.within.admit(openat(place.at, place.way, OPEN | follow, Mode::empty())?)?;
        let mut names = String::new();
        let mut entries = RawDir::new(&open, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy();
            let is_text = matches!(name, Cow::Borrowed(_));
            let letter =
                letter(&open, &name, entry.file_type(), place.depth).map(|l| if is_text { l } else { UNNAMED });
            if let Some(letter) = letter {
                names.extend((!names.is_empty()).then_some('/'));
                names.push(letter);
                names.push_str(&name);
            }
        }
        Ok((open, names))
    }

    fn entries(&mut self, place: Place<'_>, names: &str) -> Result<(), Unknown> {
        for entry in names.split('/').filter(|entry| !entry.is_empty()) {
            let (letter, name) = entry.split_at(1);
            let (way, below) = (joined(place.way, name), joined(place.name, name));
            let inner = Place { way: &way, name: &below, ..place };
            match letter.chars().next() {
                Some(PARTITION) => self.inner(inner, name)?,
                Some(FILE) => self.file(inner, name)?,
                Some(LINK) => self.link(inner, name)?,
                Some(FOLDER) => self.stray(inner, name)?,
                Some(LAYOUT) => return Err(layout(self.table, name)),
                _ => self.push(&below, Format::unread("has a name that is not UTF-8"), None)?,
            }
        }
        Ok(())
    }

    /// A folder that is not a partition. Data may be below it.
    fn stray(&mut self, place: Place<'_>, name: &str) -> Result<(), Unknown> {
        let stat = statat(place.at, place.way, AtFlags::SYMLINK_NOFOLLOW).ok();
        let below = Place { depth: MAX_DEPTH, ..place };
        let names = match self.listed(below) {
            Ok((_, names)) => names,
            Err(Errno::NOENT) => return Ok(()),
            Err(e) => return self.push(place.name, refused(e), stat.as_ref()),
        };
        if place.depth == 0 && name == "metadata" && names.split('/').any(|name| name.ends_with(".metadata.json")) {
            return Err(layout(self.table, name));
        }
        let format = if partition(name).is_some() { Format::too_deep(MAX_DEPTH) } else { Format::stray_folder() };
        if names.is_empty() { Ok(()) } else { self.push(place.name, format, stat.as_ref()) }
    }

    fn inner(&mut self, place: Place<'_>, name: &str) -> Result<(), Unknown> {
        let Some((column, value)) = partition(name) else { return self.stray(place, name) };
        if self.is_of_another_date(&column, &value) {
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
        match statat(place.at, place.way, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => self.part(place, name, &stat),
            // The second list finds a file that a filler renamed after the first.
            Err(Errno::NOENT) => Ok(()),
            Err(e) => self.push(place.name, refused(e), None),
        }
    }

    /// Follows a link that stays inside the warehouse.
    fn link(&mut self, place: Place<'_>, name: &str) -> Result<(), Unknown> {
        let opened = openat(place.at, place.way, LOOK, Mode::empty()).and_then(|open| self.folder.within.admit(open));
        match opened.and_then(|open| Ok((fstat(&open)?, open))) {
            Ok((stat, open)) if is_folder(&stat) && place.depth < MAX_DEPTH => {
                self.inner(Place { at: open.as_fd(), way: ".", linked: true, ..place }, name)
            }
            Ok((stat, _)) => self.part(place, name, &stat),
            // A partition that cannot be followed holds rows of its own date only.
            Err(e) if partition(name).is_some() => self.push(&format!("{}/", place.name), refused(e), None),
            Err(e) => self.push(place.name, refused(e), None),
        }
    }

    fn part(&mut self, place: Place<'_>, name: &str, stat: &Stat) -> Result<(), Unknown> {
        let Some(format) = Format::of(name) else { return Ok(()) };
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let format = if is_file { format } else { Format::unread("is not a regular file") };
        self.push(place.name, format, Some(stat))
    }

    /// Adds a part. Without `stat` its file could not be examined.
    fn push(&mut self, name: &str, format: Format, stat: Option<&Stat>) -> Result<(), Unknown> {
        if self.parts.len() == MAX_PARTS {
            return Err(failed(self.table, &format!("it has more than {MAX_PARTS} parts; compact it")));
        }
        let nanos = |nanos: u64| i64::try_from(nanos).unwrap_or(0);
        let stamps = stat.map_or([0; 5], |s| {
            [s.st_mtime, nanos(s.st_mtime_nsec), s.st_ctime, nanos(s.st_ctime_nsec), s.st_ino.cast_signed()]
        });
        let modified = Timestamp::new(stamps[0], i32::try_from(stamps[1]).unwrap_or(0)).unwrap_or(Timestamp::MIN);
        self.parts.push(Part {
            table: self.folder.clone(),
            name: name.into(),
            format,
            size: stat.map_or(0, |s| s.st_size.unsigned_abs()),
            modified,
            is_fresh: Part::is_in_tick(modified, self.now),
            stamps,
        });
        Ok(())
    }
}

/// Where a table really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    folder: Arc<Path>,
    device: u64,
    inode: u64,
}

impl Home {
    /// The names of the table, however it is declared: its own folder within the parent folder, and the file system's
    /// identity of that folder, which is the same under another mount and after a move.
    pub fn names(&self) -> Vec<Table> {
        let path = || Some((self.folder.parent()?.to_str()?, self.folder.file_name()?.to_str()?));
        let path = path().map(|(above, name)| Table { place: format!("files:{above}").into(), name: name.into() });
        // Some file systems have no numbers.
        let inode = (self.inode != 0)
            .then(|| Table { place: format!("device:{}", self.device).into(), name: self.inode.to_string().into() });
        path.into_iter().chain(inode).collect()
    }
}

/// The result of a walk.
pub(super) struct Walked {
    /// Where the table really is.
    pub home: Home,
    pub parts: Vec<Part>,
    /// The folders that need not be listed again while they are unchanged.
    pub met: KnownFolders,
}

fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// An entry that the system does not open, or that is outside.
fn refused(errno: Errno) -> Format {
    match errno.into() {
        error if is_outside(&error) => Format::Unread(LEADS_OUT.into()),
        _ if errno == Errno::LOOP => {
            Format::Unread("is a symbolic link that leads back to itself; remove it, or point it at the data".into())
        }
        error => Format::refused(&reason(&error)),
    }
}

/// Kinds of entries in a folder.
const PARTITION: char = 'd';
const FILE: char = 'f';
const LINK: char = 'l';
/// A folder that is not a partition.
const FOLDER: char = 's';
/// A folder that only the layouts of other engines have.
const LAYOUT: char = 'x';
/// An entry whose name is not valid text.
const UNNAMED: char = 'u';

/// The kind of an entry. `None`: it holds no data.
fn letter(folder: &OwnedFd, name: &str, kind: FileType, depth: usize) -> Option<char> {
    if depth == 0 && matches!(name, "_delta_log" | ".hoodie") {
        return Some(LAYOUT);
    }
    // The name of a column may begin with `_`, and so may its partitions.
    if is_hidden(name) && !(name.starts_with('_') && partition(name).is_some()) {
        return None;
    }
    let kind = match kind {
        // Not every file system says. The second list finds what has disappeared since.
        FileType::Unknown => statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_or(FileType::RegularFile, |stat| FileType::from_raw_mode(stat.st_mode)),
        kind => kind,
    };
    match kind {
        FileType::Directory if depth < MAX_DEPTH && name.contains('=') => Some(PARTITION),
        FileType::Directory => Some(FOLDER),
        FileType::Symlink => Some(LINK),
        _ => Format::of(name).map(|_| FILE),
    }
}

/// A table of another engine. Its own log says which of its files are data.
fn layout(table: &str, name: &str) -> Unknown {
    let engine = match name {
        "_delta_log" => "a Delta table",
        ".hoodie" => "a Hudi table",
        _ => "an Iceberg table",
    };
    failed(table, &format!("it is {engine} (`{name}`), which gapless does not read; export it as plain Parquet files"))
        .lasting()
}

fn unlisted(table: &str, errno: Errno) -> Unknown {
    failed(table, &format!("its folder cannot be listed: {}", reason(&errno.into())))
}

/// The path of a name in a folder.
fn joined<'n>(folder: &str, name: &'n str) -> Cow<'n, str> {
    if matches!(folder, "" | ".") { name.into() } else { [folder, "/", name].concat().into() }
}

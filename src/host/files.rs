//! How the files of the state folder are opened. Another process, or a filler, can put anything in their place: gapless must
//! not block on a pipe, and an endless file must not fill its memory.

use std::fmt::{self, Display};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, OFlags, statat};
use rustix::io::Errno;

/// No file that gapless stores is larger. A larger one is not read into memory.
pub(crate) const MAX_BYTES: u64 = 1 << 30;

/// Opens a regular file. `None` if nothing is there; a link whose target is gone is an error, because the file may come back.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = options.custom_flags(flags.bits().cast_signed()).open(path);
    let Some(file) = if_there(opened).map_err(|e| explained(CWD, path, e))? else {
        return dangling_link(path).map_or(Ok(None), |link| Err(leads_nowhere(link)));
    };
    if file.metadata()?.is_file() { Ok(Some(file)) } else { Err(explained(CWD, path, Errno::INVAL.into())) }
}

/// The link on the way to a file that leads to nothing, such as a volume that is not mounted.
fn dangling_link(path: &Path) -> Option<&Path> {
    let there = path.ancestors().find(|at| at.symlink_metadata().is_ok())?;
    there.metadata().is_err().then_some(there)
}

fn leads_nowhere(link: &Path) -> io::Error {
    let text = format!(
        "{} is a symbolic link to something that does not exist; restore its target, or remove the link to start without it",
        link.display()
    );
    io::Error::other(Misplaced(text))
}

/// Reads a file of at most this many bytes. `None` if nothing is there.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(bytes) = read_first(path, most.saturating_add(1))? else { return Ok(None) };
    if bytes.len() as u64 > most {
        return Err(misplaced(path, &format!("is larger than {} MiB", most >> 20)));
    }
    Ok(Some(bytes))
}

/// Reads the first bytes of a file. `None` if nothing is there.
pub(crate) fn read_first(path: &Path, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = open(path, OpenOptions::new().read(true))? else { return Ok(None) };
    let mut all = Vec::new();
    file.take(bytes).read_to_end(&mut all)?;
    Ok(Some(all))
}

/// The end of a file, up to this many bytes.
pub(crate) fn read_last(path: &Path, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = open(path, OpenOptions::new().read(true))? else { return Ok(None) };
    let length = file.metadata()?.len();
    file.seek(io::SeekFrom::Start(length.saturating_sub(bytes)))?;
    let mut out = Vec::new();
    file.take(bytes).read_to_end(&mut out)?;
    Ok(Some(out))
}

/// `None` instead of an error if the file does not exist.
pub(crate) fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match result {
        Ok(there) => Ok(Some(there)),
        Err(e) if matches!(e.kind(), NotFound | NotADirectory) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The error if something else is in the place of a file: what it is, and what to do.
#[derive(Debug)]
struct Misplaced(String);

impl Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misplaced {}

/// Whether an error already says what to do, because something else is in the place of a file.
pub(crate) fn is_misplaced(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Misplaced>())
}

/// The error of a call on a file, or a better one if something else is in its place.
pub(crate) fn explained(folder: impl AsFd, path: &Path, error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
        return misplaced(path, "is a symbolic link that leads back to itself");
    }
    let found = statat(folder, path, AtFlags::empty()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match found {
        Ok(FileType::RegularFile) | Err(_) => error,
        Ok(found) => misplaced(path, &format!("is {}, not a file", kind(found))),
    }
}

/// Its name in a message.
pub(crate) fn kind(found: FileType) -> &'static str {
    match found {
        FileType::Directory => "a folder",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::RegularFile => "a file",
        FileType::Symlink | FileType::Unknown => "a special file",
    }
}

fn misplaced(path: &Path, what: &str) -> io::Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    io::Error::other(Misplaced(format!("`{name}` {what}; move it away")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rustix::fs::{Mode, mknodat};

    /// A pipe without a writer.
    pub fn pipe(path: &Path) {
        mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    }

    type Puts = fn(&Path);

    /// What can be in the place of a file: a function that creates it, and its name in the error.
    pub const IN_PLACE: [(Puts, &str); 5] = [
        (pipe, "is a named pipe, not a file"),
        (|path| std::fs::create_dir(path).unwrap(), "is a folder, not a file"),
        (|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()), "is a socket, not a file"),
        (|path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(), "is a device, not a file"),
        (|path| std::os::unix::fs::symlink(path, path).unwrap(), "is a symbolic link that leads back to itself"),
    ];

    #[test]
    fn a_link_whose_target_is_gone_is_an_error_and_not_an_absent_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("gone/journal", at("journal")).unwrap();
        std::os::unix::fs::symlink("gone", at("state")).unwrap();
        for (path, link) in [("journal", "journal"), ("state/journal", "state"), ("state/jobs/a/end", "state")] {
            let error = read(&at(path), MAX_BYTES).unwrap_err();
            let text = format!("{} is a symbolic link to something that does not exist", at(link).display());
            assert!(is_misplaced(&error) && error.to_string().starts_with(&text), "{path}: {error}");
        }
        assert!(read(&at("other/journal"), MAX_BYTES).unwrap().is_none(), "nothing is there");
    }

    #[test]
    fn only_a_regular_file_is_opened_and_the_error_says_what_is_in_its_place() {
        let reads = OpenOptions::new().read(true).clone();
        let appends = OpenOptions::new().create(true).append(true).clone();
        for (place, what) in IN_PLACE {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("end");
            place(&path);
            for mut options in [reads.clone(), appends.clone()] {
                let told = open(&path, &mut options).unwrap_err();
                assert_eq!(told.to_string(), format!("`end` {what}; move it away"));
                assert!(is_misplaced(&told));
            }
        }
    }

    #[test]
    fn a_file_is_read_within_its_bound() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::write(at("plain"), "words").unwrap();
        assert_eq!(read(&at("plain"), 5).unwrap().as_deref(), Some(&b"words"[..]));
        assert!(read(&at("plain"), 4).unwrap_err().to_string().contains("`plain` is larger than"));
        assert_eq!(read_first(&at("plain"), 3).unwrap().as_deref(), Some(&b"wor"[..]));
        assert_eq!(read(&at("none"), 5).unwrap(), None);
    }
}

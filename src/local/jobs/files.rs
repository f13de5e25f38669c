//! How the files of a Job are read. A filler can put anything in their place: a pipe that nobody writes to must not hold
//! gapless up, and a file without an end must not fill its memory.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// No file of a Job that gapless wrote is larger.
const MAX_BYTES: u64 = 64 << 20;

/// A regular file; nothing where nothing is.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let Some(file) = if_there(options.custom_flags(flags.bits().cast_signed()).open(path))? else { return Ok(None) };
    if file.metadata()?.is_file() { Ok(Some(file)) } else { Err(not_regular(path)) }
}

/// All of a file; nothing where nothing is.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(bytes) = read_first(path, MAX_BYTES + 1)? else { return Ok(None) };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("its file {} is too large", name(path))));
    }
    Ok(Some(bytes))
}

/// The first bytes of a file; nothing where nothing is.
pub(super) fn read_first(path: &Path, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = open(path, OpenOptions::new().read(true))? else { return Ok(None) };
    let mut all = Vec::new();
    file.take(bytes).read_to_end(&mut all)?;
    Ok(Some(all))
}

/// What is there; nothing where nothing is.
pub(super) fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match result {
        Ok(there) => Ok(Some(there)),
        Err(e) if matches!(e.kind(), NotFound | NotADirectory) => Ok(None),
        Err(e) => Err(e),
    }
}

fn not_regular(path: &Path) -> io::Error {
    io::Error::other(format!("{} in it is not a regular file; remove it", name(path)))
}

fn name(path: &Path) -> String {
    format!("`{}`", path.file_name().unwrap_or_default().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn only_a_regular_file_is_read_and_nothing_else_holds_up() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("endless")).unwrap();
        for name in ["pipe", "folder", "endless"] {
            let told = read(&at(name)).unwrap_err().to_string();
            assert!(told.contains(&format!("`{name}` in it is not a regular file")), "{told}");
        }
        std::fs::write(at("plain"), "words").unwrap();
        assert_eq!(read(&at("plain")).unwrap().as_deref(), Some(&b"words"[..]));
        assert_eq!(read_first(&at("plain"), 3).unwrap().as_deref(), Some(&b"wor"[..]));
        assert_eq!(read(&at("none")).unwrap(), None);
    }
}

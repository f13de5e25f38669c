//! Every write of gapless to its disk: appended and synced, or written to a new file and renamed, and synced if a loss would
//! matter. At each write a test can kill the process: before, in the middle, after.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
use rustix::process::{Signal, getpid, kill_process};

use super::files;
use super::folder::folder_of;

/// In builds with debug assertions the process dies at the write with this number: `7`, `7:middle`, `7:after`.
pub const DIE_AT_WRITE: &str = "GAPLESS_DIE_AT_WRITE";

static WRITES: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    Middle,
    After,
}

/// Where a test makes this process die.
fn death(number: u32) -> Option<Moment> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let setting = std::env::var(DIE_AT_WRITE).ok()?;
    let (at, moment) = setting.split_once(':').unwrap_or((&setting, "before"));
    (at.parse() == Ok(number)).then_some(match moment {
        "middle" => Moment::Middle,
        "after" => Moment::After,
        _ => Moment::Before,
    })
}

fn write_all(file: &mut File, bytes: &[u8], sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
    let death = death(WRITES.fetch_add(1, Ordering::SeqCst) + 1);
    if death == Some(Moment::Before) {
        die();
    }
    if death == Some(Moment::Middle) {
        file.write_all(&bytes[..bytes.len() / 2])?;
        sync(file)?;
        die();
    }
    file.write_all(bytes)?;
    sync(file)?;
    if death == Some(Moment::After) {
        die();
    }
    Ok(())
}

/// Like `kill -9`: nothing is unwound or flushed.
fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

/// Appends and syncs. An acknowledged write survives a crash.
pub fn append(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    write_all(file, bytes, File::sync_data)
}

/// Replaces a file. A reader sees the old or the new content, never a part of it.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_in(&open_folder(&folder_of(path))?, path.file_name().unwrap_or_default(), bytes)
}

/// The same in an open folder, even if the folder was moved meanwhile.
pub fn replace_in(folder: &File, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
    renamed(folder, name, bytes, File::sync_data)?;
    folder.sync_all()
}

/// The same, and returns the new file to append to. Its name is durable once [`sync_folder`] has succeeded.
pub fn replace_and_open(path: &Path, bytes: &[u8]) -> io::Result<File> {
    renamed(&open_folder(&folder_of(path))?, path.file_name().unwrap_or_default(), bytes, File::sync_data)
}

/// Replaces an optional file. A reader sees the old or the new content, but a power cut can lose or truncate it.
pub fn replace_unsynced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    renamed(&open_folder(&folder_of(path))?, path.file_name().unwrap_or_default(), bytes, |_| Ok(())).map(drop)
}

/// Writes a new file beside the old one and renames it. If that fails, the new file is removed, so that it does not fill the
/// disk. It is always a new file: a file that another process put there is not written to.
fn renamed(folder: &File, name: &OsStr, bytes: &[u8], sync: fn(&File) -> io::Result<()>) -> io::Result<File> {
    let aside = format!("{}.new-{}", name.to_string_lossy(), std::process::id());
    let remove = || unlinkat(folder, &aside, AtFlags::empty());
    let _ = remove();
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC;
    let write = || {
        let mut file = File::from(openat(folder, &aside, flags, Mode::from_raw_mode(0o666))?);
        write_all(&mut file, bytes, sync)?;
        renameat(folder, &aside, folder, name).map_err(|e| files::explained(folder, Path::new(name), e.into()))?;
        Ok(file)
    };
    write().inspect_err(|_| _ = remove())
}

/// Opens a folder, and nothing else. It does not block on a pipe in its place.
pub fn open_folder(folder: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, folder, flags, Mode::empty())?.into())
}

/// Removes the new files that crashed processes left beside a file. The caller must be the only writer.
pub fn remove_left_over(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let left_over = format!("{}.new-", name.to_string_lossy());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&left_over) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Waits until no other process reads and changes files of a folder, and blocks others until dropped. The lock is on the
/// folder itself, so that no lock file is left behind.
pub fn turn_in(folder: &Path) -> io::Result<File> {
    let folder = open_folder(folder)?;
    folder.lock()?;
    Ok(folder)
}

/// Makes a rename or a new file in the folder of a file durable.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    open_folder(&folder_of(path))?.sync_all()
}

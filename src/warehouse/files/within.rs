//! What a read may open: nothing outside the folder that it was given, wherever links point. The check uses the open handle,
//! not the path: anyone who can write below a folder can change a link between two checks.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, readlink, statat};
use rustix::io::Errno;

/// A folder handle that is never read.
const KNOWN: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A part. If it has become a pipe, opening it must not block.
const PART: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// The error of the system if a path leads out of a folder.
const OUTSIDE: Errno = Errno::XDEV;

/// Why a link that leads out is not followed.
pub(super) const LEADS_OUT: &str = "leads out of the warehouse's folder; links that leave it are refused";

/// The real folder of a warehouse. Links are followed within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Within(Arc<Path>);

impl Within {
    /// Opens a folder. If it is named below one of the bounds, it must really be inside that one.
    pub fn open(folder: &Path, bounds: &[PathBuf]) -> Result<Self, Errno> {
        let within = Self(real_folder(folder)?.into());
        for bound in bounds.iter().filter(|bound| folder.starts_with(bound)) {
            if !within.0.starts_with(real_folder(bound)?) {
                return Err(OUTSIDE);
            }
        }
        Ok(within)
    }

    /// The opened handle, if it is inside.
    pub fn admit<F: AsFd>(&self, opened: F) -> Result<F, Errno> {
        if real(&opened)?.starts_with(&self.0) { Ok(opened) } else { Err(OUTSIDE) }
    }

    /// Whether a folder can be listed and entered.
    pub fn list(&self, folder: &Path) -> io::Result<()> {
        let open =
            self.admit(openat(CWD, folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)?;
        statat(open, ".", AtFlags::empty())?;
        Ok(())
    }

    /// A file, opened to be read.
    pub fn file(&self, path: &Path) -> io::Result<File> {
        let file = self.admit(openat(CWD, path, PART, Mode::empty())?)?;
        match FileType::from_raw_mode(fstat(&file)?.st_mode) {
            FileType::RegularFile => Ok(file.into()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file any more")),
        }
    }
}

/// Whether an error says that the target is outside.
pub fn is_outside(error: &io::Error) -> bool {
    error.raw_os_error() == Some(OUTSIDE.raw_os_error())
}

/// The first link of a path that leads back to itself, and what to do about it.
pub fn link_loop(path: &Path) -> Option<String> {
    let is_looped = |way: &&Path| {
        let is_link = way.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
        is_link && way.metadata().is_err_and(|e| e.raw_os_error() == Some(Errno::LOOP.raw_os_error()))
    };
    let ways: Vec<&Path> = path.ancestors().filter(|way| !way.as_os_str().is_empty()).collect();
    let link = ways.into_iter().rev().find(is_looped)?;
    Some(format!(
        "`{}` is a symbolic link that leads back to itself; remove it, or point it at what it should be",
        link.display()
    ))
}

/// The real path of an open handle.
pub(super) fn real(opened: impl AsFd) -> Result<PathBuf, Errno> {
    let link = format!("/proc/self/fd/{}", opened.as_fd().as_raw_fd());
    let path = readlink(link, Vec::new())?;
    Ok(std::ffi::OsString::from_vec(path.into_bytes()).into())
}

fn real_folder(path: &Path) -> Result<PathBuf, Errno> {
    real(openat(CWD, path, KNOWN, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn folders(root: &Path, names: &[&str]) {
        names.iter().for_each(|name| fs::create_dir_all(root.join(name)).unwrap());
    }

    #[test]
    fn a_warehouse_lies_in_every_folder_that_it_is_named_below() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        folders(&root, &["all/a/own/deep", "all/b/secret", "elsewhere"]);
        let all = root.join("all");
        for (link, to) in [
            ("a/inside", "own".into()),
            ("a/absolute", all.join("a/own/deep")),
            ("a/chain", "inside".into()),
            ("a/peek", "../b/secret".into()),
            ("a/chained", "peek".into()),
            ("a/up", "..".into()),
            ("a/out", root.join("elsewhere")),
            ("a/back", "../../all/a/own".into()),
            ("c", root.join("elsewhere")),
        ] {
            symlink(to, all.join(link)).unwrap();
        }
        let bounds = ["", "a", "a/peek", "c"].map(|bound| all.join(bound));
        for (name, is_inside) in [
            ("a", true),
            ("a/own", true),
            ("a/inside", true),
            ("a/absolute", true),
            ("a/chain", true),
            ("a/back", true),
            ("b/secret", true),
            ("a/peek", false),
            ("a/chained", false),
            ("a/up", false),
            ("a/up/b/secret", false),
            ("a/out", false),
            ("c", false),
        ] {
            let opened = Within::open(&all.join(name), &bounds);
            let expected = if is_inside { None } else { Some(OUTSIDE) };
            assert_eq!(opened.err(), expected, "{name}");
        }
        assert_eq!(Within::open(&all.join("nowhere"), &bounds).err(), Some(Errno::NOENT));
    }

    #[test]
    fn what_was_opened_lies_within_by_its_handle_whatever_its_way_leads_to_now() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        folders(root, &["a", "b"]);
        fs::write(root.join("a/part"), "own").unwrap();
        fs::write(root.join("b/part"), "secret").unwrap();
        let within = Within::open(&root.join("a"), &[]).unwrap();
        symlink("../b/part", root.join("a/link")).unwrap();
        let other = openat(CWD, root.join("a/link"), PART, Mode::empty()).unwrap();
        fs::remove_file(root.join("a/link")).unwrap();
        symlink("part", root.join("a/link")).unwrap();
        assert!(within.admit(other).is_err(), "it was opened before the link was turned round");
        assert!(within.file(&root.join("a/link")).is_ok());
        let told = within.file(&root.join("b/part")).unwrap_err();
        assert!(is_outside(&told), "{told}");
    }

    #[test]
    fn a_link_that_leads_back_to_itself_is_named() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        symlink("nowhere", at("broken")).unwrap();
        for path in ["a", "a/below/it"] {
            assert!(link_loop(&at(path)).unwrap().starts_with(&format!("`{}` is a symbolic link", at("a").display())));
        }
        assert_eq!(link_loop(&at("broken")), None);
        assert_eq!(link_loop(home.path()), None);
    }

    #[test]
    fn a_pipe_in_the_place_of_a_part_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        rustix::fs::mkfifoat(CWD, root.path().join("part"), Mode::RUSR).unwrap();
        let within = Within::open(root.path(), &[]).unwrap();
        assert_eq!(within.file(&root.path().join("part")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}

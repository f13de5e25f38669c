//! The files of the repository as the tests of its house rules read them.

use std::fs;
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files of the crate: path from the root, and text.
pub fn sources() -> impl Iterator<Item = (String, String)> {
    rust_files("src")
}

/// The Rust files below a folder: path from the root, and text.
pub fn rust_files(folder: &str) -> impl Iterator<Item = (String, String)> {
    files(root().join(folder)).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).filter_map(read)
}

/// A file's path from the root, and its text. `None`: its content is not text.
pub fn read(path: PathBuf) -> Option<(String, String)> {
    let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
    fs::read_to_string(&path).ok().map(|text| (name, text))
}

/// Every file below a folder, in order, without build products and git's own files.
pub fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let ours = |path: &PathBuf| !path.ends_with("target") && !path.ends_with(".git");
    paths.into_iter().filter(ours).flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Fails with the name of every offender, and what to do.
pub fn none<T: ToString>(what: &str, offenders: impl IntoIterator<Item = T>) {
    let offenders: Vec<_> = offenders.into_iter().map(|offender| offender.to_string()).collect();
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

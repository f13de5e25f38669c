//! Finds the resources: every YAML file of the given folders and files. Detects when one changes.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::api::manifest::MAX_BYTES;
use crate::host::files;
use crate::host::folder::folder_of;
use crate::warehouse::files::link_loop;

#[derive(Clone, Debug)]
pub struct Manifests {
    given: Vec<PathBuf>,
}

/// The state of all manifests: it differs after any change.
pub type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Manifests {
    /// The manifests in these folders and files.
    pub fn new(given: Vec<PathBuf>) -> Self {
        Self { given }
    }

    /// The folder that relative paths start from: the first given folder, or the folder of the first file.
    pub fn home(&self) -> PathBuf {
        let first = self.given.first().cloned().unwrap_or_default();
        if first.is_dir() { first } else { folder_of(&first) }
    }

    /// The folder that `retry` and `waive` write to, which is read with these manifests. `None` if only files were given.
    pub fn requests_folder(&self) -> Option<PathBuf> {
        self.given.iter().find(|given| given.is_dir()).map(|folder| folder.join("gamedates"))
    }

    /// The name and content of every manifest. Of one that is too large, only one byte too many is read.
    pub fn read(&self) -> Result<Vec<(String, Vec<u8>)>, String> {
        let mut out = Vec::new();
        for path in self.files()? {
            let read = files::read_first(&path, MAX_BYTES as u64 + 1);
            let read = read.and_then(|bytes| bytes.ok_or_else(|| ErrorKind::NotFound.into()));
            let bytes = read.map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
            out.push((path.display().to_string(), bytes));
        }
        Ok(out)
    }

    /// Changes whenever a manifest does.
    pub fn stamp(&self) -> Stamp {
        let stamp = |path: PathBuf| {
            let meta = fs::metadata(&path).ok();
            (path, meta.as_ref().map_or(0, fs::Metadata::len), meta.and_then(|m| m.modified().ok()))
        };
        self.files().unwrap_or_default().into_iter().map(stamp).collect()
    }

    /// The path of every manifest.
    pub fn files(&self) -> Result<Vec<PathBuf>, String> {
        let mut files = Vec::new();
        for given in &self.given {
            if given.is_dir() {
                collect(given, 0, &mut files)?;
            } else if given.is_file() {
                files.push(given.clone());
            } else {
                let neither = || format!("{} is neither a file nor a folder", given.display());
                return Err(link_loop(given).unwrap_or_else(neither));
            }
        }
        files.sort();
        // `-f m.yaml -f .` names one file twice.
        let mut seen = BTreeSet::new();
        files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
        Ok(files)
    }
}

/// The error if there is no manifest.
pub fn no_manifest(given: &[PathBuf]) -> String {
    let given: Vec<String> = given.iter().map(|path| path.display().to_string()).collect();
    format!("there is no manifest in {}: no file ends in .yaml or .yml", given.join(", "))
}

/// YAML files below a folder, three levels deep. Deeper folders, such as those of tables, are not searched.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{} cannot be listed: {e}", folder.display()))?;
    for path in entries.flatten().map(|e| e.path()) {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let hidden = name.starts_with(['.', '_']) || name == "state";
        if path.is_dir() && !hidden && depth < 2 {
            collect(&path, depth + 1, files)?;
        } else if path.is_file() && !hidden && is_yaml(&path) {
            files.push(path);
        } else if !hidden && is_yaml(&path) {
            link_loop(&path).map_or(Ok(()), Err)?;
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

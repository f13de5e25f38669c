//! Names of folders: two spellings of one folder give one path.

use std::path::{Component, Path, PathBuf};

/// A folder below another one, in its shortest spelling: `./nba/` is `nba`.
pub(crate) fn below(root: &Path, folder: &str) -> PathBuf {
    let named = Path::new(folder).components().filter(|part| *part != Component::CurDir);
    root.components().chain(named).collect()
}

/// The folder of a file. A bare name is in the current folder.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| ".".into(), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_has_one_name() {
        for spelling in ["raw/odds", "./raw/odds", "raw//odds/", "raw/./odds/."] {
            assert_eq!(below(Path::new("/data/"), spelling).as_os_str(), "/data/raw/odds", "{spelling}");
        }
        assert_eq!(below(Path::new("/data"), ".").as_os_str(), "/data");
    }
}

//! How a folder is named: one that is spelled in two ways is one.

use std::path::{Component, Path, PathBuf};

/// A folder below another one, without what a spelling adds: `./nba/` is `nba`.
pub fn below(root: &Path, folder: &str) -> PathBuf {
    let named = Path::new(folder).components().filter(|part| *part != Component::CurDir);
    root.components().chain(named).collect()
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

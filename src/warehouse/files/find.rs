//! The tables below a folder: a table is a folder that holds data files or partitions. It looks at names only.

use std::fs;
use std::io;
use std::path::Path;

use super::format::{Format, is_hidden};
use crate::warehouse::value::date::parse_date;

/// The name of a table has at most this many parts.
const MAX_DEPTH: usize = 3;
/// At most this many examples are named.
const SHOWN: usize = 3;

/// What is below a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The tables, by the names that a coverage gives them: `raw/boxscores` is `raw.boxscores`.
    pub tables: Vec<String>,
    /// What looks like data and is no table, each with the reason.
    pub passed: Vec<(String, String)>,
}

/// Finds the tables below a folder.
pub fn tables_below(root: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    let entries = Entries::of(root)?;
    if entries.is_table() {
        let what = entries.data.first().or(entries.partitions.first()).cloned().unwrap_or_default();
        let why =
            "lies directly in the warehouse's folder: a table is a folder of files, so move it to a folder of its own";
        found.passed.push((what, why.into()));
    }
    below(root, &entries, &[], &mut found);
    found.tables.sort();
    Ok(found)
}

/// Whether a folder is a table itself.
pub fn is_table(folder: &Path) -> io::Result<bool> {
    Ok(Entries::of(folder)?.is_table())
}

fn below(folder: &Path, entries: &Entries, names: &[String], found: &mut Found) {
    for name in &entries.folders {
        let path = folder.join(name);
        let names: Vec<String> = names.iter().cloned().chain([name.clone()]).collect();
        let Ok(inner) = Entries::of(&path) else {
            found.passed.push((names.join("/"), "cannot be listed; let gapless read it".into()));
            continue;
        };
        if let Some(why) = inner.passed(&names) {
            found.passed.push((names.join("/"), why));
        } else if inner.is_table() {
            found.tables.push(names.join("."));
        } else if names.len() < MAX_DEPTH {
            below(&path, &inner, &names, found);
        } else if !inner.folders.is_empty() {
            let why = format!(
                "is the third folder of a name, and gapless looks no deeper: a table has at most {MAX_DEPTH} names"
            );
            found.passed.push((names.join("/"), why));
        }
    }
}

/// The names in a folder.
struct Entries {
    data: Vec<String>,
    unread: Vec<String>,
    partitions: Vec<String>,
    folders: Vec<String>,
}

impl Entries {
    fn of(folder: &Path) -> io::Result<Self> {
        let mut own = Self { data: Vec::new(), unread: Vec::new(), partitions: Vec::new(), folders: Vec::new() };
        for entry in fs::read_dir(folder)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_hidden(&name) || name == "state" {
                continue;
            }
            match (entry.path().is_dir(), Format::of(&name)) {
                (true, _) if name.contains('=') => own.partitions.push(name),
                (true, _) => own.folders.push(name),
                (false, Some(Format::Unread(_))) => own.unread.push(name),
                (false, Some(_)) => own.data.push(name),
                (false, None) => {}
            }
        }
        [&mut own.data, &mut own.unread, &mut own.partitions, &mut own.folders].into_iter().for_each(|all| all.sort());
        Ok(own)
    }

    fn is_table(&self) -> bool {
        !self.data.is_empty() || !self.partitions.is_empty()
    }

    /// Why this folder of data cannot be a table.
    fn passed(&self, names: &[String]) -> Option<String> {
        let dated: Vec<&String> = self.folders.iter().filter(|name| is_date(name)).collect();
        if let Some(first) = dated.first() {
            return Some(format!(
                "has folders that are named by a date alone, such as `{first}`: name them `dt={first}`, and gapless reads the \
                 date from the folder"
            ));
        }
        if !self.is_table() {
            let shown: Vec<&str> = self.unread.iter().take(SHOWN).map(String::as_str).collect();
            let only_unread = !shown.is_empty() && self.folders.is_empty();
            return only_unread.then(|| {
                format!("has no file that gapless reads (.parquet, .csv, .tsv, .csv.gz), but {}", shown.join(", "))
            });
        }
        let wrong = names.iter().find(|name| !is_name(name))?;
        Some(format!(
            "cannot be named as a table: `{wrong}` must be letters, digits, `_` and `-`, and begin with a letter or `_`; rename it"
        ))
    }
}

fn is_date(name: &str) -> bool {
    parse_date(name).is_some() || (name.len() == 8 && name.bytes().all(|b| b.is_ascii_digit()))
}

fn is_name(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= 128
        && name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_folder_of_files_or_partitions_and_the_rest_is_named_with_the_reason() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "raw/box/2026.csv",
            "events/dt=2026-01-02/hour=00/a.parquet",
            "logs/2026-01-02/a.csv",
            "my table/a.csv",
            "json/a.json",
            "loose.csv",
            "state/facts/a.csv",
            "_tmp/a.csv",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = tables_below(root.path()).unwrap();
        assert_eq!(found.tables, ["events", "raw.box"]);
        let passed: Vec<&str> = found.passed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(passed, ["loose.csv", "json", "logs", "my table"]);
    }
}

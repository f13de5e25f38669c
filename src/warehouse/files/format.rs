//! Which files of a table's folder are data, and how each is read. A file that gapless cannot read never counts as empty: it
//! is also a part, with an error.

use std::sync::Arc;

/// How a part is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Csv {
        /// Compressed by gzip.
        gzip: bool,
    },
    /// Not read, with the reason.
    Unread(Arc<str>),
}

/// Endings of temporary files and of files beside the data, wherever they are.
const BESIDE: [&str; 4] = [".tmp", ".crc", ".md", "~"];

const WHAT_TO_DO: &str =
    "write it as Parquet or CSV, or move it away; names that begin with `_` or `.` are passed over";

impl Format {
    /// The format of a file, by the ending of its name in any case. `None`: it holds no data.
    pub fn of(file: &str) -> Option<Self> {
        let name = file.to_ascii_lowercase();
        if is_hidden(file) || BESIDE.iter().any(|end| name.ends_with(end)) {
            return None;
        }
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        Some(match () {
            () if ends(&[".parquet", ".parq", ".pq"]) => Self::Parquet,
            () if ends(&[".csv", ".tsv"]) => Self::Csv { gzip: false },
            () if ends(&[".csv.gz", ".tsv.gz"]) => Self::Csv { gzip: true },
            () if !name.contains('.') => {
                Self::unread("has no extension: gapless reads .parquet, .csv, .tsv and .csv.gz")
            }
            () => Self::unread("is of a format that gapless does not read"),
        })
    }

    /// What is not read, and what to do about it.
    pub fn unread(why: &str) -> Self {
        Self::Unread(format!("{why}; {WHAT_TO_DO}").into())
    }

    /// A folder below the table that is not a partition.
    pub fn stray_folder() -> Self {
        Self::Unread(
            "is a folder without `COLUMN=VALUE` in its name, and gapless does not look into it; name it by its partition, as \
             in `dt=2025-10-21`, or move it away; names that begin with `_` or `.` are passed over"
                .into(),
        )
    }

    /// A partition that is nested too deep.
    pub fn too_deep(most: usize) -> Self {
        Self::Unread(
            format!("lies below {most} partitions, and gapless looks no deeper; write fewer partitions").into(),
        )
    }

    /// An entry that the operating system refuses to open.
    pub fn refused(why: &str) -> Self {
        Self::Unread(format!("cannot be opened ({why}); let gapless read it").into())
    }
}

/// A temporary file, or one of the system.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_how_a_file_is_read_and_what_is_not_read_is_no_data_missing() {
        for name in ["a.parquet", "A.PARQUET", "part-0.snappy.parquet", "x.parq", "x.pq"] {
            assert_eq!(Format::of(name), Some(Format::Parquet), "{name}");
        }
        for (name, gzip) in
            [("a.csv", false), ("A.CSV", false), ("a.tsv", false), ("a.csv.gz", true), ("a.TSV.GZ", true)]
        {
            assert_eq!(Format::of(name), Some(Format::Csv { gzip }), "{name}");
        }
        for name in [".a.csv", "_SUCCESS", "_tmp.parquet", "a.csv.tmp", ".part-0.crc", "README.md", "a.csv~"] {
            assert_eq!(Format::of(name), None, "{name}");
        }
        for name in ["a.jsonl", "a.gz", "a.csv.zst", "a.json.gz", "000000000000", "a.orc", "notes.txt"] {
            assert!(matches!(Format::of(name), Some(Format::Unread(_))), "{name}");
        }
    }
}

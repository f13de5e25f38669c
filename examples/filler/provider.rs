//! The demo's provider, and its failures. A real filler has an HTTP client or a query instead.
//!
//! A folder contains one CSV file per table and date. The file `behaviour` sets how requests behave:
//! `TABLE DATE WHAT`, with `slow`, `partial`, `empty`, `limited`, `gone` or `crash`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The provider's answer.
pub enum Answer {
    /// The rows, as CSV with a header.
    Rows(String),
    /// Success, but no rows.
    Nothing,
    /// Too many requests.
    Later,
    /// It does not have that date.
    Never,
}

/// A provider of one table.
pub struct Provider {
    folder: PathBuf,
    table: String,
}

impl Provider {
    /// The provider in a folder.
    pub fn new(folder: &Path, table: &str) -> Self {
        Self { folder: folder.into(), table: table.into() }
    }

    /// Asks for a date. Requests are counted, because the answer can depend on their number.
    pub fn ask(&self, date: &str) -> Answer {
        let asked = self.count(date);
        let behaviour = self.behaviour(date);
        std::thread::sleep(Duration::from_millis(if behaviour == "slow" { 9000 } else { 4500 }));
        let rows = fs::read_to_string(self.folder.join(&self.table).join(format!("{date}.csv")));
        match (behaviour.as_str(), asked, rows) {
            ("gone", _, _) | (_, _, Err(_)) => Answer::Never,
            ("limited", 1..=2, _) => Answer::Later,
            ("empty", 1, _) => Answer::Nothing,
            ("partial", 1, Ok(rows)) => Answer::Rows(first_half(&rows)),
            (_, _, Ok(rows)) => Answer::Rows(rows),
        }
    }

    /// Whether the filler's machine crashes while it writes this date: only at the first request.
    pub fn breaks(&self, date: &str) -> bool {
        self.behaviour(date) == "crash" && fs::read_to_string(self.counter(date)).is_ok_and(|n| n == "1")
    }

    fn behaviour(&self, date: &str) -> String {
        let text = fs::read_to_string(self.folder.join("behaviour")).unwrap_or_default();
        let mut lines = text.lines().map(|l| l.split(' ').collect::<Vec<_>>());
        let mine = lines.find(|l| matches!(l.as_slice(), [t, d, _] if *t == self.table && *d == date));
        mine.map(|l| l[2].to_string()).unwrap_or_default()
    }

    fn count(&self, date: &str) -> u32 {
        let counter = self.counter(date);
        let asked = fs::read_to_string(&counter).ok().and_then(|n| n.parse().ok()).unwrap_or(0) + 1;
        let _ = fs::create_dir_all(self.folder.join("asked")).and_then(|()| fs::write(&counter, asked.to_string()));
        asked
    }

    fn counter(&self, date: &str) -> PathBuf {
        self.folder.join("asked").join(format!("{}-{date}", self.table))
    }
}

fn first_half(rows: &str) -> String {
    let lines: Vec<&str> = rows.lines().collect();
    lines[..lines.len() / 2 + 1].join("\n") + "\n"
}

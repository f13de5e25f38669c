//! Words that several views share.

pub(super) use crate::api::report::summary::{counts, share};

use crate::domain::dates::Timestamp;
use crate::domain::state::Cell;

/// `1 date`, `3 dates`.
pub(super) fn dates(count: u32) -> String {
    format!("{count} date{}", if count == 1 { "" } else { "s" })
}

/// `Missing/NoRows`, or `Complete`.
pub(super) fn state(cell: &Cell) -> String {
    let reason = cell.cause.reason();
    if reason.is_empty() { cell.state().word().into() } else { format!("{}/{reason}", cell.state().word()) }
}

/// How far away an instant is: `in 4 min`, `3 d ago`.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.duration_since(now).as_secs();
    let text = match seconds.unsigned_abs() {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s @ 7200..=172_799 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    };
    if seconds >= 0 { format!("in {text}") } else { format!("{text} ago") }
}

/// Rows of cells as columns, each as wide as its widest; the last one is not padded.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |n: usize| rows.iter().filter_map(|r| r.get(n)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(n, cell)| format!("{cell:<width$}", width = widths[n]));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

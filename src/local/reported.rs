//! What was reported of each date, stored between two runs, so that the next run does not report it again. A line that
//! cannot be read is skipped, and its dates are reported again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::dates::DateSet;
use crate::domain::policy::Key;
use crate::domain::state::Cause;
use crate::engine::world::World;
use crate::host::complaint::Complaint;
use crate::host::{disk, files};
use crate::status::text::{cause, dates, parse_dates};

/// Beside the journal: `default TableCoverage boxscores Missing/NoRows 2025-11-14,2025-11-16`, one line for each state.
#[derive(Debug)]
pub struct Reported {
    file: PathBuf,
    saves: Complaint,
}

impl Reported {
    pub fn new(state: &Path) -> Self {
        Self { file: state.join("told"), saves: Complaint::default() }
    }

    /// What the last run reported.
    pub fn load(&self) -> BTreeMap<Key, Vec<(Cause, DateSet)>> {
        let mut all: BTreeMap<Key, Vec<(Cause, DateSet)>> = BTreeMap::new();
        let kept = files::read(&self.file, files::MAX_BYTES).ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&kept);
        for (key, cause, set) in text.lines().filter_map(line) {
            all.entry(key).or_default().push((cause, set));
        }
        all
    }

    /// Stores what was reported so far. If that fails, it is reported again after the next start.
    pub fn keep(&self, world: &World) {
        let line = |key: &Key, cause: Cause, set: &DateSet| {
            let Key { namespace, kind, name } = key;
            format!("{namespace} {kind} {name} {}/{} {}\n", cause.state().word(), cause.reason(), dates(set))
        };
        let told = world.reported();
        let text: String =
            told.iter().flat_map(|(key, all)| all.iter().map(move |(c, set)| line(key, *c, set))).collect();
        let kept = files::read(&self.file, files::MAX_BYTES).ok().flatten();
        if kept.is_some_and(|kept| kept == text.as_bytes()) {
            return;
        }
        let kept = disk::replace_unsynced(&self.file, text.as_bytes());
        let _ = self.saves.hear_misplaced(&self.file, kept, "events are reported again after the next start");
    }
}

fn line(line: &str) -> Option<(Key, Cause, DateSet)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [namespace, kind, name, told, set] = words[..] else { return None };
    let (state, reason) = told.split_once('/')?;
    let key = Key { namespace: namespace.into(), kind: kind.into(), name: name.into() };
    Some((key, cause(state, reason)?, parse_dates(set).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::Flaw;

    #[test]
    fn a_line_is_read_as_it_was_written_and_rubbish_is_left_out() {
        let read = |text: &str| line(text).map(|(key, cause, set)| (key.to_string(), cause, dates(&set)));
        let told = read("default TableCoverage t Partial/UnitsMissing 2026-01-02,2026-01-04..2026-01-05");
        let set = "2026-01-02,2026-01-04..2026-01-05".to_string();
        assert_eq!(told, Some(("TableCoverage/t".into(), Cause::Partial(Flaw::UnitsMissing), set)));
        assert_eq!(read("default TableCoverage t Complete/ 2026-01-02").map(|told| told.1), Some(Cause::Complete));
        for text in ["", "default TableCoverage t Lost/NoRows 2026-01-02", "default t Missing/NoRows x", "a b c d e f"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

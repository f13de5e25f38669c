//! How long attempts of each coverage took, from launch to the read of what they wrote, kept between runs: `plan` and the
//! screen estimate by it. Only an estimate: what cannot be read or stored is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::Outcome;
use crate::engine::overview::Event;
use crate::host::{disk, files};

/// The attempts of a coverage that are remembered.
const MAX_KEPT: usize = 20;

/// Durations in seconds, by coverage, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    file: PathBuf,
    took: BTreeMap<String, Vec<u64>>,
    open: Vec<(String, DateSet, Timestamp)>,
    is_new: bool,
}

impl Pace {
    /// What earlier runs took.
    pub fn load(state: &Path) -> Self {
        let file = state.join("pace");
        let kept = files::read(&file, files::MAX_BYTES).ok().flatten().unwrap_or_default();
        let took = String::from_utf8_lossy(&kept).lines().filter_map(line).collect();
        Self { file, took, ..Self::default() }
    }

    /// Notes launches and outcomes.
    pub fn note(&mut self, events: &[Event]) {
        for event in events {
            let coverage = event.coverage.to_string();
            if event.reason == "JobLaunched" {
                self.open.push((coverage, event.dates.clone(), event.at));
            } else if Outcome::of_word(event.reason).is_some() {
                self.ended(&coverage, event);
            }
        }
    }

    /// An attempt has an event for each outcome: the first one ends it.
    fn ended(&mut self, coverage: &str, event: &Event) {
        let is_it = |(of, dates, _): &(String, DateSet, Timestamp)| {
            of == coverage && event.dates.first().is_some_and(|date| dates.contains(date))
        };
        let Some(at) = self.open.iter().position(is_it) else { return };
        let (coverage, _, began) = self.open.swap_remove(at);
        let took = self.took.entry(coverage).or_default();
        took.push(event.at.duration_since(began).as_secs().max(0).unsigned_abs());
        let surplus = took.len().saturating_sub(MAX_KEPT);
        took.drain(..surplus);
        self.is_new = true;
    }

    /// Stores what is new.
    pub fn keep(&mut self) {
        if std::mem::take(&mut self.is_new) {
            let line = |(coverage, took): (&String, &Vec<u64>)| {
                let took: Vec<String> = took.iter().map(u64::to_string).collect();
                format!("{coverage} {}\n", took.join(" "))
            };
            let text: String = self.took.iter().map(line).collect();
            let _ = disk::replace_unsynced(&self.file, text.as_bytes());
        }
    }

    /// The median by coverage, in seconds.
    pub fn medians(&self) -> BTreeMap<String, u64> {
        let median = |took: &Vec<u64>| {
            let mut sorted = took.clone();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied()
        };
        self.took.iter().filter_map(|(coverage, took)| Some((coverage.clone(), median(took)?))).collect()
    }
}

fn line(line: &str) -> Option<(String, Vec<u64>)> {
    let mut words = line.split(' ');
    let coverage = words.next().filter(|word| !word.is_empty())?;
    Some((coverage.to_string(), words.map(str::parse).collect::<Result<_, _>>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Key;

    fn event(reason: &'static str, day: i8, second: i64) -> Event {
        let coverage = Key { namespace: "default".into(), kind: "TableCoverage".into(), name: "t".into() };
        let dates = [jiff::civil::date(2026, 1, day)].into_iter().collect();
        let at = Timestamp::from_second(second).unwrap();
        Event { at, coverage, reason, dates, message: String::new() }
    }

    #[test]
    fn the_median_of_what_attempts_took_is_kept_between_runs() {
        let state = tempfile::tempdir().unwrap();
        let mut pace = Pace::load(state.path());
        assert!(pace.medians().is_empty());
        pace.note(&[event("JobLaunched", 1, 0), event("JobLaunched", 2, 0), event("JobLaunched", 3, 0)]);
        pace.note(&[event("Filled", 2, 10), event("GapFound", 1, 11), event("Failed", 1, 30), event("Filled", 3, 20)]);
        pace.note(&[event("Filled", 3, 99)]);
        pace.keep();
        let again = Pace::load(state.path()).medians();
        assert_eq!(again, [("TableCoverage/t".to_string(), 20)].into());
        std::fs::write(state.path().join("pace"), "\nTableCoverage/u x\nTableCoverage/v 3\n").unwrap();
        assert_eq!(Pace::load(state.path()).medians(), [("TableCoverage/v".to_string(), 3)].into());
    }
}

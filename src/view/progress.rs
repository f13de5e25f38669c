//! How far a run is: gaps that are closed of those that it saw, the time since it began, and about how long the rest takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::dates::{Date, Timestamp};
use crate::domain::policy::Key;
use crate::domain::state::{Cell, State};
use crate::engine::overview::Overview;

/// What a run saw.
#[derive(Debug, Default)]
pub(super) struct Progress {
    began: Option<Timestamp>,
    seen: BTreeMap<Key, BTreeSet<Date>>,
}

impl Progress {
    /// `17 of 42 gaps, 00:31, about 00:50 to go`; `None` before there is a gap.
    pub fn line(&mut self, overview: &Overview) -> Option<String> {
        let began = *self.began.get_or_insert(overview.now);
        let (mut open, mut moving) = (0, 0);
        for view in &overview.coverages {
            let seen = self.seen.entry(view.key.clone()).or_default();
            for cell in view.cells.iter().filter(|cell| is_gap(cell)) {
                open += 1;
                moving += u64::from(moves(cell));
                seen.insert(cell.date);
            }
        }
        let all: u64 = self.seen.values().map(|dates| dates.len() as u64).sum();
        let done = all.saturating_sub(open);
        let elapsed = overview.now.duration_since(began).as_secs().max(0).unsigned_abs();
        let left = (done > 0 && moving > 0).then(|| format!(", about {} to go", clock(elapsed * moving / done)));
        (all > 0).then(|| format!("{done} of {all} gaps, {}{}", clock(elapsed), left.unwrap_or_default()))
    }
}

fn is_gap(cell: &Cell) -> bool {
    cell.state().is_open() && cell.state() != State::Unknown
}

/// Whether it is filled in this run, unless its Job fails.
fn moves(cell: &Cell) -> bool {
    matches!(cell.state(), State::Running | State::Verifying | State::Missing | State::Partial)
}

/// `00:31`, `1:02:03`.
fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Outcome;
    use crate::domain::state::Cause;
    use crate::view::fixtures::{overview, view};

    #[test]
    fn the_line_counts_what_is_closed_of_what_was_seen_and_estimates_what_moves() {
        let mut progress = Progress::default();
        let mut told = overview(vec![view(&[Cause::Missing; 4])]);
        assert_eq!(progress.line(&told).as_deref(), Some("0 of 4 gaps, 00:00"));
        let failed = Cause::Exhausted(Outcome::Failed);
        for (cell, cause) in told.coverages[0].cells.iter_mut().zip([Cause::Complete, failed]) {
            cell.cause = cause;
        }
        told.now = told.now.checked_add(jiff::SignedDuration::from_secs(31)).unwrap();
        assert_eq!(progress.line(&told).as_deref(), Some("1 of 4 gaps, 00:31, about 01:02 to go"));
        assert_eq!(Progress::default().line(&overview(vec![view(&[Cause::Complete])])), None);
        assert_eq!(clock(3723), "1:02:03");
    }
}

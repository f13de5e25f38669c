//! What waits until an instant, by coverage and instant: why a run that is over is not done, and when the next one helps.

use std::collections::BTreeMap;

use super::names::dates;
use super::times;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::policy::Key;
use crate::domain::state::{Cell, State};
use crate::engine::overview::{CoverageView, Overview};

/// Lines that are shown.
const MAX_LINES: usize = 12;

/// A line for each instant that open dates wait for, the earliest first; empty if none waits.
pub(super) fn waits(overview: &Overview) -> String {
    let mut by_instant: BTreeMap<(i64, &Key), (DateSet, &CoverageView)> = BTreeMap::new();
    for view in &overview.coverages {
        for (at, cell) in view.cells.iter().filter_map(|cell| Some((waits_until(cell, overview.now)?, cell))) {
            by_instant.entry((at.as_second(), &view.key)).or_insert_with(|| (DateSet::new(), view)).0.insert(cell.date);
        }
    }
    let lines = by_instant.iter().take(MAX_LINES).map(|((second, key), (set, view))| {
        let at = Timestamp::from_second(*second).unwrap_or(Timestamp::MAX);
        format!("  until {}: {key} {set}\n", times::at(at, &view.zone, overview.now))
    });
    let mut out: String = lines.collect();
    let rest: u32 = by_instant.values().skip(MAX_LINES).map(|(set, _)| set.len()).sum();
    if rest > 0 {
        out += &format!("  later: {}\n", dates(rest));
    }
    out
}

/// The instant that a date waits for.
fn waits_until(cell: &Cell, now: Timestamp) -> Option<Timestamp> {
    cell.next.filter(|at| *at > now && matches!(cell.state(), State::Waiting | State::Blocked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Outcome;
    use crate::domain::state::Cause;
    use crate::view::fixtures::{overview, view};

    #[test]
    fn dates_that_wait_are_named_with_their_instants_the_earliest_first() {
        let now = overview(vec![]).now;
        let mut view = view(&[Cause::Waiting(Outcome::Failed); 40]);
        for (n, cell) in view.cells.iter_mut().enumerate() {
            let minutes = if n < 2 { 90 } else { 100 + n as i64 };
            cell.next = now.checked_add(jiff::SignedDuration::from_mins(minutes)).ok();
        }
        let text = waits(&overview(vec![view]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "  until 2025-11-20 13:30:00 UTC (in 89 min): TableCoverage/boxscores 2025-11-01..2025-11-02"
        );
        assert_eq!((lines.len(), lines[MAX_LINES]), (MAX_LINES + 1, "  later: 27 dates"));
        assert_eq!(waits(&overview(vec![])), "");
    }
}

//! The counts of a coverage that status, metrics and views tell.

use crate::domain::state::State;
use crate::engine::overview::CoverageView;

/// The counts of a coverage.
pub(crate) struct Counts {
    pub expected: usize,
    pub complete: usize,
    pub open: usize,
    pub late: usize,
}

pub(crate) fn counts(view: &CoverageView) -> Counts {
    let not_expected = view.count(State::NotExpected);
    Counts {
        expected: view.cells.len() - not_expected,
        complete: view.count(State::Complete),
        open: view.cells.iter().filter(|c| c.state().is_open()).count(),
        late: view.cells.iter().filter(|c| c.late).count(),
    }
}

/// Complete of those expected, cut and never rounded up: 99.9 % is not all.
pub(crate) fn share(counts: &Counts) -> String {
    if counts.expected == 0 {
        return "-".into();
    }
    let tenths = counts.complete * 1000 / counts.expected;
    if tenths == 1000 { "100%".into() } else { format!("{}.{}%", tenths / 10, tenths % 10) }
}

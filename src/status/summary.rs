//! The counts of a coverage that status, metrics and views tell.

use crate::domain::state::State;
use crate::engine::overview::CoverageView;

/// The counts of a coverage.
pub(crate) struct Counts {
    pub expected: usize,
    /// Those of which something can be wanted by now.
    pub due: usize,
    pub complete: usize,
    pub open: usize,
    pub late: usize,
}

pub(crate) fn counts(view: &CoverageView) -> Counts {
    let expected = view.cells.len() - view.count(State::NotExpected);
    Counts {
        expected,
        due: expected - view.count(State::NotDue),
        complete: view.count(State::Complete),
        open: view.cells.iter().filter(|c| c.state().is_open()).count(),
        late: view.cells.iter().filter(|c| c.late).count(),
    }
}

/// The complete share of the due dates, truncated, never rounded up: 99.9 % is not all. Dates that are not due yet do not
/// count, so a season can be at 100 % in November.
pub(crate) fn share(counts: &Counts) -> String {
    if counts.due == 0 {
        return "-".into();
    }
    let tenths = counts.complete * 1000 / counts.due;
    if tenths == 1000 { "100%".into() } else { format!("{}.{}%", tenths / 10, tenths % 10) }
}

//! One line per coverage: what `kubectl get` shows in a cluster.

use super::names::{counts, relative, share, table};
use crate::domain::state::State;
use crate::engine::overview::{CoverageView, Overview};

/// The table of all coverages.
pub fn status(overview: &Overview) -> String {
    let head = [
        "SEASON",
        "COVERAGE",
        "EXPECTED",
        "COMPLETE",
        "OPEN",
        "LATE",
        "RUNNING",
        "EXHAUSTED",
        "COVERED",
        "READY",
        "REASON",
        "NEXT",
    ];
    let mut rows = vec![head.map(String::from).to_vec()];
    rows.extend(overview.coverages.iter().map(|c| row(c, overview)));
    table(&rows)
}

fn row(view: &CoverageView, overview: &Overview) -> Vec<String> {
    let counts = counts(view);
    let (ready, reason) = ready(view);
    let next = view.cells.iter().filter_map(|c| c.next).filter(|at| *at > overview.now).min();
    vec![
        view.season.name.to_string(),
        view.key.to_string(),
        counts.expected.to_string(),
        counts.complete.to_string(),
        counts.open.to_string(),
        counts.late.to_string(),
        view.count(State::Running).to_string(),
        view.count(State::Exhausted).to_string(),
        share(&counts),
        ready.into(),
        reason,
        next.map_or_else(|| "-".into(), |at| relative(at, overview.now)),
    ]
}

/// The Ready condition (design §9): False when a due cell is open, Unknown apart; else Unknown when a cell is.
pub fn ready(view: &CoverageView) -> (&'static str, String) {
    if view.stalled.is_some() {
        return ("False", "Stalled".into());
    }
    let worst = view.cells.iter().rfind(|c| c.state().is_open() && c.state() != State::Unknown);
    let unknown = view.cells.iter().find(|c| c.state() == State::Unknown);
    match (worst, unknown) {
        (Some(cell), _) => ("False", super::names::state(cell)),
        (None, Some(cell)) => ("Unknown", cell.cause.reason().into()),
        (None, None) if view.cells.iter().all(|c| c.state() == State::NotExpected) => {
            ("Unknown", "NothingExpected".into())
        }
        (None, None) => ("True", "Complete".into()),
    }
}

//! One line per coverage: what `kubectl get` shows in a cluster.

use super::names::{breaker, counts, failing, relative, share, table, undated, unexpected};
use super::sources::sources;
use crate::domain::state::State;
use crate::engine::overview::{CoverageView, Overview};
use crate::status::ready::standing;

/// The table of all coverages; `ready` tells each one's Ready condition: [`judged`], or what a cluster has stored.
pub fn status(overview: &Overview, ready: impl Fn(&CoverageView) -> (String, String)) -> String {
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
    rows.extend(overview.coverages.iter().map(|c| row(c, ready(c), overview)));
    let warnings = |c: &CoverageView| {
        let opened = c.opened().map(|(rung, own, opened)| breaker(rung, own, opened, overview.now));
        let rows = [c.failure.as_deref().map(failing), c.undated.and_then(undated), unexpected(&c.unexpected)];
        opened.chain(rows.into_iter().flatten()).collect::<Vec<_>>()
    };
    let told = overview.coverages.iter().flat_map(|c| warnings(c).into_iter().map(|text| (&c.key, text)));
    let coverages = told.fold(table(&rows), |out, (key, text)| format!("{out}{key}: {text}\n"));
    coverages + &sources(&overview.sources, overview.now)
}

fn row(view: &CoverageView, (ready, reason): (String, String), overview: &Overview) -> Vec<String> {
    let counts = counts(view);
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
        ready,
        reason,
        next.map_or_else(|| "-".into(), |at| relative(at, overview.now)),
    ]
}

/// The Ready condition by the rule of docs/conditions.md.
pub fn judged(view: &CoverageView) -> (String, String) {
    let standing = standing(view);
    (standing.ready.word().into(), standing.reason.word().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::state::Cause;
    use crate::view::fixtures::{overview, view};

    #[test]
    fn a_table_that_cannot_be_read_now_is_named_while_earlier_figures_hold() {
        let mut known = view(&[Cause::Complete]);
        known.failure = Some("table `t`: its server refuses the login".into());
        let text = status(&overview(vec![known]), judged);
        assert!(text.contains(" True "), "{text}");
        assert!(text.ends_with(": its table cannot be read now: table `t`: its server refuses the login\n"), "{text}");
    }
}

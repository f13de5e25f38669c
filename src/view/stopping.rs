//! What a person reads who stops gapless while Jobs run: which they are, and how to end them.

use super::commands::Commands;
use super::names::relative;
use crate::domain::dates::DateSet;
use crate::domain::ledger::Stage;
use crate::domain::words::counted;
use crate::engine::overview::Overview;

/// After the first Ctrl-C.
pub fn notice(overview: &Overview, commands: &Commands) -> String {
    let lines = running(overview, commands);
    if lines.is_empty() {
        return "Stopping: no Job runs.\n".into();
    }
    let jobs = counted(lines.len() as u64, "Jobs");
    format!("Stopping: nothing more is launched. Waiting for {jobs}; Ctrl-C again ends them:\n{}", lines.concat())
}

/// After a run that ended while Jobs run; empty if none does.
pub fn left(overview: &Overview, commands: &Commands) -> String {
    let lines = running(overview, commands);
    if lines.is_empty() {
        return String::new();
    }
    let running = if lines.len() == 1 { "Job still runs" } else { "Jobs still run" };
    format!("{} {running}, and the next run finds what they did. To end them:\n{}", lines.len(), lines.concat())
}

/// A line for each live Job, with the command that ends it.
fn running(overview: &Overview, commands: &Commands) -> Vec<String> {
    let mut lines = Vec::new();
    for view in &overview.coverages {
        for attempt in view.attempts.iter().filter(|a| matches!(a.stage, Stage::Created { .. })) {
            let first: DateSet = attempt.dates.first().into_iter().collect();
            let since = relative(attempt.recorded_at, overview.now);
            let end = commands.dates("stop", &view.key, &first);
            lines.push(format!("  {} {}, started {since}: {end}\n", view.key, attempt.dates));
        }
    }
    lines
}

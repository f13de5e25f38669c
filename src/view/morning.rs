//! What to look at this morning: below the table, a line for each coverage with the newest date that is not done, its reason,
//! and the command that says more.

use super::commands::Commands;
use super::helps::newest;
use super::names::{dates, state, wrap};
use crate::domain::state::Cell;
use crate::engine::overview::{CoverageView, Overview};

/// Coverages that are named.
const MAX_NAMED: usize = 8;

/// Empty if no coverage has a date that is not done.
pub fn morning(overview: &Overview, commands: &Commands) -> String {
    let open: Vec<(&CoverageView, &Cell)> =
        overview.coverages.iter().filter_map(|view| Some((view, worst(view)?))).collect();
    let mut out = if open.is_empty() { String::new() } else { "\nNot done:\n".to_string() };
    for (view, cell) in open.iter().take(MAX_NAMED) {
        let others = view.cells.iter().filter(|c| matters(view, c)).count().saturating_sub(1);
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let others = if others > 0 { format!(" and {} more", dates(others)) } else { String::new() };
        out += &format!("  {} {} {}{others}: {}\n", view.key, cell.date, state(cell), wrap(&cell.message, 6));
        out += &format!("      {}\n", commands.dates("explain", &view.key, &[cell.date].into_iter().collect()));
    }
    let more = open.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        out += &format!("  and {more} more coverages\n");
    }
    out
}

fn matters(view: &CoverageView, cell: &Cell) -> bool {
    cell.state().is_open() && cell.date <= view.today
}

fn worst(view: &CoverageView) -> Option<&Cell> {
    let date = newest(view)?;
    view.cells.iter().find(|cell| cell.date == date).filter(|cell| matters(view, cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::state::Cause;
    use crate::view::fixtures::{overview, view};

    #[test]
    fn each_coverage_that_is_not_done_is_named_with_its_newest_open_date_and_a_command() {
        let commands = Commands::of_files(["-f".to_string(), "here".to_string()]);
        let done = view(&[Cause::Complete]);
        let open = view(&[Cause::Missing, Cause::Missing, Cause::Complete]);
        let text = morning(&overview(vec![done.clone(), open]), &commands);
        assert!(text.contains("  TableCoverage/boxscores 2025-11-02 Missing/NoRows and 1 date more: "), "{text}");
        assert!(text.contains("\n      gapless explain -f here tc/boxscores 2025-11-02\n"), "{text}");
        assert_eq!(morning(&overview(vec![done]), &commands), "");
    }
}

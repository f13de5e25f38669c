//! What to look at this morning: below the table, a line for each coverage with the newest date that is not done, its reason,
//! and the command that says more.

use super::commands::Commands;
use super::helps::newest;
use super::names::{state, wrap};
use crate::domain::state::Cell;
use crate::domain::words::counted;
use crate::engine::overview::{CoverageView, Overview};

/// Causes that are named.
const MAX_NAMED: usize = 8;

/// Empty if no coverage has a date that is not done. A cause of several coverages is named once.
pub fn morning(overview: &Overview, commands: &Commands) -> String {
    let mut causes: Vec<(String, Vec<(&CoverageView, &Cell)>)> = Vec::new();
    for (view, cell) in overview.coverages.iter().filter_map(|view| Some((view, worst(view)?))) {
        let why = format!("{}: {}", state(cell), cell.message);
        match causes.iter_mut().find(|(known, _)| *known == why) {
            Some((_, all)) => all.push((view, cell)),
            None => causes.push((why, vec![(view, cell)])),
        }
    }
    let mut out = if causes.is_empty() { String::new() } else { "\nNot done:\n".to_string() };
    for (why, all) in causes.iter().take(MAX_NAMED) {
        let named: Vec<String> = all.iter().map(|(view, cell)| named(view, cell)).collect();
        out += &format!("  {}\n      {}\n", wrap(&named.join(", "), 2), wrap(why, 6));
        out += &all.first().map(|(view, cell)| explain(view, cell, commands)).unwrap_or_default();
    }
    let more = causes.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        out += &format!("  and {} more\n", counted(more as u64, "causes"));
    }
    out
}

/// The newest date of a coverage that is not done, and how many more there are.
fn named(view: &CoverageView, cell: &Cell) -> String {
    let others = view.cells.iter().filter(|c| matters(view, c)).count().saturating_sub(1);
    let others = if others > 0 { format!(" and {others} more") } else { String::new() };
    format!("{} {}{others}", view.key, cell.date)
}

fn explain(view: &CoverageView, cell: &Cell, commands: &Commands) -> String {
    format!("      {}\n", commands.dates("explain", &view.key, &[cell.date].into_iter().collect()))
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
        assert!(text.contains("  TableCoverage/boxscores 2025-11-02 and 1 more\n      Missing/NoRows: "), "{text}");
        assert!(text.contains("\n      gapless explain -f here tc/boxscores 2025-11-02\n"), "{text}");
        assert_eq!(morning(&overview(vec![done]), &commands), "");
    }
}

//! What would be launched now, in which order, and why the rest is not.

use super::names::{dates, season_cut, table, wrap};
use super::sources::{sources, terms};
use crate::domain::words::counted;
use crate::engine::overview::Overview;

pub fn plan(overview: &Overview) -> String {
    let mut out = String::new();
    for coverage in &overview.coverages {
        out +=
            &coverage.stalled.as_ref().map(|why| format!("{} is stalled: {why}\n", coverage.key)).unwrap_or_default();
    }
    for (season, text) in overview.seasons.iter().filter_map(|s| Some((&s.key, season_cut(s)?))) {
        out += &format!("{season} {text}\n");
    }
    if overview.launches.is_empty() {
        out += "Nothing would be launched now.\n";
    } else {
        out += &format!("{} would be launched now, in this order:\n", counted(overview.launches.len() as u64, "Jobs"));
        let rows: Vec<Vec<String>> = overview
            .launches
            .iter()
            .enumerate()
            .map(|(n, l)| {
                let attempt = format!("attempt {}", l.attempt);
                vec![
                    format!("  {}.", n + 1),
                    l.coverage.to_string(),
                    l.dates.to_string(),
                    l.reason.into(),
                    format!("rung {}", l.rung),
                    attempt,
                    terms(l, overview.now),
                ]
            })
            .collect();
        out += &table(&rows);
    }
    if !overview.held.is_empty() {
        out += "\nNot launched:\n";
    }
    for held in &overview.held {
        let reason = if held.reason.is_empty() { String::new() } else { format!("/{}", held.reason) };
        out += &format!(
            "  {} {}{reason}, {}: {}\n      {}\n",
            held.coverage,
            held.state.word(),
            dates(held.dates.len()),
            held.dates,
            wrap(&held.message, 6)
        );
    }
    out + &sources(&overview.sources, overview.now)
}

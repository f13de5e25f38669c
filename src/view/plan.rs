//! What would be launched now, in which order, and why the rest is not.

use super::names::{dates, table, wrap};
use crate::domain::words::counted;
use crate::engine::overview::Overview;

/// The plan.
pub fn plan(overview: &Overview) -> String {
    let mut out = String::new();
    for coverage in &overview.coverages {
        out +=
            &coverage.stalled.as_ref().map(|why| format!("{} is stalled: {why}\n", coverage.key)).unwrap_or_default();
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
                ]
            })
            .collect();
        out += &table(&rows);
    }
    let launched = |held: &crate::engine::overview::Held| {
        let mut rest = held.dates.clone();
        let own = overview.launches.iter().filter(|l| l.coverage == held.coverage);
        own.flat_map(|l| l.dates.iter()).for_each(|d| rest.remove(d));
        rest
    };
    let held: Vec<_> = overview.held.iter().map(|h| (h, launched(h))).filter(|(_, rest)| !rest.is_empty()).collect();
    if !held.is_empty() {
        out += "\nNot launched:\n";
    }
    for (held, rest) in held {
        let reason = if held.reason.is_empty() { String::new() } else { format!("/{}", held.reason) };
        out += &format!(
            "  {} {}{reason}, {}: {rest}\n      {}\n",
            held.coverage,
            held.state.word(),
            dates(rest.len()),
            wrap(&held.message, 6)
        );
    }
    out
}

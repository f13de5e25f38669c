//! The end of a run: what was found, launched, verified, and what remains with its reasons.

use std::collections::BTreeMap;

use super::names::{dates, state};
use crate::domain::dates::DateSet;
use crate::domain::ledger::Outcome;
use crate::engine::overview::{Event, Overview};

/// What happened while gapless ran.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    found: BTreeMap<String, DateSet>,
    launches: u32,
    outcomes: BTreeMap<&'static str, u32>,
}

impl Tally {
    /// Counts events.
    pub fn count(&mut self, events: &[Event]) {
        for event in events {
            match event.reason {
                "GapFound" => self.found.entry(event.coverage.to_string()).or_default().extend(&event.dates),
                "JobLaunched" => self.launches += 1,
                other if Outcome::ALL.iter().any(|o| o.word() == other) => {
                    *self.outcomes.entry(other).or_default() += event.dates.len()
                }
                _ => {}
            }
        }
    }
}

/// The summary of a run.
pub fn summary(overview: &Overview, tally: &Tally) -> String {
    let found: u32 = tally.found.values().map(DateSet::len).sum();
    let mut out = format!("\nFound     {} with gaps in {} coverages\n", dates(found), tally.found.len());
    out += &format!("Launched  {} Job{}\n", tally.launches, if tally.launches == 1 { "" } else { "s" });
    let outcomes: Vec<String> = tally.outcomes.iter().map(|(word, n)| format!("{n} {word}")).collect();
    out +=
        &format!("Verified  {}\n", if outcomes.is_empty() { "nothing to verify".into() } else { outcomes.join(", ") });
    let remaining = remaining(overview);
    if remaining.is_empty() {
        return out + "Remains   nothing: every due date is complete, waived or not expected\n";
    }
    out += "Remains\n";
    for ((coverage, state), (set, message)) in remaining {
        out += &format!("  {coverage} {state}, {}: {set}\n      {message}\n", dates(set.len()));
    }
    out
}

type Remaining = BTreeMap<(String, String), (DateSet, String)>;

/// Open cells by coverage and state, with the sentence of the first.
fn remaining(overview: &Overview) -> Remaining {
    let mut out = Remaining::new();
    for view in &overview.coverages {
        if let Some(why) = &view.stalled {
            out.insert((view.key.to_string(), "Stalled".into()), (DateSet::new(), why.clone()));
        }
        for cell in view.cells.iter().filter(|c| c.state().is_open()) {
            let slot = out
                .entry((view.key.to_string(), state(cell)))
                .or_insert_with(|| (DateSet::new(), cell.message.to_string()));
            slot.0.insert(cell.date);
        }
    }
    out
}

//! The end of a run: what was found, launched, verified, and what remains with its reasons.

use std::collections::BTreeMap;

use super::names::{dates, state, wrap};
use crate::domain::dates::DateSet;
use crate::domain::ledger::Outcome;
use crate::domain::state::{Cell, State};
use crate::domain::words::counted;
use crate::engine::overview::{Event, Overview};

/// What happened while gapless ran.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    found: BTreeMap<String, DateSet>,
    launches: u32,
    outcomes: BTreeMap<&'static str, u32>,
    /// Bytes of data that were read.
    pub read: u64,
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
    let coverages = counted(tally.found.len() as u64, "coverages");
    let mut out = format!("\nFound     {} with gaps in {coverages}\n", dates(found));
    out += &format!("Launched  {}\n", counted(tally.launches.into(), "Jobs"));
    out += &format!("Read      {}\n", read(tally.read));
    let outcomes: Vec<String> = tally.outcomes.iter().map(|(word, n)| format!("{n} {word}")).collect();
    out +=
        &format!("Verified  {}\n", if outcomes.is_empty() { "nothing to verify".into() } else { outcomes.join(", ") });
    let remaining = remaining(overview);
    if remaining.is_empty() {
        return out + "Remains   nothing: every due date is complete, waived or not expected\n";
    }
    out += "Remains\n";
    for ((state, set), (coverages, message)) in remaining {
        let dates = if set.is_empty() { String::new() } else { format!(", {}: {set}", dates(set.len())) };
        out += &format!("  {state}{dates}\n      in {}\n", wrap(&coverages.join(", "), 9));
        out += &format!("      {}\n", wrap(&message, 6));
    }
    out
}

/// How much data was read.
fn read(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes of data"),
        10_000..10_000_000 => format!("{} kB of data", bytes / 1000),
        _ => format!("{} MB of data", bytes / 1_000_000),
    }
}

/// State and dates, with the coverages that they are of and the sentence of the first date.
type Remaining = BTreeMap<(String, DateSet), (Vec<String>, String)>;

/// Open cells: what several coverages suffer alike is told once.
fn remaining(overview: &Overview) -> Remaining {
    let mut out = Remaining::new();
    for view in &overview.coverages {
        let mut causes: BTreeMap<(State, &str), (DateSet, &Cell)> = BTreeMap::new();
        for cell in view.cells.iter().filter(|c| c.state().is_open()) {
            let slot = causes.entry((cell.state(), cell.cause.reason())).or_insert_with(|| (DateSet::new(), cell));
            slot.0.insert(cell.date);
        }
        let told = causes.into_values().map(|(set, first)| ((state(first), set), first.message.to_string()));
        let stalled = view.stalled.iter().map(|why| (("Stalled".to_string(), DateSet::new()), why.clone()));
        for ((state, set), message) in told.chain(stalled) {
            // The same dates for another reason of the same name are another cause.
            let alike = out.iter().any(|((s, d), (_, m))| (s, d) == (&state, &set) && *m != message);
            let state = if alike { format!("{state} ({})", view.key.name) } else { state };
            out.entry((state, set)).or_insert_with(|| (Vec::new(), message)).0.push(view.key.to_string());
        }
    }
    out
}

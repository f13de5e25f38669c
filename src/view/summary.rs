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
    refused: u32,
    outcomes: BTreeMap<&'static str, u32>,
    /// Bytes of data that were read.
    pub read: u64,
}

impl Tally {
    pub fn count(&mut self, events: &[Event]) {
        for event in events {
            match event.reason {
                "GapFound" => self.found.entry(event.coverage.to_string()).or_default().extend(&event.dates),
                "JobLaunched" => self.launches += 1,
                "LaunchRefused" => self.refused += 1,
                other if Outcome::ALL.iter().any(|o| o.word() == other) => {
                    *self.outcomes.entry(other).or_default() += event.dates.len();
                    // It was open, although an earlier run may have reported it.
                    if other == Outcome::Filled.word() {
                        self.found.entry(event.coverage.to_string()).or_default().extend(&event.dates);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Gaps that existed: those reported by this run, and those that remain from an earlier run's report.
fn found(overview: &Overview, tally: &Tally) -> BTreeMap<String, DateSet> {
    let mut found = tally.found.clone();
    for view in &overview.coverages {
        let is_gap = |c: &&Cell| c.state().is_open() && c.state() != State::Unknown;
        let open: DateSet = view.cells.iter().filter(is_gap).map(|c| c.date).collect();
        if !open.is_empty() {
            found.entry(view.key.to_string()).or_default().extend(&open);
        }
    }
    found
}

/// The summary of a run; `problems` is how many the manifests have.
pub fn summary(overview: &Overview, tally: &Tally, problems: usize) -> String {
    let gaps = found(overview, tally);
    let found: u32 = gaps.values().map(DateSet::len).sum();
    let coverages = counted(gaps.len() as u64, "coverages");
    let refused = if tally.refused > 0 { format!(", {} refused", tally.refused) } else { String::new() };
    let outcomes: Vec<String> = tally.outcomes.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let verified = if outcomes.is_empty() { "nothing to verify".into() } else { outcomes.join(", ") };
    let mut out = format!("\nFound     {} with gaps in {coverages}\n", dates(found));
    out += &format!("Launched  {}{refused}\n", counted(tally.launches.into(), "Jobs"));
    out += &format!("Read      {}\n", read(tally.read));
    out += &format!("Verified  {verified}\n");
    out += &remains(overview, problems > 0);
    if problems > 0 {
        let problems = counted(problems as u64, "problems");
        out += &format!("Refused   {problems} of the manifests, listed above; gapless ignores what is refused\n");
    }
    out
}

fn remains(overview: &Overview, is_refused: bool) -> String {
    let remaining = remaining(overview);
    if remaining.is_empty() {
        return match (overview.coverages.is_empty(), is_refused) {
            (true, true) => "Remains   unknown: no coverage could be read\n",
            (true, false) => "Remains   nothing: there is no coverage\n",
            (false, true) => {
                "Remains   nothing of what could be read: its due dates are complete, waived or not expected\n"
            }
            (false, false) => "Remains   nothing: every due date is complete, waived or not expected\n",
        }
        .into();
    }
    let mut out = "Remains\n".to_string();
    for ((state, set, message), coverages) in remaining {
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

/// State, dates and their sentence, with the coverages that they are of.
type Remaining = BTreeMap<(String, DateSet, String), Vec<String>>;

/// The maximum of sentences of one state and reason of a coverage; further dates are reported together.
const MAX_SENTENCES: usize = 12;

/// Open cells, grouped by message: a problem of several coverages is reported once.
fn remaining(overview: &Overview) -> Remaining {
    let mut out = Remaining::new();
    for view in &overview.coverages {
        let mut causes: BTreeMap<String, BTreeMap<&str, DateSet>> = BTreeMap::new();
        for cell in view.cells.iter().filter(|c| c.state().is_open()) {
            causes.entry(state(cell)).or_default().entry(&cell.message).or_default().insert(cell.date);
        }
        let told = causes.into_iter().flat_map(|(state, sentences)| {
            bounded(sentences).into_iter().map(move |(message, set)| (state.clone(), set, message))
        });
        // Dates that say why themselves need no second entry.
        let is_said =
            |why: &&String| view.cells.iter().any(|c| c.state().is_open() && c.message.ends_with(why.as_str()));
        let stalled = view.stalled.iter().filter(|why| !is_said(why));
        let stalled = stalled.map(|why| ("Stalled".to_string(), DateSet::new(), why.clone()));
        for key in told.chain(stalled) {
            out.entry(key).or_default().push(view.key.to_string());
        }
    }
    out
}

/// At most so many sentences, those of the earliest dates.
fn bounded(sentences: BTreeMap<&str, DateSet>) -> Vec<(String, DateSet)> {
    let mut all: Vec<(String, DateSet)> = sentences.into_iter().map(|(text, set)| (text.into(), set)).collect();
    all.sort_by_key(|(_, set)| set.first());
    if all.len() > MAX_SENTENCES {
        let mut rest = DateSet::new();
        all.drain(MAX_SENTENCES - 1..).for_each(|(_, set)| rest.extend(&set));
        all.push(("each for its own reason; see `gapless explain`".into(), rest));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::state::Cause;
    use crate::domain::verdict::UnknownReason;
    use crate::view::fixtures::{overview, view};

    fn tally(reasons: &[&'static str]) -> Tally {
        let coverage = view(&[]).key;
        let event = |reason: &&'static str| Event {
            at: overview(vec![]).now,
            coverage: coverage.clone(),
            reason,
            dates: DateSet::new(),
            message: String::new(),
        };
        let mut tally = Tally::default();
        tally.count(&reasons.iter().map(event).collect::<Vec<_>>());
        tally
    }

    #[test]
    fn a_launch_that_was_refused_is_no_job() {
        let told = |reasons: &[&'static str]| {
            let text = summary(&overview(vec![]), &tally(reasons), 0);
            text.lines().find(|line| line.starts_with("Launched")).unwrap_or_default().to_string()
        };
        assert_eq!(told(&["JobLaunched", "LaunchRefused"]), "Launched  1 Job, 1 refused");
        assert_eq!(told(&["JobLaunched"]), "Launched  1 Job");
        assert_eq!(told(&["LaunchRefused"]), "Launched  0 Jobs, 1 refused");
    }

    #[test]
    fn each_date_remains_with_its_own_sentence() {
        let mut view = view(&[Cause::Missing, Cause::Missing, Cause::Missing, Cause::Complete]);
        view.cells[1].message = "2 rows, at least 5".into();
        let text = summary(&overview(vec![view.clone()]), &Tally::default(), 0);
        assert!(
            text.contains(
                "Missing/NoRows, 1 date: 2025-11-02\n      in TableCoverage/boxscores\n      2 rows, at least 5\n"
            ),
            "{text}"
        );
        assert!(text.contains("Missing/NoRows, 2 dates: 2025-11-01, 2025-11-03\n"), "{text}");
        let mut other = view.clone();
        other.key.name = "injuries".into();
        let text = summary(&overview(vec![view, other]), &Tally::default(), 0);
        assert_eq!(text.matches("in TableCoverage/boxscores, TableCoverage/injuries\n").count(), 2, "{text}");
    }

    #[test]
    fn a_refusal_that_stalls_a_coverage_is_told_once() {
        let mut view = view(&[Cause::Missing]);
        view.stalled = Some("there is no program 'x'".into());
        view.cells[0].message = "no rows; the Job was refused: there is no program 'x'".into();
        let text = summary(&overview(vec![view.clone()]), &Tally::default(), 0);
        assert!(text.contains("there is no program 'x'") && !text.contains("Stalled"), "{text}");
        view.cells[0].message = "no row".into();
        let text = summary(&overview(vec![view]), &Tally::default(), 0);
        assert!(text.contains("Stalled\n"), "{text}");
    }

    #[test]
    fn what_was_found_is_what_was_filled_and_what_remains_though_an_earlier_run_told_it() {
        let mut filled = Tally::default();
        let coverage = view(&[]).key;
        let dates: DateSet = view(&[Cause::Missing; 3]).cells.iter().skip(2).map(|c| c.date).collect();
        let at = overview(vec![]).now;
        filled.count(&[Event { at, coverage, reason: "Filled", dates, message: String::new() }]);
        let causes = [Cause::Missing, Cause::Unknown(UnknownReason::ProbeFailed), Cause::Complete];
        let text = summary(&overview(vec![view(&causes)]), &filled, 0);
        assert!(text.starts_with("\nFound     2 dates with gaps in 1 coverage\n"), "{text}");
    }

    #[test]
    fn a_thousand_sentences_are_a_few_lines_and_the_rest() {
        let mut view = view(&[Cause::Missing; 1000]);
        view.cells.iter_mut().enumerate().for_each(|(n, cell)| cell.message = format!("{n} rows").into());
        let text = summary(&overview(vec![view]), &Tally::default(), 0);
        assert!(text.contains("Missing/NoRows, 989 dates: 2025-11-12..2028-07-27\n"), "{text}");
        assert_eq!(text.matches("Missing/NoRows").count(), MAX_SENTENCES, "{text}");
    }

    #[test]
    fn what_could_not_be_read_is_said_last_and_never_called_complete() {
        let last = |coverages, problems| {
            let text = summary(&overview(coverages), &Tally::default(), problems);
            text.lines().rev().take(2).map(String::from).collect::<Vec<_>>()
        };
        let refused = "Refused   1 problem of the manifests, listed above; gapless ignores what is refused";
        assert_eq!(last(vec![], 1), [refused, "Remains   unknown: no coverage could be read"]);
        let told = last(vec![view(&[Cause::Complete])], 1);
        assert!(told[0] == refused && told[1].starts_with("Remains   nothing of what could be read"), "{told:?}");
        let told = last(vec![view(&[Cause::Complete])], 0);
        assert_eq!(told[0], "Remains   nothing: every due date is complete, waived or not expected");
    }
}

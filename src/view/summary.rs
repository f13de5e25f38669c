//! The end of a run: what was found, launched, verified, and what remains with its reasons.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{dates, state, wrap};
use super::waits::waits;
use crate::api::Problem;
use crate::domain::dates::DateSet;
use crate::domain::ledger::Outcome;
use crate::domain::state::{Cell, State};
use crate::domain::words::counted;
use crate::engine::overview::{CoverageView, Event, Overview};

/// Files that the last line names.
const MAX_FILES: usize = 3;

/// What happened while gapless ran.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    found: Dates,
    filled: Dates,
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
                        self.filled.entry(event.coverage.to_string()).or_default().extend(&event.dates);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Dates by coverage.
type Dates = BTreeMap<String, DateSet>;

fn count(dates: &Dates) -> u32 {
    dates.values().map(DateSet::len).sum()
}

/// Gaps that remain: each is a date that was found, by this run or by an earlier one.
fn open(overview: &Overview) -> Dates {
    let is_gap = |c: &&Cell| c.state().is_open() && c.state() != State::Unknown;
    let of = |view: &CoverageView| -> DateSet { view.cells.iter().filter(is_gap).map(|c| c.date).collect() };
    let all = overview.coverages.iter().map(|view| (view.key.to_string(), of(view)));
    all.filter(|(_, dates)| !dates.is_empty()).collect()
}

/// What was found, and what became of each date: filled, done in another way, or it remains. The parts add up.
fn found(overview: &Overview, tally: &Tally) -> String {
    let open = open(overview);
    let mut all = tally.found.clone();
    open.iter().for_each(|(key, dates)| all.entry(key.clone()).or_default().extend(dates));
    let none = DateSet::new();
    let (mut filled, mut otherwise) = (0, 0);
    for (key, dates) in &all {
        let remain = open.get(key).unwrap_or(&none);
        for date in dates.iter().filter(|date| !remain.contains(*date)) {
            let is_filled = tally.filled.get(key).is_some_and(|filled| filled.contains(date));
            (filled, otherwise) = if is_filled { (filled + 1, otherwise) } else { (filled, otherwise + 1) };
        }
    }
    let coverages = counted(all.len() as u64, "coverages");
    let otherwise = if otherwise > 0 { format!(", {otherwise} closed otherwise") } else { String::new() };
    let parts = if count(&all) > 0 {
        format!(
            ": {filled} filled{otherwise}, {} {}",
            count(&open),
            if count(&open) == 1 { "remains" } else { "remain" }
        )
    } else {
        String::new()
    };
    format!("Found     {} with gaps in {coverages}{parts}\n", dates(count(&all)))
}

/// The summary of a run; `problems` are those of the manifests.
pub fn summary(overview: &Overview, tally: &Tally, problems: &[Problem]) -> String {
    let refused = if tally.refused > 0 { format!(", {} refused", tally.refused) } else { String::new() };
    let outcomes: Vec<String> = tally.outcomes.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let verified = if outcomes.is_empty() { "nothing to verify".into() } else { outcomes.join(", ") };
    let mut out = format!("\n{}", found(overview, tally));
    out += &format!("Launched  {}{refused}\n", counted(tally.launches.into(), "Jobs"));
    out += &format!("Read      {}\n", read(tally.read));
    out += &format!("Verified  {verified}\n");
    out += &remains(overview, !problems.is_empty());
    let waits = waits(overview);
    if !waits.is_empty() {
        out += &format!("Waits     for the next run, or for `--wait all`\n{waits}");
    }
    out + &refused_files(problems)
}

/// The last line, if a manifest was refused: which, since its dates are in no other line.
fn refused_files(problems: &[Problem]) -> String {
    let files: BTreeSet<&str> = problems.iter().map(|problem| &*problem.file).collect();
    if files.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = files.iter().take(MAX_FILES).copied().collect();
    let more = files.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more files") } else { String::new() };
    let (problems, shown) = (counted(problems.len() as u64, "problems"), shown.join(", "));
    format!("Refused   {problems} of the manifests, listed above, in {shown}{more}; gapless ignores what is refused\n")
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
            let text = summary(&overview(vec![]), &tally(reasons), &[]);
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
        let text = summary(&overview(vec![view.clone()]), &Tally::default(), &[]);
        assert!(
            text.contains(
                "Missing/NoRows, 1 date: 2025-11-02\n      in TableCoverage/boxscores\n      2 rows, at least 5\n"
            ),
            "{text}"
        );
        assert!(text.contains("Missing/NoRows, 2 dates: 2025-11-01, 2025-11-03\n"), "{text}");
        let mut other = view.clone();
        other.key.name = "injuries".into();
        let text = summary(&overview(vec![view, other]), &Tally::default(), &[]);
        assert_eq!(text.matches("in TableCoverage/boxscores, TableCoverage/injuries\n").count(), 2, "{text}");
    }

    #[test]
    fn a_refusal_that_stalls_a_coverage_is_told_once() {
        let mut view = view(&[Cause::Missing]);
        view.stalled = Some("there is no program 'x'".into());
        view.cells[0].message = "no rows; the Job was refused: there is no program 'x'".into();
        let text = summary(&overview(vec![view.clone()]), &Tally::default(), &[]);
        assert!(text.contains("there is no program 'x'") && !text.contains("Stalled"), "{text}");
        view.cells[0].message = "no row".into();
        let text = summary(&overview(vec![view]), &Tally::default(), &[]);
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
        let text = summary(&overview(vec![view(&causes)]), &filled, &[]);
        assert!(text.starts_with("\nFound     2 dates with gaps in 1 coverage: 1 filled, 1 remains\n"), "{text}");
    }

    #[test]
    fn found_is_filled_and_closed_otherwise_and_what_remains() {
        let mut tally = Tally::default();
        let causes = [Cause::Missing, Cause::Complete, Cause::Waived, Cause::Complete];
        let view = view(&causes);
        let (at, coverage) = (overview(vec![]).now, view.key.clone());
        let event = |reason, dates: &[usize]| Event {
            at,
            coverage: coverage.clone(),
            reason,
            dates: dates.iter().map(|n| view.cells[*n].date).collect(),
            message: String::new(),
        };
        tally.count(&[event("GapFound", &[0, 1, 2]), event("Filled", &[1]), event("Filled", &[3])]);
        let text = summary(&overview(vec![view.clone()]), &tally, &[]);
        let told = "Found     4 dates with gaps in 1 coverage: 2 filled, 1 closed otherwise, 1 remains\n";
        assert!(text.contains(told), "{text}");
        let mut lost = view.clone();
        lost.cells[1].cause = Cause::Missing;
        let text = summary(&overview(vec![lost]), &tally, &[]);
        let told = "1 filled, 1 closed otherwise, 2 remain\n";
        assert!(text.contains(told), "a date that was filled and lost again remains: {text}");
        assert!(
            summary(&overview(vec![]), &Tally::default(), &[]).contains("Found     0 dates with gaps in 0 coverages\n")
        );
    }

    #[test]
    fn a_thousand_sentences_are_a_few_lines_and_the_rest() {
        let mut view = view(&[Cause::Missing; 1000]);
        view.cells.iter_mut().enumerate().for_each(|(n, cell)| cell.message = format!("{n} rows").into());
        let text = summary(&overview(vec![view]), &Tally::default(), &[]);
        assert!(text.contains("Missing/NoRows, 989 dates: 2025-11-12..2028-07-27\n"), "{text}");
        assert_eq!(text.matches("Missing/NoRows").count(), MAX_SENTENCES, "{text}");
    }

    #[test]
    fn what_could_not_be_read_is_said_last_and_never_called_complete() {
        let problem = Problem::file("bad.yaml", 3, "is not valid YAML");
        let last = |coverages, problems: &[Problem]| {
            let text = summary(&overview(coverages), &Tally::default(), problems);
            text.lines().rev().take(2).map(String::from).collect::<Vec<_>>()
        };
        let refused =
            "Refused   1 problem of the manifests, listed above, in bad.yaml; gapless ignores what is refused";
        let one = std::slice::from_ref(&problem);
        assert_eq!(last(vec![], one), [refused, "Remains   unknown: no coverage could be read"]);
        let told = last(vec![view(&[Cause::Complete])], one);
        assert!(told[0] == refused && told[1].starts_with("Remains   nothing of what could be read"), "{told:?}");
        let told = last(vec![view(&[Cause::Complete])], &[]);
        assert_eq!(told[0], "Remains   nothing: every due date is complete, waived or not expected");
    }
}

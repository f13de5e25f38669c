//! What would be launched now, in which order, and why the rest is not; how much that is, and what is next.

use std::collections::BTreeMap;

use super::names::{dates, season_cut, table, wrap};
use super::sources::{sources, terms};
use super::times;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::state::{Cell, State};
use crate::domain::words::counted;
use crate::engine::overview::{CoverageView, Held, Overview, Planned};

/// How long attempts took, and how many run at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace<'a> {
    /// The median in seconds, by coverage.
    pub took: &'a BTreeMap<String, u64>,
    pub max_jobs: u32,
}

pub fn plan(overview: &Overview, pace: &Pace<'_>) -> String {
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
        let rows: Vec<Vec<String>> =
            overview.launches.iter().enumerate().map(|(n, l)| launch(n, l, overview.now)).collect();
        out += &table(&rows);
        out += &total(overview, pace);
    }
    out + &not_launched(&overview.held) + &sources(&overview.sources, overview.now) + &next(overview)
}

fn launch(n: usize, launch: &Planned, now: Timestamp) -> Vec<String> {
    vec![
        format!("  {}.", n + 1),
        launch.coverage.to_string(),
        launch.dates.to_string(),
        launch.reason.into(),
        format!("rung {}", launch.rung),
        format!("attempt {}", launch.attempt),
        terms(launch, now),
    ]
}

/// Dates of a coverage that wait for a slot only.
fn waiting(overview: &Overview, view: &CoverageView) -> u32 {
    let is_open = |held: &&Held| held.coverage == view.key && matches!(held.state, State::Missing | State::Partial);
    let has_launch = overview.launches.iter().any(|launch| launch.coverage == view.key);
    let held = overview.held.iter().filter(is_open).map(|held| held.dates.len()).sum();
    if has_launch { held } else { 0 }
}

/// All Jobs that it takes, and how long by what earlier ones took.
fn total(overview: &Overview, pace: &Pace<'_>) -> String {
    let (mut jobs, mut set, mut later, mut seconds, mut is_known) = (0, 0, 0, 0, true);
    for view in &overview.coverages {
        let own: Vec<&Planned> = overview.launches.iter().filter(|l| l.coverage == view.key).collect();
        let Some(most) = own.iter().map(|l| l.dates.len()).max() else { continue };
        let wait = waiting(overview, view);
        let all = own.len() as u64 + u64::from(wait.div_ceil(most.max(1)));
        jobs += all;
        set += own.iter().map(|l| l.dates.len()).sum::<u32>() + wait;
        later += wait;
        match pace.took.get(&view.key.to_string()) {
            Some(took) => seconds += all * took,
            None => is_known = false,
        }
    }
    let at_once = u64::from(pace.max_jobs.max(1)).min(jobs.max(1));
    let later = if later > 0 { format!(", {later} of them as soon as a slot is free") } else { String::new() };
    let long = if is_known {
        format!("about {}, by the median of earlier Jobs", duration(seconds.div_ceil(at_once)))
    } else {
        "how long is not known before the first Jobs have ended".into()
    };
    format!("In total  {} for {}{later}; {long}\n", counted(jobs, "Jobs"), dates(set))
}

/// `45 s`, `12 min`, `3 h`.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// Sentences of one cause that are shown.
const MAX_SENTENCES: usize = 6;

/// A paragraph for each cause, whatever coverages it is of: one cause is fixed once.
fn not_launched(held: &[Held]) -> String {
    let mut causes: BTreeMap<(State, &str), Vec<&Held>> = BTreeMap::new();
    held.iter().for_each(|held| causes.entry((held.state, held.reason)).or_default().push(held));
    let mut out = if held.is_empty() { String::new() } else { "\nNot launched:\n".to_string() };
    for ((state, reason), held) in causes {
        let reason = if reason.is_empty() { String::new() } else { format!("/{reason}") };
        let count = held.iter().map(|held| held.dates.len()).sum();
        out += &format!("  {}{reason}, {}\n", state.word(), dates(count));
        out += &sentences(&held);
    }
    out
}

/// Each sentence once, with the dates of each coverage that it is about.
fn sentences(held: &[&Held]) -> String {
    let mut by_sentence: Vec<(&str, BTreeMap<String, DateSet>)> = Vec::new();
    for held in held {
        let known = by_sentence.iter().position(|(message, _)| *message == held.message);
        let at = known.unwrap_or_else(|| {
            by_sentence.push((&held.message, BTreeMap::new()));
            by_sentence.len() - 1
        });
        by_sentence[at].1.entry(held.coverage.to_string()).or_default().extend(&held.dates);
    }
    let mut out = String::new();
    for (message, coverages) in by_sentence.iter().take(MAX_SENTENCES) {
        let named: Vec<String> = coverages.iter().map(|(key, dates)| format!("{key} {dates}")).collect();
        out += &format!("      {}\n", wrap(&format!("{}: {message}", named.join("; ")), 8));
    }
    let rest = by_sentence.iter().skip(MAX_SENTENCES).flat_map(|(_, coverages)| coverages.values());
    let rest: u32 = rest.map(DateSet::len).sum();
    if rest > 0 {
        out += &format!("      and {} more; `gapless explain` names each\n", dates(rest));
    }
    out
}

/// What is next for each coverage, and when.
fn next(overview: &Overview) -> String {
    let ahead = |view: &CoverageView| -> Option<Vec<String>> {
        let is_ahead = |cell: &&Cell| cell.next.is_some_and(|at| at > overview.now);
        let cell = view.cells.iter().filter(is_ahead).min_by_key(|cell| (cell.next, cell.date))?;
        let what = if cell.state() == State::NotDue { "is due" } else { cell.state().word() };
        let at = times::at(cell.next?, &view.zone, overview.now);
        Some(vec![format!("  {}", view.key), format!("{} {what}", cell.date), at])
    };
    let rows: Vec<Vec<String>> = overview.coverages.iter().filter_map(ahead).collect();
    if rows.is_empty() { String::new() } else { format!("\nNext:\n{}", table(&rows)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::state::Cause;
    use crate::view::fixtures::{overview, view};

    fn held(name: &str, day: i8, message: &str) -> Held {
        let coverage = crate::domain::policy::Key { name: name.into(), ..view(&[]).key };
        let dates = [jiff::civil::date(2025, 11, day)].into_iter().collect();
        Held { coverage, dates, state: State::Missing, reason: "NoRows", message: message.into() }
    }

    #[test]
    fn a_cause_is_one_paragraph_whatever_coverages_it_is_of() {
        let held = [held("a", 1, "no rows; suspended"), held("b", 1, "no rows; suspended"), held("b", 2, "2 rows")];
        let text = not_launched(&held);
        let expected = "\nNot launched:\n  Missing/NoRows, 3 dates\n      TableCoverage/a 2025-11-01; TableCoverage/b 2025-11-01: \
                        no rows; suspended\n      TableCoverage/b 2025-11-02: 2 rows\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_total_counts_what_waits_for_a_slot_and_estimates_by_earlier_jobs() {
        let mut told = overview(vec![view(&[Cause::Missing; 7])]);
        let key = told.coverages[0].key.clone();
        let set = |days: std::ops::RangeInclusive<i8>| days.map(|day| jiff::civil::date(2025, 11, day)).collect();
        let (coverage, rung) = (key.clone(), "reload".into());
        told.launches = vec![Planned {
            coverage,
            rung,
            dates: set(1..=2),
            attempt: 1,
            reason: "NoRows",
            draw: None,
            lost_at: None,
        }];
        told.held = vec![Held { dates: set(3..=7), coverage: key.clone(), ..held("boxscores", 1, "no slot") }];
        let took = BTreeMap::from([(key.to_string(), 90)]);
        let told = |took: &BTreeMap<_, _>| total(&told, &Pace { took, max_jobs: 2 });
        assert_eq!(
            told(&took),
            "In total  4 Jobs for 7 dates, 5 of them as soon as a slot is free; about 3 min, by the median of earlier Jobs\n"
        );
        assert!(told(&BTreeMap::new()).contains("how long is not known before"), "{}", told(&BTreeMap::new()));
    }
}

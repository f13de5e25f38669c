//! The explanation of one cell: what the data says, what is wrong, what was tried, what happens next and when.

use std::path::PathBuf;

use jiff::civil::Date;

use super::commands::Commands;
use super::helps::helps;
use super::names::{breaker, failing, instant, relative, season_cut, state, table, undated, wrap};
use super::sources::terms;
use super::{deadlines, times};
use crate::domain::assess::RungStanding;
use crate::domain::judge::names;
use crate::domain::ledger::Stage;
use crate::domain::probe::WHOLE_DATE;
use crate::domain::state::Cell;
use crate::domain::verdict::Verdict;
use crate::domain::words::{counted, counted_do};
use crate::engine::overview::{CoverageView, Overview};

/// The output of a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub path: PathBuf,
    /// Its last line that is not empty.
    pub last: Option<String>,
}

/// Explains a date of a coverage; `None` if the coverage has no such date. `ladder` is what each rung can do for it, if that
/// is known. `log` returns the output of a Job of this name.
pub fn explain(
    view: &CoverageView,
    date: Date,
    overview: &Overview,
    commands: &Commands,
    ladder: &[RungStanding],
    log: impl Fn(&str) -> Option<Output>,
) -> Option<String> {
    let cell = view.cells.iter().find(|c| c.date == date)?;
    let mut rows = facts(view, cell, overview);
    rows.extend(ladder.iter().map(|own| row("rung", format!("{}: {}", own.rung, own.text))));
    rows.extend(attempts(view, date, log));
    let launch = overview.launches.iter().find(|l| l.coverage == view.key && l.dates.contains(date));
    if let Some(launch) = launch {
        rows.push(row(
            "would launch",
            [
                format!("rung {}, attempt {}, dates {}", launch.rung, launch.attempt, launch.dates),
                terms(launch, overview.now),
            ]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        ));
    }
    let mut out = format!("{} {date}: {}\n\n{}", view.key, state(cell), table(&rows));
    let helps = helps(view, cell, &[date].into_iter().collect(), commands);
    for (n, (command, what)) in helps.iter().enumerate() {
        let title = if n == 0 { "\nWhat helps:\n" } else { "" };
        out += &format!("{title}  {command}\n      {what}\n");
    }
    Some(out)
}

/// Why a coverage has nothing to say of a date.
pub fn no_date(view: &CoverageView, date: Date, overview: &Overview) -> String {
    let told = format!("{} has no date {date}", view.key);
    let season = overview.seasons.iter().find(|s| s.key == view.season);
    let cut = season.filter(|s| s.watches_from.is_some_and(|first| date < first)).and_then(season_cut);
    match (cut, view.cells.first().zip(view.cells.last())) {
        (Some(cut), _) => format!("{told}: {} {cut}", view.season),
        (None, Some((first, last))) => format!("{told}; its dates are {}..{}", first.date, last.date),
        (None, None) => told,
    }
}

/// Where the second column begins, less its margins.
const COLUMN: usize = 12;

fn row(name: &str, value: impl Into<String>) -> Vec<String> {
    let lines: Vec<String> = value.into().lines().map(|line| wrap(line, COLUMN + 4)).collect();
    vec![format!("  {name:<COLUMN$}"), lines.join(&format!("\n{:width$}", "", width = COLUMN + 4))]
}

fn facts(view: &CoverageView, cell: &Cell, overview: &Overview) -> Vec<Vec<String>> {
    let judgement = &cell.judgement;
    let reason = judgement.verdict.reason();
    let verdict = if reason.is_empty() {
        judgement.verdict.word().into()
    } else {
        format!("{}/{reason}", judgement.verdict.word())
    };
    let said = if judgement.message.is_empty() { String::new() } else { format!(": {}", by_rule(&judgement.message)) };
    let mut rows = vec![row("verdict", verdict + &said), row("state", next(cell))];
    rows.extend(view.rerun(cell.date).map(|rerun| row("rerun", rerun.sentence())));
    // Nothing is expected, or a status does not tell how much.
    if judgement.expected > 0 {
        let expected = counted(judgement.expected.into(), "units");
        rows.push(row("covered", format!("{} of {expected}", judgement.covered)));
    }
    if judgement.missing.iter().any(|unit| &**unit != WHOLE_DATE) {
        rows.push(row("not covered", names(&judgement.missing, judgement.missing.len())));
    }
    rows.extend(judgement.rows.map(|n| row("rows", n.to_string())));
    if judgement.unexpected_rows > 0 {
        rows.push(row(
            "warning",
            format!("{} to no expected unit", counted_do(judgement.unexpected_rows, "rows", "belong")),
        ));
    }
    let is_of_cell = |rung: &str| {
        let own = cell.rung.and_then(|place| view.limits.get(usize::from(place)));
        cell.state().is_open() && own.is_none_or(|(name, _)| **name == *rung)
    };
    let opened = view.opened().filter(|(rung, ..)| is_of_cell(rung));
    rows.extend(opened.map(|(rung, own, opened)| row("breaker", breaker(rung, own, opened, overview.now))));
    rows.push(row("table", view.table.name.to_string()));
    // A verdict that says so itself needs no warning.
    let fails = view.failure.as_deref().filter(|_| !matches!(judgement.verdict, Verdict::Unknown(_)));
    rows.extend(fails.map(|why| row("warning", failing(why))));
    rows.extend(view.undated.and_then(undated).map(|text| row("warning", text)));
    rows.extend(view.confirmed_at.map(|at| row("as of", format!("{} ({})", instant(at), relative(at, overview.now)))));
    rows.extend(deadlines::rows(view, cell, overview).into_iter().map(|(name, text)| row(name, text)));
    let next = match cell.next {
        Some(at) if at <= overview.now => "now".into(),
        Some(at) => times::at(at, &view.zone, overview.now),
        None => "when something changes, or when gapless starts".into(),
    };
    rows.push(row("looks again", next));
    rows
}

/// What happens next; what the verdict has said already is not said twice.
fn next(cell: &Cell) -> String {
    let rest =
        cell.message.strip_prefix(&*cell.judgement.message).map_or(&*cell.message, |r| r.trim_start_matches("; "));
    if rest.is_empty() { state(cell) } else { format!("{}: {rest}", state(cell)) }
}

/// Each rule that fails on a line of its own.
fn by_rule(message: &str) -> String {
    message.replace("; ", ";\n")
}

fn attempts(view: &CoverageView, date: Date, log: impl Fn(&str) -> Option<Output>) -> Vec<Vec<String>> {
    let logged = |job: &str| {
        let Some(Output { path, last }) = log(job) else { return vec![row("its Job", job.to_string())] };
        let mut rows = vec![row("its Job", format!("{job}, log {}", path.display()))];
        rows.extend(last.map(|line| row("its output", format!("… {line} (all of it: --logs)"))));
        rows
    };
    let mut rows = Vec::new();
    for (rung, _, tally) in view.tallies.iter().filter(|(_, d, _)| *d == date) {
        let limit = view.limits.iter().find(|(name, _)| name == rung).map_or(0, |(_, n)| *n);
        rows.push(row("charged", format!("{} of {limit} on rung {rung}; last: {}", tally.charged, tally.last.word())));
    }
    for settled in view.recent.iter().filter(|s| s.outcomes.contains_key(&date)) {
        let outcome = settled.outcomes[&date].word();
        let said = if settled.message.is_empty() { String::new() } else { format!(": {}", settled.message) };
        let (launch, rung, at) = (settled.launch, &settled.rung, instant(settled.at));
        rows.push(row("attempt", format!("launch {launch} on rung {rung} at {at}: {outcome}{said}")));
        rows.extend(logged(&view.job(launch)));
    }
    for attempt in view.attempts.iter().filter(|a| a.dates.contains(date)) {
        let stage = match attempt.stage {
            Stage::Recorded => "recorded",
            Stage::Created { .. } => "its Job is live",
            Stage::Ended { .. } => "its Job has ended, not settled yet",
        };
        rows.push(row("attempt", format!("launch {} on rung {}: {stage}", attempt.launch, attempt.rung)));
        rows.extend(logged(&view.job(attempt.launch)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::state::{Cause, Hold};
    use crate::view::fixtures::{opened, overview, view};

    #[test]
    fn an_open_date_tells_of_the_breaker_of_its_rung_with_the_next_trial_and_the_last_words() {
        let now = overview(vec![]).now;
        let mut full = view(&[Cause::Blocked(Hold::BreakerOpen), Cause::Complete]);
        let rungs = ["reload", "archive"];
        full.limits = rungs.map(|rung| (rung.into(), 5)).into();
        full.breakers = rungs.map(|rung| (rung.into(), opened(now + jiff::SignedDuration::from_mins(15)))).into();
        full.cells[0].rung = Some(1);
        let here = Commands::of_files([]);
        let told = |date| {
            let text = explain(&full, date, &overview(vec![full.clone()]), &here, &[], |_| None).unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let said = "breaker rung archive: Open since 2025-11-20T12:00:00Z; 2 trials brought nothing; one trial may start at \
                    2025-11-20T12:15:00Z (in 15 min); launch 7: SourceDown: 503";
        let text = told(full.cells[0].date);
        assert!(text.contains(said) && !text.contains("rung reload: Open"), "{text}");
        assert!(!told(full.cells[1].date).contains("breaker"), "a complete date needs no rung");
    }
}

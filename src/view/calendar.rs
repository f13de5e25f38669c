//! The heat map: a line per month and coverage, a sign per date; below it what is open, with what happens next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::live::cut;
use super::names::{counts, dates, season_cut, share, unexpected, wrap};
use super::palette::{legend, paint, sign};
use super::width::width;
use crate::domain::dates::DateSet;
use crate::domain::policy::Key;
use crate::domain::state::{Cell, State};
use crate::engine::overview::{CoverageView, Overview};

/// What is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Dates as rows and coverages as columns, only rows with something open.
    pub grid: bool,
    /// With `grid`: every row.
    pub all: bool,
    /// Only the picture: open dates are listed elsewhere.
    pub bare: bool,
}

/// Draws an overview.
pub fn calendar(overview: &Overview, options: Options) -> String {
    let mut out = String::new();
    let mut seasons: BTreeMap<&Key, Vec<&CoverageView>> = BTreeMap::new();
    overview.coverages.iter().for_each(|c| seasons.entry(&c.season).or_default().push(c));
    for (season, coverages) in seasons {
        out += &format!("{}\n\n", season.name);
        let view = overview.seasons.iter().find(|view| view.key == *season);
        out += &view.and_then(season_cut).map(|text| format!("{}\n\n", wrap(&text, 0))).unwrap_or_default();
        out += &if options.grid { grid(&coverages, options) } else { months(&coverages) };
        out += &stalled(&coverages);
        out += &footer(&coverages, options);
    }
    out
}

/// Beside a name: a month, its figures, and what is between them.
const DAYS: usize = 31 + 2 + 2 + 5;

fn months(coverages: &[&CoverageView]) -> String {
    let all = coverages.iter().flat_map(|c| &c.cells).map(|c| (c.date.year(), c.date.month()));
    let months: BTreeSet<(i16, i8)> = all.collect();
    let names = coverages.iter().map(|c| c.key.name.chars().count()).max().unwrap_or(0);
    let width = names.min(width().saturating_sub(DAYS)).max(8);
    let mut out = String::new();
    for month in months {
        out += &month_header(month, width);
        for view in coverages.iter().filter(|c| c.stalled.is_none()) {
            out += &month_line(view, month, width);
        }
        out.push('\n');
    }
    out
}

fn month_header((year, month): (i16, i8), width: usize) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = NAMES[usize::try_from(month - 1).unwrap_or(0) % 12];
    let first = jiff::civil::date(year, month, 1);
    let days = (1..=first.days_in_month()).map(|d| if d % 5 == 0 { format!("{:>5}", d) } else { String::new() });
    let ruler: String = days.collect();
    format!("{:<width$}  {}\n", format!("{name} {year}"), paint(&ruler, anstyle::AnsiColor::BrightBlack.on_default()))
}

fn month_line(view: &CoverageView, month: (i16, i8), width: usize) -> String {
    let cells: BTreeMap<Date, &Cell> = view.cells.iter().map(|c| (c.date, c)).collect();
    let first = jiff::civil::date(month.0, month.1, 1);
    let day = |n: i8| {
        let cell = cells.get(&jiff::civil::date(month.0, month.1, n));
        cell.map_or_else(|| " ".to_string(), |c| paint(&sign(c.state()).0.to_string(), sign(c.state()).1))
    };
    let line: String = (1..=first.days_in_month()).map(day).collect();
    let done = cells.values().filter(|c| (c.date.year(), c.date.month()) == month);
    let (mut expected, mut complete) = (0, 0);
    for cell in done.filter(|c| c.state() != State::NotExpected) {
        expected += 1;
        complete += usize::from(cell.state() == State::Complete);
    }
    let pad = " ".repeat(usize::try_from(31 - first.days_in_month()).unwrap_or(0));
    format!("{:<width$}  {line}{pad}  {complete}/{expected}\n", cut(&view.key.name, width))
}

/// Dates as rows: for reading one night across all tables.
fn grid(coverages: &[&CoverageView], options: Options) -> String {
    let mut rows: BTreeMap<Date, Vec<Option<State>>> = BTreeMap::new();
    for (n, view) in coverages.iter().enumerate() {
        for cell in &view.cells {
            rows.entry(cell.date).or_insert_with(|| vec![None; coverages.len()])[n] = Some(cell.state());
        }
    }
    let mut out = String::new();
    for (n, view) in coverages.iter().enumerate() {
        out += &format!("{}{} {}\n", " ".repeat(12), "| ".repeat(n) + "+", view.key.name);
    }
    for (date, states) in rows.iter().filter(|(_, s)| options.all || s.iter().flatten().any(|s| s.is_open())) {
        let signs = states.iter().map(|s| s.map_or_else(|| " ".into(), |s| paint(&sign(s).0.to_string(), sign(s).1)));
        out += &format!("{date}  {}\n", signs.collect::<Vec<_>>().join(" "));
    }
    out + "\n"
}

fn stalled(coverages: &[&CoverageView]) -> String {
    let told = coverages.iter().filter_map(|c| Some(format!("{} is stalled: {}\n", c.key, c.stalled.as_ref()?)));
    told.collect()
}

/// Counts, what the signs mean, and every run of open dates with what happens next.
fn footer(coverages: &[&CoverageView], options: Options) -> String {
    let states: BTreeSet<State> = coverages.iter().flat_map(|c| &c.cells).map(Cell::state).collect();
    let mut out = format!("{}\n\n", legend(states, width()).join("\n"));
    for view in coverages.iter().filter(|c| c.stalled.is_none() && !options.bare) {
        let counts = counts(view);
        let late = if counts.late > 0 { format!(", {} late", counts.late) } else { String::new() };
        let ahead = counts.expected - counts.due;
        let (of, ahead) = if ahead > 0 { ("due", format!(", {ahead} not due")) } else { ("expected", String::new()) };
        let waived = view.count(State::Waived);
        let waived = if waived > 0 { format!(", {waived} waived") } else { String::new() };
        out += &format!(
            "{}: {} of {} {of} dates complete ({}){waived}, {} open{late}{ahead}\n",
            view.key,
            counts.complete,
            counts.due,
            share(&counts),
            counts.open
        );
        out += &unexpected(&view.unexpected).map(|text| format!("  {}\n", wrap(&text, 2))).unwrap_or_default();
        out += &open_runs(view);
    }
    out
}

/// One cause can affect many dates: they are reported together.
const MAX_RUNS: usize = 12;

fn open_runs(view: &CoverageView) -> String {
    let mut runs: BTreeMap<(State, &str), (DateSet, &Cell)> = BTreeMap::new();
    for cell in view.cells.iter().filter(|c| c.state().is_open()) {
        runs.entry((cell.state(), cell.cause.reason())).or_insert_with(|| (DateSet::new(), cell)).0.insert(cell.date);
    }
    let line = |((state, reason), (set, first)): (&(State, &str), &(DateSet, &Cell))| {
        let ranges: Vec<String> = set.ranges().iter().take(6).map(ToString::to_string).collect();
        let more = set.ranges().len().saturating_sub(6);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (letter, style) = sign(*state);
        let message = wrap(&format!("{}: {}", first.date, first.message), 6);
        format!(
            "  {} {}/{reason}, {}: {}{more}\n      {message}\n",
            paint(&letter.to_string(), style),
            state.word(),
            dates(set.len()),
            ranges.join(", "),
        )
    };
    runs.iter().take(MAX_RUNS).map(line).collect()
}

//! The verbs that only look: plan, calendar, explain, status.

use std::io::Write;

use super::args::{CalendarArgs, ExplainArgs, Output, ReadArgs};
use super::exit::{Exit, Stop};
use super::setup::{Setup, runtime};
use crate::domain::dates::DateRange;
use crate::engine::drive::Until;
use crate::engine::overview::{CoverageView, Overview};
use crate::view;

/// Looks at everything once.
fn look(args: &ReadArgs) -> Result<(Overview, bool), Stop> {
    let mut setup = Setup::new(&args.place)?;
    let overview = runtime()?.block_on(async {
        let (_keep, mut wishes) = tokio::sync::mpsc::unbounded_channel();
        let mut engine = setup.reader(args.now);
        let overview = engine.run(Until::Seen, &mut wishes, |_, _| {}).await;
        if engine.world.has_read() {
            setup.remember(&engine);
        }
        // The process ends soon: to take a large world apart piece by piece would be time for nothing.
        std::mem::forget(engine);
        overview
    });
    Ok((overview, setup.has_problems()))
}

fn print(output: Output, json: impl FnOnce() -> serde_json::Value, text: impl FnOnce() -> String) {
    match output {
        // No escape code is in it, so nothing has to be stripped. A closed pipe is the reader's choice.
        Output::Json => _ = writeln!(std::io::stdout().lock(), "{}", json()),
        Output::Text => anstream::print!("{}", text()),
    }
}

pub(super) fn plan(args: &ReadArgs) -> Result<Exit, Stop> {
    let (overview, bad) = look(args)?;
    print(args.output, || view::json::plan(&overview), || view::plan::plan(&overview));
    Ok(Exit::of(&overview, bad))
}

pub(super) fn status(args: &ReadArgs) -> Result<Exit, Stop> {
    let (overview, bad) = look(args)?;
    print(args.output, || view::json::calendar(&overview), || view::status::status(&overview));
    Ok(Exit::of(&overview, bad))
}

pub(super) fn calendar(args: &CalendarArgs) -> Result<Exit, Stop> {
    let (mut overview, bad) = look(&args.read)?;
    if let Some(name) = &args.name {
        overview.coverages.retain(|c| is_named(c, name) || *c.season.name == **name);
        if overview.coverages.is_empty() {
            return Err(Stop::bad_input(format!("no coverage or season is called '{name}'")));
        }
    }
    let (from, through) = (args.from.unwrap_or(jiff::civil::Date::MIN), args.through.unwrap_or(jiff::civil::Date::MAX));
    let dates = DateRange::new(from, through).ok_or_else(|| Stop::bad_input("--through must be on or after --from"))?;
    let options = view::calendar::Options { dates: Some(dates), grid: args.grid, all: args.all, bare: false };
    print(args.read.output, || view::json::calendar(&overview), || view::calendar::calendar(&overview, options));
    Ok(Exit::of(&overview, bad))
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, Stop> {
    let (mut overview, bad) = look(&args.read)?;
    let names: Vec<String> = overview.coverages.iter().map(|c| c.key.to_string()).collect();
    let found = overview.coverages.iter().position(|c| is_named(c, &args.coverage));
    let found = found.ok_or_else(|| {
        Stop::bad_input(format!("there is no coverage '{}'; there are: {}", args.coverage, names.join(", ")))
    })?;
    if let Some(why) = &overview.coverages[found].stalled {
        return Err(Stop::bad_input(format!("{} is stalled: {why}", names[found])));
    }
    let text = view::explain::explain(&overview.coverages[found], args.date, &overview);
    let text = text.ok_or_else(|| Stop::bad_input(format!("{} has no date {}", names[found], args.date)))?;
    if args.read.output == Output::Json {
        let coverage = overview.coverages.swap_remove(found);
        let cells = coverage.cells.iter().filter(|c| c.date == args.date).cloned().collect();
        overview.coverages = vec![CoverageView { cells, ..coverage }];
    }
    print(args.read.output, || view::json::calendar(&overview), || text);
    Ok(Exit::of(&overview, bad))
}

/// `boxscores`, `tc/boxscores`, `TableCoverage/boxscores`.
pub(super) fn is_named(view: &CoverageView, name: &str) -> bool {
    is_called(&view.key.kind, &view.key.name, name)
}

pub(super) fn is_called(kind: &str, name: &str, wanted: &str) -> bool {
    let Some((wanted_kind, wanted)) = wanted.split_once('/') else { return name == wanted };
    let kinds: &[&str] = match kind {
        "TableCoverage" => &["tc", "tablecoverage", "tablecoverages"],
        "PropCoverage" => &["pc", "propcoverage", "propcoverages"],
        _ => &[],
    };
    name == wanted && kinds.contains(&wanted_kind.to_lowercase().as_str())
}

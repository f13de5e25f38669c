//! `gapless demo`: a real season with punched gaps in a folder, fillers that behave like the world, and `local` on it
//! until nothing is left to do. It ends well when exactly the dates remain that it made impossible.

mod behave;
mod punch;
mod rows;
mod season;

use std::collections::BTreeMap;
use std::path::Path;

use super::args::ManifestArgs;
use super::exit::{Exit, Stop};
use super::first_args::DemoArgs;
use super::interrupt::OnInterrupt;
use super::local::{Ran, Run, run};
use super::setup::{Setup, limits};
use crate::domain::dates::DateSet;
use crate::domain::span::Span;
use crate::engine::drive::Until;
use crate::engine::overview::Overview;
use crate::view;
use crate::view::commands::Commands;
use season::{DemoSeason, WAREHOUSE};

/// Live Jobs of the demo.
const MAX_JOBS: u32 = 6;

pub(super) fn demo(args: &DemoArgs) -> Result<Exit, Stop> {
    if let Some(folder) = &args.build {
        return only_build(folder, args.seed);
    }
    let temporary = std::env::temp_dir().join(format!("gapless-demo-{}", std::process::id()));
    let folder = args.keep.clone().unwrap_or_else(|| temporary.clone());
    let result = play(&folder, args.seed);
    if args.keep.is_none() {
        let _ = std::fs::remove_dir_all(&temporary);
    }
    let exit = result?;
    if exit != Exit::Stopped {
        anstream::print!("{}", go_on(args.keep.as_deref()));
    }
    Ok(exit)
}

fn play(folder: &Path, seed: u64) -> Result<Exit, Stop> {
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Stop::bad_input(format!("{} is not empty; use --keep with a new folder", folder.display())));
    }
    let season = build(folder, seed)?;
    let manifests = ManifestArgs { files: vec![folder.into()], state: None, files_root: None, connections_dir: None };
    let mut setup = Setup::new(&manifests)?;
    if setup.has_problems() {
        return Err(Stop::failed("the demo's own manifests are refused; please report it"));
    }
    let limits = limits(Span::seconds(1), MAX_JOBS, true);
    let on_interrupt = OnInterrupt::End;
    let ran = run(&mut setup, Run { limits, until: Until::Done, timeout: None, on_interrupt })?;
    let Ran { overview, tally, is_interrupted } = ran;
    if is_interrupted {
        anstream::println!("\nInterrupted. The demo's Jobs have ended.");
        return Ok(Exit::Stopped);
    }
    anstream::print!(
        "\n{}",
        view::calendar::calendar(&overview, view::calendar::Options { bare: true, ..Default::default() })
    );
    anstream::print!("{}", view::summary::summary(&overview, &tally, &[]));
    Ok(verdict(&remaining(&overview), &season.impossible))
}

/// Three commands to go on with. A demo without a folder of its own is gone by now: the first one makes one that stays.
fn go_on(kept: Option<&Path>) -> String {
    let flags = ["-f".to_string(), kept.unwrap_or(Path::new("gapless-demo")).display().to_string()];
    let here = Commands::of_files(flags);
    let first = match kept {
        Some(_) => here.verb("calendar", "--grid"),
        None => "gapless demo --keep gapless-demo".into(),
    };
    let rest = [here.verb("explain", "prop/points-lines"), here.verb("status", "--watch")];
    let place = kept.map(|folder| format!(" Its files are in {}.", folder.display())).unwrap_or_default();
    format!("\nGo on with these commands.{place}\n  {first}\n  {}\n", rest.join("\n  "))
}

/// A volume is never empty (`lost+found`), so it only must not contain a demo.
fn only_build(folder: &Path, seed: u64) -> Result<Exit, Stop> {
    if folder.join(WAREHOUSE).exists() {
        return Err(Stop::bad_input(format!("{} already contains a demo; remove it first", folder.display())));
    }
    build(folder, seed).map(|_| Exit::Done)
}

fn build(folder: &Path, seed: u64) -> Result<DemoSeason, Stop> {
    let season = DemoSeason::build(folder, seed)
        .map_err(|e| Stop::failed(format!("{} cannot be filled: {e}", folder.display())))?;
    anstream::print!("{}", season.tell());
    Ok(season)
}

/// Open dates by coverage, state and reason.
type Remaining = BTreeMap<(String, String), DateSet>;

fn remaining(overview: &Overview) -> Remaining {
    let mut out = Remaining::new();
    for view in &overview.coverages {
        for cell in view.cells.iter().filter(|c| c.state().is_open()) {
            let state = format!("{}/{}", cell.state().word(), cell.cause.reason());
            out.entry((view.key.name.to_string(), state)).or_default().insert(cell.date);
        }
    }
    out
}

fn verdict(remaining: &Remaining, impossible: &Remaining) -> Exit {
    if remaining == impossible {
        anstream::println!(
            "\nOnly the dates that the demo made impossible to fill remain. Everything else was filled and verified."
        );
        return Exit::Done;
    }
    anstream::println!("\nOnly these dates should remain:");
    for ((coverage, state), dates) in impossible {
        anstream::println!("  {coverage} {state}: {dates}");
    }
    Exit::Gaps
}

#[cfg(test)]
mod tests;

//! `check` and `crds`: what the API server would say, without one.

use jiff::Timestamp;

use super::args::{CheckArgs, CrdsArgs};
use super::exit::{Exit, Stop};
use crate::api::{crds::crds as definitions, load};
use crate::domain::policy::Season;
use crate::domain::schedule::{Calendar, calendar};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::domain::words::{counted, cut};
use crate::engine::ports::Clock;
use crate::local::clock::SystemClock;
use crate::local::manifests::{Manifests, no_manifest};
use crate::view::problems::problems;

pub(super) fn check(args: &CheckArgs) -> Result<Exit, Stop> {
    let files = Manifests::new(args.files.clone()).read().map_err(Stop::bad_input)?;
    if files.is_empty() {
        return Err(Stop::bad_input(no_manifest(&args.files)));
    }
    let loaded = load(&files, &|folder| Ok(folder.to_string()));
    anstream::print!("{}{}", problems(&loaded.problems), cuts(&loaded.seasons, SystemClock.now()));
    if !loaded.problems.is_empty() {
        return Ok(Exit::BadInput);
    }
    let (objects, files) = (counted(loaded.documents.len() as u64, "objects"), counted(files.len() as u64, "files"));
    anstream::println!("{objects} in {files}, no problem");
    Ok(Exit::Done)
}

/// That dates are left out is no problem of a manifest, and nothing that a person would guess.
fn cuts(seasons: &[Season], now: Timestamp) -> String {
    let unread = Unknown::new(UnknownReason::NotProbed, "not read yet");
    let told = |season: &Season| {
        let Calendar { today, days, .. } = calendar(season, Err(&unread), now);
        let first = season.dates.cut(&days, today)?;
        Some(format!("{}: {}\n", season.key, cut(first, days.len())))
    };
    seasons.iter().filter_map(told).collect()
}

pub(super) fn crds(args: &CrdsArgs) -> Result<Exit, Stop> {
    for (name, yaml) in definitions() {
        match &args.out {
            Some(folder) => std::fs::write(folder.join(&name), yaml)
                .map_err(|e| Stop::bad_input(format!("{} cannot be written: {e}", folder.join(&name).display())))?,
            None => anstream::print!("---\n{yaml}"),
        }
    }
    Ok(Exit::Done)
}

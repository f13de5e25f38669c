//! `check` and `crds`: what the API server would say, without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use super::args::{CheckArgs, CrdsArgs};
use super::exit::{Exit, Stop};
use super::setup::templates;
use crate::api::{Access, Loaded, crds::crds as definitions, load};
use crate::domain::policy::{Mode, Season};
use crate::domain::schedule::{Calendar, calendar};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::domain::words::{counted, cut};
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::local::jobs::Jobs;
use crate::local::manifests::{Manifests, no_manifest};
use crate::view::problems::problems;

pub(super) fn check(args: &CheckArgs) -> Result<Exit, Stop> {
    let files = Manifests::new(args.files.clone()).read().map_err(Stop::bad_input)?;
    if files.is_empty() {
        return Err(Stop::bad_input(no_manifest(&args.files)));
    }
    let loaded = load(&files, &Offline { connections: args.connections_dir.as_deref() });
    anstream::print!("{}{}", problems(&loaded.problems), cuts(&loaded.seasons, SystemClock.now()));
    anstream::print!("{}", only_in_a_cluster(&loaded));
    if !loaded.problems.is_empty() {
        return Ok(Exit::BadInput);
    }
    let (objects, files) = (counted(loaded.documents.len() as u64, "objects"), counted(files.len() as u64, "files"));
    anstream::println!("{objects} in {files}, no problem");
    Ok(Exit::Done)
}

/// What `check` knows of warehouses without opening one.
struct Offline<'a> {
    connections: Option<&'a Path>,
}

impl Access for Offline<'_> {
    fn folder(&self, folder: &str) -> Result<String, String> {
        Ok(folder.to_string())
    }

    fn connection(&self, connection: &str, _: &str) -> Result<(), String> {
        let Some(folder) = self.connections.filter(|folder| !folder.join(connection).is_dir()) else { return Ok(()) };
        let folder = folder.display();
        Err(format!(
            "there is no folder '{connection}' in --connections-dir {folder}; create it, or name one of its folders"
        ))
    }
}

/// Dates that are left out are not an error, but users must know about them.
fn cuts(seasons: &[Season], now: Timestamp) -> String {
    let unread = Unknown::new(UnknownReason::NotProbed, "not read yet");
    let told = |season: &Season| {
        let Calendar { today, days, .. } = calendar(season, Err(&unread), now);
        let first = season.dates.cut(&days, today)?;
        Some(format!("{}: {}\n", season.key, cut(first, days.len())))
    };
    seasons.iter().filter_map(told).collect()
}

/// What `gapless local` would not launch here, though a cluster could: no problem of a manifest.
fn only_in_a_cluster(loaded: &Loaded) -> String {
    let jobs = Jobs::new(Path::new(""), templates(loaded));
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for coverage in loaded.coverages.iter().filter(|c| c.fill.mode == Mode::Fill) {
        let own: BTreeSet<String> = coverage.fill.ladder.iter().filter_map(|rung| jobs.refusal(rung)).collect();
        own.into_iter().for_each(|why| refused.entry(why).or_default().push(coverage.key.to_string()));
    }
    let told = |(why, coverages): (&String, &Vec<String>)| {
        format!("{}: `gapless local` would launch nothing here: {why}\n", coverages.join(", "))
    };
    refused.iter().map(told).collect()
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

//! `retry` and `waive`: what people want of single dates now. They write GameDates, one file each beside the manifests or
//! the objects of a cluster, so that specs stay as they are.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::args::{ClusterArgs, MAX_JOBS, ManifestArgs, RetryArgs, UnwaiveArgs, WaiveArgs};
use super::cluster;
use super::date_request::DateRequest;
use super::exit::{Exit, Stop};
use super::names::is_called;
use super::read::look_at;
use super::setup::Setup;
use crate::api::kinds::{CoverageRef, GameDateSpec};
use crate::api::manifest::Document;
use crate::api::{Problem, load};
use crate::domain::dates::{DateRange, DateSet};
use crate::domain::policy::{Coverage, Key, local_date};
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::host::disk;
use crate::host::folder::folder_of;
use crate::local::journal::Journal;

pub(super) fn retry(args: &RetryArgs) -> Result<Exit, Stop> {
    let token = args.token.clone().unwrap_or_else(|| format!("retry-{}", SystemClock.now().as_second()));
    want(&args.manifests, &args.cluster, &args.coverage, &args.dates, &DateRequest::Retry { token })
}

pub(super) fn waive(args: &WaiveArgs) -> Result<Exit, Stop> {
    let request = DateRequest::Waive { reason: args.reason.clone(), expires: args.expires };
    want(&args.manifests, &args.cluster, &args.coverage, &args.dates, &request)
}

pub(super) fn unwaive(args: &UnwaiveArgs) -> Result<Exit, Stop> {
    want(&args.manifests, &args.cluster, &args.coverage, &args.dates, &DateRequest::Unwaive)
}

/// Where there are manifests they are written beside, else a cluster is asked.
fn want(
    manifests: &ManifestArgs,
    cluster: &ClusterArgs,
    name: &str,
    dates: &[String],
    request: &DateRequest,
) -> Result<Exit, Stop> {
    let dates = parse(dates)?;
    if manifests.files.is_empty() {
        cluster::write(cluster, name, &dates, request)
    } else {
        write(manifests, name, &dates, request)
    }
}

/// Writes a GameDate for each date; existing content of its file is kept. One that is in another file is left to the user.
fn write(manifests: &ManifestArgs, name: &str, dates: &DateSet, request: &DateRequest) -> Result<Exit, Stop> {
    let mut setup = Setup::new(manifests)?;
    let folder = requests(&setup)?;
    // Others add to the same files: what they wrote is read once it is our turn.
    let turn = take_turn(&folder)?;
    setup.loaded = setup.reload()?;
    let found = setup.loaded.coverages.iter().find(|c| is_called(&c.key.kind, &c.key.name, name));
    let coverage = found.cloned().ok_or_else(|| Stop::bad_input(format!("there is no valid coverage '{name}'")))?;
    request.fits(&coverage.key, coverage.fill.mode, today(&setup, &coverage))?;
    let journal = Journal::read_only(&setup.state).map_err(Stop::failed)?;
    let has_spent = |of: &Coverage, date, token: &Arc<str>| {
        journal.ledger(&of.key, &of.uid).is_some_and(|ledger| ledger.has_spent(date, token))
    };
    request.refuse_spent(dates, |date, token| has_spent(&coverage, date, token))?;
    let (mut files, mut moot) = (Vec::new(), DateSet::new());
    for date in dates.iter() {
        let object = format!("{}-{date}", coverage.season.name);
        let file = folder.join(format!("{object}.yaml"));
        let standing = standing(&setup, &object)?;
        let (mut spec, stands_in) = standing.unwrap_or((GameDateSpec::of(&coverage.season.name, date), None));
        if request.is_moot(&spec, &coverage.key) {
            moot.insert(date);
            continue;
        }
        // The journal tells for which coverages the token in the file has run: those are not run once more.
        let token: Arc<str> = spec.rerun.token.0.as_str().into();
        let is_done = |named: &CoverageRef| {
            let mut all = setup.loaded.coverages.iter();
            let of = all.find(|c| *c.key.kind == *named.kind.0 && *c.key.name == *named.name.0);
            of.is_none_or(|of| has_spent(of, date, &token))
        };
        let names_all = spec.rerun.coverages.is_empty();
        spec.rerun.coverages.retain(|named| !is_done(named));
        let is_pending = if names_all { !has_spent(&coverage, date, &token) } else { !spec.rerun.coverages.is_empty() };
        let spent = if is_pending { Vec::new() } else { vec![spec.rerun.token.clone()] };
        request.add(&mut spec, &coverage.key, &spent);
        let text = yaml(&object, &spec)?;
        if let Some(other) = stands_in.filter(|other| *other != file) {
            let other = other.display();
            return Err(Stop::bad_input(format!(
                "{other} already contains GameDate '{object}'; change it to:\n{text}"
            )));
        }
        files.push((file, text));
    }
    DateRequest::refuse_moot(&coverage.key, &moot, dates)?;
    refuse_bad(&setup, &files)?;
    std::fs::create_dir_all(&folder)
        .map_err(|e| Stop::failed(format!("{} cannot be created: {e}", folder.display())))?;
    for (file, text) in files {
        disk::replace(&file, text.as_bytes())
            .map_err(|e| Stop::failed(format!("{} cannot be written: {e}", file.display())))?;
        anstream::println!("{}", file.display());
    }
    drop(turn);
    if let DateRequest::Retry { .. } = request {
        tell(&mut setup, &coverage.key, dates, request)?;
    }
    Ok(Exit::Done)
}

/// The folder that requests are written to.
fn requests(setup: &Setup) -> Result<PathBuf, Stop> {
    setup.manifests.requests_folder().ok_or_else(|| {
        let home = setup.manifests.home();
        let text =
            "the request is written to a separate file, which no verb reads if -f names a single file; use -f with the folder";
        Stop::bad_input(format!("{text} instead: {}", home.display()))
    })
}

fn take_turn(requests: &Path) -> Result<File, Stop> {
    let folder = folder_of(requests);
    disk::turn_in(&folder).map_err(|e| Stop::failed(format!("{} cannot be locked: {e}", folder.display())))
}

/// Today in the zone of a coverage's season.
fn today(setup: &Setup, coverage: &Coverage) -> Date {
    let season = setup.loaded.seasons.iter().find(|s| s.key == coverage.season);
    local_date(SystemClock.now(), season.map_or(&TimeZone::UTC, |s| &s.zone))
}

/// Reads the current manifests, as `explain` does, and prints what the reruns wait for.
fn tell(setup: &mut Setup, coverage: &Key, dates: &DateSet, request: &DateRequest) -> Result<(), Stop> {
    setup.loaded = setup.reload()?;
    let overview = look_at(setup, None, MAX_JOBS)?;
    let view = overview.coverages.iter().find(|view| view.key == *coverage);
    let waits = |date| Some((date, view?.rerun(date)?.waits.clone()));
    request.tell(dates.iter().filter_map(waits));
    Ok(())
}

/// What a GameDate says already, and in which file.
fn standing(setup: &Setup, object: &str) -> Result<Option<(GameDateSpec, Option<PathBuf>)>, Stop> {
    let mut documents = setup.loaded.documents.iter();
    let named = |d: &&Document| d.value["kind"] == "GameDate" && d.value["metadata"]["name"] == object;
    let Some(found) = documents.find(named) else { return Ok(None) };
    let spec = serde_json::from_value(found.value["spec"].clone());
    let spec = spec.map_err(|why| Stop::bad_input(format!("{} cannot be added to: {why}", found.file)))?;
    Ok(Some((spec, Some(PathBuf::from(&*found.file)))))
}

fn yaml(object: &str, spec: &GameDateSpec) -> Result<String, Stop> {
    let value = serde_json::json!({
        "apiVersion": "gapless.dev/v1alpha1", "kind": "GameDate", "metadata": {"name": object}, "spec": spec,
    });
    serde_saphyr::to_string(&value).map_err(|why| Stop::failed(format!("GameDate '{object}' cannot be written: {why}")))
}

/// What `check` would refuse is refused before it is written.
fn refuse_bad(setup: &Setup, requested: &[(PathBuf, String)]) -> Result<(), Stop> {
    let mut files = setup.manifests.read().map_err(Stop::bad_input)?;
    files.retain(|(name, _)| !requested.iter().any(|(file, _)| file.as_path() == Path::new(name)));
    files.extend(requested.iter().map(|(file, text)| (file.display().to_string(), text.clone().into_bytes())));
    let loaded = load(&files, &|folder: &str| Ok(folder.to_string()));
    let ours = |p: &&Problem| requested.iter().any(|(file, _)| file.as_path() == Path::new(&p.file));
    let told: Vec<String> =
        loaded.problems.iter().filter(ours).map(|p| format!("{}: {}", p.object, p.sentence())).collect();
    if told.is_empty() { Ok(()) } else { Err(Stop::bad_input(told.join("\n"))) }
}

/// `2025-11-14`, `2025-11-14..2025-11-20`.
pub(super) fn parse(texts: &[String]) -> Result<DateSet, Stop> {
    let date =
        |text: &str| text.parse::<Date>().map_err(|_| Stop::bad_input(format!("'{text}' is not a calendar date")));
    let mut set = DateSet::new();
    for text in texts {
        let (from, through) = text.split_once("..").unwrap_or((text, text));
        let range = DateRange::new(date(from)?, date(through)?);
        set.insert_range(
            range.ok_or_else(|| Stop::bad_input(format!("'{text}': the end must be on or after the start")))?,
        );
    }
    Ok(set)
}

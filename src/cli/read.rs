//! The verbs that only look: plan, calendar, explain, status. At files, or at the objects of a cluster.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::args::{CalendarArgs, ClusterArgs, ExplainArgs, MAX_JOBS, Output, PlanArgs, ReadArgs, StatusArgs};
use super::exit::{Exit, Stop};
use super::names::{is_named, there_are};
use super::setup::{Setup, small_runtime};
use super::watching::{Page, watched};
use crate::domain::assess::RungStanding;
use crate::domain::dates::DateRange;
use crate::domain::policy::Key;
use crate::domain::words::legible;
use crate::engine::contract::clean;
use crate::engine::drive::Until;
use crate::engine::overview::{CoverageView, Overview};
use crate::engine::world::World;
use crate::host::files;
use crate::local::jobs::Jobs;
use crate::local::pace::Pace;
use crate::status::read::ClusterOverview;
use crate::view;
use crate::view::commands::Commands;

/// How much of an output is read for its last line.
const LAST_BYTES: u64 = 8 << 10;

struct Seen {
    overview: Overview,
    /// The Ready conditions of a cluster's objects; `None`: judged here.
    ready: Option<BTreeMap<Key, (String, String)>>,
    /// A manifest was refused.
    bad: bool,
    /// The Jobs of this machine; `None`: a cluster's.
    jobs: Option<Jobs>,
    /// How a person calls gapless for the same.
    commands: Commands,
    /// How long attempts took on this machine, in seconds.
    took: BTreeMap<String, u64>,
}

impl Seen {
    fn of_files(overview: Overview, setup: Setup) -> Self {
        let (bad, took) = (setup.has_problems(), Pace::load(&setup.state).medians());
        Self { overview, ready: None, bad, jobs: Some(setup.jobs), commands: setup.commands, took }
    }

    /// In a cluster an object was refused, or not looked at yet: nothing is known of its dates.
    fn has_untold(&self) -> bool {
        let untold = |c: &CoverageView| self.ready.is_some() && (c.stalled.is_some() || c.cells.is_empty());
        self.overview.coverages.iter().any(untold)
    }

    /// The Ready condition of a coverage: stored in a cluster, judged here.
    fn ready(&self, coverage: &CoverageView) -> (String, String) {
        let stored = self.ready.as_ref().and_then(|all| all.get(&coverage.key).cloned());
        stored.unwrap_or_else(|| view::status::judged(coverage))
    }

    fn exit(&self, has_untold: bool) -> Exit {
        let told = Exit::of(&self.overview, self.bad);
        if told == Exit::Done && has_untold { Exit::Gaps } else { told }
    }
}

/// Looks at everything once: at files where there are any, else at the objects of a cluster.
fn see(args: &ReadArgs, cluster: &ClusterArgs, all: bool) -> Result<Seen, Stop> {
    if !args.manifests.files.is_empty() {
        return look(args, MAX_JOBS);
    }
    let ClusterOverview { overview, ready } = super::cluster::look(cluster, all, args.now)?;
    let commands = Commands::of_cluster(cluster.flags());
    Ok(Seen { overview, ready: Some(ready), bad: false, jobs: None, commands, took: BTreeMap::new() })
}

/// One after the other where there are several namespaces, each under its name.
fn by_namespace(overview: &Overview, all: bool, draw: impl Fn(&Overview) -> String) -> String {
    if !all {
        return draw(overview);
    }
    let mut namespaces: BTreeMap<&str, Vec<CoverageView>> = BTreeMap::new();
    overview.coverages.iter().for_each(|c| namespaces.entry(&c.key.namespace).or_default().push(c.clone()));
    let section = |(name, coverages)| {
        let own = Overview { coverages, ..overview.clone() };
        format!("namespace {name}\n\n{}\n", draw(&own))
    };
    namespaces.into_iter().map(section).collect()
}

/// Looks at files once.
fn look(args: &ReadArgs, max_jobs: u32) -> Result<Seen, Stop> {
    let mut setup = Setup::new(&args.manifests)?;
    let overview = look_at(&mut setup, args.now, max_jobs)?;
    Ok(Seen::of_files(overview, setup))
}

/// Looks at what was set up, once.
pub(super) fn look_at(setup: &mut Setup, now: Option<Timestamp>, max_jobs: u32) -> Result<Overview, Stop> {
    Ok(look_closer(setup, now, max_jobs, |_, _| ())?.0)
}

/// The same, and what is asked of the engine's world beside it.
fn look_closer<T>(
    setup: &mut Setup,
    now: Option<Timestamp>,
    max_jobs: u32,
    ask: impl FnOnce(&World, &Overview) -> T,
) -> Result<(Overview, T), Stop> {
    let (mut overview, answer) = small_runtime()?.block_on(async {
        let mut engine = setup.reader(now, max_jobs)?;
        let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
        let overview = engine.run(Until::Seen, &mut commands, |_, _| {}).await;
        // What is seen under another clock is not what is there now.
        if now.is_none() && setup.has_learnt(&engine) {
            setup.remember(&engine.world);
        }
        let answer = ask(&engine.world, &overview);
        // The process ends soon: to take a large world apart piece by piece would be time for nothing.
        std::mem::forget(engine);
        Ok::<_, Stop>((overview, answer))
    })?;
    setup.hold_back(&mut overview);
    Ok((overview, answer))
}

pub(super) fn print(output: Output, json: impl Serialize, text: impl FnOnce() -> String) {
    match output {
        // A closed pipe is the reader's choice.
        Output::Json => _ = write(std::io::stdout().lock(), &json),
        Output::Text => anstream::print!("{}", text()),
    }
}

/// Writes it as it goes. No escape code is in it, so nothing has to be stripped.
fn write(to: impl Write, json: &impl Serialize) -> std::io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 16, to);
    serde_json::to_writer(&mut to, json)?;
    writeln!(to)?;
    to.flush()
}

pub(super) fn plan(args: &PlanArgs) -> Result<Exit, Stop> {
    let PlanArgs { read: args, slots } = args;
    if args.manifests.files.is_empty() {
        let text = "plan needs manifests: use -f DIR; for a cluster, use `calendar` and `explain`";
        return Err(Stop::bad_input(text));
    }
    let seen = look(args, slots.max_jobs)?;
    let Seen { overview, bad, took, .. } = &seen;
    let pace = view::plan::Pace { took, max_jobs: slots.max_jobs };
    print(args.output, view::json::plan(overview, &|c| seen.ready(c)), || view::plan::plan(overview, &pace));
    Ok(Exit::of(overview, *bad))
}

pub(super) fn status(args: &StatusArgs) -> Result<Exit, Stop> {
    watched(args.watch, || status_once(args))
}

fn status_once(args: &StatusArgs) -> Result<(Exit, Page), Stop> {
    let seen = see(&args.read, &args.cluster, args.all_namespaces)?;
    let overview = &seen.overview;
    let ready = |c: &CoverageView| seen.ready(c);
    let drawn = |o: &Overview| view::status::status(o, ready) + &view::morning::morning(o, &seen.commands);
    let table = || by_namespace(overview, args.all_namespaces, drawn);
    let page = Page::of(args.watch, args.read.output, view::json::calendar(overview, &ready), table);
    Ok((seen.exit(seen.has_untold()), page))
}

pub(super) fn calendar(args: &CalendarArgs) -> Result<Exit, Stop> {
    watched(args.watch, || calendar_once(args))
}

fn calendar_once(args: &CalendarArgs) -> Result<(Exit, Page), Stop> {
    let mut seen = see(&args.read, &args.cluster, args.all_namespaces)?;
    let overview = &mut seen.overview;
    if let Some(name) = &args.name {
        let known = there_are(&overview.coverages);
        overview.coverages.retain(|c| is_named(c, name) || *c.season.name == **name);
        if overview.coverages.is_empty() {
            return Err(Stop::bad_input(format!("no coverage or season is called '{name}'; {known}")));
        }
    }
    let (from, through) = (args.from.unwrap_or(jiff::civil::Date::MIN), args.through.unwrap_or(jiff::civil::Date::MAX));
    let dates = DateRange::new(from, through).ok_or_else(|| Stop::bad_input("--through must be on or after --from"))?;
    let has_untold = seen.has_untold();
    seen.overview.narrow(dates);
    let options = view::calendar::Options { grid: args.grid, all: args.all, bare: false };
    let overview = &seen.overview;
    let drawn = || by_namespace(overview, args.all_namespaces, |o| view::calendar::calendar(o, options));
    let page = Page::of(args.watch, args.read.output, view::json::calendar(overview, &|c| seen.ready(c)), drawn);
    Ok((seen.exit(has_untold), page))
}

/// What is asked of a coverage: the date, if it has one, and what each rung can do for it.
type Asked = (Option<Date>, Vec<RungStanding>);

/// The date that a person asks about.
fn date_of(args: &ExplainArgs, overview: &Overview) -> Option<Date> {
    let coverage = overview.coverages.iter().find(|c| is_named(c, &args.coverage))?;
    args.date.map(|day| day.of(coverage.today)).or_else(|| view::helps::newest(coverage))
}

/// Looks at files with what each rung of the coverage can do for the date. A cluster's objects do not tell that.
fn see_ladder(args: &ExplainArgs) -> Result<(Seen, Asked), Stop> {
    if args.read.manifests.files.is_empty() {
        let seen = see(&args.read, &args.cluster, false)?;
        let date = date_of(args, &seen.overview);
        return Ok((seen, (date, Vec::new())));
    }
    let mut setup = Setup::new(&args.read.manifests)?;
    let (overview, asked) = look_closer(&mut setup, args.read.now, MAX_JOBS, |world, overview| {
        let (date, named) = (date_of(args, overview), overview.coverages.iter().find(|c| is_named(c, &args.coverage)));
        let ladder = named.zip(date).map(|(c, date)| world.ladder(&c.key, date, overview.now));
        (date, ladder.unwrap_or_default())
    })?;
    Ok((Seen::of_files(overview, setup), asked))
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, Stop> {
    let (mut seen, (date, ladder)) = see_ladder(args)?;
    let overview = &mut seen.overview;
    let found = overview.coverages.iter().position(|c| is_named(c, &args.coverage));
    let found = found.ok_or_else(|| {
        Stop::bad_input(format!("there is no coverage '{}'; {}", args.coverage, there_are(&overview.coverages)))
    })?;
    let coverage = &overview.coverages[found];
    if let Some(why) = &coverage.stalled {
        return Err(Stop::bad_input(format!("{} is stalled: {why}", coverage.key)));
    }
    let date = date.ok_or_else(|| Stop::bad_input(format!("{} has no date", coverage.key)))?;
    let log = |job: &str| output(&seen.jobs.as_ref()?.log(job)?);
    let text = view::explain::explain(coverage, date, overview, &seen.commands, &ladder, log);
    let text = text.ok_or_else(|| Stop::bad_input(view::explain::no_date(coverage, date, overview)))?;
    let logs = if args.logs { logs(coverage, date, seen.jobs.as_ref())? } else { String::new() };
    overview.coverages = vec![overview.coverages.swap_remove(found)];
    overview.narrow(DateRange::day(date));
    let ready = |c: &CoverageView| seen.ready(c);
    print(args.read.output, view::json::calendar(&seen.overview, &ready), || text + &logs);
    Ok(seen.exit(false))
}

/// The output of a Job, by its end.
fn output(path: &Path) -> Option<view::explain::Output> {
    let path = path.to_path_buf();
    let last = files::read_last(&path, LAST_BYTES).ok().flatten();
    let last = last.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).and_then(|text| {
        let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        Some(clean(line))
    });
    Some(view::explain::Output { path, last })
}

/// What the last Job of a date printed, whole.
fn logs(coverage: &CoverageView, date: Date, jobs: Option<&Jobs>) -> Result<String, Stop> {
    let live = coverage.attempts.iter().filter(|a| a.dates.contains(date)).map(|a| a.launch).max();
    let settled = || coverage.recent.iter().filter(|s| s.outcomes.contains_key(&date)).map(|s| s.launch).max();
    let Some(launch) = live.or_else(settled) else { return Ok("\nNo Job of this date is known.\n".into()) };
    let name = coverage.job(launch);
    let Some(jobs) = jobs else {
        let namespace = &coverage.key.namespace;
        return Ok(format!("\nThe output of its last Job:\n  kubectl logs -n {namespace} job/{name}\n"));
    };
    let Some(path) = jobs.log(&name) else { return Ok(format!("\nThe output of {name} is no longer there.\n")) };
    let bytes = std::fs::read(&path).map_err(|e| Stop::failed(format!("{} cannot be read: {e}", path.display())))?;
    let lines = String::from_utf8_lossy(&bytes).lines().map(|line| legible(line) + "\n").collect::<String>();
    Ok(format!("\nThe output of {name}:\n\n{lines}"))
}

//! The verbs that only look: plan, calendar, explain, status. At files, or at the objects of a cluster.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::args::{CalendarArgs, ClusterArgs, ExplainArgs, MAX_JOBS, Output, PlanArgs, ReadArgs, StatusArgs};
use super::exit::{Exit, Stop};
use super::names::{is_named, there_are};
use super::setup::{Setup, small_runtime};
use crate::domain::assess::RungStanding;
use crate::domain::dates::DateRange;
use crate::domain::policy::Key;
use crate::engine::drive::Until;
use crate::engine::overview::{CoverageView, Overview};
use crate::engine::world::World;
use crate::local::jobs::Jobs;
use crate::status::read::ClusterOverview;
use crate::view;

struct Seen {
    overview: Overview,
    /// The Ready conditions of a cluster's objects; `None`: judged here.
    ready: Option<BTreeMap<Key, (String, String)>>,
    /// A manifest was refused.
    bad: bool,
    /// The Jobs of this machine; `None`: a cluster's.
    jobs: Option<Jobs>,
}

impl Seen {
    /// In a cluster an object was refused, or not looked at yet: nothing is known of its dates.
    fn has_untold(&self) -> bool {
        let untold = |c: &CoverageView| self.ready.is_some() && (c.stalled.is_some() || c.cells.is_empty());
        self.overview.coverages.iter().any(untold)
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
    Ok(Seen { overview, ready: Some(ready), bad: false, jobs: None })
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
    let bad = setup.has_problems();
    Ok(Seen { overview, ready: None, bad, jobs: Some(setup.jobs) })
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

fn print(output: Output, json: impl Serialize, text: impl FnOnce() -> String) {
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
    let Seen { overview, bad, .. } = look(args, slots.max_jobs)?;
    print(args.output, view::json::plan(&overview), || view::plan::plan(&overview));
    Ok(Exit::of(&overview, bad))
}

pub(super) fn status(args: &StatusArgs) -> Result<Exit, Stop> {
    let seen = see(&args.read, &args.cluster, args.all_namespaces)?;
    let overview = &seen.overview;
    let ready = |c: &CoverageView| {
        seen.ready.as_ref().and_then(|all| all.get(&c.key).cloned()).unwrap_or_else(|| view::status::judged(c))
    };
    let table = || by_namespace(overview, args.all_namespaces, |o| view::status::status(o, ready));
    print(args.read.output, view::json::calendar(overview), table);
    Ok(seen.exit(seen.has_untold()))
}

pub(super) fn calendar(args: &CalendarArgs) -> Result<Exit, Stop> {
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
    print(args.read.output, view::json::calendar(overview), drawn);
    Ok(seen.exit(has_untold))
}

/// Looks at files with what each rung of the coverage can do for the date. A cluster's objects do not tell that.
fn see_ladder(args: &ExplainArgs) -> Result<(Seen, Vec<RungStanding>), Stop> {
    if args.read.manifests.files.is_empty() {
        return Ok((see(&args.read, &args.cluster, false)?, Vec::new()));
    }
    let mut setup = Setup::new(&args.read.manifests)?;
    let (overview, ladder) = look_closer(&mut setup, args.read.now, MAX_JOBS, |world, overview| {
        let named = overview.coverages.iter().find(|c| is_named(c, &args.coverage));
        named.map(|c| world.ladder(&c.key, args.date, overview.now)).unwrap_or_default()
    })?;
    let bad = setup.has_problems();
    Ok((Seen { overview, ready: None, bad, jobs: Some(setup.jobs) }, ladder))
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, Stop> {
    let (mut seen, ladder) = see_ladder(args)?;
    let overview = &mut seen.overview;
    let found = overview.coverages.iter().position(|c| is_named(c, &args.coverage));
    let found = found.ok_or_else(|| {
        Stop::bad_input(format!("there is no coverage '{}'; {}", args.coverage, there_are(&overview.coverages)))
    })?;
    let coverage = &overview.coverages[found];
    if let Some(why) = &coverage.stalled {
        return Err(Stop::bad_input(format!("{} is stalled: {why}", coverage.key)));
    }
    let log = |job: &str| seen.jobs.as_ref()?.log(job);
    let text = view::explain::explain(coverage, args.date, overview, &ladder, log);
    let text = text.ok_or_else(|| Stop::bad_input(view::explain::no_date(coverage, args.date, overview)))?;
    overview.coverages = vec![overview.coverages.swap_remove(found)];
    overview.narrow(DateRange::day(args.date));
    print(args.read.output, view::json::calendar(&seen.overview), || text);
    Ok(seen.exit(false))
}

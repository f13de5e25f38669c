//! `stop`: ends the running Jobs of dates. On one machine the runner of a Job is asked by a file in its folder; in a cluster
//! the Job's own deadline is moved to now. Either way the filler gets its grace period, and the attempt is not charged.

use std::time::{Duration, Instant};

use super::args::StopArgs;
use super::cluster;
use super::exit::{Exit, Stop};
use super::game_date::parse;
use super::names::is_called;
use super::setup::Setup;
use crate::domain::dates::DateSet;
use crate::domain::ledger::Job;
use crate::domain::words::counted;
use crate::local::journal::Journal;

/// Who ends Jobs, as their messages say it.
pub(super) const BY: &str = "gapless stop";
/// How long a runner needs beyond the grace period of its filler.
const SLACK: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn stop(args: &StopArgs) -> Result<Exit, Stop> {
    let dates = parse(&args.dates)?;
    if args.manifests.files.is_empty() {
        return cluster::stop(&args.cluster, &args.coverage, &dates);
    }
    let mut setup = Setup::new(&args.manifests)?;
    let journal = Journal::read_only(&setup.state).map_err(Stop::failed)?.into();
    setup.jobs.belong_to(&journal).map_err(Stop::failed)?;
    let found = setup.loaded.coverages.iter().find(|c| is_called(&c.key.kind, &c.key.name, &args.coverage));
    let coverage = found.ok_or_else(|| Stop::bad_input(format!("there is no valid coverage '{}'", args.coverage)))?;
    let live = live(&setup, &coverage.uid)?;
    let asked: Vec<&Job> = live.iter().filter(|job| !job.dates.intersect(&dates).is_empty()).collect();
    if asked.is_empty() {
        return Err(Stop::bad_input(nothing_runs(
            &coverage.key.to_string(),
            &dates,
            live.iter().map(|job| &job.dates),
        )));
    }
    let mut grace = 0;
    for job in &asked {
        let seconds = setup.jobs.stop(job, BY);
        grace = grace.max(seconds.map_err(|e| Stop::failed(format!("Job {} cannot be stopped: {e}", job.name)))?);
    }
    await_end(&setup, &coverage.uid, &asked, Duration::from_secs(grace) + SLACK)
}

/// Why no Job is stopped, with those that could be.
pub(super) fn nothing_runs<'a>(
    coverage: &str,
    dates: &DateSet,
    live: impl ExactSizeIterator<Item = &'a DateSet>,
) -> String {
    let jobs = counted(live.len() as u64, "Jobs");
    let others: Vec<String> = live.map(ToString::to_string).collect();
    let others =
        if others.is_empty() { "none runs at all".into() } else { format!("{jobs} of it: {}", others.join("; ")) };
    format!("no running Job of {coverage} covers {dates}; {others}")
}

fn live(setup: &Setup, uid: &str) -> Result<Vec<Job>, Stop> {
    let mut jobs = setup.jobs.list().map_err(Stop::failed)?;
    jobs.retain(|job| *job.coverage == *uid && job.ended.is_none());
    Ok(jobs)
}

/// Waits until the Jobs have ended, and says so of each.
fn await_end(setup: &Setup, uid: &str, asked: &[&Job], patience: Duration) -> Result<Exit, Stop> {
    let begun = Instant::now();
    loop {
        let live = live(setup, uid)?;
        let runs = |job: &Job| live.iter().any(|other| other.name == job.name);
        let left: Vec<&str> = asked.iter().filter(|job| runs(job)).map(|job| &*job.name).collect();
        if left.is_empty() {
            asked.iter().for_each(|job| anstream::println!("{} {}: ended", job.name, job.dates));
            anstream::eprintln!("gapless launches these dates again after a wait, unless they are suspended or waived");
            return Ok(Exit::Done);
        }
        if begun.elapsed() > patience {
            let (left, seconds) = (left.join(", "), patience.as_secs());
            return Err(Stop::failed(format!("{left}: still running {seconds} seconds after the request to end")));
        }
        std::thread::sleep(LOOK);
    }
}

//! `stop` in a cluster, with the rights of the person: the Job's own deadline is moved to now. The Job controller ends its
//! pods by their grace period, and an annotation tells the operator that a person did it.

use k8s_openapi::api::batch::v1::Job;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use super::connect::{Cluster, Fault};
use super::{MANAGER, within};
use crate::cli::args::ClusterArgs;
use crate::cli::exit::{Exit, Stop};
use crate::cli::names::{is_called, there_are};
use crate::cli::setup::runtime;
use crate::cli::stop::{BY, nothing_runs};
use crate::domain::dates::DateSet;
use crate::domain::ledger::{Attempt, Stage};
use crate::engine::overview::CoverageView;
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::kubernetes::STOPPED;
use crate::status::read::overview;

pub(in crate::cli) fn stop(args: &ClusterArgs, name: &str, dates: &DateSet) -> Result<Exit, Stop> {
    runtime()?.block_on(async {
        let cluster = Cluster::connect(args).await?;
        let told = overview(&cluster.objects(Some(&cluster.namespace)).await?, SystemClock.now()).overview;
        let named = |c: &&CoverageView| is_called(&c.key.kind, &c.key.name, name);
        let coverage = told.coverages.iter().find(named).ok_or_else(|| {
            let known = there_are(&told.coverages);
            Stop::bad_input(format!("there is no coverage '{name}' in namespace '{}'; {known}", cluster.namespace))
        })?;
        within(coverage, dates)?;
        cluster.stop_jobs(coverage, dates).await
    })
}

impl Cluster {
    async fn stop_jobs(&self, coverage: &CoverageView, dates: &DateSet) -> Result<Exit, Stop> {
        let live: Vec<(&Attempt, &str)> = coverage.attempts.iter().filter_map(live).collect();
        let asked: Vec<&(&Attempt, &str)> =
            live.iter().filter(|(attempt, _)| !attempt.dates.intersect(dates).is_empty()).collect();
        if asked.is_empty() {
            let live = live.iter().map(|(attempt, _)| &attempt.dates);
            return Err(Stop::bad_input(nothing_runs(&coverage.key.to_string(), dates, live)));
        }
        let jobs: Api<Job> = Api::namespaced(self.client.clone(), &self.namespace);
        for (attempt, uid) in asked {
            let name = coverage.job(attempt.launch);
            let params = PatchParams { field_manager: Some(MANAGER.into()), ..PatchParams::default() };
            let answer = self.call(jobs.patch(&name, &params, &Patch::Merge(patch(uid)))).await;
            let done = match answer {
                Ok(_) => "ending",
                Err(Fault::Refused(status)) if matches!(status.code, 404 | 409) => "already gone",
                Err(fault) => return Err(self.stop(&format!("patch job {name}"), fault)),
            };
            anstream::println!("job/{name} {}: {done}", attempt.dates);
        }
        anstream::eprintln!("gapless launches these dates again after a wait, unless they are suspended or waived");
        Ok(Exit::Done)
    }
}

/// An attempt whose Job may run, with the Job's uid.
fn live(attempt: &Attempt) -> Option<(&Attempt, &str)> {
    if let Stage::Created { uid } = &attempt.stage { Some((attempt, &**uid)) } else { None }
}

/// Fits this Job only, never a later one of its name.
fn patch(uid: &str) -> Value {
    json!({
        "metadata": { "uid": uid, "annotations": { STOPPED: BY } },
        "spec": { "activeDeadlineSeconds": 1 },
    })
}

//! The verbs against a cluster: they read the objects alone and write GameDates alone, with the rights of the person.

mod connect;
mod stop;

pub(super) use stop::stop;

use jiff::Timestamp;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use kube::{Client, Resource};
use serde_json::{Value, json};

use super::args::ClusterArgs;
use super::date_request::DateRequest;
use super::exit::{Exit, Stop};
use super::names::{is_called, there_are};
use super::setup::runtime;
use crate::api::kinds::{GameDate, GameDateSpec, GameDateStatus, PropCoverage, Season, TableCoverage};
use crate::domain::dates::{Date, DateSet};
use crate::engine::overview::CoverageView;
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::status::merge_patch;
use crate::status::read::{ClusterOverview, Objects, overview, waits_of};
use connect::{Cluster, Fault};

/// Objects that one answer holds.
const PAGE: u32 = 500;
/// How often the update of a GameDate is retried after a conflict.
const TRIES: usize = 4;
/// Who writes, as the objects tell it.
const MANAGER: &str = "kubectl-gapless";

/// What the objects of a namespace, or of all, tell.
pub(super) fn look(args: &ClusterArgs, all: bool, now: Option<Timestamp>) -> Result<ClusterOverview, Stop> {
    let now = now.unwrap_or_else(|| SystemClock.now());
    runtime()?.block_on(async {
        let cluster = Cluster::connect(args).await?;
        let namespace = (!all).then_some(&*cluster.namespace);
        let told = overview(&cluster.objects(namespace).await?, now);
        if told.overview.coverages.is_empty() {
            let place = namespace.map_or_else(|| "this cluster".into(), |name| format!("namespace '{name}'"));
            anstream::eprintln!("gapless: there is no coverage in {place}");
        }
        Ok(told)
    })
}

/// Writes a request into the GameDate of each date, and makes those that are absent.
pub(super) fn write(args: &ClusterArgs, name: &str, dates: &DateSet, request: &DateRequest) -> Result<Exit, Stop> {
    runtime()?.block_on(async {
        let cluster = Cluster::connect(args).await?;
        let told = overview(&cluster.objects(Some(&cluster.namespace)).await?, SystemClock.now()).overview;
        let named = |c: &&CoverageView| is_called(&c.key.kind, &c.key.name, name);
        let coverage = told.coverages.iter().find(named).ok_or_else(|| {
            let (namespace, known) = (&cluster.namespace, there_are(&told.coverages));
            let text = format!("there is no coverage '{name}' in namespace '{namespace}'; {known}");
            Stop::bad_input(text)
        })?;
        within(coverage, dates)?;
        request.fits(&coverage.key, coverage.mode, coverage.today)?;
        let known = || coverage.tokens.iter().chain(&coverage.earlier_tokens);
        request.refuse_spent(dates, |date, token| known().any(|(d, t)| (*d, &**t) == (date, &**token)))?;
        for date in dates.iter() {
            let (object, done) = cluster.write(coverage, date, request).await?;
            anstream::println!("gamedate/{object} {done}");
        }
        let waits = dates.iter().filter_map(|date| Some((date, waits_of(coverage, date)?)));
        request.tell(waits);
        Ok(Exit::Done)
    })
}

/// A date that the coverage does not have is a slip of the pen.
fn within(coverage: &CoverageView, dates: &DateSet) -> Result<(), Stop> {
    let (Some(first), Some(last)) = (coverage.cells.first(), coverage.cells.last()) else { return Ok(()) };
    match dates.iter().find(|d| *d < first.date || last.date < *d) {
        Some(date) => {
            let text = format!("{} has no date {date}: it spans {}..{}", coverage.key, first.date, last.date);
            Err(Stop::bad_input(text))
        }
        None => Ok(()),
    }
}

impl Cluster {
    async fn objects(&self, namespace: Option<&str>) -> Result<Objects, Stop> {
        let (tables, props, seasons, game_dates) = tokio::try_join!(
            self.list::<TableCoverage>(namespace),
            self.list::<PropCoverage>(namespace),
            self.list::<Season>(namespace),
            self.list::<GameDate>(namespace)
        )?;
        Ok(Objects { coverages: tables.into_iter().chain(props).collect(), seasons, game_dates })
    }

    /// Every object of a kind, as JSON: one that this version cannot read spoils itself alone.
    async fn list<K: Resource<DynamicType = ()>>(&self, namespace: Option<&str>) -> Result<Vec<Value>, Stop> {
        let api = api::<K>(&self.client, namespace);
        let (kind, plural) = (K::kind(&()), K::plural(&()));
        let mut all = Vec::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let answer = self.call(api.list(&page)).await.map_err(|fault| match fault {
                Fault::Refused(status) if status.code == 404 => Stop::failed(format!(
                    "the cluster at {} does not know {plural}.gapless.dev; `gapless crds` prints what to install",
                    self.server
                )),
                fault => self.stop(&format!("list {plural}"), fault),
            })?;
            for object in answer.items {
                let mut value = serde_json::to_value(object).unwrap_or_default();
                value["kind"] = json!(kind);
                all.push(value);
            }
            match answer.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = ListParams::default().limit(PAGE).continue_token(&token),
                None => return Ok(all),
            }
        }
    }

    /// Writes a request for one date; tells the object's name and what was done.
    async fn write(
        &self,
        coverage: &CoverageView,
        date: Date,
        request: &DateRequest,
    ) -> Result<(String, &'static str), Stop> {
        let name = format!("{}-{date}", coverage.season.name);
        let api = api::<GameDate>(&self.client, Some(&self.namespace));
        let mut refusal = Fault::Silent("was too busy with this object".into());
        for _ in 0..TRIES {
            let known =
                self.call(api.get_opt(&name)).await.map_err(|f| self.stop(&format!("get gamedate {name}"), f))?;
            let known = known.map(|object| serde_json::to_value(object).unwrap_or_default());
            let step = step(known.as_ref(), coverage, date, request).map_err(Stop::bad_input)?;
            let (done, answer) = match &step {
                Step::Nothing => return Ok((name, "unchanged")),
                Step::Create(object) => ("created", self.call(self.create(&api, object)).await),
                Step::Patch(patch) => {
                    let params = PatchParams { field_manager: Some(MANAGER.into()), ..PatchParams::default() };
                    ("patched", self.call(api.patch(&name, &params, &Patch::Merge(patch))).await)
                }
            };
            match answer {
                Ok(_) => return Ok((name, done)),
                // Conflict: read the newer object, and add the request to it.
                Err(Fault::Refused(status)) if matches!(status.code, 404 | 409) => refusal = Fault::Refused(status),
                Err(fault) => return Err(self.stop(&format!("write gamedate {name}"), fault)),
            }
        }
        Err(self.stop(&format!("write gamedate {name}"), refusal))
    }

    async fn create(&self, api: &Api<DynamicObject>, object: &Value) -> Result<DynamicObject, kube::Error> {
        let object: DynamicObject = serde_json::from_value(object.clone()).map_err(kube::Error::SerdeError)?;
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        api.create(&params, &object).await
    }
}

fn api<K: Resource<DynamicType = ()>>(client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
    let resource = ApiResource::erase::<K>(&());
    match namespace {
        Some(name) => Api::namespaced_with(client.clone(), name, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// It already exists.
    Nothing,
    /// A new object.
    Create(Value),
    /// A merge patch that only fits the object as it was read.
    Patch(Value),
}

/// How the request gets into the object of a date.
fn step(known: Option<&Value>, coverage: &CoverageView, date: Date, request: &DateRequest) -> Result<Step, String> {
    let season = &coverage.season.name;
    let empty = json!({ "season": &**season, "date": date.to_string() });
    let object = known.unwrap_or(&Value::Null);
    let read = |e: serde_json::Error| format!("gamedate {season}-{date} cannot be read by this version: {e}");
    let old: GameDateSpec = serde_json::from_value(object.get("spec").unwrap_or(&empty).clone()).map_err(read)?;
    let status: GameDateStatus =
        object.get("status").cloned().and_then(|s| serde_json::from_value(s).ok()).unwrap_or_default();
    if request.is_moot(&old, &coverage.key) {
        return Ok(Step::Nothing);
    }
    let mut new = old.clone();
    request.add(&mut new, &coverage.key, &status.tokens);
    let json = |spec: &GameDateSpec| serde_json::to_value(spec).unwrap_or_default();
    if known.is_none() {
        return Ok(Step::Create(json!({
            "apiVersion": "gapless.dev/v1alpha1", "kind": "GameDate",
            "metadata": { "name": format!("{season}-{date}"), "namespace": &*coverage.key.namespace },
            "spec": json(&new),
        })));
    }
    let patch = merge_patch(&json(&old), &json(&new)).map(
        |spec| json!({ "metadata": { "resourceVersion": object.pointer("/metadata/resourceVersion") }, "spec": spec }),
    );
    Ok(patch.map_or(Step::Nothing, Step::Patch))
}

#[cfg(test)]
mod tests;

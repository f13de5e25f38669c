//! The Launcher port: Jobs made from an allowed CronJob's template, seen by a live list, removed by uid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use k8s_openapi::api::batch::v1::Job as WireJob;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions, PropagationPolicy};
use kube::core::{DynamicObject, Request};
use kube::{Api, Client, Resource};

use super::slim::{Kept, Slim, SlimPod};
use super::starts::Starts;
use crate::api::template::Refusal;
use crate::domain::ledger::{Job, Launch};
use crate::engine::ports::{Clock, Created, JobList, Launcher, Recorded};
use crate::host::clock::SystemClock;
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::faults::answers::{Class, Fault, No, fault, one};
use crate::kubernetes::jobs;
use crate::kubernetes::watching::feed::Mirrors;
use crate::kubernetes::watching::grants::Grants;
use crate::kubernetes::watching::object::{Kind, Name};

/// Objects per page of a list.
const PAGE: u32 = 500;
/// How many Jobs one call names: their names are in its URL, whose length is limited.
const NAMED: usize = 50;

/// Starts Jobs and sees them.
#[derive(Clone)]
pub struct Jobs {
    client: Client,
    scope: Scope,
    mirrors: Mirrors,
    grants: Grants,
    /// What was reported as left out, of each template.
    reported: Arc<Mutex<BTreeMap<Name, String>>>,
    /// What was seen of the pods of live Jobs.
    starts: Arc<Mutex<Starts>>,
}

impl Jobs {
    /// The Jobs of a scope, made from the CronJobs that the watches hold.
    pub fn new(client: Client, scope: Scope, mirrors: Mirrors, grants: Grants) -> Self {
        Self { client, scope, mirrors, grants, reported: Arc::default(), starts: Arc::default() }
    }

    /// What is kept of every page of a kind, from the API server itself and not from its cache.
    async fn all<K, T>(&self, mut page: ListParams, keep: impl Fn(K) -> Option<T>) -> Result<Vec<T>, Fault>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug,
    {
        let api: Api<K> = self.scope.api(&self.client);
        let mut items = Vec::new();
        loop {
            let list = api.list(&page).await.map_err(|e| fault(&e))?;
            items.extend(list.items.into_iter().filter_map(&keep));
            match list.metadata.continue_.filter(|c| !c.is_empty()) {
                Some(next) => page = page.continue_token(&next),
                None => return Ok(items),
            }
        }
    }

    /// The pods that a selector selects.
    async fn pods(&self, selector: &str) -> Result<Vec<Pod>, Fault> {
        self.all(ListParams::default().limit(PAGE).labels(selector), |pod: SlimPod| Some(pod.0)).await
    }

    /// The pods of some Jobs, by the Jobs' names.
    pub(super) async fn pods_of(&self, names: &[&str]) -> Result<Vec<Pod>, Fault> {
        let mut pods = Vec::new();
        for some in names.chunks(NAMED) {
            let selector = format!("{},batch.kubernetes.io/job-name in ({})", jobs::LAUNCH, some.join(","));
            pods.extend(self.pods(&selector).await?);
        }
        Ok(pods)
    }

    /// What the Jobs and pods of a cluster mean.
    pub(super) fn read(&self, listed: &[&WireJob], pods: &[Pod]) -> JobList {
        let now = SystemClock.now();
        self.starts().see(listed.iter().copied(), pods, now);
        self.allowed(jobs::read::list(listed.iter().copied(), pods, now))
    }

    /// Jobs as a watch shows them, without their pods.
    pub(super) fn glance(&self, listed: &[&WireJob]) {
        let mut starts = self.starts();
        listed.iter().for_each(|job| starts.glance(job));
    }

    /// Only these Jobs are there.
    pub(super) fn retain(&self, there: &BTreeSet<&str>) {
        self.starts().retain(there);
    }

    fn starts(&self) -> MutexGuard<'_, Starts> {
        // Nothing panics while it holds the lock.
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A label can be forged: a Job claims a table only if its namespace may read that table.
    pub(super) fn allowed(&self, mut list: JobList) -> JobList {
        self.starts().correct(&mut list);
        disown(&mut list, &self.homes());
        list.jobs.retain(|job| self.grants.allows(&job.namespace, &job.target));
        list
    }

    /// Where each coverage is, by its uid.
    fn homes(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let all = Kind::COVERAGES.into_iter().flat_map(|kind| self.mirrors.of(kind).all());
        all.map(|(name, object)| (object.uid.clone(), name.namespace)).collect()
    }

    /// Logs what of a template is not in its Jobs: once, not at each launch.
    fn report(&self, cron_job: &Name, left_out: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let last = reported.insert(cron_job.clone(), left_out.to_string()).unwrap_or_default();
        if last != left_out && !left_out.is_empty() {
            let (namespace, cron_job) = (&*cron_job.namespace, &*cron_job.name);
            tracing::info!(namespace, cron_job, left_out, "ignored template fields");
        }
    }

    async fn start(&self, launch: &Launch) -> Created {
        let namespace = launch.coverage.namespace.clone();
        let name = Name { namespace: namespace.clone(), name: launch.cron_job.clone() };
        let Some(template) = self.mirrors.cron_jobs.get(&name) else {
            return refused(Refusal::not_found(&launch.cron_job).to_string());
        };
        let built = match jobs::build::job(&template.manifest(), launch) {
            Ok(built) => built,
            Err(refusal) => return refused(refusal.to_string()),
        };
        self.report(&name, &built.left_out.join(", "));
        match self.post(&namespace, &built.job).await {
            Ok(created) => Created::New(created.job.metadata.uid.unwrap_or_default().into()),
            Err(error) => not_created(&Api::namespaced(self.client.clone(), &namespace), launch, fault(&error)).await,
        }
    }

    /// The request is raw, so that fields that this program does not know pass; little of the answer is parsed.
    async fn post(&self, namespace: &str, job: &DynamicObject) -> kube::Result<Slim> {
        let bytes = serde_json::to_vec(job).map_err(kube::Error::SerdeError)?;
        let request = Request::new(WireJob::url_path(&(), Some(namespace))).create(&PostParams::default(), bytes);
        self.client.request(request.map_err(kube::Error::BuildRequest)?).await
    }
}

async fn not_created(api: &Api<WireJob>, launch: &Launch, fault: Fault) -> Created {
    match fault.no {
        // Another conflict is about something else that the server writes for a Job, such as a quota.
        _ if fault.reason == "AlreadyExists" => match one(api, &launch.name).await {
            Ok(there) if there.metadata.deletion_timestamp.is_some() => {
                Created::Unclear("a Job of this name is being deleted".into())
            }
            Ok(there) if jobs::read::is_of(&there, launch) => {
                Created::Ours(there.metadata.uid.unwrap_or_default().into())
            }
            Ok(_) => Created::Foreign,
            Err(fault) => Created::Unclear(fault.sentence),
        },
        // An invalid template stays invalid until it is changed; a quota or a right may come back without an edit.
        Some(no) => Created::Refused { permanent: no == No::Invalid, why: fault.sentence },
        None => Created::Unclear(fault.sentence),
    }
}

fn refused(why: String) -> Created {
    Created::Refused { permanent: true, why }
}

/// An owner reference can be copied into another namespace. Such a Job does not belong to the coverage.
fn disown(list: &mut JobList, homes: &BTreeMap<Arc<str>, Arc<str>>) {
    let is_away = |job: &&mut Job| homes.get(&job.coverage).is_some_and(|home| *home != job.namespace);
    list.jobs.iter_mut().filter(is_away).for_each(|job| job.coverage = Arc::from(""));
}

/// Logs what keeps a Job whose removal was accepted: only the owner of the finalizer can release it.
fn log_finalizers(job: &WireJob) {
    let finalizers = job.metadata.finalizers.as_deref().unwrap_or_default();
    if !finalizers.is_empty() {
        let (namespace, job) = (job.metadata.namespace.as_deref(), job.metadata.name.as_deref());
        tracing::info!(namespace, job, finalizers = finalizers.join(", "), "a Job was removed; its finalizers hold it");
    }
}

impl Launcher for Jobs {
    async fn live(&self) -> Result<JobList, String> {
        let listed = self.all(ListParams::default().limit(PAGE), Slim::kept);
        let (listed, pods) = futures::future::join(listed, self.pods(jobs::LAUNCH)).await;
        let (listed, pods) = (listed.map_err(|f| f.sentence)?, pods.map_err(|f| f.sentence)?);
        let own: Vec<&WireJob> = listed.iter().filter_map(|kept: &Kept| kept.job.as_deref()).collect();
        let mut list = self.read(&own, &pods);
        list.daily_runs.extend(listed.iter().flat_map(|kept| kept.alone.daily_runs.iter().cloned()));
        Ok(list)
    }

    async fn create(&self, launch: &Launch, _: &Recorded) -> Created {
        self.start(launch).await
    }

    async fn remove(&self, job: &Job) -> Result<(), String> {
        let api: Api<WireJob> = Api::namespaced(self.client.clone(), &job.namespace);
        let only = Preconditions { uid: Some(job.uid.to_string()), ..Preconditions::default() };
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(only),
            ..DeleteParams::default()
        };
        match api.delete(&job.name, &params).await.map_err(|e| fault(&e)) {
            Ok(answer) => {
                answer.left().iter().for_each(log_finalizers);
                Ok(())
            }
            // Gone, or another one of the same name: ours no longer exists.
            Err(fault) if matches!(fault.class, Class::NotFound | Class::Conflict) => Ok(()),
            Err(fault) => Err(fault.sentence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::DateSet;
    use crate::domain::policy::Table;

    #[test]
    fn a_job_with_the_owner_of_another_namespace_belongs_to_no_coverage() {
        let job = |namespace: &str, coverage: &str| Job {
            namespace: namespace.into(),
            name: "t-l1".into(),
            uid: "job".into(),
            coverage: coverage.into(),
            launch: 1,
            dates: DateSet::new(),
            target: Table { place: "files:/data".into(), name: "t".into() },
            aliases: vec![],
            draw: None,
            ended: None,
            message: String::new(),
            pending: None,
        };
        let jobs = vec![job("nba", "uid"), job("another", "uid"), job("another", "gone")];
        let mut list = JobList { jobs, ..JobList::default() };
        disown(&mut list, &[("uid".into(), "nba".into())].into());
        assert_eq!(list.jobs.iter().map(|job| &*job.coverage).collect::<Vec<_>>(), ["uid", "", "gone"]);
    }
}

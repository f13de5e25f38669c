//! The Launcher port: Jobs made from an allowed CronJob's template, seen by a live list, removed by uid.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::Job as WireJob;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions, PropagationPolicy};
use kube::{Api, Client};

use super::errors::{Class, Fault, fault, one};
use super::feed::Mirrors;
use super::grants::Grants;
use super::jobs::{self, Owner, Refusal};
use super::object::Name;
use super::scope::Scope;
use crate::domain::ledger::{Job, Launch};
use crate::engine::ports::{Created, JobList, Launcher, Recorded};

/// Objects per page of a list.
const PAGE: u32 = 500;
/// The label that every Job and pod of gapless carries.
pub(super) const LAUNCH: &str = "gapless.dev/launch";

/// Starts Jobs and sees them.
#[derive(Clone)]
pub struct Jobs {
    client: Client,
    scope: Scope,
    mirrors: Mirrors,
    grants: Grants,
}

impl Jobs {
    /// The Jobs of a scope, made from the CronJobs that the watches hold.
    pub fn new(client: Client, scope: Scope, mirrors: Mirrors, grants: Grants) -> Self {
        Self { client, scope, mirrors, grants }
    }

    /// Every page of a kind, from the API server itself and not from its cache.
    async fn all<K>(&self, mut page: ListParams) -> Result<Vec<K>, Fault>
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
            items.extend(list.items);
            match list.metadata.continue_.filter(|c| !c.is_empty()) {
                Some(next) => page = page.continue_token(&next),
                None => return Ok(items),
            }
        }
    }

    /// Every pod of gapless.
    pub(super) async fn pods(&self) -> Result<Vec<Pod>, Fault> {
        self.all(ListParams::default().limit(PAGE).labels(LAUNCH)).await
    }

    /// What the Jobs and pods of a cluster mean.
    pub(super) fn read(&self, listed: &[WireJob], pods: &[Pod]) -> JobList {
        let mut list = JobList::default();
        let mut own: BTreeMap<&str, Vec<Pod>> = BTreeMap::new();
        for pod in pods {
            own.entry(jobs::job_uid(pod).unwrap_or_default()).or_default().push(pod.clone());
        }
        for wire in listed {
            let uid = wire.metadata.uid.as_deref().unwrap_or_default();
            let pods = own.get(uid).map(Vec::as_slice).unwrap_or_default();
            let namespace = wire.metadata.namespace.as_deref().unwrap_or_default();
            list.jobs.extend(jobs::job(wire, pods).filter(|job| self.may_claim(namespace, job)));
            list.daily_runs.extend(jobs::daily_run(wire));
        }
        list.jobs.extend(jobs::leftovers(listed, pods));
        list.jobs.sort_by(|a, b| a.name.cmp(&b.name));
        list
    }

    /// A label can be forged: a Job claims a table only where its namespace may read that table.
    fn may_claim(&self, namespace: &str, job: &Job) -> bool {
        self.grants.allows(namespace, &job.target.place)
    }

    async fn start(&self, launch: &Launch) -> Created {
        let namespace = launch.coverage.namespace.clone();
        let name = Name { namespace: namespace.clone(), name: launch.cron_job.clone() };
        let Some(template) = self.mirrors.cron_jobs.get(&name) else {
            return refused(format!("TemplateNotFound: CronJob '{}' not found", launch.cron_job));
        };
        let owner = Owner { kind: launch.coverage.kind.clone(), name: launch.coverage.name.clone(), uid: launch.uid.clone() };
        let job = match jobs::build(&template, launch, &owner) {
            Ok(built) => built.job,
            Err(Refusal(why)) => return refused(why),
        };
        let api: Api<WireJob> = Api::namespaced(self.client.clone(), &namespace);
        match api.create(&PostParams::default(), &job).await {
            Ok(created) => Created::New(created.metadata.uid.unwrap_or_default().into()),
            Err(error) => self.not_created(&api, launch, &job, fault(&error)).await,
        }
    }

    async fn not_created(&self, api: &Api<WireJob>, launch: &Launch, job: &WireJob, fault: Fault) -> Created {
        match fault.class {
            Class::Conflict => match one(api, &launch.name).await {
                Ok(there) if there.metadata.deletion_timestamp.is_some() => {
                    Created::Unclear("a Job of this name is being deleted".into())
                }
                Ok(there) if jobs::is_same(&there, job) => Created::Ours(there.metadata.uid.unwrap_or_default().into()),
                Ok(_) => Created::Foreign,
                Err(fault) => Created::Unclear(fault.sentence),
            },
            // An invalid template stays invalid until somebody changes it; a quota or a right comes back by itself.
            Class::Refused | Class::NotFound => {
                Created::Refused { permanent: matches!(fault.code, 400 | 422), why: fault.sentence }
            }
            Class::Unclear => Created::Unclear(fault.sentence),
        }
    }
}

fn refused(why: String) -> Created {
    Created::Refused { permanent: true, why }
}

impl Launcher for Jobs {
    async fn live(&self) -> Result<JobList, String> {
        let (listed, pods) = futures::future::join(self.all(ListParams::default().limit(PAGE)), self.pods()).await;
        let (listed, pods) = (listed.map_err(|f| f.sentence)?, pods.map_err(|f| f.sentence)?);
        Ok(self.read(&listed, &pods))
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
            Ok(_) => Ok(()),
            // Gone, or another one of the same name: ours is not there any more.
            Err(fault) if matches!(fault.class, Class::NotFound | Class::Conflict) => Ok(()),
            Err(fault) => Err(fault.sentence),
        }
    }
}

//! The Launcher port: Jobs made from an allowed CronJob's template, seen by a live list, removed by uid.

use k8s_openapi::api::batch::v1::Job as WireJob;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions, PropagationPolicy};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client};

use super::errors::{Class, Fault, fault, one};
use super::feed::Mirrors;
use super::grants::Grants;
use super::jobs;
use super::object::Name;
use super::scope::Scope;
use crate::api::template::Refusal;
use crate::domain::ledger::{Job, Launch};
use crate::engine::ports::{Clock, Created, JobList, Launcher, Recorded};
use crate::local::clock::SystemClock;

/// Objects per page of a list.
const PAGE: u32 = 500;

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
        self.all(ListParams::default().limit(PAGE).labels(jobs::LAUNCH)).await
    }

    /// What the Jobs and pods of a cluster mean. A label can be forged: a Job claims a table only where its namespace may
    /// read that table.
    pub(super) fn read(&self, listed: &[WireJob], pods: &[Pod]) -> JobList {
        let mut list = jobs::read::list(listed, pods, SystemClock.now());
        list.jobs.retain(|job| self.grants.allows(&job.namespace, &job.target.place));
        list
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
        if !built.left_out.is_empty() {
            tracing::info!(
                cron_job = &*launch.cron_job,
                left_out = built.left_out.join(", "),
                "not taken from the template"
            );
        }
        let resource = ApiResource::erase::<WireJob>(&());
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &namespace, &resource);
        match api.create(&PostParams::default(), &built.job).await {
            Ok(created) => Created::New(created.metadata.uid.unwrap_or_default().into()),
            Err(error) => not_created(&Api::namespaced(self.client.clone(), &namespace), launch, fault(&error)).await,
        }
    }
}

async fn not_created(api: &Api<WireJob>, launch: &Launch, fault: Fault) -> Created {
    match fault.class {
        Class::Conflict => match one(api, &launch.name).await {
            Ok(there) if there.metadata.deletion_timestamp.is_some() => {
                Created::Unclear("a Job of this name is being deleted".into())
            }
            Ok(there) if jobs::read::is_of(&there, launch) => {
                Created::Ours(there.metadata.uid.unwrap_or_default().into())
            }
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

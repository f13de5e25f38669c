//! What is kept of Jobs and pods. Field ownership and how a pod runs are most of what the API server sends, and no code here
//! needs them: they are not even parsed.

use std::borrow::Cow;

use k8s_openapi::api::batch::v1::{Job as WireJob, JobSpec, JobStatus, PodFailurePolicy};
use k8s_openapi::api::core::v1::{Container, EnvVar, Pod as WirePod, PodSpec, PodStatus, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::{NamespaceResourceScope, Resource};
use serde::{Deserialize, Deserializer};

use super::read;
use crate::domain::dates::Timestamp;
use crate::engine::ports::JobList;
use crate::kubernetes::watching::metadata::Metadata;

/// For the API server it has the kind of the whole object.
macro_rules! slim {
    ($slim:ident, $whole:tt, $kind:ident) => {
        impl Resource for $slim {
            type DynamicType = ();
            type Scope = NamespaceResourceScope;

            fn group((): &()) -> Cow<'_, str> {
                $kind::group(&())
            }

            fn version((): &()) -> Cow<'_, str> {
                $kind::version(&())
            }

            fn kind((): &()) -> Cow<'_, str> {
                $kind::kind(&())
            }

            fn plural((): &()) -> Cow<'_, str> {
                $kind::plural(&())
            }

            fn meta(&self) -> &ObjectMeta {
                &self.$whole.metadata
            }

            fn meta_mut(&mut self) -> &mut ObjectMeta {
                &mut self.$whole.metadata
            }
        }
    };
}

/// A Job as the API server sends it.
#[derive(Clone, Debug)]
pub struct Slim {
    /// The Job, as far as it is read.
    pub job: WireJob,
    /// What it says without its pods: read once, used often.
    pub alone: JobList,
}

/// A Job as its watch holds it. Of Jobs of other owners, of which there may be any number, only the running CronJob is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The Job, if gapless made it.
    pub job: Option<Box<WireJob>>,
    /// What it says without its pods.
    pub alone: JobList,
}

impl Slim {
    /// What is kept of it; `None` when the Job does not concern gapless.
    pub fn kept(self) -> Option<Kept> {
        let Self { job, alone } = self;
        if alone.jobs.is_empty() {
            return (!alone.daily_runs.is_empty()).then_some(Kept { job: None, alone });
        }
        Some(Kept { job: Some(job.into()), alone })
    }
}

impl<'de> Deserialize<'de> for Slim {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Parts { metadata, spec, status } = Parts::deserialize(from)?;
        let job = WireJob { metadata: metadata.unwrap_or_default().into(), spec: spec.map(Into::into), status };
        // Only pods wait for an instant.
        let alone = read::list([&job], [], Timestamp::MIN);
        Ok(Self { job, alone })
    }
}

/// A pod of gapless: its status without its spec.
#[derive(Clone, Debug)]
pub struct SlimPod(pub WirePod);

impl<'de> Deserialize<'de> for SlimPod {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            metadata: Option<Metadata>,
            status: Option<PodStatus>,
        }
        let Parts { metadata, status } = Parts::deserialize(from)?;
        Ok(Self(WirePod { metadata: metadata.unwrap_or_default().into(), spec: None, status }))
    }
}

slim!(Slim, job, WireJob);
slim!(SlimPod, 0, WirePod);

#[derive(Deserialize)]
struct Parts {
    metadata: Option<Metadata>,
    spec: Option<Spec>,
    status: Option<JobStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    pod_failure_policy: Option<PodFailurePolicy>,
    suspend: Option<bool>,
    template: Option<Template>,
}

#[derive(Default, Deserialize)]
struct Template {
    metadata: Option<Metadata>,
    spec: Option<Pod>,
}

#[derive(Deserialize)]
struct Pod {
    containers: Option<Vec<Named>>,
}

/// A container or a variable: its name, and those of its variables.
#[derive(Deserialize)]
struct Named {
    name: Option<String>,
    env: Option<Vec<Self>>,
}

impl From<Spec> for JobSpec {
    fn from(Spec { pod_failure_policy, suspend, template }: Spec) -> Self {
        let Template { metadata, spec } = template.unwrap_or_default();
        let spec = spec.map(|pod| PodSpec {
            containers: pod.containers.into_iter().flatten().map(Into::into).collect(),
            ..PodSpec::default()
        });
        let template = PodTemplateSpec { metadata: metadata.map(Into::into), spec };
        Self { pod_failure_policy, suspend, template, ..Self::default() }
    }
}

impl From<Named> for Container {
    fn from(Named { name, env }: Named) -> Self {
        let variable = |Named { name, .. }: Named| EnvVar { name: name.unwrap_or_default(), ..EnvVar::default() };
        Self {
            name: name.unwrap_or_default(),
            env: env.map(|all| all.into_iter().map(variable).collect()),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A large Job of another owner.
    fn foreign(owner: &Value, status: &Value) -> Value {
        let env: Vec<Value> =
            (0..50).map(|n| json!({ "name": format!("NAME_{n}"), "value": "x".repeat(100) })).collect();
        let labels: serde_json::Map<String, Value> =
            (0..30).map(|n| (format!("example.com/label-{n}"), "y".repeat(60).into())).collect();
        json!({
            "metadata": { "name": "load-29", "namespace": "nba", "uid": "u", "resourceVersion": "7", "labels": labels,
                "annotations": { "note": "z".repeat(10_000) }, "ownerReferences": [owner] },
            "spec": { "template": { "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "a", "image": "i", "env": env }] } } },
            "status": status,
        })
    }

    /// The bytes that something kept takes, its texts counted.
    fn bytes(kept: &Kept) -> usize {
        assert!(kept.job.is_none() && kept.alone.jobs.is_empty());
        let runs = kept.alone.daily_runs.iter().map(|(namespace, name)| namespace.len() + name.len() + 64);
        size_of::<Kept>() + runs.sum::<usize>()
    }

    #[test]
    fn of_other_peoples_jobs_only_the_live_run_of_a_cron_job_is_kept() {
        let by = |kind: &str, version: &str| json!({ "apiVersion": version, "kind": kind, "name": "load", "uid": "c", "controller": true });
        let ended = json!({ "succeeded": 1, "conditions": [{ "type": "Complete", "status": "True" }] });
        for (case, owner, status, most) in [
            ("the run of a CronJob", by("CronJob", "batch/v1"), json!({ "active": 1 }), 200),
            ("its end", by("CronJob", "batch/v1"), ended.clone(), 0),
            ("of a workflow", by("Workflow", "argoproj.io/v1alpha1"), json!({ "active": 1 }), 0),
            ("ended", by("Workflow", "argoproj.io/v1alpha1"), ended, 0),
        ] {
            let slim: Slim = serde_json::from_value(foreign(&owner, &status)).unwrap();
            let kept = slim.kept().as_ref().map_or(0, bytes);
            assert!(kept <= most && (kept > 0) == (most > 0), "{case}: {kept} bytes");
        }
    }
}

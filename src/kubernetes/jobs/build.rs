//! From a CronJob's jobTemplate to the Job of a launch (`docs/filler.md`). What the template says of pods is kept unchanged: the
//! namespace's admission decides about pods, and it may know fields that are newer than gapless, so the pod passes as JSON.
//! What gapless needs is set. What it cannot honour is left out and reported.

use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec, JobTemplateSpec, PodFailurePolicy, PodFailurePolicyRule};
use k8s_openapi::api::batch::v1::{PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern};
use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::DynamicObject;
use serde_json::{Value, json};

use super::metadata::{Metadata, owner};
use crate::api::template::{ALLOWS, Offer, Refusal};
use crate::domain::ledger::Launch;
use crate::engine::contract::contract;

/// Exit codes with a meaning, in the order of their rules: the index of a rule gives the code.
pub const EXIT_CODES: [i32; 4] = [65, 69, 75, 77];
/// How long Kubernetes keeps finished Jobs if gapless does not remove them.
const TTL_SECONDS: i32 = 7 * 24 * 60 * 60;
/// Where the termination message of a container is by default.
const TERMINATION_LOG: &str = "/dev/termination-log";

/// A Job, and what of its template is not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The Job, to be created unchanged.
    pub job: DynamicObject,
    /// The fields of the jobTemplate that gapless sets itself or cannot honour, where the template asks for something
    /// else: `spec.backoffLimit`, `metadata.labels[job-name]`. Its author should know.
    pub left_out: Vec<String>,
}

/// The Job of a launch.
///
/// # Errors
/// The first problem, in one sentence. The same launch is refused until it is fixed.
pub fn job(manifest: &Value, launch: &Launch) -> Result<Built, Refusal> {
    let unreadable = || Refusal::unreadable(&launch.cron_job);
    let cron_job: CronJob = serde_json::from_value(manifest.clone()).map_err(|_| unreadable())?;
    let template = cron_job.spec.as_ref().map(|s| s.job_template.clone());
    let JobTemplateSpec { metadata, spec } = template.unwrap_or_default();
    let spec = spec.unwrap_or_default();
    let filler = filler(&cron_job, &spec, launch)?;
    let mut ours = Metadata::of(&cron_job, launch);
    let metadata = ours.join(metadata, "metadata");
    let asked = &manifest["spec"]["jobTemplate"]["spec"];
    let mut left_out = not_honoured(&spec, launch);
    left_out.extend(unknown(asked, &spec));
    let container = containers(&spec).get(filler).map(|c| c.name.clone());
    let spec = job_spec(spec.template.metadata, container.as_deref(), launch, &mut ours);
    left_out.append(&mut ours.left_out);
    left_out.sort();
    let metadata = ObjectMeta {
        name: Some(launch.name.to_string()),
        namespace: Some(launch.coverage.namespace.to_string()),
        owner_references: Some(vec![owner(launch)]),
        ..metadata
    };
    let job = Job { metadata, spec: Some(spec), status: None };
    let mut job = serde_json::to_value(job).map_err(|_| unreadable())?;
    job["spec"]["template"]["spec"] = pod(asked["template"]["spec"].clone(), filler, launch);
    Ok(Built { job: serde_json::from_value(job).map_err(|_| unreadable())?, left_out })
}

fn containers(spec: &JobSpec) -> &[Container] {
    spec.template.spec.as_ref().map(|pod| pod.containers.as_slice()).unwrap_or_default()
}

/// The position of the container that fills.
fn filler(cron_job: &CronJob, spec: &JobSpec, launch: &Launch) -> Result<usize, Refusal> {
    fn names(container: &Container) -> (&str, Vec<&str>) {
        (&container.name, container.env.iter().flatten().map(|e| e.name.as_str()).collect())
    }
    let allows = cron_job.metadata.annotations.as_ref().and_then(|a| a.get(ALLOWS.0));
    let offer = Offer {
        cron_job: &launch.cron_job,
        allowed: allows.is_some_and(|value| value == ALLOWS.1),
        containers: containers(spec).iter().map(names).collect(),
    };
    let found = offer.filler(launch.container.as_deref());
    found.map_err(|refusals| refusals.into_iter().next().unwrap_or_else(|| Refusal::not_found(&launch.cron_job)))
}

/// What a template asks for and does not get. Every field is named, so that a new one does not pass unseen.
fn not_honoured(spec: &JobSpec, launch: &Launch) -> Vec<String> {
    let JobSpec {
        active_deadline_seconds,
        backoff_limit,
        backoff_limit_per_index,
        completion_mode,
        completions,
        managed_by,
        manual_selector,
        max_failed_indexes,
        parallelism,
        pod_failure_policy,
        pod_replacement_policy,
        selector,
        success_policy,
        suspend,
        template,
        ttl_seconds_after_finished,
    } = spec;
    let restarts = template.spec.as_ref().and_then(|pod| pod.restart_policy.as_deref());
    let fields = [
        ("activeDeadlineSeconds", active_deadline_seconds.is_some_and(|n| n != deadline(launch))),
        ("backoffLimit", backoff_limit.is_some_and(|n| n != 0)),
        ("backoffLimitPerIndex", backoff_limit_per_index.is_some()),
        ("completionMode", completion_mode.as_deref().is_some_and(|mode| mode != "NonIndexed")),
        ("completions", completions.is_some_and(|n| n != 1)),
        ("managedBy", managed_by.is_some()),
        ("manualSelector", manual_selector.is_some()),
        ("maxFailedIndexes", max_failed_indexes.is_some()),
        ("parallelism", parallelism.is_some_and(|n| n != 1)),
        ("podFailurePolicy", pod_failure_policy.is_some()),
        ("podReplacementPolicy", pod_replacement_policy.as_deref().is_some_and(|policy| policy != "Failed")),
        ("selector", selector.is_some()),
        ("successPolicy", success_policy.is_some()),
        ("suspend", *suspend == Some(true)),
        ("template.spec.restartPolicy", restarts.is_some_and(|policy| policy != "Never")),
        ("ttlSecondsAfterFinished", ttl_seconds_after_finished.is_some_and(|n| n != TTL_SECONDS)),
    ];
    fields.iter().filter(|(_, asked)| *asked).map(|(field, _)| format!("spec.{field}")).collect()
}

/// What a template asks of its Job in fields that are newer than gapless.
fn unknown(asked: &Value, known: &JobSpec) -> Vec<String> {
    let known = serde_json::to_value(known).unwrap_or_default();
    let fields =
        asked.as_object().into_iter().flatten().filter(|(name, value)| !value.is_null() && known[*name].is_null());
    fields.map(|(name, _)| format!("spec.{name}")).collect()
}

fn deadline(launch: &Launch) -> i64 {
    launch.deadline_seconds.max(1)
}

/// The pod of the template: read once as what we know it to be, so that its parts are where they are looked for.
fn pod(mut pod: Value, filler: usize, launch: &Launch) -> Value {
    pod["restartPolicy"] = "Never".into();
    // A filler talks to providers and warehouses; one that talks to the API server says so in its template.
    if pod["automountServiceAccountToken"].is_null() {
        pod["automountServiceAccountToken"] = false.into();
    }
    if let Some(container) = pod["containers"].get_mut(filler) {
        inform(container, launch);
    }
    pod
}

/// All of the Job but its pod.
fn job_spec(template: Option<ObjectMeta>, container: Option<&str>, launch: &Launch, ours: &mut Metadata) -> JobSpec {
    let metadata = ours.join(template, "spec.template.metadata");
    JobSpec {
        active_deadline_seconds: Some(deadline(launch)),
        backoff_limit: Some(0),
        completion_mode: Some("NonIndexed".into()),
        completions: Some(1),
        parallelism: Some(1),
        pod_failure_policy: Some(failure_policy(container)),
        // Two pods of one date never overlap, not even while the first is ending.
        pod_replacement_policy: Some("Failed".into()),
        template: PodTemplateSpec { metadata: Some(metadata), spec: None },
        ttl_seconds_after_finished: Some(TTL_SECONDS),
        ..JobSpec::default()
    }
}

/// The filler contract comes before the container's own environment, which may refer to it.
fn inform(container: &mut Value, launch: &Launch) {
    let log = container["terminationMessagePath"].as_str().filter(|path| !path.is_empty());
    // Units are data, and the kubelet would expand `$(NAME)` in them.
    let var = |(name, value): (String, String)| json!({ "name": name, "value": value.replace('$', "$$") });
    let mut env: Vec<Value> = contract(launch, log.unwrap_or(TERMINATION_LOG)).into_iter().map(var).collect();
    env.extend(container["env"].as_array().cloned().unwrap_or_default());
    container["env"] = env.into();
}

/// One rule per code, so that the code is in the Job's own condition and outlives the pod.
fn failure_policy(container: Option<&str>) -> PodFailurePolicy {
    let rule = PodFailurePolicyRule { action: "FailJob".into(), ..PodFailurePolicyRule::default() };
    let code = |code| PodFailurePolicyRule {
        on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
            container_name: container.map(String::from),
            operator: "In".into(),
            values: vec![code],
        }),
        ..rule.clone()
    };
    let disruption = PodFailurePolicyOnPodConditionsPattern { status: "True".into(), type_: "DisruptionTarget".into() };
    let disrupted = PodFailurePolicyRule { on_pod_conditions: Some(vec![disruption]), ..rule.clone() };
    PodFailurePolicy { rules: EXIT_CODES.into_iter().map(code).chain([disrupted]).collect() }
}

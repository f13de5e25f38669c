//! From a CronJob's jobTemplate to the Job of a launch (design §6). What the template says of pods is kept as it is: the
//! namespace's own admission decides about pods. What gapless needs is set, what it cannot honour is left out and told.

use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec, JobTemplateSpec, PodFailurePolicy, PodFailurePolicyRule};
use k8s_openapi::api::batch::v1::{PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern};
use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::{Metadata, owner};
use crate::api::template::{ALLOWS, Offer, Refusal};
use crate::domain::ledger::Launch;
use crate::engine::contract::contract;

/// Exit codes with a meaning of their own, in the order of their rules: a rule's index tells the code.
pub const EXIT_CODES: [i32; 4] = [65, 69, 75, 77];
/// Finished Jobs are kept so long, whatever becomes of gapless.
const TTL_SECONDS: i32 = 7 * 24 * 60 * 60;
/// Where the last words of a container go when it does not say.
const TERMINATION_LOG: &str = "/dev/termination-log";

/// A Job, and what of its template is not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The Job, to be created as it stands.
    pub job: Job,
    /// The fields of the jobTemplate that gapless sets itself or cannot honour, where the template asks for something
    /// else: `spec.backoffLimit`, `metadata.labels[job-name]`. For its author to know.
    pub left_out: Vec<String>,
}

/// The Job of a launch.
///
/// # Errors
/// The first thing that a person must mend, in one sentence. The same launch is refused until they do.
pub fn job(cron_job: &CronJob, launch: &Launch) -> Result<Built, Refusal> {
    let template = cron_job.spec.as_ref().map(|s| s.job_template.clone());
    let JobTemplateSpec { metadata, spec } = template.unwrap_or_default();
    let spec = spec.unwrap_or_default();
    let filler = filler(cron_job, &spec, launch)?;
    let mut ours = Metadata::of(cron_job, launch);
    let metadata = ours.join(metadata, "metadata");
    let mut left_out = not_honoured(&spec, launch);
    let spec = job_spec(spec.template, filler, launch, &mut ours);
    left_out.append(&mut ours.left_out);
    left_out.sort();
    let metadata = ObjectMeta {
        name: Some(launch.name.to_string()),
        namespace: Some(launch.coverage.namespace.to_string()),
        owner_references: Some(vec![owner(launch)]),
        ..metadata
    };
    Ok(Built { job: Job { metadata, spec: Some(spec), status: None }, left_out })
}

/// The position of the container that fills.
fn filler(cron_job: &CronJob, spec: &JobSpec, launch: &Launch) -> Result<usize, Refusal> {
    fn names(container: &Container) -> (&str, Vec<&str>) {
        (&container.name, container.env.iter().flatten().map(|e| e.name.as_str()).collect())
    }
    let containers = spec.template.spec.as_ref().map(|pod| pod.containers.as_slice()).unwrap_or_default();
    let allows = cron_job.metadata.annotations.as_ref().and_then(|a| a.get(ALLOWS.0));
    let offer = Offer {
        cron_job: &launch.cron_job,
        allowed: allows.is_some_and(|value| value == ALLOWS.1),
        containers: containers.iter().map(names).collect(),
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

fn deadline(launch: &Launch) -> i64 {
    launch.deadline_seconds.max(1)
}

fn job_spec(template: PodTemplateSpec, filler: usize, launch: &Launch, ours: &mut Metadata) -> JobSpec {
    let metadata = ours.join(template.metadata, "spec.template.metadata");
    let mut pod = template.spec.unwrap_or_default();
    pod.restart_policy = Some("Never".into());
    // A filler talks to providers and warehouses; one that talks to the API server says so in its template.
    pod.automount_service_account_token.get_or_insert(false);
    tell(&mut pod, filler, launch);
    let container = pod.containers.get(filler).map(|c| c.name.clone());
    JobSpec {
        active_deadline_seconds: Some(deadline(launch)),
        backoff_limit: Some(0),
        completion_mode: Some("NonIndexed".into()),
        completions: Some(1),
        parallelism: Some(1),
        pod_failure_policy: Some(failure_policy(container.as_deref())),
        // Two pods of one date never overlap, not even while the first is ending.
        pod_replacement_policy: Some("Failed".into()),
        template: PodTemplateSpec { metadata: Some(metadata), spec: Some(pod) },
        ttl_seconds_after_finished: Some(TTL_SECONDS),
        ..JobSpec::default()
    }
}

/// The filler contract stands before the container's own environment, which may refer to it.
fn tell(pod: &mut PodSpec, filler: usize, launch: &Launch) {
    let Some(container) = pod.containers.get_mut(filler) else { return };
    let log = container.termination_message_path.as_deref().filter(|path| !path.is_empty());
    let told = contract(launch, log.unwrap_or(TERMINATION_LOG)).into_iter().map(|(name, value)| EnvVar {
        name,
        // Units are data, and the kubelet would expand `$(NAME)` in them.
        value: Some(value.replace('$', "$$")),
        value_from: None,
    });
    container.env = Some(told.chain(container.env.take().unwrap_or_default()).collect());
}

/// One rule per code, so that the code stands in the Job's own condition and outlives the pod.
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

//! Names, labels and annotations of a Job and of its pods: the template's, where they are not reserved, and ours.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::CronJob;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::identity::Identity;
use super::{COVERAGE, DATES, KEY, KIND, LAUNCH, PREFIX, RUNG, TARGET, TEMPLATE};
use crate::domain::ledger::Launch;
use crate::domain::mark::stable_hash;

/// Who owns the Jobs.
const API_VERSION: &str = "gapless.dev/v1alpha1";

type Texts = BTreeMap<String, String>;

/// The labels and annotations of a launch, and which of its template they replace.
pub(super) struct Metadata {
    labels: Texts,
    annotations: Texts,
    pub left_out: Vec<String>,
}

impl Metadata {
    pub fn of(cron_job: &CronJob, launch: &Launch) -> Self {
        let texts = |pairs: &[(&str, String)]| pairs.iter().map(|(n, v)| ((*n).to_string(), v.clone())).collect();
        let dates: Vec<String> = launch.dates.iter().map(|d| d.to_string()).collect();
        let generation = cron_job.metadata.generation.unwrap_or(0);
        Self {
            labels: texts(&[
                (KIND, launch.coverage.kind.to_string()),
                (COVERAGE, launch.coverage.name.to_string()),
                (RUNG, launch.rung.to_string()),
                (LAUNCH, launch.launch.to_string()),
                (TARGET, format!("{:016x}", stable_hash(&launch.target))),
            ]),
            annotations: texts(&[
                (DATES, dates.join(",")),
                (KEY, Identity::from(launch).to_text()),
                (TEMPLATE, format!("{}@{generation}", launch.cron_job)),
            ]),
            left_out: Vec::new(),
        }
    }

    /// Labels and annotations of both. Of the template's metadata nothing else is taken.
    pub fn join(&mut self, own: Option<ObjectMeta>, path: &str) -> ObjectMeta {
        let own = own.unwrap_or_default();
        let mut join = |own: Option<Texts>, ours: &Texts, kind: &str| {
            let (reserved, mut kept): (Texts, Texts) =
                own.unwrap_or_default().into_iter().partition(|(name, _)| is_reserved(name));
            self.left_out.extend(reserved.into_keys().map(|name| format!("{path}.{kind}[{name}]")));
            kept.extend(ours.clone());
            Some(kept)
        };
        let labels = join(own.labels, &self.labels, "labels");
        let annotations = join(own.annotations, &self.annotations, "annotations");
        ObjectMeta { labels, annotations, ..ObjectMeta::default() }
    }
}

/// Names by which gapless or the Job controller finds the owner of a Job or a pod.
fn is_reserved(name: &str) -> bool {
    name.starts_with(PREFIX)
        || name.starts_with("batch.kubernetes.io/")
        || ["job-name", "controller-uid"].contains(&name)
}

/// The coverage controls the Job, so its end ends the Job. Nothing blocks a deletion.
pub(super) fn owner(launch: &Launch) -> OwnerReference {
    OwnerReference {
        api_version: API_VERSION.into(),
        block_owner_deletion: None,
        controller: Some(true),
        kind: launch.coverage.kind.to_string(),
        name: launch.coverage.name.to_string(),
        uid: launch.uid.to_string(),
    }
}

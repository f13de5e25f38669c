//! The Lease object: read into a [`Record`], guarded for a write, released.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::api::ObjectMeta;

use super::decide::Record;

impl From<&Lease> for Record {
    fn from(lease: &Lease) -> Self {
        let spec = lease.spec.clone().unwrap_or_default();
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
        Self {
            uid: lease.metadata.uid.clone().unwrap_or_default(),
            version: lease.metadata.resource_version.clone().unwrap_or_default(),
            holder: spec.holder_identity.filter(|holder| !holder.is_empty()),
            renewed: spec.renew_time.map(|at| at.0),
            duration: Duration::from_secs(seconds),
        }
    }
}

/// What guards a write: the uid and the version that were read. A PUT without uid would create a lease that was deleted.
pub(super) fn guarded(old: ObjectMeta, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        uid: old.uid,
        resource_version: old.resource_version,
        labels: old.labels,
        annotations: old.annotations,
        ..ObjectMeta::default()
    }
}

/// A lease that was given back: the next candidate takes it at once.
pub(super) fn released(lease: Lease) -> Lease {
    let name = lease.metadata.name.clone().unwrap_or_default();
    let spec =
        LeaseSpec { holder_identity: None, renew_time: None, acquire_time: None, ..lease.spec.unwrap_or_default() };
    Lease { metadata: guarded(lease.metadata, &name), spec: Some(spec) }
}

//! The metadata of an object as far as gapless reads it. Which manager owns which field is most of what the API server sends,
//! and it is not even parsed.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use serde::{Deserialize, Deserializer};

/// For a field that holds metadata.
pub(super) fn metadata<'de, D: Deserializer<'de>>(from: D) -> Result<ObjectMeta, D::Error> {
    Metadata::deserialize(from).map(Into::into)
}

/// The fields that are read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::kubernetes) struct Metadata {
    annotations: Option<BTreeMap<String, String>>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    finalizers: Option<Vec<String>>,
    generation: Option<i64>,
    labels: Option<BTreeMap<String, String>>,
    name: Option<String>,
    namespace: Option<String>,
    owner_references: Option<Vec<OwnerReference>>,
    resource_version: Option<String>,
    uid: Option<String>,
}

impl From<Metadata> for ObjectMeta {
    fn from(from: Metadata) -> Self {
        Self {
            annotations: from.annotations,
            creation_timestamp: from.creation_timestamp,
            deletion_timestamp: from.deletion_timestamp,
            finalizers: from.finalizers,
            generation: from.generation,
            labels: from.labels,
            name: from.name,
            namespace: from.namespace,
            owner_references: from.owner_references,
            resource_version: from.resource_version,
            uid: from.uid,
            ..Self::default()
        }
    }
}

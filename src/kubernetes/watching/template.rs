//! A CronJob as a watch holds it: what gapless asks of its metadata, and its spec as JSON text. So a field that is newer
//! than this program passes into the Jobs that are made from it, and one that cannot be read does not stop the watch.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::core::Resource;
use serde_json::{Value, json};

use super::object::Wire;
use crate::api::template::ALLOWS;

/// A CronJob that Jobs may be made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    name: Arc<str>,
    namespace: Arc<str>,
    uid: Arc<str>,
    generation: i64,
    /// The annotation by which its author allows gapless to run it.
    allows: Option<Box<str>>,
    pub deleting: bool,
    spec: Box<str>,
}

impl From<Wire> for Template {
    fn from(wire: Wire) -> Self {
        let metadata = wire.meta().clone();
        let text = |t: Option<String>| Arc::from(t.unwrap_or_default());
        let allows = metadata.annotations.and_then(|mut all: BTreeMap<_, _>| all.remove(ALLOWS.0));
        Self {
            name: text(metadata.name),
            namespace: text(metadata.namespace),
            uid: text(metadata.uid),
            generation: metadata.generation.unwrap_or(0),
            allows: allows.map(Into::into),
            deleting: metadata.deletion_timestamp.is_some(),
            spec: wire.spec,
        }
    }
}

impl Template {
    /// Changes with everything that a coverage may depend on.
    pub fn revision(&self) -> String {
        format!("{} {} {} {} {:?}", self.namespace, self.name, self.uid, self.generation, self.allows)
    }

    /// The CronJob as a manifest would hold it, as far as gapless asks.
    pub fn manifest(&self) -> Value {
        let annotations = self.allows.iter().map(|value| (ALLOWS.0.to_string(), Value::from(&**value)));
        json!({
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {
                "namespace": &*self.namespace,
                "name": &*self.name,
                "uid": &*self.uid,
                "generation": self.generation,
                "annotations": annotations.collect::<serde_json::Map<_, _>>(),
            },
            "spec": serde_json::from_str::<Value>(&self.spec).unwrap_or(Value::Null),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_job_keeps_what_its_jobs_are_made_from_whatever_it_holds() {
        let manifest = json!({
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {
                "namespace": "n", "name": "load", "uid": "u", "generation": 3, "annotations": {"gapless.dev/fill": "allowed"},
            },
            "spec": {"jobTemplate": {"spec": {"fromTheFuture": [{"a": 1.5}], "template": 7}}},
        });
        let mut served = manifest.clone();
        served["metadata"]["annotations"]["example.com/more"] = "x".into();
        served["metadata"]["labels"] = json!({"team": "data"});
        served["status"] = json!({"lastScheduleTime": "2025-11-14T00:00:00Z"});
        let template = Template::from(serde_json::from_value::<Wire>(served.clone()).unwrap());
        assert_eq!(template.manifest(), manifest);
        served["metadata"]["annotations"] = json!({});
        let forbidden = Template::from(serde_json::from_value::<Wire>(served).unwrap());
        assert_ne!(forbidden.revision(), template.revision());
    }
}

//! The status of a coverage as lines to search: what a user sees with `kubectl get -o yaml`.

use std::time::Duration;

use serde_json::Value;

use super::{Cluster, Namespace, eventually};

/// A coverage of a namespace, `tablecoverages/t`.
pub struct Told<'a> {
    pub cluster: &'a Cluster,
    pub namespace: &'a str,
    pub coverage: &'a str,
}

impl<'a> Namespace<'a> {
    /// The status of a coverage of this namespace, `tablecoverages/t`.
    pub fn told(&'a self, coverage: &'a str) -> Told<'a> {
        Told { cluster: self.cluster, namespace: &self.name, coverage }
    }

    /// kubectl in this namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(&[&["-n", &self.name], arguments].concat())
    }

    /// Applies manifests, server-side.
    pub fn apply(&self, yaml: &str) {
        self.cluster.apply(yaml);
    }

    /// Releases every filler that waits with [`Table::held`](super::Table::held).
    pub fn let_go(&self) {
        std::fs::write(self.folder().join("go"), "").unwrap();
    }
}

impl Told<'_> {
    /// The object.
    pub async fn object(&self) -> Option<Value> {
        let Self { namespace, coverage, .. } = self;
        self.cluster.get(&format!("/apis/gapless.dev/v1alpha1/namespaces/{namespace}/{coverage}")).await
    }

    /// `Ready=False/Running: …`, `Running/PodPending 2026-01-01: …`, `#1 Failed 2026-01-01: …`, one per line. `None`
    /// while the operator has not seen the current spec.
    pub async fn lines(&self) -> Option<Vec<String>> {
        let object = self.object().await?;
        let status = &object["status"];
        (status["observedGeneration"] == object["metadata"]["generation"]).then(|| lines(status))
    }

    /// Waits until a line contains all these words, and returns it.
    pub async fn line(&self, words: &[&str]) -> String {
        let has = |line: &String| words.iter().all(|word| line.contains(word));
        let ask = async || self.lines().await?.into_iter().find(has);
        eventually(self.cluster, &format!("{} to say {words:?}", self.coverage), Duration::from_secs(90), ask).await
    }

    /// Waits until this many dates are complete and every attempt is settled.
    pub async fn complete(&self, dates: u32) {
        let ask = async || {
            let object = self.object().await?;
            let settled = object["status"]["attempts"].as_array().is_none_or(Vec::is_empty);
            (settled && object["status"]["summary"]["complete"] == dates).then_some(())
        };
        eventually(self.cluster, "every date complete, every attempt settled", Duration::from_secs(120), ask).await;
    }

    /// The number of launches in its ledger.
    pub async fn launches(&self) -> u64 {
        self.object().await.and_then(|o| o["status"]["ledger"]["launches"].as_u64()).unwrap_or(0)
    }
}

fn lines(status: &Value) -> Vec<String> {
    let rows = |field: &str| status[field].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let condition = |c: &Value| {
        format!("{}={}/{}: {}", text(&c["type"]), text(&c["status"]), text(&c["reason"]), text(&c["message"]))
    };
    let state = |s: &Value| {
        format!("{}/{} {}: {}", text(&s["state"]), text(&s["reason"]), text(&s["dates"]), text(&s["message"]))
    };
    let settled = |s: &Value| {
        let outcomes = s["outcomes"].as_array().cloned().unwrap_or_default();
        let outcomes = outcomes.iter().map(|o| format!("{} {}", text(&o["outcome"]), text(&o["dates"])));
        format!("#{} {}: {}", s["launch"], outcomes.collect::<Vec<_>>().join(", "), text(&s["message"]))
    };
    let conditions = rows("conditions").iter().map(condition).collect::<Vec<_>>();
    let states = rows("states").iter().map(state).collect::<Vec<_>>();
    let recent = rows("recent").iter().map(settled).collect::<Vec<_>>();
    [conditions, states, recent].concat()
}

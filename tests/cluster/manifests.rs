//! A real API server accepts everything that users apply unchanged: server-side, with strict validation, without a
//! warning.

use std::path::{Path, PathBuf};

use super::harness::Cluster;

/// Third-party kinds that manifests use. They only have to exist here.
const FOREIGN: [(&str, &str, &str); 2] = [
    ("monitoring.coreos.com", "PodMonitor", "podmonitors"),
    ("monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
];

/// Intended warnings, and their reasons.
const WARNS: [(&str, &str); 1] = [("manifests/overlays/test-host-network", "the host's network is what it is for")];

#[test]
fn every_kustomization_is_accepted_unchanged() {
    let cluster = Cluster::shared_node();
    cluster.install_definitions();
    FOREIGN.iter().for_each(|(group, kind, plural)| cluster.apply(&definition(group, kind, plural)));
    for (_, _, plural) in FOREIGN {
        cluster.kubectl(&["wait", "--for=condition=Established", &format!("crd/{plural}.monitoring.coreos.com")]);
    }
    ["gapless", "gapless-system"].iter().for_each(|name| cluster.apply(&namespace(name)));
    let mut refused = Vec::new();
    let all = kustomizations();
    for folder in &all {
        let path = root().join(folder).display().to_string();
        let mut arguments = vec!["apply", "--server-side", "--dry-run=server", "--validate=strict", "-k", &path];
        if !WARNS.iter().any(|(warns, _)| folder == Path::new(warns)) {
            arguments.push("--warnings-as-errors");
        }
        match cluster.try_kubectl(&arguments) {
            Ok(said) if said.is_empty() => refused.push(format!("{}: renders nothing", folder.display())),
            Ok(_) => {}
            Err(error) => refused.push(format!("{}: {error}", folder.display())),
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(all.len() >= 8, "only {all:?}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every folder with a kustomization, below the two that users apply from.
fn kustomizations() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from("manifests"), PathBuf::from("examples")];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(root().join(&folder)).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for entry in entries.map(Result::unwrap) {
            let name = entry.file_name();
            match entry.file_type().unwrap().is_dir() {
                true => open.push(folder.join(name)),
                false if name == "kustomization.yaml" || name == "Kustomization" => found.push(folder.clone()),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// A definition that takes every object of a kind.
fn definition(group: &str, kind: &str, plural: &str) -> String {
    let singular = kind.to_lowercase();
    format!(
        "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: {kind}, plural: {plural}, singular: {singular}}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
"
    )
}

/// A namespace that refuses pods which are not `restricted`, and warns those who apply one.
fn namespace(name: &str) -> String {
    let labels = "pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted";
    format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{{labels}}}}}}}")
}

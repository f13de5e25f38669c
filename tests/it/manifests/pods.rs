//! The pods and the image: Pod Security `restricted`, tokens, variables, network.

use serde_json::Value;

use super::{documents, list, root, text, text_of, yaml_files};
use crate::gapless::gapless;

#[test]
fn the_pods_pass_pod_security_restricted() {
    let mut seen = 0;
    for (place, pod) in pods() {
        let is = |pointer: &str, value: Value| assert_eq!(pod.pointer(pointer), Some(&value), "{place}: {pointer}");
        is("/securityContext/runAsNonRoot", true.into());
        is("/securityContext/runAsUser", 65532.into());
        is("/securityContext/seccompProfile/type", "RuntimeDefault".into());
        for host in ["hostNetwork", "hostPID", "hostIPC"] {
            assert!(pod.get(host).is_none(), "{place}: {host}");
        }
        for container in list(&pod, "/containers") {
            let is = |pointer: &str, value: Value| {
                assert_eq!(container.pointer(pointer), Some(&value), "{place}: {pointer}")
            };
            is("/securityContext/allowPrivilegeEscalation", false.into());
            is("/securityContext/readOnlyRootFilesystem", true.into());
            is("/securityContext/capabilities/drop", serde_json::json!(["ALL"]));
            assert!(container.pointer("/resources/limits/memory").is_some(), "{place}: no limit of memory");
            assert!(container.pointer("/resources/requests/cpu").is_some(), "{place}: no request of CPU");
        }
        for volume in list(&pod, "/volumes") {
            assert!(volume.get("hostPath").is_none(), "{place}: hostPath");
        }
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} pods");
}

#[test]
fn a_token_is_mounted_where_it_is_needed_and_nowhere_else() {
    for (place, pod) in pods() {
        let operator = place.contains("manifests/base");
        assert_eq!(pod.pointer("/automountServiceAccountToken"), Some(&operator.into()), "{place}");
    }
}

#[test]
fn the_image_is_that_of_this_version() {
    let image = format!("gapless:{}", env!("CARGO_PKG_VERSION"));
    for (place, pod) in pods() {
        for container in list(&pod, "/containers") {
            let named = text(container, "/image");
            assert!(named == image || named.is_empty(), "{place}: {named}");
        }
    }
    for file in ["Containerfile", "README.md", "docs/install.md"] {
        assert!(text_of(file).contains(&image), "{file} does not name {image}");
    }
    assert!(text_of("Containerfile").contains("\nUSER 65532:65532\n"), "the image's user is the pod's");
}

/// Checks without a container engine that the image is built from existing files, with a compiler that is new enough.
#[test]
fn the_containerfile_builds_what_is_here() {
    let (file, cargo) = (text_of("Containerfile"), text_of("Cargo.toml"));
    let after = |text: &str, start: &str| -> String {
        let line = text.lines().find_map(|line| line.strip_prefix(start).map(String::from));
        line.unwrap_or_else(|| panic!("no line begins with {start}"))
    };
    let minor = |version: &str| -> u32 { version.split('.').nth(1).and_then(|n| n.parse().ok()).unwrap() };
    let (compiler, debian) = after(&file, "ARG BUILD=docker.io/library/rust:")
        .split_once('-')
        .map(|(c, d)| (c.to_string(), d.to_string()))
        .unwrap();
    assert!(minor(&compiler) >= minor(after(&cargo, "rust-version = ").trim_matches('"')), "{compiler}");
    assert_eq!(
        (debian.as_str(), after(&file, "ARG BASE=gcr.io/distroless/cc-").as_str()),
        ("bookworm", "debian12:nonroot")
    );
    assert!(file.contains("cargo build --release --locked --bin gapless"), "the lock file is the one that was tested");
    let ignored = text_of(".dockerignore");
    let left_out = |path: &str| ignored.lines().any(|line| line == path);
    for needed in ["Cargo.toml", "Cargo.lock", "src", "crds", "examples"] {
        assert!(root().join(needed).exists() && !left_out(needed), "{needed}");
    }
}

#[test]
fn every_variable_that_is_set_or_documented_is_a_flags() {
    let help = gapless(&["operator", "--help"]).out;
    let mut seen = 0;
    for file in [
        "manifests/base/deployment.yaml",
        "manifests/cluster-wide/deployment.yaml",
        "manifests/postgresql/deployment.yaml",
        "docs/operations.md",
    ] {
        let text = text_of(file);
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|w| w.starts_with("GAPLESS_"));
        for word in words {
            assert!(
                help.contains(&format!("[env: {word}=")),
                "{file} names {word}, `gapless operator --help` does not"
            );
            seen += 1;
        }
    }
    assert!(seen >= 15, "only {seen} variables");
}

#[test]
fn metrics_are_open_to_labelled_namespaces_only() {
    let policy = &documents(&root().join("manifests/base/network-policy.yaml"))[0];
    assert_eq!(policy.pointer("/spec/policyTypes"), Some(&serde_json::json!(["Ingress", "Egress"])));
    for rule in list(policy, "/spec/ingress") {
        assert_eq!(rule.pointer("/ports"), Some(&serde_json::json!([{"protocol": "TCP", "port": "http"}])));
        assert!(!list(rule, "/from").is_empty(), "an ingress rule without `from` lets everybody in");
        for from in list(rule, "/from") {
            assert!(from.pointer("/namespaceSelector/matchLabels").is_some(), "{from}");
        }
    }
    for rule in list(policy, "/spec/egress") {
        assert!(!list(rule, "/ports").is_empty(), "an egress rule without ports lets everything out");
    }
}

/// Every pod of this repository: its file, and its spec.
fn pods() -> Vec<(String, Value)> {
    let folders = ["manifests/base", "examples/cluster", "examples/demo-cluster"];
    let mut pods = Vec::new();
    for path in folders.iter().flat_map(|f| yaml_files(&root().join(f))) {
        for document in documents(&path) {
            let spec = match text(&document, "/kind") {
                "Deployment" | "Job" => "/spec/template/spec",
                "CronJob" => "/spec/jobTemplate/spec/template/spec",
                _ => continue,
            };
            let place = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            pods.push((place, document.pointer(spec).cloned().unwrap_or_default()));
        }
    }
    pods
}

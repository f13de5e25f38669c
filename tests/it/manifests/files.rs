//! The files: each is part of a kustomization and can be applied.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{documents, list, root, text, yaml_files};

#[test]
fn every_file_is_yaml_and_part_of_a_kustomization() {
    let mut offenders = Vec::new();
    for folder in kustomizations() {
        let named: BTreeSet<String> = named_files(&folder);
        for path in yaml_files(&folder) {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if name != "kustomization.yaml" && !named.contains(&name) {
                offenders.push(format!("{} is in no kustomization", path.display()));
            }
        }
        offenders
            .extend(named.iter().filter(|n| !folder.join(n).exists()).map(|n| format!("{}: no {n}", folder.display())));
    }
    for path in
        yaml_files(&root().join("examples/gitops")).into_iter().chain(yaml_files(&root().join("examples/cluster")))
    {
        for document in documents(&path) {
            if text(&document, "/apiVersion").is_empty() || text(&document, "/metadata/name").is_empty() {
                offenders.push(format!("{}: a document without apiVersion or name", path.display()));
            }
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
    assert!(kustomizations().len() >= 13, "only {} kustomizations", kustomizations().len());
}

#[test]
fn dates_are_quoted_wherever_kustomize_reads_them() {
    let bare = |line: &str| {
        let value = line
            .split(['{', ',', ' ', '['])
            .find(|word| word.len() >= 10 && is_date(word.trim_end_matches(['}', ']'])));
        value.is_some() && !line.trim_start().starts_with('#') && !line.contains("..")
    };
    let mut offenders = Vec::new();
    for folder in [
        "examples/minimal",
        "examples/nba",
        "examples/nba-bigquery",
        "examples/demo",
        "examples/cluster",
        "examples/demo-cluster",
    ] {
        for path in yaml_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            offenders.extend(text.lines().filter(|l| bare(l)).map(|l| format!("{}: {l}", path.display())));
        }
    }
    assert!(offenders.is_empty(), "quote these dates, kustomize makes instants of them:\n{}", offenders.join("\n"));
}

#[test]
fn flux_waits_for_what_comes_first_and_for_no_coverage() {
    let documents = documents(&root().join("examples/gitops/flux.yaml"));
    let mut earlier = Vec::new();
    for step in documents.iter().filter(|d| text(d, "/kind") == "Kustomization") {
        let name = text(step, "/metadata/name");
        for needed in list(step, "/spec/dependsOn").iter().map(|d| text(d, "/name")) {
            assert!(earlier.contains(&needed), "{name} waits for {needed}, which does not come before it");
        }
        earlier.push(name);
    }
    assert_eq!(earlier, ["gapless-definitions", "gapless-namespace", "gapless", "coverages"]);
    let step =
        |name: &str| documents.iter().find(|d| text(d, "/metadata/name") == name && d["spec"]["path"].is_string());
    // The claim is bound only once the operator's pod exists, and a night is complete only in the morning.
    for name in ["gapless-namespace", "coverages"] {
        let spec = &step(name).unwrap()["spec"];
        assert!(spec["wait"] == false && spec.get("healthChecks").is_none(), "{name} waits for itself");
    }
    let needs = list(step("gapless").unwrap(), "/spec/dependsOn").iter().map(|d| text(d, "/name"));
    assert!(needs.eq(["gapless-definitions", "gapless-namespace"]), "the operator needs its namespace and its claim");
}

/// Every folder with a kustomization.
fn kustomizations() -> Vec<PathBuf> {
    let mut folders = vec![root().join("crds")];
    let mut open = vec![root().join("manifests"), root().join("examples")];
    while let Some(folder) = open.pop() {
        if folder.join("kustomization.yaml").exists() || folder.join("Kustomization").exists() {
            folders.push(folder.clone());
        }
        open.extend(fs::read_dir(&folder).unwrap().flatten().map(|e| e.path()).filter(|p| p.is_dir()));
    }
    folders
}

/// The files that a kustomization names in its own folder.
fn named_files(folder: &Path) -> BTreeSet<String> {
    let file =
        ["kustomization.yaml", "Kustomization"].map(|n| folder.join(n)).into_iter().find(|p| p.exists()).unwrap();
    let kustomization = &documents(&file)[0];
    let strings = |pointer: &str| {
        list(kustomization, pointer).iter().filter_map(Value::as_str).map(String::from).collect::<Vec<_>>()
    };
    let mut names = strings("/resources");
    names.extend(list(kustomization, "/patches").iter().map(|p| text(p, "/path").to_string()));
    for generator in list(kustomization, "/configMapGenerator") {
        names.extend(list(generator, "/files").iter().filter_map(Value::as_str).map(String::from));
    }
    names.into_iter().filter(|n| !n.is_empty() && !n.contains('/')).collect()
}

fn is_date(word: &str) -> bool {
    word.len() == 10
        && word.bytes().enumerate().all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() })
}

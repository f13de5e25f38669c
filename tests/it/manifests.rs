//! Checks the files of `manifests/` and the cluster examples: rights against the table of `docs/rbac.md`, the pod
//! against Pod Security `restricted`, variables against the flags. `tests/cluster` applies them to an API server.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The maximum number of pairs of verb and resource that the project promises. Its own kinds count as one.
const MOST_PAIRS: usize = 20;
const KINDS: [&str; 5] = ["warehouses", "seasons", "tablecoverages", "propcoverages", "gamedates"];
/// Words that would extend an account's rights.
const NEVER: [&str; 12] = [
    "*",
    "secrets",
    "configmaps",
    "escalate",
    "bind",
    "impersonate",
    "update/gapless.dev",
    "deletecollection",
    "pods/exec",
    "pods/log",
    "pods/attach",
    "serviceaccounts/token",
];

/// A right: API group, resource, the one name it is narrowed to, verb.
type Right = (String, String, String, String);

#[test]
fn the_rights_are_those_of_the_table_in_both_installations() {
    let table = documented();
    assert_eq!(granted("manifests/namespaced/role.yaml", &["Role"]), table);
    let wide = "manifests/cluster-wide/roles.yaml";
    assert_eq!(granted(wide, &["ClusterRole", "Role"]), table);
    let own: BTreeSet<_> = granted(wide, &["Role"]).into_iter().map(|(_, resource, ..)| resource).collect();
    assert_eq!(own, ["leases".to_string()].into(), "in its own namespace it may hold its Lease, and nothing else");
}

/// A cluster-wide gapless may create objects only where a RoleBinding permits it, and none is shipped.
#[test]
fn jobs_are_created_in_granted_namespaces_alone() {
    let roles = documents(&root().join("manifests/cluster-wide/roles.yaml"));
    let bound: BTreeSet<&str> =
        roles.iter().filter(|d| text(d, "/kind").ends_with("Binding")).map(|d| text(d, "/roleRef/name")).collect();
    assert_eq!(bound, ["gapless", "gapless-operator"].into());
    for role in roles.iter().filter(|role| bound.contains(text(role, "/metadata/name"))) {
        for rule in list(role, "/rules") {
            let has = |key: &str, word: &str| list(rule, key).iter().any(|w| w == word);
            let makes = has("/verbs", "create") && !has("/resources", "events");
            assert!(!makes && !has("/verbs", "delete"), "{rule}");
        }
    }
    let place = super::gapless::Place::new(&[]);
    place.write("grants.yaml", "namespaces: {team-a: {folders: [nba]}, team-b: {}, team-c: {folders: [shop]}}");
    let file = place.path("grants.yaml").display().to_string();
    let done = super::gapless::gapless(&["grants", &file, "--namespace", "ops"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let bindings: Vec<Value> = done.out.split("---\n").skip(1).map(|d| serde_saphyr::from_str(d).unwrap()).collect();
    let namespaces: Vec<&str> = bindings.iter().map(|b| text(b, "/metadata/namespace")).collect();
    assert_eq!(namespaces, ["team-a", "team-c"]);
    let granted: Vec<&str> = bindings.iter().map(|b| text(b, "/roleRef/name")).collect();
    assert!(granted.iter().all(|role| roles.iter().any(|r| text(r, "/metadata/name") == *role)), "{granted:?}");
    assert!(bindings.iter().all(|b| text(b, "/subjects/0/namespace") == "ops"), "{bindings:?}");
}

#[test]
fn the_lease_comes_with_the_installation() {
    let lease = &documents(&root().join("manifests/base/lease.yaml"))[0];
    assert_eq!((text(lease, "/kind"), text(lease, "/metadata/name")), ("Lease", "gapless"));
    assert!(lease.get("spec").is_none(), "who holds it is gapless's own: applying it again must not change that");
    assert!(documented().iter().all(|(_, resource, name, _)| resource != "leases" || name == "gapless"));
}

#[test]
fn no_right_is_more_than_it_says() {
    for (group, resource, _, verb) in documented() {
        let words = [&group, &resource, &verb, &format!("{verb}/{group}")];
        let bad = words.iter().find(|word| NEVER.contains(&word.as_str()));
        assert!(bad.is_none(), "{verb} {resource} in '{group}': {bad:?} is never given");
        let own = group == "gapless.dev";
        assert!(
            !own || resource.ends_with("/status") == (verb == "patch"),
            "{verb} {resource}: a spec is the person's"
        );
    }
}

#[test]
fn the_rights_are_few_and_counted_right() {
    let singly = documented().len();
    let fold = |(group, resource, name, verb): Right| {
        let plain = resource.trim_end_matches("/status");
        let own = group == "gapless.dev" && KINDS.contains(&plain) && verb != "create";
        let resource = if own { resource.replace(plain, "KIND") } else { resource };
        (group, resource, name, verb)
    };
    let folded: BTreeSet<Right> = documented().into_iter().map(fold).collect();
    assert!(folded.len() <= MOST_PAIRS, "{} pairs", folded.len());
    let text = text_of("docs/rbac.md");
    for said in
        [format!("**{} pairs of verb and resource**", folded.len()), format!("Counted separately there are {singly}:")]
    {
        assert!(text.contains(&said), "docs/rbac.md does not say: {said}");
    }
}

#[test]
fn people_are_given_what_gapless_has_and_no_status() {
    for (file, role) in [("viewer", "gapless-viewer"), ("editor", "gapless-editor"), ("on-call", "gapless-on-call")] {
        let file = format!("manifests/people/{file}.yaml");
        let documents = documents(&root().join(&file));
        assert_eq!(text(&documents[0], "/metadata/name"), role);
        for (group, resource, _, verb) in granted(&file, &["ClusterRole"]) {
            assert!(
                group == "gapless.dev" && KINDS.contains(&resource.as_str()) && verb != "*",
                "{file}: {verb} {resource}"
            );
        }
    }
}

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
    let help = super::gapless::gapless(&["operator", "--help"]).out;
    let mut seen = 0;
    for file in ["manifests/base/deployment.yaml", "manifests/cluster-wide/deployment.yaml", "docs/operations.md"] {
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
    assert!(kustomizations().len() >= 11, "only {} kustomizations", kustomizations().len());
}

#[test]
fn dates_stand_in_quotes_wherever_kustomize_may_come_by() {
    let bare = |line: &str| {
        let value = line
            .split(['{', ',', ' ', '['])
            .find(|word| word.len() >= 10 && is_date(word.trim_end_matches(['}', ']'])));
        value.is_some() && !line.trim_start().starts_with('#') && !line.contains("..")
    };
    let mut offenders = Vec::new();
    for folder in ["examples/minimal", "examples/nba", "examples/demo", "examples/cluster", "examples/demo-cluster"] {
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

/// The table of `docs/rbac.md`.
fn documented() -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    let text = text_of("docs/rbac.md");
    let rows = text.lines().skip_while(|l| !l.starts_with("| API group")).skip(2).take_while(|l| l.starts_with('|'));
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(String::from).collect::<Vec<_>>();
        let group = words(cells[1]).pop().unwrap_or_default();
        let (resources, name) = match cells[2].split_once(" named ") {
            Some((resources, name)) => (words(resources), words(name).pop().unwrap_or_default()),
            None => (words(cells[2]), String::new()),
        };
        for resource in resources {
            rights
                .extend(words(cells[3]).into_iter().map(|verb| (group.clone(), resource.clone(), name.clone(), verb)));
        }
    }
    rights
}

/// The rules of a file's roles of these kinds.
fn granted(file: &str, kinds: &[&str]) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    let words = |rule: &Value, key: &str| -> Vec<String> {
        list(rule, key).iter().map(|v| v.as_str().unwrap_or_default().to_string()).collect()
    };
    for role in documents(&root().join(file)).iter().filter(|d| kinds.contains(&text(d, "/kind"))) {
        for rule in list(role, "/rules") {
            let name = words(rule, "/resourceNames").join(",");
            for group in words(rule, "/apiGroups") {
                for resource in words(rule, "/resources") {
                    for verb in words(rule, "/verbs") {
                        let right = (group.clone(), resource.clone(), name.clone(), verb);
                        assert!(rights.insert(right.clone()), "{file} gives {right:?} twice");
                    }
                }
            }
        }
    }
    rights
}

/// Every pod spec in this repository's manifests, with its file.
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

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let files =
        fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten().map(|e| e.path());
    files.filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect()
}

/// The documents of a file, as JSON.
pub fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let parts = text.split("\n---\n").filter(|p| p.lines().any(|l| !l.trim().is_empty() && !l.starts_with('#')));
    let parse = |part: &str| serde_saphyr::from_str(part).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    parts.map(parse).collect()
}

pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn is_date(word: &str) -> bool {
    word.len() == 10
        && word.bytes().enumerate().all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() })
}

pub fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

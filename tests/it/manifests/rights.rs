//! The rights that are granted, compared with the table of `docs/rbac.md`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{documents, list, root, text, text_of};
use crate::gapless::{Place, gapless};

/// The project promises at most this many pairs of verb and resource. Its own kinds count as one.
const MOST_PAIRS: usize = 20;

const KINDS: [&str; 6] = ["warehouses", "seasons", "sources", "tablecoverages", "propcoverages", "gamedates"];

/// Words that would give an account more than it needs.
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

/// A right: API group, resource, the only name it applies to, verb.
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

/// A cluster-wide gapless may create things only where a RoleBinding allows it, and none is shipped.
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
    let place = Place::new(&[]);
    place.write("grants.yaml", "namespaces: {team-a: {folders: [nba]}, team-b: {}, team-c: {folders: [shop]}}");
    let file = place.path("grants.yaml").display().to_string();
    let done = gapless(&["grants", &file, "--namespace", "ops"]);
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

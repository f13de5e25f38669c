//! gapless needs every right that it has. Each right is removed in a separate namespace, and the API server's audit log
//! shows that gapless requested it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::harness::{Cluster, Deployed, Namespace, Table, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];

/// One verb on one resource. A subresource follows a slash.
type Pair = (String, String);

/// Every right of the Role, one at a time.
fn pairs(cluster: &Cluster) -> BTreeSet<Pair> {
    let text = cluster.rendered("manifests/overlays/test", "any");
    let roles = text.split("\n---\n").map(|d| serde_saphyr::from_str::<Value>(d).unwrap());
    roles.filter(|d| d["kind"] == "Role").flat_map(|role| of_rules(&role["rules"])).collect()
}

fn of_rules(rules: &Value) -> Vec<Pair> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(String::from).collect()
    };
    let rules = rules.as_array().cloned().unwrap_or_default();
    let of = |rule: &Value| -> Vec<Pair> {
        let verbs = texts(&rule["verbs"]);
        let both = |r: String| verbs.iter().map(move |v| (v.clone(), r.clone())).collect::<Vec<_>>();
        texts(&rule["resources"]).into_iter().flat_map(both).collect()
    };
    rules.iter().flat_map(of).collect()
}

/// The same Role without one right.
pub fn without(role: &mut Value, verb: &str, resource: &str) {
    if role["kind"] != "Role" {
        return;
    }
    let mut rules = Vec::new();
    for rule in role["rules"].as_array().unwrap() {
        for one in rule["resources"].as_array().unwrap() {
            let mut single = rule.clone();
            single["resources"] = Value::Array(vec![one.clone()]);
            if one == resource {
                single["verbs"].as_array_mut().unwrap().retain(|v| v != verb);
            }
            if !single["verbs"].as_array().unwrap().is_empty() {
                rules.push(single);
            }
        }
    }
    role["rules"] = Value::Array(rules);
}

/// Some of everything: gaps, a filler, the GameDates of a season, a coverage of each kind, a Source.
fn scenario(cluster: &Cluster, namespace: &Namespace<'_>) {
    Table::slow(2, 1, 2).apply(cluster, namespace);
    let name = &namespace.name;
    cluster.apply(&format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: PropCoverage
metadata: {{name: p, namespace: {name}}}
spec:
  season: s
  table: props
  columns: {{date: day, game: {{whole: Date}}, player: p, bookmaker: b, line: l, snapshot: t}}
  expect: {{snapshots: {{beforeStart: false}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Source
metadata: {{name: odds, namespace: {name}}}
spec: {{maxConcurrentJobs: 2}}
"
    ));
}

#[tokio::test]
async fn every_right_is_used_and_its_absence_is_reported() {
    let cluster = Cluster::shared_node();
    let pairs = pairs(cluster);
    assert!(pairs.len() > 20, "{pairs:?}");
    cluster.install_definitions();
    let mut lacking: Vec<(Pair, Namespace<'_>, Deployed<'_>)> = Vec::new();
    for pair in pairs {
        // Finished Jobs are kept for at least ten minutes. `at_rest` runs that long and proves the right to remove
        // them.
        if pair == ("delete".into(), "jobs".into()) {
            continue;
        }
        let namespace = cluster.namespace("right");
        scenario(cluster, &namespace);
        let deployed = cluster.install(&namespace, 1, &ENV, |object| without(object, &pair.0, &pair.1));
        lacking.push((pair, namespace, deployed));
    }
    let missing = async || {
        let audit = cluster.audit(Default::default());
        let refused: BTreeSet<(String, Pair)> = audit.events.iter().filter(|e| e.code == 403).map(refusal).collect();
        let unasked = lacking.iter().filter(|(pair, _, d)| !refused.contains(&(d.user(), pair.clone())));
        let unasked: Vec<&Pair> = unasked.map(|(pair, _, _)| pair).collect();
        if !unasked.is_empty() {
            eprintln!("not asked for yet: {unasked:?}");
        }
        unasked.is_empty().then_some(())
    };
    eventually(cluster, "every right that is lacking is asked for", Duration::from_secs(180), missing).await;
    let launched = |d: &Deployed<'_>| {
        let audit = cluster.audit(Default::default());
        audit.writes(&d.user()).filter(|e| e.resource == "jobs" && e.verb == "create").count()
    };
    // Without a list it has no facts, so it makes no decisions.
    for (_, _, blind) in lacking.iter().filter(|((verb, _), ..)| verb == "list") {
        assert_eq!(launched(blind), 0, "{}", blind.namespace);
    }
    // A missing right is in the log. One for Jobs is in the status, see below.
    for ((verb, resource), _, blind) in lacking.iter().filter(|((verb, r), ..)| (&**verb, &**r) != ("create", "jobs")) {
        let log = blind.log();
        assert!(log.contains(&format!("gapless cannot {verb} {resource};")), "{verb} {resource}: {log}");
    }
    let (_, _, without_create) = lacking.iter().find(|(p, _, _)| *p == ("create".into(), "jobs".into())).unwrap();
    let told = async || {
        let status = without_create.kubectl(&["get", "tablecoverage", "t", "-o", "yaml"]);
        (status.contains("Blocked") && status.contains("cannot create resource")).then_some(())
    };
    eventually(cluster, "the missing right in the status", Duration::from_secs(30), told).await;
}

fn refusal(event: &super::harness::Event) -> (String, Pair) {
    let resource = if event.subresource.is_empty() {
        event.resource.clone()
    } else {
        format!("{}/{}", event.resource, event.subresource)
    };
    (event.user.clone(), (event.verb.clone(), resource))
}

#[test]
fn what_the_operator_may_do_is_what_is_documented() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("cani");
    let deployed = cluster.install(&namespace, 0, &[], |_| {});
    let listed = deployed.kubectl(&["auth", "can-i", "--list", "--no-headers", "--as", &deployed.user()]);
    let may: BTreeSet<Pair> = listed.lines().flat_map(row).collect();
    assert_eq!(may, pairs(cluster), "{listed}");
}

/// `tablecoverages.gapless.dev/status   []   []   [patch]`; without what every account may ask about itself.
fn row(line: &str) -> Vec<Pair> {
    let Some((resource, rest)) = line.split_once(char::is_whitespace) else { return Vec::new() };
    let verbs = rest.rsplit_once('[').map_or("", |(_, verbs)| verbs).trim_end().trim_end_matches(']');
    if resource.is_empty() || resource.starts_with("selfsubject") {
        return Vec::new();
    }
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    let subresource = group.split_once('/').map(|(_, s)| format!("/{s}")).unwrap_or_default();
    verbs.split(' ').map(|verb| (verb.to_string(), format!("{plural}{subresource}"))).collect()
}

#[tokio::test]
async fn a_filler_that_pod_security_refuses_is_reported_and_not_an_attempt() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("refused");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table { deadline: 15, security: "", ..Table::slow(1, 1, 1) }.apply(cluster, &namespace);
    let told = async || {
        let status = deployed.kubectl(&["get", "tablecoverage", "t", "-o", "yaml"]);
        status.contains("NoPod").then_some(())
    };
    eventually(cluster, "the message that no pod is admitted", Duration::from_secs(60), told).await;
    let ended = async || {
        let status = deployed.kubectl(&["get", "tablecoverage", "t", "-o", "yaml"]);
        status.contains("NeverStarted").then_some(())
    };
    eventually(cluster, "the deadline to end it", Duration::from_secs(60), ended).await;
}

//! Every editable field returns to its original state after A → B → A. Edits of the others are refused with our
//! message.

mod fields;

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Cluster, Namespace, eventually};
use fields::*;

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];

/// The name of a kind in a path.
fn plural(kind: &str) -> String {
    kind.to_lowercase() + "s"
}

fn manifest(namespace: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "gapless.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec})
}

/// Two warehouses, the second of them empty. Of three dates the third is missing.
fn world(namespace: &Namespace<'_>) {
    for (table, head, row) in
        [("t", "n,c,at", "1,x,2026-01-01T12:00:00Z"), ("props", "n,c,p,b,l,at", "1,x,p,b,1,2026-01-01T12:00:00Z")]
    {
        for date in ["2026-01-01", "2026-01-02"] {
            let folder = namespace.folder().join(format!("w/{table}/day={date}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("part.csv"), format!("{head}\n{row}\n")).unwrap();
        }
        std::fs::create_dir_all(namespace.folder().join("other").join(table)).unwrap();
    }
    let name = &namespace.name;
    let mut text = String::new();
    for (kind, object, spec) in [
        ("Warehouse", "w", json!({"files": {"folder": "w"}})),
        ("Warehouse", "other", json!({"files": {"folder": "other"}})),
        ("Season", "s", season()),
        ("Source", "odds", json!({})),
        ("GameDate", "s-2026-01-03", json!({"season": "s", "date": "2026-01-03"})),
    ] {
        write!(text, "---\n{}\n", manifest(name, kind, object, &spec)).unwrap();
    }
    namespace.apply(&text);
}

/// A status without timestamps and generations.
fn timeless(mut status: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|field, _| {
                    !["lastTransitionTime", "observedGeneration", "next", "since"].contains(&field.as_str())
                });
                fields.values_mut().for_each(strip);
            }
            Value::Array(rows) => rows.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut status);
    status
}

/// Waits until every status reflects the current spec, in two successive reads.
async fn statuses(cluster: &Cluster, namespace: &Namespace<'_>, objects: &[(&str, String)]) -> Vec<Value> {
    let mut last = (Vec::new(), std::time::Instant::now());
    let ask = async || {
        let mut now = Vec::new();
        for kind in ["TableCoverage", "PropCoverage", "Season"] {
            let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/{}", namespace.name, plural(kind));
            now.push((kind, cluster.get(&path).await?["items"].as_array()?.clone()));
        }
        let find = |kind: &str, name: &str| {
            let (_, items) = now.iter().find(|(of, _)| *of == kind)?;
            items.iter().find(|item| item["metadata"]["name"] == *name)
        };
        let mut told = Vec::new();
        for (kind, name) in objects {
            let object = find(kind, name)?;
            let status = &object["status"];
            if status["observedGeneration"] != object["metadata"]["generation"] || unread(status) {
                return None;
            }
            told.push(timeless(status.clone()));
        }
        if last.0 != told {
            last = (told, std::time::Instant::now());
            return None;
        }
        (last.1.elapsed() > Duration::from_secs(6)).then(|| last.0.clone())
    };
    eventually(cluster, "the statuses to reflect the current specs", Duration::from_secs(60), ask).await
}

/// Not every date was read for this spec yet.
fn unread(status: &Value) -> bool {
    let states = status["states"].as_array().cloned().unwrap_or_default();
    states.iter().any(|state| state["reason"] == "NotProbed")
        || status["conditions"].as_array().is_none_or(|all| all.iter().any(|c| c["reason"] == "NotProbed"))
}

#[tokio::test]
async fn every_field_edited_there_and_back_ends_in_the_same_state() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("edits");
    let _deployed = cluster.deploy(&namespace, 1, &ENV);
    world(&namespace);
    let (edits, mut text) = (edits(), String::new());
    let mut objects = Vec::new();
    for (index, Edit { kind, spec, .. }) in edits.iter().enumerate() {
        let (name, mut spec) = (format!("e{index}"), spec.clone());
        if *kind == "Season" {
            write!(text, "---\n{}\n", manifest(&namespace.name, kind, &name, &spec)).unwrap();
            spec = table();
            spec["season"] = name.clone().into();
            objects.push(("Season", name.clone()));
        }
        let kind = if *kind == "Season" { "TableCoverage" } else { kind };
        write!(text, "---\n{}\n", manifest(&namespace.name, kind, &name, &spec)).unwrap();
        objects.push((kind, name));
    }
    namespace.apply(&text);
    let began = statuses(cluster, &namespace, &objects).await;
    for (index, edit) in edits.iter().enumerate() {
        cluster.merge(&path(&namespace, edit.kind, &format!("e{index}")), &json!({"spec": edit.patch})).await.unwrap();
    }
    let between = statuses(cluster, &namespace, &objects).await;
    for (index, Edit { kind, spec, patch }) in edits.iter().enumerate() {
        let back = back(patch, spec);
        cluster.merge(&path(&namespace, kind, &format!("e{index}")), &json!({"spec": back})).await.unwrap();
    }
    let ended = statuses(cluster, &namespace, &objects).await;
    let differ: Vec<String> = objects
        .iter()
        .zip(began.iter().zip(&ended))
        .filter(|(_, (began, ended))| began != ended)
        .map(|((kind, name), (began, ended))| {
            format!("{kind}/{name} {}:\nA {began}\nA {ended}", edits[number(name)].patch)
        })
        .collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    let moved = began.iter().zip(&between).filter(|(a, b)| a != b).count();
    let still: Vec<String> = objects
        .iter()
        .zip(began.iter().zip(&between))
        .filter(|(_, (a, b))| a == b)
        .map(|((kind, name), _)| format!("{kind} {}", edits[number(name)].patch))
        .collect();
    println!("not seen in the status: {}", still.join("\n"));
    assert!(moved * 2 > objects.len(), "an edit is seen: {moved} of {}", objects.len());
}

fn number(name: &str) -> usize {
    name[1..].parse().unwrap()
}

fn path(namespace: &Namespace<'_>, kind: &str, name: &str) -> String {
    format!("/apis/gapless.dev/v1alpha1/namespaces/{}/{}/{name}", namespace.name, plural(kind))
}

/// The merge patch that reverts a merge patch.
fn back(patch: &Value, spec: &Value) -> Value {
    let Value::Object(fields) = patch else { return spec.clone() };
    let of = |(field, changed): (&String, &Value)| {
        let undone = if spec[field].is_object() || (changed.is_object() && is_defaulted(field)) {
            back(changed, &spec[field])
        } else {
            spec[field].clone()
        };
        (field.clone(), undone)
    };
    Value::Object(fields.iter().map(of).collect())
}

/// Objects that the server fills with defaults are not removed as a whole.
fn is_defaulted(field: &str) -> bool {
    ["dates", "fill", "complete", "expect", "columns"].contains(&field)
}

#[tokio::test]
async fn what_a_person_wants_of_a_date_or_a_warehouse_taken_back_ends_in_the_same_state() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("wishes");
    let _deployed = cluster.deploy(&namespace, 1, &ENV);
    world(&namespace);
    namespace.apply(&manifest(&namespace.name, "TableCoverage", "t", &table()).to_string());
    let state = async || {
        let mut all = Vec::new();
        for (kind, name) in
            [("Warehouse", "w"), ("GameDate", "s-2026-01-03"), ("TableCoverage", "t"), ("Source", "odds")]
        {
            all.push(timeless(cluster.get(&path(&namespace, kind, name)).await?["status"].clone()));
        }
        Some(all)
    };
    let told = namespace.told("tablecoverages/t");
    told.line(&["Missing/", "2026-01-03"]).await;
    let is_whole =
        |all: &Vec<Value>| all[0]["conditions"].is_array() && all[1]["open"] == 1 && all[3]["conditions"].is_array();
    let whole = async || state().await.filter(is_whole);
    let began = eventually(cluster, "every status to be written", Duration::from_secs(60), whole).await;
    for (kind, name, patch, meanwhile) in wishes() {
        let path = path(&namespace, kind, name);
        cluster.merge(&path, &json!({"spec": patch})).await.unwrap();
        // Longer than two checks of the table, so the edit has taken effect.
        tokio::time::sleep(Duration::from_secs(7)).await;
        told.line(&[meanwhile, "2026-01-03"]).await;
        cluster.merge(&path, &json!({"spec": without(&patch)})).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let same = async || state().await.filter(|now| *now == began).map(|_| ());
        eventually(cluster, &format!("{kind} {patch} to be as before"), Duration::from_secs(60), same).await;
    }
}

/// The merge patch that removes what a merge patch sets.
fn without(patch: &Value) -> Value {
    let Value::Object(fields) = patch else { return Value::Null };
    let gone = |(field, set): (&String, &Value)| {
        // An optional object with a required field goes as a whole.
        (field.clone(), if field == "budget" { Value::Null } else { without(set) })
    };
    Value::Object(fields.iter().map(gone).collect())
}

/// The immutable fields, and what is below them.
const FIXED: [&str; 12] = [
    "season",
    "table",
    "files",
    "folder",
    "bigquery",
    "project",
    "location",
    "billTo",
    "postgres",
    "connection",
    "database",
    "date",
];

/// Below the first level several kinds share types (filters, forms of units), and one edit of these is enough.
#[test]
fn no_field_lacks_an_edit() {
    let mut patches: Vec<(&str, String)> = edits().into_iter().map(|e| (e.kind, e.patch.to_string())).collect();
    patches.extend(wishes().map(|(kind, _, patch, _)| (kind, patch.to_string())));
    let mut lacking = Vec::new();
    for kind in ["TableCoverage", "PropCoverage", "Season", "Warehouse", "Source", "GameDate"] {
        let path = format!("{}/crds/{}.yaml", env!("CARGO_MANIFEST_DIR"), plural(kind));
        let definition: Value = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let spec = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let first = spec["properties"].as_object().unwrap();
        let edited = |name: &String| {
            let named = format!("\"{name}\":");
            patches.iter().any(|(k, patch)| patch.contains(&named) && (*k == kind || !first.contains_key(name)))
        };
        let names = names(spec).into_iter().filter(|name| !edited(name) && !FIXED.contains(&name.as_str()));
        lacking.extend(names.map(|name| format!("{kind} {name}")));
    }
    assert!(lacking.is_empty(), "add an edit of each to edits() or wishes(): {lacking:?}");
}

/// The fields of a schema at every depth.
fn names(schema: &Value) -> Vec<String> {
    let own = schema["properties"].as_object().into_iter().flatten();
    let below = own.flat_map(|(name, schema)| [vec![name.clone()], names(schema)].concat());
    let of_items = schema["items"].is_object().then(|| names(&schema["items"]));
    below.chain(of_items.into_iter().flatten()).collect()
}

#[tokio::test]
async fn what_must_not_be_edited_is_refused_in_our_words() {
    let cluster = Cluster::shared_node();
    cluster.install_definitions();
    let namespace = cluster.namespace("immutable");
    world(&namespace);
    namespace.apply(&manifest(&namespace.name, "TableCoverage", "t", &table()).to_string());
    namespace.apply(&manifest(&namespace.name, "PropCoverage", "p", &props()).to_string());
    let bigquery = json!({"project": "some-project", "location": "us-west2"});
    for (kind, name, patch, said) in [
        ("TableCoverage", "t", json!({"season": "z"}), "is immutable; create a new TableCoverage"),
        ("TableCoverage", "t", json!({"table": "z"}), "is immutable; create a new TableCoverage"),
        ("PropCoverage", "p", json!({"season": "z"}), "is immutable; create a new PropCoverage"),
        ("PropCoverage", "p", json!({"table": "z"}), "is immutable; create a new PropCoverage"),
        ("GameDate", "s-2026-01-03", json!({"season": "z"}), "is immutable; create a new GameDate"),
        ("GameDate", "s-2026-01-03", json!({"date": "2026-01-04"}), "is immutable; create a new GameDate"),
        ("Warehouse", "w", json!({"files": {"folder": "z"}}), "is immutable; create a new Warehouse"),
        (
            "Warehouse",
            "w",
            json!({"files": null, "bigquery": bigquery}),
            "the engine is immutable; create a new Warehouse",
        ),
    ] {
        let edited = cluster.merge(&path(&namespace, kind, name), &json!({"spec": patch})).await;
        let refused = edited.expect_err(&format!("{kind} {patch} is accepted"));
        assert!(refused.code == 422 && refused.message.contains(said), "{patch}: {}", refused.message);
    }
}

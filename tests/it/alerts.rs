//! The alerts against their runbook, and against the metrics, labels and words that gapless has. An alert on a metric
//! that does not exist can never fire, and its absence goes unnoticed.

use std::collections::{BTreeMap, BTreeSet};

use gapless::domain::state::{Hold, State};
use gapless::domain::verdict::UnknownReason;
use serde_json::Value;

use super::manifests::{documents, list, root, text, text_of};

/// The labels that a PodMonitor adds to every series.
const OF_THE_TARGET: [&str; 2] = ["namespace", "pod"];

#[test]
fn every_alert_has_a_runbook_here_and_there() {
    let operations = text_of("docs/operations.md");
    let mut names = BTreeSet::new();
    for rule in rules() {
        let name = text(&rule, "/alert");
        for part in [
            "/expr",
            "/for",
            "/labels/severity",
            "/annotations/summary",
            "/annotations/description",
            "/annotations/runbook",
        ] {
            assert!(!text(&rule, part).is_empty(), "{name} has no {part}");
        }
        assert!(operations.contains(&format!("### {name}\n")), "docs/operations.md has no section {name}");
        assert!(names.insert(name.to_string()), "{name} stands twice");
    }
    let sections = operations.lines().filter_map(|l| l.strip_prefix("### Gapless")).map(|l| format!("Gapless{l}"));
    assert_eq!(sections.collect::<BTreeSet<_>>(), names, "sections of docs/operations.md and alerts");
}

/// The runbook in an alert is short; its section says the same, with more words. A step that only one of them has is an
/// oversight.
#[test]
fn what_the_runbook_of_an_alert_names_is_in_its_section() {
    let operations = text_of("docs/operations.md");
    for rule in rules() {
        let (name, runbook) = (text(&rule, "/alert"), text(&rule, "/annotations/runbook"));
        let section = operations.split_once(&format!("### {name}\n")).map_or("", |(_, rest)| rest);
        let section = section.split("\n##").next().unwrap();
        for code in runbook.split('`').skip(1).step_by(2).map(verb) {
            assert!(section.contains(code), "docs/operations.md, {name}: `{code}` of the runbook is not there");
        }
        let is_word = |w: &&str| UnknownReason::of_word(w).is_some() || State::of_word(w).is_some();
        for word in runbook.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_word) {
            assert!(section.contains(word), "docs/operations.md, {name}: {word} of the runbook is not there");
        }
    }
}

/// Of a command its verb: where it is used, and on what, may be said in other words.
fn verb(code: &str) -> &str {
    let Some(command) = code.strip_prefix("kubectl ") else { return code };
    let command = command.strip_prefix("gapless ").unwrap_or(command);
    command.split(' ').next().unwrap_or_default()
}

#[test]
fn alerts_ask_for_metrics_and_labels_that_there_are() {
    let metrics = metrics();
    let mut asked = 0;
    for rule in rules() {
        let (alert, query) = (text(&rule, "/alert"), Query::of(text(&rule, "/expr")));
        let labels = metrics.get(query.metric);
        let labels = labels.unwrap_or_else(|| panic!("{alert}: docs/metrics.md has no {}", query.metric));
        let has = |label: &str| OF_THE_TARGET.contains(&label) || labels.iter().any(|known| known == label);
        for label in query.by.iter().chain(query.where_.iter().map(|(label, _)| label)) {
            assert!(has(label), "{alert}: {} has no label {label}", query.metric);
        }
        for (label, value) in &query.where_ {
            assert!(is_word(label, value), "{alert}: no series has {label}={value:?}");
        }
        for label in named(&text_of_annotations(&rule)) {
            assert!(query.by.contains(&&*label), "{alert} tells {label}, which its expression does not keep");
        }
        asked += 1;
    }
    assert!(asked >= 14, "only {asked} alerts");
}

/// Several installations have a namespace each, and `absent()` only notices when the last one is gone.
#[test]
fn every_alert_about_the_operator_speaks_of_one_installation() {
    let rules = &documents(&root().join("manifests/monitoring/rules.yaml"))[0];
    let operator = list(rules, "/spec/groups").iter().find(|g| text(g, "/name") == "gapless-operator").unwrap();
    for rule in list(operator, "/rules").iter().filter(|rule| text(rule, "/alert") != "GaplessAbsent") {
        let by = Query::of(text(rule, "/expr")).by;
        assert!(by.contains(&"namespace"), "{}: {by:?}", text(rule, "/alert"));
    }
}

/// The names in an alert's expression. Each expression uses one metric, perhaps at two times.
struct Query<'a> {
    metric: &'a str,
    by: Vec<&'a str>,
    where_: Vec<(&'a str, &'a str)>,
}

impl<'a> Query<'a> {
    fn of(expr: &'a str) -> Self {
        let metrics =
            expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| w.starts_with("gapless_"));
        let metrics: Vec<&str> = metrics.collect::<BTreeSet<_>>().into_iter().collect();
        let [metric] = metrics[..] else { panic!("{expr} asks for {metrics:?}") };
        let between = |open: &str, close: char| {
            let inside =
                expr.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map_or("", |(inside, _)| inside);
            inside.split(',').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>()
        };
        let equal = |part: &'a str| part.split_once('=').map(|(label, value)| (label, value.trim_matches('"')));
        Self { metric, by: between("by (", ')'), where_: between("{", '}').into_iter().filter_map(equal).collect() }
    }
}

/// The possible values of labels that hold words.
fn is_word(label: &str, value: &str) -> bool {
    match label {
        "state" => State::ALL.iter().any(|state| state.word() == value),
        "reason" => Hold::SuspectProbe.word() == value,
        "what" => ["budget", "used"].contains(&value),
        _ => false,
    }
}

/// The labels in a template: `{{ $labels.name }}`.
fn named(template: &str) -> BTreeSet<String> {
    let after = template.split("$labels.").skip(1);
    after.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()).collect()
}

fn text_of_annotations(rule: &Value) -> String {
    rule["annotations"].as_object().unwrap().values().filter_map(Value::as_str).collect()
}

fn rules() -> Vec<Value> {
    let rules = &documents(&root().join("manifests/monitoring/rules.yaml"))[0];
    list(rules, "/spec/groups").iter().flat_map(|group| list(group, "/rules")).cloned().collect()
}

/// The table of `docs/metrics.md`, which is generated from the metrics: name and labels.
fn metrics() -> BTreeMap<String, Vec<String>> {
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(String::from).collect::<Vec<_>>();
    let text = text_of("docs/metrics.md");
    let rows = text.lines().filter(|line| line.starts_with("| `gapless_"));
    rows.map(|row| row.split('|').collect::<Vec<_>>())
        .map(|cells| (words(cells[1]).remove(0), words(cells[3])))
        .collect()
}

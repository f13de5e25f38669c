//! Every word that machines read: condition types and reasons, states, outcomes, metrics, JSON keys. Alerts, scripts and
//! statuses of other versions depend on them. `UPDATE=1` writes the list again; CHANGELOG.md names what was renamed.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use gapless::domain::breaker::BreakerState;
use gapless::domain::ledger::{End, Outcome};
use gapless::domain::state::{Hold, Running, State, Undelivered};
use gapless::domain::verdict::{Flaw, Off, UnknownReason};
use gapless::status::ledger::StageWord;
use gapless::status::reasons::{ConditionType, Reason};
use gapless::view::metrics::declared::METRICS;
use serde_json::Value;

use super::gapless::{Place, SEASON, filled};

#[test]
fn the_words_that_machines_read_are_the_committed_ones() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/words.txt");
    let words = words();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &words).unwrap();
    }
    assert_eq!(words, std::fs::read_to_string(&file).unwrap_or_default(), "tests/it/words.txt");
}

fn words() -> String {
    let mut out = String::new();
    let mut list = |title: &str, words: Vec<String>| _ = writeln!(out, "{title}\n  {}\n", words.join("\n  "));
    list("conditions", ConditionType::ALL.map(|w| w.word().into()).into());
    list("reasons of conditions", Reason::ALL.map(|w| w.word().into()).into());
    list("states", State::ALL.map(|w| w.word().into()).into());
    list("reasons of Running", Running::ALL.map(|w| w.word().into()).into());
    list("reasons of NotExpected", Off::ALL.map(|w| w.word().into()).into());
    list("reasons of Unknown", UnknownReason::ALL.map(|w| w.word().into()).into());
    list("reasons of Blocked", Hold::ALL.map(|w| w.word().into()).into());
    list(
        "reasons of Unrecoverable",
        [vec!["NoRung".into()], Undelivered::ALL.map(|w| w.word().into()).into()].concat(),
    );
    list("reasons of Partial", Flaw::ALL.map(|w| w.word().into()).into());
    list("states of a breaker", BreakerState::ALL.map(|w| w.word().into()).into());
    list("outcomes", Outcome::ALL.map(|w| w.word().into()).into());
    list("stages of an attempt", StageWord::ALL.map(|w| w.word().into()).into());
    list("ends of a Job", End::PLAIN.map(|end| format!("{end:?}")).into());
    list("metrics", METRICS.map(metric).into());
    for verb in ["plan", "calendar"] {
        list(&format!("keys of {verb} -o json"), keys_of(verb));
    }
    out.trim_end().to_owned() + "\n"
}

fn metric(metric: &gapless::view::metrics::declared::Metric) -> String {
    let unit = metric.unit.as_ref().map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
    let total = if metric.kind.as_str() == "counter" { "_total" } else { "" };
    format!("gapless_{}{unit}{total}{{{}}}", metric.name, metric.labels.join(","))
}

/// Dates are used up and open the breaker, so that each list has an item.
fn keys_of(verb: &str) -> Vec<String> {
    let season = SEASON.replace("2026-01-05", "2026-01-08");
    let here = Place::new(&[&season, &filled("exit 65", "datesPerJob: 1\n    maxConcurrentJobs: 1")]);
    here.run("local", &["--once", "--slow-start", "0s"], &[]);
    let told = here.run(verb, &["-o", "json"], &[]);
    let object = serde_json::from_str(&told.out).unwrap_or_else(|e| panic!("{e}: {}{}", told.out, told.err));
    let mut keys = BTreeSet::new();
    collect(&object, "", &mut keys);
    keys.into_iter().collect()
}

fn collect(value: &Value, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect(value, &path, keys);
            keys.insert(path);
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{path}[]"), keys)),
        _ => {}
    }
}

//! Every field, verb or flag in a text exists, so that users can follow the advice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Folders whose texts describe the spec of another kind, and that kind.
const OTHERS: [(&str, &str); 1] = [("src/kubernetes/jobs/", "fields of a Job that gapless makes itself")];

/// Rights and hosts of Google, which begin like the field.
const GOOGLE: [&str; 3] = ["bigquery.jobs.", "bigquery.tables.", "bigquery.googleapis."];

/// Texts for users outside the sources: pages, the output of `kubectl explain`, alerts.
const PAGES: [&str; 6] = ["README.md", "CHANGELOG.md", "docs", "crds", "manifests/monitoring", "examples"];

#[test]
fn every_field_that_a_text_names_exists() {
    let schemas: Vec<Value> =
        gapless::api::crds::schemas().into_values().map(|s| s["properties"]["spec"].clone()).collect();
    let exists = |path: &str| schemas.iter().any(|spec| leads_somewhere(spec, path));
    let tops: BTreeSet<String> = schemas.iter().flat_map(names_of).collect();
    let (mut seen, mut wrong) = (0, Vec::new());
    for (file, line, text) in texts() {
        for path in paths(&text, &tops) {
            seen += 1;
            if !exists(&path) {
                wrong.push(format!("{file}:{line}: spec.{path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "no kind has these fields:\n  {}", wrong.join("\n  "));
    assert!(seen >= 100, "only {seen} fields are named: the texts are not read any more");
}

#[test]
fn every_verb_and_flag_that_a_text_names_exists() {
    let reference = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md")).unwrap();
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).map(String::from).collect()
    };
    let known = words(&reference);
    let is_verb = |word: &str| reference.contains(&format!("## gapless {word}\n")) || word == "help";
    let mut wrong = Vec::new();
    for (file, line, text) in texts() {
        let own = words(&text);
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        let verbs = text.split("`gapless ").skip(1).map(|rest| rest.split([' ', '`']).next().unwrap_or_default());
        wrong.extend(verbs.filter(|v| is_word(v) && !is_verb(v)).map(|v| format!("{file}:{line}: gapless {v}")));
        // Pages name flags of other programs too.
        let is_own = file.ends_with(".rs") && !text.contains("kubectl wait");
        let flags = own.iter().filter(|w| is_own && w.starts_with("--") && w.len() > 2);
        wrong.extend(flags.filter(|flag| !known.contains(flag)).map(|flag| format!("{file}:{line}: {flag}")));
    }
    assert!(wrong.is_empty(), "gapless has none of these:\n  {}", wrong.join("\n  "));
}

/// The location of a text, and its content.
fn texts() -> Vec<(String, usize, String)> {
    let of_source = |(file, text): (String, String)| {
        literals(&text).into_iter().map(move |(line, text)| (file.clone(), line, text))
    };
    let mut all: Vec<_> = sources().into_iter().flat_map(of_source).collect();
    for (file, text) in files(&PAGES, |name| [".md", ".yaml", ".txt"].iter().any(|end| name.ends_with(*end))) {
        all.extend(text.lines().enumerate().map(|(at, line)| (file.clone(), at + 1, line.to_string())));
    }
    all
}

/// Below a spec: properties, items of lists.
fn leads_somewhere(spec: &Value, path: &str) -> bool {
    let step = |schema: &Value, name: &str| {
        let schema = if schema["items"].is_object() { &schema["items"] } else { schema };
        Some(schema["properties"][name].clone()).filter(Value::is_object)
    };
    path.split('.').try_fold(spec.clone(), |schema, name| step(&schema, name)).is_some()
}

fn names_of(schema: &Value) -> Vec<String> {
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// Fields as texts name them, without their indices: after `spec.`, or from a field right below a spec that is followed by
/// another (`fill.mode`).
fn paths(literal: &str, tops: &BTreeSet<String>) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.[]{}-/".contains(c);
    let is_google = |word: &str| GOOGLE.iter().any(|own| word.starts_with(own));
    let words = literal.split(|c: char| !is_part(c)).filter(|word| !is_google(word));
    let words = words.filter(|word| !word.contains(['/', '-', '_']) && !word.ends_with(".yaml"));
    let path = |word: &str| {
        let word = word.trim_start_matches('.').trim_start_matches("self.").trim_start_matches("oldSelf.");
        let names: Vec<&str> = word.split('.').map(|step| step.split('[').next().unwrap_or_default()).collect();
        let is_name = |name: &&&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
        let names: Vec<&str> = names.iter().take_while(is_name).copied().collect();
        match names.as_slice() {
            ["spec", rest @ ..] if !rest.is_empty() => Some(rest.join(".")),
            [top, _, ..] if tops.contains(*top) => Some(names.join(".")),
            _ => None,
        }
    };
    words.filter_map(path).collect()
}

/// The sources without their tests, and without texts about other kinds.
fn sources() -> Vec<(String, String)> {
    let mut found =
        files(&["src"], |name| name.ends_with(".rs") && !name.ends_with("/tests.rs") && !name.contains("/tests/"));
    found.retain(|(name, _)| !OTHERS.iter().any(|(folder, _)| name.starts_with(folder)));
    found.into_iter().map(|(name, text)| (name, text.split("#[cfg(test)]\nmod ").next().unwrap().to_string())).collect()
}

/// The files below these folders with matching names: name and text.
fn files(places: &[&str], is_wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut open, mut found): (Vec<_>, _) = (places.iter().map(|place| root.join(place)).collect(), Vec::new());
    while let Some(path) = open.pop() {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if is_wanted(&name) {
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    found
}

/// The string literals of a source, each with the line at which it begins.
fn literals(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/', '\'', 'r']) {
        let (before, here) = rest.split_at(at);
        let begins_word = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let line = 1 + text[..text.len() - here.len()].matches('\n').count();
        let hashes = here[1..].chars().take_while(|c| *c == '#').count();
        let is_raw = here.starts_with('r') && begins_word && here[1 + hashes..].starts_with('"');
        rest = if here.starts_with("//") {
            here.split_once('\n').map_or("", |(_, rest)| rest)
        } else if here.starts_with("'\"'") || here.starts_with("'\\") {
            &here[3..]
        } else if is_raw {
            let end = format!("\"{}", "#".repeat(hashes));
            let (literal, rest) = here[2 + hashes..].split_once(&end).unwrap_or_default();
            found.push((line, literal.to_string()));
            rest
        } else if let Some(inside) = here.strip_prefix('"') {
            let length = length(inside);
            // A continued line is part of the same sentence.
            let literal: Vec<&str> = inside[..length].split("\\\n").map(str::trim_start).collect();
            found.push((line, literal.concat()));
            inside.get(length + 1..).unwrap_or_default()
        } else {
            &here[1..]
        };
    }
    found
}

/// Up to the quote that ends a literal.
fn length(inside: &str) -> usize {
    let mut is_escaped = false;
    let ends = |c: char| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    };
    inside.find(ends).unwrap_or(inside.len())
}

#[test]
fn literals_are_found_as_the_compiler_finds_them() {
    let source = r##"let a = "spec.fill"; // "no"
let quote = '"'; let b = r#"raw "spec.due" text"#; let c = "escaped \" quote";"##;
    let texts: Vec<(usize, String)> = literals(source);
    let expected = [(1, "spec.fill"), (2, "raw \"spec.due\" text"), (2, "escaped \\\" quote")];
    assert_eq!(texts, expected.map(|(line, text)| (line, text.to_string())));
    let tops = ["fill".to_string()].into();
    let found =
        paths("in spec.fill.ladder[{n}].jobFrom.{}, or fill.mode; file.txt, self.fill.mode and spec.dates.", &tops);
    assert_eq!(found, ["fill.ladder.jobFrom", "fill.mode", "fill.mode", "dates"]);
}

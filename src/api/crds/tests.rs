//! House rules of the schema, walked over what is really generated.

use super::*;

/// Every schema below one, with its path.
fn walk(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(&format!("{path}.{name}"), property, visit);
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            walk(&format!("{path}[]"), &schema[inner], visit);
        }
    }
}

fn each(mut visit: impl FnMut(&str, &Value)) {
    for (kind, schema) in schemas() {
        walk(&format!("{kind}.spec"), &schema["properties"]["spec"], &mut visit);
        walk(&format!("{kind}.status"), &schema["properties"]["status"], &mut visit);
    }
}

#[test]
fn every_field_is_described_for_its_user() {
    each(|path, schema| {
        let described = schema["description"].as_str().is_some_and(|d| !d.is_empty());
        assert!(described || path.ends_with("[]"), "{path} has no description");
    });
}

#[test]
fn every_list_and_text_is_bounded_and_every_pattern_anchored() {
    each(|path, schema| match schema["type"].as_str() {
        Some("array") => assert!(schema["maxItems"].is_u64(), "{path} has no maxItems"),
        Some("string") if schema["enum"].is_null() => {
            assert!(schema["maxLength"].is_u64(), "{path} has no maxLength");
            let pattern = schema["pattern"].as_str().unwrap_or("^$");
            assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{path}: {pattern} is not anchored");
        }
        _ => {}
    });
}

/// What a person writes is shown to others, in terminals too, and kept by etcd.
#[test]
fn every_text_of_a_person_is_short_and_without_control_characters() {
    each(|path, schema| {
        let is_text = schema["type"] == "string" || schema["x-kubernetes-int-or-string"] == true;
        if !path.contains(".spec") || !is_text || schema["enum"].is_array() {
            return;
        }
        assert!(schema["maxLength"].as_u64().is_some_and(|most| most <= 512), "{path} has no maxLength");
        let pattern = schema["pattern"].as_str().unwrap_or_else(|| panic!("{path} has no pattern"));
        let pattern = regex::Regex::new(pattern).unwrap();
        for odd in ["a\u{1b}[31m", "a\nb", "\u{0}", "a\u{7f}", "a\u{9b}1m"] {
            assert!(!pattern.is_match(odd), "{path} takes {odd:?}");
        }
    });
}

#[test]
fn every_map_of_a_person_is_bounded_in_its_names_too() {
    each(|path, schema| {
        if path.contains(".spec") && schema["additionalProperties"].is_object() {
            let rules = schema["x-kubernetes-validations"].to_string();
            assert!(schema["maxProperties"].is_u64() && rules.contains("name.size() <="), "{path}");
        }
    });
}

/// Who waits for an object must not take it for well before it was looked at.
#[test]
fn an_object_without_a_status_says_that_it_was_not_processed_yet() {
    for (kind, schema) in schemas() {
        let status = &schema["properties"]["status"];
        assert_eq!(status["default"], json!({ "observedGeneration": -1 }), "{kind}");
        let observed = &status["properties"]["observedGeneration"];
        assert!(observed["minimum"].is_null() && status["nullable"].is_null(), "{kind}: {status}");
    }
}

#[test]
fn lists_of_a_status_say_how_they_merge() {
    each(|path, schema| {
        if path.contains(".status") && schema["type"] == "array" {
            let conditions = path.ends_with(".conditions");
            assert_eq!(schema["x-kubernetes-list-type"], if conditions { "map" } else { "atomic" }, "{path}");
        }
    });
}

#[test]
fn no_field_names_a_namespace_a_phase_or_sql() {
    each(|path, schema| {
        for name in schema["properties"].as_object().into_iter().flatten().map(|(n, _)| n.to_lowercase()) {
            assert!(!["namespace", "phase", "sql", "query"].contains(&name.as_str()), "{path}.{name}");
        }
    });
}

#[test]
fn every_rule_compiles() {
    for (kind, schema) in schemas() {
        walk(&kind, &schema, &mut |path, schema| {
            for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
                let alone = serde_json::json!({ "type": "object", "x-kubernetes-validations": [rule] });
                let compiled = kube_cel::compile_schema(&alone);
                assert!(!compiled.has_errors(), "{path}: {:?}", compiled.compilation_errors());
            }
        });
    }
}

#[test]
fn the_committed_definitions_are_fresh() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = crds().into_iter().map(|(name, yaml)| (format!("crds/{name}"), yaml)).collect();
    files.push(("src/api/check/schemas.json".into(), serde_json::to_string(&schemas()).unwrap() + "\n"));
    files.push(("src/api/check/defaults.json".into(), serde_json::to_string(&defaults()).unwrap() + "\n"));
    for (name, text) in files {
        let file = folder.join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(committed == text, "{} is stale: run `make update` and commit it", file.display());
    }
}

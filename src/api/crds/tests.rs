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

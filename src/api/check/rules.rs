//! The CEL rules of the committed definitions.

use std::collections::BTreeMap;

use kube_cel::{CompiledSchema, Validator, compile_schema};
use serde_json::{Map, Value};

use super::{Checked, kinds};
use crate::api::manifest::is_told;

/// Asks the rules of each object that has a shape; nothing is told of fields of which something was told.
pub(super) fn check(all: &mut [Checked<'_>]) {
    let rules = compiled(all);
    for Checked { kind, found, value, .. } in all.iter_mut().filter(|checked| checked.asks_rules) {
        let (Some(value), Some(rules)) = (value, rules.get(*kind)) else { continue };
        let told: Vec<String> = found.iter().map(|(field, _)| field.clone()).collect();
        if let Err(errors) = Validator::new().validate_compiled(rules, value, None) {
            let news = errors.into_vec().into_iter().filter(|e| !is_told(&told, &e.field_path));
            found.extend(news.map(|e| (e.field_path, e.message)));
        }
    }
}

/// The rules that objects can break: those of fields that one of its kind has. To compile a rule takes longer than all else
/// that is done with it, and most fields of most objects are left out.
fn compiled<'a>(all: &[Checked<'a>]) -> BTreeMap<&'a str, CompiledSchema> {
    let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for checked in all.iter().filter(|checked| checked.asks_rules) {
        values.entry(checked.kind).or_default().extend(&checked.value);
    }
    let rules =
        |(kind, values): (_, Vec<&Value>)| Some((kind, compile_schema(&of_fields(kinds().get(kind)?, &values))));
    values.into_iter().filter_map(rules).collect()
}

/// A schema without the fields that none of these values has.
fn of_fields(schema: &Value, values: &[&Value]) -> Value {
    let Some(schema) = schema.as_object() else { return schema.clone() };
    let fields = |(name, of): (&String, &Value)| {
        let own: Vec<&Value> = values.iter().filter_map(|value| value.get(name)).collect();
        (!own.is_empty()).then(|| (name.clone(), of_fields(of, &own)))
    };
    let part = |(word, of): (&String, &Value)| {
        let kept = match (&**word, of) {
            ("properties", Value::Object(properties)) => {
                properties.iter().filter_map(fields).collect::<Map<_, _>>().into()
            }
            ("items", _) => of_fields(of, &values.iter().filter_map(|v| v.as_array()).flatten().collect::<Vec<_>>()),
            ("additionalProperties", _) => {
                of_fields(of, &values.iter().filter_map(|v| v.as_object()).flat_map(Map::values).collect::<Vec<_>>())
            }
            _ => of.clone(),
        };
        (word.clone(), kept)
    };
    schema.iter().map(part).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{defaults, structural};
    use super::*;
    use crate::api::manifest;

    /// Every manifest of `examples/invalid`, as far as it is an object of ours; with defaults, as rules see it.
    fn objects() -> Vec<(String, Value)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/invalid");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let manifests = files.filter(|file| file.extension().is_some_and(|e| e == "yaml"));
        let documents =
            manifests.flat_map(|file| manifest::read("m.yaml", &std::fs::read(file).unwrap(), &mut Vec::new()));
        let object = |value: &Value| {
            let kind = value["kind"].as_str()?;
            Some((kind.to_string(), structural::with_defaults(defaults().get(kind)?, value)))
        };
        documents.filter_map(|document| object(&document.value)).collect()
    }

    #[test]
    fn the_rules_of_the_fields_that_an_object_has_find_what_all_rules_find() {
        let all: BTreeMap<&str, CompiledSchema> = kinds().iter().map(|(k, s)| (&**k, compile_schema(s))).collect();
        let told = |rules: &CompiledSchema, value: &Value| {
            let errors = Validator::new().validate_compiled(rules, value, None).err();
            let errors = errors.map(|errors| errors.into_vec()).unwrap_or_default();
            errors.into_iter().map(|e| (e.field_path, e.message)).collect::<BTreeSet<_>>()
        };
        let mut broken = 0;
        for (kind, value) in objects() {
            let by_all = told(&all[&*kind], &value);
            broken += by_all.len();
            assert_eq!(told(&compile_schema(&of_fields(&kinds()[&kind], &[&value])), &value), by_all, "{value}");
        }
        assert!(broken > 20, "{broken} rules were broken");
    }
}

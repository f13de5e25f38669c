//! The CEL rules of the committed definitions.

use std::sync::Arc;

use kube_cel::{CompiledSchema, compile_schema};
use serde_json::{Map, Value};

/// The rules of a kind that were asked so far: those of fields that an object has had. To compile a rule takes longer than
/// all else that is done with it, and most fields of most objects are left out.
#[derive(Default)]
pub(super) struct Rules {
    /// The schema without all other fields.
    fields: Value,
    compiled: Option<Arc<CompiledSchema>>,
}

impl Rules {
    /// The rules that these objects can break, and perhaps others. Compiled again only when a field appears for the first time.
    pub fn of(&mut self, schema: &Value, objects: &[&Value]) -> Arc<CompiledSchema> {
        let fields = joined(&of_fields(schema, objects), &self.fields);
        let known = self.compiled.take().filter(|_| fields == self.fields);
        let compiled = known.unwrap_or_else(|| compile_schema(&fields).into());
        (self.fields, self.compiled) = (fields, Some(compiled.clone()));
        compiled
    }
}

/// The fields of either of two that one schema was cut to.
fn joined(one: &Value, other: &Value) -> Value {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return one.clone() };
    let mut all = other.clone();
    for (name, value) in one {
        let known = all.get(name).map(|known| joined(value, known));
        all.insert(name.clone(), known.unwrap_or_else(|| value.clone()));
    }
    all.into()
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
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use kube_cel::Validator;

    use super::super::schemas::{defaults, kinds};
    use super::super::structural;
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
    fn the_rules_of_the_fields_that_objects_have_had_find_what_all_rules_find() {
        let all = |kind: &str| compile_schema(&kinds()[kind].schema);
        let all: BTreeMap<&str, CompiledSchema> = kinds().keys().map(|kind| (&**kind, all(kind))).collect();
        let told = |rules: &CompiledSchema, value: &Value| {
            let errors = Validator::new().validate_compiled(rules, value, None).err();
            let errors = errors.map(|errors| errors.into_vec()).unwrap_or_default();
            errors.into_iter().map(|e| (e.field_path, e.message)).collect::<BTreeSet<_>>()
        };
        let (mut broken, mut kept) = (0, BTreeMap::<String, Rules>::new());
        for (kind, value) in objects() {
            let by_all = told(&all[&*kind], &value);
            broken += by_all.len();
            let schema = &kinds()[&kind].schema;
            assert_eq!(told(&Rules::default().of(schema, &[&value]), &value), by_all, "{value}");
            assert_eq!(told(&kept.entry(kind).or_default().of(schema, &[&value]), &value), by_all, "{value}");
        }
        assert!(broken > 20, "{broken} rules were broken");
    }

    #[test]
    fn rules_are_compiled_again_only_for_a_field_that_no_object_has_had() {
        let schema = &kinds()["Season"].schema;
        let season = |more: Value| serde_json::json!({ "metadata": { "name": "s" }, "spec": more });
        let (plain, paused) =
            (season(serde_json::json!({ "warehouse": "w" })), season(serde_json::json!({ "breaks": [{}] })));
        let mut rules = Rules::default();
        let first = rules.of(schema, &[&plain]);
        assert!(Arc::ptr_eq(&first, &rules.of(schema, &[&plain])));
        let both = rules.of(schema, &[&paused]);
        assert!(!Arc::ptr_eq(&first, &both));
        assert!(
            Arc::ptr_eq(&both, &rules.of(schema, &[&plain]))
                && Arc::ptr_eq(&both, &rules.of(schema, &[&paused, &plain]))
        );
    }
}

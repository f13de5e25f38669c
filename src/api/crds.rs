//! The CustomResourceDefinitions, made from the types. `crds/` holds them as files; a test proves them fresh.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{CustomResourceDefinition, JSON};
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::kinds::*;

/// Every definition.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    let mut all = vec![
        Warehouse::crd(),
        Season::crd(),
        Source::crd(),
        TableCoverage::crd(),
        PropCoverage::crd(),
        GameDate::crd(),
    ];
    all.iter_mut().for_each(unobserved_at_first);
    all
}

/// An object without a status has not been processed. Tools that wait for it (`kubectl wait`, Flux, Argo CD) must not treat it
/// as healthy only because no problem is known yet. The API server adds this default when it reads; nothing is stored.
fn unobserved_at_first(crd: &mut CustomResourceDefinition) {
    let schemas = crd.spec.versions.iter_mut().filter_map(|v| v.schema.as_mut()?.open_api_v3_schema.as_mut());
    for status in schemas.filter_map(|schema| schema.properties.as_mut()?.get_mut("status")) {
        status.default = Some(JSON(json!({ "observedGeneration": UNOBSERVED })));
        status.nullable = None;
    }
}

/// The schema of each kind.
pub fn schemas() -> BTreeMap<String, Value> {
    let schema = |crd: &CustomResourceDefinition| {
        let json = serde_json::to_value(crd).unwrap_or_default();
        (crd.spec.names.kind.clone(), json["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
    };
    definitions().iter().map(schema).collect()
}

/// Of each kind, what its schema tells of defaults.
pub fn defaults() -> BTreeMap<String, Value> {
    schemas().into_iter().map(|(kind, schema)| (kind, defaults_of(&schema))).collect()
}

/// A schema without all that tells nothing of defaults, in the same shape.
fn defaults_of(schema: &Value) -> Value {
    let below =
        |schema: &Value| Some(defaults_of(schema)).filter(|below| below.as_object().is_some_and(|o| !o.is_empty()));
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields: Map<String, Value> = fields.filter_map(|(name, field)| Some((name.clone(), below(field)?))).collect();
    let told = [
        ("default", schema.get("default").cloned()),
        ("properties", (!fields.is_empty()).then_some(Value::Object(fields))),
        ("items", schema.get("items").and_then(below)),
    ];
    told.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
}

/// Every definition as a file: its name and its YAML.
pub fn crds() -> Vec<(String, String)> {
    let file = |crd: &CustomResourceDefinition| {
        let yaml = serde_saphyr::to_string(crd).unwrap_or_default();
        (format!("{}.yaml", crd.spec.names.plural), yaml)
    };
    definitions().iter().map(file).collect()
}

#[cfg(test)]
mod tests;

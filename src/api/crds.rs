//! The CustomResourceDefinitions, made from the types. `crds/` holds them as files; a test proves them fresh.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

use super::kinds::*;

/// Every definition.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![Warehouse::crd(), Season::crd(), TableCoverage::crd(), PropCoverage::crd(), GameDate::crd()]
}

/// The schema of each kind.
pub fn schemas() -> BTreeMap<String, Value> {
    let schema = |crd: &CustomResourceDefinition| {
        let json = serde_json::to_value(crd).unwrap_or_default();
        (crd.spec.names.kind.clone(), json["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
    };
    definitions().iter().map(schema).collect()
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

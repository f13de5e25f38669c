//! The CustomResourceDefinitions, made from the types. `crds/` holds them as files; a test proves them fresh.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

use super::kinds::*;

/// Every definition.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![Warehouse::crd(), Season::crd(), TableCoverage::crd(), PropCoverage::crd(), GameDate::crd()]
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

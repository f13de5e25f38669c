//! CronJob → the few things that gapless looks at.

use serde_json::Value;

use super::known::{name, text};
use crate::api::manifest::Document;
use crate::api::template::{ALLOWS, Container, CronJob};
use crate::domain::mark::stable_hash;

pub(super) fn lower(document: &Document) -> CronJob {
    let value = &document.value;
    let template = value.pointer("/spec/jobTemplate").unwrap_or(&Value::Null);
    let pod = template.pointer("/spec/template/spec").unwrap_or(&Value::Null);
    let containers = pod["containers"].as_array().into_iter().flatten();
    let annotations = &value["metadata"]["annotations"];
    CronJob {
        name: name(document).into(),
        file: document.file.clone(),
        allowed: annotations[ALLOWS.0] == ALLOWS.1,
        template: stable_hash(&template.to_string()),
        containers: containers.map(container).collect(),
        grace_seconds: pod["terminationGracePeriodSeconds"].as_u64().unwrap_or(30),
    }
}

fn container(value: &Value) -> Container {
    let texts = |name: &str| -> Vec<String> {
        value[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(String::from).collect()
    };
    let env = value["env"].as_array().cloned().unwrap_or_default();
    let named = |e: &Value| text(e, "/name").unwrap_or_default().to_string();
    Container {
        name: text(value, "/name").unwrap_or_default().into(),
        command: texts("command"),
        args: texts("args"),
        folder: text(value, "/workingDir").filter(|folder| !folder.is_empty()).map(String::from),
        env: env
            .iter()
            .filter(|e| e.get("valueFrom").is_none())
            .map(|e| (named(e), text(e, "/value").unwrap_or_default().to_string()))
            .collect(),
        env_from: value["envFrom"].as_array().is_some_and(|from| !from.is_empty()),
        env_from_elsewhere: env.iter().filter(|e| e.get("valueFrom").is_some()).map(named).collect(),
    }
}

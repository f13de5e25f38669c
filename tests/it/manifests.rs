//! `manifests/` and the examples for a cluster: what can be checked in the files themselves. `tests/cluster` checks them with an
//! API server.

mod files;
mod pods;
mod rights;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let files =
        fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten().map(|e| e.path());
    files.filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect()
}

/// The documents of a file, as JSON.
pub fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let parts = text.split("\n---\n").filter(|p| p.lines().any(|l| !l.trim().is_empty() && !l.starts_with('#')));
    let parse = |part: &str| serde_saphyr::from_str(part).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    parts.map(parse).collect()
}

pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

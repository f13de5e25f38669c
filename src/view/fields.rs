//! The fields of the resources for people, from the schema that the API server has: meaning, type, unit, default, example and
//! since when.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::crds::{definitions, schemas};
use crate::api::schema::example;

/// The version that had the first fields.
const FIRST: &str = "0.1";
/// Fields that came later, by their path without the kind.
const LATER: [(&str, &str); 0] = [];

/// Manifests that tests run. A field's example comes from the first that sets it.
const MANIFESTS: [&str; 6] = [
    include_str!("../../examples/nba/season.yaml"),
    include_str!("../../examples/nba/raw.yaml"),
    include_str!("../../examples/nba/analytics.yaml"),
    include_str!("../../examples/nba/predictions.yaml"),
    include_str!("../../examples/demo/coverages.yaml"),
    include_str!("../../examples/minimal/orders.yaml"),
];

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `TableCoverage.spec.complete.units`; items of a list have `[]`.
    pub path: String,
    /// Its type in the words of people.
    pub of: String,
    /// What it means.
    pub meaning: String,
    /// In which unit or form a text is.
    pub form: Option<String>,
    pub default: Option<String>,
    pub example: Option<String>,
    pub is_required: bool,
    /// The version that has it since.
    pub since: &'static str,
}

/// All fields of the specs of all kinds, in the order of the schema.
pub fn all() -> Vec<Field> {
    let examples = Examples::new();
    let mut fields = Vec::new();
    for definition in definitions() {
        let kind = definition.spec.names.kind;
        let Some(schema) = schemas().remove(&kind) else { continue };
        let spec = &schema["properties"]["spec"];
        fields.push(Field {
            path: kind.clone(),
            of: "kind".into(),
            meaning: meaning(&schema),
            form: definition
                .spec
                .names
                .short_names
                .and_then(|names| names.first().map(|name| format!("short name `{name}`"))),
            default: None,
            example: None,
            is_required: false,
            since: FIRST,
        });
        below(&format!("{kind}.spec"), spec, &examples, &mut fields);
    }
    fields
}

fn below(path: &str, schema: &Value, examples: &Examples, fields: &mut Vec<Field>) {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, own) in schema["properties"].as_object().into_iter().flatten() {
        let inner = format!("{path}.{name}");
        let default = own.get("default").map(Value::to_string).filter(|text| !text.contains('{') && text != "[]");
        let items = if own["items"].is_object() { &own["items"] } else { own };
        fields.push(Field {
            of: kind_of(own),
            meaning: meaning(own),
            form: form(items),
            default: default.map(|text| text.trim_matches('"').to_string()).filter(|text| !text.is_empty()),
            example: examples.of(&inner).or_else(|| own["enum"][0].as_str().map(String::from)),
            is_required: required.contains(&name.as_str()),
            since: since(&inner),
            path: inner.clone(),
        });
        let list = if own["items"].is_object() { "[]" } else { "" };
        below(&format!("{inner}{list}"), items, examples, fields);
    }
}

fn since(path: &str) -> &'static str {
    LATER.iter().find(|(later, _)| path == *later).map_or(FIRST, |(_, version)| version)
}

fn meaning(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kind_of(schema: &Value) -> String {
    if schema["x-kubernetes-int-or-string"].as_bool() == Some(true) {
        return "whole number or text".into();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "array" => format!("list of {}", plural(&kind_of(&schema["items"]))),
        "object" if schema["additionalProperties"].is_object() => "texts by name".into(),
        "object" => "object".into(),
        "integer" => "whole number".into(),
        "boolean" => "true or false".into(),
        _ => schema["enum"].as_array().map_or_else(|| "text".into(), |words| one_of(words)),
    }
}

fn one_of(words: &[Value]) -> String {
    format!("one of {}", words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
}

fn plural(word: &str) -> String {
    match word {
        "whole number or text" => "whole numbers or texts".into(),
        word if word.starts_with("one of") => format!("words: {word}"),
        word => format!("{word}s"),
    }
}

/// Which texts and numbers it takes.
fn form(schema: &Value) -> Option<String> {
    if let Some(example) = schema["pattern"].as_str().and_then(example) {
        return Some(format!("like {example}"));
    }
    match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        _ => None,
    }
}

/// What the manifests set, by path.
struct Examples(BTreeMap<String, String>);

impl Examples {
    fn new() -> Self {
        let mut all = BTreeMap::new();
        for document in MANIFESTS.iter().flat_map(|text| text.split("\n---\n")) {
            let Ok(value) = serde_saphyr::from_str::<Value>(document) else { continue };
            let kind = value["kind"].as_str().unwrap_or_default().to_string();
            collect(&format!("{kind}.spec"), &value["spec"], &mut all);
        }
        Self(all)
    }

    fn of(&self, path: &str) -> Option<String> {
        self.0.get(path).cloned()
    }
}

fn collect(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    let text = flow(value);
    if !path.ends_with(".spec") && !path.ends_with("[]") && text.len() <= 200 {
        into.entry(path.to_string()).or_insert(text);
    }
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, inner)| collect(&format!("{path}.{name}"), inner, into))
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(&format!("{path}[]"), inner, into)),
        _ => {}
    }
}

/// As YAML in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            format!(
                "{{{}}}",
                fields.iter().map(|(name, inner)| format!("{name}: {}", flow(inner))).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text)
            if text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains([':', '#', ',']) =>
        {
            text.clone()
        }
        other => other.to_string(),
    }
}

/// Describes a field and lists what is below it. An unknown one is answered with the nearest.
pub fn described(asked: &str) -> Result<String, String> {
    let fields = all();
    if asked.is_empty() {
        let kinds = fields.iter().filter(|field| field.of == "kind");
        let line = |f: &Field| format!("{:<14} {}\n", f.path, f.meaning);
        return Ok(kinds.map(line).collect::<String>()
            + "\nOne field: `gapless fields tc.spec.complete`. All: docs/fields.md.\n");
    }
    let path = full(asked, &fields);
    let wanted = path.replace("[]", "");
    let found = fields.iter().find(|field| field.path.replace("[]", "").eq_ignore_ascii_case(&wanted));
    let Some(found) = found else { return Err(unknown(asked, &wanted, &fields)) };
    let mut out = page(found);
    let inside = found.path.clone() + if found.of == "kind" { ".spec" } else { "" };
    let inner: Vec<&Field> = fields.iter().filter(|field| is_right_below(&field.path, &inside)).collect();
    if !inner.is_empty() {
        let widest = inner.iter().map(|field| name(&field.path).len()).max().unwrap_or(0);
        out += "\nFields:\n";
        for field in inner {
            out += &format!("  {:<widest$}  {}\n", name(&field.path), field.meaning);
        }
    }
    Ok(out)
}

fn name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn is_right_below(path: &str, parent: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(above, _)| above.trim_end_matches("[]") == parent)
}

fn page(field: &Field) -> String {
    let required = if field.is_required { ", required" } else { "" };
    let mut out = format!("{}  ({}{required})\n\n{}\n\n", field.path, field.of, field.meaning);
    let facts = [("form", &field.form), ("default", &field.default), ("example", &field.example)];
    for (what, text) in facts {
        out += &text.as_ref().map(|text| format!("  {what:<9}{text}\n")).unwrap_or_default();
    }
    out + &format!("  since    {}\n", field.since)
}

/// `tc.spec.due` with the name of its kind. `tc.due` is the same.
fn full(asked: &str, fields: &[Field]) -> String {
    let (kind, rest) = asked.split_once('.').map_or((asked, ""), |(kind, rest)| (kind, rest));
    let is_called = |field: &&Field| {
        let short = field.form.as_ref().is_some_and(|form| *form == format!("short name `{}`", kind.to_lowercase()));
        field.of == "kind" && (short || field.path.eq_ignore_ascii_case(kind))
    };
    let kind = fields.iter().find(is_called).map_or(kind, |field| field.path.as_str());
    match rest {
        "" | "spec" => kind.to_string(),
        rest if rest.starts_with("spec.") => format!("{kind}.{rest}"),
        rest => format!("{kind}.spec.{rest}"),
    }
}

fn unknown(asked: &str, wanted: &str, fields: &[Field]) -> String {
    let last = name(wanted).to_lowercase();
    let distance = |field: &&Field| {
        let path = field.path.replace("[]", "").to_lowercase();
        let is_same_name = name(&path) == last;
        (strsim::damerau_levenshtein(&path, &wanted.to_lowercase()), !is_same_name)
    };
    let same: Vec<&Field> =
        fields.iter().filter(|field| field.path.split('.').next() == wanted.split('.').next()).collect();
    let pool: Vec<&Field> = if same.is_empty() { fields.iter().collect() } else { same };
    let by_name = pool.iter().find(|field| name(&field.path).to_lowercase() == last).copied();
    let nearest = by_name.or_else(|| pool.iter().min_by_key(|field| distance(field)).copied());
    let hint = nearest.map(|field| format!("; did you mean `{}`?", field.path.replace("[]", ""))).unwrap_or_default();
    format!("there is no field '{asked}'{hint}")
}

#[cfg(test)]
mod tests;

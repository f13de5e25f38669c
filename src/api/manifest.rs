//! Reading YAML: any number of documents a file, each with the lines of its fields, so that a problem can say where.
//!
//! Input is bounded before it is parsed: size, depth, aliases, documents.

mod lines;

use std::sync::Arc;

use serde_json::Value;

use super::load::{Problem, legible};

/// A file is at most so large.
pub const MAX_BYTES: usize = 4 << 20;
const MAX_DEPTH: usize = 48;

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file's name, as it was given.
    pub file: Arc<str>,
    /// The line at which it begins, from 1.
    pub line: usize,
    /// Its content, as the API server would see it.
    pub value: Value,
    /// Its fields of which a problem has been told: it is read on for further problems, and never obeyed.
    pub told: Vec<String>,
    text: Arc<str>,
}

/// Reads the documents of a file; what cannot be read becomes a problem and the rest goes on.
pub fn read(file: &str, bytes: &[u8], problems: &mut Vec<Problem>) -> Vec<Document> {
    if bytes.len() > MAX_BYTES {
        problems.push(Problem::file(file, 1, format!("must be at most {} MiB; split it", MAX_BYTES >> 20)));
        return Vec::new();
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            problems.push(Problem::file(file, line, "must be UTF-8 text"));
            return Vec::new();
        }
    };
    let mut documents = Vec::new();
    for (line, part) in split(text) {
        if part.lines().all(says_nothing) {
            continue;
        }
        match parse(part) {
            Ok(value) => documents.extend(objects(file, line + leading_blank(part), part, value)),
            Err((at, message)) => problems.push(Problem::file(file, line + at, message)),
        }
    }
    documents
}

/// The objects of a document: itself, or the items of a List, as `kubectl get -o yaml` writes one.
fn objects(file: &str, line: usize, text: &str, mut value: Value) -> Vec<Document> {
    let list = value["kind"] == "List" && value["apiVersion"] == "v1" && value["items"].is_array();
    let document =
        |line, text: &str, value| Document { file: file.into(), line, value, told: Vec::new(), text: text.into() };
    if !list {
        return vec![document(line, text, value)];
    }
    let Value::Array(items) = value["items"].take() else { return Vec::new() };
    let mut texts = lines::items(text);
    texts.resize(items.len(), (0, ""));
    let skipped = leading_blank(text);
    let of_item = |(item, (at, text)): (Value, (usize, &str))| document(line + at.max(skipped) - skipped, text, item);
    items.into_iter().zip(texts).map(of_item).collect()
}

/// A blank line, a comment, a directive such as `%YAML 1.2`.
fn says_nothing(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#') || line.starts_with('%')
}

/// Documents with the line at which each begins: a line `---` in the first column always ends one.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut at) = (0, 1, 0);
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            parts.push((first_line, &text[start..at]));
            (start, first_line) = (at + line.len(), n + 2);
        }
        at += line.len();
    }
    parts.push((first_line, &text[start..]));
    parts
}

fn leading_blank(part: &str) -> usize {
    part.lines().take_while(|line| says_nothing(line)).count()
}

fn parse(text: &str) -> Result<Value, (usize, String)> {
    let budget = serde_saphyr::budget! { max_depth: MAX_DEPTH, max_documents: 1, max_aliases: 64, max_nodes: 200_000 };
    let options = serde_saphyr::options! { budget: budget };
    let value = serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let (line, column) = e.location().map_or((1, 1), |l| (l.line(), l.column()));
        let said = e.to_string();
        // The library counts lines within the document.
        let place = format!("line {line} column {column}: ");
        let why = plain(said.trim_start_matches("error: ").trim_start_matches(&place));
        let above = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        (above, format!("is no readable YAML at column {column}: {why}"))
    })?;
    Ok(as_json(value))
}

/// A whole number is an integer however it is written, as it is for kubectl, which turns YAML into JSON: `1.0`, `1e1`.
fn as_json(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(as_json).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, as_json(v))).collect()),
        Value::Number(n) => n.as_f64().filter(|_| n.is_f64()).and_then(whole).map_or(Value::Number(n), Value::from),
        other => other,
    }
}

fn whole(float: f64) -> Option<i64> {
    // Up to here every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

/// The first line, without the library's advice to programmers: it is nothing for the person who wrote the file.
fn plain(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let first = first.split(", set ").next().unwrap_or(first).trim_end_matches(" rejected by the configured policy");
    if first.contains("cannot deserialize null into string") {
        return "a key must be a text, not null".into();
    }
    match first.split_once("budget breached: ") {
        Some((_, breach)) if breach.starts_with("Documents") => {
            "another document begins; put '---' between the two".into()
        }
        Some(_) => "larger or deeper than any manifest; aliases count as what they stand for".into(),
        None => first.into(),
    }
}

impl Document {
    /// An object that did not come from a file.
    pub fn of_object(value: Value) -> Self {
        let told = Vec::new();
        let nameless = Self { file: "".into(), line: 1, value, told, text: "".into() };
        Self { file: nameless.object().into(), ..nameless }
    }

    /// The same document with its defaults applied, and the fields of which a problem was told.
    pub fn checked(&self, value: Value, told: Vec<String>) -> Self {
        Self { file: self.file.clone(), line: self.line, value, told, text: self.text.clone() }
    }

    /// `KIND/NAME`, as far as it is told.
    pub fn object(&self) -> String {
        let text = |pointer: &str| legible(self.value.pointer(pointer).and_then(Value::as_str).unwrap_or("?"));
        format!("{}/{}", text("/kind"), text("/metadata/name"))
    }

    /// The line of a field such as `spec.fill.ladder[0].jobFrom`; of what stands above it where it is absent.
    pub fn line_of(&self, field: &str) -> usize {
        let first = leading_blank(&self.text);
        self.line + lines::line_of(&self.text, first, field) - first
    }
}

/// Whether a problem of a field was told, or of what stands above or below it: what follows from that is no news.
pub fn is_told(told: &[String], field: &str) -> bool {
    let below =
        |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    told.iter().any(|told| below(told, field) || below(field, told))
}

//! Reading YAML: any number of documents a file, each with the lines of its fields, so that a problem can say where.
//!
//! Input is bounded before it is parsed: size, depth, aliases, documents.

mod notation;
mod yaml11;

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::problem::Problem;
use crate::domain::words::legible;
use notation::{Found, Notation, Step};

/// The namespace of what names none.
pub const NAMESPACE: &str = "default";
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
    /// Its fields with a reported problem. It is still read for further problems, but not used.
    pub told: Vec<String>,
    text: Arc<Text>,
    /// The way to it within its text: `items[0]` where that is a List.
    root: String,
}

/// The text of a document, and where it begins in its file.
#[derive(Debug, Default)]
struct Text {
    text: String,
    line: usize,
    notation: OnceLock<Notation>,
    may_be_odd: OnceLock<bool>,
}

impl Text {
    /// What its notation tells. It is read a second time for that: only where something is asked.
    fn notation(&self) -> &Notation {
        self.notation.get_or_init(|| Notation::of(&self.text))
    }

    /// Scalars that kubectl reads otherwise than they look.
    fn odd(&self) -> &[Found] {
        let may_be_odd = *self.may_be_odd.get_or_init(|| yaml11::may_hold_odd(&self.text));
        if may_be_odd { &self.notation().odd } else { &[] }
    }

    /// The line of a field in the file.
    fn line_of(&self, field: &str) -> Option<usize> {
        Some(self.line + self.notation().line_of(field)?)
    }
}

/// Reads the documents of a file; an unreadable document becomes a problem, and the rest is read.
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
    for part in split(text) {
        if let Some(beside) = part.beside {
            problems.push(Problem::file(file, part.line - 1, beside_separator(beside)));
        } else if !part.text.lines().all(says_nothing) {
            match parse(part.text) {
                Ok(value) => documents.extend(objects(file, &part, value)),
                Err((at, message)) => problems.push(Problem::file(file, part.line + at, message)),
            }
        }
    }
    documents
}

/// The objects of a document: itself, or the items of a List, as `kubectl get -o yaml` writes one.
fn objects(file: &str, part: &Part<'_>, mut value: Value) -> Vec<Document> {
    let list = value["kind"] == "List" && value["apiVersion"] == "v1" && value["items"].is_array();
    let text = Arc::new(Text { text: part.text.into(), line: part.line, ..Text::default() });
    let first = part.line + leading_blank(part.text);
    let document =
        |line, root, value| Document { file: file.into(), line, value, told: Vec::new(), text: text.clone(), root };
    if !list {
        return vec![document(first, String::new(), value)];
    }
    let Value::Array(items) = value["items"].take() else { return Vec::new() };
    let of_item = |(n, item): (usize, Value)| {
        let root = format!("items[{n}]");
        document(text.line_of(&root).unwrap_or(first), root, item)
    };
    items.into_iter().enumerate().map(of_item).collect()
}

/// A blank line, a comment, a directive such as `%YAML 1.2`.
fn says_nothing(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#') || line.starts_with('%')
}

/// The text between two separators.
struct Part<'a> {
    /// The line at which it begins.
    line: usize,
    text: &'a str,
    /// The text on the line of the separator above it: kubectl refuses that, and other readers treat it as the document.
    beside: Option<&'a str>,
}

/// A line that begins with `---` always ends a document.
fn split(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut at) = (Vec::new(), 0);
    let mut part = (1, 0, None);
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if let Some(rest) = line.strip_prefix("---") {
            let (line_before, start, beside) = part;
            parts.push(Part { line: line_before, text: &text[start..at], beside });
            let rest = rest.trim();
            part = (n + 2, at + line.len(), Some(rest).filter(|rest| !rest.is_empty() && !rest.starts_with('#')));
        }
        at += line.len();
    }
    let (line, start, beside) = part;
    parts.push(Part { line, text: &text[start..], beside });
    parts
}

fn beside_separator(beside: &str) -> String {
    let start: String = beside.chars().take(40).collect();
    format!(
        "a line that begins with '---' separates documents and holds nothing else; put `{start}` on a line of its own"
    )
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
        (above, format!("is not valid YAML at column {column}: {why}"))
    })?;
    Ok(yaml11::as_json(value))
}

/// The first line, without the library's advice to programmers: it is nothing for the person who wrote the file.
fn plain(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let first = first.split(", set ").next().unwrap_or(first).trim_end_matches(" rejected by the configured policy");
    if first.contains("cannot deserialize null into string") {
        return "a key must be a text, not null".into();
    }
    match first.split_once("budget breached: ") {
        Some((_, breach)) if breach.starts_with("Documents") => "multiple documents; separate them with '---'".into(),
        Some(_) => "exceeds the size or nesting limit (aliases count expanded)".into(),
        None => first.into(),
    }
}

impl Document {
    /// An object that did not come from a file.
    pub fn of_object(value: Value) -> Self {
        let (text, told, root) = (Arc::default(), Vec::new(), String::new());
        let nameless = Self { file: "".into(), line: 1, value, told, text, root };
        Self { file: nameless.object().into(), ..nameless }
    }

    /// The same document with its defaults applied, and the fields with a reported problem.
    pub fn checked(&self, value: Value, told: Vec<String>) -> Self {
        Self { value, told, file: self.file.clone(), text: self.text.clone(), root: self.root.clone(), ..*self }
    }

    /// `KIND/NAME`, as far as known.
    pub fn object(&self) -> String {
        let text = |pointer: &str| legible(self.value.pointer(pointer).and_then(Value::as_str).unwrap_or("?"));
        format!("{}/{}", text("/kind"), text("/metadata/name"))
    }

    /// A problem of one of its fields; of itself, where the field is empty.
    pub fn problem(&self, field: &str, message: impl Into<String>) -> Problem {
        Problem {
            file: self.file.to_string(),
            line: self.line_of(field),
            object: self.object(),
            field: legible(field),
            message: legible(&message.into()),
        }
    }

    /// The line of a field such as `spec.fill.ladder[0].jobFrom`; or of its nearest existing parent.
    pub fn line_of(&self, field: &str) -> usize {
        let dot = if self.root.is_empty() || field.is_empty() || field.starts_with('[') { "" } else { "." };
        self.text.line_of(&format!("{}{dot}{field}", self.root)).unwrap_or(self.line).max(self.line)
    }

    /// Its scalars that kubectl reads otherwise than they look: field and sentence. Of those that were read alike only
    /// those in fields that are refused.
    pub fn odd_scalars(&self, refused: &[(String, String)]) -> Vec<(String, String)> {
        let matters =
            |(field, found): &(&str, &Found)| !found.odd.is_read_alike || refused.iter().any(|(name, _)| name == field);
        self.odd().filter(matters).map(|(field, found)| (field.into(), found.odd.message.clone())).collect()
    }

    /// The same document as kubectl sends it.
    pub fn as_sent(&self) -> Value {
        let mut value = self.value.clone();
        let root = if self.root.is_empty() { 0 } else { 2 };
        for (_, found) in self.odd().filter(|(_, found)| !found.is_key) {
            if let Some(scalar) = at(&mut value, found.steps.get(root..).unwrap_or_default()) {
                *scalar = found.odd.arrives.clone();
            }
        }
        value
    }

    fn odd(&self) -> impl Iterator<Item = (&str, &Found)> {
        self.text.odd().iter().filter_map(|found| {
            let below = found.field.strip_prefix(&self.root)?;
            let own = self.root.is_empty() || below.is_empty() || below.starts_with('.');
            own.then(|| (below.trim_start_matches('.'), found))
        })
    }
}

fn at<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(n) => value.get_mut(n),
    })
}

/// Whether a problem of a field, its parents or its children was reported: follow-up problems are not.
pub fn is_told(told: &[String], field: &str) -> bool {
    let below =
        |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    told.iter().any(|told| below(told, field) || below(field, told))
}

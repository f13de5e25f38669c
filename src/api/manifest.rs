//! Reading YAML: any number of documents a file, each with the lines of its fields, so that a problem can say where.
//!
//! Input is bounded before it is parsed: size, depth, aliases, documents.

use std::sync::Arc;

use serde_json::Value;

use super::load::Problem;

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
    text: Arc<str>,
}

/// Reads the documents of a file; what cannot be read becomes a problem and the rest goes on.
pub fn read(file: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<Document> {
    if text.len() > MAX_BYTES {
        problems.push(Problem::file(file, 1, format!("must be at most {} MiB; split it", MAX_BYTES >> 20)));
        return Vec::new();
    }
    let mut documents = Vec::new();
    for (line, part) in split(text) {
        let blank = part.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
        if blank {
            continue;
        }
        match parse(part) {
            Ok(value) => documents.push(Document {
                file: file.into(),
                line: line + leading_blank(part),
                value,
                text: part.into(),
            }),
            Err((at, message)) => problems.push(Problem::file(file, line + at, message)),
        }
    }
    documents
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
    part.lines().take_while(|l| l.trim().is_empty() || l.trim_start().starts_with('#')).count()
}

fn parse(text: &str) -> Result<Value, (usize, String)> {
    let budget = serde_saphyr::budget! { max_depth: MAX_DEPTH, max_documents: 1, max_aliases: 64, max_nodes: 200_000 };
    let options = serde_saphyr::options! { budget: budget };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let line = e.location().map_or(0, |l| usize::try_from(l.line()).unwrap_or(1).saturating_sub(1));
        (line, format!("is no readable YAML: {}", plain(&e.to_string())))
    })
}

/// The first line, without the library's advice to programmers: it is nothing for the person who wrote the file.
fn plain(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let first = first.split(", set ").next().unwrap_or(first).trim_end_matches(" rejected by the configured policy");
    match first.split_once("budget breached: ") {
        Some((place, _)) => format!("{place}larger or deeper than any manifest; aliases count as what they stand for"),
        None => first.into(),
    }
}

impl Document {
    /// An object that did not come from a file.
    pub fn of_object(value: Value) -> Self {
        let nameless = Self { file: "".into(), line: 1, value, text: "".into() };
        Self { file: nameless.object().into(), ..nameless }
    }

    /// The same document with another content: its defaults applied.
    pub fn with_value(&self, value: Value) -> Self {
        Self { value, ..self.clone() }
    }

    /// `KIND/NAME`, as far as it is told.
    pub fn object(&self) -> String {
        let text = |pointer: &str| shown(self.value.pointer(pointer).and_then(Value::as_str).unwrap_or("?"));
        format!("{}/{}", text("/kind"), text("/metadata/name"))
    }

    /// The line of a field such as `spec.fill.ladder[0].jobFrom`; of what stands above it where it is absent.
    pub fn line_of(&self, field: &str) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let (mut at, mut indent, mut from) = (leading_blank(&self.text), None, 0);
        let end = lines.len();
        for step in field.replace('[', ".[").split('.').filter(|s| !s.is_empty()) {
            let found =
                match step.strip_prefix('[').and_then(|s| s.strip_suffix(']')).and_then(|n| n.parse::<usize>().ok()) {
                    Some(n) => item(&lines[from..end], indent, n),
                    None => key(&lines[from..end], indent, step),
                };
            let Some((line, column)) = found else { break };
            at = from + line;
            from = if step.starts_with('[') { at } else { at + 1 };
            indent = Some(column);
        }
        self.line + at - leading_blank(&self.text)
    }
}

/// A name as a terminal may show it: what would turn its text around or hide in it is written out.
fn shown(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
    name.chars().map(|c| if plain(c) { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

/// The `n`-th item of a list below a column.
fn item(lines: &[&str], above: Option<usize>, n: usize) -> Option<(usize, usize)> {
    let column = |l: &str| l.len() - l.trim_start().len();
    let first = lines.iter().find(|l| l.trim_start().starts_with("- ")).map(|l| column(l))?;
    let inside = lines.iter().take_while(|l| l.trim().is_empty() || above.is_none_or(|a| column(l) >= a)).count();
    let mut items =
        lines[..inside].iter().enumerate().filter(|(_, l)| column(l) == first && l.trim_start().starts_with('-'));
    items.nth(n).map(|(at, _)| (at, first))
}

/// A key below a column; the key of a list's item may stand behind its dash.
fn key(lines: &[&str], above: Option<usize>, name: &str) -> Option<(usize, usize)> {
    for (at, line) in lines.iter().enumerate() {
        let plain = line.trim_start().trim_start_matches("- ").trim_start();
        let column = line.len() - plain.len();
        if plain.is_empty() || plain.starts_with('#') {
            continue;
        }
        if above.is_some_and(|a| column <= a) {
            return None;
        }
        let quoted = plain.trim_start_matches(['"', '\'']);
        if quoted.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':')) {
            return Some((at, column));
        }
    }
    None
}

//! What the notation of a document tells beside its values: the line of each field, and scalars that kubectl reads
//! otherwise than they look.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle};

use super::yaml11::{self, Odd};

/// Facts about a document's text; lines count from 0.
#[derive(Debug, Default)]
pub(super) struct Notation {
    lines: BTreeMap<String, usize>,
    /// The lines of fields with a dot or a bracket in one of their names.
    ambiguous: BTreeMap<String, usize>,
    /// Scalars that kubectl reads otherwise than they look, in the order of the text.
    pub odd: Vec<Found>,
}

/// An ambiguous scalar and its position.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// `spec.where[0].equals`; of a key, the field of this name.
    pub field: String,
    /// The way to it, from the root of the document.
    pub steps: Vec<Step>,
    /// It is a key, not a value.
    pub is_key: bool,
    /// How it is read.
    pub odd: Odd,
}

/// A step from a node to one below it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Key(String),
    Item(usize),
}

/// A mapping that awaits a key or the value of one, or a list that awaits its next item.
enum Open {
    Mapping(Option<String>),
    List(usize),
}

impl Notation {
    /// Reads a text that is known to be YAML, and within bounds.
    pub fn of(text: &str) -> Self {
        let options = granit_parser::options! { emit_comments: false };
        let (mut notation, mut open) = (Self::default(), Vec::new());
        for (event, span) in Parser::new_from_str_with_options(text, options).flatten() {
            let line = span.start.line().saturating_sub(1);
            match event {
                Event::MappingStart(..) => notation.begin(&mut open, Open::Mapping(None), line),
                Event::SequenceStart(..) => notation.begin(&mut open, Open::List(0), line),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    end(&mut open, "?");
                }
                Event::Scalar(text, style, _, tag) => {
                    let is_plain = style == ScalarStyle::Plain && tag.is_none();
                    notation.scalar(&mut open, &text, is_plain, line);
                }
                Event::Alias(_) => end(&mut open, "?"),
                _ => {}
            }
        }
        notation
    }

    /// The line of a field, or of its nearest existing parent.
    pub fn line_of(&self, field: &str) -> Option<usize> {
        let mut field = field;
        loop {
            if let Some(line) = self.lines.get(field).or_else(|| self.ambiguous.get(field)) {
                return Some(*line);
            }
            field = &field[..field.rfind(['.', '['])?];
        }
    }

    fn begin(&mut self, open: &mut Vec<Open>, node: Open, line: usize) {
        self.item(open, line);
        open.push(node);
    }

    fn scalar(&mut self, open: &mut [Open], text: &str, is_plain: bool, line: usize) {
        let is_key = matches!(open.last(), Some(Open::Mapping(None)));
        self.item(open, line);
        if is_key {
            // Now it is part of the way to what follows.
            end(open, text);
            self.note(open, line);
        }
        let odd = if is_key { yaml11::odd_key(text) } else { yaml11::odd_value(text) };
        if let Some(odd) = odd.filter(|_| is_plain) {
            self.odd.push(Found { field: field(open), steps: steps(open), is_key, odd });
        }
        if !is_key {
            end(open, text);
        }
    }

    /// An item of a list has its own line; a value has the line of its key.
    fn item(&mut self, open: &[Open], line: usize) {
        if let Some(Open::List(_)) = open.last() {
            self.note(open, line);
        }
    }

    /// A key with a dot or a bracket looks like a path: it never hides a field whose path is really this.
    fn note(&mut self, open: &[Open], line: usize) {
        let steps = steps(open);
        let looks_like_path = |step: &Step| matches!(step, Step::Key(key) if key.contains(['.', '[']));
        let lines = if steps.iter().any(looks_like_path) { &mut self.ambiguous } else { &mut self.lines };
        lines.entry(joined(steps)).or_insert(line);
    }
}

/// A node has ended: the key of a value, the value of a key, or an item.
fn end(open: &mut [Open], text: &str) {
    match open.last_mut() {
        Some(Open::Mapping(key)) => *key = if key.is_none() { Some(text.into()) } else { None },
        Some(Open::List(n)) => *n += 1,
        None => {}
    }
}

fn steps(open: &[Open]) -> Vec<Step> {
    let step = |open: &Open| match open {
        Open::Mapping(key) => key.clone().map(Step::Key),
        Open::List(n) => Some(Step::Item(*n)),
    };
    open.iter().filter_map(step).collect()
}

/// The way to the node that is awaited, as messages write it.
fn field(open: &[Open]) -> String {
    joined(steps(open))
}

fn joined(steps: Vec<Step>) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Key(key) if out.is_empty() => out = key,
            Step::Key(key) => out += &format!(".{key}"),
            Step::Item(n) => out += &format!("[{n}]"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_its_line_however_it_is_written() {
        let text = "# a comment\nspec:\n  where: [\n    {column: a, equals: 1},\n    {column: b,\n     equals: 007}]\n  fill:\n    ladder:\n    - name: x\n      'jobFrom': {cronJob: z}\n";
        let notation = Notation::of(text);
        let rows = [
            ("spec", 1),
            ("spec.where", 2),
            ("spec.where[0].equals", 3),
            ("spec.where[1]", 4),
            ("spec.where[1].equals", 5),
            ("spec.where[1].equals.absent", 5),
            ("spec.fill.ladder[0].name", 8),
            ("spec.fill.ladder[0].jobFrom.cronJob", 9),
            ("spec.fill.ladder[7].name", 7),
            ("spec.absent", 1),
        ];
        for (field, line) in rows {
            assert_eq!(notation.line_of(field), Some(line), "{field}");
        }
        assert_eq!(notation.line_of("absent"), None);
        let odd: Vec<&str> = notation.odd.iter().map(|found| found.field.as_str()).collect();
        assert_eq!(odd, ["spec.where[1].equals"]);
    }

    #[test]
    fn a_nested_field_of_the_same_name_is_another_field() {
        let text = "spec:\n  name: a\n  nested:\n    spec:\n      mode: x\n    mode: y\n  aliases: {fill.mode: z}\n  fill.mode: w\n  fill:\n    \
                    where: {mode: v}\n    mode: u\n  list:\n  - mode: t\n    list: [{mode: s}, {mode: r}]\nmode: q\n";
        let rows = [
            ("spec.nested.mode", 5),
            ("spec.nested.spec.mode", 4),
            ("spec.fill.mode", 10),
            ("spec.fill.where.mode", 9),
            ("spec.aliases.fill.mode", 6),
            ("spec.list[0].mode", 12),
            ("spec.list[0].list[1].mode", 13),
            ("spec.mode", 0),
            ("mode", 14),
        ];
        let notation = Notation::of(text);
        for (field, line) in rows {
            assert_eq!(notation.line_of(field), Some(line), "{field}");
        }
    }
}

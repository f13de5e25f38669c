//! A problem of a manifest: where it is, and what would be right.

use std::fmt;

use crate::domain::words::legible;

/// Problems of one object that its status tells in full.
const IN_FULL: usize = 5;

/// A problem that a person must fix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// `KIND/NAME`; empty for a whole file.
    pub object: String,
    /// The field; empty for a whole object.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn file(file: &str, line: usize, message: impl Into<String>) -> Self {
        let message = legible(&message.into());
        Self { file: file.into(), line, object: String::new(), field: String::new(), message }
    }

    /// Without its place: `spec.fill.mode: must …`.
    pub fn sentence(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }

    /// All problems of an object in one text: the first five in full.
    pub fn together(problems: &[&Self]) -> String {
        let shown: Vec<String> = problems.iter().take(IN_FULL).map(|p| p.sentence()).collect();
        let more = problems.len().saturating_sub(IN_FULL);
        shown.join("; ") + &if more > 0 { format!("; and {more} more") } else { String::new() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.object.is_empty() {
            write!(f, "{}: ", self.object)?;
        }
        f.write_str(&self.sentence())
    }
}

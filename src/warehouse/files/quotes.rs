//! Checks the quotes of a CSV text while it is read. A CSV reader takes a quote that never ends, or that ends within a
//! field, as part of the rows that it swallows.

use std::io::{self, Read};

use crate::warehouse::budget::size;

/// The error of a quote, with its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    /// A quoted field that begins in this line has no end.
    Open(u64),
    /// In this line a quoted field ends, and more of it follows.
    Within(u64),
    /// The row that ends in this line is too long.
    Long(u64),
}

/// A longer row is not read: a row is held in memory.
const MAX_ROW: u64 = 16 << 20;

impl std::fmt::Display for Stray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(line) => write!(f, "ends within a quoted field that begins at line {line}"),
            Self::Within(line) => write!(f, "has a quote within a field at line {line}"),
            Self::Long(line) => write!(f, "has a row of more than {} at line {line}", size(MAX_ROW)),
        }
    }
}

impl std::error::Error for Stray {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// After a quote in a quoted field: its end, or the first of two quotes.
    Quote,
}

/// A text whose quotes are checked.
pub(super) struct Quotes<R> {
    inner: R,
    delimiter: u8,
    at: At,
    line: u64,
    began: u64,
    /// Bytes of the current row.
    row: u64,
}

impl<R> Quotes<R> {
    pub fn new(inner: R, delimiter: u8) -> Self {
        Self { inner, delimiter, at: At::Start, line: 1, began: 1, row: 0 }
    }

    fn step(&mut self, byte: u8) -> Result<(), Stray> {
        let ends = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        self.at = match (self.at, byte) {
            (At::Start, b'"') => {
                self.began = self.line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Quote,
            (At::Quote, b'"') | (At::Quoted, _) => At::Quoted,
            (At::Quote, _) if !ends => return Err(Stray::Within(self.line)),
            _ if ends => At::Start,
            _ => At::Plain,
        };
        self.line += u64::from(byte == b'\n');
        let is_over = byte == b'\n' && self.at == At::Start;
        self.row = if is_over { 0 } else { self.row + 1 };
        if self.row > MAX_ROW { Err(Stray::Long(self.line)) } else { Ok(()) }
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        if read == 0 && !into.is_empty() && self.at == At::Quoted {
            return Err(io::Error::other(Stray::Open(self.began)));
        }
        into[..read].iter().try_for_each(|byte| self.step(*byte)).map_err(io::Error::other)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_does_not_end_or_ends_within_a_field_is_found() {
        for (text, found) in [
            ("a,b\n1,\"x\ny\"\n", None),
            ("a,b\n1,\"x \"\"y\"\"\"\n", None),
            ("a,b\n1,5\" pipe\n", None),
            ("a,b\r\n\"\",\"\"\r\n", None),
            ("a,b\n1,\"x\n2,y\n", Some(Stray::Open(2))),
            ("a,b\n1,\"5 in\n2,b\n3,\"c\n", Some(Stray::Within(4))),
            ("a,b\n1,\"x\"z\n", Some(Stray::Within(2))),
            ("\"a,b\n1,2\n", Some(Stray::Open(1))),
            (&format!("a\n\"{}\"\n", "x\n".repeat(9 << 20)), Some(Stray::Long(8_388_610))),
        ] {
            let read = io::read_to_string(Quotes::new(text.as_bytes(), b','));
            let stray = read.err().and_then(|e| e.get_ref().and_then(|e| e.downcast_ref::<Stray>().copied()));
            assert_eq!(stray, found, "{:?}", text.get(..40));
        }
    }
}

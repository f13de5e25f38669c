//! Reading a CSV part: the whole file. Each row must have as many fields as the header.

use std::io::{BufRead, BufReader, Read};

use csv::StringRecord;

use super::decode::loose;
use super::meter::Meter;
use super::partition::Constant;
use super::parts::{Part, reason};
use super::quotes::Stray;
use super::read::{Each, Fault, Reader, no_column};
use super::rows::{Rows, Values};
use super::text::{self, Text};
use crate::domain::verdict::UnknownReason;

const EMPTY: &str = "is empty: it does not even have a header line";
const BATCH: usize = 8_192;

/// The columns of a part, by its header.
pub(super) fn header_of(part: &Part, gzip: bool, latin1: bool, meter: &Meter) -> Result<Vec<String>, String> {
    let text = text::open(part, gzip, latin1, meter).map_err(|e| reason(&e))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(text.delimiter).flexible(true).from_reader(text.reader);
    let header = reader.headers().map_err(|_| "is not a readable CSV file".to_string())?;
    Ok(header.iter().map(String::from).collect())
}

/// Where the values of a column come from.
enum From {
    Field(usize, Option<Constant>),
    Constant(Constant),
    /// Missing: the questions that need the column know.
    Nothing,
}

impl Reader<'_> {
    /// Reads a part in batches, and returns its bytes.
    pub(super) fn csv(&mut self, part: &Part, gzip: bool, each: Each<'_>) -> Result<u64, Fault> {
        let text = text::open(part, gzip, self.bounds.latin1, self.bounds.meter);
        let Text { reader, delimiter, is_empty, has_nul } = text.map_err(|e| self.unreadable(part, &e))?;
        if is_empty {
            return Err(self.damaged(part, EMPTY));
        }
        if has_nul {
            return Err(self.unfit(part, "is not UTF-8 text at line 1"));
        }
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(reader);
        let header = reader.headers().map_err(|e| self.csv_fault(part, &e))?.clone();
        if header.is_empty() {
            return Err(self.damaged(part, EMPTY));
        }
        let from = self.fields_of(part, &header);
        let mut rows = self.empty();
        let mut record = StringRecord::new();
        loop {
            let read = reader.read_record(&mut record).map_err(|e| self.csv_fault(part, &e))?;
            if !read {
                break;
            }
            self.check_length(part, &header, &record)?;
            self.record(&from, &record, &mut rows);
            rows.len += 1;
            if rows.len == BATCH {
                self.batch_of_text(part, &from, &rows, each)?;
                rows = self.empty();
            }
            if self.is_over() {
                return Ok(part.size);
            }
        }
        self.batch_of_text(part, &from, &rows, each)?;
        let of_texts = (0..self.columns.len()).filter(|at| self.columns[*at].is_of_texts());
        self.found_texts.extend(of_texts.map(|at| (part.identity(), at)));
        Ok(part.size)
    }

    fn fields_of(&mut self, part: &Part, header: &StringRecord) -> Vec<From> {
        let mut from = Vec::with_capacity(self.columns.len());
        for at in 0..self.columns.len() {
            let as_texts = self.texts.contains(&(part.identity(), at));
            self.columns[at].begin_loose(as_texts);
            let name = self.columns[at].name.as_str();
            let constant = self.constant(part, name);
            let mut places = header.iter().enumerate().filter(|(_, h)| *h == name).map(|(at, _)| at);
            let found = match (places.next(), places.next(), constant) {
                (_, _, Some(constant)) if constant.is_only => Ok(From::Constant(constant)),
                (Some(_), Some(_), _) => {
                    let why = format!("has two columns `{name}`; rename one");
                    Err(part.fault(UnknownReason::SchemaMismatch, &why).lasting())
                }
                (Some(place), None, constant) => Ok(From::Field(place, constant)),
                (None, _, Some(constant)) => Ok(From::Constant(constant)),
                (None, _, None) => Err(no_column(name, part, header.iter())),
            };
            from.push(found.unwrap_or_else(|why| {
                self.refuse(at, &why);
                From::Nothing
            }));
        }
        from
    }

    fn record(&mut self, from: &[From], record: &StringRecord, rows: &mut Rows) {
        for (at, (from, values)) in from.iter().zip(&mut rows.values).enumerate() {
            let text = match from {
                From::Field(place, _) => record.get(*place).unwrap_or(""),
                From::Constant(constant) => constant.text.as_str(),
                From::Nothing => "",
            };
            if let Err(why) = loose(&mut self.columns[at], text, values) {
                self.refuse(at, &why);
                // No question uses it any more. All columns keep the same length.
                _ = loose(&mut self.columns[at], "", values);
            }
        }
    }

    fn batch_of_text(&mut self, part: &Part, from: &[From], rows: &Rows, each: Each<'_>) -> Result<(), Fault> {
        for ((from, column), values) in from.iter().zip(&*self.columns).zip(&rows.values) {
            if let From::Field(_, Some(constant)) = from {
                constant.check(column, values, self.date).map_err(|why| self.misfiled(part, &why))?;
            }
        }
        each(self.columns, rows, self.refused);
        Ok(())
    }

    fn empty(&self) -> Rows {
        Rows { len: 0, values: self.columns.iter().map(|c| Values::for_column(c, BATCH)).collect() }
    }

    fn check_length(&self, part: &Part, header: &StringRecord, record: &StringRecord) -> Result<(), Fault> {
        if record.len() == header.len() {
            return Ok(());
        }
        let line = line_of(part, record.position());
        let why = format!("is broken at line {line}: expected {} fields, found {}", header.len(), record.len());
        Err(self.damaged(part, &why))
    }

    fn csv_fault(&self, part: &Part, error: &csv::Error) -> Fault {
        match error.kind() {
            csv::ErrorKind::Io(e) => self.unreadable(part, e),
            csv::ErrorKind::Utf8 { .. } => {
                let line = line_of(part, error.position());
                self.unfit(part, &format!("is not UTF-8 text at line {line}"))
            }
            _ => self.damaged(part, "is not a readable CSV file"),
        }
    }

    /// Another encoding, without a byte order mark.
    fn unfit(&self, part: &Part, what: &str) -> Fault {
        let why = format!(
            "{what}; write it as UTF-8, begin it with a byte order mark, or set files.encoding of the Warehouse where it is Latin-1"
        );
        Fault::Part(part.fault(UnknownReason::ProbeFailed, &why).lasting())
    }

    /// A compressed text that is truncated or invalid is damaged. Other errors are the operating system's.
    fn unreadable(&self, part: &Part, error: &std::io::Error) -> Fault {
        use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        if let Some(stray) = error.get_ref().and_then(|error| error.downcast_ref::<Stray>()) {
            return self.damaged(part, &stray.to_string());
        }
        match error.kind() {
            InvalidData | InvalidInput | UnexpectedEof => {
                self.damaged(part, "cannot be unpacked: it is cut or damaged")
            }
            _ => Fault::io(part, &reason(error)),
        }
    }
}

/// The line in which a record begins. The reader's own count is one too low if lines end with CRLF, and ignores blank lines
/// before the record. For a compressed or decoded text it is the only count.
fn line_of(part: &Part, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let is_plain = part.format == super::format::Format::Csv { gzip: false };
    is_plain.then(|| counted_line(part, position.byte()).ok()).flatten().unwrap_or(position.line())
}

/// Counted in the file itself. The reader may have skipped a byte order mark.
fn counted_line(part: &Part, byte: u64) -> std::io::Result<u64> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut file = BufReader::new(part.open()?);
    let skipped = if file.fill_buf()?.starts_with(MARK) { MARK.len() as u64 } else { 0 };
    let mut line = 1;
    for (at, read) in (0..).zip(file.bytes()) {
        let read = read?;
        if at >= byte + skipped && !matches!(read, b'\r' | b'\n') {
            break;
        }
        line += u64::from(read == b'\n');
    }
    Ok(line)
}

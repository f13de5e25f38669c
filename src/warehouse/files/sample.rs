//! Some rows of a table that nothing is known of yet: every column, each value with what it looks like. It reads whole parts,
//! spread evenly over the table, up to a limit.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::column::Column;
use super::csv_part::header_of;
use super::footer::Footer;
use super::format::Format;
use super::meter::Meter;
use super::parts::{Part, partition, reason};
use super::read::{Bounds, Reader, Texts};
use super::rows::Rows;
use super::source::Source;
use super::{Files, listing};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::value::date::parse_date;
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::instant::Moment;
use crate::warehouse::value::number::plain;

/// Not more parts are read.
const MAX_PARTS: usize = 1_000;
/// Not more bytes are read, unless one part alone has more.
const MAX_BYTES: u64 = 128 << 20;
/// Reading ends after the batch that reaches this number of rows.
const MAX_ROWS: usize = 1_000_000;

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A date, or a text `YYYY-MM-DD`.
    Date,
    /// A timestamp with its zone.
    Instant,
    /// A timestamp without a zone.
    Local,
    /// A whole number.
    Whole,
    /// Another number.
    Decimal,
    /// True or false.
    Bool,
    /// Any other text.
    Text,
}

/// A distinct value of a column.
#[derive(Clone, Debug)]
pub struct Value {
    /// As a text.
    pub text: Arc<str>,
    /// What it looks like.
    pub form: Form,
    datum: Datum,
}

impl Value {
    fn new(datum: &Datum) -> Self {
        Self { text: datum.text(), form: form_of(datum), datum: datum.clone() }
    }

    /// The date that it gives a row, exactly as a coverage would read it.
    pub fn date(&self, column: &DateColumn) -> Option<Date> {
        self.datum.date(column).ok()
    }
}

fn form_of(datum: &Datum) -> Form {
    match datum {
        Datum::Int(_) => Form::Whole,
        Datum::Float(_) | Datum::Float32(_) | Datum::Decimal(..) => {
            if datum.digits().is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
                Form::Whole
            } else {
                Form::Decimal
            }
        }
        Datum::Bool(_) => Form::Bool,
        Datum::Date(_) => Form::Date,
        Datum::Instant(_) => Form::Instant,
        Datum::Local(_) => Form::Local,
        Datum::Text(text) | Datum::Loose(text) => form_of_text(text),
    }
}

fn form_of_text(text: &str) -> Form {
    if parse_date(text).is_some() {
        return Form::Date;
    }
    match (plain(text), Moment::parse(text)) {
        (Some(digits), _) if digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) => Form::Whole,
        (Some(_), _) => Form::Decimal,
        (None, Some(Moment::At(_))) => Form::Instant,
        (None, Some(Moment::Local(_))) => Form::Local,
        (None, None) => Form::Text,
    }
}

/// One column of a sample.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Its name.
    pub name: String,
    /// Folders `NAME=VALUE` have it.
    pub in_folders: bool,
    /// Its distinct values.
    pub values: Vec<Value>,
    /// For each row the index of its value, plus one; 0 for NULL.
    pub cells: Vec<u32>,
}

impl Sampled {
    /// The value of a row; `None` for NULL.
    pub fn value(&self, row: usize) -> Option<&Value> {
        self.values.get((*self.cells.get(row)? as usize).checked_sub(1)?)
    }
}

/// Some rows of a table.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Every column that gapless can compare.
    pub columns: Vec<Sampled>,
    /// The number of rows.
    pub rows: usize,
    /// Whether these are all rows of the table.
    pub is_whole: bool,
    /// The files that hold data, by their path below the table.
    pub files: Vec<String>,
    /// Files and folders that are not read, each with the reason.
    pub unread: Vec<(String, String)>,
}

impl Files {
    /// Samples a table.
    pub fn sample(&self, table: &str, now: Timestamp) -> Result<Sample, Unknown> {
        let (listing, _) = listing::list(&self.root, &self.bounds, table, None, &Default::default(), now)?;
        let (data, unread): (Vec<Part>, Vec<Part>) =
            listing.parts.into_iter().partition(|part| !matches!(part.format, Format::Unread(_)));
        let why = |part: &Part| match &part.format {
            Format::Unread(why) => (part.name.clone(), why.to_string()),
            _ => (part.name.clone(), String::new()),
        };
        let mut sample = Sample {
            files: data.iter().map(|part| part.name.clone()).collect(),
            unread: unread.iter().map(why).collect(),
            ..Sample::default()
        };
        let chosen = chosen(&data);
        sample.is_whole = chosen.len() == data.len();
        let names = self.columns_of(&chosen, &mut sample.unread);
        let mut texts = Texts::new();
        loop {
            let mut found = Texts::new();
            let mut taken = Taken::new(&names);
            taken.read(self, (table, &chosen), &texts, &mut found);
            if found.is_empty() {
                return Ok(taken.into_sample(sample, &chosen));
            }
            texts.extend(found);
        }
    }

    /// The columns of all these parts, in the order in which they are found.
    fn columns_of(&self, parts: &[&Part], unread: &mut Vec<(String, String)>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for part in parts {
            let own = names_of(part, self.latin1).unwrap_or_else(|why| {
                unread.push((part.name.clone(), why));
                Vec::new()
            });
            for name in own.into_iter().chain(folders_of(part)) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// Parts that are spread evenly, the first and the last among them.
fn chosen(parts: &[Part]) -> Vec<&Part> {
    let bytes: u64 = parts.iter().map(|part| part.size).sum();
    let by_size = parts.len() as u64 * MAX_BYTES / bytes.max(1);
    let most = MAX_PARTS.min(usize::try_from(by_size).unwrap_or(usize::MAX)).max(2);
    if parts.len() <= most {
        return parts.iter().collect();
    }
    (0..most).filter_map(|n| parts.get(n * (parts.len() - 1) / (most - 1))).collect()
}

fn folders_of(part: &Part) -> Vec<String> {
    let folders = part.name.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').filter_map(partition).map(|(name, _)| name.into_owned()).collect()
}

fn names_of(part: &Part, latin1: bool) -> Result<Vec<String>, String> {
    let meter = Meter::unbounded();
    match &part.format {
        Format::Csv { gzip } => header_of(part, *gzip, latin1, &meter),
        Format::Parquet => {
            let source = part.open().and_then(|file| Source::of(file, meter)).map_err(|e| reason(&e))?;
            let footer = Footer::read(&source)?;
            Ok(footer.schema().fields().iter().map(|field| field.name().clone()).collect())
        }
        Format::Unread(why) => Err(why.to_string()),
    }
}

/// What was read so far.
struct Taken {
    columns: Vec<Column>,
    cells: Vec<Vec<u32>>,
    refused: BTreeSet<usize>,
    rows: usize,
    is_cut: bool,
    unread: Vec<(String, String)>,
}

impl Taken {
    fn new(names: &[String]) -> Self {
        let column = |(at, name): (usize, &String)| {
            let mut column = Column::new(name);
            (column.interned, column.is_whole, column.users) = (true, true, vec![at]);
            column
        };
        Self {
            columns: names.iter().enumerate().map(column).collect(),
            cells: vec![Vec::new(); names.len()],
            refused: BTreeSet::new(),
            rows: 0,
            is_cut: false,
            unread: Vec::new(),
        }
    }

    fn read(&mut self, files: &Files, (table, parts): (&str, &[&Part]), texts: &Texts, found: &mut Texts) {
        let meter = Meter::new(MAX_BYTES * 16, files.cancelled.clone());
        let bounds = &Bounds { table, meter: &meter, latin1: files.latin1 };
        // No column dates a row yet.
        let date = &DateColumn::new("", DateReading::Plain);
        for part in parts {
            if self.rows >= MAX_ROWS {
                self.is_cut = true;
                return;
            }
            let mut refused = vec![None; self.columns.len()];
            let (cells, rows) = (&mut self.cells, &mut self.rows);
            let mut each = |_: &[Column], batch: &Rows, refused: &mut [Option<Unknown>]| {
                (0..cells.len()).for_each(|at| cells[at].extend_from_slice(batch.ids(at)));
                *rows += batch.len;
                if *rows >= MAX_ROWS {
                    refused.iter_mut().for_each(|of| _ = of.get_or_insert_with(too_many));
                }
            };
            let mut reader = Reader {
                columns: &mut self.columns,
                date,
                dates: None,
                filters: &[&[]],
                refused: &mut refused,
                bounds,
                texts,
                found_texts: found,
            };
            if let Err(fault) = reader.part(part, &mut each) {
                self.unread.push((part.name.clone(), fault.unknown().text.clone()));
            }
            self.is_cut |= self.rows >= MAX_ROWS;
            if self.rows < MAX_ROWS {
                self.refused.extend((0..refused.len()).filter(|at| refused[*at].is_some()));
            }
        }
    }

    /// Columns that some part does not have, or that are of a type without equality, are left out.
    fn into_sample(self, sample: Sample, parts: &[&Part]) -> Sample {
        let in_folders: BTreeSet<String> = parts.iter().flat_map(|part| folders_of(part)).collect();
        let whole = self.columns.into_iter().zip(self.cells).enumerate();
        let columns = whole.filter(|(at, _)| !self.refused.contains(at)).map(|(_, (column, cells))| {
            let identities = column.identities(&cells).into_owned();
            let values = (1..).map_while(|id| column.value(id)).map(Value::new).collect();
            Sampled { in_folders: in_folders.contains(&column.name), name: column.name, values, cells: identities }
        });
        Sample {
            columns: columns.collect(),
            rows: self.rows,
            is_whole: sample.is_whole && !self.is_cut,
            unread: sample.unread.into_iter().chain(self.unread).collect(),
            ..sample
        }
    }
}

fn too_many() -> Unknown {
    Unknown::new(UnknownReason::ProbeBudget, "the sample has enough rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(files: &[(&str, &str)]) -> Sample {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join("t").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Files::new(root.path().to_path_buf()).sample("t", Timestamp::MAX).unwrap()
    }

    #[test]
    fn every_column_is_read_with_what_its_values_look_like() {
        let read = sample(&[("dt=2026-01-02/a.csv", "n,at,who\n1,2026-01-02T10:00:00Z,BER\n2,2026-01-02 11:00:00,\n")]);
        let of = |name: &str| read.columns.iter().find(|c| c.name == name).unwrap();
        let forms = |name: &str| of(name).values.iter().map(|v| v.form).collect::<Vec<_>>();
        assert_eq!(forms("n"), [Form::Whole, Form::Whole]);
        assert_eq!(forms("at"), [Form::Instant, Form::Local]);
        assert_eq!((forms("dt"), of("dt").in_folders), (vec![Form::Date], true));
        assert_eq!(of("who").cells, [1, 0]);
        assert!(read.is_whole);
    }

    #[test]
    fn what_is_not_read_is_named() {
        let read = sample(&[("a.csv", "day\n2026-01-02\n"), ("b.json", "{}"), ("c.csv", "day\n\"2026")]);
        let named: Vec<&str> = read.unread.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(named, ["b.json", "c.csv"]);
        assert_eq!(read.rows, 1);
    }

    #[test]
    fn a_column_that_some_files_lack_is_left_out() {
        let read = sample(&[("a.csv", "day,x\n2026-01-02,1\n"), ("b.csv", "day\n2026-01-03\n")]);
        let names: Vec<&str> = read.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!((names, read.rows), (vec!["day"], 2));
    }
}

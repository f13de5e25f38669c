//! Pages of rows, read strictly: what is not exactly as expected fails the whole read, and never counts as fewer rows.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::errors::{Failure, Flawed, Refused};
use super::wire::{Fields, Number};
use crate::warehouse::sql::bound::Answered;
use crate::warehouse::sql::server::{Cell, Fault};

/// A page, whose rows are valid JSON that is not looked at yet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    job_complete: Option<bool>,
    #[serde(default)]
    errors: Vec<Flawed>,
    total_rows: Option<Number>,
    page_token: Option<String>,
    rows: Option<Box<RawValue>>,
    schema: Option<Fields>,
    /// Absent where row policies hide it.
    pub total_bytes_processed: Option<Number>,
    #[serde(default)]
    pub cache_hit: bool,
}

impl Page {
    /// A page of a query's result; `None` while the query runs.
    pub fn of_query(body: &[u8]) -> Result<Option<Self>, Refused> {
        let page = Self::of_rows(body)?;
        match page.job_complete {
            Some(true) => Ok(Some(page)),
            Some(false) => Ok(None),
            None => Err(Failure::Unreadable.into()),
        }
    }

    /// A page of a table's rows.
    pub fn of_rows(body: &[u8]) -> Result<Self, Refused> {
        let mut page: Self = serde_json::from_slice(body).map_err(|_| Failure::Unreadable)?;
        // A query can fail although its answer says that all is well.
        if page.errors.is_empty() { Ok(page) } else { Err(Refused::of(page.errors.swap_remove(0))) }
    }
}

/// Why the rows of a page cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The answer contradicts itself, or the question.
    Answer(&'static str),
    /// Whoever takes the rows takes no more.
    Taker(Fault),
}

/// Takes a row.
pub(super) type Taker<'a> = dyn FnMut(&[Cell<'_>]) -> Result<(), Fault> + Send + 'a;

/// Reads the pages of one result, in order.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    columns: &'a [Answered],
    total: Option<u64>,
    rows: u64,
    tokens: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// A result with these columns.
    pub fn new(columns: &'a [Answered]) -> Self {
        Self { columns, total: None, rows: 0, tokens: BTreeSet::new() }
    }

    /// Gives the rows of the next page. Returns the token of the page after it; `None`: all rows were given, and counted.
    pub fn page(&mut self, page: Page, taker: &mut Taker<'_>) -> Result<Option<String>, Broken> {
        let Some(Number(total)) = page.total_rows else {
            return Err(Broken::Answer("it does not say how many rows it has"));
        };
        if *self.total.get_or_insert(total) != total {
            return Err(Broken::Answer("the number of its rows changes from page to page"));
        }
        if page.schema.is_some_and(|schema| !fits(&schema, self.columns)) {
            return Err(Broken::Answer("its columns are not those of the question"));
        }
        let before = self.rows;
        if let Some(rows) = &page.rows {
            self.rows += take(rows, self.columns, taker)?;
        }
        match page.page_token {
            None if self.rows == total => Ok(None),
            None => Err(Broken::Answer("it has fewer or more rows than it says")),
            Some(_) if self.rows == before || self.rows >= total => {
                Err(Broken::Answer("it has more pages than its rows need"))
            }
            Some(token) if self.tokens.insert(token.clone()) => Ok(Some(token)),
            Some(_) => Err(Broken::Answer("a page names an earlier one as the next")),
        }
    }
}

/// Whether the columns of an answer are those of a question.
fn fits(schema: &Fields, columns: &[Answered]) -> bool {
    let of = |column: &Answered| match column {
        Answered::Int => ["INTEGER", "INT64"].as_slice(),
        Answered::Text => &["STRING"],
    };
    let fields = schema.fields.iter().zip(columns);
    let alike =
        |(field, column): (&super::wire::Field, _)| of(column).contains(&field.of.as_str()) && field.mode != "REPEATED";
    schema.fields.len() == columns.len() && fields.into_iter().all(alike)
}

/// Gives all rows of a page. Returns their number.
fn take(rows: &RawValue, columns: &[Answered], taker: &mut Taker<'_>) -> Result<u64, Broken> {
    let mut fault = None;
    let visitor = Taking { columns, taker, fault: &mut fault };
    let mut json = serde_json::Deserializer::from_str(rows.get());
    let taken = json.deserialize_seq(visitor);
    taken.map_err(|_| fault.map_or(Broken::Answer("it has values of other types than the question"), Broken::Taker))
}

struct Taking<'a, 't> {
    columns: &'a [Answered],
    taker: &'a mut Taker<'t>,
    fault: &'a mut Option<Fault>,
}

impl<'de> Visitor<'de> for Taking<'_, '_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<u64, A::Error> {
        let mut taken = 0;
        while let Some(row) = rows.next_element::<Row<'de>>()? {
            if row.f.len() != self.columns.len() {
                return Err(A::Error::custom("number of columns"));
            }
            let cells = row.f.iter().zip(self.columns).map(|(value, column)| cell(value.v.as_ref(), *column));
            let cells: Option<Vec<Cell<'_>>> = cells.collect();
            let cells = cells.ok_or_else(|| A::Error::custom("not a number"))?;
            if let Err(fault) = (self.taker)(&cells) {
                *self.fault = Some(fault);
                return Err(A::Error::custom("no more"));
            }
            taken += 1;
        }
        Ok(taken)
    }
}

/// `None` if a number is none.
fn cell<'a>(value: Option<&'a Text<'_>>, column: Answered) -> Option<Cell<'a>> {
    match (value, column) {
        (None, _) => Some(Cell::Null),
        (Some(text), Answered::Int) => text.0.parse().ok().map(Cell::Int),
        (Some(text), Answered::Text) => Some(Cell::Text(&text.0)),
    }
}

/// A row: `{"f": [{"v": "1"}, {"v": null}]}`.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    f: Vec<Field<'a>>,
}

#[derive(Deserialize)]
struct Field<'a> {
    // With a function of its own the field must be there: a value that was cut is not NULL.
    #[serde(borrow, deserialize_with = "Option::deserialize")]
    v: Option<Text<'a>>,
}

/// A text, borrowed unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Letters;
        impl<'de> Visitor<'de> for Letters {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(Letters)
    }
}

#[cfg(test)]
mod tests;

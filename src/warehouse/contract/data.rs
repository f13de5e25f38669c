//! A small table as a test writes it, and its values.

use jiff::civil::DateTime;

use crate::domain::dates::Timestamp;
use crate::warehouse::sql::bound::Scalar;
use crate::warehouse::sql::schema::Type;

/// A table that every kind of warehouse can hold.
#[derive(Clone, Debug)]
pub(super) struct Data {
    pub columns: Vec<(String, Type)>,
    pub rows: Vec<Vec<Option<Scalar>>>,
}

impl Data {
    /// A table from its columns and from rows of values between bars. `NULL` is NULL; quotes keep spaces and that word.
    pub fn new(columns: &[(&str, Type)], rows: &str) -> Self {
        let columns: Vec<(String, Type)> = columns.iter().map(|(name, of)| ((*name).to_string(), *of)).collect();
        let row = |line: &str| {
            let values: Vec<&str> = line.split('|').map(str::trim).collect();
            assert_eq!(values.len(), columns.len(), "{line}");
            columns.iter().zip(values).map(|((_, of), text)| value(*of, text)).collect()
        };
        let rows = rows.lines().map(str::trim).filter(|line| !line.is_empty()).map(row).collect();
        Self { columns, rows }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The values of a column.
    pub fn column(&self, n: usize) -> impl Iterator<Item = Option<&Scalar>> {
        self.rows.iter().map(move |row| row[n].as_ref())
    }
}

fn value(of: Type, text: &str) -> Option<Scalar> {
    if text == "NULL" {
        return None;
    }
    Some(match of {
        Type::Bool => Scalar::Bool(text.parse().unwrap()),
        Type::Int => Scalar::Int(text.parse().unwrap()),
        Type::Float => Scalar::Float(text.parse().unwrap()),
        Type::Float32 => Scalar::Float32(text.parse().unwrap()),
        Type::Decimal => Scalar::Decimal(text.into()),
        Type::Text => Scalar::Text(text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).into()),
        Type::Date => Scalar::Date(text.parse().unwrap()),
        Type::Instant => Scalar::Instant(text.parse::<Timestamp>().unwrap()),
        Type::Local => Scalar::Local(text.parse::<DateTime>().unwrap()),
        Type::Other => unreachable!("no test has such a column"),
    })
}

/// The text of a value, as every server reads it.
pub(super) fn literal(value: &Scalar) -> String {
    match value {
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(n) => n.to_string(),
        Scalar::Float(n) => n.to_string(),
        Scalar::Float32(n) => n.to_string(),
        Scalar::Decimal(text) | Scalar::Text(text) => text.clone(),
        Scalar::Date(date) => date.to_string(),
        Scalar::Instant(at) => at.to_string(),
        Scalar::Local(time) => time.to_string(),
    }
}

//! Statements: text with placeholders, and the values that are bound to them. No value ever stands in the text.

use jiff::civil::DateTime;

use super::schema::Type;
use crate::domain::dates::{Date, DateRange, Timestamp};

/// A value of one type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Float32(f32),
    /// Plain digits: `-12.5`.
    Decimal(String),
    Text(String),
    Date(Date),
    /// To the microsecond.
    Instant(Timestamp),
    /// A time without a zone, to the microsecond.
    Local(DateTime),
}

impl Scalar {
    pub fn of(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Float32(_) => Type::Float32,
            Self::Decimal(_) => Type::Decimal,
            Self::Text(_) => Type::Text,
            Self::Date(_) => Type::Date,
            Self::Instant(_) => Type::Instant,
            Self::Local(_) => Type::Local,
        }
    }
}

/// What is bound to one placeholder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound {
    One(Scalar),
    /// A list of values of one type. Lists that form a table of bound rows have equal lengths.
    List(Type, Vec<Scalar>),
}

/// What a column of the answer holds. Every column may be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Int,
    Text,
}

/// A statement that reads, in one dialect.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub text: String,
    /// In the order of the placeholders.
    pub bound: Vec<Bound>,
    /// The columns of the answer.
    pub columns: Vec<Answered>,
    /// The dates that it reads, in order; empty: the whole table. Tells which parts a server has to read.
    pub dates: Vec<DateRange>,
}

//! What a kind of server brings: marks, types of columns, and a way to run statements.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use super::bound::Statement;
use super::dialect::Dialect;
use super::schema::Schema;
use crate::domain::mark::TableMark;
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;
use crate::warehouse::tables::Call;

/// One value of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

/// Takes the rows of answers, one by one, as they arrive.
pub(crate) trait Rows: Send {
    /// Takes a row of the statement with this number. It has as many cells as the statement has columns. An error ends the
    /// run.
    fn row(&mut self, statement: usize, cells: &[Cell<'_>]) -> Result<(), Fault>;
}

/// More bytes than a run may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooMuch {
    pub why: Unknown,
    /// Whether it is more than is left of the day. Otherwise it is more than one read may take.
    pub of_day: bool,
    /// Whether fewer dates could cost less.
    pub divisible: bool,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It would read more bytes than it may.
    TooMuch(TooMuch),
    /// It answers more rows than one read may; with fewer dates it could succeed.
    TooMany(Unknown),
    /// The table has changed since its columns were asked for; the same run with its columns of now could succeed.
    Changed(Unknown),
    /// Another reason.
    Unknown(Unknown),
}

impl Fault {
    /// The reason.
    pub fn unknown(self) -> Unknown {
        match self {
            Self::TooMuch(TooMuch { why, .. }) => why,
            Self::TooMany(unknown) | Self::Changed(unknown) | Self::Unknown(unknown) => unknown,
        }
    }
}

impl From<Unknown> for Fault {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(unknown)
    }
}

/// A server, or a project, with the tables of one place. A dropped future must leave nothing running on it: a query is
/// cancelled then, and at `call.deadline`.
pub(crate) trait Server: Debug + Send + Sync + 'static {
    fn dialect(&self) -> &dyn Dialect;

    /// Whether a statement for several questions costs less than one for each.
    fn shares(&self) -> bool;

    /// What makes a read shorter, for the message of one that took too long.
    fn advice(&self) -> &'static str;

    /// The types of columns. With `fresh` it asks the server, whatever it remembers.
    fn schema(
        &self,
        call: &Call,
        table: &str,
        columns: &BTreeSet<&str>,
        fresh: bool,
    ) -> impl Future<Output = Result<Arc<Schema>, Unknown>> + Send;

    /// A cheap check that nothing has changed.
    fn mark(
        &self,
        call: &Call,
        table: &str,
        date: &DateColumn,
    ) -> impl Future<Output = Result<TableMark, Unknown>> + Send;

    /// Runs statements over one state of the data and gives every row of each. Takes the bytes from `call.budget` before it
    /// reads. Returns the bytes that were read, or billed.
    fn run(
        &self,
        call: &Call,
        table: &str,
        statements: &[Statement],
        rows: &mut dyn Rows,
    ) -> impl Future<Output = Result<u64, Fault>> + Send;
}

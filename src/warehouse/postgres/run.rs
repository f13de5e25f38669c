//! Runs statements: all in one snapshot, one after the other, each within the deadline and within the bytes that may be read.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::Type as Wire;

use super::bind::bind;
use super::known::Part;
use super::name::Name;
use super::transaction::Transaction;
use super::{Postgres, catalog, errors, marks};
use crate::domain::dates::DateRange;
use crate::domain::mark::Holds;
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::verdict::UnknownReason;
use crate::warehouse::budget::{NARROW, Taken};
use crate::warehouse::sql::DIVIDE;
use crate::warehouse::sql::bound::{Answered, Statement};
use crate::warehouse::sql::server::{Cell, Fault, Rows, TooMuch};
use crate::warehouse::tables::Call;

/// The size of what is stored of a relation. It waits for a relation that is just being replaced, as the read itself does.
const SIZES: &str = "
SELECT p.oid::int8, coalesce(pg_catalog.pg_table_size(p.oid), 0) FROM unnest($1::int8[]::oid[]) AS p(oid)";

impl Postgres {
    /// Runs all statements and gives every row. Returns the size of the parts that were read.
    pub(super) async fn run_all(
        &self,
        call: &Call,
        table: &str,
        statements: &[Statement],
        rows: &mut dyn Rows,
    ) -> Result<u64, Fault> {
        let mut transaction = Transaction::begin(&self.pool, call, table).await?;
        let result = self.all(&mut transaction, call, table, statements, rows).await;
        transaction.end().await;
        result
    }

    async fn all(
        &self,
        transaction: &mut Transaction<'_>,
        call: &Call,
        table: &str,
        statements: &[Statement],
        rows: &mut dyn Rows,
    ) -> Result<u64, Fault> {
        let bytes = self.bytes(transaction, table, statements).await?;
        let taken = allow(call, table, &bytes)?;
        for (number, statement) in statements.iter().enumerate() {
            transaction.limit(call.deadline).await?;
            self.read(transaction, table, (number, statement), rows).await?;
        }
        taken.into_iter().zip(&bytes).for_each(|(taken, cost)| taken.used(cost.bytes));
        Ok(bytes.iter().map(|cost| cost.bytes).sum())
    }

    /// Runs one statement. What the server has not answered is cancelled when this is dropped.
    async fn read(
        &self,
        transaction: &mut Transaction<'_>,
        table: &str,
        (number, statement): (usize, &Statement),
        rows: &mut dyn Rows,
    ) -> Result<(), Fault> {
        let values: Option<Vec<_>> = statement.bound.iter().map(bind).collect();
        let Some(values) = values else {
            let why = "a value that the spec names has a zero byte, which no text in PostgreSQL has; remove it";
            return Err(errors::said(&self.pool.source.connection, table, UnknownReason::SchemaMismatch, why)
                .lasting()
                .into());
        };
        let failed = |error| errors::fault(&self.pool.source.connection, table, &error);
        let answer = transaction.sending()?.client.query_typed_raw(&statement.text, values).await;
        let mut answer = pin!(answered(transaction, answer).map_err(failed)?);
        loop {
            let row = answer.try_next().await;
            let Some(row) = answered(transaction, row).map_err(failed)? else { break };
            let Some(cells) = cells(&row, &statement.columns) else {
                let why = "its server answers with other columns than it was asked for";
                return Err(errors::said(&self.pool.source.connection, table, UnknownReason::ProbeFailed, why).into());
            };
            rows.row(number, &cells)?;
        }
        transaction.answered();
        Ok(())
    }

    /// What each statement reads: the parts that can hold its dates.
    async fn bytes(
        &self,
        transaction: &mut Transaction<'_>,
        table: &str,
        statements: &[Statement],
    ) -> Result<Vec<Cost>, Fault> {
        let mut divisions = self.known.parts(table);
        if divisions.is_empty() {
            // No question has been asked yet by a date column: all parts are read.
            let relations = catalog::relations(transaction, &Name::parse(table)?).await?;
            let parts = marks::parts(&relations, &DateColumn::new("", DateReading::Plain));
            divisions.push(Arc::new(parts.into_iter().map(|(part, _)| part).collect()));
        }
        let oids: Vec<i64> = divisions.iter().flat_map(|parts| parts.iter().map(|part| part.oid.into())).collect();
        let found = transaction.query(SIZES, &[(&oids, Wire::INT8_ARRAY)]).await?;
        let mut sizes = BTreeMap::new();
        for row in &found {
            let read = |n| row.try_get::<_, i64>(n).map_err(|error| transaction.unknown(&error));
            sizes.insert(read(0)?, read(1)?.unsigned_abs());
        }
        // The statement does not say by which column it reads its dates: the division that reads most counts.
        let cost = |dates: &[DateRange]| {
            let costs = divisions.iter().map(|parts| Cost::of(parts, dates, &sizes));
            costs.max_by_key(|cost| cost.bytes).unwrap_or_default()
        };
        Ok(statements.iter().map(|statement| cost(&statement.dates)).collect())
    }
}

/// A failure ends what was sent.
fn answered<T, E>(transaction: &mut Transaction<'_>, result: Result<T, E>) -> Result<T, E> {
    if result.is_err() {
        transaction.answered();
    }
    result
}

/// What a statement reads.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    bytes: u64,
    /// Whether fewer dates would read less.
    divisible: bool,
}

impl Cost {
    fn of(parts: &[Part], dates: &[DateRange], sizes: &BTreeMap<i64, u64>) -> Self {
        let is_read = |holds: &Holds| match holds {
            Holds::Dates(range) => dates.is_empty() || dates.iter().any(|dates| dates.intersect(range).is_some()),
            Holds::Any | Holds::Nothing => true,
        };
        let read = parts.iter().filter(|part| is_read(&part.holds));
        let bytes = read.clone().filter_map(|part| sizes.get(&part.oid.into())).sum();
        let divided = read.filter(|part| matches!(part.holds, Holds::Dates(_))).count();
        Self { bytes, divisible: divided > 1 }
    }
}

/// Takes the bytes of every statement, or none.
fn allow<'b>(call: &'b Call, table: &str, costs: &[Cost]) -> Result<Vec<Taken<'b>>, Fault> {
    let mut all: Vec<Taken<'b>> = Vec::new();
    for cost in costs {
        let advice = if cost.divisible { NARROW } else { DIVIDE };
        match call.budget.take_or_advise(table, cost.bytes, call.now, advice) {
            Ok(taken) => all.push(taken),
            Err(why) => {
                all.into_iter().for_each(|taken| taken.used(0));
                let of_day = cost.bytes <= call.budget.per_query();
                return Err(Fault::TooMuch(TooMuch { why, of_day, divisible: cost.divisible }));
            }
        }
    }
    Ok(all)
}

/// The cells of a row. `None` if they are not what the statement says.
fn cells<'r>(row: &'r Row, columns: &[Answered]) -> Option<Vec<Cell<'r>>> {
    let cell = |(n, answered): (usize, &Answered)| match answered {
        Answered::Int => row.try_get::<_, Option<i64>>(n).ok().map(|n| n.map_or(Cell::Null, Cell::Int)),
        Answered::Text => row.try_get::<_, Option<&str>>(n).ok().map(|text| text.map_or(Cell::Null, Cell::Text)),
    };
    if row.len() != columns.len() {
        return None;
    }
    columns.iter().enumerate().map(cell).collect()
}

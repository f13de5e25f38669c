//! Tables in PostgreSQL 14 and later. A folder of the operator's connections folder says how to connect, marks come from the
//! server's counters, and every read is one read-only snapshot. Nothing is ever written.

mod bind;
mod bounds;
mod catalog;
mod connect;
mod dialect;
mod errors;
mod folder;
mod known;
mod marks;
mod name;
mod pool;
mod refused;
mod run;
mod schema;
mod transaction;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::connect::Source;
use self::dialect::PostgresDialect;
use self::known::Known;
use self::pool::Pool;
use crate::domain::mark::TableMark;
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;
use crate::warehouse::sql::bound::Statement;
use crate::warehouse::sql::dialect::Dialect;
use crate::warehouse::sql::schema::Schema;
use crate::warehouse::sql::server::{Fault, Rows, Server};
use crate::warehouse::sql::tables::Sql;
use crate::warehouse::tables::{Call, Roots, Tables};

/// Opens a place: `CONNECTION/DATABASE`.
pub(crate) fn open(name: &str, roots: &Roots) -> Arc<dyn Tables> {
    Arc::new(Sql::new(Postgres::new(name, roots)))
}

/// A database, through one connection.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// The place, as tables name it: `postgres:CONNECTION/DATABASE`.
    place: Arc<str>,
    pool: Pool,
    known: Known,
}

impl Postgres {
    /// The database of a place `CONNECTION/DATABASE`. Does not connect.
    pub(crate) fn new(name: &str, roots: &Roots) -> Self {
        let pool = Pool::new(Source::new(name, roots.connections.as_deref()));
        Self { place: format!("postgres:{name}").into(), pool, known: Known::default() }
    }
}

impl Server for Postgres {
    fn dialect(&self) -> &dyn Dialect {
        &PostgresDialect
    }

    fn shares(&self) -> bool {
        false
    }

    fn advice(&self) -> &'static str {
        "narrow spec.dates, or partition the table by its date column"
    }

    async fn schema(&self, call: &Call, table: &str, _: &BTreeSet<&str>, fresh: bool) -> Result<Arc<Schema>, Unknown> {
        self.schema_of(call, table, fresh).await
    }

    async fn mark(&self, call: &Call, table: &str, date: &DateColumn) -> Result<TableMark, Unknown> {
        self.mark_of(call, table, date).await
    }

    async fn run(&self, call: &Call, table: &str, statements: &[Statement], rows: &mut dyn Rows) -> Result<u64, Fault> {
        self.run_all(call, table, statements, rows).await
    }
}

#[cfg(test)]
pub(crate) mod tests;

/// For the contract of all kinds of warehouse.
#[cfg(test)]
pub(crate) static DIALECT: PostgresDialect = PostgresDialect;

//! The engine against a real server, which the tests start.

#[path = "../../../tests/postgres/mod.rs"]
pub(crate) mod server;

mod connections;
mod deadlines;
mod marks;
mod reads;
mod views;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::server::Server as Instance;
use super::Postgres;
use crate::domain::dates::{DateRange, Timestamp};
use crate::domain::mark::TableMark;
use crate::domain::policy::ReadLimits;
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::span::Span;
use crate::domain::verdict::Unknown;
use crate::warehouse::budget::Budget;
use crate::warehouse::sql::bound::{Answered, Bound, Statement};
use crate::warehouse::sql::server::{Cell, Fault, Rows, Server};
use crate::warehouse::tables::{Call, Roots};

/// A database of its own on the shared server, and a connection to it.
struct Place {
    server: &'static Instance,
    database: &'static str,
    connections: tempfile::TempDir,
    engine: Postgres,
}

impl Place {
    fn new(database: &'static str) -> Self {
        let server = server::shared();
        server.database(database);
        let connections = tempfile::tempdir().unwrap();
        server.connection(&connections.path().join("stats"));
        let engine = engine(connections.path(), database);
        Self { server, database, connections, engine }
    }

    fn sql(&self, statements: &str) -> String {
        self.server.sql(self.database, statements)
    }

    /// Replaces a file of the connection.
    fn write(&self, file: &str, content: &str) {
        std::fs::write(self.connections.path().join("stats").join(file), content).unwrap();
    }

    async fn mark(&self, table: &str) -> TableMark {
        self.engine.mark(&call(), table, &date()).await.unwrap()
    }

    /// The error of a look. Nothing secret is in it.
    async fn refused(&self, table: &str) -> Unknown {
        let unknown = self.engine.mark(&call(), table, &date()).await.unwrap_err();
        assert_discreet(&unknown.text);
        unknown
    }

    async fn run(&self, statements: &[Statement]) -> Result<(u64, Kept), Fault> {
        self.run_with(&call(), statements).await
    }

    async fn run_with(&self, call: &Call, statements: &[Statement]) -> Result<(u64, Kept), Fault> {
        let mut kept = Kept::default();
        let bytes = self.engine.run(call, "t", statements, &mut kept).await;
        Ok((bytes?, kept))
    }
}

fn engine(connections: &Path, database: &str) -> Postgres {
    let roots = Roots { connections: Some(Arc::from(connections)), ..Roots::default() };
    Postgres::new(&format!("stats/{database}"), &roots)
}

/// Neither passwords nor users, hosts or addresses.
fn assert_discreet(text: &str) {
    for secret in ["canary", server::READER, server::HOST, "127.0.0.1"] {
        assert!(!text.contains(secret), "`{secret}` in: {text}");
    }
}

const LIMITS: ReadLimits = ReadLimits {
    timeout: Span::seconds(30),
    concurrent: 4,
    bytes_per_query: u64::MAX,
    bytes_per_day: u64::MAX,
    latin1: false,
    bill_to: None,
    location: None,
};

fn call() -> Call {
    within(Duration::from_secs(30))
}

fn within(time: Duration) -> Call {
    Call {
        now: Timestamp::UNIX_EPOCH,
        deadline: tokio::time::Instant::now() + time,
        limits: LIMITS,
        budget: Arc::new(Budget::new(u64::MAX, u64::MAX)),
        permit: None,
    }
}

fn date() -> DateColumn {
    DateColumn::new("d", DateReading::Plain)
}

fn range(from: &str, through: &str) -> DateRange {
    DateRange::new(from.parse().unwrap(), through.parse().unwrap()).unwrap()
}

fn statement(text: &str, bound: Vec<Bound>, columns: &[Answered]) -> Statement {
    Statement { text: text.into(), bound, columns: columns.into(), dates: Vec::new() }
}

/// Every row, as text.
#[derive(Debug, Default)]
struct Kept(Vec<(usize, Vec<String>)>);

impl Kept {
    /// The first cell of the only row.
    fn only(&self) -> &str {
        let [(_, cells)] = &self.0[..] else { panic!("one row: {self:?}") };
        &cells[0]
    }
}

impl Rows for Kept {
    fn row(&mut self, statement: usize, cells: &[Cell<'_>]) -> Result<(), Fault> {
        let text = |cell: &Cell<'_>| match cell {
            Cell::Null => "NULL".into(),
            Cell::Int(n) => n.to_string(),
            Cell::Text(text) => (*text).to_owned(),
        };
        self.0.push((statement, cells.iter().map(text).collect()));
        Ok(())
    }
}

fn columns() -> BTreeSet<&'static str> {
    BTreeSet::from(["d"])
}

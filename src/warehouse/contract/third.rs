//! A third dialect, thrown away after the test: another kind of SQL warehouse needs a dialect and a server, and nothing of
//! `sql` changes. It uses neither FILTER nor lists in place of tables, as many servers know none.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::mark::TableMark;
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;
use crate::warehouse::sql::bound::{Bound, Statement};
use crate::warehouse::sql::dialect::Dialect;
use crate::warehouse::sql::schema::{Column, Schema, Type};
use crate::warehouse::sql::server::{Fault, Rows, Server};
use crate::warehouse::tables::Call;

/// SQL with CASE and sub-queries alone, over the values and lists of another dialect.
struct Portable<'a>(&'a dyn Dialect);

impl Dialect for Portable<'_> {
    fn table(&self, name: &str) -> String {
        self.0.table(name)
    }

    fn name(&self, name: &str) -> String {
        self.0.name(name)
    }

    fn placeholder(&self, n: usize, value: &Bound) -> String {
        self.0.placeholder(n, value)
    }

    fn rows(&self, alias: &str, columns: &[(&str, String)]) -> String {
        self.0.rows(alias, columns)
    }

    fn value(&self, sql: &str, column: &Column) -> String {
        self.0.value(sql, column)
    }

    fn one_of(&self, sql: &str, list: &str) -> String {
        let table = self.rows("h", &[("v", list.into())]);
        format!("CASE WHEN {sql} IS NULL THEN NULL ELSE {sql} IN (SELECT h.v FROM {table}) END")
    }

    fn starts_with_any(&self, text: &str, list: &str) -> String {
        let table = self.rows("h", &[("v", list.into())]);
        format!("EXISTS (SELECT 1 FROM {table} WHERE substr({text}, 1, length(h.v)) = h.v)")
    }

    fn day(&self, date: &str) -> String {
        self.0.day(date)
    }

    fn bucket(&self, instant: &str, boundaries: &str) -> String {
        let table = self.rows("b", &[("v", boundaries.into())]);
        format!("(SELECT count(*) FROM {table} WHERE b.v <= {instant})")
    }

    fn micros(&self, instant: &str) -> String {
        self.0.micros(instant)
    }

    fn text(&self, sql: &str, of: Type) -> String {
        self.0.text(sql, of)
    }

    fn short(&self, text: &str) -> String {
        self.0.short(text)
    }

    fn split(&self, text: &str, separator: &str, part: u8) -> String {
        self.0.split(text, separator, part)
    }

    fn count_if(&self, condition: &str) -> String {
        format!("COALESCE(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)::int8")
    }

    fn distinct_if(&self, condition: Option<&str>, sql: &str) -> String {
        condition
            .map_or(format!("COUNT(DISTINCT {sql})"), |all| format!("COUNT(DISTINCT CASE WHEN {all} THEN {sql} END)"))
    }

    fn max_if(&self, condition: Option<&str>, sql: &str) -> String {
        condition.map_or(format!("MAX({sql})"), |all| format!("MAX(CASE WHEN {all} THEN {sql} END)"))
    }

    fn whole(&self, sum: &str) -> String {
        self.0.whole(sum)
    }
}

/// PostgreSQL, asked in that dialect.
#[derive(Debug)]
pub(super) struct Third<S>(pub S);

static DIALECT: Portable<'static> = Portable(&crate::warehouse::postgres::DIALECT);

impl<S: Server> Server for Third<S> {
    fn dialect(&self) -> &dyn Dialect {
        &DIALECT
    }

    fn shares(&self) -> bool {
        true
    }

    fn advice(&self) -> &'static str {
        self.0.advice()
    }

    async fn schema(
        &self,
        call: &Call,
        table: &str,
        columns: &BTreeSet<&str>,
        fresh: bool,
    ) -> Result<Arc<Schema>, Unknown> {
        self.0.schema(call, table, columns, fresh).await
    }

    async fn mark(&self, call: &Call, table: &str, date: &DateColumn) -> Result<TableMark, Unknown> {
        self.0.mark(call, table, date).await
    }

    async fn run(&self, call: &Call, table: &str, statements: &[Statement], rows: &mut dyn Rows) -> Result<u64, Fault> {
        self.0.run(call, table, statements, rows).await
    }
}

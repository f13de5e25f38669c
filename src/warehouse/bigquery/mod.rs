//! BigQuery: a place is a project. gapless looks at metadata first, and reads with one query a statement; it never writes.
//!
//! `rest` names the five calls, `http` makes them, `token` fetches what they need. `marks`, `partitions` and `views` tell what
//! has changed. `run`, `bytes`, `job` and `page` run a statement: what it may cost, the job, its rows. `errors` says what a
//! refusal means. `dialect`, `bind` and `schema` are BigQuery's SQL, values and types.

mod bind;
mod bytes;
mod dialect;
mod errors;
mod http;
mod job;
mod marks;
mod name;
mod page;
mod partitions;
mod rest;
mod run;
mod schema;
#[cfg(test)]
pub(crate) mod tests;
mod token;
mod views;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Estimates;
use dialect::GoogleSql;
use errors::Refused;
use http::Http;
use job::Terms;
use marks::Listed;
use name::TableName;
use rest::{Rest, repeated_if};
use run::Run;
use token::Credentials;
use views::Below;
use wire::Meta;

use crate::domain::mark::{Blind, Holds, PartMark, TableMark, stable_hash};
use crate::domain::probe::DateColumn;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::sql::bound::Statement;
use crate::warehouse::sql::dialect::Dialect;
use crate::warehouse::sql::schema::{Schema, mismatch};
use crate::warehouse::sql::server::{Fault, Rows, Server};
use crate::warehouse::sql::tables::Sql;
use crate::warehouse::tables::{Call, Roots, Tables};

/// The rows of a page: about 5 MB of counts.
const PAGE: usize = 50_000;

/// Said of a table that the server does not find any more.
const VANISHED: &str = "BigQuery does not find it, though it was there before; gapless looks again. If it was dropped, create it \
                        again or correct its name";

/// Opens the place of a project, with the credentials of this process.
pub(crate) fn open(project: &str, _: &Roots) -> Arc<dyn Tables> {
    let rest = Http::from_environment(Credentials::default());
    Arc::new(Sql::new(BigQuery::new(project, Arc::new(rest))))
}

/// The tables of a project.
#[derive(Debug)]
pub(crate) struct BigQuery {
    project: Arc<str>,
    dialect: GoogleSql,
    rest: Arc<dyn Rest>,
    known: Mutex<BTreeMap<TableName, Known>>,
    estimates: Estimates,
    page: usize,
}

/// What is known of a table.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Of the last look.
    meta: Option<Arc<Meta>>,
    listed: Option<Arc<Listed>>,
    below: Option<Arc<Below>>,
}

impl BigQuery {
    fn new(project: &str, rest: Arc<dyn Rest>) -> Self {
        let dialect = GoogleSql { project: project.into() };
        let (known, estimates) = (Mutex::default(), Estimates::default());
        Self { project: project.into(), dialect, rest, known, estimates, page: PAGE }
    }

    fn all_known(&self) -> MutexGuard<'_, BTreeMap<TableName, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, name: &TableName) -> Option<Known> {
        self.all_known().get(name).cloned()
    }

    fn remember(&self, name: &TableName, change: impl FnOnce(&mut Known)) {
        change(self.all_known().entry(name.clone()).or_default());
    }

    fn table_sql(&self, name: &TableName) -> String {
        self.dialect.table(&name.to_string())
    }

    /// Who pays for a read of a table, where it runs, and until when.
    fn terms(&self, call: &Call, meta: &Meta) -> Terms {
        let project = call.limits.bill_to.as_ref().unwrap_or(&self.project).clone();
        Terms { project, location: meta.location.clone(), until: call.deadline }
    }

    fn unknown(&self, refused: &Refused, name: &TableName, call: &Call, meta: Option<&Meta>) -> Unknown {
        if refused.is_absence() && self.known(name).is_some_and(|known| known.meta.is_some()) {
            let text = format!("table `{name}`: {VANISHED}");
            return Unknown::new(UnknownReason::ProbeFailed, text);
        }
        let columns = meta.iter().flat_map(|meta| &meta.schema.fields).map(|field| field.name.as_str());
        refused.unknown(name, call.now, columns)
    }

    /// Asks for the metadata of a table. One that was there before does not vanish on the first word of the server.
    async fn get(&self, call: &Call, name: &TableName) -> Result<Arc<Meta>, Refused> {
        let seen = self.known(name).is_some_and(|known| known.meta.is_some());
        let again = |refused: &Refused| refused.again() || seen && refused.is_absence();
        let meta = repeated_if(call.deadline, again, || self.rest.table(name, call.deadline)).await?;
        let meta = Arc::new(meta);
        self.remember(name, |known| known.meta = Some(meta.clone()));
        Ok(meta)
    }

    /// The metadata of a table where reads may take place.
    async fn look(&self, call: &Call, name: &TableName) -> Result<Arc<Meta>, Unknown> {
        let meta = self.get(call, name).await.map_err(|refused| self.unknown(&refused, name, call, None))?;
        let (wanted, is) = (call.limits.location.as_deref(), meta.location.as_deref());
        match (wanted, is) {
            (Some(wanted), Some(is)) if !wanted.eq_ignore_ascii_case(is) => Err(mismatch(format!(
                "table `{name}`: it is in location {is}, and the Warehouse's spec.bigquery.location is {wanted}; correct the \
                 location or leave it out"
            ))),
            _ => Ok(meta),
        }
    }

    /// The metadata of the last look, or of now.
    async fn meta(&self, call: &Call, name: &TableName, fresh: bool) -> Result<Arc<Meta>, Unknown> {
        match self.known(name).and_then(|known| known.meta) {
            Some(meta) if !fresh => Ok(meta),
            _ => self.look(call, name).await,
        }
    }
}

impl Server for BigQuery {
    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    /// Columns are paid once for all questions of a statement.
    fn shares(&self) -> bool {
        true
    }

    fn advice(&self) -> &'static str {
        "narrow spec.dates"
    }

    async fn schema(
        &self,
        call: &Call,
        table: &str,
        columns: &BTreeSet<&str>,
        fresh: bool,
    ) -> Result<Arc<Schema>, Unknown> {
        let name = TableName::parse(&self.project, table)?;
        let meta = self.meta(call, &name, fresh).await?;
        Ok(Arc::new(schema::schema(&meta, columns)))
    }

    async fn mark(&self, call: &Call, table: &str, date: &DateColumn) -> Result<TableMark, Unknown> {
        let name = TableName::parse(&self.project, table)?;
        let meta = self.look(call, &name).await?;
        match meta.kind.as_str() {
            "TABLE" | "SNAPSHOT" => self.table_mark(call, &name, date, &meta).await,
            "VIEW" => self.view_mark(call, &name, &meta).await,
            // Files elsewhere come and go without a trace, and a materialized view does not say what is below.
            _ => {
                let part = PartMark { holds: Holds::Any, hash: stable_hash(&marks::stamp(&meta)) };
                Ok(TableMark { blind: Blind::All, ..self.mark_of(&name, &meta, vec![part]) })
            }
        }
    }

    async fn run(&self, call: &Call, table: &str, statements: &[Statement], rows: &mut dyn Rows) -> Result<u64, Fault> {
        let name = TableName::parse(&self.project, table)?;
        let meta = self.meta(call, &name, false).await?;
        let terms = self.terms(call, &meta);
        Run { server: self, call, name: &name, meta: &meta, terms }.all(statements, rows).await
    }
}

/// For the contract of all kinds of warehouse.
#[cfg(test)]
pub(crate) fn dialect(project: &str) -> impl Dialect + use<> {
    GoogleSql { project: project.into() }
}

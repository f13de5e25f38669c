//! Statements, each within its budget: what it costs is estimated and set aside before it runs, and given back afterwards.

use super::BigQuery;
use super::bytes::{Estimate, billed};
use super::errors::Refused;
use super::job::{self, Failed, Processed, Terms};
use super::name::TableName;
use super::page::Broken;
use super::wire::Meta;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::{NARROW, Taken};
use crate::warehouse::sql::DIVIDE;
use crate::warehouse::sql::bound::Statement;
use crate::warehouse::sql::server::{Cell, Fault, Rows, TooMuch};
use crate::warehouse::tables::Call;

/// One read of a table.
pub(super) struct Run<'a> {
    pub server: &'a BigQuery,
    pub call: &'a Call,
    pub name: &'a TableName,
    pub meta: &'a Meta,
    pub terms: Terms,
}

/// Bytes that are set aside for a statement. They are given back unless it may have been billed.
struct Reserved<'a> {
    taken: Option<Taken<'a>>,
    most: u64,
    tables: u64,
    /// The estimate is of an earlier run.
    guessed: bool,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            taken.used(0);
        }
    }
}

impl Reserved<'_> {
    /// Takes what was billed.
    fn billed(&mut self, processed: Processed) -> u64 {
        let bytes = match processed {
            Processed::Bytes(bytes) => billed(bytes, self.tables),
            Processed::Hidden => self.most,
        };
        if let Some(taken) = self.taken.take() {
            taken.used(bytes);
        }
        bytes
    }
}

impl<'a> Run<'a> {
    /// Runs all statements, or none if one of them costs too much.
    pub async fn all(&self, statements: &[Statement], rows: &mut dyn Rows) -> Result<u64, Fault> {
        let mut reserved = Vec::with_capacity(statements.len());
        for statement in statements {
            reserved.push(self.reserve(statement).await?);
        }
        let mut bytes = 0;
        for (n, (statement, reserved)) in statements.iter().zip(reserved).enumerate() {
            bytes += self.one(n, statement, reserved, rows).await?;
        }
        Ok(bytes)
    }

    /// Sets bytes aside, by an earlier estimate if there is one and the budget has room for such a guess.
    async fn reserve(&self, statement: &Statement) -> Result<Reserved<'a>, Fault> {
        if let Some(estimate) = self.server.estimates.get(statement, self.meta) {
            let most = estimate.guessed(self.meta, self.call.budget.per_query());
            if let Ok(reserved) = self.take(most, estimate.tables, true) {
                return Ok(reserved);
            }
        }
        self.estimated(statement).await
    }

    /// Sets aside what a dry run says.
    async fn estimated(&self, statement: &Statement) -> Result<Reserved<'a>, Fault> {
        let dry = job::dry_run(&*self.server.rest, &self.terms, self.name, &statement.text, &statement.bound).await;
        let dry = dry.map_err(|refused| self.fault(&refused))?;
        let tables = dry.referenced_tables.len().max(1) as u64;
        let estimate = Estimate { bytes: dry.total_bytes_processed.map(|bytes| bytes.0), tables };
        self.server.estimates.put(statement, self.meta, estimate);
        let most = estimate.set_aside(self.meta, self.call.budget.per_query());
        self.take(most, tables, false)
    }

    fn take(&self, most: u64, tables: u64, guessed: bool) -> Result<Reserved<'a>, Fault> {
        let budget = &self.call.budget;
        // The tables below a view may have partitions.
        let is_divided = self.meta.time_partitioning.is_some() || self.meta.kind == "VIEW";
        let advice = if is_divided { NARROW } else { DIVIDE };
        match budget.take_or_advise(&self.name.to_string(), most, self.call.now, advice) {
            Ok(taken) => Ok(Reserved { taken: Some(taken), most, tables, guessed }),
            Err(why) => {
                let of_day = most <= budget.per_query();
                Err(Fault::TooMuch(TooMuch { why, of_day, divisible: true }))
            }
        }
    }

    async fn one(
        &self,
        n: usize,
        statement: &Statement,
        mut reserved: Reserved<'a>,
        rows: &mut dyn Rows,
    ) -> Result<u64, Fault> {
        let mut taker = |cells: &[Cell<'_>]| rows.row(n, cells);
        loop {
            let (server, terms) = (self.server, &self.terms);
            let bounds = (reserved.most, server.page);
            match job::run(&server.rest, terms, self.name, statement, bounds, &mut taker).await {
                Ok(processed) => return Ok(reserved.billed(processed)),
                // The guess was too low. The cap protected the budget: nothing was billed.
                Err(Failed::Refused(refused)) if refused.is_over_budget() && reserved.guessed => {
                    server.estimates.forget(statement);
                    drop(reserved);
                    reserved = self.estimated(statement).await?;
                }
                Err(failed) => return Err(self.failed(&failed, &mut reserved)),
            }
        }
    }

    fn failed(&self, failed: &Failed, reserved: &mut Reserved<'_>) -> Fault {
        // A job that was refused is free. Any other may be billed, and the set-aside counts.
        let is_free = matches!(failed, Failed::Refused(refused) if refused.is_free());
        if !is_free {
            reserved.billed(Processed::Hidden);
        }
        match failed {
            Failed::Refused(refused) => self.fault(refused),
            Failed::Broken(Broken::Taker(fault)) => fault.clone(),
            Failed::Broken(Broken::Answer(why)) => {
                let text = format!("table `{}`: the answer of BigQuery cannot be used: {why}", self.name);
                Unknown::new(UnknownReason::ProbeFailed, text).into()
            }
        }
    }

    fn fault(&self, refused: &Refused) -> Fault {
        let unknown = self.server.unknown(refused, self.name, self.call, Some(self.meta));
        if refused.is_over_budget() || refused.is_too_large() {
            Fault::TooMuch(TooMuch { why: unknown, of_day: false, divisible: true })
        } else if refused.is_statement() {
            Fault::Changed(unknown)
        } else {
            Fault::Unknown(unknown)
        }
    }
}

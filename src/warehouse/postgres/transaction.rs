//! A read-only snapshot on one connection. Its settings last no longer than it does, so that a pooler may stand between.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row};

use super::connect::Connection;
use super::errors;
use super::pool::Pool;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::tables::Call;

/// A transaction that reads. If it is dropped while the server is busy, the query is cancelled.
pub(super) struct Transaction<'p> {
    pool: &'p Pool,
    table: &'p str,
    connection: Option<Connection>,
    /// Whether the server has not yet answered all that was sent.
    busy: bool,
    most: usize,
    /// Free again only once the connection is: a cancelled query may still hold it.
    permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl<'p> Transaction<'p> {
    /// Begins a transaction on a connection that waits, or on a new one.
    pub async fn begin(pool: &'p Pool, call: &Call, table: &'p str) -> Result<Self, Unknown> {
        let mut waiting = pool.take();
        loop {
            let was_waiting = waiting.is_some();
            let connection = match waiting.take() {
                Some(connection) => connection,
                None => pool
                    .source
                    .connect(call.deadline)
                    .await
                    .map_err(|why| errors::refused(&pool.source.connection, table, why))?,
            };
            let (most, permit) = (call.limits.concurrent.max(1) as usize, call.permit.clone());
            let mut begun = Self { pool, table, connection: Some(connection), busy: false, most, permit };
            match begun.execute(&opening(milliseconds(call.deadline))).await {
                Ok(()) => return Ok(begun),
                // The server may have been restarted while it waited.
                Err(error) if was_waiting && errors::is_lost(&error) => waiting = pool.take(),
                Err(error) => return Err(errors::unknown(&pool.source.connection, table, &error)),
            }
        }
    }

    /// A limit for the next statement: it ends at the deadline, even if gapless is gone and cannot cancel it.
    pub async fn limit(&mut self, deadline: Instant) -> Result<(), Unknown> {
        let limit = format!("SET LOCAL statement_timeout = {}", milliseconds(deadline));
        let (pool, table) = (self.pool, self.table);
        self.execute(&limit).await.map_err(|error| errors::unknown(&pool.source.connection, table, &error))
    }

    async fn execute(&mut self, sql: &str) -> Result<(), Error> {
        self.busy = true;
        let result = match &self.connection {
            Some(connection) => connection.client.batch_execute(sql).await,
            None => Ok(()),
        };
        self.busy = false;
        result
    }

    /// The rows of a question to the catalog.
    pub async fn query(&mut self, sql: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>, Unknown> {
        let (pool, table) = (self.pool, self.table);
        let client = self.sending()?;
        let result = client.client.query_typed(sql, values).await;
        self.busy = false;
        result.map_err(|error| errors::unknown(&pool.source.connection, table, &error))
    }

    /// The error of a row that is not as it was asked for.
    pub fn unknown(&self, error: &Error) -> Unknown {
        errors::unknown(&self.pool.source.connection, self.table, error)
    }

    /// The connection, for something that the server has to answer before [`Self::answered`].
    pub fn sending(&mut self) -> Result<&Connection, Unknown> {
        self.busy = true;
        let ended =
            || Unknown::new(UnknownReason::ProbeFailed, format!("table `{}`: its transaction has ended", self.table));
        self.connection.as_ref().ok_or_else(ended)
    }

    /// Everything that was sent is answered.
    pub fn answered(&mut self) {
        self.busy = false;
    }

    /// Ends it, and keeps the connection for the next read.
    pub async fn end(mut self) {
        if !self.busy
            && self.execute("ROLLBACK").await.is_ok()
            && let Some(connection) = self.connection.take()
        {
            self.pool.put(connection, self.most);
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|c| self.busy && !c.client.is_closed()) else { return };
        let permit = self.permit.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                connection.cancel().await;
                drop(permit);
            });
        }
    }
}

fn milliseconds(deadline: Instant) -> u128 {
    deadline.saturating_duration_since(Instant::now()).as_millis().clamp(1, i32::MAX as u128)
}

/// One snapshot, in which nothing can be written, names mean one thing, and texts of values have one form.
fn opening(milliseconds: u128) -> String {
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; SET LOCAL TimeZone = 'UTC'; \
         SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1; SET LOCAL application_name = 'gapless'; \
         SET LOCAL statement_timeout = {milliseconds}; SET LOCAL idle_in_transaction_session_timeout = {milliseconds}"
    )
}

//! The five calls of BigQuery that gapless makes. Another client is another file that implements [`Rest`].

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::errors::Refused;
use super::name::TableName;
use super::wire::{Job, Meta};

/// An answer, or why there is none.
pub(super) type Replying<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refused>> + Send + 'a>>;

/// A job, by the project that pays for it, our own id, and the location of its table.
#[derive(Clone, Debug)]
pub(super) struct JobName {
    pub project: Arc<str>,
    pub id: String,
    pub location: Option<String>,
}

/// Which page of a result, and how long the server may wait for the job before it answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub token: Option<&'a str>,
    pub rows: usize,
    pub wait: Duration,
}

/// Every call ends at `until`, and repeats nothing but a call whose token was stale.
pub(super) trait Rest: Debug + Send + Sync {
    /// `tables.get`.
    fn table<'a>(&'a self, table: &'a TableName, until: Instant) -> Replying<'a, Meta>;

    /// `tabledata.list`: the columns of a page of rows, as JSON.
    fn rows<'a>(
        &'a self,
        table: &'a TableName,
        columns: &'a str,
        page: Wanted<'a>,
        until: Instant,
    ) -> Replying<'a, Vec<u8>>;

    /// `jobs.insert`, with the whole job as JSON.
    fn insert<'a>(&'a self, project: &'a str, job: &'a Value, until: Instant) -> Replying<'a, Job>;

    /// `jobs.getQueryResults`: a page, as JSON.
    fn results<'a>(&'a self, job: &'a JobName, page: Wanted<'a>, until: Instant) -> Replying<'a, Vec<u8>>;

    /// `jobs.cancel`.
    fn cancel<'a>(&'a self, job: &'a JobName, until: Instant) -> Replying<'a, ()>;
}

/// Before a call is repeated, unless the server says how long to wait.
const PAUSE: Duration = Duration::from_millis(300);
/// No wait is longer: the engine's backoff does the rest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Makes a call, and repeats it once if that may help and there is time.
pub(super) async fn repeated<'a, T>(until: Instant, call: impl Fn() -> Replying<'a, T>) -> Result<T, Refused> {
    repeated_if(until, Refused::again, call).await
}

/// Makes a call, and repeats it once after a failure of this kind if there is time.
pub(super) async fn repeated_if<'a, T>(
    until: Instant,
    again: impl Fn(&Refused) -> bool,
    call: impl Fn() -> Replying<'a, T>,
) -> Result<T, Refused> {
    let refused = match call().await {
        Err(refused) if again(&refused) => refused,
        answered => return answered,
    };
    let pause = refused.wait.unwrap_or(PAUSE).min(LONGEST_PAUSE);
    if Instant::now() + pause >= until {
        return Err(refused);
    }
    tokio::time::sleep(pause).await;
    call().await
}

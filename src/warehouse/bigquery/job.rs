//! One query as a job with an id of our own: inserted, awaited, read page by page. It is cancelled unless it is known to have
//! ended. Its time and its cost are bounded by the server too, so that nothing runs on when this process is gone.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::bind::parameters;
use super::errors::{Failure, Refused};
use super::name::TableName;
use super::page::{Broken, Page, Reader, Taker};
use super::rest::{JobName, Rest, Wanted, repeated, repeated_if};
use super::wire::{Job, QueryStatistics};
use crate::warehouse::sql::bound::{Bound, Statement};

/// The longest that the server is asked to wait for a job before it answers.
const WAIT: Duration = Duration::from_secs(10);
/// Between two questions about a job that runs: the first pause, which doubles, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// For a cancellation.
const CANCEL: Duration = Duration::from_secs(10);

/// Who pays for a query, where it runs, and until when.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub project: Arc<str>,
    pub location: Option<String>,
    pub until: Instant,
}

/// Why a query has no result.
#[derive(Debug)]
pub(super) enum Failed {
    /// BigQuery refused it. Nothing of its result was given on.
    Refused(Refused),
    /// Its result cannot be used.
    Broken(Broken),
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// What a query was billed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processed {
    Bytes(u64),
    /// Row policies hide it.
    Hidden,
}

/// Asks what a statement would process, and which tables it would read. Nothing runs, and nothing is billed.
pub(super) async fn dry_run(
    rest: &dyn Rest,
    terms: &Terms,
    table: &TableName,
    text: &str,
    bound: &[Bound],
) -> Result<QueryStatistics, Refused> {
    let mut job = query(terms, table, text, bound);
    job["configuration"]["dryRun"] = true.into();
    let absent = |refused: &Refused| refused.again() || refused.is_absence();
    let answer = repeated_if(terms.until, absent, || rest.insert(&terms.project, &job, terms.until)).await?;
    ended(answer).map(|job| job.statistics.query)
}

/// Runs a statement that may bill at most these bytes, and gives its rows in pages of this size.
pub(super) async fn run(
    rest: &Arc<dyn Rest>,
    terms: &Terms,
    table: &TableName,
    statement: &Statement,
    (most, rows): (u64, usize),
    taker: &mut Taker<'_>,
) -> Result<Processed, Failed> {
    let name = JobName { project: terms.project.clone(), id: id(), location: terms.location.clone() };
    let mut job = query(terms, table, &statement.text, &statement.bound);
    job["jobReference"]["jobId"] = name.id.clone().into();
    job["configuration"]["query"]["maximumBytesBilled"] = most.to_string().into();
    let left = terms.until.saturating_duration_since(Instant::now()).as_millis().max(1);
    job["configuration"]["jobTimeoutMs"] = left.to_string().into();
    let mut running = Running { rest: rest.clone(), name, ended: false };
    running.insert(&job, terms.until).await?;
    running.result(terms.until, statement, rows, taker).await
}

/// The part of a job that all queries share.
fn query(terms: &Terms, table: &TableName, text: &str, bound: &[Bound]) -> Value {
    let query = json!({
        "query": text,
        "useLegacySql": false,
        "parameterMode": "NAMED",
        "queryParameters": parameters(bound),
        // A time without a zone becomes an instant in this one, whatever the project's default is.
        "connectionProperties": [{"key": "time_zone", "value": "UTC"}],
    });
    json!({
        "jobReference": {"projectId": &*terms.project, "location": terms.location},
        "configuration": {
            "query": query,
            "labels": {"gapless": "read", "gapless_table": label(&table.to_string())},
        },
    })
}

/// A name as a label may be: lowercase letters, digits, `_` and `-`, at most 63.
fn label(name: &str) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.chars().map(|c| c.to_ascii_lowercase()).map(|c| if fits(c) { c } else { '_' }).take(63).collect()
}

/// An id that no other job has.
fn id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("gapless-{:016x}{:016x}", random(), random())
}

/// The job, unless it has failed already.
fn ended(job: Job) -> Result<Job, Refused> {
    match job.status.error_result {
        Some(flawed) => Err(Refused::of(flawed)),
        None => Ok(job),
    }
}

/// A job that may run on the server. Dropped before it has ended, it is cancelled.
#[derive(Debug)]
struct Running {
    rest: Arc<dyn Rest>,
    name: JobName,
    ended: bool,
}

impl Running {
    /// If an answer is lost, the same job is inserted again: the server knows its id. A table that was there a moment ago can
    /// be unknown to the server for a while.
    async fn insert(&mut self, job: &Value, until: Instant) -> Result<(), Refused> {
        let again = |refused: &Refused| refused.again() || refused.is_absence();
        let inserted = repeated_if(until, again, || self.rest.insert(&self.name.project, job, until)).await;
        let inserted = match inserted {
            Err(refused) if refused.status == 409 => return Ok(()),
            inserted => inserted.and_then(ended),
        };
        // A refusal is no job. After a silence there may be one.
        self.ended = inserted.as_ref().is_err_and(|refused| refused.failure == Failure::Refused && !refused.again());
        inserted.map(|_| ())
    }

    async fn result(
        &mut self,
        until: Instant,
        statement: &Statement,
        rows: usize,
        taker: &mut Taker<'_>,
    ) -> Result<Processed, Failed> {
        let mut reader = Reader::new(&statement.columns);
        let mut token: Option<String> = None;
        loop {
            let page = self.page(token.as_deref(), rows, until).await?;
            let processed = match page.total_bytes_processed {
                _ if page.cache_hit => Processed::Bytes(0),
                Some(bytes) => Processed::Bytes(bytes.0),
                None => Processed::Hidden,
            };
            match reader.page(page, taker).map_err(Failed::Broken)? {
                Some(next) => token = Some(next),
                None => return Ok(processed),
            }
        }
    }

    /// A page, as soon as the job is complete.
    async fn page(&mut self, token: Option<&str>, rows: usize, until: Instant) -> Result<Page, Refused> {
        let mut pause = PAUSES.0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let wanted = Wanted { token, rows, wait: left.min(WAIT) };
            let ask = || -> super::rest::Replying<'_, Option<Page>> {
                let (rest, name) = (&self.rest, &self.name);
                Box::pin(async move { Page::of_query(&rest.results(name, wanted, until).await?) })
            };
            let page = repeated(until, ask).await;
            // What the server says of the job itself is its end.
            self.ended |= match &page {
                Ok(page) => page.is_some(),
                Err(refused) => refused.failure == Failure::Refused && !refused.again() && !refused.is_absence(),
            };
            if let Some(page) = page? {
                return Ok(page);
            }
            if Instant::now() + pause >= until {
                return Err(Failure::Late.into());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.ended {
            return;
        }
        let (rest, name) = (self.rest.clone(), self.name.clone());
        runtime.spawn(async move {
            let until = Instant::now() + CANCEL;
            // If it fails, the time limit of the job ends it.
            let _ = repeated(until, || rest.cancel(&name, until)).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_labels_are_valid() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 40 && id.starts_with("gapless-")));
        assert_eq!(label("nba_raw.Wettlinien 2025-26"), "nba_raw_wettlinien_2025-26");
        assert_eq!(label(&"x".repeat(100)).len(), 63);
    }
}

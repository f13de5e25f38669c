//! What a monitoring system reads: figures of the last overview, and what was counted since the process started.
//! Series are bounded: a label's value is an object's namespace, kind or name, or a word of this program; never a
//! table's content, a message or a text of a resource. Nothing here asks the time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;
use crate::domain::verdict::UnknownReason;
use crate::engine::overview::{Event, Overview};

pub mod declared;
mod row;
mod sheet;

#[cfg(test)]
mod tests;

use row::{Row, SourceRow};
use sheet::Sheet;

/// From a cached listing to the longest that a read may take.
const PROBE_SECONDS: [f64; 12] = [0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 120.0];
/// From no change to ten thousand cells judged again.
const PASS_SECONDS: [f64; 10] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];
/// What `result` says of a read that brought facts.
const READ: &str = "Read";

/// The type of what [`Metrics::render`] returns, for the `Content-Type` of an answer.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of one process. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    values: Arc<Mutex<Values>>,
}

/// What only the process knows of itself at an instant; all ages in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulse {
    /// Since the last pass; nothing while it does not lead.
    pub pass_age: Option<f64>,
    /// Since each watch's last good answer, by kind.
    pub watch_ages: Vec<(&'static str, f64)>,
    /// Log lines that a full queue dropped.
    pub lines_dropped: u64,
}

/// What was asked of a Warehouse since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Cheap change checks.
    pub checks: u64,
    /// Reads that took bytes from its limits.
    pub reads: u64,
    /// Their bytes.
    pub bytes: u64,
}

#[derive(Debug)]
struct Values {
    rows: BTreeMap<Key, Row>,
    seasons: BTreeMap<Key, bool>,
    sources: BTreeMap<Key, SourceRow>,
    probes: BTreeMap<&'static str, Histogram>,
    probe_bytes: u64,
    marks: BTreeMap<&'static str, u64>,
    warehouses: BTreeMap<Key, Used>,
    passes: Histogram,
    api_calls: BTreeMap<[&'static str; 3], u64>,
    leads: bool,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            seasons: BTreeMap::new(),
            sources: BTreeMap::new(),
            probes: BTreeMap::new(),
            probe_bytes: 0,
            marks: BTreeMap::new(),
            warehouses: BTreeMap::new(),
            passes: Histogram::new(PASS_SECONDS),
            api_calls: BTreeMap::new(),
            leads: false,
        }
    }
}

impl Metrics {
    /// Takes over the figures of an overview. What is gone loses its series.
    pub fn observe(&self, overview: &Overview) {
        let seasons: BTreeMap<&Key, _> = overview.seasons.iter().map(|s| (&s.key, s)).collect();
        let mut values = self.values();
        let mut old = std::mem::take(&mut values.rows);
        for view in &overview.coverages {
            let mut row = old.remove(&view.key).unwrap_or_default();
            row.observe(view, seasons.get(&view.season).copied(), overview.now);
            values.rows.insert(view.key.clone(), row);
        }
        let known = |s: &crate::engine::overview::SeasonView| (s.key.clone(), s.is_known && s.failure.is_none());
        values.seasons = overview.seasons.iter().map(known).collect();
        values.sources = overview.sources.iter().map(|s| (s.source.key.clone(), SourceRow::of(s))).collect();
    }

    /// Takes over when tables were read or proved unchanged: at rest nothing else moves, and no overview is made.
    pub fn confirmed<'a>(&self, confirmed: impl Iterator<Item = (&'a Key, Timestamp)>) {
        let mut values = self.values();
        for (key, at) in confirmed {
            values.rows.get_mut(key).into_iter().for_each(|row| row.confirmed_at = Some(at));
        }
    }

    /// Counts what happened.
    pub fn event(&self, event: &Event) {
        // A source has no dates.
        if &*event.coverage.kind == "Source" {
            return;
        }
        self.values().rows.entry(event.coverage.clone()).or_default().event(event);
    }

    /// Counts a read of a table or a schedule: how long it took, the bytes that it read, and why nothing can be said
    /// where it failed.
    pub fn probe(&self, seconds: f64, bytes: u64, failure: Option<UnknownReason>) {
        let mut values = self.values();
        values.probe_bytes += bytes;
        let histogram = values.probes.entry(result(failure)).or_insert_with(|| Histogram::new(PROBE_SECONDS));
        histogram.observe(seconds);
    }

    /// Counts a look whether a table changed.
    pub fn mark(&self, failure: Option<UnknownReason>) {
        *self.values().marks.entry(result(failure)).or_default() += 1;
    }

    /// Takes over what was asked of each Warehouse. What is gone loses its series.
    pub fn used(&self, warehouses: BTreeMap<Key, Used>) {
        self.values().warehouses = warehouses;
    }

    /// Counts a pass.
    pub fn pass(&self, seconds: f64) {
        self.values().passes.observe(seconds);
    }

    /// Counts a call on the API server: `patch`, `tablecoverages/status`, and the answer's code where one came. Words of
    /// the program, so that no series comes from outside.
    pub fn api_call(&self, verb: &'static str, resource: &'static str, code: Option<u16>) {
        let class = match code {
            Some(100..=199) => "1xx",
            Some(200..=299) => "2xx",
            Some(300..=399) => "3xx",
            Some(400..=499) => "4xx",
            Some(_) => "5xx",
            None => "none",
        };
        *self.values().api_calls.entry([verb, resource, class]).or_default() += 1;
    }

    /// Whether this process leads.
    pub fn led(&self, leads: bool) {
        self.values().leads = leads;
    }

    /// Everything, as OpenMetrics text.
    pub fn render(&self, now: Timestamp, pulse: Pulse) -> String {
        let mut registry = Registry::with_prefix("gapless");
        registry.register_collector(Box::new(Sheet { values: self.values.clone(), pulse, now }));
        let mut out = String::new();
        // Writing to a String cannot fail; an empty text would be an invalid scrape, and so be seen.
        text::encode(&mut out, &registry).map_or_else(|_| String::new(), |()| out)
    }

    /// A panic elsewhere while the values were held leaves them whole enough: they are figures, not decisions.
    fn values(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn result(failure: Option<UnknownReason>) -> &'static str {
    failure.map_or(READ, UnknownReason::word)
}

//! Writes the declared metrics, in their order, with the labels that they declare. Reads values; counts nothing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;

use super::declared::{self as metric, Metric};
use super::row::Row;
use super::{Pulse, Used, Values};
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;
use crate::domain::state::State;

/// The values of a series' labels, in the order in which its metric declares them.
type Labels<'a> = Vec<&'a str>;

/// Everything that one scrape tells.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) values: Arc<Mutex<Values>>,
    pub(super) pulse: Pulse,
    pub(super) now: Timestamp,
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        self.gauges_of_coverages(&mut encoder, &values)?;
        gauges_of_sources(&mut encoder, &values)?;
        counters_of_coverages(&mut encoder, &values)?;
        reads(&mut encoder, &values)?;
        self.process(&mut encoder, &values)
    }
}

impl Sheet {
    fn gauges_of_coverages(&self, to: &mut DescriptorEncoder, values: &Values) -> fmt::Result {
        let rows = || values.rows.iter();
        let cells =
            rows().flat_map(|(key, row)| State::ALL.iter().zip(row.cells).map(move |(s, n)| (key, s.word(), n)));
        series(to, &metric::CELLS, cells.map(|(key, word, n)| (of(key, Some(word)), gauge(n.into()))))?;
        series(to, &metric::LATE_CELLS, rows().map(|(key, row)| (of(key, None), gauge(row.late.into()))))?;
        let blocked = rows().flat_map(|(key, row)| row.blocked.iter().map(move |(word, n)| (key, *word, *n)));
        series(to, &metric::BLOCKED_CELLS, blocked.map(|(key, word, n)| (of(key, Some(word)), gauge(n.into()))))?;
        let oldest = |row: &Row| row.oldest_gap.map_or(0.0, |at| self.since(at));
        series(to, &metric::OLDEST_GAP_AGE, rows().map(|(key, row)| (of(key, None), ConstGauge::new(oldest(row)))))?;
        let confirmed = rows().filter_map(|(key, row)| Some((key, row.confirmed_at?)));
        let confirmed = confirmed.map(|(key, at)| (of(key, None), ConstGauge::new(self.since(at))));
        series(to, &metric::CONFIRMED_AGE, confirmed)?;
        let stalled = rows().map(|(key, row)| (of(key, None), gauge(row.stalled.into())));
        series(to, &metric::COVERAGE_STALLED, stalled)?;
        let suspended = rows().map(|(key, row)| (of(key, None), gauge(row.suspended.into())));
        series(to, &metric::COVERAGE_SUSPENDED, suspended)?;
        series(to, &metric::OPEN_BREAKERS, rows().map(|(key, row)| (of(key, None), gauge(row.open_breakers.into()))))?;
        series(to, &metric::PRESSING_CELLS, rows().map(|(key, row)| (of(key, None), gauge(row.pressing.into()))))?;
        series(to, &metric::LIVE_JOBS, rows().map(|(key, row)| (of(key, None), gauge(row.live_jobs.into()))))
    }

    fn process(&self, to: &mut DescriptorEncoder, values: &Values) -> fmt::Result {
        series(to, &metric::PASS_DURATION, [(vec![], values.passes.clone())])?;
        let pass_age = self.pulse.pass_age.map(|age| (vec![], ConstGauge::new(age)));
        series(to, &metric::PASS_AGE, pass_age)?;
        let watches = self.pulse.watch_ages.iter().map(|(kind, age)| (vec![*kind], ConstGauge::new(*age)));
        series(to, &metric::WATCH_AGE, watches)?;
        let calls = values.api_calls.iter().map(|(labels, n)| (labels.to_vec(), ConstCounter::new(*n)));
        series(to, &metric::API_CALLS, calls)?;
        series(to, &metric::LEADER, [(vec![], gauge(values.leads.into()))])?;
        series(to, &metric::LOG_LINES_DROPPED, [(vec![], ConstCounter::new(self.pulse.lines_dropped))])?;
        series(to, &metric::BUILD, [(vec![], Info::new([("version", env!("CARGO_PKG_VERSION"))]))])
    }

    /// Seconds since an instant; never negative, for a clock may be set back.
    fn since(&self, at: Timestamp) -> f64 {
        self.now.duration_since(at).as_secs_f64().max(0.0)
    }
}

fn gauges_of_sources(to: &mut DescriptorEncoder, values: &Values) -> fmt::Result {
    let rows = || values.sources.iter();
    let credits = rows().filter_map(|(key, row)| Some((key, row.credits?)));
    let credits = credits.flat_map(|(key, (budget, used))| [(key, "budget", budget), (key, "used", used)]);
    let credits = credits.map(|(key, what, n)| ([source(key), vec![what]].concat(), gauge(n)));
    series(to, &metric::SOURCE_CREDITS, credits)?;
    let open = rows().map(|(key, row)| (source(key), gauge(row.is_open.into())));
    series(to, &metric::SOURCE_BREAKER_OPEN, open)?;
    series(to, &metric::SOURCE_LIVE_JOBS, rows().map(|(key, row)| (source(key), gauge(row.live_jobs.into()))))
}

fn source(key: &Key) -> Labels<'_> {
    vec![&key.namespace, &key.name]
}

fn counters_of_coverages(to: &mut DescriptorEncoder, values: &Values) -> fmt::Result {
    let rows = || values.rows.iter();
    let launches = rows().map(|(key, row)| (of(key, None), ConstCounter::new(row.launches)));
    series(to, &metric::LAUNCHES, launches)?;
    let outcomes = rows().flat_map(|(key, row)| row.outcomes.iter().map(move |(word, n)| (key, *word, *n)));
    series(to, &metric::OUTCOMES, outcomes.map(|(key, word, n)| (of(key, Some(word)), ConstCounter::new(n))))?;
    let charged = rows().map(|(key, row)| (of(key, None), ConstCounter::new(row.charged)));
    series(to, &metric::ATTEMPTS_CHARGED, charged)?;
    let completed = rows().filter_map(|(key, row)| Some((of(key, None), row.completion.clone()?)));
    series(to, &metric::COMPLETION, completed)?;
    let known = values.seasons.iter().map(|(key, known)| (of(key, None), gauge((*known).into())));
    series(to, &metric::SCHEDULE_KNOWN, known)
}

fn reads(to: &mut DescriptorEncoder, values: &Values) -> fmt::Result {
    let probes = values.probes.iter().map(|(result, histogram)| (vec![*result], histogram.clone()));
    series(to, &metric::PROBE_DURATION, probes)?;
    series(to, &metric::PROBE_BYTES, [(vec![], ConstCounter::new(values.probe_bytes))])?;
    series(to, &metric::MARKS, values.marks.iter().map(|(result, n)| (vec![*result], ConstCounter::new(*n))))?;
    let warehouses = |count: fn(&Used) -> u64| {
        values.warehouses.iter().map(move |(key, used)| (of(key, None), ConstCounter::new(count(used))))
    };
    series(to, &metric::WAREHOUSE_CHECKS, warehouses(|used| used.checks))?;
    series(to, &metric::WAREHOUSE_READS, warehouses(|used| used.reads))?;
    series(to, &metric::WAREHOUSE_BYTES, warehouses(|used| used.bytes))
}

/// The series of one metric.
fn series<'a, M: EncodeMetric>(
    to: &mut DescriptorEncoder,
    metric: &Metric,
    series: impl IntoIterator<Item = (Labels<'a>, M)>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(metric.name, metric.help, metric.unit.as_ref(), metric.kind)?;
    if metric.labels.is_empty() {
        return series.into_iter().next().map_or(Ok(()), |(_, value)| value.encode(family));
    }
    for (values, value) in series {
        let labels: Vec<(&str, &str)> = metric.labels.iter().copied().zip(values).collect();
        value.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

/// The labels of an object, and one word more where the metric has one.
fn of<'a>(key: &'a Key, word: Option<&'static str>) -> Labels<'a> {
    [&*key.namespace, &*key.kind, &*key.name].into_iter().chain(word).collect()
}

fn gauge(value: u64) -> ConstGauge<u64> {
    ConstGauge::new(value)
}

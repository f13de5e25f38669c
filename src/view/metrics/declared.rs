//! Every metric, declared once: name, type, unit, labels, help. The encoder takes its labels from here, and
//! `docs/metrics.md` is generated from here, so both always agree.

use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

/// A declared metric. Its full name is `gapless_`, `name`, `_` and the unit, and `_total` where it is a counter.
#[derive(Debug)]
pub struct Metric {
    /// The name, without prefix, unit and suffix.
    pub name: &'static str,
    /// The type.
    pub kind: MetricType,
    /// The unit.
    pub unit: Option<Unit>,
    /// The labels of its series.
    pub labels: &'static [&'static str],
    /// The help text, one sentence.
    pub help: &'static str,
}

/// Names the coverage or season of a series. Values of these labels come from objects, so that the number of objects bounds
/// the number of series. The values of every other label are constants of this program.
pub const OBJECT: &[&str] = &["namespace", "kind", "name"];

const fn metric(
    name: &'static str,
    kind: MetricType,
    unit: Option<Unit>,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind, unit, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    metric(name, MetricType::Gauge, None, labels, help)
}

const fn age(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    metric(name, MetricType::Gauge, Some(Unit::Seconds), labels, help)
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    metric(name, MetricType::Counter, None, labels, help)
}

const fn seconds(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    metric(name, MetricType::Histogram, Some(Unit::Seconds), labels, help)
}

/// Every metric, in the order in which they are written.
pub static METRICS: [&Metric; 31] = [
    &CELLS,
    &LATE_CELLS,
    &BLOCKED_CELLS,
    &OLDEST_GAP_AGE,
    &CONFIRMED_AGE,
    &COVERAGE_STALLED,
    &COVERAGE_SUSPENDED,
    &OPEN_BREAKERS,
    &PRESSING_CELLS,
    &LIVE_JOBS,
    &SOURCE_CREDITS,
    &SOURCE_BREAKER_OPEN,
    &SOURCE_LIVE_JOBS,
    &LAUNCHES,
    &OUTCOMES,
    &ATTEMPTS_CHARGED,
    &COMPLETION,
    &SCHEDULE_KNOWN,
    &PROBE_DURATION,
    &PROBE_BYTES,
    &MARKS,
    &WAREHOUSE_CHECKS,
    &WAREHOUSE_READS,
    &WAREHOUSE_BYTES,
    &PASS_DURATION,
    &PASS_AGE,
    &WATCH_AGE,
    &API_CALLS,
    &LEADER,
    &LOG_LINES_DROPPED,
    &BUILD,
];

/// `gapless_cells`
pub static CELLS: Metric = gauge(
    "cells",
    &["namespace", "kind", "name", "state"],
    "Dates of a coverage by state. All states are always present, so the sum is the number of dates.",
);
/// `gapless_late_cells`
pub static LATE_CELLS: Metric =
    gauge("late_cells", OBJECT, "Dates of a coverage that are still incomplete after their `late` deadline.");
/// `gapless_blocked_cells`
pub static BLOCKED_CELLS: Metric = gauge(
    "blocked_cells",
    &["namespace", "kind", "name", "reason"],
    "Dates in state Blocked by reason. Only reasons that apply to at least one date are present.",
);
/// `gapless_oldest_gap_age_seconds`
pub static OLDEST_GAP_AGE: Metric = age(
    "oldest_gap_age",
    OBJECT,
    "Time since the last start (or the end, if no start is known) of the oldest date that is open and known to be \
     incomplete; 0 without a gap.",
);
/// `gapless_confirmed_age_seconds`
pub static CONFIRMED_AGE: Metric = age(
    "confirmed_age",
    OBJECT,
    "Time since the coverage's table was last read or confirmed as unchanged; absent before the first read.",
);
/// `gapless_coverage_stalled`
pub static COVERAGE_STALLED: Metric =
    gauge("coverage_stalled", OBJECT, "1 while the coverage's spec is invalid, else 0.");
/// `gapless_coverage_suspended`
pub static COVERAGE_SUSPENDED: Metric =
    gauge("coverage_suspended", OBJECT, "1 while the coverage or its season is suspended, else 0.");
/// `gapless_open_breakers`
pub static OPEN_BREAKERS: Metric = gauge(
    "open_breakers",
    OBJECT,
    "Rungs of a coverage whose breaker is open or half-open, because their last attempts brought nothing.",
);
/// `gapless_pressing_cells`
pub static PRESSING_CELLS: Metric =
    gauge("pressing_cells", OBJECT, "Open dates of a coverage that no rung delivers any more after the next 24 hours.");
/// `gapless_source_credits`
pub static SOURCE_CREDITS: Metric = gauge(
    "source_credits",
    &["namespace", "name", "what"],
    "Credits of a Source's present window: `what` is budget or used. Absent without a budget.",
);
/// `gapless_source_breaker_open`
pub static SOURCE_BREAKER_OPEN: Metric = gauge(
    "source_breaker_open",
    &["namespace", "name"],
    "1 while the breaker of a Source is open or half-open, because the last attempts that drew on it brought nothing, else 0.",
);
/// `gapless_source_live_jobs`
pub static SOURCE_LIVE_JOBS: Metric =
    gauge("source_live_jobs", &["namespace", "name"], "Live Jobs that draw on a Source.");
/// `gapless_live_jobs`
pub static LIVE_JOBS: Metric = gauge("live_jobs", OBJECT, "Attempts of a coverage whose Job has not ended.");
/// `gapless_launches_total`
pub static LAUNCHES: Metric = counter(
    "launches",
    OBJECT,
    "Launch numbers that a coverage has used, including those of refused launches. Restarts do not reset it.",
);
/// `gapless_outcomes_total`
pub static OUTCOMES: Metric = counter(
    "outcomes",
    &["namespace", "kind", "name", "outcome"],
    "Dates of settled attempts by outcome, since this process started.",
);
/// `gapless_attempts_charged_total`
pub static ATTEMPTS_CHARGED: Metric = counter(
    "attempts_charged",
    OBJECT,
    "Dates of attempts that were charged to their rung, since this process started.",
);
/// `gapless_completion_seconds`
pub static COMPLETION: Metric = seconds(
    "completion",
    OBJECT,
    "Time from a date's last start (or its end, if no start is known) to the read that found it complete; 0 if it was \
     complete before that. Only dates that this process saw incomplete before, at most 30 days after their last start.",
);
/// `gapless_season_schedule_known`
pub static SCHEDULE_KNOWN: Metric =
    gauge("season_schedule_known", OBJECT, "1 if the season's schedule was read or it needs none, else 0.");
/// `gapless_probe_duration_seconds`
pub static PROBE_DURATION: Metric = seconds(
    "probe_duration",
    &["result"],
    "Duration of reads of tables and schedules, by result: Read, or the reason for Unknown.",
);
/// `gapless_probe_bytes_total`
pub static PROBE_BYTES: Metric =
    metric("probe", MetricType::Counter, Some(Unit::Bytes), &[], "Bytes read from warehouses.");
/// `gapless_marks_total`
pub static MARKS: Metric =
    counter("marks", &["result"], "Cheap change checks of tables, by result as in gapless_probe_duration_seconds.");
/// `gapless_warehouse_checks_total`
pub static WAREHOUSE_CHECKS: Metric = counter(
    "warehouse_checks",
    OBJECT,
    "Cheap change checks of the tables of a Warehouse, since this process started. If two Warehouses of a namespace have one \
     place, the first by name counts for both, here and in the next two.",
);
/// `gapless_warehouse_reads_total`
pub static WAREHOUSE_READS: Metric = counter(
    "warehouse_reads",
    OBJECT,
    "Reads that took bytes from the limits of a Warehouse, since this process started. BigQuery: query jobs.",
);
/// `gapless_warehouse_bytes_total`
pub static WAREHOUSE_BYTES: Metric = metric(
    "warehouse",
    MetricType::Counter,
    Some(Unit::Bytes),
    OBJECT,
    "Bytes of these reads. BigQuery: bytes billed, or the bytes set aside if it does not say what was billed.",
);
/// `gapless_pass_duration_seconds`
pub static PASS_DURATION: Metric =
    seconds("pass_duration", &[], "Duration of passes. A pass makes all decisions of one iteration of the loop.");
/// `gapless_pass_age_seconds`
pub static PASS_AGE: Metric =
    age("pass_age", &[], "Time since the last pass; absent while this process does not lead.");
/// `gapless_watch_age_seconds`
pub static WATCH_AGE: Metric =
    age("watch_age", &["kind"], "Time since the watch of a kind last succeeded: a list, an event or a bookmark.");
/// `gapless_api_calls_total`
pub static API_CALLS: Metric = counter(
    "api_calls",
    &["verb", "resource", "code"],
    "Calls to the API server, by the class of the status code; `none` if there was no answer.",
);
/// `gapless_leader`
pub static LEADER: Metric = gauge("leader", &[], "1 while this process leads, else 0.");
/// `gapless_log_lines_dropped_total`
pub static LOG_LINES_DROPPED: Metric =
    counter("log_lines_dropped", &[], "Log lines that were dropped because the sink was too slow.");
/// `gapless_build_info`
pub static BUILD: Metric = metric("build", MetricType::Info, None, &["version"], "Build information; always 1.");

impl Metric {
    /// The name of its samples, as used in queries.
    pub fn sample(&self) -> String {
        let unit = self.unit.as_ref().map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
        let suffix = match self.kind {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            _ => "",
        };
        format!("gapless_{}{unit}{suffix}", self.name)
    }
}

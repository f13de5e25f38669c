//! What a scrape says, what it must never say, and that the page of metrics is fresh.

use std::collections::BTreeSet;

use super::declared::{METRICS, Metric, OBJECT};
use super::*;
use crate::domain::dates::DateSet;
use crate::domain::judge::tests::{at, calendar, calendar_of, day};
use crate::domain::ledger::Outcome;
use crate::domain::policy::{Mode, Table};
use crate::domain::state::{Cause, Cell, Hold};
use crate::domain::verdict::{Flaw, Judgement, Off, Verdict};
use crate::engine::overview::{CoverageView, SeasonView, Unexpected};
use prometheus_client::metrics::MetricType;

/// Half a day after the last start of `2025-11-14`.
const NOW: &str = "2025-11-15T12:00:00Z";

fn key(kind: &str, name: &str) -> Key {
    Key { namespace: "sports".into(), kind: kind.into(), name: name.into() }
}

fn cell(date: &str, verdict: Verdict, cause: Cause) -> Cell {
    let judgement = Judgement {
        verdict,
        flaws: vec![],
        covered: 0,
        expected: 1,
        missing: vec!["BOS@NYK".into()],
        rows: Some(7),
        unexpected_rows: 0,
        message: "a sentence".into(),
    };
    let late = cause == Cause::Missing;
    let (since, next) = (at(NOW), None);
    Cell {
        date: day(date),
        cause,
        judgement: judgement.into(),
        since,
        next,
        late,
        attempts: 0,
        rung: None,
        message: "".into(),
    }
}

fn complete(date: &str) -> Cell {
    cell(date, Verdict::Complete, Cause::Complete)
}

fn missing(date: &str) -> Cell {
    cell(date, Verdict::Missing, Cause::Missing)
}

fn overview(now: &str, cells: Vec<Cell>) -> Overview {
    let game = |date: &str| calendar_of(day(date), &["BOS@NYK"]);
    let days = ["2025-09-01", "2025-11-12", "2025-11-13", "2025-11-14"].map(game);
    let season = SeasonView {
        key: key("Season", "nba"),
        generation: 1,
        creates_game_dates: true,
        suspended: false,
        zone: jiff::tz::TimeZone::get("America/New_York").unwrap(),
        today: day("2025-11-15"),
        failure: None,
        doubted: None,
        is_known: true,
        calendar: calendar(days, "2025-11-15").into(),
        watches_from: None,
    };
    let coverage = CoverageView {
        zone: jiff::tz::TimeZone::UTC,
        deadlines: None,
        key: key("TableCoverage", "boxscores"),
        uid: "uid-1".into(),
        season: season.key.clone(),
        table: Table { place: "files:/data".into(), name: "nba_raw.boxscores".into() },
        generation: 1,
        mode: Mode::Fill,
        suspended: false,
        today: season.today,
        stalled: None,
        cells,
        attempts: vec![],
        tallies: vec![],
        pressing: Vec::new(),
        breakers: vec![],
        limits: vec![],
        recent: vec![],
        tokens: Vec::new(),
        earlier_tokens: Vec::new(),
        reruns: Vec::new(),
        undated: None,
        unexpected: Unexpected::default(),
        confirmed_at: Some(at("2025-11-15T11:59:30Z")),
        failure: None,
        bytes_read: None,
        launches: 41,
    };
    Overview {
        now: at(now),
        seasons: vec![season],
        coverages: vec![coverage],
        sources: vec![crate::view::fixtures::source_with_budget()],
        launches: vec![],
        held: vec![],
    }
}

fn event(reason: &'static str, dates: &[&str]) -> Event {
    let mut set = DateSet::new();
    dates.iter().for_each(|d| set.insert(day(d)));
    let (coverage, message) = (key("TableCoverage", "boxscores"), "row 7 of player x".into());
    Event { at: at(NOW), coverage, reason, dates: set, message }
}

/// A process of which everything is known.
fn everything() -> Metrics {
    let metrics = Metrics::default();
    let blocked = cell("2025-11-13", Verdict::Partial(Flaw::UnitsMissing), Cause::Blocked(Hold::SuspectProbe));
    let off = cell("2025-11-11", Verdict::NotExpected(Off::OffDay), Cause::NotExpected(Off::OffDay));
    metrics.observe(&overview(NOW, vec![off.clone(), missing("2025-11-12"), blocked.clone(), missing("2025-11-14")]));
    metrics.observe(&overview(NOW, vec![off, missing("2025-11-12"), blocked, complete("2025-11-14")]));
    metrics.event(&event("JobLaunched", &["2025-11-14"]));
    metrics.event(&event("Filled", &["2025-11-14"]));
    metrics.event(&event("Ineffective", &["2025-11-12", "2025-11-13"]));
    metrics.probe(0.3, 4096, None);
    metrics.probe(0.001, 0, Some(UnknownReason::Unauthorized));
    metrics.mark(None);
    let warehouse = Key { namespace: "sports".into(), kind: "Warehouse".into(), name: "nba".into() };
    metrics.used([(warehouse, Used { checks: 7, reads: 2, bytes: 10 << 20 })].into());
    metrics.pass(0.002);
    metrics.api_call("patch", "tablecoverages/status", Some(200));
    metrics.api_call("patch", "tablecoverages/status", None);
    metrics.led(true);
    metrics
}

fn pulse() -> Pulse {
    Pulse { pass_age: Some(1.5), watch_ages: vec![("Job", 3.0), ("Season", 60.0)], lines_dropped: 2 }
}

fn text(metrics: &Metrics) -> String {
    metrics.render(at(NOW), pulse())
}

/// Samples of a text: name with labels, and value.
fn samples(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' ')).collect()
}

fn value<'a>(text: &'a str, sample: &str) -> Option<&'a str> {
    samples(text).into_iter().find(|(name, _)| *name == sample).map(|(_, value)| value)
}

#[test]
fn a_scrape_says_what_the_overview_and_the_events_said() {
    let text = text(&everything());
    let of = r#"namespace="sports",kind="TableCoverage",name="boxscores""#;
    let wanted = [
        (format!("gapless_cells{{{of},state=\"Complete\"}}"), "1"),
        (format!("gapless_cells{{{of},state=\"Missing\"}}"), "1"),
        (format!("gapless_cells{{{of},state=\"Blocked\"}}"), "1"),
        (format!("gapless_cells{{{of},state=\"NotExpected\"}}"), "1"),
        (format!("gapless_cells{{{of},state=\"Unknown\"}}"), "0"),
        (format!("gapless_late_cells{{{of}}}"), "1"),
        (format!("gapless_blocked_cells{{{of},reason=\"SuspectProbe\"}}"), "1"),
        // 2025-11-12's game starts at midnight UTC after it: two and a half days ago.
        (format!("gapless_oldest_gap_age_seconds{{{of}}}"), "216000.0"),
        (format!("gapless_confirmed_age_seconds{{{of}}}"), "30.0"),
        (format!("gapless_coverage_stalled{{{of}}}"), "0"),
        (format!("gapless_launches_total{{{of}}}"), "41"),
        (format!("gapless_outcomes_total{{{of},outcome=\"Filled\"}}"), "1"),
        (format!("gapless_outcomes_total{{{of},outcome=\"Ineffective\"}}"), "2"),
        (format!("gapless_attempts_charged_total{{{of}}}"), "2"),
        (format!("gapless_completion_seconds_sum{{{of}}}"), "43200.0"),
        (format!("gapless_completion_seconds_count{{{of}}}"), "1"),
        (r#"gapless_season_schedule_known{namespace="sports",kind="Season",name="nba"}"#.into(), "1"),
        (r#"gapless_probe_duration_seconds_count{result="Read"}"#.into(), "1"),
        (r#"gapless_probe_duration_seconds_count{result="Unauthorized"}"#.into(), "1"),
        ("gapless_probe_bytes_total".into(), "4096"),
        (r#"gapless_marks_total{result="Read"}"#.into(), "1"),
        (r#"gapless_warehouse_checks_total{namespace="sports",kind="Warehouse",name="nba"}"#.into(), "7"),
        (r#"gapless_warehouse_reads_total{namespace="sports",kind="Warehouse",name="nba"}"#.into(), "2"),
        (r#"gapless_warehouse_bytes_total{namespace="sports",kind="Warehouse",name="nba"}"#.into(), "10485760"),
        ("gapless_pass_duration_seconds_count".into(), "1"),
        ("gapless_pass_age_seconds".into(), "1.5"),
        (r#"gapless_watch_age_seconds{kind="Season"}"#.into(), "60.0"),
        (r#"gapless_api_calls_total{verb="patch",resource="tablecoverages/status",code="2xx"}"#.into(), "1"),
        (r#"gapless_api_calls_total{verb="patch",resource="tablecoverages/status",code="none"}"#.into(), "1"),
        ("gapless_leader".into(), "1"),
        ("gapless_log_lines_dropped_total".into(), "2"),
    ];
    for (sample, wanted) in wanted {
        assert_eq!(value(&text, &sample), Some(wanted), "{sample} in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn only_dates_that_were_seen_incomplete_tell_how_long_completion_took() {
    let count = |first: Cell, then: Cell, now: &str| {
        let metrics = Metrics::default();
        metrics.observe(&overview(NOW, vec![first]));
        metrics.observe(&overview(now, vec![then]));
        samples(&text(&metrics)).iter().any(|(name, _)| name.starts_with("gapless_completion_seconds_count"))
    };
    let unknown =
        cell("2025-11-14", Verdict::Unknown(UnknownReason::NotProbed), Cause::Unknown(UnknownReason::NotProbed));
    assert!(count(missing("2025-11-14"), complete("2025-11-14"), NOW));
    assert!(!count(complete("2025-11-14"), complete("2025-11-14"), NOW), "it was complete all along");
    assert!(!count(unknown, complete("2025-11-14"), NOW), "a start of gapless is no completion");
    assert!(!count(missing("2025-09-01"), complete("2025-09-01"), NOW), "history is no measure of tonight");
}

#[test]
fn a_gap_ages_at_the_scrape_and_unknown_is_no_gap() {
    let metrics = Metrics::default();
    let reason = UnknownReason::ProbeFailed;
    let unknown = cell("2025-11-12", Verdict::Unknown(reason), Cause::Unknown(reason));
    metrics.observe(&overview(NOW, vec![unknown, missing("2025-11-14")]));
    let sample = r#"gapless_oldest_gap_age_seconds{namespace="sports",kind="TableCoverage",name="boxscores"}"#;
    assert_eq!(value(&text(&metrics), sample), Some("43200.0"));
    let later = metrics.render(at("2025-11-15T12:01:00Z"), pulse());
    assert_eq!(value(&later, sample), Some("43260.0"));
}

/// While nothing changed the age rose forever, although the table was confirmed as unchanged every minute.
#[test]
fn a_look_that_found_nothing_new_makes_what_is_known_young_again() {
    let metrics = Metrics::default();
    metrics.observe(&overview(NOW, vec![complete("2025-11-14")]));
    let sample = r#"gapless_confirmed_age_seconds{namespace="sports",kind="TableCoverage",name="boxscores"}"#;
    let boxscores = key("TableCoverage", "boxscores");
    let gone = key("TableCoverage", "gone");
    let at_noon = at("2025-11-16T12:00:00Z");
    metrics.confirmed([(&boxscores, at_noon), (&gone, at_noon)].into_iter());
    let later = metrics.render(at("2025-11-16T12:00:30Z"), pulse());
    assert_eq!(value(&later, sample), Some("30.0"));
    assert!(!later.contains("gone"), "what no overview tells has no series");
}

#[test]
fn an_object_that_is_gone_takes_its_series_with_it() {
    let metrics = everything();
    assert!(text(&metrics).contains("boxscores"));
    metrics.observe(&Overview { coverages: vec![], seasons: vec![], ..overview(NOW, vec![]) });
    metrics.used(BTreeMap::new());
    let text = text(&metrics);
    assert!(!text.contains("sports"), "{text}");
    assert_eq!(value(&text, "gapless_leader"), Some("1"), "the process's own stay");
}

#[test]
fn labels_are_bounded_and_hold_nothing_of_tables_or_messages() {
    let text = text(&everything());
    for secret in ["nba_raw", "files:/data", "player x", "BOS@NYK", "a sentence"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    let closed = ["what", "state", "reason", "outcome", "result", "kind", "verb", "resource", "code", "version"];
    let allowed: BTreeSet<_> = OBJECT.iter().copied().chain(closed).collect();
    for metric in METRICS {
        assert!(metric.labels.iter().all(|l| allowed.contains(l)), "{}: {:?}", metric.name, metric.labels);
    }
}

#[test]
fn names_follow_the_conventions() {
    let mut names = BTreeSet::new();
    for metric in METRICS {
        let sample = metric.sample();
        assert!(names.insert(sample.clone()), "{sample} is declared twice");
        assert!(sample.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{sample}");
        assert!(metric.help.ends_with('.') && !metric.help.contains('\n'), "{sample}: {}", metric.help);
        let unit = metric.unit.as_ref().map(|u| u.as_str().to_string());
        let timed = ["age", "duration", "completion"].iter().any(|w| metric.name.ends_with(w));
        assert_eq!(timed, unit.as_deref() == Some("seconds"), "{sample}: times are in seconds, and say so");
        assert_eq!(matches!(metric.kind, MetricType::Counter), sample.ends_with("_total"), "{sample}");
    }
}

/// What is scraped is what is declared: each metric once, in order, with its type.
#[test]
fn every_declared_metric_is_written_and_no_other() {
    let text = text(&everything());
    let family = |m: &&Metric| m.sample().trim_end_matches("_total").trim_end_matches("_info").to_string();
    let declared: Vec<_> = METRICS.iter().map(|m| format!("{} {}", family(m), m.kind.as_str())).collect();
    let written: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(String::from).collect();
    assert_eq!(written, declared);
    for metric in METRICS {
        let name = metric.sample();
        let some = samples(&text).into_iter().find(|(sample, _)| sample.starts_with(&name));
        // A gauge of Jobs has a value even without Jobs, so every metric has a sample here.
        let (sample, _) = some.unwrap_or_else(|| panic!("{name} has no sample in\n{text}"));
        let labels: Vec<_> = sample.split(['{', ',', '}']).filter_map(|l| l.split_once('=')).map(|(l, _)| l).collect();
        let labels: Vec<_> = labels.into_iter().filter(|l| *l != "le").collect();
        assert_eq!(labels, metric.labels, "{sample}");
    }
}

#[test]
fn every_outcome_of_a_settled_attempt_is_counted() {
    let metrics = Metrics::default();
    Outcome::ALL.iter().for_each(|o| metrics.event(&event(o.word(), &["2025-11-14"])));
    let text = text(&metrics);
    for outcome in Outcome::ALL {
        assert!(text.contains(&format!("outcome=\"{}\"", outcome.word())), "{}", outcome.word());
    }
}

/// The page `docs/metrics.md`.
fn page() -> String {
    let mut out = include_str!("page.md").to_string();
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
        let labels = if labels.is_empty() { "–".into() } else { labels.join(", ") };
        out += &format!("| `{}` | {} | {labels} | {} |\n", metric.sample(), metric.kind.as_str(), metric.help);
    }
    out
}

#[test]
fn the_page_of_metrics_is_fresh() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == page(), "{} is stale: run `make update` and commit it", file.display());
}

/// Ten thousand scrapes are ten thousand renders at worst: one of a large installation takes milliseconds.
#[test]
fn a_thousand_coverages_have_a_bounded_text() {
    let metrics = Metrics::default();
    let one = overview(NOW, vec![missing("2025-11-14")]);
    let named = |n: usize| CoverageView { key: key("TableCoverage", &format!("c{n}")), ..one.coverages[0].clone() };
    metrics.observe(&Overview { coverages: (0..1000).map(named).collect(), ..one.clone() });
    let text = text(&metrics);
    let series = samples(&text).len();
    assert!((20_000..25_000).contains(&series), "{series} series");
}

//! One read of one table by the files warehouse: CPU seconds, peak memory, and what was found, as one line of JSON.
//!
//! `kernel FOLDER coverage|duplicates`. A process of its own per read, so that the peak is the read's; measure.py pairs it
//! with DuckDB.

use std::path::PathBuf;
use std::sync::Arc;

use gapless::domain::dates::{DateSet, Timestamp, shift};
use gapless::domain::probe::{DateColumn, DateReading, Measure, Of, Probe, Question, Reading, UnitForm};
use gapless::warehouse::files::Files;

const TABLE: &str = "nba_raw.props";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [folder, what] = args.as_slice() else {
        println!("kernel: run by benches/measure.py");
        return;
    };
    let probe = Probe {
        question: Arc::new(question(what == "duplicates")),
        dates: dates(),
        starts: Default::default(),
        caps: Default::default(),
    };
    let started = cpu_seconds();
    let answer = Files::new(PathBuf::from(folder)).probe(TABLE, None, &[probe], Timestamp::MAX);
    let cpu = cpu_seconds() - started;
    let reading = answer.and_then(|mut answer| answer.readings.remove(0)).expect("the table is readable");
    let (rows, units, distinct, surplus) = totals(&reading);
    println!(
        r#"{{"cpu": {cpu}, "peak": {}, "rows": {rows}, "units": {units}, "distinct": {distinct}, "surplus": {surplus}}}"#,
        peak_bytes()
    );
}

fn question(duplicates: bool) -> Question {
    let names = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    let distinct = |column: &str| Measure { of: Of::Distinct(column.into()), only: Vec::new() };
    let key = ["game_id", "player_lookup", "bookmaker", "market_type", "points_line", "snapshot_timestamp"];
    Question {
        date: DateColumn::new("game_date", DateReading::Plain),
        filters: Vec::new(),
        unit: UnitForm::Columns { columns: names(&["away_team", "home_team"]), any_order: false },
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![distinct("player_lookup"), distinct("bookmaker")],
        unique: if duplicates { names(&key) } else { Vec::new() },
        shares: Vec::new(),
    }
}

fn dates() -> DateSet {
    let first = jiff::civil::date(2021, 10, 1);
    (0..1_500).map(|n| shift(first, n)).collect()
}

/// Sums that DuckDB must find too.
fn totals(reading: &Reading) -> (u64, usize, u64, u64) {
    use gapless::domain::probe::Measured::Count;
    let facts: Vec<_> = reading.dates.values().map(|f| f.as_ref().expect("every part is readable")).collect();
    let units = || facts.iter().flat_map(|f| f.units.iter());
    let count = |m: &_| if let Count(n) = m { *n } else { 0 };
    let distinct = units().flat_map(|(_, u)| &u.measures).map(count).sum();
    (facts.iter().map(|f| f.rows).sum(), units().count(), distinct, facts.iter().map(|f| f.surplus).sum())
}

fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn peak_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux tells the peak of a process");
    let line = text.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

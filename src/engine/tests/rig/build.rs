//! The parts of a world.

use jiff::SignedDuration;

use super::Rig;
use crate::domain::breaker::Trip;
use crate::domain::dates::{Date, DateRange};
use crate::domain::judge::tests::fingerprints;
use crate::domain::mark::stable_hash;
use crate::domain::policy::{Budget, Cost, Coverage, Dates, Key, Per, Rung, Source};
use crate::domain::span::Span;
use crate::engine::spec::{Cadence, Limits, Spec};
use crate::engine::tests::sim;

/// A season without coverages.
pub fn empty_spec() -> Spec {
    Spec { coverages: vec![], ..sim::spec() }
}

/// Looks and lists are seldom: a watch shows the ends of Jobs.
pub fn coarse() -> Limits {
    let cadence = Cadence { hot: Span::hours(24), warm: Span::hours(48), cold: Span::hours(96) };
    let job_poll = SignedDuration::from_mins(60);
    Limits { slow_start: Span::default(), job_poll, cadence, max_jobs: 1000, ..Limits::default() }
}

/// Its fingerprints follow from its ladder.
pub fn fingerprint(coverage: &mut Coverage) {
    let of = |rung: &Rung| stable_hash(&format!("{:?}{:?}{}", rung.cron_job, rung.repairs, rung.attempts));
    let rungs = coverage.fill.ladder.iter().map(|rung| (rung.name.clone(), of(rung))).collect();
    coverage.fingerprints = crate::domain::policy::Fingerprints { rungs, ..fingerprints(1) };
}

/// A coverage of its own table.
pub fn covering(name: &str, ladder: Vec<Rung>) -> Coverage {
    let mut coverage = sim::second(name);
    coverage.table.name = name.into();
    coverage.fill.ladder = ladder;
    fingerprint(&mut coverage);
    coverage
}

/// A rung that repairs everything.
pub fn rung(name: &str) -> Rung {
    let mut rung = crate::domain::judge::tests::coverage().fill.ladder.remove(0);
    (rung.name, rung.cron_job) = (name.into(), name.into());
    rung
}

/// A rung that draws on a source at so many credits a date and a unit.
pub fn drawing(name: &str, source: &str, per_date: u64, per_unit: u64) -> Rung {
    Rung { source: Some(source.into()), cost: Cost { per_date, per_unit }, ..rung(name) }
}

/// A source without limits.
pub fn source(name: &str) -> Source {
    Source {
        key: Key { namespace: "default".into(), kind: "Source".into(), name: name.into() },
        uid: format!("uid-{name}").into(),
        generation: 1,
        budget: None,
        max_jobs: None,
        requests_per_minute: None,
        trip: Trip::default(),
        suspend: false,
    }
}

/// So many credits a day, in UTC.
pub fn daily(credits: u64, reserve: u64) -> Option<Budget> {
    Some(Budget { credits, per: Per::Day, zone: jiff::tz::TimeZone::UTC, reserve })
}

impl Rig {
    /// A season of these dates, with so many games on each.
    pub fn season(&mut self, dates: DateRange, games: usize) {
        self.spec.seasons[0].dates = Dates::Closed(dates);
        self.games(dates, games);
    }

    /// So many games on each of these dates, instead of those before.
    pub fn games(&mut self, dates: DateRange, games: usize) {
        self.schedule.retain(|row| row.date.is_none_or(|date| !dates.contains(date)));
        let of = |date: Date| (1..=games).map(move |n| game(date, n));
        self.schedule.extend(dates.iter().flat_map(of));
    }
}

fn game(date: Date, n: usize) -> crate::domain::probe::ScheduleRow {
    let name = format!("A{n}@H{n}");
    sim::schedule_row(date, &name, &format!("{date}-{name}"))
}

//! The season of 2024-25: when games are, what is kept complete and through which accounts.

use jiff::SignedDuration;

use crate::domain::dates::{Date, DateRange, Timestamp, shift};
use crate::domain::judge::tests::{at, day};
use crate::domain::policy::{Anchor, Coverage, Delivers, Moment, Rung, Source};
use crate::domain::span::Span;
use crate::engine::spec::Cadence;
use crate::engine::tests::rig::*;

pub const COVERAGES: usize = 21;
pub const START: &str = "2024-10-22T00:00:00Z";

/// Two weeks after the last date.
pub fn end() -> Timestamp {
    at(START) + SignedDuration::from_hours(24 * 249)
}

fn all() -> DateRange {
    let first = day("2024-10-22");
    DateRange::new(first, shift(first, 234)).unwrap()
}

/// Every sixth date has games.
pub fn dates() -> impl Iterator<Item = Date> {
    all().iter().step_by(6)
}

pub fn season() -> Rig {
    let mut rig = Rig::new(START);
    rig.look_every = 5_000;
    // The schedule does not change, and a watch shows the Jobs.
    let seldom = Span::hours(24);
    rig.limits.cadence = Cadence { hot: seldom, warm: seldom, cold: seldom };
    rig.season(all(), 0);
    for date in dates() {
        rig.games(DateRange::day(date), 2);
    }
    // At seven in the evening in New York, or at eight.
    for row in &mut rig.schedule {
        let midnight = crate::domain::anchors::midnight(row.date.unwrap(), &jiff::tz::TimeZone::UTC);
        row.start = Some(midnight + SignedDuration::from_hours(24));
    }
    rig.edit(|spec| {
        spec.sources = sources();
        spec.coverages = coverages();
    });
    rig
}

fn sources() -> Vec<Source> {
    vec![
        Source { max_jobs: Some(6), requests_per_minute: Some(60), ..source("nba") },
        Source { budget: daily(150, 20), ..source("odds") },
        Source { budget: daily(40, 0), max_jobs: Some(2), ..source("archive") },
        Source { max_jobs: Some(3), ..source("bdl") },
    ]
}

type Ladder<'a> = &'a dyn Fn() -> Vec<Rung>;

fn coverages() -> Vec<Coverage> {
    let old = |days| Delivers { max_age: Some(Span::days(days)), ..Delivers::default() };
    let until_start = Delivers { until_start: true, ..Delivers::default() };
    let live = |source: &str, delivers| Rung { delivers, ..drawing("live", source, 1, 0) };
    let boxes = || vec![live("nba", old(3)), drawing("archive", "archive", 3, 0)];
    let lines = || vec![live("odds", until_start), drawing("historical", "odds", 0, 10)];
    let loads = || vec![rung("reload"), drawing("scrape", "nba", 1, 0)];
    let plays = || vec![live("bdl", old(4))];
    let news = || vec![live("bdl", until_start)];
    let ladders: [(&str, usize, Ladder<'_>, i64); 5] = [
        ("box", 6, &boxes, 6),
        ("line", 5, &lines, -8),
        ("load", 4, &loads, 6),
        ("play", 3, &plays, 6),
        ("news", 3, &news, -6),
    ];
    let of = |(name, count, ladder, due): (&str, usize, Ladder<'_>, i64)| {
        let one = |n| {
            let mut own = covering(&format!("{name}{n}"), ladder());
            own.due = Moment { after: Anchor::LastStart, offset: Span::hours(due) };
            own
        };
        (0..count).map(one).collect::<Vec<_>>()
    };
    ladders.into_iter().flat_map(of).collect()
}

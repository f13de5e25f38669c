//! Order by loss: what a source keeps for a while is filled before it is gone, and tonight does not pay for it.

use std::rc::Rc;

use jiff::SignedDuration;

use super::rig::*;
use crate::domain::dates::{Date, DateRange, shift};
use crate::domain::judge::tests::day;
use crate::domain::policy::{Anchor, Delivers, Moment, Rung, Source};
use crate::domain::span::Span;
use crate::domain::state::State;

const DAYS: i32 = 12;
const BACKLOG: [&str; 3] = ["old0", "old1", "old2"];
const TONIGHT: [&str; 4] = ["new0", "new1", "new2", "new3"];

fn today() -> Date {
    day("2025-11-20")
}

/// One Job after another, so many a day. Three tables lack the last 88 dates, which the source keeps for 90 days; four get one
/// date a day, due at ten and wanted at seven in the evening.
fn live_through(jobs_a_day: i64, with_backlog: bool) -> Rig {
    let mut rig = Rig::new("2025-11-20T06:00:00Z");
    rig.look_every = 5_000;
    rig.season(DateRange::new(shift(today(), -88), shift(today(), DAYS)).unwrap(), 1);
    let kept = Delivers { max_age: Some(Span::days(90)), ..Delivers::default() };
    rig.edit(|spec| {
        spec.sources = vec![Source { max_jobs: Some(1), ..source("nba") }];
        for name in BACKLOG.iter().filter(|_| with_backlog) {
            let mut own = covering(name, vec![Rung { delivers: kept, ..drawing("live", "nba", 0, 0) }]);
            own.through = Some(shift(today(), -1));
            spec.coverages.push(own);
        }
        for name in TONIGHT {
            let mut own = covering(name, vec![drawing("live", "nba", 0, 0)]);
            own.from = Some(today());
            (own.due, own.late) = (at_hour(10), at_hour(19));
            spec.coverages.push(own);
        }
    });
    rig.filler = Rc::new(move |_| Act { takes: 86_400 / jobs_a_day, ..fills() });
    rig.run_until(rig.start + SignedDuration::from_hours(24 * i64::from(DAYS)));
    rig
}

fn at_hour(hour: i64) -> Moment {
    Moment { after: Anchor::DateEnd, offset: Span::hours(hour) }
}

/// How many of tonight's dates were started by seven in the evening.
fn in_time(rig: &Rig) -> usize {
    let is_new = |made: &&Made| made.coverage.starts_with("new");
    let is_in_time = |made: &&Made| {
        let date = made.dates.first().unwrap();
        let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
        let late = crate::domain::anchors::midnight(shift(date, 1), &zone) + SignedDuration::from_hours(19);
        made.at <= late
    };
    rig.made.iter().filter(is_new).filter(is_in_time).count()
}

#[test]
fn nothing_is_lost_that_can_be_had_and_tonight_is_as_often_in_time_as_without_it() {
    for jobs_a_day in [8, 16, 24] {
        let mut rig = live_through(jobs_a_day, true);
        let lost: usize = BACKLOG.iter().map(|name| rig.dates_in(name, State::Unrecoverable).len()).sum();
        let (with, without) = (in_time(&rig), in_time(&live_through(jobs_a_day, false)));
        assert_eq!(lost, 0, "{jobs_a_day} Jobs a day");
        assert!(with >= without, "{jobs_a_day} Jobs a day: {with} in time, {without} without the backlog");
    }
}

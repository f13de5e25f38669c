//! What goes wrong in a season, drawn by a seed.

use std::rc::Rc;
use std::sync::Arc;

use jiff::SignedDuration;

use super::world;
use crate::domain::dates::{Date, Timestamp, days_between};
use crate::domain::judge::tests::at;
use crate::domain::ledger::End;
use crate::domain::mark::stable_hash;
use crate::domain::policy::Rung;
use crate::engine::tests::rig::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The provider is down.
    Outage,
    /// It refuses because of its own quota.
    Quota,
    /// It answers, and says nothing.
    Empty,
    /// Three of ten Jobs are evicted.
    Evictions,
    /// The image of one rung is the wrong one, and answers 65.
    Misdeploy,
    /// The image of one rung fails.
    BadImage,
    /// One date of one coverage always fails on one rung.
    Poison(Date),
}

/// Where a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    Source(&'static str),
    /// A coverage and its rung.
    Rung(Arc<str>, Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub on: On,
    pub from: Timestamp,
    pub through: Timestamp,
}

/// Everything that goes wrong.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    seed: u64,
    pub faults: Vec<Fault>,
    /// After so many hours the operator dies.
    crashes: Vec<i64>,
    weather: Weather,
}

/// Numbers that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = stable_hash(&self.0);
        self.0 % most
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut draw = Draw(seed.wrapping_add(7) * 1_000_003);
        // No two at a time: a month each.
        let mut faults: Vec<Fault> = (0..7).map(|month| fault(month, &mut draw)).collect();
        faults.extend((0..3).map(|_| poison(&mut draw)));
        let crashes = (0..10).map(|_| draw.below(249 * 24) as i64).collect();
        let all = [Trouble::Unanswered, Trouble::ReplyLost, Trouble::Refused, Trouble::DiesBefore, Trouble::DiesAfter];
        let troubles = (0..100).map(|_| (draw.below(20_000) as u32, draw.of(&all))).collect();
        let weather = Weather { troubles, slowness: draw.of(&[0, 3_000]) };
        Self { seed, faults, crashes, weather }
    }

    /// Lets it all happen to a world.
    pub fn befall(&self, rig: &mut Rig) {
        rig.weather = self.weather.clone();
        for hours in &self.crashes {
            rig.later(*hours, Rig::crash);
        }
        let (seed, faults) = (self.seed, self.faults.clone());
        rig.filler = Rc::new(move |scene| {
            let source = scene.source;
            let hits = |fault: &&Fault| fault.hits(scene.coverage, scene.rung, source, scene.date, scene.now);
            let chance = stable_hash(&(seed, scene.coverage, scene.rung, scene.date, scene.run)) % 10;
            match faults.iter().find(hits).map(|fault| fault.kind) {
                None => fills(),
                Some(Kind::Evictions) if chance >= 3 => fills(),
                Some(Kind::Evictions) => ends(End::Disrupted),
                Some(Kind::Outage) => ends(End::Exit(69)),
                Some(Kind::Quota) => ends(End::Exit(75)),
                Some(Kind::Empty) => ends(End::Succeeded),
                Some(Kind::Misdeploy) => ends(End::Exit(65)),
                Some(Kind::BadImage | Kind::Poison(_)) => ends(End::Exit(1)),
            }
        });
    }
}

fn fault(month: i64, draw: &mut Draw) -> Fault {
    let kinds = [Kind::Outage, Kind::Quota, Kind::Empty, Kind::Evictions, Kind::Misdeploy, Kind::BadImage];
    let kind = draw.of(&kinds);
    let on = match kind {
        Kind::Misdeploy | Kind::BadImage => On::Rung(format!("load{}", draw.below(4)).into(), "reload".into()),
        _ => On::Source(draw.of(&["nba", "odds", "archive", "bdl"])),
    };
    let from = at(world::START) + SignedDuration::from_hours(month * 30 * 24 + draw.below(10 * 24) as i64);
    let hours = draw.of(&[3, 12, 30, 72, 300]);
    Fault { kind, on, from, through: from + SignedDuration::from_hours(hours) }
}

fn poison(draw: &mut Draw) -> Fault {
    let dates: Vec<Date> = world::dates().collect();
    let name = draw.of(&["box0", "line1", "play2", "news0"]);
    let on = On::Rung(name.into(), "live".into());
    Fault { kind: Kind::Poison(draw.of(&dates)), on, from: at(world::START), through: Timestamp::MAX }
}

impl Fault {
    fn is_on(&self, coverage: &str, rung: &str, source: Option<&str>) -> bool {
        match &self.on {
            On::Source(own) => source == Some(*own),
            On::Rung(own, name) => **own == *coverage && **name == *rung,
        }
    }

    /// Whether a Job that ends then is hit by it.
    pub fn hits(&self, coverage: &str, rung: &str, source: Option<&str>, date: Date, now: Timestamp) -> bool {
        let is_date = !matches!(self.kind, Kind::Poison(own) if own != date);
        is_date && self.from <= now && now < self.through && self.is_on(coverage, rung, source)
    }

    /// Whether it may be why a date is lost on a rung: it lasts while the date is young.
    pub fn may_hit(&self, coverage: &str, rung: &Rung, date: Date) -> bool {
        let is_date = match self.kind {
            Kind::Poison(own) => own == date,
            _ => {
                let (from, through) = (self.from, self.through);
                let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
                days_between(day(from), date) >= -5 && days_between(date, day(through)) >= -1
            }
        };
        is_date && self.is_on(coverage, &rung.name, rung.source.as_deref())
    }

    /// So many Jobs at most are in vain: those that open the breaker, those that live then, and its trials.
    pub fn most_jobs(&self, rig: &Rig) -> usize {
        let attempts = 3;
        let (slots, failures) = match &self.on {
            On::Source(name) => {
                let source = rig.spec.sources.iter().find(|own| &*own.key.name == *name).unwrap();
                (source.max_jobs.unwrap_or(15), source.trip.failures)
            }
            On::Rung(..) => (3, 5),
        };
        let opens = match self.kind {
            // The date's attempts are all that it costs.
            Kind::Poison(_) => return attempts,
            // It opens at once.
            Kind::Outage | Kind::Quota => 1,
            Kind::Misdeploy => failures as usize,
            // A date that is tried again does not count again.
            Kind::Empty | Kind::BadImage | Kind::Evictions => failures as usize * attempts,
        };
        opens + slots as usize + self.trials()
    }

    /// Trials of a breaker that is open for all that time: after 15 minutes, 30 minutes, … six hours, and the first one after.
    fn trials(&self) -> usize {
        let mut left = self.through.duration_since(self.from);
        let (mut trials, mut wait) = (0, SignedDuration::from_mins(15));
        while left.is_positive() {
            left -= wait;
            wait = (wait * 2).min(SignedDuration::from_hours(6));
            trials += 1;
        }
        trials
    }
}

//! What Jobs do: fillers see the world, and write rows at their end.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Provider, Rig, Rows};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::ledger::{End, Launch};
use crate::engine::ports::JobList;

/// What a filler sees.
pub struct Scene<'a> {
    pub now: Timestamp,
    pub date: Date,
    pub coverage: &'a str,
    pub rung: &'a str,
    pub source: Option<&'a str>,
    /// How often this rung ran for the date of this coverage, with this time.
    pub run: u32,
    pub provider: Option<&'a Provider>,
    pub tables: &'a BTreeMap<Arc<str>, Rows>,
}

/// What a Job does for a date: how many seconds it takes, what it writes and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    pub takes: i64,
    pub writes: Writes,
    pub end: End,
}

/// Which units of a date are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    Nothing,
    /// The first so many of them.
    Units(usize),
    /// Each with one row, where complete ones have two.
    Thin,
}

pub type Filler = Rc<dyn Fn(&Scene<'_>) -> Act>;

/// Fills every unit.
pub fn fills() -> Act {
    Act { takes: 60, writes: Writes::Units(usize::MAX), end: End::Succeeded }
}

/// Writes nothing, and ends so.
pub fn ends(end: End) -> Act {
    Act { takes: 20, writes: Writes::Nothing, end }
}

impl Rig {
    fn act(&self, launch: &Launch, date: Date, run: u32) -> Act {
        let provider = launch.draw.as_ref().and_then(|draw| self.providers.get(&draw.source));
        let (coverage, rung) = (&*launch.coverage.name, &*launch.rung);
        let source = launch.draw.as_ref().map(|draw| &*draw.source);
        (self.filler)(&Scene { now: self.now, date, coverage, rung, source, run, provider, tables: &self.tables })
    }

    fn run_of(&self, launch: &Launch, date: Date) -> u32 {
        self.runs.get(&(launch.coverage.name.clone(), launch.rung.clone(), date)).copied().unwrap_or(0)
    }

    /// When the Job of a launch that starts now ends: each of its dates takes its time.
    pub(super) fn ends_at(&self, launch: &Launch) -> Timestamp {
        let takes = launch.dates.iter().map(|date| self.act(launch, date, self.run_of(launch, date) + 1).takes);
        self.now + SignedDuration::from_secs(takes.sum())
    }

    /// The units that are expected on a date.
    pub fn units(&self, date: Date) -> Vec<Arc<str>> {
        let own = self.schedule.iter().filter(|row| row.date == Some(date) && !row.void);
        own.filter_map(|row| row.unit.clone()).collect()
    }

    /// Writes rows of a date.
    pub fn write(&mut self, table: &str, date: Date, writes: Writes) {
        let (most, rows) = match writes {
            Writes::Nothing => return,
            Writes::Units(most) => (most, 2),
            Writes::Thin => (usize::MAX, 1),
        };
        let units = self.units(date);
        let own = self.tables.entry(table.into()).or_default();
        *own.writes.entry(date).or_default() += 1;
        let held = own.dates.entry(date).or_default();
        for unit in units.into_iter().take(most) {
            let held = held.entry(unit).or_default();
            *held = rows.max(*held);
        }
    }

    /// The rows of a date are gone.
    pub fn erase(&mut self, table: &str, date: Date) {
        let own = self.tables.entry(table.into()).or_default();
        own.dates.remove(&date);
        *own.writes.entry(date).or_default() += 1;
    }

    /// When the next Job ends.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.jobs.values().filter(|own| own.job.ended.is_none()).map(|own| own.ends).min()
    }

    /// Ends the Jobs whose time has come; what they write is there at once, and a watch sees it.
    pub(super) fn end_jobs(&mut self) {
        let is_over = |own: &&super::RigJob| own.job.ended.is_none() && own.ends <= self.now;
        let over: Vec<super::RigJob> = self.jobs.values().filter(is_over).cloned().collect();
        for own in &over {
            let (mut end, mut has_written) = (End::Succeeded, false);
            for date in own.launch.dates.iter() {
                let key = (own.launch.coverage.name.clone(), own.launch.rung.clone(), date);
                *self.runs.entry(key).or_default() += 1;
                let act = self.act(&own.launch, date, self.run_of(&own.launch, date));
                self.write(&own.launch.target.name.clone(), date, act.writes);
                has_written |= act.writes != Writes::Nothing;
                end = if act.end == End::Succeeded { end } else { act.end };
            }
            let wall = self.now + self.clock_off;
            let at = self.made_at[&own.job.name];
            self.made[at].ended = Some((self.now, end, has_written));
            self.jobs.get_mut(&own.job.name).unwrap().job.ended = Some((wall, end));
            self.leave(own);
        }
        if !over.is_empty() {
            self.show_jobs();
        }
    }

    fn leave(&mut self, own: &super::RigJob) {
        if let Some(provider) = own.job.draw.as_ref().and_then(|draw| self.providers.get_mut(&draw.source)) {
            provider.end(&own.job.name);
        }
    }

    /// A Job is gone, whether it has ended or not.
    pub(super) fn drop_job(&mut self, name: &Arc<str>) {
        if let Some(own) = self.jobs.remove(name) {
            self.leave(&own);
        }
    }

    /// A watch sees the Jobs.
    pub(super) fn show_jobs(&mut self) {
        let (list, now) = (self.job_list(), self.operator_now());
        self.process.iter_mut().for_each(|process| process.world.seen(list.clone(), now));
    }

    pub(super) fn job_list(&self) -> JobList {
        let jobs = self.jobs.values().map(|own| own.job.clone()).collect();
        JobList { jobs, daily_runs: Default::default() }
    }
}

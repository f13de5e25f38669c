//! Until when a rung delivers a date, and when the date is lost.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::SignedDuration;

use super::View;
use crate::domain::anchors::midnight;
use crate::domain::dates::{Timestamp, next_day};
use crate::domain::policy::{Anchor, Delivers, Rung};
use crate::domain::schedule::Day;
use crate::domain::state::Undelivered;

/// A date that is lost sooner than this is pressing: it comes before all others.
const PRESSING: SignedDuration = SignedDuration::from_hours(24);

impl<'a> View<'a> {
    /// Until when a rung delivers the date; `None` if that has no end.
    pub(super) fn delivered_until(&self, rung: &Rung) -> Result<Option<Timestamp>, Undelivered> {
        if rung.delivers == Delivers::default() {
            return Ok(None);
        }
        let Delivers { since, max_age, until_start } = rung.delivers;
        if since.is_some_and(|first| self.date < first) {
            return Err(Undelivered::BeforeSource);
        }
        let zone = &self.s.calendar.zone;
        let end = midnight(next_day(self.date), zone);
        let too_old = max_age.map(|age| age.after(end, zone));
        let started = until_start.then(|| self.last_missing_start().unwrap_or(end));
        let is_over = |until: Option<Timestamp>| until.is_some_and(|at| at <= self.s.now);
        match (is_over(too_old), is_over(started)) {
            (true, _) => Err(Undelivered::TooOld),
            (_, true) => Err(Undelivered::AfterStart),
            _ => Ok(too_old.into_iter().chain(started).min()),
        }
    }

    pub(super) fn is_delivered(&self, rung: &Rung) -> bool {
        self.delivered_until(rung).is_ok()
    }

    /// When the last missing unit starts, or the last of all where the missing ones are not known by name. An unknown start
    /// is the end of the date.
    fn last_missing_start(&self) -> Option<Timestamp> {
        let Some(Day::On(expected)) = self.day() else { return None };
        let missing = &self.judged.judgement.missing;
        let mut own = expected.units.iter().filter(|unit| missing.contains(&unit.key)).peekable();
        if own.peek().is_none() {
            return Some(expected.anchors.at(Anchor::LastStart));
        }
        own.try_fold(Timestamp::MIN, |last, unit| Some(last.max(unit.start?)))
    }

    /// When the last of the date's usable rungs stops to deliver it; `None` if one of them never does.
    fn lost_at(&self) -> Option<Timestamp> {
        let untils = self.usable().map(|rung| self.delivered_until(rung).ok().flatten());
        untils.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// When the date is lost, if that is soon.
    pub(super) fn pressing(&self) -> Option<Timestamp> {
        self.lost_at().filter(|at| at.duration_since(self.s.now) <= PRESSING)
    }

    /// When the passing of time changes what the ladder can do for the date: a rung stops to deliver it, it becomes pressing,
    /// or a rung is passed over.
    pub(super) fn ladder_changes_at(&self) -> Option<Timestamp> {
        let ladder = &self.s.coverage.fill.ladder;
        let has_sources = ladder.iter().any(|rung| rung.source.is_some());
        if !has_sources
            && self.s.ledger.breakers.is_empty()
            && ladder.iter().all(|rung| rung.delivers == Delivers::default())
        {
            return None;
        }
        let ends = ladder.iter().filter_map(|rung| self.delivered_until(rung).ok().flatten());
        let pressing = self.lost_at().and_then(|at| at.saturating_sub(PRESSING).ok());
        let passed = ladder.iter().filter_map(|rung| self.history_passes_at(rung));
        ends.chain(pressing).chain(passed).filter(|at| *at > self.s.now).min()
    }

    /// What each rung that repairs the date cannot do for it.
    pub(super) fn undelivered(&self) -> String {
        let of_rung = |rung: &Rung| {
            let Delivers { since, max_age, .. } = rung.delivers;
            let why = match self.delivered_until(rung) {
                Ok(_) => return None,
                Err(Undelivered::BeforeSource) => format!("delivers dates from {} on", since.unwrap_or_default()),
                Err(Undelivered::TooOld) => {
                    format!("delivers a date for {} after its end", max_age.unwrap_or_default())
                }
                Err(Undelivered::AfterStart) => "delivers a unit only until it starts".into(),
            };
            Some(format!("rung {} {why}", rung.name))
        };
        self.repairing().filter_map(of_rung).collect::<Vec<_>>().join("; ")
    }
}

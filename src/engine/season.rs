//! A season with its schedule: what was read of it, and the dates that follow. The dates are worked out again when what was
//! read has changed, when a day has passed, or when the schedule has become too old.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::look::{Look, next_look};
use super::stale::StaleSchedule;
use super::tracked::{Revision, Tracked};
use crate::domain::dates::{Date, DateRange, DateSet, Timestamp};
use crate::domain::mark::{Blind, TableMark};
use crate::domain::policy::{DateOrders, Season};
use crate::domain::reread;
use crate::domain::schedule::{Calendar, ScheduleFacts, calendar};
use crate::domain::span::Span;
use crate::domain::suspicion::{Doubt, suspect_dates};
use crate::domain::verdict::{Unknown, UnknownReason};

/// A season with its schedule.
pub(super) struct SeasonState {
    pub season: Season,
    pub orders: DateOrders,
    pub look: Look,
    heard: Tracked<Heard>,
    /// The mark that the facts rest on.
    mark: Option<u64>,
    /// When the schedule was read last by this process.
    read_at: Option<Timestamp>,
    /// Until when the facts hold without another look that ends well; `None` before the first one since the start.
    good_until: Option<Timestamp>,
    calendar: Arc<Calendar>,
    /// From the season's first date through its last.
    span: Option<DateRange>,
    /// Why the calendar says nothing certain of what is open: its schedule was not looked at for too long.
    stale: Option<Arc<StaleSchedule>>,
    /// It is gone or refused, and stays for a coverage that settles by it.
    is_kept: bool,
    /// Rises with every change of the calendar, and of `stale`.
    days: Revision,
    /// What the calendar rests on; `None` before the first one.
    basis: Option<Revision>,
    /// Rises with every change that people can see.
    shown: Revision,
}

/// What was read of a schedule.
#[derive(Debug, Default)]
struct Heard {
    facts: Option<Arc<ScheduleFacts>>,
    failure: Option<Unknown>,
    /// A schedule that lost so much that it is doubted.
    doubted: Option<Doubted>,
}

/// A schedule that is doubted: what was read before it still holds.
#[derive(Debug)]
pub(super) struct Doubted {
    pub doubt: Doubt,
    /// The dates on which it lost units.
    pub dates: DateSet,
}

/// Dates that were worked out again and differ.
pub(super) struct Turned {
    /// The calendar before, where the dates themselves differ.
    pub before: Option<Arc<Calendar>>,
    pub new_day: bool,
}

impl SeasonState {
    /// A season as it is declared now, with what is known of it where it was declared before.
    pub(super) fn new(season: Season, orders: DateOrders, old: Option<Self>, now: Timestamp) -> Self {
        let zone = season.zone.clone();
        let empty = || Arc::new(Calendar { zone, today: Date::MIN, days: BTreeMap::new(), valid_until: now });
        match old.filter(|o| o.season.schedule == season.schedule) {
            // One that failed may do better under limits or grants that changed.
            Some(old) if old.season == season && old.look.failures == 0 => {
                Self { orders, is_kept: false, basis: None, ..old }
            }
            Some(old) => {
                let mut look = old.look;
                look.edited(now);
                Self { season, orders, look, calendar: empty(), is_kept: false, basis: None, ..old }
            }
            None => Self {
                season,
                orders,
                look: Look::new(now),
                heard: Tracked::default(),
                mark: None,
                read_at: None,
                good_until: None,
                calendar: empty(),
                span: None,
                stale: None,
                is_kept: false,
                days: Revision::default(),
                basis: None,
                shown: Revision::default(),
            },
        }
    }

    /// The season is gone or refused, and stays for a coverage that settles by it.
    pub(super) fn kept(self) -> Self {
        Self { is_kept: true, ..self }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub(super) fn facts(&self) -> Option<&Arc<ScheduleFacts>> {
        self.heard.facts.as_ref()
    }

    pub(super) fn failure(&self) -> Option<&Unknown> {
        self.heard.failure.as_ref()
    }

    pub(super) fn doubted(&self) -> Option<&Doubted> {
        self.heard.doubted.as_ref()
    }

    pub(super) fn mark(&self) -> Option<u64> {
        self.mark
    }

    pub(super) fn good_until(&self) -> Option<Timestamp> {
        self.good_until
    }

    pub(super) fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }

    pub(super) fn stale(&self) -> Option<&StaleSchedule> {
        self.stale.as_deref()
    }

    /// Rises with every change of the dates.
    pub(super) fn days(&self) -> Revision {
        self.days
    }

    /// Rises with every change that people can see.
    pub(super) fn shown(&self) -> Revision {
        self.shown
    }

    /// Whether its dates are known, or known to be unreadable.
    pub(super) fn is_known(&self) -> bool {
        self.season.schedule.is_none() || self.heard.facts.is_some() || self.heard.failure.is_some()
    }

    /// Whether its schedule was looked at since the start, even if that failed.
    pub(super) fn is_looked_at(&self) -> bool {
        self.season.schedule.is_none() || self.good_until.is_some() || self.heard.failure.is_some()
    }

    /// Whether a schedule of this mark was read already, and is believed. One with a blind mark is read again now and then.
    pub(super) fn is_read(&self, mark: &TableMark, asked_at: Timestamp) -> bool {
        let is_due = || self.read_at.is_none_or(|read_at| reread::is_due_again(reread::SCHEDULE, read_at, asked_at));
        let is_due = mark.blind != Blind::No && is_due();
        self.mark == Some(mark.whole()) && self.heard.doubted.is_none() && !is_due
    }

    /// Works the dates out again where something that they rest on has changed.
    pub(super) fn refresh(&mut self, cadence: Span, now: Timestamp) -> Option<Turned> {
        let is_same = self.basis == Some(self.heard.revision());
        if is_same && now < self.calendar.valid_until && self.is_stale(now) == self.stale.is_some() {
            return None;
        }
        let unread = Unknown::new(UnknownReason::NotProbed, "the schedule was not read yet");
        let facts = self.heard.facts.as_deref().ok_or(self.heard.failure.as_ref().unwrap_or(&unread));
        let new = calendar(&self.season, facts, now);
        let new_day = new.today != self.calendar.today;
        let changed = new.days != self.calendar.days || new_day;
        self.span = span(&new);
        let before = std::mem::replace(&mut self.calendar, Arc::new(new));
        let stale = self.staleness(cadence, now);
        let turned = stale != self.stale;
        self.stale = stale;
        self.basis = Some(self.heard.revision());
        // What is shown of a season can change without its dates: a failure, a doubt.
        if !is_same || changed || turned {
            self.shown.raise();
        }
        if !changed && !turned {
            return None;
        }
        self.days.raise();
        Some(Turned { before: changed.then_some(before), new_day })
    }

    /// A schedule was read. Of a doubted one the facts and their mark are those from before, so that it is read again
    /// whatever happens meanwhile. `true` if the doubt is new.
    pub(super) fn take(&mut self, facts: Arc<ScheduleFacts>, mark: u64, asked_at: Timestamp, cadence: Span) -> bool {
        let known = self.heard.facts.as_ref().zip(self.span.as_ref());
        let suspect = known.and_then(|(old, span)| suspect_dates(old, &facts, span));
        let doubted = suspect.and_then(|dates| {
            let doubt = match &self.heard.doubted {
                None => Some(Doubt::new(asked_at)),
                Some(doubted) => doubted.doubt.after(asked_at, cadence),
            };
            Some(Doubted { doubt: doubt?, dates })
        });
        let (was_doubted, is_doubted) = (self.heard.doubted.is_some(), doubted.is_some());
        if was_doubted || is_doubted {
            self.heard.doubted = doubted;
        }
        self.read_at = Some(asked_at);
        if !is_doubted {
            if self.heard.facts.as_ref() != Some(&facts) {
                self.heard.facts = Some(facts);
            }
            self.mark = Some(mark);
        }
        is_doubted && !was_doubted
    }

    pub(super) fn look_ended(&mut self, asked_at: Timestamp, cadence: Span, mark: &TableMark, now: Timestamp) {
        self.look.heed(mark.again, now);
        self.look.ended(asked_at, next_look(mark.again, cadence, now));
        self.good_until = Some(super::stale::good_until(mark.proves(asked_at), cadence));
        if self.heard.failure.is_some() {
            self.heard.failure = None;
        }
    }

    pub(super) fn look_failed(&mut self, unknown: Unknown, now: Timestamp) {
        self.look.failed(now);
        if self.heard.failure.as_ref() != Some(&unknown) {
            self.heard.failure = Some(unknown);
        }
    }

    /// Takes back what an earlier process read.
    pub(super) fn recall(&mut self, facts: Arc<ScheduleFacts>, mark: u64) {
        self.heard.facts = Some(facts);
        self.mark = Some(mark);
    }

    pub(super) fn clock_moved(&mut self, by: jiff::SignedDuration, moved: impl Fn(&mut Timestamp)) {
        self.look.clock_moved(&moved);
        self.good_until.iter_mut().chain(&mut self.read_at).for_each(moved);
        self.heard.doubted.iter_mut().for_each(|doubted| doubted.doubt.clock_moved(by));
    }

    /// For tests: when it was read last.
    #[cfg(test)]
    pub(super) fn read_at(&self) -> Option<Timestamp> {
        self.read_at
    }

    /// For tests: a doubt.
    #[cfg(test)]
    pub(super) fn pretend(&mut self, doubted: Doubted) {
        self.heard.doubted = Some(doubted);
    }
}

/// From the first date of a season through its last.
fn span(calendar: &Calendar) -> Option<DateRange> {
    DateRange::new(*calendar.days.first_key_value()?.0, *calendar.days.last_key_value()?.0)
}

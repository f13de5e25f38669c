//! Steps 1 and 2 of an attempt: it is recorded, then seen as a Job. The caller saves the changed ledger.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use jiff::SignedDuration;

use super::backoff::longest_wait;
use super::{Attempt, Before, End, Ledger, MAX_RECENT, MAX_TOKENS, Settled, Stage};
use crate::domain::dates::{Date, DateRange, DateSet, Timestamp};
use crate::domain::policy::{Coverage, Table};
use crate::domain::source::Draw;

/// An admitted launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub rung: Arc<str>,
    /// The table, resolved.
    pub target: Table,
    /// Its other names.
    pub aliases: Vec<Table>,
    pub dates: DateSet,
    /// The highest number of charged failures among its dates, plus one.
    pub number: u32,
    /// The rerun tokens that it spends.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// Whether it tries a changed template.
    pub trial: bool,
    /// What it draws from a source.
    pub draw: Option<Draw>,
    /// When the window of the source's budget began.
    pub window: Option<Timestamp>,
}

impl Ledger {
    /// Step 1: a new attempt under the next launch number. Its tokens are spent here, and clear their charges.
    #[must_use]
    pub fn record(&self, admitted: &Admitted, before: BTreeMap<Date, Before>, now: Timestamp) -> Self {
        let mut next = self.clone();
        let launch = next.take_number();
        admitted.draw.iter().for_each(|draw| next.pay(draw, admitted.window));
        next.attempts.push(Attempt {
            launch,
            rung: admitted.rung.clone(),
            target: admitted.target.clone(),
            aliases: admitted.aliases.clone(),
            dates: admitted.dates.clone(),
            before,
            number: admitted.number,
            tokens: admitted.tokens.clone(),
            recorded_at: now,
            draw: admitted.draw.clone(),
            stage: Stage::Recorded,
        });
        next.breakers.get_mut(&admitted.rung).into_iter().for_each(|breaker| breaker.recorded(now));
        if admitted.trial {
            next.begin_trial(&admitted.rung, launch);
        }
        for (date, token) in &admitted.tokens {
            next.spend(*date, token);
            next.tallies.retain(|(_, d), _| d != date);
        }
        next
    }

    /// The smallest free number: one whose create was refused, or the next.
    fn take_number(&mut self) -> u64 {
        if !self.spare.is_empty() {
            return self.spare.remove(0);
        }
        self.launches += 1;
        self.launches
    }

    fn spend(&mut self, date: Date, token: &Arc<str>) {
        let Some(last) = self.tokens.insert(date, token.clone()) else { return };
        let earlier = self.earlier.entry(date).or_default();
        earlier.push(last);
        let beyond = (earlier.len() + 1).saturating_sub(MAX_TOKENS);
        earlier.drain(..beyond);
    }

    /// Whether a token was spent on a date.
    pub fn has_spent(&self, date: Date, token: &Arc<str>) -> bool {
        self.tokens.get(&date) == Some(token) || self.earlier.get(&date).is_some_and(|all| all.contains(token))
    }

    /// Tokens spent before the last one of their date.
    pub fn earlier_tokens(&self) -> impl Iterator<Item = (Date, Arc<str>)> {
        self.earlier.iter().flat_map(|(date, tokens)| tokens.iter().map(|token| (*date, token.clone())))
    }

    /// Step 2: the Job of a launch exists.
    pub fn created(&mut self, launch: u64, uid: &Arc<str>) {
        if let Some(attempt) = self.attempt_mut(launch).filter(|a| a.stage == Stage::Recorded) {
            attempt.stage = Stage::Created { uid: uid.clone() };
        }
    }

    /// The Job of a launch has ended, is gone, or was never created.
    pub fn ended(&mut self, launch: u64, at: Timestamp, end: End, message: String) {
        if let Some(attempt) = self.attempt_mut(launch).filter(|a| !matches!(a.stage, Stage::Ended { .. })) {
            attempt.stage = Stage::Ended { at, end, message };
        }
    }

    /// The unsettled attempt of a launch.
    pub fn attempt(&self, launch: u64) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.launch == launch)
    }

    fn attempt_mut(&mut self, launch: u64) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|a| a.launch == launch)
    }

    /// The create of an attempt was refused. No Job has its number, so the next launch takes it.
    pub fn refused(&mut self, launch: u64) {
        if self.attempt(launch).is_some() {
            self.unpay(launch);
            self.forget(launch);
            self.spare.push(launch);
            self.spare.sort_unstable();
        }
    }

    /// Forgets an attempt that ran nothing, without a charge. Its tokens become unspent again.
    pub fn forget(&mut self, launch: u64) {
        let Some(at) = self.attempts.iter().position(|a| a.launch == launch) else { return };
        for (date, token) in self.attempts.remove(at).tokens {
            if self.tokens.get(&date) == Some(&token) {
                self.tokens.remove(&date);
            }
        }
        self.reopen_trial(launch);
    }

    /// Forgets everything about dates before this one: they have left the window, and the ledger would only grow.
    /// Attempts that cover only such dates stay while they are among the last. Returns whether anything was forgotten.
    pub fn forget_before(&mut self, first: Date) -> bool {
        let sizes = |ledger: &Self| {
            (
                ledger.recent.len(),
                ledger.tallies.len(),
                ledger.tokens.len(),
                ledger.earlier.len(),
                ledger.complete.len(),
            )
        };
        let before = sizes(self);
        let last = self.recent.len().saturating_sub(MAX_RECENT);
        if self.recent.iter().take(last).any(|settled| is_before(settled, first)) {
            let mut at = 0..;
            self.recent.retain(|settled| at.next() >= Some(last) || !is_before(settled, first));
        }
        if self.tallies.keys().any(|(_, date)| *date < first) {
            self.tallies.retain(|(_, date), _| *date >= first);
        }
        self.tokens.retain(|date, _| *date >= first);
        self.earlier.retain(|date, _| *date >= first);
        if let Some(last) = self.complete.last().filter(|_| self.complete.first().is_some_and(|date| date < first)) {
            let kept: DateSet = DateRange::new(first, last).into_iter().collect();
            self.complete = Arc::new(self.complete.intersect(&kept));
        }
        before != sizes(self)
    }

    /// Corrects instants that were noted while a clock was ahead, so that nothing waits for that clock: what has
    /// happened lies no later than now, and a backoff is never longer than its limit.
    pub fn none_ahead(&mut self, coverage: &Coverage, now: Timestamp) {
        let is_ahead = |attempt: &&Attempt| attempt.recorded_at > now;
        let ahead: Vec<Arc<str>> = self.attempts.iter().filter(is_ahead).map(|attempt| attempt.rung.clone()).collect();
        for attempt in &mut self.attempts {
            attempt.recorded_at = attempt.recorded_at.min(now);
            if let Stage::Ended { at, .. } = &mut attempt.stage {
                *at = (*at).min(now);
            }
        }
        self.recent.iter_mut().for_each(|settled| settled.at = settled.at.min(now));
        for ((rung, _), tally) in &mut self.tallies {
            let rung = coverage.fill.ladder.iter().find(|r| r.name == *rung);
            tally.retry_at = tally.retry_at.min(rung.map_or(now, |rung| longest_wait(rung, now)));
        }
        self.no_breaker_ahead(&coverage.fill.ladder, now);
        // A trial stays one, although it counts as recorded earlier now.
        let tried = self.breakers.iter_mut().filter(|(rung, _)| ahead.contains(rung));
        tried.for_each(|(_, breaker)| breaker.recorded(now));
    }

    /// Keeps the remaining waits the same when the clock is set.
    pub fn clock_moved(&mut self, by: SignedDuration) {
        let moved = |at: &mut Timestamp| *at = at.saturating_add(by).unwrap_or(*at);
        for attempt in &mut self.attempts {
            moved(&mut attempt.recorded_at);
            if let Stage::Ended { at, .. } = &mut attempt.stage {
                moved(at);
            }
        }
        self.recent.iter_mut().for_each(|settled| moved(&mut settled.at));
        self.tallies.values_mut().for_each(|tally| moved(&mut tally.retry_at));
        for opened in self.breakers.values_mut().filter_map(|breaker| breaker.opened.as_mut()) {
            moved(&mut opened.since);
            moved(&mut opened.until);
        }
    }

    /// Adopts the coverage's current fingerprints. A rung that fills differently starts without charges. If the
    /// question or the criteria changed, every rung does, and dates that were complete before cannot count as lost. The
    /// ledger of an earlier version keeps everything, because its fingerprints cannot be compared.
    pub fn rebase(&mut self, coverage: &Coverage, now: Timestamp) {
        self.rebase_breakers(coverage, now);
        let new = &coverage.fingerprints;
        if self.fingerprints.form == new.form {
            let old = &self.fingerprints.rungs;
            self.tallies.retain(|(rung, _), _| new.rungs.get(rung).is_some_and(|own| old.get(rung) == Some(own)));
            if self.fingerprints.question != new.question {
                self.complete = Arc::default();
            }
        }
        self.fingerprints = new.clone();
        self.take_templates(&coverage.fill.ladder);
    }
}

/// Whether every attempt lies before a date.
fn is_before(settled: &Settled, first: Date) -> bool {
    settled.outcomes.keys().all(|date| *date < first)
}

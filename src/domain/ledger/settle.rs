//! Step 3 of an attempt: its outcome per date, decided by a read after its end. A Job's exit code never completes a
//! cell.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::backoff::retry_at;
use super::{Attempt, Before, End, Ledger, Outcome, Stage, Tally};
use crate::domain::breaker::Told;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::policy::Coverage;

/// The outcome of an attempt for a date, and whether it counts against the rung.
#[derive(Clone, Copy)]
struct Came {
    outcome: Outcome,
    is_charged: bool,
    /// Whether the deciding read found the date complete.
    is_complete: bool,
    /// Whether the date's expectation has changed since its Job began, so that the outcome says nothing about the Job.
    has_moved: bool,
}

impl Came {
    /// A date that was not read has left the season.
    fn of(before: &Before, after: Option<&After>, end: End) -> Self {
        let gone = After { complete: true, mark: 0, covered: 0, values: 0 };
        let after_or_gone = after.unwrap_or(&gone);
        let outcome = outcome(before, after_or_gone, end);
        let has_moved = after.is_none_or(|after| after.has_moved(before))
            && matches!(outcome, Outcome::Ineffective | Outcome::Regressed | Outcome::Filled);
        let is_charged = outcome.is_charged() && !has_moved;
        Self { outcome, is_charged, is_complete: after_or_gone.complete, has_moved }
    }
}

/// What a date holds after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// Whether the verdict is Complete, or nothing is expected any more.
    pub complete: bool,
    /// As in [`Before::mark`].
    pub mark: u64,
    /// Units covered.
    pub covered: u32,
    /// As in [`Before::values`].
    pub values: u64,
}

/// What a read found on the dates of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// What each date holds. A date that is missing here has left the season.
    pub after: BTreeMap<Date, After>,
    /// Dates that were read but cannot be judged.
    pub open: DateSet,
}

/// A ledger after an attempt was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub ledger: Ledger,
    /// The attempt, as a breaker sees it; `None` if nothing was settled.
    pub told: Option<Told>,
}

impl After {
    /// Whether the date's expectation has changed: a game moved, or a spec was edited.
    fn has_moved(&self, before: &Before) -> bool {
        self.mark != before.mark
    }
}

/// The outcome of an attempt for one date. The order is that of the table in docs/concepts.md.
pub fn outcome(before: &Before, after: &After, end: End) -> Outcome {
    // Covered units can be compared only if the same units are expected as before.
    let units = |covered| if after.has_moved(before) { 0 } else { covered };
    let (was, is) = ((units(before.covered), before.values), (units(after.covered), after.values));
    match end {
        _ if after.complete && !before.complete => Outcome::Filled,
        End::Succeeded if after.complete => Outcome::Rebuilt,
        // A complete date passes these: its outcome follows from the Job's end alone.
        _ if !after.complete && is < was => Outcome::Regressed,
        _ if !after.complete && is > was => Outcome::Improved,
        End::Disrupted => Outcome::Disrupted,
        End::Exit(75) => Outcome::RateLimited,
        End::Exit(69) => Outcome::SourceDown,
        End::Exit(77) => Outcome::CredentialsRefused,
        End::Exit(65) => Outcome::Permanent,
        End::Exit(_) | End::Deadline | End::Killed => Outcome::Failed,
        End::Lost => Outcome::Lost,
        End::NeverStarted => Outcome::NeverStarted,
        End::Succeeded => Outcome::Ineffective,
    }
}

impl Ledger {
    /// Settles an ended attempt, after the caller has read all its dates at its end + `settle` or later. Dates that
    /// cannot be judged stay in the attempt, which keeps waiting for them. `told` is what a breaker learns from it.
    #[must_use]
    pub fn settle(&self, coverage: &Coverage, launch: u64, read: &Read, now: Timestamp) -> Settlement {
        let mut next = self.clone();
        let nothing = |ledger| Settlement { ledger, told: None };
        let Some(at) = next.attempts.iter().position(|a| a.launch == launch) else { return nothing(next) };
        let Stage::Ended { end, ref message, .. } = next.attempts[at].stage else { return nothing(next) };
        let message = message.clone();
        let attempt = next.take_judged(at, &read.open);
        let mut came = BTreeMap::new();
        for date in attempt.dates.iter() {
            let before = attempt.before.get(&date).copied().unwrap_or_default();
            let of_date = Came::of(&before, read.after.get(&date), end);
            next.charge(coverage, &attempt, date, of_date, now);
            came.insert(date, of_date);
        }
        let outcomes = |of: fn(&Came) -> bool| {
            came.iter().filter(|(_, came)| of(came)).map(|(date, came)| (*date, came.outcome)).collect()
        };
        let Attempt { launch, recorded_at, .. } = attempt;
        let told = Told {
            coverage: coverage.uid.clone(),
            launch,
            recorded_at,
            settled_at: now,
            end,
            outcomes: outcomes(|c| !c.has_moved),
            message: message.clone(),
        };
        if attempt.draw.is_none() {
            next.fold(&coverage.fill.ladder, &attempt.rung, &told);
        }
        let outcomes: BTreeMap<Date, Outcome> = outcomes(|_| true);
        next.end_trial(&attempt, outcomes.values());
        next.remember(&attempt, outcomes, message, now);
        Settlement { ledger: next, told: Some(told) }
    }

    /// Splits off the dates that can be judged. The others stay in the attempt.
    fn take_judged(&mut self, at: usize, open: &DateSet) -> Attempt {
        let mut attempt = self.attempts.remove(at);
        let left = attempt.dates.intersect(open);
        if !left.is_empty() {
            self.attempts.insert(at, Attempt { dates: left.clone(), ..attempt.clone() });
            left.iter().for_each(|date| attempt.dates.remove(date));
        }
        attempt
    }

    /// Charges an outcome to a date on its rung.
    fn charge(&mut self, coverage: &Coverage, attempt: &Attempt, date: Date, came: Came, now: Timestamp) {
        let Came { outcome, is_charged, is_complete, has_moved: _ } = came;
        let key = (attempt.rung.clone(), date);
        let old = self.tallies.get(&key).copied();
        if outcome.is_good() {
            if let Some(tally) = self.tallies.get_mut(&key) {
                *tally = Tally { last: outcome, alone: false, complete_reads: 1, ..*tally };
            }
            return;
        }
        let (charged, free) = old.map_or((0, 0), |t| (t.charged, t.free));
        let rung = coverage.fill.ladder.iter().find(|r| r.name == attempt.rung);
        // A trial of a changed template follows the last attempt, so it must not exceed the maximum.
        let most = rung.map_or(u8::MAX, |rung| rung.attempts).max(charged);
        let (charged, free) =
            if is_charged { (charged.saturating_add(1).min(most), 0) } else { (charged, free.saturating_add(1)) };
        let failures = u32::from(if is_charged { charged } else { free });
        let retry_at = rung.map_or(now, |rung| retry_at(rung, failures, &coverage.uid, date, attempt.launch, now));
        // With several dates, exit 65 does not say which one is unavailable. Each is tried alone before its rung is
        // used up.
        let alone = outcome == Outcome::Permanent && attempt.dates.len() > 1;
        self.tallies
            .insert(key, Tally { charged, free, last: outcome, retry_at, alone, complete_reads: is_complete.into() });
    }

    /// Notes reads, in date order. Most found nothing new, and cost one comparison. Returns whether any found something.
    pub fn note_reads(&mut self, reads: impl Iterator<Item = (Date, bool)>) -> bool {
        let tallied: BTreeSet<Date> = self.tallies.keys().map(|(_, date)| *date).collect();
        let news: Vec<(Date, bool)> = {
            let mut was_complete = self.complete.in_order();
            reads.filter(|(date, complete)| was_complete(*date) != *complete || tallied.contains(date)).collect()
        };
        let is_news = !news.is_empty();
        news.into_iter().for_each(|(date, complete)| self.note_read(date, complete));
        is_news
    }

    /// Notes dates that lost what their last attempt had filled, because another Job or program removed it. Such a date
    /// waits before it is filled again, longer each time, so that two programs that undo each other's work do not run
    /// forever.
    pub fn note_losses(&mut self, coverage: &Coverage, lost: impl Iterator<Item = Date>, now: Timestamp) {
        for date in lost.collect::<Vec<_>>() {
            let last = self.recent.iter().rev().find_map(|s| Some((s, *s.outcomes.get(&date)?)));
            let Some((settled, _)) = last.filter(|(_, outcome)| outcome.is_good()) else { continue };
            let Some(rung) = coverage.fill.ladder.iter().find(|r| r.name == settled.rung) else { continue };
            let (key, launch) = ((settled.rung.clone(), date), settled.launch);
            let (charged, free) = self.tallies.get(&key).map_or((0, 0), |t| (t.charged, t.free));
            let free = free.saturating_add(1);
            let retry_at = retry_at(rung, free.into(), &coverage.uid, date, launch, now);
            let last = Outcome::Regressed;
            self.tallies.insert(key, Tally { charged, free, last, retry_at, alone: false, complete_reads: 0 });
        }
    }

    /// The reads that found a date incomplete which was complete before.
    pub fn lost<'a>(&'a self, reads: impl Iterator<Item = (Date, bool)> + 'a) -> impl Iterator<Item = Date> + 'a {
        let mut was_complete = self.complete.in_order();
        reads.filter(move |(date, complete)| was_complete(*date) && !*complete).map(|(date, _)| date)
    }

    /// Notes one read of a date. Two in a row that found it complete clear its charges.
    pub fn note_read(&mut self, date: Date, complete: bool) {
        let known = Arc::make_mut(&mut self.complete);
        if complete {
            known.insert(date);
            self.forget_old();
        } else {
            known.remove(date);
        }
        if self.tallies.is_empty() {
            return;
        }
        let of_date = |key: &(Arc<str>, Date)| key.1 == date;
        self.tallies.iter_mut().filter(|(k, _)| of_date(k)).for_each(|(_, t)| {
            t.complete_reads = if complete { t.complete_reads.saturating_add(1) } else { 0 };
        });
        self.tallies.retain(|k, t| !of_date(k) || t.complete_reads < 2);
    }
}

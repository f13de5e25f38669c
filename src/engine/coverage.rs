//! One coverage between two passes: judged, noted, settled, and what it asks of the pass. It knows nothing of others.

use std::collections::BTreeMap;

use super::book::{Terms, not_probed};
use super::overview::Event;
use super::ports::Recorded;
use super::world::{CoverageState, later};
use crate::domain::admit::{Admission, Wanting};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp, shift};
use crate::domain::judge::Judged;
use crate::domain::ledger::{After, Before, Stage};
use crate::domain::schedule::Calendar;
use crate::domain::state::{Cell, Hold};
use crate::domain::suspicion::{AGREEING_READS, is_suspect};
use crate::domain::verdict::{UnknownReason, Verdict};

/// Last good facts say nothing any more after three cadences, but stand at least an hour (design §3).
const TOO_OLD_MILLIS: i64 = 60 * 60 * 1000;
/// A complete date this old is settled: its units are forgotten (design §13).
const SETTLED_DAYS: i32 = 30;

impl CoverageState {
    /// Judges every date.
    pub(super) fn judge(&mut self, calendar: &Calendar, now: Timestamp) {
        let terms = Terms {
            coverage: &self.coverage,
            zone: &calendar.zone,
            criteria: self.criteria,
            binds: Binding::is_asked_by(&self.coverage),
            now,
            too_old: later(now, -TOO_OLD_MILLIS),
            settled: shift(calendar.today, -SETTLED_DAYS),
            not_probed: not_probed(),
        };
        let days = self.days(calendar);
        self.judged.clear();
        self.judged.extend(self.book.judge(&terms, days));
        self.judged.shrink_to_fit();
    }

    pub(super) fn judgement(&self, date: Date) -> Option<&Judged> {
        self.judged.binary_search_by_key(&date, |(d, _)| *d).ok().map(|at| &self.judged[at].1)
    }

    /// After a look: suspicion first, then what the look found is noted in the ledger.
    pub(super) fn note_look(&mut self) {
        if !std::mem::take(&mut self.looked) {
            return;
        }
        if is_suspect(&self.ledger.complete, &self.judged) {
            let agreeing = self.doubt.map_or(0, |n| n.saturating_add(1));
            self.doubt = Some(agreeing).filter(|n| *n < AGREEING_READS);
            if self.doubt.is_some() {
                return;
            }
        }
        self.doubt = None;
        self.ledger.note_reads(self.judged.iter().filter_map(|(date, judged)| match judged.judgement.verdict {
            Verdict::Complete => Some((*date, true)),
            Verdict::Partial(_) | Verdict::Missing => Some((*date, false)),
            Verdict::NotExpected(_) | Verdict::Unknown(_) => None,
        }));
    }

    /// Step 3 of every attempt whose dates were all read after its end + `settle`.
    pub(super) fn settle(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        for attempt in self.ledger.attempts.clone() {
            let Some(settled_at) = self.settled_at(&attempt) else { continue };
            let read = self.book.confirmed_at.is_some_and(|at| at >= settled_at) && self.book.failure.is_none();
            let own: Vec<(Date, &Judged)> =
                attempt.dates.iter().filter_map(|d| Some((d, self.judgement(d)?))).collect();
            // A date with too many units was read: no look brings more, and its attempt is over.
            if !read || own.iter().any(|(date, j)| is_unread(j) && !self.book.overflows(*date)) {
                continue;
            }
            let after: BTreeMap<Date, After> = own.into_iter().map(|(d, j)| (d, self.after(d, j))).collect();
            self.ledger = self.ledger.settle(&self.coverage, attempt.launch, &after, now);
            if let Some(settled) = self.ledger.recent.back() {
                events.extend(super::events::settled(&self.coverage.key, settled, now));
            }
        }
        events
    }

    /// Whether the coverage can want anything at all.
    pub(super) fn may_want(&self) -> bool {
        self.stalled.is_none() && self.hold(false, false, Timestamp::MIN) != Some(Hold::Suspended)
    }

    fn after(&self, date: Date, judged: &Judged) -> After {
        let verdict = judged.judgement.verdict;
        let complete = matches!(verdict, Verdict::Complete | Verdict::NotExpected(_));
        After { complete, covered: judged.judgement.covered, values: self.book.content(&self.coverage, date).2 }
    }

    pub(super) fn before(&self, admission: &Admission) -> BTreeMap<Date, Before> {
        let before = |date| {
            let (mark, rows, values) = self.book.content(&self.coverage, date);
            Before { mark, rows, covered: self.judgement(date).map_or(0, |j| j.judgement.covered), values }
        };
        admission.admitted.dates.iter().map(|d| (d, before(d))).collect()
    }

    /// What holds all launches of the coverage.
    pub(super) fn hold(&self, season_suspended: bool, launches_off: bool, now: Timestamp) -> Option<Hold> {
        let holds = [
            (self.coverage.suspend || season_suspended, Hold::Suspended),
            (launches_off, Hold::LaunchesOff),
            (self.doubt.is_some(), Hold::SuspectProbe),
            (self.refused.as_ref().is_some_and(|(until, _, _)| *until > now), Hold::Quota),
            (self.proof.as_ref().is_some_and(Recorded::is_full), Hold::StatusFull),
        ];
        holds.into_iter().find_map(|(holds, hold)| holds.then_some(hold))
    }

    /// Nothing is admitted on top of a record that is not acknowledged.
    pub(super) fn may_launch(&self) -> bool {
        !self.saving && self.stalled.is_none() && self.ledger.attempts == self.saved.attempts
    }

    pub(super) fn live(&self) -> u32 {
        self.ledger.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count() as u32
    }

    /// What may be admitted. After a refusal it is one Job, which tells whether there is room again.
    pub(super) fn wanting(&self, unread: DateSet) -> Wanting<'_> {
        let wants = &self.assessment.wants;
        let waits = self.ledger.attempts.iter().any(|a| a.stage == Stage::Recorded);
        let most = if self.refused.is_none() { wants.len() } else { usize::from(!waits) };
        Wanting {
            coverage: &self.coverage,
            wants: wants.get(..most).unwrap_or(wants),
            live: self.live(),
            unsettled: self.ledger.attempts.len() as u32,
            unread,
        }
    }

    /// Keeps since when each cell is in its state; tells what changed, and whether anything did that people can see.
    pub(super) fn note_changes(&mut self, before: &[Cell], now: Timestamp) -> (Vec<Event>, bool) {
        let mut changed = Vec::new();
        let mut moved = before.len() != self.assessment.cells.len();
        let mut before = before.iter().peekable();
        for cell in &mut self.assessment.cells {
            while before.next_if(|old| old.date < cell.date).is_some() {}
            let old = before.next_if(|old| old.date == cell.date);
            cell.since = old.filter(|old| old.cause == cell.cause).map_or(now, |old| old.since);
            let was = self.told.take(cell).or(old.map(|old| old.cause));
            if was != Some(cell.cause) {
                changed.push((cell.date, was, cell.cause));
            }
            moved |= old != Some(&*cell);
        }
        (super::events::of_changes(&self.coverage.key, &changed, &self.assessment.cells, now), moved)
    }
}

/// A date whose facts are not known cannot settle anything.
fn is_unread(judged: &Judged) -> bool {
    use UnknownReason::{NotProbed, ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized};
    let unread = [NotProbed, ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized];
    matches!(judged.judgement.verdict, Verdict::Unknown(reason) if unread.contains(&reason))
}

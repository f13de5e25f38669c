//! One coverage between two passes: judged, noted, settled, and what it asks of the pass. It knows nothing of others.

use std::collections::BTreeMap;

use super::book::{Terms, basis, not_probed, too_old};
use super::overview::Event;
use super::ports::Recorded;
use super::stale::StaleSchedule;
use super::world::{CoverageState, SeasonState};
use crate::domain::admit::Wanting;
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp, shift};
use crate::domain::judge::Judged;
use crate::domain::ledger::{After, Before, Read, Stage};
use crate::domain::schedule::Calendar;
use crate::domain::state::{Cell, Hold};
use crate::domain::suspicion::{Doubt, is_suspect};
use crate::domain::verdict::Verdict;

/// A complete date this old is settled: its units are forgotten (design §13).
const SETTLED_DAYS: i32 = 30;

impl CoverageState {
    /// Judges every date.
    pub(super) fn judge(&mut self, calendar: &Calendar, stale: Option<&StaleSchedule>, now: Timestamp) {
        let terms = Terms {
            coverage: &self.coverage,
            zone: &calendar.zone,
            criteria: self.criteria,
            binds: Binding::is_asked_by(&self.coverage),
            now,
            too_old: too_old(&self.coverage),
            settled: shift(calendar.today, -SETTLED_DAYS),
            not_probed: not_probed(),
        };
        let days = self.days(calendar);
        self.judged.clear();
        match stale {
            None => self.judged.extend(self.book.judge(&terms, days)),
            Some(stale) => {
                let judged = self.book.judge(&terms, days);
                self.judged.extend(judged.map(|(date, judged)| (date, stale.weaken(calendar, date, judged))));
            }
        }
        self.judged.shrink_to_fit();
        self.overdue = self.book.is_overdue(now);
    }

    pub(super) fn judgement(&self, date: Date) -> Option<&Judged> {
        self.judged.binary_search_by_key(&date, |(d, _)| *d).ok().map(|at| &self.judged[at].1)
    }

    /// After a look: suspicion first, then what the look found is noted in the ledger.
    pub(super) fn note_look(&mut self, now: Timestamp) {
        let Some(asked_at) = self.looked.take() else { return };
        if is_suspect(&self.ledger.complete, &self.judged) {
            self.doubt = match self.doubt {
                None => Some(Doubt::new(asked_at)),
                Some(doubt) => doubt.after(asked_at, self.cadence),
            };
            if self.doubt.is_some() {
                return;
            }
        }
        self.doubt = None;
        let reads = || {
            self.judged.iter().filter_map(|(date, judged)| match judged.judgement.verdict {
                Verdict::Complete => Some((*date, true)),
                Verdict::Partial(_) | Verdict::Missing => Some((*date, false)),
                Verdict::NotExpected(_) | Verdict::Unknown(_) => None,
            })
        };
        let lost: Vec<Date> = self.ledger.lost(reads()).collect();
        self.ledger.note_losses(&self.coverage, lost.into_iter(), now);
        self.ledger.note_reads(reads());
    }

    /// Step 3 of every attempt of whose dates everything is known that decides it: each was confirmed after its end +
    /// `settle`, none is Unknown, and where one is not complete, neither the data nor the schedule is doubted.
    pub(super) fn settle(&mut self, season: &SeasonState, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        let doubted = self.doubt.is_some() || season.doubted.is_some();
        for attempt in self.ledger.attempts.clone() {
            let Some(settled_at) = self.settled_at(&attempt) else { continue };
            let own: Vec<(Date, &Judged)> =
                attempt.dates.iter().filter_map(|d| Some((d, self.judgement(d)?))).collect();
            let is_read = |date| self.book.confirmed_at(date).is_some_and(|at| at >= settled_at);
            let is_doubted =
                |judged: &Judged| doubted && matches!(judged.judgement.verdict, Verdict::Partial(_) | Verdict::Missing);
            // A date with too many units was read: no look brings more, and its attempt is over.
            let is_open = |date: Date, judged: &Judged| {
                matches!(judged.judgement.verdict, Verdict::Unknown(_)) && !self.book.overflows(date)
            };
            let (open, known): (Vec<_>, Vec<_>) = own.into_iter().partition(|(date, judged)| is_open(*date, judged));
            if known.is_empty() && !open.is_empty() || known.iter().any(|(d, j)| !is_read(*d) || is_doubted(j)) {
                continue;
            }
            let open = open.into_iter().map(|(date, _)| date).collect();
            let after = known.into_iter().map(|(d, j)| (d, self.after(&season.calendar, d, j))).collect();
            self.ledger = self.ledger.settle(&self.coverage, attempt.launch, &Read { after, open }, now);
            if let Some(settled) = self.ledger.recent.back() {
                events.extend(super::events::settled(&self.coverage.key, settled, now));
            }
        }
        events
    }

    /// Whether the coverage can want anything at all.
    pub(super) fn may_want(&self) -> bool {
        let is_refused = self.refused.as_ref().is_some_and(|refusal| refusal.lasts);
        self.stalled.is_none() && !is_refused && self.hold(false, false, Timestamp::MIN) != Some(Hold::Suspended)
    }

    fn after(&self, calendar: &Calendar, date: Date, judged: &Judged) -> After {
        let complete = lacks_nothing(judged);
        let held = self.held(calendar, date);
        After { complete, mark: held.mark, covered: held.covered, values: held.values }
    }

    /// What the dates of a launch hold before it.
    pub(super) fn before(&self, calendar: &Calendar, dates: &DateSet) -> BTreeMap<Date, Before> {
        dates.iter().map(|date| (date, self.held(calendar, date))).collect()
    }

    fn held(&self, calendar: &Calendar, date: Date) -> Before {
        let (rows, values) = self.book.content(&self.coverage, date);
        let judged = self.judgement(date);
        let covered = judged.map_or(0, |judged| judged.judgement.covered);
        let mark = calendar.days.get(&date).map_or(0, |day| basis(self.criteria, day));
        Before { mark, rows, covered, values, complete: judged.is_some_and(lacks_nothing) }
    }

    /// What holds all launches of the coverage.
    pub(super) fn hold(&self, season_suspended: bool, launches_off: bool, now: Timestamp) -> Option<Hold> {
        let holds = [
            (self.coverage.suspend || season_suspended, Hold::Suspended),
            (launches_off, Hold::LaunchesOff),
            (self.doubt.is_some(), Hold::SuspectProbe),
            (self.refused.as_ref().is_some_and(|refusal| refusal.holds(now)), Hold::Quota),
            (self.proof.as_ref().is_some_and(Recorded::is_full), Hold::StatusFull),
        ];
        holds.into_iter().find_map(|(holds, hold)| holds.then_some(hold))
    }

    /// Why every create is refused until a person changes something.
    pub(super) fn lasting_refusal(&self) -> Option<String> {
        self.refused.as_ref().filter(|refusal| refusal.lasts).map(|refusal| refusal.why.to_string())
    }

    /// Nothing is admitted on top of a record that is not acknowledged.
    pub(super) fn may_launch(&self) -> bool {
        !self.saving && self.stalled.is_none() && self.ledger.attempts == self.saved.attempts
    }

    pub(super) fn live(&self) -> u32 {
        self.ledger.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count() as u32
    }

    /// What may be admitted. Other coverages of a folder that moved may not have looked at it since: the names that it had
    /// before count, too. After a refusal it is one Job, which tells whether there is room again.
    pub(super) fn wanting(&self, unread: DateSet) -> Wanting<'_> {
        let wants = &self.assessment.wants;
        let waits = self.ledger.attempts.iter().any(|a| a.stage == Stage::Recorded);
        let most = if self.refused.is_none() { wants.len() } else { usize::from(!waits) };
        Wanting {
            coverage: &self.coverage,
            target: self.target(),
            aliases: self.all_names().filter(|name| *name != self.target()).collect(),
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

fn lacks_nothing(judged: &Judged) -> bool {
    matches!(judged.judgement.verdict, Verdict::Complete | Verdict::NotExpected(_))
}

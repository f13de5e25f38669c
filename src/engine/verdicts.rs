//! What is thought of a coverage: its judgements, its assessment, and the revisions of all that both rest on. A coverage is
//! assessed again when one of these has changed, or when the passing of time alone changes the result.

use super::book::{Terms, criteria_mark, not_probed, too_old};
use super::coverage::CoverageState;
use super::overview::Event;
use super::stale::StaleSchedule;
use super::tracked::Revision;
use crate::domain::assess::{Assessment, Unspent, Want};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, Timestamp, shift};
use crate::domain::judge::Judged;
use crate::domain::policy::Coverage;
use crate::domain::schedule::Calendar;
use crate::domain::state::Cell;
use crate::domain::suspicion::{Doubt, is_suspect};
use crate::domain::verdict::Verdict;

/// A complete date this old is settled: its units are forgotten.
const SETTLED_DAYS: i32 = 30;

/// What is thought of one coverage.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    judged: Vec<(Date, Judged)>,
    assessment: Assessment,
    /// The mark of the coverage's criteria.
    criteria: u64,
    doubt: Option<Doubt>,
    /// Why the coverage is left alone: its last assessment failed, or its spec is refused.
    stalled: Option<String>,
    /// Its spec is refused: what it tried is settled by the last one that was valid.
    is_refused: bool,
    /// It was judged on facts that were not confirmed for too long.
    was_overdue: bool,
    /// A look that finds nothing new still changes something: an attempt settles, a doubt ends, a charge is cleared.
    awaits_look: bool,
    /// What the assessment rests on; `None` before the first one.
    basis: Option<Basis>,
    /// Rises with every assessment.
    revision: Revision,
}

/// What all coverages have in common. A coverage's own share of it is looked up only when this has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub spec: Revision,
    pub seasons: Revision,
    pub jobs: Revision,
    pub sources: Revision,
}

/// What an assessment rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    common: Common,
    share: Share,
    own: Own,
}

/// A coverage's own share of what all have in common: its season's dates, its Jobs, and the sources of its ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub season: Revision,
    pub jobs: Revision,
    pub sources: Revision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Own {
    facts: Revision,
    ledger: Revision,
    saved: Revision,
    creates: Revision,
    /// The look that is to be noted, where that can change something by itself.
    look: Option<Timestamp>,
}

impl Verdicts {
    pub fn cells(&self) -> &[Cell] {
        &self.assessment.cells
    }

    pub fn wants(&self) -> &[Want] {
        &self.assessment.wants
    }

    pub fn reruns(&self) -> &[Unspent] {
        &self.assessment.reruns
    }

    /// When the passing of time alone changes the assessment.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.assessment.valid_until
    }

    pub fn criteria(&self) -> u64 {
        self.criteria
    }

    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    pub fn stalled(&self) -> Option<&str> {
        self.stalled.as_deref()
    }

    pub fn is_refused(&self) -> bool {
        self.is_refused
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// One judgement per date of the coverage, in date order.
    pub fn judged(&self) -> &[(Date, Judged)] {
        &self.judged
    }

    pub fn judgement(&self, date: Date) -> Option<&Judged> {
        self.judged.binary_search_by_key(&date, |(d, _)| *d).ok().map(|at| &self.judged[at].1)
    }

    /// Takes a new assessment; gives the one before.
    pub fn assessed(&mut self, assessment: Assessment) -> Assessment {
        std::mem::replace(&mut self.assessment, assessment)
    }

    /// The assessment failed: the coverage is left alone until it is edited.
    pub fn stall(&mut self, why: &str) {
        self.stalled = Some(why.into());
        self.assessment.valid_until = None;
    }

    /// The spec is refused from now on.
    pub fn refuse(&mut self, why: &str) {
        (self.stalled, self.is_refused) = (Some(why.into()), true);
        self.basis = None;
    }

    /// An edit changes what complete means, and ends what stalled the coverage. Data that is gone is still gone after an edit:
    /// a doubt stays as long as the question is the same.
    pub fn edited(&mut self, coverage: &Coverage, is_same_question: bool) {
        (self.stalled, self.is_refused) = (None, false);
        self.criteria = criteria_mark(coverage);
        self.doubt = self.doubt.filter(|_| is_same_question);
        self.basis = None;
    }

    pub fn clock_moved(&mut self, by: jiff::SignedDuration) {
        self.doubt.iter_mut().for_each(|doubt| doubt.clock_moved(by));
        self.basis = None;
    }

    /// For tests: a doubt.
    #[cfg(test)]
    pub fn pretend(&mut self, doubt: Doubt) {
        self.doubt = Some(doubt);
    }
}

impl CoverageState {
    fn own(&self) -> Own {
        Own {
            facts: self.facts.revision(),
            ledger: self.ledger.revision(),
            saved: self.saved.revision(),
            creates: self.creates.revision(),
            look: self.facts.news().filter(|_| self.verdicts.awaits_look),
        }
    }

    /// Whether the assessment rests on what is known now. `share` is asked for only where what is common has changed.
    pub(super) fn is_current(&self, common: Common, share: impl FnOnce() -> Share) -> bool {
        self.verdicts.basis.is_some_and(|basis| {
            let is_same = || basis.common == common || basis.common.spec == common.spec && basis.share == share();
            basis.own == self.own() && is_same()
        })
    }

    /// Whether time alone has changed what is thought of it.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let is_over = self.verdicts.valid_until().is_some_and(|at| at <= now);
        is_over || self.verdicts.was_overdue != self.facts.book().is_overdue(now)
    }

    /// What is thought of it now rests on what is known now. What the assessment itself changed is part of that.
    pub(super) fn rest_on(&mut self, common: Common, share: Share) {
        let noted = |tally: &crate::domain::ledger::Tally| tally.complete_reads > 0;
        let verdicts = &mut self.verdicts;
        verdicts.revision.raise();
        verdicts.awaits_look = verdicts.judged.is_empty()
            || verdicts.doubt.is_some()
            || verdicts.was_overdue
            || !self.ledger.attempts.is_empty()
            || self.ledger.tallies.values().any(noted);
        self.verdicts.basis = Some(Basis { common, share, own: self.own() });
    }

    /// The same assessment also rests on what is common now: the coverage's own share of it has not changed.
    pub(super) fn still_rests_on(&mut self, common: Common) {
        self.verdicts.basis.iter_mut().for_each(|basis| basis.common = common);
    }

    /// Judges every date.
    pub(super) fn judge(&mut self, calendar: &Calendar, stale: Option<&StaleSchedule>, now: Timestamp) {
        let terms = Terms {
            coverage: &self.coverage,
            zone: &calendar.zone,
            criteria: self.verdicts.criteria,
            binds: Binding::is_asked_by(&self.coverage),
            now,
            too_old: too_old(&self.coverage),
            today: calendar.today,
            settled: shift(calendar.today, -SETTLED_DAYS),
            not_probed: not_probed(),
        };
        let days = self.days(calendar);
        self.verdicts.was_overdue = self.facts.book().is_overdue(now);
        let judged = &mut self.verdicts.judged;
        judged.clear();
        let new = self.facts.judge(&terms, days);
        match stale {
            None => judged.extend(new),
            Some(stale) => judged.extend(new.map(|(date, judged)| (date, stale.weaken(calendar, date, judged)))),
        }
        judged.shrink_to_fit();
    }

    /// After a look: suspicion first, then what the look found is noted in the ledger.
    pub(super) fn note_look(&mut self, now: Timestamp) {
        let Some((asked_at, cadence)) = self.facts.take_news() else { return self.note_completed() };
        let Verdicts { judged, doubt, .. } = &mut self.verdicts;
        if is_suspect(&self.ledger.complete, judged) {
            *doubt = match *doubt {
                None => Some(Doubt::new(asked_at)),
                Some(doubt) => doubt.after(asked_at, cadence),
            };
            if doubt.is_some() {
                return;
            }
        }
        *doubt = None;
        let reads = || {
            judged.iter().filter_map(|(date, judged)| match judged.judgement.verdict {
                Verdict::Complete => Some((*date, true)),
                Verdict::Partial(_) | Verdict::Missing => Some((*date, false)),
                Verdict::NotExpected(_) | Verdict::Unknown(_) => None,
            })
        };
        let lost: Vec<Date> = self.ledger.lost(reads()).collect();
        self.ledger.change(|ledger| {
            let is_loss = !lost.is_empty();
            ledger.note_losses(&self.coverage, lost.into_iter(), now);
            ledger.note_reads(reads()) || is_loss
        });
    }

    /// Notes dates that are complete without a new look: the table was looked at before its schedule was known, or an edit
    /// changed what complete means. The ledger must not depend on which of them came first, and the next look may be a day
    /// away. What is lost is noted by a look alone.
    fn note_completed(&mut self) {
        let Verdicts { judged, doubt, .. } = &self.verdicts;
        if doubt.is_some() || !self.facts.book().was_looked_at {
            return;
        }
        let new: Vec<Date> = {
            let mut was_complete = self.ledger.complete.in_order();
            let is_new = |(date, judged): &&(Date, Judged)| {
                !was_complete(*date) && matches!(judged.judgement.verdict, Verdict::Complete)
            };
            judged.iter().filter(is_new).map(|(date, _)| *date).collect()
        };
        if !new.is_empty() && !is_suspect(&self.ledger.complete, judged) {
            self.ledger.change(|ledger| ledger.note_reads(new.iter().map(|date| (*date, true))));
        }
    }

    /// Keeps since when each cell is in its state; says what changed, and whether anything did that people can see.
    pub(super) fn note_changes(&mut self, before: &[Cell], now: Timestamp) -> (Vec<Event>, bool) {
        let mut changed = Vec::new();
        let cells = &mut self.verdicts.assessment.cells;
        let mut moved = before.len() != cells.len();
        let mut before = before.iter().peekable();
        for cell in cells.iter_mut() {
            while before.next_if(|old| old.date < cell.date).is_some() {}
            let old = before.next_if(|old| old.date == cell.date);
            cell.since = old.filter(|old| old.cause == cell.cause).map_or(now, |old| old.since);
            let was = self.shown.take_reported(cell).or(old.map(|old| old.cause));
            if was != Some(cell.cause) {
                changed.push((cell.date, was, cell.cause));
            }
            moved |= old != Some(&*cell);
        }
        (super::events::of_changes(&self.coverage.key, &changed, cells, now), moved)
    }
}

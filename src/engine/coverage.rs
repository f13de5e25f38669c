//! One coverage with all that is known of it, and what it asks of the pass. It knows nothing of others.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::book::basis;
use super::creates::Creates;
use super::facts::Facts;
use super::saved::{Outcome, Saved};
use super::season::SeasonState;
use super::shown::Shown;
use super::sources::{SourceState, source_key};
use super::strangers::Lost;
use super::tracked::Tracked;
use super::verdicts::Verdicts;
use crate::domain::admit::Wanting;
use crate::domain::breaker::Told;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::Judged;
use crate::domain::ledger::{After, Attempt, Before, Ledger, Read, Settlement, Stage};
use crate::domain::policy::{Coverage, Key};
use crate::domain::schedule::{Calendar, Day};
use crate::domain::state::Hold;
use crate::domain::verdict::Verdict;

/// A coverage with all that is known of it, part by part; each part has a file of its own.
pub(super) struct CoverageState {
    pub coverage: Coverage,
    /// What looks at its table found.
    pub facts: Facts,
    /// The bytes of the last read of its table for it.
    pub bytes_read: Option<u64>,
    /// What was tried.
    pub ledger: Tracked<Ledger>,
    /// What of that is stored.
    pub saved: Saved,
    /// Whether its ledger was lost.
    pub lost: Lost,
    /// Which creates are under way, and which went wrong.
    pub creates: Creates,
    /// What follows from all that.
    pub verdicts: Verdicts,
    /// What people see of it.
    pub shown: Shown,
}

impl CoverageState {
    /// A coverage as it is declared now, with what is known of it where it was declared before.
    pub(super) fn new(coverage: Coverage, old: Option<Self>, now: Timestamp) -> Self {
        let mut state = old.unwrap_or_else(|| Self {
            coverage: coverage.clone(),
            facts: Facts::default(),
            bytes_read: None,
            ledger: Tracked::default(),
            saved: Saved::default(),
            lost: Lost::default(),
            creates: Creates::default(),
            verdicts: Verdicts::default(),
            shown: Shown::default(),
        });
        let is_same_question = state.coverage.question == coverage.question && state.coverage.table == coverage.table;
        state.facts.edited(&state.coverage, &coverage);
        state.bytes_read = state.bytes_read.filter(|_| is_same_question);
        // An edit of other objects changes nothing about a refusal.
        if state.coverage != coverage {
            state.creates.edited();
        }
        state.verdicts.edited(&coverage, is_same_question);
        state.shown.forget_stored();
        let complete = state.ledger.complete.clone();
        state.ledger.rebase(&coverage, now);
        if state.verdicts.doubt().is_some() {
            state.ledger.complete = complete;
        }
        state.coverage = coverage;
        state
    }

    /// The coverage's own dates of its season, in order.
    pub(super) fn days<'a>(
        &self,
        calendar: &'a Calendar,
    ) -> impl DoubleEndedIterator<Item = (Date, &'a Day)> + use<'a> {
        let (from, through) = (self.coverage.from.unwrap_or(Date::MIN), self.coverage.through.unwrap_or(Date::MAX));
        let end = if from <= through { Bound::Included(through) } else { Bound::Excluded(from) };
        calendar.days.range((Bound::Included(from), end)).map(|(date, day)| (*date, day))
    }

    /// Step 3 of every attempt of whose dates everything is known that decides it: each was confirmed after its end +
    /// `settle`, none is Unknown, and where one is not complete, neither the data nor the schedule is doubted. Gives the
    /// outcomes, and what the breakers of sources learn.
    pub(super) fn settle(
        &mut self,
        season: &SeasonState,
        sources: &BTreeMap<Key, SourceState>,
        now: Timestamp,
    ) -> (Vec<Outcome>, Vec<(Arc<str>, Told)>) {
        let (mut outcomes, mut told) = (Vec::new(), Vec::new());
        let doubted = self.verdicts.doubt().is_some() || season.doubted().is_some();
        for attempt in self.ledger.attempts.clone() {
            let Some(settled_at) = self.settled_at(&attempt) else { continue };
            let own: Vec<(Date, &Judged)> =
                attempt.dates.iter().filter_map(|d| Some((d, self.verdicts.judgement(d)?))).collect();
            let book = self.facts.book();
            let is_read = |date| book.confirmed_at(date).is_some_and(|at| at >= settled_at);
            let is_doubted =
                |judged: &Judged| doubted && matches!(judged.judgement.verdict, Verdict::Partial(_) | Verdict::Missing);
            // A date with too many units was read: no look brings more, and its attempt is over.
            let is_open = |date: Date, judged: &Judged| {
                matches!(judged.judgement.verdict, Verdict::Unknown(_)) && !book.overflows(date)
            };
            let (open, known): (Vec<_>, Vec<_>) = own.into_iter().partition(|(date, judged)| is_open(*date, judged));
            if known.is_empty() && !open.is_empty() || known.iter().any(|(d, j)| !is_read(*d) || is_doubted(j)) {
                continue;
            }
            let open = open.into_iter().map(|(date, _)| date).collect();
            let after = known.into_iter().map(|(d, j)| (d, self.after(season.calendar(), d, j))).collect();
            let before = self.ledger.breakers.get(&attempt.rung).cloned().unwrap_or_default();
            let budget = attempt.draw.as_ref().and_then(|draw| {
                let source = sources.get(&source_key(&self.coverage.key.namespace, &draw.source))?;
                Some((&draw.source, source.source.budget.as_ref()?))
            });
            budget.into_iter().for_each(|(source, budget)| self.ledger.turn(source, budget, now));
            let Settlement { ledger, told: new } =
                self.ledger.settle(&self.coverage, attempt.launch, &Read { after, open }, now);
            *self.ledger = ledger;
            told.extend(attempt.draw.as_ref().zip(new).map(|(draw, told)| (draw.source.clone(), told)));
            let mut events = Vec::new();
            if let Some(settled) = self.ledger.recent.back() {
                events = super::events::settled(&self.coverage.key, settled, now);
            }
            let after = self.ledger.breakers.get(&attempt.rung);
            events.extend(super::events::of_breaker(
                &self.coverage.key,
                &format!("rung {}", attempt.rung),
                (&before, after),
                now,
            ));
            outcomes.extend(events.into_iter().map(|event| Outcome { launch: attempt.launch, event }));
        }
        (outcomes, told)
    }

    /// When the data of an ended attempt must be visible.
    pub(super) fn settled_at(&self, attempt: &Attempt) -> Option<Timestamp> {
        let Stage::Ended { at, .. } = attempt.stage else { return None };
        Some(self.visible_at(at))
    }

    /// When the data of a Job must be visible.
    pub(super) fn visible_at(&self, ended: Timestamp) -> Timestamp {
        self.coverage.fill.settle.elapsed_after(ended)
    }

    /// Whether the coverage can want anything at all.
    pub(super) fn may_want(&self) -> bool {
        let is_refused = self.creates.refused().is_some_and(|refusal| refusal.lasts);
        let is_stalled = self.verdicts.stalled().is_some();
        !is_stalled && !is_refused && self.hold(false, false, Timestamp::MIN) != Some(Hold::Suspended)
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
        let (rows, values) = self.facts.book().content(&self.coverage, date);
        let judged = self.verdicts.judgement(date);
        let covered = judged.map_or(0, |judged| judged.judgement.covered);
        let mark = calendar.days.get(&date).map_or(0, |day| basis(self.verdicts.criteria(), day));
        Before { mark, rows, covered, values, complete: judged.is_some_and(lacks_nothing) }
    }

    /// What holds all launches of the coverage.
    pub(super) fn hold(&self, season_suspended: bool, launches_off: bool, now: Timestamp) -> Option<Hold> {
        let holds = [
            (self.coverage.suspend || season_suspended, Hold::Suspended),
            (launches_off, Hold::LaunchesOff),
            (self.verdicts.doubt().is_some(), Hold::SuspectProbe),
            (self.creates.refused().is_some_and(|refusal| refusal.holds(now)), Hold::LaunchRefused),
            (self.saved.is_full(), Hold::StatusFull),
        ];
        holds.into_iter().find_map(|(holds, hold)| holds.then_some(hold))
    }

    /// Why its creates are refused until a person changes something.
    pub(super) fn lasting_refusal(&self) -> Option<String> {
        self.creates.refused().filter(|refusal| refusal.lasts).map(|refusal| refusal.why.to_string())
    }

    /// Nothing is admitted on top of a record that is not acknowledged.
    pub(super) fn may_launch(&self) -> bool {
        let is_saved = self.ledger.attempts == self.saved.ledger().attempts;
        !self.saved.is_under_way() && self.verdicts.stalled().is_none() && is_saved
    }

    fn live(&self) -> u32 {
        self.ledger.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count() as u32
    }

    /// What may be admitted. Other coverages of a folder that moved may not have looked at it since: the names that it had
    /// before count, too. After a refusal it is one Job, which shows whether there is room again.
    pub(super) fn wanting(&self, unread: DateSet, now: Timestamp) -> Wanting<'_> {
        let wants = self.verdicts.wants();
        let waits = self.ledger.attempts.iter().any(|a| a.stage == Stage::Recorded);
        let most = if self.creates.refused().is_none() { wants.len() } else { usize::from(!waits) };
        Wanting {
            coverage: &self.coverage,
            target: self.target(),
            aliases: self.all_names().filter(|name| *name != self.target()).collect(),
            wants: wants.get(..most).unwrap_or(wants),
            live: self.live(),
            unsettled: self.ledger.attempts.len() as u32,
            unread,
            gates: self.ledger.gates(&self.coverage.fill.ladder, now),
        }
    }
}

fn lacks_nothing(judged: &Judged) -> bool {
    matches!(judged.judgement.verdict, Verdict::Complete | Verdict::NotExpected(_))
}

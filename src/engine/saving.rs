//! What is stored when: ledgers that changed, what people see of them, and what is read back.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::call::Call;
use super::coverage::CoverageState;
use super::look::later;
use super::ports::{Loaded, Recorded, SaveFault, Stored};
use super::sources::changed_sources;
use super::world::{Loading, World};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Attempt, Ledger, Stage};
use crate::domain::policy::Key;

impl World {
    /// Every ledger that differs from what is saved, and every view that differs from what people see; one write
    /// carries both.
    pub(super) fn saves(&mut self, now: Timestamp) -> Vec<Call> {
        let every = self.limits.report_every;
        let due = |s: &CoverageState| !s.saved.is_under_way() && s.save_at(every).is_some_and(|at| at <= now);
        let keys: Vec<Key> = self.coverages.iter().filter(|(_, s)| due(s)).map(|(k, _)| k.clone()).collect();
        let mut calls = Vec::new();
        for key in keys {
            let view = self.coverages.get(&key).filter(|s| every.is_some() && s.is_reported()).map(|s| self.view(s));
            let Some(state) = self.coverages.get_mut(&key) else { continue };
            state.saved.begin();
            state.shown.sent(view.is_some(), now);
            calls.push(Call::Save {
                coverage: key,
                uid: state.coverage.uid.clone(),
                at: state.saved.version().unwrap_or(0),
                ledger: Arc::new(Ledger::clone(&state.ledger)),
                view: view.map(Box::new),
            });
        }
        calls
    }

    pub(super) fn saved(
        &mut self,
        key: &Key,
        ledger: &Arc<Ledger>,
        result: Result<Recorded, SaveFault>,
        now: Timestamp,
    ) {
        let Some(state) = self.coverages.get_mut(key) else { return };
        // Whatever was decided on a ledger that is not the stored one is decided again.
        if !state.saved.answered(ledger, result, now) {
            state.shown.forget_stored();
            self.loading = Loading::Wanted { not_before: state.saved.not_before() };
        }
        self.events.extend(state.saved.take_outcomes());
    }

    pub(super) fn loaded(&mut self, stored: Result<Loaded, String>, now: Timestamp) {
        let Ok(Loaded { ledgers: stored, sources }) = stored else {
            self.loading = Loading::Wanted { not_before: later(now, 2000) };
            return;
        };
        self.loading = Loading::Done;
        let stored_uids: BTreeSet<Arc<str>> = stored.iter().map(|s| s.uid.clone()).collect();
        let mut changed = BTreeSet::new();
        for stored in stored {
            changed.extend(self.take_stored(stored, now));
        }
        // A store that has none of a coverage lost it, where Jobs of its launches are there.
        for state in self.coverages.values_mut().filter(|s| !stored_uids.contains(&s.coverage.uid)) {
            state.lost.found(state.is_untried());
            self.jobs.next_list = now;
        }
        let mut jobs = self.jobs.all().to_vec();
        self.disown(&mut jobs);
        self.jobs.replace(jobs);
        self.recognize(now);
        self.load_sources(sources, now);
        self.rungs_changed(&changed, now);
    }

    /// Gives the sources of which a rung fills in another way than the stored ledger says.
    fn take_stored(&mut self, stored: Stored, now: Timestamp) -> BTreeSet<Key> {
        let Some(state) = self.coverages.get_mut(&stored.coverage).filter(|s| s.coverage.uid == stored.uid) else {
            return BTreeSet::new();
        };
        // A save that is under way, or younger than this read, knows better.
        if state.saved.is_under_way() || state.saved.version().is_some_and(|version| version >= stored.version) {
            return BTreeSet::new();
        }
        // Launch numbers never fall: a status that was wiped leaves its Jobs behind.
        state.lost.found(state.ledger.launches == 0 && (!stored.is_whole || stored.ledger.launches == 0));
        let most = state.most_launches().max(stored.ledger.launches);
        let changed = changed_sources(&stored.ledger, &state.coverage);
        let own = self.jobs.of(&stored.uid).map(|j| j.launch).filter(|launch| *launch <= most).max();
        // A list that came before the ledger said nothing of its attempts.
        self.jobs.next_list = now;
        state.take_stored(stored, own, now);
        self.events.extend(state.saved.take_outcomes());
        changed
    }
}

impl CoverageState {
    /// Takes the stored ledger; `last` is the highest launch of its Jobs, which counts where the ledger was lost.
    fn take_stored(&mut self, stored: Stored, last: Option<u64>, now: Timestamp) {
        let Stored { ledger, is_whole, reported, version, .. } = stored;
        let launches = self.ledger.launches;
        let own = last.filter(|_| self.lost.is_lost()).unwrap_or(0);
        if !is_whole || ledger.launches < own.max(self.saved.ledger().launches) {
            self.lost.rebuilt();
        }
        // What another writer changed shows in the attempts and counts that people see, whatever follows from it.
        if *self.ledger != ledger {
            self.shown.changed_aside();
        }
        let is_first = self.saved.proof().is_none();
        self.saved.loaded(ledger.clone(), version);
        *self.ledger = ledger;
        self.ledger.launches = self.ledger.launches.max(launches).max(own);
        self.ledger.rebase(&self.coverage, now);
        self.ledger.none_ahead(&self.coverage, now);
        // What another process recorded, it may have created.
        if self.ledger.attempts.iter().any(|a| a.stage == Stage::Recorded) {
            self.creates.inherited(now);
        }
        // Later on the cells hold what was reported.
        if is_first && !reported.is_empty() {
            self.shown.recall(reported);
        }
        // A writer that changed the ledger may have changed the view beside it, too.
        if !is_first {
            self.shown.forget_stored();
        }
    }

    /// Nothing of it was stored, is being stored, or was launched.
    fn is_untried(&self) -> bool {
        self.saved.proof().is_none() && !self.saved.is_under_way() && self.ledger.launches == 0
    }

    /// Whether it was looked at since the start: before, what people see is left unchanged.
    pub(super) fn was_seen(&self) -> bool {
        let book = self.facts.book();
        book.confirmed_at.is_some() || book.failure.is_some() || self.verdicts.stalled().is_some()
    }

    /// Whether its view is stored. The status of a refused spec says why it is refused, and no more.
    fn is_reported(&self) -> bool {
        self.was_seen() && !self.verdicts.is_refused()
    }

    /// When the ledger, or what people see, is to be saved. A record is urgent, for a Job waits for it; the rest may
    /// wait for more of its kind, so that many changes are one write.
    pub(super) fn save_at(&self, every: Option<SignedDuration>) -> Option<Timestamp> {
        let differs = *self.ledger != *self.saved.ledger();
        let urgent = differs && (every.is_none() || self.has_new_record());
        let wait = every.map_or(0, |every| i64::try_from(every.as_millis()).unwrap_or(i64::MAX));
        let tells = every.is_some() && !self.shown.is_stored() && self.is_reported();
        let after = self.saved.not_before();
        let at = if urgent { after } else { after.max(later(self.shown.stored_at(), wait)) };
        (differs || tells).then_some(at)
    }

    fn has_new_record(&self) -> bool {
        let is_new = |a: &&Attempt| a.stage == Stage::Recorded && self.saved.ledger().attempt(a.launch).is_none();
        self.ledger.attempts.iter().any(|a| is_new(&a))
    }
}

//! What is stored when: ledgers that changed, what people see of them, and what is read back.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::call::Call;
use super::look::{later, look_again};
use super::ports::{Recorded, SaveFault, Stored};
use super::refusal::Unclear;
use super::told::Told;
use super::world::{CoverageState, Loading, World};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Attempt, Ledger, Stage};
use crate::domain::policy::Key;

impl World {
    /// Every ledger that differs from what is saved, and every view that differs from what people see; one write
    /// carries both.
    pub(super) fn saves(&mut self, now: Timestamp) -> Vec<Call> {
        let every = self.limits.report_every;
        let due = |s: &CoverageState| !s.saving && s.save_at(every).is_some_and(|at| at <= now);
        let keys: Vec<Key> = self.coverages.iter().filter(|(_, s)| due(s)).map(|(k, _)| k.clone()).collect();
        let mut calls = Vec::new();
        for key in keys {
            let view = self.coverages.get(&key).filter(|s| every.is_some() && s.is_told()).map(|s| self.view(s));
            let Some(state) = self.coverages.get_mut(&key) else { continue };
            state.saving = true;
            state.told_at = now;
            state.untold &= view.is_none();
            calls.push(Call::Save {
                coverage: key,
                uid: state.coverage.uid.clone(),
                at: state.proof.as_ref().map_or(0, |p| p.version()),
                ledger: Arc::new(state.ledger.clone()),
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
        state.saving = false;
        state.dirty = true;
        match result {
            Ok(proof) => {
                state.saved = ledger.clone();
                state.proof = Some(proof);
                state.save_faults = 0;
            }
            // Whatever was decided on a ledger that is not the stored one is decided again.
            Err(_) => {
                state.save_faults += 1;
                state.save_after = look_again(now, state.save_faults - 1);
                state.untold = true;
                self.loading = Loading::Wanted { not_before: state.save_after };
            }
        }
    }

    pub(super) fn loaded(&mut self, stored: Result<Vec<Stored>, String>, now: Timestamp) {
        let Ok(stored) = stored else {
            self.loading = Loading::Wanted { not_before: later(now, 2000) };
            return;
        };
        self.loading = Loading::Done;
        let stored_uids: BTreeSet<Arc<str>> = stored.iter().map(|s| s.uid.clone()).collect();
        for Stored { coverage, uid, ledger, is_whole, told, version } in stored {
            let Some(state) = self.coverages.get_mut(&coverage).filter(|s| s.coverage.uid == uid) else { continue };
            // A save that is under way, or younger than this read, knows better.
            if state.saving || state.proof.as_ref().is_some_and(|p| p.version() >= version) {
                continue;
            }
            let launches = state.ledger.launches;
            // Launch numbers never fall: somebody wiped the status while its Jobs go on.
            state.is_lost = launches == 0 && (!is_whole || ledger.launches == 0);
            let most = state.most_launches().max(ledger.launches);
            let own = self.jobs.of(&uid).map(|j| j.launch).filter(|launch| *launch <= most).max();
            let own = own.filter(|_| state.is_lost).unwrap_or(0);
            state.rebuilt |= !is_whole || ledger.launches < own.max(state.saved.launches);
            // A list that came before the ledger said nothing of its attempts.
            self.jobs.next_list = now;
            // What others wrote shows in the attempts and counts that people see, whatever follows from it.
            self.revision += u64::from(state.ledger != ledger);
            state.saved = Arc::new(ledger.clone());
            state.ledger = ledger;
            state.ledger.launches = state.ledger.launches.max(launches).max(own);
            state.ledger.rebase(&state.coverage);
            state.ledger.none_ahead(&state.coverage, now);
            // What another process recorded, it may have created.
            if state.ledger.attempts.iter().any(|a| a.stage == Stage::Recorded) {
                state.unclear.get_or_insert(Unclear::inherited(now)).at = now;
            }
            // Later on the cells tell what people were told.
            if state.proof.is_none() && !told.is_empty() {
                state.told = Told::new(told);
            }
            // Who changed what stood there may have changed what people see of it, too.
            state.untold |= state.proof.is_some();
            state.proof = Some(Recorded::acknowledged(version));
            state.dirty = true;
        }
        // A store that has none of a coverage lost it, where Jobs of its launches are there.
        for state in self.coverages.values_mut().filter(|s| !stored_uids.contains(&s.coverage.uid)) {
            state.is_lost = state.is_untried();
            self.jobs.next_list = now;
        }
        let mut jobs = self.jobs.all().to_vec();
        self.disown(&mut jobs);
        self.jobs.replace(jobs);
        self.recognize(now);
    }
}

impl CoverageState {
    /// Nothing of it was stored, is being stored, or was launched.
    fn is_untried(&self) -> bool {
        self.proof.is_none() && !self.saving && self.ledger.launches == 0
    }

    /// Whether it was looked at since the start: before, what people see is left as it stands.
    pub(super) fn was_seen(&self) -> bool {
        self.book.confirmed_at.is_some() || self.book.failure.is_some() || self.stalled.is_some()
    }

    /// Whether people are told what it is. Of a refused spec they are told why, and no more.
    fn is_told(&self) -> bool {
        self.was_seen() && !self.is_refused
    }

    /// When the ledger, or what people see, is to be saved. A record is urgent, for a Job waits for it; the rest may
    /// wait for more of its kind, so that many changes are one write.
    pub(super) fn save_at(&self, every: Option<SignedDuration>) -> Option<Timestamp> {
        let differs = self.ledger != *self.saved;
        let urgent = differs && (every.is_none() || self.has_new_record());
        let wait = every.map_or(0, |every| i64::try_from(every.as_millis()).unwrap_or(i64::MAX));
        let tells = every.is_some() && self.untold && self.is_told();
        let at = if urgent { self.save_after } else { self.save_after.max(later(self.told_at, wait)) };
        (differs || tells).then_some(at)
    }

    fn has_new_record(&self) -> bool {
        let is_new = |a: &&Attempt| a.stage == Stage::Recorded && self.saved.attempt(a.launch).is_none();
        self.ledger.attempts.iter().any(|a| is_new(&a))
    }
}

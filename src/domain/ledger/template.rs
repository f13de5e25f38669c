//! A changed jobTemplate gives one trial to each rung that is used up, or may soon be by attempts with the old
//! template. The trial runs on one date, and its outcome decides for the others.

use alloc::sync::Arc;

use super::{Attempt, Ledger, Outcome};
use crate::domain::policy::Rung;

/// The template of a rung's Jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// Changes whenever the template changes.
    pub mark: u64,
    /// Whether it has changed and was not tried since.
    pub trial: Trial,
}

/// Whether a changed template must be tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trial {
    /// There is nothing to try.
    #[default]
    None,
    /// It is tried on the newest exhausted date, once there is one. Attempts with the old template may still be
    /// running.
    Open,
    /// This launch tries it.
    Launch(u64),
}

impl Ledger {
    /// Whether a used-up rung may be tried again.
    pub fn has_trial(&self, rung: &str) -> bool {
        self.templates.get(rung).is_some_and(|t| t.trial == Trial::Open)
    }

    /// Adopts the current templates. A changed one opens a trial if its rung is used up for any date.
    pub(super) fn take_templates(&mut self, ladder: &[Rung]) {
        self.templates.retain(|name, _| ladder.iter().any(|rung| rung.name == *name));
        for rung in ladder {
            let Some(mark) = rung.template else { continue };
            let trial = match self.templates.get(&rung.name) {
                Some(old) if old.mark == mark => continue,
                Some(_) if self.has_used_up(rung) || self.is_under_way(rung) => Trial::Open,
                _ => Trial::None,
            };
            self.templates.insert(rung.name.clone(), Template { mark, trial });
        }
    }

    fn has_used_up(&self, rung: &Rung) -> bool {
        self.tallies.iter().any(|((name, _), tally)| *name == rung.name && tally.uses_up(rung))
    }

    fn is_under_way(&self, rung: &Rung) -> bool {
        self.attempts.iter().any(|attempt| attempt.rung == rung.name)
    }

    /// A launch tries the template of its rung.
    pub(super) fn begin_trial(&mut self, rung: &str, launch: u64) {
        self.templates.get_mut(rung).into_iter().for_each(|t| t.trial = Trial::Launch(launch));
    }

    /// A forgotten launch tried nothing, so its trial is open again.
    pub(super) fn reopen_trial(&mut self, launch: u64) {
        self.templates.values_mut().filter(|t| t.trial == Trial::Launch(launch)).for_each(|t| t.trial = Trial::Open);
    }

    /// A trial was settled. If it helped, all dates of the rung start without charges.
    pub(super) fn end_trial<'a>(&mut self, attempt: &Attempt, outcomes: impl IntoIterator<Item = &'a Outcome>) {
        let rung: &Arc<str> = &attempt.rung;
        let own = |t: &&mut Template| t.trial == Trial::Launch(attempt.launch);
        let Some(template) = self.templates.get_mut(rung).filter(own) else { return };
        template.trial = Trial::None;
        if outcomes.into_iter().any(|outcome| outcome.helped()) {
            self.tallies.retain(|(name, _), _| name != rung);
        }
    }
}

//! The facts of one date: what is held of it, what that rests on, and what it amounts to now.

use std::num::NonZeroU64;
use std::sync::Arc;

use jiff::SignedDuration;

use super::book::{Terms, basis, good_for};
use super::observe::expected;
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, Timestamp, days_between};
use crate::domain::judge::{Judged, Known, judge_day, values_of};
use crate::domain::mark::Blind;
use crate::domain::probe::DateFacts;
use crate::domain::schedule::Day;
use crate::domain::verdict::{Judgement, Unknown, Verdict};

/// The facts of one date.
#[derive(Debug)]
pub(super) struct Entry {
    pub held: Held,
    /// The mark and the binding that the facts rest on.
    pub rests_on: u64,
    /// What was bound when they were asked for: facts are no answer where something else is bound now.
    pub bound: Option<NonZeroU64>,
    pub read_at: Timestamp,
    /// Rare, and there are millions of entries.
    pub failure: Option<Box<Failure>>,
}

/// Why the last read of a date brought nothing.
#[derive(Debug)]
pub(super) struct Failure {
    pub unknown: Arc<Unknown>,
    /// The mark and the binding on which the same read fails again; `None` when it may succeed the next time.
    pub rests_on: Option<u64>,
    /// When it was read.
    pub at: Timestamp,
    /// When what is held was confirmed last.
    pub confirmed_at: Option<Timestamp>,
}

/// What is held of a date.
#[derive(Debug)]
pub(super) enum Held {
    Nothing,
    Facts(Arc<DateFacts>),
    Folded(Folded),
}

/// What the facts of a date amounted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// It was Complete.
    pub judgement: Arc<Judgement>,
    /// As [`values_of`] counted them.
    pub values: u64,
    /// What the date expected and what complete meant: under another basis the facts are wanted again.
    pub basis: u64,
}

/// What the last looks at a table say of all its dates.
pub(super) struct Seen<'a> {
    pub failure: Option<&'a Unknown>,
    pub was_looked_at: bool,
    /// When the dates were confirmed by a mark.
    pub confirmed_at: Option<Timestamp>,
    pub blind: Blind,
    pub good_for: SignedDuration,
    pub is_overdue: bool,
}

impl Seen<'_> {
    /// How long a date's facts hold. Of an altogether blind table each date is read at its own intervals.
    fn good_for(&self, terms: &Terms<'_>, date: Date) -> SignedDuration {
        let own =
            (self.blind == Blind::All).then(|| self.blind.reread_every(days_between(date, terms.today))).flatten();
        own.map_or(self.good_for, |every| self.good_for.max(good_for(every)))
    }
}

/// What was said last: of a date that expects something, and of one that does not.
#[derive(Default)]
pub(super) struct Last {
    on: Option<Arc<Judgement>>,
    off: Option<Arc<Judgement>>,
}

impl Last {
    pub fn judge(&mut self, terms: &Terms<'_>, day: &Day, known: Known<'_>) -> Judged {
        let judged = judge_day(terms.coverage, terms.zone, Some(day), known, terms.now);
        judged.map(|judgement| self.share(judgement, day))
    }

    /// The judgement before, where that says the same.
    fn share(&mut self, judgement: Judgement, day: &Day) -> Arc<Judgement> {
        let last = if is_on(day) { &mut self.on } else { &mut self.off };
        match last {
            Some(last) if **last == judgement => last.clone(),
            _ => last.insert(judgement.into()).clone(),
        }
    }
}

impl Entry {
    /// Whether a read would bring nothing new: what is held answers what is asked, or the same read would fail again.
    pub fn is_known(&self, rests_on: u64, basis: u64) -> bool {
        let answers = match &self.held {
            Held::Nothing => false,
            Held::Facts(_) => true,
            Held::Folded(folded) => folded.basis == basis,
        };
        match &self.failure {
            Some(failure) => failure.rests_on == Some(rests_on),
            None => answers && self.rests_on == rests_on,
        }
    }

    /// When it was read last, even if that failed.
    pub fn tried_at(&self) -> Timestamp {
        self.failure.as_ref().map_or(self.read_at, |failure| failure.at)
    }

    /// When what is held was confirmed last, where a look confirmed all others at this instant.
    pub fn confirmed_at(&self, all: Option<Timestamp>) -> Option<Timestamp> {
        match (&self.failure, &self.held) {
            (_, Held::Nothing) => None,
            (Some(failure), _) => failure.confirmed_at,
            (None, _) => all.max(Some(self.read_at)),
        }
    }

    pub fn judge(&mut self, terms: &Terms<'_>, seen: &Seen<'_>, date: Date, day: &Day, last: &mut Last) -> Judged {
        let failure = self.failure_of(terms, seen, date);
        let confirmed_at = failure.and_then(|_| self.confirmed_at(seen.confirmed_at));
        let until = confirmed_at.and_then(|at| at.saturating_add(seen.good_for(terms, date)).ok());
        let until = until.filter(|until| *until > terms.now);
        let holds = failure.is_none() || until.is_some();
        let (never, is_good) = (Known::Never(failure.unwrap_or(&terms.not_probed)), failure.is_none());
        let known = match &self.held {
            Held::Folded(folded) if holds && is_on(day) && folded.basis == basis(terms.criteria, day) => {
                return Judged { judgement: folded.judgement.clone(), valid_until: until };
            }
            Held::Facts(facts) if holds && self.answers(terms, day) => match failure {
                Some(failure) => Known::Old(facts, failure),
                None if seen.was_looked_at => Known::Fresh(facts),
                None => never,
            },
            _ => never,
        };
        let mut judged = last.judge(terms, day, known);
        judged.valid_until = judged.valid_until.into_iter().chain(until).min();
        if date < terms.settled && is_good {
            self.fold(terms, day, &judged);
        }
        judged
    }

    /// Why what is held may not be so any more.
    fn failure_of<'a>(&'a self, terms: &'a Terms<'_>, seen: &Seen<'a>, date: Date) -> Option<&'a Unknown> {
        let own = self.failure.as_deref().map(|own| &*own.unknown);
        let is_old = || terms.now.duration_since(self.read_at) >= seen.good_for(terms, date);
        let overdue = || (seen.is_overdue && is_old()).then_some(&terms.too_old);
        own.or(seen.failure).or_else(overdue)
    }

    /// Whether what was asked is what would be asked now.
    fn answers(&self, terms: &Terms<'_>, day: &Day) -> bool {
        match self.bound {
            None if !terms.binds => true,
            bound => bound == Binding::new(terms.coverage, expected(Some(day))).mark(),
        }
    }

    fn fold(&mut self, terms: &Terms<'_>, day: &Day, judged: &Judged) {
        let Held::Facts(facts) = &self.held else { return };
        if is_on(day) && judged.judgement.verdict == Verdict::Complete && judged.valid_until.is_none() {
            let values = values_of(terms.coverage, facts);
            let basis = basis(terms.criteria, day);
            self.held = Held::Folded(Folded { judgement: judged.judgement.clone(), values, basis });
        }
    }
}

fn is_on(day: &Day) -> bool {
    matches!(day, Day::On(_))
}

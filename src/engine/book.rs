//! The facts of one coverage: what is known of each date, and what that rests on. Settled dates are folded: once an old
//! date was judged Complete, its units are forgotten and the judgement is kept in their place, as long as its basis is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Arc;

use jiff::SignedDuration;

use super::observe::expected;
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::{Judged, Known, judge_day, values_of};
use crate::domain::mark::{TableMark, mix, stable_hash};
use crate::domain::policy::Coverage;
use crate::domain::probe::{DateFacts, Undated};
use crate::domain::schedule::Day;
use crate::domain::span::Span;
use crate::domain::verdict::{Judgement, Unknown, UnknownReason, Verdict};

/// The facts of one coverage.
#[derive(Debug)]
pub(super) struct Book {
    pub dates: BTreeMap<Date, Entry>,
    /// The last look at the table failed.
    pub failure: Option<Unknown>,
    /// Rows that count for no date, by the mark of their part.
    pub undated: BTreeMap<u64, Undated>,
    /// When the last look that ended well was asked for: the mark that it saw confirmed every date but those with a failure
    /// of their own. There are millions of dates, and almost all have this instant in common.
    pub confirmed_at: Option<Timestamp>,
    /// How long facts hold without being confirmed again: three cadences of the table, and at least an hour.
    pub good_for: SignedDuration,
    /// Until when `confirmed_at` holds.
    pub good_until: Timestamp,
    /// When the look under way was asked for, if it asked for this book: what came meanwhile is asked for by the next one.
    pub asked_at: Option<Timestamp>,
    /// A look has ended well since the start. Before, what is held is only remembered, and does not count.
    pub was_looked_at: bool,
}

/// Facts hold at least this long without being confirmed.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// And this many cadences of their table.
const GOOD_CADENCES: i64 = 3;

/// How long facts of a table hold that is looked at with this cadence.
pub(super) fn good_for(cadence: Span) -> SignedDuration {
    SignedDuration::from_secs(cadence.as_seconds().saturating_mul(GOOD_CADENCES)).max(GOOD_FOR)
}

impl Default for Book {
    fn default() -> Self {
        Self {
            dates: BTreeMap::new(),
            failure: None,
            undated: BTreeMap::new(),
            confirmed_at: None,
            good_for: GOOD_FOR,
            good_until: Timestamp::MAX,
            asked_at: None,
            was_looked_at: false,
        }
    }
}

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

/// What one judging of a coverage needs besides its book.
pub(super) struct Terms<'a> {
    pub coverage: &'a Coverage,
    pub zone: &'a jiff::tz::TimeZone,
    pub criteria: u64,
    /// Dates bind something that their facts rest on.
    pub binds: bool,
    pub now: Timestamp,
    /// Why nothing is said of facts that were not confirmed for too long.
    pub too_old: Unknown,
    /// Complete dates before this one are folded.
    pub settled: Date,
    /// Why nothing is known of a date that was never read.
    pub not_probed: Unknown,
}

/// What complete means for a coverage, as a mark.
pub(super) fn criteria_mark(coverage: &Coverage) -> u64 {
    // The debug form holds all of it; when that form changes, facts are read once more.
    stable_hash(&format!("{:?} {:?}", coverage.criteria, coverage.due))
}

/// What a judgement rests on besides the facts.
pub(super) fn basis(criteria: u64, day: &Day) -> u64 {
    if let Day::On(expected) = day { mix(criteria, expected.mark) } else { criteria }
}

impl Book {
    /// Judges dates, given in order, and folds those that are settled. What says the same as the date before shares its
    /// judgement: complete dates do by the thousand.
    pub fn judge<'a>(
        &'a mut self,
        terms: &'a Terms<'_>,
        days: impl Iterator<Item = (Date, &'a Day)> + 'a,
    ) -> impl Iterator<Item = (Date, Judged)> + 'a {
        let seen = Seen {
            failure: self.failure.as_ref(),
            was_looked_at: self.was_looked_at,
            confirmed_at: self.confirmed_at,
            good_for: self.good_for,
            oldest: terms.now.saturating_sub(self.good_for).unwrap_or(Timestamp::MIN),
            is_overdue: self.is_overdue(terms.now),
        };
        let mut entries = self.dates.iter_mut().peekable();
        let mut last = Last::default();
        days.map(move |(date, day)| {
            while entries.next_if(|(d, _)| **d < date).is_some() {}
            let judged = match entries.next_if(|(d, _)| **d == date) {
                Some((_, entry)) => entry.judge(terms, &seen, date, day, &mut last),
                None => last.judge(terms, day, Known::Never(seen.failure.unwrap_or(&terms.not_probed))),
            };
            (date, judged)
        })
    }

    /// Parts were read, some of them perhaps only in part; the others are as they were, or gone.
    pub fn take_undated(&mut self, read: BTreeMap<u64, Undated>, mark: &TableMark) {
        if !self.undated.is_empty() {
            let parts: BTreeSet<u64> = mark.parts.iter().map(|p| p.hash).collect();
            self.undated.retain(|part, _| parts.contains(part));
        }
        for (part, undated) in read {
            let known = self.undated.entry(part).or_default();
            *known = known.widest(undated);
        }
    }

    /// A date was read, under that binding, while it had that mark.
    pub fn take(
        &mut self,
        date: Date,
        facts: Result<DateFacts, Arc<Unknown>>,
        binding: &Binding,
        mark: u64,
        read_at: Timestamp,
    ) {
        let (rests_on, bound) = (binding.rests_on(mark), binding.mark());
        let entry = |held| Entry { held, rests_on, bound, read_at, failure: None };
        match facts {
            Ok(facts) => _ = self.dates.insert(date, entry(Held::Facts(facts.into()))),
            Err(unknown) => {
                let entry = self.dates.entry(date).or_insert_with(|| entry(Held::Nothing));
                let confirmed_at = entry.confirmed_at(self.confirmed_at);
                let rests_on = unknown.lasts.then_some(rests_on);
                entry.failure = Some(Failure { unknown, rests_on, confirmed_at }.into());
            }
        }
    }

    /// Whether a date was read, and has more units than are counted.
    pub fn overflows(&self, date: Date) -> bool {
        let known = self.dates.get(&date).filter(|entry| entry.failure.is_none()).map(|entry| &entry.held);
        matches!(known, Some(Held::Facts(facts)) if facts.overflow)
    }

    /// A look that was asked for at this instant has ended well, on a table that is looked at with this cadence.
    pub fn confirm(&mut self, asked_at: Timestamp, cadence: Span) {
        self.was_looked_at = true;
        self.confirmed_at = Some(asked_at);
        self.good_for = good_for(cadence);
        self.good_until = asked_at.saturating_add(self.good_for).unwrap_or(Timestamp::MAX);
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.good_until);
        self.confirmed_at.iter_mut().chain(&mut self.asked_at).for_each(&moved);
        for entry in self.dates.values_mut() {
            moved(&mut entry.read_at);
            entry.failure.iter_mut().filter_map(|f| f.confirmed_at.as_mut()).for_each(&moved);
        }
    }

    /// When what is held of a date was confirmed last: it was so then, or later.
    pub fn confirmed_at(&self, date: Date) -> Option<Timestamp> {
        self.dates.get(&date)?.confirmed_at(self.confirmed_at)
    }

    /// Whether dates that are held as they are were last confirmed before an instant.
    pub fn is_behind(&self, dates: &DateSet, at: Timestamp) -> bool {
        // What was confirmed last holds for every date without a failure: most questions end here.
        self.confirmed_at.is_none_or(|all| all < at) && self.behind(dates, at).next().is_some()
    }

    /// Those of the dates. One that cannot be read waits for its own reason, and one that was never read for its first read.
    pub fn behind<'a>(&'a self, dates: &'a DateSet, at: Timestamp) -> impl Iterator<Item = Date> + 'a {
        let all = self.confirmed_at;
        dates.iter().filter(move |date| {
            let held = self.dates.get(date).filter(|entry| entry.failure.is_none());
            held.is_some_and(|entry| entry.confirmed_at(all).is_none_or(|confirmed| confirmed < at))
        })
    }

    /// Whether nothing was confirmed for too long, though no look has failed: one hangs, or waits.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.was_looked_at && self.good_until <= now
    }

    /// The rows and values of a date.
    pub fn content(&self, coverage: &Coverage, date: Date) -> (u64, u64) {
        match self.dates.get(&date).map(|entry| &entry.held) {
            None | Some(Held::Nothing) => (0, 0),
            Some(Held::Facts(facts)) => (facts.rows, values_of(coverage, facts)),
            Some(Held::Folded(folded)) => (folded.judgement.rows.unwrap_or(0), folded.values),
        }
    }
}

/// What the last looks at a table say of all its dates.
struct Seen<'a> {
    failure: Option<&'a Unknown>,
    was_looked_at: bool,
    confirmed_at: Option<Timestamp>,
    good_for: SignedDuration,
    /// What was confirmed before this is too old.
    oldest: Timestamp,
    is_overdue: bool,
}

/// What was said last: of a date that expects something, and of one that does not.
#[derive(Default)]
struct Last {
    on: Option<Arc<Judgement>>,
    off: Option<Arc<Judgement>>,
}

impl Last {
    fn judge(&mut self, terms: &Terms<'_>, day: &Day, known: Known<'_>) -> Judged {
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

    /// When what is held was confirmed last, where a look confirmed all others at this instant.
    fn confirmed_at(&self, all: Option<Timestamp>) -> Option<Timestamp> {
        match (&self.failure, &self.held) {
            (_, Held::Nothing) => None,
            (Some(failure), _) => failure.confirmed_at,
            (None, _) => all.max(Some(self.read_at)),
        }
    }

    fn judge(&mut self, terms: &Terms<'_>, seen: &Seen<'_>, date: Date, day: &Day, last: &mut Last) -> Judged {
        let failure = self.failure_of(terms, seen);
        let confirmed_at = failure.and_then(|_| self.confirmed_at(seen.confirmed_at));
        let holds = failure.is_none() || confirmed_at.is_some_and(|at| at > seen.oldest);
        let until = confirmed_at.filter(|_| holds).and_then(|at| at.saturating_add(seen.good_for).ok());
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
    fn failure_of<'a>(&'a self, terms: &'a Terms<'_>, seen: &Seen<'a>) -> Option<&'a Unknown> {
        let own = self.failure.as_deref().map(|own| &*own.unknown);
        let overdue = || (seen.is_overdue && self.read_at <= seen.oldest).then_some(&terms.too_old);
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

/// Why nothing is known of a table that was not looked at.
pub(super) fn not_probed() -> Unknown {
    Unknown::new(UnknownReason::NotProbed, "not read yet")
}

/// Why nothing is known any more of a table whose next look does not end.
pub(super) fn too_old(coverage: &Coverage) -> Unknown {
    let text = format!(
        "table `{}` was last looked at more than three of its intervals ago, and the present look has not ended; check \
         its warehouse",
        coverage.table.name
    );
    Unknown::new(UnknownReason::ProbeFailed, text)
}

//! Turns the verdicts, the ledger and the Jobs of one coverage into its cells and its wants. Other coverages are
//! unknown here: limits and single flight belong to [`super::admit`].

mod deliver;
mod ladder;
mod rerun;
mod rules;
mod rungs;

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::anchors::{Anchors, midnight};
use super::dates::{Date, Timestamp, next_day, previous_day};
use super::judge::Judged;
use super::ledger::{Attempt, Job, Ledger, Stage};
use super::policy::{Coverage, DateOrders, Mode, Rung};
use super::schedule::{Calendar, Day};
use super::source::Health;
use super::state::{Cause, Cell, Hold, State};
use super::verdict::{Flaw, Verdict};

pub use ladder::{RungStanding, ladder};
pub use rerun::{Unspent, Wait, asked_for, waits};

/// The message of a date that only waits for a slot.
const LAUNCHED_SOON: &str = "launched as soon as a slot is free";

/// Everything that the state of a coverage depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What people want.
    pub coverage: &'a Coverage,
    /// Its season's dates.
    pub calendar: &'a Calendar,
    /// What the data says, one for every date of the coverage, in date order.
    pub judged: &'a [(Date, Judged)],
    /// What was tried.
    pub ledger: &'a Ledger,
    /// The coverage's own Jobs.
    pub jobs: &'a [Job],
    /// Priorities and reruns of single dates.
    pub orders: Option<&'a DateOrders>,
    /// The sources of its ladder, by name.
    pub sources: &'a BTreeMap<Arc<str>, Health>,
    /// The reason why nothing of the coverage may launch, if any.
    pub hold: Option<Hold>,
    pub now: Timestamp,
}

/// A cell that should launch as soon as limits allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    pub date: Date,
    /// The ways to fill it, the first one preferred. There is at least one.
    pub ways: Vec<Way>,
    /// When it is lost for good, if that is soon.
    pub lost_at: Option<Timestamp>,
    /// `GameDate.priority`.
    pub priority: i32,
    /// Whether the date is yesterday or later, in the season's zone.
    pub tonight: bool,
    /// The rerun token that it spends.
    pub token: Option<Arc<str>>,
    /// The verdict's reason.
    pub reason: &'static str,
}

/// One way to fill a cell: a rung that can be tried now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub rung: Arc<str>,
    /// The attempt's number: charged failures + 1.
    pub number: u32,
    /// Whether it needs a Job to itself.
    pub alone: bool,
    /// Whether it tries a changed template on behalf of all dates of its rung.
    pub trial: bool,
    /// Whether the cell does not wait for it: its breaker is open for too long, or its source is suspended.
    pub passed: bool,
    /// The source that it draws on.
    pub source: Option<Arc<str>>,
    /// What the date costs there.
    pub credits: u64,
}

/// The state of a coverage: every cell, and what should launch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// One for every date, in date order.
    pub cells: Vec<Cell>,
    /// In the declared order.
    pub wants: Vec<Want>,
    /// Unspent rerun tokens, in date order.
    pub reruns: Vec<Unspent>,
    /// When this changes without new facts; `None` if it does not.
    pub valid_until: Option<Timestamp>,
}

pub fn assess(situation: &Situation<'_>) -> Assessment {
    let mut out = Assessment { cells: Vec::with_capacity(situation.judged.len()), ..Assessment::default() };
    let mut chain_broken = None;
    let trial = rungs::trial(situation);
    for (date, judged) in situation.judged {
        let view = View {
            chain_broken,
            trial: trial.filter(|(own, _)| own == date).map(|(_, rung)| rung),
            ..View::new(situation, *date, judged)
        };
        let cause = rules::cause(&view);
        chain_broken = chain_broken.or(view.breaks_chain(cause).then_some(*date));
        let rerun = view.unspent(cause);
        if let Some(want) = rules::want(&view, cause, rerun.as_ref()) {
            out.wants.push(want);
        }
        if let Some(rerun) = rerun {
            out.reruns.push(rerun);
        }
        let cell = view.cell(cause);
        // Lateness only matters while something is left to do.
        let late_at = if cause.state().is_done() { None } else { view.late_at() };
        let is_open = cause.state().is_open() && situation.coverage.fill.mode == Mode::Fill;
        let ladder = if is_open { view.ladder_changes_at() } else { None };
        out.change_at([cell.next, judged.valid_until, late_at, ladder], situation.now);
        out.cells.push(cell);
    }
    if situation.coverage.fill.order == super::policy::FillOrder::NewestFirst {
        out.wants.reverse();
    }
    rungs::least_tried_first(situation, &mut out.wants);
    out
}

impl Assessment {
    /// Notes the earliest of these instants that is still to come.
    fn change_at(&mut self, instants: [Option<Timestamp>; 4], now: Timestamp) {
        for at in instants {
            if let Some(at) = at.filter(|at| *at > now) {
                self.valid_until = Some(self.valid_until.map_or(at, |v| v.min(at)));
            }
        }
    }
}

/// One date, with everything that the rules need.
struct View<'a> {
    s: &'a Situation<'a>,
    date: Date,
    judged: &'a Judged,
    /// Looked up on demand: most dates are done and need no lookup.
    day: OnceCell<Option<&'a Day>>,
    attempt: Option<&'a Attempt>,
    job: Option<&'a Job>,
    /// The first earlier date that is not done.
    chain_broken: Option<Date>,
    /// The rung whose changed template it tries.
    trial: Option<&'a Rung>,
}

impl<'a> View<'a> {
    fn new(s: &'a Situation<'a>, date: Date, judged: &'a Judged) -> Self {
        let attempt = s.ledger.attempts.iter().find(|a| a.dates.contains(date));
        let live = |j: &&Job| j.ended.is_none() && j.dates.contains(date);
        Self {
            s,
            date,
            judged,
            day: OnceCell::new(),
            attempt,
            job: s.jobs.iter().find(live),
            chain_broken: None,
            trial: None,
        }
    }

    fn verdict(&self) -> Verdict {
        self.judged.judgement.verdict
    }

    fn day(&self) -> Option<&'a Day> {
        *self.day.get_or_init(|| self.s.calendar.days.get(&self.date))
    }

    fn anchors(&self) -> Option<&'a Anchors> {
        if let Some(Day::On(expected)) = self.day() { Some(&expected.anchors) } else { None }
    }

    fn is_unscheduled(&self) -> bool {
        matches!(self.day(), Some(Day::Unscheduled))
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.anchors().map(|a| a.moment(self.s.coverage.due, &self.s.calendar.zone))
    }

    fn late_at(&self) -> Option<Timestamp> {
        self.anchors().map(|a| a.moment(self.s.coverage.late, &self.s.calendar.zone))
    }

    fn is_tonight(&self) -> bool {
        self.date >= previous_day(self.s.calendar.today)
    }

    /// The unspent rerun token of the date, if any.
    fn token(&self) -> Option<Arc<str>> {
        let rerun = self.s.orders?.get(&self.date)?.rerun.as_ref()?;
        rerun.unspent(&self.s.coverage.key, |token| self.s.ledger.has_spent(self.date, token)).cloned()
    }

    /// The unspent rerun token, with what it waits for.
    fn unspent(&self, cause: Cause) -> Option<Unspent> {
        let token = self.token()?;
        let mut waits = waits(self.s.coverage.fill.mode, self.s.hold, cause, self.verdict());
        if waits.is_empty() && self.rerun_way().is_none() {
            waits.push(Wait::Undelivered);
        }
        Some(Unspent { date: self.date, token, waits })
    }

    /// Whether later dates must wait for this one when the order is Sequential.
    fn breaks_chain(&self, cause: Cause) -> bool {
        !cause.state().is_done()
            && !matches!(cause, Cause::NotDue { unscheduled: true } | Cause::NoRung | Cause::Undeliverable(_))
    }

    /// Whether only time can help: a unit is not over yet, and no Job can change that.
    fn only_waits(&self) -> bool {
        self.judged.judgement.flaws == [Flaw::NotFinal]
    }

    fn cell(&self, cause: Cause) -> Cell {
        let tally = self.rung().and_then(|r| self.tally(&r.name));
        let open = !cause.state().is_done();
        Cell {
            date: self.date,
            cause,
            judgement: self.judged.judgement.clone(),
            since: self.s.now,
            next: self.next(cause),
            late: open && self.late_at().is_some_and(|at| at <= self.s.now),
            attempts: tally.map_or(0, |t| u32::from(t.charged)),
            rung: if open { self.place() } else { None },
            message: self.message(cause),
        }
    }

    fn next(&self, cause: Cause) -> Option<Timestamp> {
        match cause.state() {
            State::NotDue => self.due_at(),
            State::Waiting => self.rung().and_then(|r| self.tally(&r.name)).map(|t| t.retry_at),
            State::Verifying => self.settled_at(),
            State::Waived => self.waiver_ends(),
            _ => None,
        }
    }

    /// When the waiver expires. From then on the date is judged like any other.
    fn waiver_ends(&self) -> Option<Timestamp> {
        let last = rules::waiver(self)?.expires?;
        Some(midnight(next_day(last), &self.s.calendar.zone))
    }

    /// When the Job's data must be visible at the latest.
    fn settled_at(&self) -> Option<Timestamp> {
        let Stage::Ended { at, .. } = self.attempt?.stage else { return None };
        Some(self.s.coverage.fill.settle.elapsed_after(at))
    }

    /// What happens next, as one sentence.
    fn message(&self, cause: Cause) -> Cow<'static, str> {
        let found = &self.judged.judgement.message;
        match cause {
            Cause::Unknown(_) if self.attempt.is_some() => {
                format!("{found}; its Job has ended; its outcome is decided once the date can be judged").into()
            }
            Cause::NotExpected(_) | Cause::Unknown(_) | Cause::Complete => found.clone(),
            Cause::Running(_) => self.running_message().into(),
            Cause::Verifying { probing: false } => {
                "its Job has ended; the data is read again once spec.fill.settle has passed".into()
            }
            Cause::Verifying { probing: true } => "its Job has ended; the data is being read again".into(),
            Cause::Waived => self.waiver_message().into(),
            Cause::NotDue { unscheduled: true } => found.clone(),
            Cause::NotDue { unscheduled: false } => "not due yet".into(),
            Cause::NoRung => format!("{found}; no rung repairs this: it needs manual repair").into(),
            Cause::Undeliverable(_) => format!("{found}; no rung delivers it: {}", self.undelivered()).into(),
            Cause::Exhausted(o) => {
                format!("{found}; no attempts left (last outcome: {}): fix the cause, then retry", o.word()).into()
            }
            Cause::Blocked(hold) => format!("{found}; {}", self.hold_message(hold)).into(),
            Cause::Waiting(o) => format!("{found}; last attempt: {}; retrying after its backoff", o.word()).into(),
            Cause::Partial(_) | Cause::Missing => format!("{found}; {}", self.plan_message()).into(),
        }
    }

    fn hold_message(&self, hold: Hold) -> Cow<'static, str> {
        match self.chain_broken.filter(|_| hold == Hold::Sequence) {
            Some(first) => format!("waits for {first}, which is not done yet: the order is Sequential").into(),
            None => hold.sentence().into(),
        }
    }

    fn plan_message(&self) -> &'static str {
        match self.s.coverage.fill.mode {
            Mode::Observe => "only reported: fill.mode is Observe",
            Mode::Fill if self.only_waits() => "complete when every unit is final",
            Mode::Fill => LAUNCHED_SOON,
        }
    }

    fn running_message(&self) -> alloc::string::String {
        let job = self.attempt.map(|a| format!("attempt {} on rung {}", a.number, a.rung));
        let pending = match self.job.and_then(|j| j.pending.as_ref()) {
            Some(super::ledger::Pending::Queued) => " waits in a queue",
            Some(super::ledger::Pending::Pod(why)) => return format!("its pod cannot start: {why}"),
            None if self.job.is_none() && self.attempt.is_some_and(|a| a.stage == Stage::Recorded) => {
                " is recorded; its Job does not exist yet"
            }
            None => " is running",
        };
        job.unwrap_or_else(|| "a Job".to_string()) + pending
    }

    fn waiver_message(&self) -> alloc::string::String {
        rules::waiver(self).map_or_else(alloc::string::String::new, |w| match w.expires {
            Some(last) => format!("waived through {last}: {}", w.reason),
            None => format!("waived: {}", w.reason),
        })
    }

    /// The place on the ladder of the rung that the state is about.
    fn place(&self) -> Option<u8> {
        let rung = self.attempt.map(|attempt| &attempt.rung).or_else(|| self.rung().map(|rung| &rung.name))?;
        let place = self.s.coverage.fill.ladder.iter().position(|r| r.name == *rung)?;
        u8::try_from(place).ok()
    }

    fn rung(&self) -> Option<&'a Rung> {
        rungs::current(self)
    }
}

#[cfg(test)]
mod tests;

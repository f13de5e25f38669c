//! A schedule that was not confirmed for too long says nothing new. What rests on it and is done stays done where the
//! schedule had settled the date; everything else is unknown, so nothing is launched or charged on it.

use std::sync::Arc;

use jiff::SignedDuration;

use super::book::good_for;
use super::season::SeasonState;
use crate::domain::anchors::midnight;
use crate::domain::dates::{Date, Timestamp, next_day};
use crate::domain::judge::Judged;
use crate::domain::schedule::Calendar;
use crate::domain::span::Span;
use crate::domain::verdict::{Judgement, Unknown, UnknownReason, Verdict};

/// A schedule that was updated this long after a date's end has settled the date.
const SETTLED: SignedDuration = SignedDuration::from_hours(48);

/// A schedule that was not confirmed for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StaleSchedule {
    /// Why, as people see it.
    pub why: Unknown,
    /// When what is held of it was updated; `None` where it settles no date.
    updated: Option<Timestamp>,
}

/// Until when facts hold that a look confirmed which was asked for at this instant.
pub(super) fn good_until(asked_at: Timestamp, cadence: Span) -> Timestamp {
    asked_at.saturating_add(good_for(cadence)).unwrap_or(Timestamp::MAX)
}

impl SeasonState {
    /// Whether what is held of the schedule is too old.
    pub(super) fn is_stale(&self, now: Timestamp) -> bool {
        self.facts().is_some() && self.good_until().is_none_or(|until| until <= now)
    }

    /// The same, with its reason.
    pub(super) fn staleness(&self, cadence: Span, now: Timestamp) -> Option<Arc<StaleSchedule>> {
        let (schedule, facts) = (self.season.schedule.as_ref()?, self.facts()?);
        if !self.is_stale(now) {
            return None;
        }
        if !self.is_looked_at() {
            let why = Unknown::new(UnknownReason::NotProbed, "the schedule was not read yet");
            return Some(Arc::new(StaleSchedule { why, updated: None }));
        }
        let what =
            self.failure().map_or("the present look has not ended; check its warehouse", |failure| &failure.text);
        let minutes = good_for(cadence).as_mins();
        let text = format!("schedule `{}` could not be read for {minutes} minutes: {what}", schedule.table.name);
        let why = Unknown::new(UnknownReason::ScheduleStale, text);
        Some(Arc::new(StaleSchedule { why, updated: facts.updated.map(|at| at.min(now)) }))
    }
}

impl StaleSchedule {
    /// A judgement that rests on this schedule.
    pub(super) fn weaken(&self, calendar: &Calendar, date: Date, judged: Judged) -> Judged {
        let old = &judged.judgement;
        match old.verdict {
            Verdict::Unknown(_) => judged,
            Verdict::Complete | Verdict::NotExpected(_) if self.settled(calendar, date) => judged,
            _ => {
                let message = format!("{}; when last read: {}", self.why.text, old.message).into();
                let verdict = Verdict::Unknown(self.why.reason);
                Judged { judgement: Arc::new(Judgement { verdict, message, ..(**old).clone() }), ..judged }
            }
        }
    }

    fn settled(&self, calendar: &Calendar, date: Date) -> bool {
        let settled = midnight(next_day(date), &calendar.zone).saturating_add(SETTLED).unwrap_or(Timestamp::MAX);
        self.updated.is_some_and(|at| at >= settled)
    }
}

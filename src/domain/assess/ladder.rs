//! Why each rung of a ladder is, or is not, the one that fills a date: the rule table again, without stopping at the first hit.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Situation, View};
use crate::domain::dates::Date;
use crate::domain::ledger::Outcome;
use crate::domain::policy::{Repairs, Rung};
use crate::domain::words::counted;

/// What one rung can do for a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungStanding {
    pub rung: Arc<str>,
    /// One sentence.
    pub text: String,
}

/// Every rung of the ladder, in its order; empty if the date is not one of the coverage's, or lacks nothing.
pub fn ladder(s: &Situation<'_>, date: Date) -> Vec<RungStanding> {
    let Some((_, judged)) = s.judged.iter().find(|(own, _)| *own == date) else { return Vec::new() };
    if judged.judgement.flaws.is_empty() && judged.judgement.verdict.word() != "Missing" {
        return Vec::new();
    }
    let trial = super::rungs::trial(s).filter(|(own, _)| *own == date).map(|(_, rung)| rung);
    let view = View { trial, ..View::new(s, date, judged) };
    let mut awaited = false;
    let of_rung = |rung: &Rung| {
        let mut text = view.standing_of(rung, &mut awaited);
        if let Some(source) = &rung.source {
            let credits = counted(view.way(rung, false).credits, "credits");
            text = format!("{text}; draws on source {source}: {credits} for this date");
        }
        RungStanding { rung: rung.name.clone(), text }
    };
    s.coverage.fill.ladder.iter().map(of_rung).collect()
}

impl View<'_> {
    /// What a rung can do for the date; `awaited` says whether an earlier rung is tried or waited for.
    fn standing_of(&self, rung: &Rung, awaited: &mut bool) -> String {
        if !self.repairing().any(|own| own.name == rung.name) {
            let listed: Vec<&str> = rung.repairs.iter().map(|repairs| word(*repairs)).collect();
            return format!("does not repair this: it repairs {}", listed.join(", "));
        }
        if let Some(tally) = self.tally(&rung.name).filter(|_| self.is_used_up(rung)) {
            if tally.last == Outcome::Permanent {
                return "used up: the filler said that this date cannot be had from it (exit 65)".to_string();
            }
            let (charged, most) = (tally.charged, rung.attempts);
            return format!("used up: {charged} of {most} attempts charged, last outcome: {}", tally.last.word());
        }
        if let Err(why) = self.delivered_until(rung) {
            return format!("does not deliver this date ({})", why.word());
        }
        if core::mem::replace(awaited, *awaited || !self.is_passed_over(rung)) {
            return "comes after the rung that is tried, or waited for".to_string();
        }
        let until = self.delivered_until(rung).ok().flatten();
        let until = until.map_or_else(String::new, |until| format!("; it delivers this date until {until}"));
        if self.is_passed_over(rung) {
            return format!("passed over: {}{until}", self.why_passed(rung));
        }
        match self.tally(&rung.name).filter(|_| self.backs_off(rung).is_some()) {
            Some(tally) => format!("waited for: the backoff of its last attempt ends at {}{until}", tally.retry_at),
            None => format!("the next to be tried{until}"),
        }
    }

    fn why_passed(&self, rung: &Rung) -> String {
        match self.s.opened(rung) {
            _ if self.health(rung).is_some_and(|health| health.suspended) => "its source is suspended".into(),
            Some((since, trials)) => format!("its breaker is open since {since}, {trials} trials brought nothing"),
            None => String::new(),
        }
    }
}

fn word(repairs: Repairs) -> &'static str {
    match repairs {
        Repairs::NoRows => "NoRows",
        Repairs::Flaw(flaw) => flaw.word(),
    }
}

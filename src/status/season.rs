//! The status of a Season and of a Warehouse.

use super::conditions::{Answer, Course, Standing, conditions};
use super::lint;
use super::ready::asks_a_person;
use super::reasons::Reason;
use crate::api::kinds::{ObjectStatus, SeasonStatus};
use crate::api::schema::DateText;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::schedule::{Day, Expected};
use crate::domain::suspicion::schedule_doubt;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::domain::words::{counted, cut};
use crate::engine::overview::SeasonView;

/// The status of a Season whose spec is accepted: Ready when its dates are known and its schedule is not stale.
pub fn season_status(view: &SeasonView, old: &SeasonStatus, now: Timestamp) -> SeasonStatus {
    let on = || view.calendar.days.values().filter_map(|d| if let Day::On(e) = d { Some(e) } else { None });
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let dates = number(on().count());
    let games: Option<usize> = on().map(Expected::games).sum();
    let games = games.map(number);
    // Before the schedule was read, nothing is known that could replace the reported status.
    if !view.is_known {
        return standing(old.clone(), &Standing::unseen("its schedule was not read yet"), view.generation, now);
    }
    let today = view.calendar.days.contains_key(&view.today).then(|| DateText(view.today.to_string()));
    let told = SeasonStatus { today, dates, games, ..old.clone() };
    let how = match (unknown(view), &view.doubted) {
        (Some(unknown), _) => failed(&unknown),
        (None, Some(lost)) => doubted(lost),
        (None, None) => {
            let message = games.map_or_else(|| many(dates), |games| format!("{games} games on {}", many(dates)));
            let cut = view.watches_from.map(|first| format!("; {}", cut(first, view.calendar.days.len())));
            let message = message + &cut.unwrap_or_default();
            Standing { ready: Answer::True, course: Course::Idle, reason: Reason::Scheduled, message }
        }
    };
    standing(told, &how, view.generation, now)
}

/// The earlier schedule is used until then, but may no longer be true.
fn doubted(lost: &DateSet) -> Standing {
    let message = schedule_doubt(lost);
    Standing { ready: Answer::Unknown, course: Course::Reconciling, reason: Reason::ScheduleSuspect, message }
}

fn many(dates: u32) -> String {
    counted(dates.into(), "dates")
}

/// The status of a Season whose spec is refused.
pub fn refused_season_status(old: &SeasonStatus, generation: i64, why: &str, now: Timestamp) -> SeasonStatus {
    standing(old.clone(), &Standing::stalled(why), generation, now)
}

/// What is known of the place of a Warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing yet.
    Unread,
    /// It can be read.
    Fine,
    /// It cannot.
    Unfit(Unfit),
}

/// The problem with the place of a Warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// As one word.
    pub reason: Reason,
    /// As one sentence.
    pub text: String,
}

/// The status of a Warehouse: `refused` says why its spec is invalid, `sight` what is known of its place.
pub fn warehouse_status(
    old: &ObjectStatus,
    generation: i64,
    refused: Option<&str>,
    sight: &Sight,
    now: Timestamp,
) -> ObjectStatus {
    let standing = match (refused, sight) {
        (Some(why), _) => Standing::stalled(why),
        (None, Sight::Unfit(unfit)) => unreadable(unfit),
        (None, Sight::Unread) => {
            let message = "accepted; no coverage or Season has read a table of it yet".into();
            Standing { ready: Answer::Unknown, course: Course::Idle, reason: Reason::NotProbed, message }
        }
        (None, Sight::Fine) => {
            let message = "accepted, and it can be read".into();
            Standing { ready: Answer::True, course: Course::Idle, reason: Reason::Accepted, message }
        }
    };
    let conditions = conditions(&old.conditions, &standing, generation, now);
    lint::expect(&lint::conditions(&conditions, generation, generation));
    ObjectStatus { observed_generation: generation, conditions }
}

/// A failed read may succeed next time, and a limit ends with its day; a folder or a permission must be fixed by a person.
fn unreadable(unfit: &Unfit) -> Standing {
    let passes = matches!(unfit.reason, Reason::ProbeFailed | Reason::ProbeBudget);
    let course = if passes { Course::Reconciling } else { Course::Stalled };
    Standing { ready: Answer::False, course, reason: unfit.reason, message: unfit.text.clone() }
}

fn standing(status: SeasonStatus, standing: &Standing, generation: i64, now: Timestamp) -> SeasonStatus {
    let conditions = conditions(&status.conditions, standing, generation, now);
    lint::expect(&lint::conditions(&conditions, generation, generation));
    SeasonStatus { observed_generation: generation, conditions, ..status }
}

/// Why dates up to today are not known: the schedule cannot be read, or says too little.
fn unknown(view: &SeasonView) -> Option<Unknown> {
    let of_day = |day: &Day| if let Day::Unknown(unknown) = day { Some(unknown.clone()) } else { None };
    let days = view.calendar.days.range(..=view.today).map(|(_, day)| day);
    view.failure.clone().or_else(|| days.rev().find_map(of_day))
}

fn failed(unknown: &Unknown) -> Standing {
    let course = match unknown.reason {
        UnknownReason::NotProbed | UnknownReason::ProbeFailed | UnknownReason::ProbeBudget => Course::Reconciling,
        reason if asks_a_person(reason) => Course::Stalled,
        _ => Course::Idle,
    };
    let reason = Reason::of_unknown(unknown.reason);
    Standing { ready: Answer::False, course, reason, message: unknown.text.clone() }
}

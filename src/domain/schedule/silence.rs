//! What is said where a schedule does not say what a date expects.

use alloc::format;

use super::Clash;
use crate::domain::dates::{Date, DateRange};
use crate::domain::verdict::{Unknown, UnknownReason};

/// Why a schedule says nothing of a date that is not ahead, and what helps: where no later load can bring a game, the dates of
/// the season are corrected, not the schedule. One sentence for all dates of a kind.
pub(super) fn unsaid(scheduled: Option<DateRange>, date: Date, today: Date) -> Unknown {
    const BREAK: &str = "or declare a break (spec.breaks of the Season)";
    let text = match scheduled.map(|range| (range.from(), range.through())) {
        None => "the schedule has no unit in this season; check spec.schedule.where and the table".into(),
        Some((first, _)) if date < first => {
            format!("the first game of the schedule is on {first}: begin spec.dates.from there, {BREAK}")
        }
        Some((_, last)) if date < today => format!(
            "the last game of the schedule is on {last}, and the schedule was not updated since this date ended: refresh it, or \
             end spec.dates.through there, {BREAK}"
        ),
        Some((_, last)) => format!(
            "the last game of the schedule is on {last}: end spec.dates.through there, {BREAK}; an update of the schedule after \
             this date makes it an off day"
        ),
    };
    Unknown::new(UnknownReason::ScheduleMissing, text)
}

/// Two games of one name: a table cannot say which of them it has.
pub(super) fn ambiguous(clash: &Clash) -> Unknown {
    let Clash { unit, ids: (one, other) } = clash;
    let text = format!(
        "the schedule has {unit} twice on this date, with ids {one} and {other}: add a column that tells them apart to \
         spec.schedule.unit of the Season, and to the unit of its coverages"
    );
    Unknown::new(UnknownReason::UnitsUnmatched, text)
}

/// A filter that no row of the whole schedule satisfies is misspelt: it does not say that nothing was played.
pub(super) fn never_final() -> Unknown {
    let text = "no game of the schedule is final, though it was updated long after this date: correct spec.schedule.final of the \
                Season, or the schedule";
    Unknown::new(UnknownReason::FilterUnmatched, text)
}

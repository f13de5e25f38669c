//! The sentences for dates whose expectation the schedule does not say.

use alloc::format;

use super::Clash;
use crate::domain::dates::{Date, DateRange};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::domain::words::legible;

/// Why a schedule has no entry for a date that is not in the future, and what helps. If no later update can add a game,
/// the season's dates must be corrected, not the schedule. Dates of one kind share a sentence.
pub(super) fn unsaid(scheduled: Option<DateRange>, date: Date, today: Date, knows_update: bool) -> Unknown {
    const BREAK: &str = "or declare a break (spec.breaks of the Season)";
    let text = match scheduled.map(|range| (range.from(), range.through())) {
        None => "the schedule has no units in this season; check spec.schedule.where and the table".into(),
        Some((first, _)) if date < first => {
            format!("the first game of the schedule is on {first}: begin spec.dates.from there, {BREAK}")
        }
        Some((_, last)) if date < today && !knows_update => format!(
            "the last game of the schedule is on {last}, and nothing says when the schedule was updated: name the column that \
             does in spec.schedule.updatedAt, or end spec.dates.through there, {BREAK}"
        ),
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

/// Two games share a name, so the rows of a table cannot be assigned to one of them.
pub(super) fn ambiguous(clash: &Clash) -> Unknown {
    let Clash { unit, ids: (one, other) } = clash;
    let (unit, one, other) = (legible(unit), legible(one), legible(other));
    let text = format!(
        "the schedule has {unit} twice on this date, with ids {one} and {other}: add a column that tells them apart to \
         spec.schedule.unit of the Season, and to the unit of its coverages"
    );
    Unknown::new(UnknownReason::UnitsUnmatched, text)
}

/// A filter that no row of the whole schedule satisfies is misspelt. It does not prove that nothing was played.
pub(super) fn never_final() -> Unknown {
    let text = "no game of the schedule is final, though it was updated long after this date: correct spec.schedule.final of the \
                Season, or the schedule";
    Unknown::new(UnknownReason::FilterUnmatched, text)
}

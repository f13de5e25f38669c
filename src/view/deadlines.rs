//! When a date is due and late, as instants.

use super::times;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::schedule::Day;
use crate::domain::state::Cell;
use crate::engine::overview::{CoverageView, Overview};

/// When a date is due, and when it is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadlines {
    pub due: Timestamp,
    pub late: Timestamp,
}

/// Those of a date; `None` where nothing is expected, or where only a status is known.
pub(super) fn of(view: &CoverageView, date: Date, overview: &Overview) -> Option<Deadlines> {
    let season = overview.seasons.iter().find(|season| season.key == view.season)?;
    let Some(Day::On(expected)) = season.calendar.days.get(&date) else { return None };
    let (due, late) = view.deadlines?;
    let at = |moment| expected.anchors.moment(moment, &season.zone);
    Some(Deadlines { due: at(due), late: at(late) })
}

/// `due at … (in 3 h)`, and `late since …` or `late at …`.
pub(super) fn rows(view: &CoverageView, cell: &Cell, overview: &Overview) -> Vec<(&'static str, String)> {
    let told = |at| times::at(at, &view.zone, overview.now);
    let Some(Deadlines { due, late }) = of(view, cell.date, overview) else {
        return vec![("late", if cell.late { "yes" } else { "no" }.into())];
    };
    let since = match (cell.late, late <= overview.now) {
        (true, _) => format!("yes, since {}", told(late)),
        (false, true) => format!("no; the deadline was {}", told(late)),
        (false, false) => format!("no; the deadline is {}", told(late)),
    };
    vec![("due", told(due)), ("late", since)]
}

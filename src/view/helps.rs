//! The command that helps with a date, ready to paste, and what it does.

use super::commands::Commands;
use crate::domain::dates::DateSet;
use crate::domain::policy::Mode;
use crate::domain::state::{Cause, Cell, Hold, State};
use crate::engine::overview::CoverageView;

const RETRY: &str = "runs it again at once, from the first rung";
const RETRY_FIXED: &str = "runs it again from the first rung, once the cause is fixed";
const WAIVE: &str = "if the data will never exist";

/// Commands for dates in the state of this cell, the most helpful first, each with what it does; none for a date that is done.
pub(super) fn helps(view: &CoverageView, cell: &Cell, dates: &DateSet, commands: &Commands) -> Vec<(String, String)> {
    let of = |verb: &str, what: &str| (commands.dates(verb, &view.key, dates), what.to_string());
    let waive = || {
        let (command, what) = of("waive", WAIVE);
        (format!("{command} --reason 'WHY'"), what)
    };
    match cell.cause {
        Cause::Running(_) => vec![of("stop", "ends its Job by its grace period")],
        Cause::Waiting(_) => vec![of("retry", RETRY)],
        Cause::Exhausted(_) | Cause::Blocked(Hold::BreakerOpen) => vec![of("retry", RETRY_FIXED), waive()],
        Cause::NoRung | Cause::Undeliverable(_) => vec![waive()],
        Cause::Partial(_) | Cause::Missing if view.mode == Mode::Observe => vec![waive()],
        Cause::Partial(_) | Cause::Missing => {
            let fill =
                commands.is_local().then(|| (commands.verb("local", "--once"), "fills what can be filled".into()));
            fill.into_iter().collect()
        }
        Cause::Waived => vec![of("unwaive", "takes the waiver of its GameDate back")],
        _ => Vec::new(),
    }
}

/// The date that a person asks about who names none: the newest that is not done and not in the future, else the newest.
pub(crate) fn newest(view: &CoverageView) -> Option<crate::domain::dates::Date> {
    let past = || view.cells.iter().rev().filter(|cell| cell.date <= view.today);
    let open = past().find(|cell| cell.state().is_open());
    let due = || past().find(|cell| !matches!(cell.state(), State::NotExpected | State::NotDue));
    open.or_else(due).or_else(|| view.cells.last()).map(|cell| cell.date)
}

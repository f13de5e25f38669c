//! The status of a coverage, from the engine's view and its ledger. The report's lists are truncated when there is no room;
//! the ledger never is.

use std::collections::BTreeMap;

use super::conditions::{Standing, conditions};
use super::ready::standing;
use super::size::{LIMIT, size};
use super::summary::{counts, share};
use super::text::{MAX_SENTENCE, cut, dates_within, next_look, own_verdict};
use super::{ledger, lint};
use crate::api::kinds::{CoverageStatus, StateStatus, SummaryStatus};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::Ledger;
use crate::domain::state::{Cell, State};
use crate::engine::overview::CoverageView;

/// The object that a status belongs to, if no view has it.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub name: &'a str,
    pub uid: &'a str,
    pub generation: i64,
}

/// The status of a coverage that was looked at; `uid` is its object's.
pub fn coverage_status(
    view: &CoverageView,
    uid: &str,
    ledger: &Ledger,
    old: &CoverageStatus,
    now: Timestamp,
) -> CoverageStatus {
    let standing = standing(view);
    let mut status = CoverageStatus {
        observed_generation: view.generation,
        conditions: conditions(&old.conditions, &standing, view.generation, now),
        summary: summary(view),
        next: view.cells.iter().filter_map(|c| c.next).filter(|at| *at > now).min().map(next_look),
        ..CoverageStatus::default()
    };
    ledger::write(ledger, &view.key.name, uid, &mut status);
    let room = LIMIT.saturating_sub(size(&status));
    status.states = states(view, room);
    lint::expect_coverage(&status, view.generation);
    status
}

/// The status of a coverage that was not processed since the start: its ledger is stored, its report is unchanged.
pub fn ledger_status(object: Object<'_>, ledger: &Ledger, old: &CoverageStatus, now: Timestamp) -> CoverageStatus {
    let mut status = old.clone();
    ledger::write(ledger, object.name, object.uid, &mut status);
    if status.conditions.is_empty() {
        let unseen = Standing::unseen("its table has not been fully read yet");
        status.conditions = conditions(&[], &unseen, object.generation, now);
        status.observed_generation = object.generation;
    }
    while size(&status) > LIMIT && !status.states.is_empty() {
        status.states.pop();
    }
    status
}

/// The status of a coverage whose spec is refused, with the sentence that says why. Ledger and report stay, and the report
/// promises nothing.
pub fn stalled_status(old: &CoverageStatus, generation: i64, why: &str, now: Timestamp) -> CoverageStatus {
    let conditions = conditions(&old.conditions, &Standing::stalled(why), generation, now);
    lint::expect(&lint::conditions(&conditions, generation, generation));
    let states = old.states.iter().map(as_last_read).collect();
    CoverageStatus { observed_generation: generation, conditions, next: None, states, ..old.clone() }
}

/// What was said to happen next with open dates does not happen to a coverage that is stalled.
fn as_last_read(row: &StateStatus) -> StateStatus {
    let waits = [State::Partial, State::Missing, State::Blocked, State::Waiting];
    let message = if waits.iter().any(|state| row.state == state.word()) {
        "as last read; nothing is launched while the coverage is stalled".into()
    } else {
        row.message.clone()
    };
    StateStatus { message, ..row.clone() }
}

fn summary(view: &CoverageView) -> SummaryStatus {
    let counts = counts(view);
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    SummaryStatus {
        expected: number(counts.expected),
        complete: number(counts.complete),
        open: number(counts.open),
        late: number(counts.late),
        running: number(view.count(State::Running)),
        exhausted: number(view.count(State::Exhausted)),
        coverage: share(&counts),
        unexpected_rows: view.unexpected.rows,
        unexpected_dates: view.unexpected.dates,
        unexpected_on: dates_within(&view.unexpected.named, MAX_SENTENCE),
    }
}

/// Rows of states at most; verdicts apart are dropped before that is reached.
const MAX_ROWS: usize = 200;

/// Every date by state and reason, in at most so many bytes where that is possible.
fn states(view: &CoverageView, room: usize) -> Vec<StateStatus> {
    let mut groups = grouped(view, verdict);
    if groups.len() > MAX_ROWS {
        groups = grouped(view, |_| String::new());
    }
    let mut rows = Vec::new();
    for (dates, sentence) in [(65_536, MAX_SENTENCE), (16_384, MAX_SENTENCE), (4_096, 512), (1_024, 256), (64, 64)] {
        rows = groups.iter().map(|(key, (set, first))| row(key, set, first, (dates, sentence))).collect();
        if serde_json::to_vec(&rows).is_ok_and(|bytes| bytes.len() + "\"states\":,".len() <= room) {
            break;
        }
    }
    rows
}

type Row = (State, &'static str, String, bool);

fn grouped(view: &CoverageView, verdict: impl Fn(&Cell) -> String) -> BTreeMap<Row, (DateSet, &Cell)> {
    let mut groups: BTreeMap<Row, (DateSet, &Cell)> = BTreeMap::new();
    for cell in &view.cells {
        let key = (cell.state(), cell.cause.reason(), verdict(cell), cell.late);
        groups.entry(key).or_insert_with(|| (DateSet::new(), cell)).0.insert(cell.date);
    }
    groups
}

/// The verdict, where the state does not tell it.
fn verdict(cell: &Cell) -> String {
    let verdict = cell.judgement.verdict;
    if own_verdict(cell.cause) == Some(verdict) {
        String::new()
    } else {
        format!("{}/{}", verdict.word(), verdict.reason())
    }
}

fn row(key: &Row, set: &DateSet, first: &Cell, (dates, sentence): (usize, usize)) -> StateStatus {
    let (state, reason, verdict, late) = key;
    StateStatus {
        state: state.word().into(),
        reason: (*reason).into(),
        verdict: verdict.clone(),
        late: *late,
        count: set.len(),
        dates: dates_within(set, dates),
        message: cut(&first.message, sentence),
    }
}

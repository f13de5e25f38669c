//! Reruns that people asked for and that did not run yet: what GameDates want, less what the ledgers say was spent.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::fields::{key, text};
use crate::api::kinds::RerunSpec;
use crate::domain::assess::{Unspent, Wait, waits};
use crate::domain::dates::Date;
use crate::domain::policy::{Key, Rerun};
use crate::domain::state::{Cause, Hold};
use crate::engine::overview::CoverageView;

/// What is wanted of each date, by season.
pub(super) struct Reruns {
    wanted: BTreeMap<Key, BTreeMap<Date, Rerun>>,
}

impl Reruns {
    pub fn of(game_dates: &[Value]) -> Self {
        let mut wanted: BTreeMap<Key, BTreeMap<Date, Rerun>> = BTreeMap::new();
        for object in game_dates {
            let Ok(date) = text(object, "/spec/date").parse() else { continue };
            let season = key(object, "Season", text(object, "/spec/season"));
            wanted.entry(season).or_default().extend(rerun(object).map(|rerun| (date, rerun)));
        }
        Self { wanted }
    }

    /// Those of a coverage, which is read but for them.
    pub fn of_coverage(&self, view: &CoverageView) -> Vec<Unspent> {
        let spent = |date: Date, token: &Arc<str>| {
            view.tokens.iter().chain(&view.earlier_tokens).any(|(d, spent)| *d == date && spent == token)
        };
        let unspent = |(date, rerun): (&Date, &Rerun)| {
            let token = rerun.unspent(&view.key, |token| spent(*date, token))?.clone();
            Some(Unspent { date: *date, token, waits: waits_of(view, *date)? })
        };
        self.wanted.get(&view.season).into_iter().flatten().filter_map(unspent).collect()
    }
}

fn rerun(object: &Value) -> Option<Rerun> {
    let spec: RerunSpec = serde_json::from_value(object.pointer("/spec/rerun")?.clone()).ok()?;
    let coverages = spec.coverages.iter().map(|c| key(object, &c.kind.0, &c.name.0)).collect();
    Some(Rerun { token: Arc::from(&*spec.token.0), coverages })
}

/// What a rerun of a date waits for, from the state of the date; `None` if no object contains it.
pub fn waits_of(view: &CoverageView, date: Date) -> Option<Vec<Wait>> {
    let cell = view.cells.iter().find(|c| c.date == date)?;
    Some(waits(view.mode, hold(view), cell.cause, cell.judgement.verdict))
}

/// What holds all launches of a coverage, as far as its own spec, its season's and the states of its dates tell it.
fn hold(view: &CoverageView) -> Option<Hold> {
    let of_cell =
        |cause| if let Cause::Blocked(hold) = cause { Some(hold).filter(|h| h.is_of_coverage()) } else { None };
    let suspended = view.suspended.then_some(Hold::Suspended);
    suspended.or_else(|| view.cells.iter().find_map(|c| of_cell(c.cause)))
}

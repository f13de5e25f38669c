//! The attempt protocol, as a specification.

mod fingerprints;
mod kept;
mod launches;
mod outcomes;
mod reads;
mod tokens;
mod trials;
mod waits;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;

use super::record::Admitted;
use super::settle::{After, outcome};
use super::*;
use crate::domain::dates::shift;
use crate::domain::judge::tests::{at, coverage, day, fingerprints};
use crate::domain::policy::Coverage;

const DATE: &str = "2025-11-14";
const NOW: &str = "2025-11-15T12:00:00Z";

fn target() -> Table {
    Table { place: "files:/data".into(), name: "props".into() }
}

fn before(covered: u32, values: u64) -> Before {
    Before { covered, values, ..Before::default() }
}

fn after(covered: u32, values: u64) -> After {
    After { complete: false, mark: 0, covered, values }
}

/// One whole attempt on dates: recorded, created, ended, settled with nothing changed.
fn attempt(ledger: &Ledger, dates: &[&str], end: End) -> Ledger {
    attempt_after(ledger, dates, end, after(1, 10))
}

fn rerun_of_complete(ledger: &Ledger, end: End) -> Ledger {
    let admitted = Admitted {
        rung: "reload".into(),
        target: coverage().table,
        aliases: vec![],
        dates: [day(DATE)].into_iter().collect(),
        number: 1,
        tokens: [(day(DATE), "again".into())].into(),
        trial: false,
        draw: None,
        window: None,
    };
    let held = Before { complete: true, ..before(1, 10) };
    let mut next = ledger.record(&admitted, [(day(DATE), held)].into(), at(NOW));
    let launch = next.launches;
    next.ended(launch, at(NOW), end, String::new());
    let still = After { complete: true, ..after(1, 10) };
    next.settle(&coverage(), launch, &Read { after: [(day(DATE), still)].into(), ..Read::default() }, at(NOW)).ledger
}

fn attempt_that_fills(ledger: &Ledger, dates: &[&str]) -> Ledger {
    attempt_after(ledger, dates, End::Succeeded, After { complete: true, ..after(1, 10) })
}

fn attempt_after(ledger: &Ledger, dates: &[&str], end: End, after: After) -> Ledger {
    let dates: DateSet = dates.iter().map(|d| day(d)).collect();
    let admitted = Admitted {
        rung: "reload".into(),
        target: target(),
        aliases: vec![],
        dates: dates.clone(),
        number: 1,
        tokens: BTreeMap::new(),
        trial: false,
        draw: None,
        window: None,
    };
    let mut next = ledger.record(&admitted, dates.iter().map(|d| (d, before(1, 10))).collect(), at(NOW));
    let launch = next.launches;
    next.created(launch, &"job".into());
    next.ended(launch, at(NOW), end, String::new());
    next.settle(
        &coverage(),
        launch,
        &Read { after: dates.iter().map(|d| (d, after)).collect(), ..Read::default() },
        at(NOW),
    )
    .ledger
}

fn tally(ledger: &Ledger) -> Option<Tally> {
    ledger.tallies.get(&("reload".into(), day(DATE))).copied()
}

fn recorded(ledger: &Ledger, dates: &[&str]) -> Ledger {
    let dates: DateSet = dates.iter().map(|d| day(d)).collect();
    let before = dates.iter().map(|d| (d, before(1, 10))).collect();
    let (rung, target) = ("reload".into(), target());
    ledger.record(
        &Admitted {
            rung,
            target,
            aliases: vec![],
            dates,
            number: 1,
            tokens: BTreeMap::new(),
            trial: false,
            draw: None,
            window: None,
        },
        before,
        at(NOW),
    )
}

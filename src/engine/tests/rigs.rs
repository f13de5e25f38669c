//! The rig by itself.

use super::rig::*;
use crate::domain::dates::DateRange;
use crate::domain::judge::tests::day;
use crate::domain::ledger::End;
use crate::domain::policy::Source;
use crate::domain::state::State;

fn twelve_days() -> DateRange {
    DateRange::new(day("2025-11-01"), day("2025-11-12")).unwrap()
}

#[test]
fn two_tables_are_filled_through_one_source_within_its_budget() {
    let mut rig = Rig::new("2025-11-20T12:00:00Z");
    rig.season(twelve_days(), 3);
    rig.edit(|spec| {
        spec.sources = vec![Source { budget: daily(5, 0), ..source("odds") }];
        spec.coverages = ["lines", "boxes"].map(|name| covering(name, vec![drawing("live", "odds", 1, 0)])).into();
    });
    rig.run_hours(6);
    assert_eq!((rig.made.len(), rig.providers["odds"].paid), (5, 5));
    rig.run_hours(24 * 5);
    assert_eq!(rig.dates_in("lines", State::Complete).len() + rig.dates_in("boxes", State::Complete).len(), 24);
    assert_eq!(rig.made.len(), 24);
}

#[test]
fn a_provider_that_is_down_gets_its_trials_one_by_one() {
    let mut rig = Rig::new("2025-11-20T12:00:00Z");
    rig.season(twelve_days(), 3);
    rig.filler = std::rc::Rc::new(|_| ends(End::Exit(69)));
    rig.edit(|spec| {
        spec.sources = vec![source("odds")];
        spec.coverages = ["lines", "boxes"].map(|name| covering(name, vec![drawing("live", "odds", 1, 0)])).into();
    });
    rig.run_hours(24);
    assert!((8..=20).contains(&rig.made.len()), "{}", rig.made.len());
}

//! Edits while the engine runs: the tables that they are about are looked at again, and no others.

use super::script::{edit, play};
use super::sim::*;
use crate::domain::judge::tests::day;
use crate::domain::policy::{DateOrder, Table};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::spec::Spec;

const EDITS: u32 = 20;

/// Two coverages, each with a table of its own.
fn two_tables() -> Spec {
    let mut spec = spec();
    let mut other = second("other");
    other.table = Table { name: "other".into(), ..other.table };
    spec.coverages.push(other);
    spec
}

/// How many marks are asked for in two minutes in which so many edits are made.
async fn marks(edits: u32, change: fn(&mut Spec, i64), prepare: fn(&Sim)) -> u32 {
    let sim = world(good, &[]);
    let edited = |n: u32| {
        let mut spec = two_tables();
        change(&mut spec, i64::from(n) + 2);
        edit(20 + 4 * u64::from(n), &spec)
    };
    let mut steps: Vec<_> = (0..edits).map(edited).collect();
    steps.insert(0, super::script::turn(10, prepare));
    play(&sim, &mut sim.engine(two_tables()), 120, steps).await;
    sim.state().marks
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_one_coverage_marks_its_own_table_alone() {
    let edit: fn(&mut Spec, i64) = |spec, generation| spec.coverages[1].generation = generation;
    let at_rest = marks(0, edit, |_| {}).await;
    assert_eq!(marks(EDITS, edit, |_| {}).await, at_rest + EDITS);
}

#[tokio::test(start_paused = true)]
async fn what_people_want_of_dates_marks_no_table() {
    let wish: fn(&mut Spec, i64) = |spec, priority| {
        let key = spec.seasons[0].key.clone();
        let order = DateOrder { priority: i32::try_from(priority).unwrap(), ..DateOrder::default() };
        spec.orders.entry(key).or_default().insert(jiff::civil::date(2025, 11, 3), order);
    };
    assert_eq!(marks(EDITS, wish, |_| {}).await, marks(0, wish, |_| {}).await);
}

/// Its limits or its grant may be what changed.
#[tokio::test(start_paused = true)]
async fn a_look_that_failed_is_tried_again_after_any_edit() {
    let sim = world(good, &[]);
    sim.state().broken = Some(Unknown::new(UnknownReason::ProbeBudget, "too much for its Warehouse"));
    let spec = two_tables();
    let steps = vec![super::script::turn(300, |sim| sim.state().broken = None), edit(301, &spec)];
    let (overview, _) = play(&sim, &mut sim.engine(spec.clone()), 310, steps).await;
    assert_eq!(tell(&overview), Vec::<String>::new(), "both tables are known at once");
}

/// Two namespaces read one table: each is looked at for itself, so that nothing of one reaches the other.
#[tokio::test(start_paused = true)]
async fn what_one_namespace_may_not_read_is_known_to_its_neighbour() {
    let sim = world(good, &[]);
    sim.state().refused_readers.insert("tenant".into());
    let mut spec = spec();
    let mut tenant = second("tenant");
    tenant.key.namespace = "tenant".into();
    tenant.fill.mode = crate::domain::policy::Mode::Observe;
    spec.coverages.push(tenant);
    let (overview, _) = play(&sim, &mut sim.engine(spec), 60, vec![]).await;
    let stands = |namespace: &str| {
        let view = overview.coverages.iter().find(|c| &*c.key.namespace == namespace).unwrap();
        view.cells[0].state()
    };
    use crate::domain::state::State::{Complete, Unknown};
    assert_eq!((stands("default"), stands("tenant")), (Complete, Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_coverage_narrows_the_dates_of_its_season_on_both_sides() {
    let sim = world(good, &[3, 4, 5, 6]);
    let mut narrow = spec();
    (narrow.coverages[0].from, narrow.coverages[0].through) = (Some(day("2025-11-04")), Some(day("2025-11-05")));
    let overview = sim.settle(&narrow).await;
    let dates: Vec<_> = overview.coverages[0].cells.iter().map(|cell| cell.date).collect();
    assert_eq!(dates, [day("2025-11-04"), day("2025-11-05")]);
    assert_eq!(sim.state().runs.keys().copied().collect::<Vec<_>>(), dates);
}

//! A spec that is refused while Jobs of it live: they are settled by the last one that was valid, and nothing is launched.

use super::launches::slow;
use super::script::{edit, play, turn};
use super::sim::*;
use crate::domain::ledger::{Ledger, Outcome};
use crate::domain::policy::Stalled;
use crate::engine::ports::Created;
use crate::engine::spec::Spec;

/// The same, with a template that is gone.
fn refused(spec: &Spec) -> Spec {
    let stalled = |coverage: &crate::domain::policy::Coverage| Stalled {
        key: coverage.key.clone(),
        uid: coverage.uid.clone(),
        season: Some(coverage.season.clone()),
        why: "there is no CronJob `load`".into(),
    };
    let stalled = spec.coverages.iter().map(stalled).collect();
    Spec { coverages: vec![], stalled, ..spec.clone() }
}

fn stored(sim: &Sim) -> Ledger {
    sim.state().ledgers.values().next().unwrap().1.clone()
}

fn outcomes(ledger: &Ledger) -> Vec<Outcome> {
    ledger.recent.iter().flat_map(|settled| settled.outcomes.values().copied()).collect()
}

/// Whether the season goes with it or not.
#[tokio::test(start_paused = true)]
async fn what_a_refused_coverage_tried_is_settled_without_an_edit() {
    for keeps_season in [true, false] {
        let sim = world(slow, &[3, 4]);
        let mut then = refused(&spec());
        then.seasons.truncate(usize::from(keeps_season));
        let (overview, _) = play(&sim, &mut sim.engine_that_reports(spec()), HOUR, vec![edit(100, &then)]).await;
        let ledger = stored(&sim);
        assert_eq!((ledger.attempts.len(), outcomes(&ledger)), (0, vec![Outcome::Filled; 2]));
        let told: Vec<_> = overview.coverages.iter().map(|c| (c.stalled.is_some(), c.cells.len())).collect();
        assert_eq!((told, overview.seasons.len()), (vec![(true, 0)], usize::from(keeps_season)));
        assert_eq!(sim.state().views.values().map(|view| view.stalled.clone()).collect::<Vec<_>>(), [None]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_refused_coverage_recorded_is_not_created_and_is_tried_when_it_is_valid_again() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Unclear("no answer".into()));
    let steps = vec![
        edit(20, &refused(&spec())),
        turn(21, |sim| sim.state().answer_create = None),
        turn(HOUR, |sim| {
            assert!(sim.state().created.is_empty(), "nothing is launched while the spec is refused");
            assert_eq!((stored(sim).attempts.len(), outcomes(&stored(sim))), (0, vec![Outcome::NeverStarted]));
        }),
        edit(HOUR + 1, &spec()),
    ];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 4 * HOUR, steps).await;
    assert_eq!((tell(&overview), sim.state().created.len()), (vec![], 1));
}

/// Another object of the same name has nothing to settle.
#[tokio::test(start_paused = true)]
async fn an_object_that_was_made_again_and_is_refused_settles_nothing() {
    let sim = world(slow, &[3]);
    let mut then = refused(&spec());
    then.stalled[0].uid = "another".into();
    play(&sim, &mut sim.engine(spec()), HOUR, vec![edit(100, &then)]).await;
    assert_eq!(stored(&sim).attempts.len(), 1);
}

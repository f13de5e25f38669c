//! A wall clock that is wrong neither blinds gapless nor makes it launch what is not due.

use super::scenarios::{HOUR, good};
use super::script::{Step, outcomes, play, turn};
use super::sim::*;
use crate::domain::judge::tests::day;
use crate::domain::ledger::Outcome;

const TEN_YEARS: i64 = 10 * 365 * 86_400;

/// The operator's wall clock is off by so many seconds from now on.
fn clock(at: u64, off: i64) -> Step {
    turn(at, move |sim| sim.state().clock_off = off)
}

fn lose(at: u64, date: &'static str) -> Step {
    turn(at, move |sim| _ = sim.state().table.remove(&day(date)))
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_back_does_not_blind_gapless() {
    for back in [7_200, 86_400] {
        let sim = world(good, &[]);
        let steps = vec![clock(HOUR / 2, -back), lose(HOUR / 2 + 1, "2025-11-03")];
        play(&sim, &mut sim.engine(spec()), 3 * HOUR, steps).await;
        assert_eq!(sim.state().creates.len(), 1, "a look is an hour late at most: {back} s back");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ten_years_ahead_for_a_while_ends_no_look() {
    for lasts in [60, 4000] {
        let sim = world(good, &[]);
        let back = HOUR / 2 + lasts;
        let steps = vec![clock(HOUR / 2, TEN_YEARS), clock(back, 0), lose(back, "2025-11-03")];
        play(&sim, &mut sim.engine(spec()), 4 * HOUR, steps).await;
        assert_eq!(sim.state().creates.len(), 1, "ahead for {lasts} s");
    }
}

/// The Job ends by the cluster's clock, which the operator's is two hours ahead of, or behind.
#[tokio::test(start_paused = true)]
async fn a_job_is_verified_by_a_look_that_was_asked_for_after_it_ended() {
    for off in [-7200, 7200] {
        let sim = world(good, &[3]);
        sim.state().clock_off = off;
        let overview = sim.run_for(&spec(), 2 * HOUR).await;
        assert_eq!(outcomes(&overview), [Outcome::Filled], "{off} s off");
    }
}

/// What another process noted while its clock was ten years ahead is not waited for.
#[tokio::test(start_paused = true)]
async fn a_ledger_of_a_process_whose_clock_was_ahead_holds_nothing_back() {
    let sim = world(super::scenarios::useless, &[3]);
    sim.state().clock_off = TEN_YEARS;
    sim.run_for(&spec(), 120).await;
    assert_eq!(sim.state().creates.len(), 1);
    sim.state().clock_off = 0;
    sim.run_for(&spec(), HOUR).await;
    assert_eq!(sim.state().creates.len(), 3, "the backoff is one of minutes");
}

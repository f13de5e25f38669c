//! A wall clock that is wrong neither blinds gapless nor makes it launch what is not due.

use std::collections::BTreeMap;

use super::script::{Step, outcomes, play, turn};
use super::sim::*;
use crate::domain::dates::Timestamp;
use crate::domain::judge::tests::day;
use crate::domain::ledger::{Admitted, Outcome};
use crate::domain::suspicion::Doubt;
use crate::engine::drive::Engine;

use crate::engine::season::Doubted;
use crate::engine::world::{Loading, World};

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
    let sim = world(useless, &[3]);
    sim.state().clock_off = TEN_YEARS;
    sim.run_for(&spec(), 120).await;
    assert_eq!(sim.state().creates.len(), 1);
    sim.state().clock_off = 0;
    sim.run_for(&spec(), HOUR).await;
    assert_eq!(sim.state().creates.len(), 3, "the backoff is one of minutes");
}

/// Every instant that a process keeps, by what it is.
fn instants(world: &World) -> BTreeMap<&'static str, Timestamp> {
    let season = world.seasons.values().next().unwrap();
    let state = world.coverages.values().next().unwrap();
    let watch = world.watches.values().next().unwrap();
    let unclear = state.creates.unclear().unwrap();
    let book = state.facts.book();
    let entry = &book.dates[&day("2025-11-02")];
    let Loading::Wanted { not_before } = world.loading else { panic!("a load is wanted") };
    let known = [
        ("the next load", Some(not_before)),
        ("the list of Jobs", world.jobs.listed_at),
        ("the next list", Some(world.jobs.next_list)),
        ("the next try of a removal", world.jobs.removing.values().next().copied()),
        ("an orphan", world.jobs.orphans()[0].shown_from),
        ("the end of a Job", world.jobs.all()[0].ended.map(|(at, _)| at)),
        ("slow start", Some(world.turns.ramp().started_at)),
        ("the decision", Some(world.decided.at())),
        ("the next look at the schedule", Some(season.look.next)),
        ("the look at the schedule", season.look.last),
        ("the wait before it", Some(season.look.not_before)),
        ("the age of the schedule", season.good_until()),
        ("the read of the schedule", season.read_at()),
        ("the next look at the table", Some(watch.look.next)),
        ("the look at the table", watch.look.last),
        ("the look under way", watch.asked.as_ref().map(|(at, _)| *at)),
        ("the age of the facts", Some(book.good_until)),
        ("what was confirmed", book.confirmed_at),
        ("what is asked", book.asked_at),
        ("the read of a date", Some(entry.read_at)),
        ("the failed read of a date", entry.failure.as_ref().map(|f| f.at)),
        ("what was confirmed of a date that failed", entry.failure.as_ref().and_then(|f| f.confirmed_at)),
        ("the next save", Some(state.saved.not_before())),
        ("the report", Some(state.shown.stored_at())),
        ("the look that is to be noted", state.facts.news()),
        ("a created Job", state.creates.seen_at(1)),
        ("the next try of a refused create", state.creates.refused().map(|refusal| refusal.until)),
        ("an unclear create", Some(unclear.at)),
        ("the next try of an unclear create", Some(unclear.until)),
        ("a record", Some(state.ledger.attempts[0].recorded_at)),
        ("a backoff", state.ledger.tallies.values().next().map(|tally| tally.retry_at)),
    ];
    known.into_iter().map(|(what, at)| (what, at.unwrap_or_else(|| panic!("{what}")))).collect()
}

/// A world in which something of every kind waits.
async fn waiting(sim: &Sim) -> Engine<Sim, Sim, Sim, Sim> {
    sim.state().broken_dates.insert(day("2025-11-02"), failed());
    let mut engine = sim.engine(spec());
    play(sim, &mut engine, 400, vec![]).await;
    let now = sim.now();
    let world = &mut engine.world;
    world.loading = Loading::Wanted { not_before: now };
    let key = world.coverages.keys().next().unwrap().clone();
    let state = world.coverages.get_mut(&key).unwrap();
    let admitted = Admitted {
        rung: "reload".into(),
        target: state.coverage.table.clone(),
        aliases: vec![],
        dates: [day("2025-11-05")].into_iter().collect(),
        number: 1,
        tokens: BTreeMap::new(),
        trial: false,
        draw: None,
        window: None,
    };
    *state.ledger = state.ledger.record(&admitted, BTreeMap::new(), now);
    state.creates.not_answered(now);
    state.creates.refuse("exceeded quota".into(), false, now);
    state.verdicts.pretend(Doubt::new(now));
    state.saved.set(false, now);
    *state.facts.looked_mut() = Some(now);
    let book = state.facts.book_mut();
    book.asked_at = Some(now);
    let entry = book.dates.get_mut(&day("2025-11-02")).unwrap();
    let failure = entry.failure.as_mut().unwrap();
    failure.confirmed_at = Some(now);
    let orphans: Vec<_> = state.orphans(now).collect();
    world.jobs.add_orphans(orphans.into_iter());
    world.jobs.removing.insert("job".into(), now);
    let season = world.seasons.values_mut().next().unwrap();
    season.look.not_before = now;
    season.pretend(Doubted { doubt: Doubt::new(now), dates: Default::default() });
    world.watches.values_mut().for_each(|watch| watch.asked = Some((now, Default::default())));
    engine
}

#[tokio::test(start_paused = true)]
async fn everything_that_waits_moves_along_with_a_clock_that_is_set() {
    let sim = world(useless, &[3]);
    let mut engine = waiting(&sim).await;
    let before = instants(&engine.world);
    let by = jiff::SignedDuration::from_hours(-24);
    engine.world.clock_moved(by, sim.now() + by);
    for (what, at) in instants(&engine.world) {
        assert_eq!(at.duration_since(before[what]), by, "{what}");
    }
    let doubt = Some(Doubt::new(sim.now() + by));
    assert_eq!(engine.world.coverages.values().next().unwrap().verdicts.doubt(), doubt);
    assert_eq!(engine.world.seasons.values().next().unwrap().doubted().map(|d| d.doubt), doubt);
}

#[tokio::test(start_paused = true)]
async fn never_and_always_stay_where_they_are() {
    let sim = world(good, &[]);
    let mut engine = sim.engine(spec());
    engine.world.jobs.removing.insert("job".into(), Timestamp::MAX);
    engine.world.clock_moved(jiff::SignedDuration::from_hours(-24), sim.now());
    assert_eq!(engine.world.jobs.removing["job"], Timestamp::MAX);
    let state = engine.world.coverages.values().next().unwrap();
    assert_eq!((state.facts.book().good_until, state.saved.not_before()), (Timestamp::MAX, Timestamp::MIN));
}

//! What a schedule that is late, changes its mind or says nothing does to the dates that rest on it.

use super::script::{edit, outcomes, play, turn};
use super::sim::*;
use crate::domain::dates::Date;
use crate::domain::judge::tests::{at, day};
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::Mode;
use crate::domain::probe::{Filter, ScheduleRow, Test, Value};
use crate::domain::span::Span;
use crate::engine::spec::Spec;

/// What counts of a table may depend on the starts of games. A read from before they were known is no answer.
#[tokio::test(start_paused = true)]
async fn a_table_that_was_read_before_its_schedule_launches_nothing_on_that_read() {
    let sim = world(good, &[]);
    let start = |row: &mut ScheduleRow| row.start = Some(at("2025-11-01T23:00:00Z"));
    sim.state().schedule.iter_mut().for_each(start);
    sim.state().schedule_broken = true;
    let mut spec = spec();
    std::sync::Arc::make_mut(&mut spec.coverages[0].question).before = Some("snapshot".into());
    let world = sim.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        world.state().schedule_broken = false;
    });
    let (overview, events) = sim.watch_for(&spec, HOUR).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
    let told: Vec<&str> = events.iter().map(|e| e.reason).collect();
    assert!(!told.contains(&"GapFound") && sim.state().creates.is_empty(), "{told:?}");
}

/// The next look is an hour away, and finds nothing new. What is lost by then must have been seen complete.
#[tokio::test(start_paused = true)]
async fn dates_that_a_late_schedule_completes_are_recorded_before_the_next_look() {
    let sim = world(good, &[3]);
    sim.state().schedule_broken = true;
    let script = vec![
        turn(300, |sim| sim.state().schedule_broken = false),
        turn(HOUR / 2, |sim| {
            let state = sim.state();
            let (_, ledger, _) = state.ledgers.values().next().unwrap();
            assert_eq!(ledger.complete.to_string(), "2025-11-01..2025-11-02, 2025-11-04..2025-11-10");
        }),
    ];
    let mut spec = spec();
    spec.coverages[0].fill.mode = Mode::Observe;
    play(&sim, &mut sim.engine(spec), HOUR / 2 + 1, script).await;
}

/// The dates stand, so nothing else would have it written.
#[tokio::test(start_paused = true)]
async fn a_schedule_that_cannot_be_read_any_more_is_told() {
    let sim = world(good, &[]);
    let breaks = async {
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        sim.state().schedule_broken = true;
    };
    let spec = spec();
    let (overview, ()) = tokio::join!(sim.run_for(&spec, 600), breaks);
    assert!(overview.seasons[0].failure.is_some());
    assert_eq!(tell(&overview), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_moved_game_costs_no_attempt_on_its_old_date() {
    let sim = world(good, &[]);
    {
        let mut state = sim.state();
        state.table.insert(day("2025-11-03"), vec![FULL[0]]);
        state.table.get_mut(&day("2025-11-05")).unwrap().push(("UTA@SAS", 2));
        let id = format!("{}-LAL@MIN", day("2025-11-03"));
        let moved = schedule_row(day("2025-11-05"), "UTA@SAS", &id);
        state.schedule.push(moved);
    }
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), Vec::<String>::new(), "the old date expects one game, the new one three");
    assert!(sim.state().creates.is_empty());
}

/// An if-necessary game that is not played stays in the schedule, and is never final.
#[tokio::test(start_paused = true)]
async fn a_game_that_is_not_played_is_dropped_and_told_and_costs_no_attempt() {
    let sim = world(good, &[]);
    let mut spec = spec();
    let schedule = spec.seasons[0].schedule.as_mut().unwrap();
    let status = Filter { column: "status".into(), test: Test::Equals(Value::Int(3)) };
    std::sync::Arc::make_mut(&mut schedule.question).is_final = Some(status);
    let updated = |text: &str| sim.state().schedule.iter_mut().for_each(|row| row.updated = Some(at(text)));
    let unplayed = ScheduleRow { is_final: false, ..schedule_row(day("2025-11-10"), "UTA@SAS", "if-necessary") };
    sim.state().schedule.push(unplayed);
    // Held back by hand, so that nothing is launched before the schedule says more.
    spec.coverages[0].suspend = true;
    updated("2025-11-11T06:00:00Z");
    let later = async {
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        updated("2025-11-11T20:00:00Z");
    };
    let ((overview, events), ()) = tokio::join!(sim.watch_for(&spec, 3 * HOUR), later);
    assert_eq!(tell(&overview), Vec::<String>::new(), "not expected any more");
    let told: Vec<_> = events.iter().filter(|e| e.reason == "UnitDropped").collect();
    assert_eq!(told.len(), 1, "{events:?}");
    assert!(told[0].message.starts_with("UTA@SAS: ") && told[0].dates.contains(day("2025-11-10")), "{told:?}");
    assert!(events.iter().all(|e| e.reason != "ScheduleChanged"), "{events:?}");
    assert!(sim.state().creates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_off_season_of_60_days_is_silent() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    let counts = |sim: &Sim| {
        let state = sim.state();
        (state.saves, state.probes, state.schedule_reads)
    };
    let (saves, probes, reads) = counts(&sim);
    let (overview, events) = sim.watch_for(&spec(), 60 * 24 * HOUR).await;
    assert_eq!((tell(&overview), events.len()), (vec![], 0), "nothing is reported");
    assert!(sim.state().creates.is_empty());
    let once_more = (saves, probes + 1, reads + 1);
    assert_eq!(counts(&sim), once_more, "the new process reads each table once, then only marks, and writes nothing");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_loses_many_units_is_doubted_for_two_more_reads() {
    let kept = ["Unknown/ScheduleMissing 2025-11-01..2025-11-06", "Missing/NoRows 2025-11-07..2025-11-10"];
    for (seconds, told) in [(70, &["Missing/NoRows 2025-11-01..2025-11-10"][..]), (240, &kept[..])] {
        let sim = world(good, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let mut spec = spec();
        spec.coverages[0].fill.mode = Mode::Observe;
        let lost = async {
            tokio::time::sleep(std::time::Duration::from_secs(HOUR)).await;
            sim.state().schedule.retain(|row| row.date >= Some(day("2025-11-07")));
        };
        let ((overview, events), ()) = tokio::join!(sim.watch_for(&spec, HOUR + seconds), lost);
        let suspect = events.iter().filter(|e| e.reason == "ScheduleSuspect").map(|e| e.dates.to_string());
        assert_eq!(suspect.collect::<Vec<_>>(), ["2025-11-01..2025-11-06"], "told once");
        assert_eq!(overview.seasons[0].doubted.is_some(), told != kept);
        assert!(sim.state().schedule_reads > 1, "it was read");
        assert_eq!(tell(&overview), told, "{seconds} s later: the old units stand until two more reads agree");
    }
}

fn lose_six_dates(sim: &Sim) {
    sim.state().schedule.retain(|row| row.date >= Some(day("2025-11-07")));
}

fn observed() -> Spec {
    let mut spec = spec();
    spec.coverages[0].fill.mode = Mode::Observe;
    spec
}

const ALL_EMPTY: [i8; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const SIX_LOST: [&str; 2] = ["Unknown/ScheduleMissing 2025-11-01..2025-11-06", "Missing/NoRows 2025-11-07..2025-11-10"];

/// The mark of the doubted schedule was kept beside the facts of the one before, which then stood for ever.
#[tokio::test(start_paused = true)]
async fn a_doubted_schedule_is_believed_in_the_end_though_manifests_are_edited_and_the_process_starts_again() {
    let sim = world(good, &ALL_EMPTY);
    let mut first = sim.engine(observed());
    let steps = vec![turn(HOUR, lose_six_dates), edit(HOUR + 61, &observed())];
    let (overview, _) = play(&sim, &mut first, HOUR + 70, steps).await;
    assert!(overview.seasons[0].doubted.is_some());
    let mut next = sim.engine(observed());
    next.world.recall(first.world.remember());
    let (overview, _) = play(&sim, &mut next, 30, vec![edit(5, &observed()), edit(10, &observed())]).await;
    assert!(overview.seasons[0].doubted.is_some(), "edits are no reads of the schedule");
    let (overview, _) = play(&sim, &mut next, 180, vec![]).await;
    assert_eq!(tell(&overview), SIX_LOST);
}

#[tokio::test(start_paused = true)]
async fn a_doubted_schedule_that_is_written_every_half_minute_is_believed_in_the_end() {
    let sim = world(good, &ALL_EMPTY);
    let writer = sim.clone();
    tokio::spawn(async move {
        for n in 0..200 {
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            let updated = at("2025-11-19T12:00:00Z") + jiff::SignedDuration::from_secs(30 * n);
            writer.state().schedule.iter_mut().for_each(|row| row.updated = Some(updated));
        }
    });
    let (overview, _) = play(&sim, &mut sim.engine(observed()), HOUR + 240, vec![turn(HOUR, lose_six_dates)]).await;
    assert_eq!(tell(&overview), SIX_LOST);
}

/// Complete dates that the schedule had settled stay complete.
#[tokio::test(start_paused = true)]
async fn nothing_is_launched_on_a_schedule_that_cannot_be_read_for_hours() {
    let sim = world(good, &[]);
    let steps = vec![
        turn(60, |s| s.state().schedule_broken = true),
        turn(6 * HOUR, |s| _ = s.state().table.remove(&day("2025-11-03"))),
    ];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 10 * HOUR, steps).await;
    assert!(sim.state().creates.is_empty());
    assert_eq!(tell(&overview), ["Unknown/ScheduleStale 2025-11-03"]);
    let cell = &overview.coverages[0].cells[2];
    let why =
        "schedule `schedule` could not be read for 60 minutes: no answer; when last read: no rows; 2 units expected";
    assert_eq!(cell.message, why);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_launched_on_a_schedule_that_is_only_remembered() {
    let sim = world(good, &[3]);
    let mut first = sim.engine(observed());
    play(&sim, &mut first, 60, vec![]).await;
    sim.state().schedule_broken = true;
    let mut second = sim.engine(spec());
    second.world.recall(first.world.remember());
    let (overview, _) = play(&sim, &mut second, 60, vec![]).await;
    assert_eq!(tell(&overview), ["Unknown/ScheduleStale 2025-11-03"]);
    assert!(sim.state().creates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_went_stale_while_the_job_ran_charges_no_date() {
    let sim = world(good, &[]);
    let mut spec = spec();
    // Last updated on the 11th at noon, it is stale three minutes after the start.
    spec.seasons[0].schedule.as_mut().unwrap().max_age = Some(Span::minutes(9 * 24 * 60 + 3));
    {
        let mut state = sim.state();
        state.schedule.iter_mut().for_each(|row| row.updated = Some(at("2025-11-11T12:00:00Z")));
        state.table.insert(day("2025-11-10"), vec![FULL[0]]);
    }
    let refreshed = turn(HOUR, |s| {
        s.state().schedule.iter_mut().for_each(|row| row.updated = Some(at("2025-11-20T12:00:00Z")));
    });
    let mut engine = sim.engine(spec);
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![]).await;
    assert_eq!((outcomes(&overview), overview.coverages[0].tallies.len()), (vec![], 0));
    let (overview, _) = play(&sim, &mut engine, HOUR + 120, vec![refreshed]).await;
    assert_eq!(outcomes(&overview), [Outcome::Filled]);
}

#[tokio::test(start_paused = true)]
async fn a_game_that_moved_while_the_job_ran_charges_no_date() {
    fn nothing_new(_: Date, _: u32) -> Done {
        (60, End::Succeeded, None)
    }
    let sim = world(nothing_new, &[]);
    sim.state().table.insert(day("2025-11-03"), vec![FULL[0], (GAMES[1], 1)]);
    let moved = turn(30, |s| {
        let id = format!("{}-BOS@NYK", day("2025-11-03"));
        s.state().schedule.push(schedule_row(day("2025-11-05"), "BOS@NYK", &id));
    });
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 400, vec![moved]).await;
    let first = overview.coverages[0].recent.first().map(|settled| settled.outcomes[&day("2025-11-03")]);
    assert_eq!(first, Some(Outcome::Ineffective), "the data is what it was");
    assert!(overview.coverages[0].tallies.iter().all(|(_, _, tally)| tally.charged == 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_looks_as_often_at_a_schedule_that_fails_as_at_a_table() {
    let sim = world(good, &[3]);
    sim.state().schedule_broken = true;
    let heals = sim.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        heals.state().schedule_broken = false;
    });
    assert_eq!(tell(&sim.settle(&spec()).await), Vec::<String>::new());
}

/// One row says that it was updated in 2027: a typo, a clock that is wrong.
#[tokio::test(start_paused = true)]
async fn an_update_stamp_of_the_future_drops_no_game() {
    let sim = world(good, &[10]);
    let mut spec = observed();
    let schedule = spec.seasons[0].schedule.as_mut().unwrap();
    let status = Filter { column: "status".into(), test: Test::Equals(Value::Int(3)) };
    std::sync::Arc::make_mut(&mut schedule.question).is_final = Some(status);
    sim.state().schedule.iter_mut().for_each(|row| row.updated = Some(at("2025-11-10T12:00:00Z")));
    sim.state().schedule.last_mut().into_iter().for_each(|row| {
        (row.is_final, row.updated) = (false, Some(at("2027-01-01T00:00:00Z")));
    });
    let overview = sim.run_for(&spec, 60).await;
    let games = match &overview.seasons[0].calendar.days[&day("2025-11-10")] {
        crate::domain::schedule::Day::On(expected) => (expected.units.len(), expected.dropped.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(games, (2, 0));
}

/// The schedule loses games a minute before the Job's data is read.
#[tokio::test(start_paused = true)]
async fn while_a_schedule_is_doubted_only_a_date_that_is_complete_is_settled() {
    for (filler, settled) in [(good as Filler, vec![Outcome::Filled]), (useless, vec![])] {
        let sim = world(filler, &[3]);
        let (overview, _) = play(&sim, &mut sim.engine(spec()), 390, vec![turn(290, lose_six_dates)]).await;
        assert!(overview.seasons[0].doubted.is_some());
        assert_eq!(outcomes(&overview), settled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_date_that_expects_nothing_any_more_when_its_job_ends_backs_off_from_nothing() {
    let sim = world(useless, &[3]);
    let called_off = turn(30, |s| s.state().schedule.retain(|row| row.date != Some(day("2025-11-03"))));
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 500, vec![called_off]).await;
    assert_eq!(
        (tell(&overview), outcomes(&overview)),
        (vec!["NotExpected/OffDay 2025-11-03".into()], vec![Outcome::Filled])
    );
    assert!(overview.coverages[0].tallies.is_empty());
}

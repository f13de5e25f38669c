//! What a schedule that is late, changes its mind or says nothing does to the dates that rest on it.

use super::scenarios::{HOUR, good};
use super::sim::*;
use crate::domain::judge::tests::{at, day};
use crate::domain::policy::Mode;
use crate::domain::probe::{Filter, ScheduleRow, Test, Value};

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
    assert_eq!((tell(&overview), events.len()), (vec![], 0), "nothing is told");
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

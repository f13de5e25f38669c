//! What is reported when, and what a restart changes about it.

use super::sim::*;
use crate::domain::judge::tests::{at, coverage, day};
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::{Anchor, Mode, Moment};
use crate::domain::span::Span;
use crate::domain::state::{Cause, Running};
use crate::engine::drive::Until;
use crate::engine::events::of_changes;
use crate::engine::spec::Spec;

#[tokio::test(start_paused = true)]
async fn so_much_gone_at_once_is_doubted_for_two_more_reads() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    let table = std::mem::take(&mut sim.state().table);
    let overview = sim.run_for(&spec(), 30).await;
    assert_eq!(tell(&overview), ["Blocked/SuspectProbe 2025-11-01..2025-11-10"]);
    assert!(sim.state().creates.is_empty(), "nothing is launched on one read");
    sim.state().table = table;
    assert_eq!(tell(&sim.settle(&spec()).await), Vec::<String>::new());
    assert!(sim.state().creates.is_empty());
    sim.state().table.clear();
    assert_eq!(tell(&sim.settle(&spec()).await), Vec::<String>::new(), "agreed by two more reads, it is filled");
    assert_eq!(sim.state().creates.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_complete_date_that_loses_its_rows_is_told() {
    let sim = world(good, &[]);
    let mut spec = spec();
    spec.coverages[0].suspend = true;
    let lost = async {
        tokio::time::sleep(std::time::Duration::from_secs(HOUR)).await;
        sim.state().table.remove(&day("2025-11-03"));
    };
    let ((_, events), ()) = tokio::join!(sim.watch_for(&spec, 3 * HOUR), lost);
    let told: Vec<_> = events.iter().map(|e| format!("{} {}", e.reason, e.dates)).collect();
    assert_eq!(told, ["Revoked 2025-11-03"]);
}

/// Every gap was told again by each process, and every exhausted date.
#[tokio::test(start_paused = true)]
async fn what_was_told_before_a_restart_is_no_news_and_the_rest_is() {
    let (sim, mut spec) = (world(useless, &[3, 4]), spec());
    spec.coverages[0].fill.mode = Mode::Observe;
    // Nothing is known for a while after each start.
    sim.state().look_takes = 2;
    let told = async |spec: &Spec, seconds| {
        let (_, events) = sim.report_for(spec, seconds).await;
        let found = events.iter().filter(|e| e.reason != "JobLaunched" && e.reason != "Ineffective");
        found.map(|e| format!("{} {}", e.reason, e.dates)).collect::<Vec<_>>()
    };
    assert_eq!(told(&spec, 30).await, ["GapFound 2025-11-03..2025-11-04"]);
    assert_eq!(told(&spec, 30).await, Vec::<String>::new());
    sim.state().table.insert(day("2025-11-04"), FULL.to_vec());
    sim.state().table.remove(&day("2025-11-09"));
    assert_eq!(told(&spec, 30).await, ["Completed 2025-11-04", "Revoked 2025-11-09"], "it happened meanwhile");
    sim.state().views.clear();
    assert_eq!(told(&spec, 30).await, ["GapFound 2025-11-03, 2025-11-09"], "it was not reported before");
    spec.coverages[0].fill.mode = Mode::Fill;
    assert_eq!(told(&spec, 24 * HOUR).await, ["Exhausted 2025-11-09", "Exhausted 2025-11-03"]);
    assert_eq!(told(&spec, 30).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_restart_revokes_no_date_that_was_complete_before_it_is_due() {
    let (sim, mut spec) = (world(useless, &[3]), spec());
    spec.coverages[0].due = Moment { after: Anchor::DateStart, offset: Span::hours(60 * 24) };
    sim.state().look_takes = 2;
    let seen = sim.report_for(&spec, 30).await.0;
    assert_eq!(tell(&seen), ["NotDue/Due 2025-11-03"]);
    assert_eq!(sim.report_for(&spec, 30).await.1, []);
}

#[tokio::test(start_paused = true)]
async fn a_new_day_of_the_season_is_told_though_no_date_changes_its_state() {
    let (sim, mut spec) = (world(good, &[]), spec());
    spec.seasons[0].schedule = None;
    let stored_day = || sim.state().views.values().next().unwrap().today;
    sim.report_for(&spec, 16 * HOUR).await;
    assert_eq!(stored_day(), day("2025-11-20"), "in UTC it is tomorrow already");
    sim.report_for(&spec, 2 * HOUR).await;
    assert_eq!(stored_day(), day("2025-11-21"));
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_need_not_be_read_again() {
    let sim = world(good, &[3]);
    let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let mut first = sim.engine(spec());
    let seen = first.run(Until::Done, &mut commands, |_, _| {}).await;
    let reads = sim.state().probes;
    let mut second = sim.engine(spec());
    second.world.recall(first.world.remember());
    assert_eq!(tell(&second.run(Until::Done, &mut commands, |_, _| {}).await), tell(&seen));
    assert_eq!(sim.state().probes, reads, "the marks prove that nothing changed");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_launched_on_what_is_only_remembered() {
    let sim = world(good, &[3]);
    let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let mut observed = spec();
    observed.coverages[0].fill.mode = Mode::Observe;
    let mut first = sim.engine(observed);
    first.run(Until::Done, &mut commands, |_, _| {}).await;
    sim.state().table.insert(day("2025-11-03"), FULL.to_vec());
    sim.state().look_takes = 30;
    let mut second = sim.engine(spec());
    second.world.recall(first.world.remember());
    assert_eq!(tell(&second.run(Until::Done, &mut commands, |_, _| {}).await), Vec::<String>::new());
    assert!(sim.state().creates.is_empty(), "the date was filled while no process ran");
}

/// A filler has last words for all its dates at once: where one is filled and one is not, they are about the other.
#[tokio::test(start_paused = true)]
async fn the_last_words_of_a_job_are_told_of_the_date_that_lacks_something() {
    fn first_only(date: crate::domain::dates::Date, _: u32) -> Done {
        (60, End::Exit(75), (date.day() == 3).then(|| FULL.to_vec()))
    }
    let sim = world(first_only, &[3, 4]);
    let mut spec = spec();
    spec.coverages[0].fill.dates_per_job = 2;
    let says = sim.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        says.state().jobs.values_mut().for_each(|(job, ..)| job.message = "2025-11-04: the rate is limited".into());
    });
    let (_, events) = sim.watch_for(&spec, 600).await;
    let said = |reason: &str| events.iter().find(|e| e.reason == reason).map(|e| (e.dates.to_string(), &*e.message));
    assert_eq!(said("Filled"), Some(("2025-11-03".into(), "launch 1 on rung reload")));
    let limited = "launch 1 on rung reload: 2025-11-04: the rate is limited";
    assert_eq!(said("RateLimited"), Some(("2025-11-04".into(), limited)));
}

#[test]
fn a_date_that_becomes_complete_is_told_once() {
    let told = |before| {
        let changed = [(day("2025-11-03"), Some(before), Cause::Complete)];
        let events = of_changes(&coverage().key, &changed, &[], at("2025-11-20T12:00:00Z"));
        events.first().map(|e| e.reason)
    };
    for (before, reason) in [
        (Cause::Missing, Some("Completed")),
        (Cause::Waiting(Outcome::Failed), Some("Completed")),
        // Its outcome is reported, even where the Job's end and the data are seen at once.
        (Cause::Running(Running::Started), None),
        (Cause::Verifying { probing: true }, None),
        (Cause::Waived, None),
    ] {
        assert_eq!(told(before), reason, "{before:?}");
    }
}

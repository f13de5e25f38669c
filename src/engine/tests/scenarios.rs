//! What people rely on, as scripts.

use super::sim::*;
use crate::domain::assess::Wait;
use crate::domain::dates::DateRange;
use crate::domain::judge::tests::{at, coverage, day, fingerprints};
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::{Anchor, Check, DateOrder, Dates, Mode, Moment, Rerun, Rule};
use crate::domain::span::Span;
use crate::domain::state::{Cause, Hold, Running};
use crate::engine::drive::Until;
use crate::engine::events::of_changes;
use crate::engine::overview::Overview;
use crate::engine::ports::Created;
use crate::engine::spec::Spec;

pub(super) const HOUR: u64 = 3600;

pub(super) type Done = (i64, End, Option<Vec<(&'static str, u64)>>);

pub(super) fn good(_: crate::domain::dates::Date, _: u32) -> Done {
    (60, End::Succeeded, Some(FULL.to_vec()))
}

pub fn useless(_: crate::domain::dates::Date, _: u32) -> Done {
    (60, End::Succeeded, None)
}

#[tokio::test(start_paused = true)]
async fn gaps_are_found_filled_and_verified() {
    let sim = world(good, &[3, 4, 9]);
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
    assert_eq!(sim.state().creates.len(), 3);
    let recent = &overview.coverages[0].recent;
    assert!(recent.iter().all(|s| s.outcomes.values().all(|o| *o == Outcome::Filled)), "{recent:?}");
}

/// The look that was brought forward for the first end once forgot the second, until the cadence an hour later.
#[tokio::test(start_paused = true)]
async fn jobs_that_end_one_after_the_other_are_each_verified_in_time() {
    fn slower_each(date: crate::domain::dates::Date, _: u32) -> Done {
        (30 * i64::from(date.day()), End::Succeeded, Some(FULL.to_vec()))
    }
    let sim = world(slower_each, &[3, 4, 9]);
    assert_eq!(tell(&sim.run_for(&spec(), 11 * 60).await), Vec::<String>::new(), "the last ends after 4.5 minutes");
}

#[tokio::test(start_paused = true)]
async fn a_complete_table_costs_no_job_no_read_and_no_write_for_ever() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    let saves = sim.state().saves;
    let probes = sim.state().probes;
    sim.run_for(&spec(), 24 * HOUR).await;
    assert_eq!(sim.state().saves, saves, "zero writes at rest");
    assert_eq!(sim.state().probes, probes + 1, "a new process reads once, then only marks");
    assert!(sim.state().creates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn success_without_data_is_charged_and_ends_exhausted() {
    let sim = world(useless, &[3]);
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), ["Exhausted/Ineffective 2025-11-03"]);
    assert_eq!(sim.state().runs[&day("2025-11-03")], 3, "as many attempts as the rung has");
}

#[tokio::test(start_paused = true)]
async fn data_that_arrives_by_itself_completes_and_data_lost_again_reopens() {
    let sim = world(useless, &[3]);
    sim.settle(&spec()).await;
    sim.state().table.insert(day("2025-11-03"), FULL.to_vec());
    assert_eq!(tell(&sim.run_for(&spec(), 72 * HOUR).await), Vec::<String>::new());
    sim.state().table.remove(&day("2025-11-03"));
    assert_eq!(tell(&sim.settle(&spec()).await), ["Exhausted/Ineffective 2025-11-03"]);
    assert_eq!(sim.state().ledgers.values().next().unwrap().1.launches, 6, "new launches under new numbers");
}

#[tokio::test(start_paused = true)]
async fn exit_codes_that_blame_the_world_are_not_charged() {
    fn busy_then_good(_: crate::domain::dates::Date, run: u32) -> Done {
        if run <= 4 { (5, End::Exit(75), None) } else { (5, End::Succeeded, Some(FULL.to_vec())) }
    }
    let sim = world(busy_then_good, &[3]);
    assert_eq!(tell(&sim.settle(&spec()).await), Vec::<String>::new());
    fn never(_: crate::domain::dates::Date, _: u32) -> Done {
        (5, End::Exit(65), None)
    }
    let sim = world(never, &[3]);
    assert_eq!(tell(&sim.settle(&spec()).await), ["Exhausted/Permanent 2025-11-03"]);
    assert_eq!(sim.state().runs[&day("2025-11-03")], 1, "65 is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_mapping_launches_nothing() {
    let sim = world(good, &[]);
    sim.state().table.values_mut().for_each(|units| *units = vec![("0022500644", 20)]);
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), ["Unknown/UnitsUnmatched 2025-11-01..2025-11-10"]);
    assert!(sim.state().creates.is_empty());
}

/// A team that moved: the schedule has one name for it, the table another.
#[tokio::test(start_paused = true)]
async fn a_unit_that_is_there_under_another_name_launches_nothing() {
    let sim = world(good, &[]);
    sim.state().table.values_mut().for_each(|units| *units = vec![("BOS@NYK", 2), ("LAC@MIN", 2)]);
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), ["Unknown/UnitsUnmatched 2025-11-01..2025-11-10"]);
    assert!(sim.state().creates.is_empty());
    assert_eq!((overview.coverages[0].unexpected.rows, overview.coverages[0].unexpected.dates), (20, 10));
    let saves = sim.state().saves;
    sim.run_for(&spec(), 24 * HOUR).await;
    assert_eq!(sim.state().saves, saves, "what is unexpected is written once");
}

/// It was read: its attempt is settled, and what the date says is not hidden behind one that never ends.
#[tokio::test(start_paused = true)]
async fn a_filler_that_writes_more_units_than_are_counted_ends_its_attempt() {
    let sim = world(good, &[3]);
    sim.state().crowded.insert(day("2025-11-03"));
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeBudget 2025-11-03"]);
    let coverage = &overview.coverages[0];
    assert!(coverage.attempts.is_empty() && sim.state().creates.len() == 1, "{:?}", coverage.attempts);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_read_launches_nothing() {
    let sim = world(good, &[3]);
    sim.state().broken = Some(failed());
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-01..2025-11-10"]);
    assert!(sim.state().creates.is_empty());
    sim.state().broken = None;
    assert_eq!(tell(&sim.settle(&spec()).await), Vec::<String>::new());
}

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
async fn a_threshold_that_is_raised_is_no_data_that_is_gone() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    let mut raised = spec();
    raised.coverages[0].fingerprints = fingerprints(2);
    raised.coverages[0].criteria.rules = vec![Rule { measure: 0, check: Check::AtLeast(1_000), what: "rows".into() }];
    let states = tell(&sim.run_for(&raised, 30).await);
    assert!(!states.iter().any(|state| state.contains("SuspectProbe")), "{states:?}");
    assert!(!sim.state().creates.is_empty(), "{states:?}");
}

#[tokio::test(start_paused = true)]
async fn dates_that_are_due_long_before_they_come_are_read_when_they_are_due() {
    let mut spec = spec();
    spec.seasons[0].schedule = None;
    spec.seasons[0].dates = Dates::Closed(DateRange::new(day("2025-11-20"), day("2025-11-30")).unwrap());
    spec.coverages[0].fill.mode = Mode::Observe;
    spec.coverages[0].due = Moment { after: Anchor::DateStart, offset: Span::hours(-5 * 24) };
    let overview = world(good, &[]).run_for(&spec, 30).await;
    assert_eq!(tell(&overview), ["NotDue/Due 2025-11-26..2025-11-30", "Missing/NoRows 2025-11-20..2025-11-25"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_of_somebody_else_under_the_same_name_stalls_and_is_not_charged() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Foreign);
    let overview = sim.run_for(&spec(), 90).await;
    let why = overview.coverages[0].stalled.as_deref().unwrap_or_default();
    assert!(why.starts_with("NameTaken: a Job `boxscores-"), "{why}");
    assert!(overview.coverages[0].tallies.is_empty() && sim.state().creates.is_empty());
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

#[tokio::test(start_paused = true)]
async fn a_mended_template_is_tried_on_the_newest_exhausted_date_and_then_on_all() {
    fn only_the_9th_and_only_later(date: crate::domain::dates::Date, run: u32) -> Done {
        let mended = run > if date == day("2025-11-09") { 4 } else { 3 };
        (5, End::Succeeded, mended.then(|| FULL.to_vec()))
    }
    let sim = world(only_the_9th_and_only_later, &[3, 4, 9]);
    let with_template = |mark| {
        let mut spec = spec();
        spec.coverages[0].fill.ladder[0].template = Some(mark);
        spec
    };
    let exhausted = ["Exhausted/Ineffective 2025-11-03..2025-11-04, 2025-11-09"];
    assert_eq!(tell(&sim.settle(&with_template(1)).await), exhausted);
    assert_eq!(sim.state().creates.len(), 9);
    assert_eq!(tell(&sim.settle(&with_template(2)).await), exhausted, "the trial brought nothing");
    assert_eq!(sim.state().runs[&day("2025-11-09")], 4, "one trial, on the newest");
    assert_eq!(sim.state().creates.len(), 10);
    assert_eq!(tell(&sim.settle(&with_template(3)).await), Vec::<String>::new());
    assert_eq!(sim.state().creates.len(), 13, "the trial filled its date, and so the others were tried");
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
    assert_eq!(told(&spec, 30).await, ["GapFound 2025-11-03, 2025-11-09"], "nobody was told");
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
async fn a_rerun_token_runs_a_complete_date_once() {
    let sim = world(good, &[]);
    let mut spec = spec();
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
    let order = DateOrder { priority: 0, rerun };
    spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
    let (_, events) = sim.watch_for(&spec, HOUR).await;
    sim.settle(&spec).await;
    assert_eq!(sim.state().runs.get(&day("2025-11-03")), Some(&1));
    let launched = events.iter().find(|e| e.reason == "JobLaunched").unwrap();
    assert_eq!(launched.message, "launch 1, attempt 1 on rung reload: rerun requested");
}

/// It was told as filled, whatever became of its Job.
#[tokio::test(start_paused = true)]
async fn a_rerun_of_a_complete_date_that_fails_is_told_as_failed_and_leaves_it_complete() {
    fn fails(_: crate::domain::dates::Date, _: u32) -> Done {
        (60, End::Exit(1), None)
    }
    for (filler, outcome) in [(fails as Filler, Outcome::Failed), (good, Outcome::Rebuilt)] {
        let sim = world(filler, &[]);
        let mut spec = spec();
        let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
        let order = DateOrder { priority: 0, rerun };
        spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
        let (_, events) = sim.watch_for(&spec, 24 * HOUR).await;
        let told: Vec<_> = events.iter().map(|e| e.reason).collect();
        assert_eq!(told, ["JobLaunched", outcome.word()]);
        let overview = sim.settle(&spec).await;
        assert_eq!(tell(&overview), Vec::<String>::new(), "it is complete all the while");
        assert!(overview.coverages[0].tallies.is_empty(), "complete reads clear what was charged");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rerun_of_a_complete_date_tells_of_the_job_of_another_coverage_that_it_waits_for() {
    let (sim, mut spec) = (world(good, &[]), spec());
    spec.coverages.push(second("boxscores-too"));
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
    let order = DateOrder { priority: 0, rerun };
    spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
    let waits = |overview: &Overview| {
        let reruns = overview.coverages.iter().flat_map(|c| &c.reruns);
        reruns.map(|rerun| rerun.waits.clone()).collect::<Vec<_>>()
    };
    assert_eq!(waits(&sim.run_for(&spec, 20).await), [[Wait::Hold(Hold::Busy)]]);
    assert_eq!(waits(&sim.settle(&spec).await), Vec::<Vec<Wait>>::new());
}

#[tokio::test(start_paused = true)]
async fn observe_reports_and_never_launches() {
    let sim = world(good, &[3]);
    let mut spec = spec();
    spec.coverages[0].fill.mode = Mode::Observe;
    assert_eq!(tell(&sim.settle(&spec).await), ["Missing/NoRows 2025-11-03"]);
    assert!(sim.state().creates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_coverages_of_one_table_never_fill_a_date_at_the_same_time() {
    let sim = world(good, &[3, 4]);
    let mut spec = spec();
    spec.coverages.push(second("boxscores-too"));
    assert_eq!(tell(&sim.settle(&spec).await), Vec::<String>::new());
    assert_eq!(sim.state().creates.len(), 2, "what one has filled the other finds complete");
}

/// Dates of an ended Job were held until the slowest coverage of the table had read them.
#[tokio::test(start_paused = true)]
async fn a_coverage_tries_again_though_another_one_of_its_table_settles_later() {
    let sim = world(useless, &[3]);
    let mut spec = spec();
    spec.coverages.push(second("only-seen"));
    spec.coverages[1].fill.mode = Mode::Observe;
    spec.coverages[1].fill.settle = Span::hours(12);
    let overview = sim.run_for(&spec, 2 * HOUR).await;
    assert_eq!(tell(&overview), ["Exhausted/Ineffective 2025-11-03", "Missing/NoRows 2025-11-03"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_is_not_charged_and_comes_back() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Refused { permanent: false, why: "exceeded quota".into() });
    let (overview, events) = sim.watch_for(&spec(), 90).await;
    assert_eq!(tell(&overview), ["Blocked/Quota 2025-11-03"]);
    let refused = events.iter().find(|e| e.reason == "LaunchRefused").map(|e| e.message.as_str());
    assert_eq!(refused, Some("no Job was created, and nothing is charged: exceeded quota"));
    sim.state().answer_create = None;
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
    assert!(overview.coverages[0].tallies.is_empty(), "uncharged");
}

/// Each of them was counted once, so that ten refused creates put off the eleventh by minutes.
#[tokio::test(start_paused = true)]
async fn creates_that_are_refused_together_are_tried_again_as_soon_as_one() {
    let sim = world(good, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    sim.state().answer_create = Some(Created::Refused { permanent: false, why: "exceeded quota".into() });
    let quota = sim.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        quota.state().answer_create = None;
    });
    let mut spec = spec();
    spec.coverages[0].fill.max_concurrent_jobs = 10;
    let overview = sim.run_for(&spec, 30).await;
    assert_eq!(tell(&overview), ["Running/Started 2025-11-01..2025-11-10"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_need_not_be_read_again() {
    let sim = world(good, &[3]);
    let (_keep, mut wishes) = tokio::sync::mpsc::unbounded_channel();
    let mut first = sim.engine(spec());
    let seen = first.run(Until::Done, &mut wishes, |_, _| {}).await;
    let reads = sim.state().probes;
    let mut second = sim.engine(spec());
    second.world.recall(first.world.remember());
    assert_eq!(tell(&second.run(Until::Done, &mut wishes, |_, _| {}).await), tell(&seen));
    assert_eq!(sim.state().probes, reads, "the marks prove that nothing changed");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_launched_on_what_is_only_remembered() {
    let sim = world(good, &[3]);
    let (_keep, mut wishes) = tokio::sync::mpsc::unbounded_channel();
    let mut observed = spec();
    observed.coverages[0].fill.mode = Mode::Observe;
    let mut first = sim.engine(observed);
    first.run(Until::Done, &mut wishes, |_, _| {}).await;
    sim.state().table.insert(day("2025-11-03"), FULL.to_vec());
    sim.state().look_takes = 30;
    let mut second = sim.engine(spec());
    second.world.recall(first.world.remember());
    assert_eq!(tell(&second.run(Until::Done, &mut wishes, |_, _| {}).await), Vec::<String>::new());
    assert!(sim.state().creates.is_empty(), "the date was filled while nobody looked");
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

#[tokio::test(start_paused = true)]
async fn of_finished_jobs_three_that_succeeded_and_five_that_failed_are_kept() {
    fn even_days_only(date: crate::domain::dates::Date, _: u32) -> Done {
        if date.day() % 2 == 0 { (60, End::Succeeded, Some(FULL.to_vec())) } else { (60, End::Exit(1), None) }
    }
    let sim = world(even_days_only, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    sim.run_for(&spec(), 24 * HOUR).await;
    let state = sim.state();
    let (good, bad): (Vec<_>, Vec<_>) =
        state.jobs.values().partition(|(job, ..)| matches!(job.ended, Some((_, End::Succeeded))));
    assert_eq!((good.len(), bad.len()), (3, 5), "of {} launches", state.creates.len());
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
        // Its outcome is told, even where the Job's end and the data are seen at once.
        (Cause::Running(Running::Started), None),
        (Cause::Verifying { probing: true }, None),
        (Cause::Waived, None),
    ] {
        assert_eq!(told(before), reason, "{before:?}");
    }
}

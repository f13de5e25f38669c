//! What people rely on, as scripts.

use super::sim::*;
use crate::domain::dates::DateRange;
use crate::domain::judge::tests::{day, fingerprints};
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::{Anchor, Check, Dates, Mode, Moment, Rule};
use crate::domain::span::Span;

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

#[tokio::test(start_paused = true)]
async fn observe_reports_and_never_launches() {
    let sim = world(good, &[3]);
    let mut spec = spec();
    spec.coverages[0].fill.mode = Mode::Observe;
    assert_eq!(tell(&sim.settle(&spec).await), ["Missing/NoRows 2025-11-03"]);
    assert!(sim.state().creates.is_empty());
}

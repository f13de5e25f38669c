//! Creates that are refused, coverages that share a table, and Jobs that are kept.

use super::sim::*;
use crate::domain::ledger::End;
use crate::domain::policy::Mode;
use crate::domain::span::Span;
use crate::engine::ports::Created;

#[tokio::test(start_paused = true)]
async fn a_foreign_job_under_the_same_name_stalls_and_is_not_charged() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Foreign);
    let overview = sim.run_for(&spec(), 90).await;
    let why = overview.coverages[0].stalled.as_deref().unwrap_or_default();
    assert!(why.starts_with("NameTaken: a Job `boxscores-"), "{why}");
    assert!(overview.coverages[0].tallies.is_empty() && sim.state().creates.is_empty());
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
    assert_eq!(tell(&overview), ["Blocked/LaunchRefused 2025-11-03"]);
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

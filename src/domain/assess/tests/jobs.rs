//! A date whose Job runs, or has just ended.

use super::*;

#[test]
fn a_live_job_comes_before_everything_the_data_says() {
    check(&case().recorded(), "Running/Started");
    check(&Case { facts: Ok(complete()), ..case() }.recorded(), "Running/Started");
    let mut queued = case().recorded();
    queued.jobs.push(job(Some(Pending::Queued)));
    check(&queued, "Running/Queued");
    let mut stuck = case().recorded();
    stuck.jobs.push(job(Some(Pending::Pod("ImagePullBackOff".into()))));
    check(&stuck, "Running/PodPending");
    let mut forgotten = case();
    forgotten.jobs.push(job(None));
    check(&forgotten, "Running/Started");
}

#[test]
fn an_ended_job_is_verified_after_its_settle_time() {
    let mut ended = case().recorded();
    ended.ledger.ended(1, at("2025-11-15T10:58:00Z"), End::Succeeded, String::new());
    check(&ended, "Verifying/Settling");
    assert_eq!(ended.assess().cells[0].next, Some(at("2025-11-15T11:03:00Z")));
    check(&Case { now: "2025-11-15T11:03:00Z", ..ended }, "Verifying/Probing");
}

#[test]
fn a_job_that_has_ended_covers_no_date_without_a_record() {
    let mut ended = case();
    ended.jobs.push(Job { ended: Some((at(NOW), End::Succeeded)), ..job(None) });
    check(&ended, "Missing/NoRows wants a Job");
}

/// A Job that cannot be created must not be reported as running.
#[test]
fn a_recorded_attempt_runs_once_its_job_exists() {
    let message = |case: &Case| case.assess().cells[0].message.to_string();
    let mut case = case().recorded();
    assert_eq!(message(&case), "attempt 1 on rung reload is recorded; its Job does not exist yet");
    case.jobs.push(job(None));
    assert_eq!(message(&case), "attempt 1 on rung reload is running");
}

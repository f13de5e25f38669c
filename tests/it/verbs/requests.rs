//! `retry` and `waive`.

use std::fs;

use super::{at, local};
use crate::gapless::{GOOD, Place, SEASON, filled};

#[test]
fn retry_reruns_dates_and_waive_waives_them() {
    let here = Place::new(&[SEASON, &filled("echo $GAPLESS_DATE >> runs; exit 65", "datesPerJob: 1")]);
    local(&here);
    assert_eq!(here.runs().len(), 3);
    assert_eq!(here.run("retry", &["tc/t", "2026-01-03", "--token", "again"], &[]).code, Some(0));
    local(&here);
    local(&here);
    assert_eq!(here.runs().len(), 4, "a token is spent once");
    let waived = here.run("waive", &["tc/t", "2026-01-04..2026-01-05", "--reason", "the source is gone"], &[]);
    assert_eq!(waived.code, Some(0), "{}", waived.err);
    let status = here.run("calendar", &["--color", "never"], &[]);
    assert!(status.out.contains("ccXww"), "{}", status.out);
}

#[test]
fn a_retry_of_one_coverage_keeps_the_pending_retry_of_another() {
    let other = filled("exit 65", "datesPerJob: 1").split("---").next().unwrap().replace("name: t}", "name: u}");
    let here = Place::new(&[SEASON, &filled("echo $GAPLESS_COVERAGE >> runs; exit 65", "datesPerJob: 1"), &other]);
    local(&here);
    let before = here.runs().len();
    for (coverage, token) in [("tc/t", "one"), ("tc/u", "two")] {
        assert_eq!(here.run("retry", &[coverage, "2026-01-03", "--token", token], &[]).code, Some(0));
    }
    let written = here.text("gamedates/s-2026-01-03.yaml");
    assert!(written.contains("name: t") && written.contains("name: u") && written.contains("two"), "{written}");
    local(&here);
    assert_eq!(here.runs().len(), before + 2, "each ran again");
    assert_eq!(here.run("retry", &["tc/u", "2026-01-03", "--token", "three"], &[]).code, Some(0));
    let written = here.text("gamedates/s-2026-01-03.yaml");
    assert!(!written.contains("name: t"), "what has run is not run again: {written}");
}

/// Nothing showed the rerun, and nothing happened.
#[test]
fn a_rerun_of_a_date_that_lies_too_far_ahead_to_be_read_says_what_it_waits_for() {
    let ahead = SEASON.replace("2026-01-0", "2190-01-0");
    let here = Place::new(&[&ahead, &filled(GOOD, "datesPerJob: 1")]);
    let told = "rerun requested by token 'again'; waits: the date is too far in the future to be read";
    let retry = here.run("retry", &["tc/t", "2190-01-02..2190-01-03", "--token", "again"], &[]);
    assert!(retry.err.contains(&format!("2190-01-02..2190-01-03: {told}")), "{}{}", retry.out, retry.err);
    assert_eq!((retry.code, retry.out.lines().count()), (Some(0), 2), "a line for each file: {}", retry.out);
    let explain = here.run("explain", &["tc/t", "2190-01-02"], &[]);
    let said = explain.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("rerun {told}")), "{}{}", explain.out, explain.err);
    let other = here.run("explain", &["tc/t", "2190-01-04"], &[]);
    assert!(!other.out.contains("rerun requested"), "{}", other.out);
    let past = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    assert_eq!(past.run("retry", &["tc/t", "2026-01-01"], &[]).err, "", "it runs as soon as a slot is free");
}

#[test]
fn what_people_say_of_a_date_adds_up() {
    let other = filled("exit 65", "datesPerJob: 1").split("---").next().unwrap().replace("name: t}", "name: u}");
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1"), &other]);
    let date = "2026-01-03";
    for coverage in ["tc/t", "tc/u", "tc/t"] {
        assert_eq!(here.run("waive", &[coverage, date, "--reason", "the \"source\": gone"], &[]).code, Some(0));
    }
    assert_eq!(here.run("retry", &["tc/t", date, "--token", "again"], &[]).code, Some(0));
    let plan = here.run("plan", &["-o", "json"], &[]);
    let json: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    for coverage in json["coverages"].as_array().unwrap() {
        assert_eq!(coverage["cells"][2]["state"], "Waived", "{}{}", plan.out, plan.err);
    }
    assert_eq!(
        here.text("gamedates/s-2026-01-03.yaml").matches("kind: TableCoverage").count(),
        3,
        "two waived, one rerun"
    );
    let refused = here.run("waive", &["tc/t", "2026-01-04", "--reason", ""], &[]);
    assert!(refused.err.contains("spec.waived[0].reason"), "{}", refused.err);
    assert_eq!(refused.code, Some(2));
    let outside = here.run("waive", &["tc/t", "2026-02-01", "--reason", "gone"], &[]);
    assert!(outside.err.contains("UnknownDate: 2026-02-01 is not one of the dates of Season 's'"), "{}", outside.err);
    assert_eq!(outside.code, Some(2));
    assert_eq!(here.run("check", &[], &[]).code, Some(0), "refused requests are not written");
}

#[test]
fn a_request_is_written_where_it_is_read_or_refused() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let waive = ["tc/t", "2026-01-03", "--reason", "gone"];
    let refused = at(&here, "waive", "manifests.yaml", &waive);
    assert!(
        refused.err.contains("which no verb reads if -f names a single file; use -f with the folder instead: ."),
        "{}",
        refused.err
    );
    assert!(refused.code == Some(2) && !here.path("gamedates").exists());
    let both = at(&here, "waive", "manifests.yaml", &["-f", "more", "tc/t", "2026-01-03", "--reason", "gone"]);
    assert_eq!(both.code, Some(2), "there is no such folder: {}", both.err);
    fs::create_dir(here.path("more")).unwrap();
    let both = at(&here, "waive", "manifests.yaml", &["-f", "more", "tc/t", "2026-01-03", "--reason", "gone"]);
    assert!(both.code == Some(0) && here.path("more/gamedates/s-2026-01-03.yaml").exists(), "{}{}", both.out, both.err);
    let seen = at(&here, "calendar", "manifests.yaml", &["-f", "more", "--color", "never"]);
    assert!(seen.out.contains("ccw"), "{}", seen.out);
}

#[test]
fn a_rerun_of_a_complete_date_reports_what_its_job_did() {
    let season = SEASON.replace("through: 2026-01-05", "through: 2026-01-02");
    for (script, outcome) in [(GOOD, "Rebuilt"), ("exit 1", "Failed")] {
        let here = Place::new(&[&season, &filled(script, "datesPerJob: 1")]);
        assert_eq!(here.run("retry", &["tc/t", "2026-01-01"], &[]).code, Some(0));
        let done = local(&here);
        assert!(done.out.contains(&format!(" {outcome} 2026-01-01: launch 1 on rung reload")), "{}", done.out);
        assert!(done.out.contains(&format!("Verified  1 {outcome}\n")), "{}", done.out);
        let explained = here.run("explain", &["tc/t", "2026-01-01"], &[]);
        assert!(explained.out.contains(&format!(": {outcome}")) && explained.code == Some(0), "{}", explained.out);
    }
}

#[test]
fn a_waiver_is_taken_back() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    assert_eq!(here.run("waive", &["tc/t", "2026-01-03", "--reason", "gone"], &[]).code, Some(0));
    let story = here.run("explain", &["tc/t", "2026-01-03"], &[]);
    assert!(story.out.contains("gapless unwaive -f ") && story.code == Some(0), "{}", story.out);
    let done = here.run("unwaive", &["tc/t", "2026-01-03"], &[]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert!(here.run("explain", &["tc/t", "2026-01-03"], &[]).out.contains("Missing/NoRows"));
    let again = here.run("unwaive", &["tc/t", "2026-01-03"], &[]);
    assert!(again.code == Some(2) && again.err.contains("no GameDate waives TableCoverage/t"), "{}", again.err);
}

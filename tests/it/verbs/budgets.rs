//! What a budget pays for is filled, and the rest waits.

use super::local;
use crate::gapless::{Done, GOOD, Place, SEASON, filled};

fn source(spec: &str) -> String {
    format!("\napiVersion: gapless.dev/v1alpha1\nkind: Source\nmetadata: {{name: odds-api}}\nspec: {spec}\n")
}

/// A coverage whose dates cost ten credits each.
fn drawing() -> String {
    let script = format!("echo $GAPLESS_SOURCE:$GAPLESS_REQUESTS_PER_MINUTE >> told\n{GOOD}");
    let drawing = "jobFrom: {cronJob: load}\n        source: odds-api\n        cost: {perDate: 10}";
    filled(&script, "datesPerJob: 3").replace("jobFrom: {cronJob: load}", drawing)
}

/// Five dates are missing.
fn season() -> String {
    SEASON.replace("2026-01-05", "2026-01-07")
}

fn declare(here: &Place, manifests: &[&str]) {
    here.write("manifests.yaml", &manifests.join("---\n"));
}

fn words(done: &Done) -> String {
    done.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn only_what_the_budget_pays_for_is_filled_and_the_rest_waits_for_its_next_window() {
    let (season, coverage) = (season(), drawing());
    let here = Place::new(&[&season, &source("{budget: {credits: 25, per: Month}}"), &coverage]);
    let done = local(&here);
    assert_eq!((done.code, here.runs()), (Some(3), vec!["2026-01-06".into(), "2026-01-07".into()]), "{}", done.out);
    #[allow(clippy::disallowed_methods, reason = "the binary that is run lives in real time")]
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let next = today.last_of_month().tomorrow().unwrap();
    let told = words(&done);
    assert!(told.contains("Blocked/Budget, 3 dates: 2026-01-03..2026-01-05"), "{}", done.out);
    assert!(told.contains(&format!("does not pay for all dates before {next}T00:00:00Z")), "{}", done.out);
    assert_eq!(here.text("told"), "odds-api:\n", "without a limit of requests there is no share");

    let again = local(&here);
    assert!(again.out.contains("Launched  0 Jobs"), "what was spent is known after a start: {}", again.out);
    declare(&here, &[&season, &source("{budget: {credits: 35, per: Month}}"), &coverage]);
    let more = local(&here);
    assert_eq!(here.runs().len(), 3, "{}", more.out);
    assert!(more.out.contains("Blocked/Budget, 2 dates"), "{}", more.out);
}

/// Another coverage cannot spend what one spent that is gone.
#[test]
fn a_coverage_that_is_deleted_takes_no_credits_along() {
    let (season, source, coverage) = (season(), source("{budget: {credits: 25, per: Month}}"), drawing());
    let here = Place::new(&[&season, &source, &coverage]);
    local(&here);
    assert_eq!(here.runs().len(), 2);
    let other = coverage.replace("metadata: {name: t}", "metadata: {name: other}");
    declare(&here, &[&season, &source, &other]);
    let done = local(&here);
    assert_eq!(here.runs().len(), 2, "{}", done.out);
    assert!(done.out.contains("Blocked/Budget, 3 dates"), "{}", done.out);
}

#[test]
fn a_job_is_told_its_share_of_the_requests_and_the_source_limits_the_jobs() {
    let spec = "{maxConcurrentJobs: 2, requestsPerMinute: 31}";
    let coverage = drawing().replace("datesPerJob: 3", "datesPerJob: 1\n    maxConcurrentJobs: 5");
    let here = Place::new(&[&season(), &source(spec), &coverage]);
    let plan = here.run("plan", &["--max-jobs", "9"], &[]);
    assert!(plan.out.starts_with("2 Jobs would be launched now"), "{}", plan.out);
    let done = local(&here);
    assert_eq!((done.code, here.text("told")), (Some(0), "odds-api:15\n".repeat(5)), "{}", done.out);
}

/// The reserve of 10 % is for yesterday and later, and these dates are older.
#[test]
fn history_leaves_the_reserve_to_tonight() {
    let spec = "{budget: {credits: 50, per: Day, timeZone: America/Los_Angeles, reserve: 10%}}";
    let here = Place::new(&[&season(), &source(spec), &drawing()]);
    let done = local(&here);
    assert_eq!(here.runs().len(), 4, "{}", done.out);
    assert!(done.out.contains("Blocked/Budget, 1 date"), "{}", done.out);
}

/// A coverage is refused while its Source is not there, and continues when it is.
#[test]
fn a_source_that_is_deleted_stops_its_rungs_until_it_is_back() {
    let (season, source, coverage) = (season(), source("{suspend: true}"), drawing());
    let here = Place::new(&[&season, &coverage]);
    let done = local(&here);
    assert!(words(&done).contains("SourceNotFound: there is no valid Source 'odds-api'"), "{}{}", done.out, done.err);
    declare(&here, &[&season, &source, &coverage]);
    let done = local(&here);
    assert!(done.out.contains("Blocked/SourceSuspended, 5 dates"), "{}", done.out);
    declare(&here, &[&season, &source.replace("{suspend: true}", "{}"), &coverage]);
    let done = local(&here);
    assert_eq!((done.code, here.runs().len()), (Some(0), 5), "{}{}", done.out, done.err);
}

/// Each field of a Source and of its rung. None of these edits lets a date start.
#[test]
fn a_field_edited_there_and_back_changes_nothing() {
    let spec = "{budget: {credits: 25, per: Month, reserve: 0%}, maxConcurrentJobs: 2}";
    let (season, source, coverage) = (season(), source(spec), drawing());
    let here = Place::new(&[&season, &source, &coverage]);
    local(&here);
    let state = || words(&here.run("plan", &[], &[]));
    let began = state();
    assert!(began.contains("Blocked/Budget, 3 dates") && began.contains("odds-api 20 25"), "{began}");
    for (old, new) in [
        ("credits: 25", "credits: 21"),
        ("reserve: 0%", "reserve: 50%"),
        ("per: Month", "per: Day"),
        ("per: Month", "per: Month, timeZone: America/New_York"),
        ("maxConcurrentJobs: 2", "maxConcurrentJobs: 2, requestsPerMinute: 30"),
        ("maxConcurrentJobs: 2", "maxConcurrentJobs: 1"),
        ("maxConcurrentJobs: 2", "breaker: {failures: 1, openFor: 1m, maxOpenFor: 2m}"),
        ("maxConcurrentJobs: 2", "suspend: true"),
        ("{perDate: 10}", "{perDate: 20}"),
        ("{perDate: 10}", "{perUnit: 20}"),
        ("        source: odds-api", "        source: nothing"),
    ] {
        let edited = [&season, &source.replace(old, new), &coverage.replace(old, new)];
        assert_ne!([edited[1], edited[2]], [&source, &coverage], "{old} is there");
        declare(&here, &edited.map(|manifest| manifest.as_str()));
        local(&here);
        declare(&here, &[&season, &source, &coverage]);
        local(&here);
        assert_eq!((here.runs().len(), state()), (2, began.clone()), "{new}");
    }
}

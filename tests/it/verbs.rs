//! The verbs as users and scripts call them.

use std::fs;
use std::process::Stdio;

use super::gapless::{GOOD, Place, SEASON, filled, gapless};

fn local(here: &Place) -> super::gapless::Done {
    here.run("local", &["--once", "--slow-start", "0s"], &[])
}

#[test]
fn gaps_are_filled_and_the_second_run_does_nothing() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let plan = here.run("plan", &[], &[]);
    assert_eq!(plan.code, Some(3));
    assert!(plan.out.starts_with("3 Jobs would be launched now, in this order:\n"), "{}", plan.out);
    assert!(!here.path("runs").exists(), "plan changes nothing");
    let done = local(&here);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert!(done.out.contains("TableCoverage/t Filled 2026-01-0"), "{}", done.out);
    let again = local(&here);
    assert_eq!(again.code, Some(0));
    assert!(again.out.contains("Launched  0 Jobs"), "{}", again.out);
    assert_eq!(here.runs().len(), 3);
}

/// `plan` once assumed twenty Jobs at once, while `local` runs four.
#[test]
fn a_plan_is_the_first_wave_of_local_and_names_the_limit_that_holds_the_rest() {
    let season = SEASON.replace("2026-01-05", "2026-01-09");
    let narrow = "fill.maxConcurrentJobs";
    for (fill, args, launched, limit) in [
        ("maxConcurrentJobs: 9", vec![], 4, "all coverages together run at most 4 at once (--max-jobs)"),
        ("maxConcurrentJobs: 9", vec!["--max-jobs", "2"], 2, "run at most 2 at once (--max-jobs)"),
        ("maxConcurrentJobs: 3", vec![], 3, narrow),
        ("maxConcurrentJobs: 9", vec!["--max-jobs", "7"], 7, ""),
    ] {
        let here = Place::new(&[&season, &filled(GOOD, fill)]);
        let plan = here.run("plan", &args, &[]);
        assert!(plan.out.starts_with(&format!("{launched} Jobs would be launched now")), "{}", plan.out);
        let said = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = format!("Missing/NoRows, {} dates", 7 - launched);
        assert_eq!(said.contains(&told) && said.contains(limit), launched < 7, "{}", plan.out);
    }
}

/// The bytes of data that a run has read, from its summary.
fn read(done: &super::gapless::Done) -> u64 {
    let line = done.out.lines().find_map(|l| l.strip_prefix("Read      ")).unwrap();
    line.strip_suffix(" bytes of data").unwrap().parse().unwrap()
}

#[test]
fn a_complete_folder_costs_no_child_and_not_one_byte_of_data_on_the_second_run() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    for day in 1..=5 {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "x\n1\n");
    }
    here.age("data/t");
    let first = local(&here);
    assert!(read(&first) > 0, "{}", first.out);
    let again = local(&here);
    assert_eq!(read(&again), 0, "{}", again.out);
    assert!(again.out.contains("Launched  0 Jobs\n"), "{}", again.out);
    assert_eq!((first.code, again.code), (Some(0), Some(0)), "{}", again.err);
    assert!(!here.path("runs").exists());
    here.write("data/t/day=2026-01-03/part.csv", "x\n12\n");
    here.age("data/t/day=2026-01-03");
    let changed = local(&here);
    assert!((1..read(&first)).contains(&read(&changed)), "one changed date costs one date: {}", changed.out);
}

#[test]
fn duplicates_are_loaded_again_only_where_the_rung_says_that_it_repairs_them() {
    let manifest = filled(GOOD, "datesPerJob: 1").replace("  fill:\n", "  complete: {unique: [x]}\n  fill:\n");
    let repairing = manifest.replace("- name: reload\n", "- name: reload\n        repairs: [NoRows, Duplicated]\n");
    for (manifest, runs) in [(manifest, 0), (repairing, 1)] {
        let here = Place::new(&[SEASON, &manifest]);
        for day in [3, 4, 5] {
            here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "x\n1\n");
        }
        here.write("data/t/day=2026-01-02/part.csv", "x\n1\n1\n");
        let done = local(&here);
        assert_eq!(here.runs().len(), runs, "{}{}", done.out, done.err);
        let reason = "Unrecoverable/NoRung, 1 date: 2026-01-02";
        assert_eq!(done.out.contains(reason), runs == 0, "{}", done.out);
        assert_eq!(done.code, Some(if runs == 0 { 3 } else { 0 }));
    }
}

#[test]
fn rows_without_a_date_are_counted_apart_and_shown() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1").replace("table: t", "table: flat")]);
    here.write("data/flat/part.csv", "day,x\n2026-01-01,1\n,2\n,3\n0001-01-01,4\n");
    for (verb, args) in [("status", vec![]), ("explain", vec!["tc/t", "2026-01-01"])] {
        let done = here.run(verb, &args, &[]);
        let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "2 rows of its table have no date, 1 row of its table has a date before 1970-01-01 or after \
                    2199-12-31: counted for no date at all";
        assert!(out.contains(told), "{verb}: {}{}", done.out, done.err);
        assert_eq!(done.out.matches("Unknown").count(), 0, "the dates are known regardless: {}", done.out);
    }
}

/// A season that lacks the games of two nights. Their collected rows were once reported only for a single date.
#[test]
fn rows_of_unexpected_units_are_reported_for_the_whole_coverage() {
    let schedule = ", schedule: {table: games, date: date, unit: [unit], where: [{column: kind, equals: season}]}}";
    let season = SEASON.replace("through: 2026-01-05}}", &format!("through: 2026-01-05}}{schedule}"));
    let coverage = filled(GOOD, "datesPerJob: 1").replace("unit: {whole: Date}", "unit: {columns: [unit]}");
    let here = Place::new(&[&season, &coverage]);
    here.write(
        "data/games/part.csv",
        "date,unit,kind\n2026-01-01,a,season\n2026-01-02,b,cup\n2026-01-03,c,cup\n2026-01-05,d,season\n",
    );
    for (day, units) in [(1, "a\na\nx\n"), (2, "b\nb\n"), (3, "c\n"), (5, "d\n")] {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), &format!("unit\n{units}"));
    }
    let told = "4 rows of 3 dates belong to no expected unit: 2026-01-01..2026-01-03";
    for args in [vec!["calendar", "--color", "never"], vec!["status"]] {
        let done = here.run(args[0], &args[1..], &[]);
        assert_eq!(done.out.matches(told).count(), 1, "{}{}", done.out, done.err);
        assert_eq!(done.code, here.run("plan", &[], &[]).code, "a warning changes no exit status");
    }
    let json: serde_json::Value = serde_json::from_str(&here.run("calendar", &["-o", "json"], &[]).out).unwrap();
    let coverage = &json["coverages"][0];
    assert_eq!((&coverage["unexpectedRows"], &coverage["unexpectedDates"]), (&4.into(), &3.into()));
    let cells = coverage["cells"].as_array().unwrap();
    let of_cells: Vec<u64> = cells.iter().map(|c| c["unexpectedRows"].as_u64().unwrap()).collect();
    assert_eq!(of_cells, [1, 2, 1, 0, 0]);
    assert_eq!(cells[0]["message"], "everything expected is present; 1 row of unexpected units: x");
    assert_eq!(cells[1]["message"], "no units on this date, yet the table has 2 rows for it: b");
}

/// Different spellings of a name in the schedule and the table once caused a gap and a Job.
#[test]
fn a_unit_under_another_name_launches_nothing_and_an_alias_completes_it() {
    let schedule = ", schedule: {table: games, date: date, unit: [unit]}}";
    let season = SEASON.replace("through: 2026-01-05}}", &format!("through: 2026-01-05}}{schedule}"));
    let coverage = filled(GOOD, "datesPerJob: 1").replace("unit: {whole: Date}", "unit: {columns: [unit]}");
    let games: String = (1..=5).map(|day| format!("2026-01-0{day},a\n2026-01-0{day},washington\n")).collect();
    let aliased = season.replace("unit: [unit]}}", "unit: [unit]}, aliases: {was: washington}}");
    for (season, code) in [(&season, 3), (&aliased, 0)] {
        let here = Place::new(&[season, &coverage]);
        here.write("data/games/part.csv", &format!("date,unit\n{games}"));
        for day in 1..=5 {
            here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "unit\na\nwas\n");
        }
        let done = local(&here);
        assert_eq!((here.runs(), done.code), (Vec::<String>::new(), Some(code)), "{}{}", done.out, done.err);
        assert_eq!(
            done.out.contains("Unknown/UnitsUnmatched, 5 dates: 2026-01-01..2026-01-05"),
            code == 3,
            "{}",
            done.out
        );
    }
}

#[test]
fn a_read_that_passes_a_limit_of_its_warehouse_is_unknown_and_says_what_to_do() {
    let limited = SEASON.replace("files: {folder: data}", "files: {folder: data}, limits: {maxBytesPerQuery: \"8\"}");
    let here = Place::new(&[&limited, &filled(GOOD, "datesPerJob: 1").replace("table: t", "table: flat")]);
    here.write("data/flat/part.csv", "day,x\n2026-01-01,1\n");
    let done = here.run("explain", &["tc/t", "2026-01-01"], &[]);
    let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "this read needs 19 bytes, more than 8 bytes of the Warehouse's limits.maxBytesPerQuery; raise it";
    assert!(out.contains("Unknown/ProbeBudget") && out.contains(told), "{}{}", done.out, done.err);
    assert_eq!(done.code, Some(3));
}

/// A schedule of five days, one unit each, that was last updated when the third day was over.
const STALE: &str = "date,unit,updated
2026-01-01,a,2026-01-04T06:00:00Z
2026-01-02,a,2026-01-04T06:00:00Z
2026-01-03,a,2026-01-04T06:00:00Z
2026-01-04,a,2026-01-04T06:00:00Z
2026-01-05,a,2026-01-04T06:00:00Z
";

#[test]
fn a_stale_schedule_launches_nothing_and_says_since_when() {
    let schedule = ", schedule: {table: games, date: date, unit: [unit], updatedAt: updated, maxAge: 24h}}";
    let season = SEASON.replace("through: 2026-01-05}}", &format!("through: 2026-01-05}}{schedule}"));
    let coverage = filled(GOOD, "datesPerJob: 1").replace("unit: {whole: Date}", "unit: {columns: [unit]}");
    let here = Place::new(&[&season, &coverage]);
    here.write("data/games/part.csv", STALE);
    for day in 1..=2 {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "unit\na\n");
    }
    let done = local(&here);
    assert_eq!(here.runs(), Vec::<String>::new(), "{}{}", done.out, done.err);
    assert!(done.out.contains("Unknown/ScheduleStale, 4 dates: 2026-01-02..2026-01-05"), "{}", done.out);
    let said = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("schedule `games` was last updated at 2026-01-04T06:00:00Z, longer ago than maxAge"),
        "{said}"
    );
    assert_eq!(done.code, Some(3));
}

#[test]
fn success_without_data_ends_exhausted_and_arriving_data_completes() {
    let here =
        Place::new(&[SEASON, &filled("echo $GAPLESS_DATE $GAPLESS_ATTEMPT $GAPLESS_REASON >> runs", "datesPerJob: 1")]);
    let done = local(&here);
    assert_eq!(done.code, Some(3));
    assert!(done.out.contains("Exhausted/Ineffective, 3 dates: 2026-01-03..2026-01-05"), "{}", done.out);
    let asked = ["2026-01-03 1 NoRows", "2026-01-03 2 NoRows"];
    assert_eq!(here.runs()[..2], asked, "twice each, as shown");
    for day in 3..=5 {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "x\n1\n");
    }
    assert_eq!(local(&here).code, Some(0), "observation wins over bookkeeping");
}

#[test]
fn exit_codes_and_messages_of_fillers_are_shown() {
    let here =
        Place::new(&[SEASON, &filled("echo no such date > $GAPLESS_TERMINATION_LOG\nexit 65", "datesPerJob: 1")]);
    let done = local(&here);
    assert!(done.out.contains("Exhausted/Permanent, 3 dates"), "{}", done.out);
    let story = here.run("explain", &["tc/t", "2026-01-03"], &[]);
    assert!(story.out.contains("Permanent: no such date"), "{}", story.out);
    let job = story.out.lines().find(|line| line.trim_start().starts_with("its Job")).expect("its Job is named");
    let log =
        story.out.split_whitespace().find(|word| word.ends_with("/log")).expect("explain names the output's file");
    assert!(job.contains("-l") && std::path::Path::new(log).exists(), "{}", story.out);
}

#[test]
fn a_filler_past_its_deadline_is_stopped() {
    let here = Place::new(&[SEASON, &filled("trap '' TERM\nsleep 60 & wait; sleep 60", "deadline: 1s")]);
    let begun = std::time::Instant::now();
    let done = here.run("local", &["--once", "--slow-start", "0s"], &[]);
    assert!(done.out.contains("Exhausted/Failed, 3 dates"), "{}", done.out);
    assert!(begun.elapsed().as_secs() < 50);
}

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

/// The wait was once reported nowhere.
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
fn scripts_get_one_documented_object() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 2")]);
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let plan = here.run("plan", &["-o", "json", "--now", "2026-01-05T12:00:00+02:00"], &[]);
    let json: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(keys(&json), ["now", "coverages", "launches", "held"]);
    assert_eq!(json["now"], "2026-01-05T10:00:00Z", "in UTC");
    let coverage = &json["coverages"][0];
    let of_coverage =
        ["namespace", "kind", "name", "season", "stalled", "undated", "unexpectedRows", "unexpectedDates"];
    assert_eq!(keys(coverage), [&of_coverage[..], &["counts", "reruns", "cells"]].concat());
    assert_eq!(
        (&coverage["kind"], &coverage["name"], &coverage["season"]),
        (&"TableCoverage".into(), &"t".into(), &"s".into())
    );
    let counts = coverage["counts"].as_object().unwrap();
    assert_eq!((&counts["Complete"], &counts["NotDue"]), (&2.into(), &1.into()));
    assert_eq!(counts.values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 5, "every date is counted once");
    let cells = coverage["cells"].as_array().unwrap();
    let dates: Vec<&str> = cells.iter().map(|c| c["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]);
    let expected = serde_json::json!({
        "date": "2026-01-03", "state": "Missing", "reason": "NoRows", "verdict": "Missing",
        "message": "no rows; 1 unit expected; launched as soon as a slot is free", "expected": 1, "covered": 0,
        "missing": ["*"], "rows": 0, "unexpectedRows": 0, "late": true, "attempts": 0, "rung": null, "nextLook": null,
    });
    assert_eq!(cells[2], expected);
    assert_eq!((&cells[0]["reason"], &cells[4]["nextLook"]), (&().into(), &"2026-01-06T06:00:00Z".into()));
    let launch = |date: &str| {
        serde_json::json!({
            "coverage": "TableCoverage/t", "rung": "reload", "dates": [date], "attempt": 1, "reason": "NoRows",
        })
    };
    assert_eq!(json["launches"], serde_json::json!([launch("2026-01-04"), launch("2026-01-03")]), "tonight first");
    let calendar = here.run("calendar", &["-o", "json"], &[]);
    assert_eq!(keys(&serde_json::from_str(&calendar.out).unwrap()), ["now", "coverages"]);
    let observed = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 2").replace("mode: Fill", "mode: Observe")]);
    let plan: serde_json::Value = serde_json::from_str(&observed.run("plan", &["-o", "json"], &[]).out).unwrap();
    let held = serde_json::json!([{
        "coverage": "TableCoverage/t", "dates": ["2026-01-03", "2026-01-04", "2026-01-05"], "state": "Missing", "reason": "NoRows",
        "message": "no rows; 1 unit expected; only reported: fill.mode is Observe",
    }]);
    assert_eq!(plan["held"], held);
}

#[test]
fn the_clock_can_be_set_for_verbs_that_only_read() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let early = here.run("calendar", &["--color", "never", "--now", "2026-01-03T12:00:00Z"], &[]);
    assert!(early.out.contains("ccnnn"), "not due yet: {}", early.out);
    assert_eq!(early.code, Some(0));
}

#[test]
fn wrong_usage_is_status_2_and_one_writer_holds_the_state() {
    assert_eq!(gapless(&["plan"]).code, Some(2));
    assert_eq!(gapless(&["explain", "-f", "examples/minimal", "nothing", "2026-01-01"]).code, Some(2));
    let missing = gapless(&["check", "-f", "no/such/folder"]);
    assert_eq!(missing.err, "gapless: no/such/folder is neither a file nor a folder\n");
    assert_eq!(missing.code, Some(2));
    let here = Place::new(&[SEASON]);
    here.write("state/lock", "");
    let lock = fs::File::open(here.path("state/lock")).unwrap();
    lock.lock().unwrap();
    let second = local(&here);
    assert!(second.err.contains("another gapless process is using"), "{}", second.err);
    assert_eq!(second.code, Some(1), "gapless itself could not");
}

#[test]
fn the_definitions_are_printed_as_they_are_committed() {
    let printed = gapless(&["crds"]).out;
    for kind in ["Warehouse", "Season", "TableCoverage", "PropCoverage", "GameDate"] {
        assert!(printed.contains(&format!("    kind: {kind}\n")), "{kind}");
    }
}

#[test]
fn the_shipped_examples_are_valid() {
    for example in ["examples/minimal", "examples/nba", "examples/demo", "examples/cluster"] {
        let done = gapless(&["check", "-f", example]);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    }
}

/// A kubeconfig of a cluster that does not exist.
const NOWHERE: &str = "
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u, namespace: sports}}]
clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: hidden}}]
";

#[test]
fn without_manifests_the_verbs_ask_a_cluster_and_say_in_a_sentence_when_there_is_none() {
    let here = Place::new(&[SEASON]);
    here.write("kubeconfig", NOWHERE);
    let (config, absent) = (here.path("kubeconfig"), here.path("absent"));
    let rows = [
        (vec!["calendar", "--kubeconfig", absent.to_str().unwrap()], 2, "there is no kubeconfig at "),
        (
            vec!["status", "--kubeconfig", config.to_str().unwrap(), "--context", "d"],
            2,
            "the kubeconfig has no context",
        ),
        (vec!["status", "-A", "--kubeconfig", config.to_str().unwrap()], 1, "the API server at https://127.0.0.1:1"),
        (
            vec!["retry", "--kubeconfig", config.to_str().unwrap(), "tc/t", "2026-01-03"],
            1,
            "the API server at https://127.0.0.1:1",
        ),
        (vec!["plan"], 2, "plan needs manifests: use -f DIR"),
        (
            vec!["calendar", "-f", "examples/minimal", "orderz"],
            2,
            "no coverage or season is called 'orderz'; there are: TableCoverage/orders",
        ),
        (vec!["local"], 2, "this verb needs manifests: use -f DIR"),
    ];
    for (args, code, sentence) in rows {
        let done = gapless(&args);
        assert_eq!(done.code, Some(code), "{args:?}: {}", done.err);
        assert!(done.err.starts_with(&format!("gapless: {sentence}")), "{args:?}: {}", done.err);
        assert!(done.err.lines().count() == 1 && !done.err.contains("hidden"), "{args:?}: {}", done.err);
    }
    let both = gapless(&["status", "-f", "examples/minimal", "-n", "sports"]);
    assert_eq!(both.code, Some(2), "files or a cluster, not both");
}

#[test]
fn under_the_name_of_a_plugin_usage_says_so() {
    use std::os::unix::process::CommandExt;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gapless"));
    let done =
        super::gapless::Done::of(command.arg0("/bin/kubectl-gapless").args(["calendar", "--help"]).output().unwrap());
    assert!(done.out.contains("Usage: kubectl gapless calendar "), "{}", done.out);
}

#[test]
fn a_manifest_that_is_fixed_while_gapless_watches_applies_at_once() {
    let refused = filled("exit 1", "datesPerJob: 5").replace("table: t", "tabel: t");
    let here = Place::new(&[SEASON, &refused]);
    let _watching = Running(here.command("local", &["--slow-start", "0s"]).stdout(Stdio::null()).spawn().unwrap());
    until(|| here.path("state/lock").exists());
    here.write("manifests.yaml", &[SEASON, &filled("echo first >> runs", "datesPerJob: 5")].join("---\n"));
    until(|| here.runs().contains(&"first".into()));
    // It is tried on one date first, even if the old template has used up all attempts, and then on the others.
    here.write("manifests.yaml", &[SEASON, &filled(GOOD, "datesPerJob: 5")].join("---\n"));
    until(|| ["2026-01-03", "2026-01-04", "2026-01-05"].iter().all(|d| here.runs().contains(&d.to_string())));
}

/// The facts are kept while it runs, not only at its end.
#[test]
fn what_gapless_read_before_it_was_killed_is_not_read_again() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5").replace("mode: Fill", "mode: Observe")]);
    let watching = Running(here.command("local", &[]).stdout(Stdio::null()).spawn().unwrap());
    until(|| here.path("state/facts").exists());
    drop(watching);
    let again = here.run("local", &["--once"], &[]);
    assert!(again.out.contains("0 bytes of data"), "{}{}", again.out, again.err);
}

#[test]
fn manifests_may_lie_in_several_folders_and_files() {
    let here = Place::new(&[SEASON]);
    here.write("more/coverage.yaml", &filled(GOOD, "datesPerJob: 1"));
    fs::remove_file(here.path("manifests.yaml")).unwrap();
    here.write("season/season.yaml", SEASON);
    let (season, more) = (here.path("season"), here.path("more/coverage.yaml"));
    let root = here.folder.path().to_str().unwrap();
    let args =
        ["plan", "-f", season.to_str().unwrap(), "-f", more.to_str().unwrap(), "--files-root", root, "-o", "json"];
    let plan = gapless(&args);
    let json: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(json["coverages"][0]["counts"]["Missing"], 3, "{}{}", plan.out, plan.err);
    assert_eq!(json["launches"].as_array().map(Vec::len), Some(3));
    let twice = at(&here, "check", "more", &["-f", "season", "-f", "./more/coverage.yaml", "-f", "more/../more"]);
    assert!(
        twice.out.ends_with("4 objects in 2 files, no problem\n"),
        "each once, whatever it is called: {}",
        twice.out
    );
    let alone = gapless(&["check", "-f", more.to_str().unwrap()]);
    assert!(alone.out.contains("SeasonNotFound"), "{}", alone.out);
}

/// A process that ends with its test, whatever the result.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until(is_so: impl Fn() -> bool) {
    let tries = std::iter::repeat_with(|| std::thread::sleep(std::time::Duration::from_millis(20)));
    assert!(tries.take(3000).any(|()| is_so()), "timed out");
}

/// A verb with `-f` and this path, in the test's folder.
fn at(here: &Place, verb: &str, file: &str, args: &[&str]) -> super::gapless::Done {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gapless"));
    command.current_dir(here.folder.path()).args([verb, "-f", file]).args(args);
    super::gapless::Done::of(command.output().unwrap())
}

#[test]
fn a_bare_file_name_is_the_same_as_one_in_the_present_folder() {
    for file in ["manifests.yaml", "./manifests.yaml"] {
        let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5")]);
        let done = at(&here, "local", file, &["--once", "--slow-start", "0s"]);
        assert_eq!((done.code, here.runs().len()), (Some(0), 3), "{file}: {}{}", done.out, done.err);
    }
}

#[test]
fn a_wish_is_written_where_it_is_read_or_refused() {
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
fn a_command_that_cannot_be_started_is_a_fault_of_the_spec_and_no_attempt() {
    let manifest = filled(GOOD, "datesPerJob: 5").replace("command: [sh, -c]", "command: [no-such-shell, -c]");
    let here = Place::new(&[SEASON, &manifest]);
    let done = local(&here);
    let said = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "the command of CronJob 'load' cannot be started: there is no program 'no-such-shell' in PATH";
    assert!(said.contains(why) && done.out.contains("Launched  0 Jobs, 1 refused"), "{}{}", done.out, done.err);
    here.write("manifests.yaml", &[SEASON, &filled(GOOD, "datesPerJob: 5")].join("---\n"));
    let again = local(&here);
    assert_eq!((again.code, here.runs().len()), (Some(0), 3), "nothing was charged: {}", again.out);
}

#[test]
fn a_launch_that_is_refused_is_not_counted_as_a_job() {
    let from = "env: [{name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}]\n              command: [sh, -c]";
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1").replace("command: [sh, -c]", from)]);
    let plan = here.run("plan", &[], &[]);
    let said = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "CronJob 'load' takes 'KEY' by valueFrom; on one machine give it a value";
    assert!(said.starts_with("Nothing would be launched now.") && said.contains(why), "{}", plan.out);
    let explained = here.run("explain", &["tc/t", "2026-01-03"], &[]);
    assert!(!explained.out.contains("as soon as a slot is free"), "{}", explained.out);
    let done = local(&here);
    let launched = done.out.lines().find(|line| line.starts_with("Launched  ")).unwrap();
    assert!(launched.starts_with("Launched  0 Jobs, ") && launched.ends_with(" refused"), "{}{}", done.out, done.err);
    assert!(!done.out.contains("as soon as a slot is free"), "no event promises it: {}", done.out);
    let remains = done.out.split_once("\nRemains\n").unwrap().1.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(remains.starts_with("Blocked/Quota, 3 dates: 2026-01-03..2026-01-05 in TableCoverage/t "), "{remains}");
    assert!(remains.ends_with(why) && !remains.contains("Stalled"), "reported once: {remains}");
    assert!(remains.contains("and at its next run"), "{remains}");
    assert!(!here.path("runs").exists());
}

#[test]
fn a_manifest_that_is_not_yaml_is_reported_last_too() {
    let here = Place::new(&["apiVersion: gapless.dev/v1alpha1\nkind: Season\nspec:\n  suspend: a: b\n"]);
    let done = local(&here);
    let last: Vec<&str> = done.out.lines().rev().take(2).collect();
    assert!(last[0].starts_with("Refused   1 problem of the manifests"), "{}", done.out);
    assert_eq!(last[1], "Remains   unknown: no coverage could be read");
    assert_eq!(done.code, Some(2));
}

#[test]
fn a_window_bounds_what_is_shown_counted_and_answered() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let window = |from: &str, through: &str, output: &str| {
        here.run("calendar", &["--from", from, "--through", through, "-o", output, "--color", "never"], &[])
    };
    for (from, through, states, code) in [
        ("2026-01-01", "2026-01-02", vec!["Complete", "Complete"], 0),
        ("2026-01-02", "2026-01-03", vec!["Complete", "Missing"], 3),
        ("2027-01-01", "2027-01-02", vec![], 0),
    ] {
        let done = window(from, through, "json");
        let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        let coverage = &json["coverages"][0];
        let told: Vec<&str> =
            coverage["cells"].as_array().unwrap().iter().map(|c| c["state"].as_str().unwrap()).collect();
        assert_eq!((told, done.code), (states, Some(code)), "{from}..{through}");
        let counted: u64 = coverage["counts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(counted, coverage["cells"].as_array().unwrap().len() as u64);
    }
    let drawn = window("2026-01-01", "2026-01-02", "text");
    assert!(drawn.out.contains("2 of 2 expected dates complete (100%), 0 open"), "{}", drawn.out);
    for (date, code) in [("2026-01-01", 0), ("2026-01-03", 3)] {
        assert_eq!(here.run("explain", &["tc/t", date], &[]).code, Some(code), "{date}");
    }
}

#[test]
fn what_is_launched_is_not_held() {
    let here = Place::new(&[SEASON, &filled(GOOD, "maxConcurrentJobs: 2")]);
    let plan = here.run("plan", &["-o", "json"], &[]);
    let json: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    let dates = |list: &str| -> Vec<String> {
        let of = |entry: &serde_json::Value| entry["dates"].as_array().unwrap().clone();
        let all = json[list].as_array().unwrap().iter().flat_map(of);
        all.map(|date| date.as_str().unwrap().to_string()).collect()
    };
    assert_eq!((dates("launches").len(), dates("held")), (2, vec!["2026-01-03".to_string()]));
}

#[test]
fn an_open_range_that_is_cut_says_from_when_it_watches() {
    let open = SEASON.replace("from: 2026-01-01, through: 2026-01-05", "from: 1970-01-01");
    let coverage = filled(GOOD, "datesPerJob: 1");
    let here = Place::new(&[&open, &coverage]);
    let check = here.run("check", &[], &[]);
    let told = "watches from ";
    let rest = ": an open range keeps its newest 3660 dates; create another Season for earlier dates";
    assert!(check.out.contains(&format!("Season/s: {told}")) && check.out.contains(rest), "{}", check.out);
    assert_eq!(check.code, Some(0), "a season that only grew older is no problem");
    let drawn =
        here.run("calendar", &["--now", "2026-11-30T12:00:00Z", "--from", "2026-11-01", "--color", "never"], &[]);
    let said = drawn.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.starts_with(&format!("s {told}2016-11-25{rest}")), "{}", drawn.out);
    let plan = here.run("plan", &["--now", "2026-11-30T12:00:00Z"], &[]);
    assert!(plan.out.starts_with(&format!("Season/s {told}2016-11-25{rest}\n")), "{}", plan.out);
    let whole = Place::new(&[SEASON, &coverage]).run("check", &[], &[]);
    assert!(!whole.out.contains(told), "{}", whole.out);
}

#[test]
fn an_empty_folder_is_reported() {
    let here = Place::new(&[]);
    fs::remove_file(here.path("manifests.yaml")).unwrap();
    let check = here.run("check", &[], &[]);
    assert!(
        check.err.starts_with("gapless: there is no manifest in ")
            && check.err.ends_with(": no file ends in .yaml or .yml\n"),
        "{}",
        check.err
    );
    assert_eq!(check.code, Some(2));
    for (verb, args) in [("plan", &[][..]), ("local", &["--once"])] {
        let other = here.run(verb, args, &[]);
        assert!(other.err.contains("there is no manifest in "), "{}", other.err);
        assert_eq!(other.code, Some(2), "a wrong path is not success");
    }
}

/// Features that need a cluster are not an error in a manifest, but users must know that they have no effect here.
#[test]
fn check_says_what_local_would_not_launch() {
    let from = "env: [{name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}]\n              command: [sh, -c]";
    for (command, why) in [
        ("command: [sh, -c]", ""),
        (from, "CronJob 'load' takes 'KEY' by valueFrom; on one machine give it a value"),
        (
            "command: [no-such-shell, -c]",
            "the command of CronJob 'load' cannot be started: there is no program 'no-such-shell' in PATH",
        ),
        ("command: [./load.sh, -c]", "the command of CronJob 'load' cannot be started: there is no file "),
    ] {
        let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1").replace("command: [sh, -c]", command)]);
        let check = here.run("check", &[], &[]);
        let told = format!("TableCoverage/t: `gapless local` would launch nothing here: {why}");
        assert_eq!(check.out.contains(&told), !why.is_empty(), "{}", check.out);
        assert!(check.out.ends_with("4 objects in 1 file, no problem\n") && check.code == Some(0), "{}", check.out);
    }
    let nothing = filled(GOOD, "datesPerJob: 1");
    let nothing = format!("{}image: x\n", nothing.split_once("command:").unwrap().0);
    let check = Place::new(&[SEASON, &nothing]).run("check", &[], &[]);
    assert!(check.out.contains("CronJob 'load' has no command; on one machine there is no image"), "{}", check.out);
}

#[test]
fn a_rerun_of_a_complete_date_shows_what_its_job_did() {
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
fn a_gap_that_the_last_run_reported_is_counted_but_not_repeated() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1").replace("mode: Fill", "mode: Observe")]);
    let told = |done: super::gapless::Done| {
        assert!(done.out.contains("Found     3 dates with gaps in 1 coverage\n"), "{}", done.out);
        done.out
            .lines()
            .filter(|line| line.contains("GapFound"))
            .map(|line| line.contains("2026-01-03.."))
            .collect::<Vec<bool>>()
    };
    assert_eq!(told(local(&here)), [true]);
    here.run("plan", &[], &[]);
    assert_eq!(told(local(&here)), Vec::<bool>::new());
    fs::remove_file(here.path("data/t/day=2026-01-02/part.csv")).unwrap();
    here.write("data/t/day=2026-01-05/part.csv", "x\n1\n");
    assert_eq!(told(local(&here)), Vec::<bool>::new());
}

/// This once took five minutes after a Job of one second.
#[test]
fn what_a_job_of_this_machine_wrote_is_read_at_once_unless_the_manifest_says_otherwise() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5").replace("    settle: 0s\n", "")]);
    let begun = std::time::Instant::now();
    assert_eq!(local(&here).code, Some(0));
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn a_folder_that_does_not_exist_says_what_to_do_and_is_not_called_empty() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    for (folder, told) in [
        ("data/t", "table `t`: its folder `t` does not exist: create it, or correct the name of the table"),
        (
            "data",
            "table `t`: its warehouse folder does not exist: create it, mount its volume, or correct spec.files.folder",
        ),
    ] {
        fs::remove_dir_all(here.path(folder)).unwrap();
        let plan = here.run("plan", &[], &[]);
        let said = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.starts_with("Nothing would be launched now.") && said.contains(told), "{}", plan.out);
    }
    fs::create_dir_all(here.path("data/t")).unwrap();
    let plan = here.run("plan", &[], &[]);
    assert!(plan.out.contains("Missing/NoRows") && plan.out.contains("would be launched now"), "{}", plan.out);
}

#[test]
fn a_date_that_a_coverage_does_not_have_is_reported_with_those_that_it_has() {
    let coverage = filled(GOOD, "datesPerJob: 1");
    let told = |season: &str, date: &str| {
        let done =
            Place::new(&[season, &coverage]).run("explain", &["tc/t", date, "--now", "2026-11-30T12:00:00Z"], &[]);
        assert_eq!(done.code, Some(2), "{}", done.out);
        done.err
    };
    let err = told(SEASON, "2026-01-06");
    assert_eq!(err, "gapless: TableCoverage/t has no date 2026-01-06; its dates are 2026-01-01..2026-01-05\n");
    let open = SEASON.replace("from: 2026-01-01, through: 2026-01-05", "from: 1970-01-01");
    let err = told(&open, "2015-06-01");
    assert!(err.contains("has no date 2015-06-01: Season/s watches from 2016-11-25: an open range keeps"), "{err}");
}

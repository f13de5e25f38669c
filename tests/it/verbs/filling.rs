//! What is launched, what is not, and why.

use super::local;
use crate::gapless::{GOOD, Place, SEASON, filled};

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

/// It is down for the first two runs. The first backoff of a second makes the breaker wait for three.
#[test]
fn a_provider_that_is_down_is_asked_by_one_trial_at_a_time() {
    let season = SEASON.replace("2026-01-05", "2026-01-09");
    let script = format!("echo $GAPLESS_DATE >> asked\nif [ $(wc -l < asked) -le 2 ]; then exit 69; fi\n{GOOD}");
    let here = Place::new(&[&season, &filled(&script, "datesPerJob: 1\n    maxConcurrentJobs: 1")]);
    let done = local(&here);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let events = ["BreakerOpened", "BreakerClosed"].map(|event| done.out.matches(event).count());
    assert_eq!(events, [1, 1], "{}", done.out);
    assert_eq!(here.text("asked").lines().count(), 7 + 2, "{}", done.out);
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
    assert!(
        remains.starts_with("Blocked/LaunchRefused, 3 dates: 2026-01-03..2026-01-05 in TableCoverage/t "),
        "{remains}"
    );
    assert!(remains.ends_with(why) && !remains.contains("Stalled"), "reported once: {remains}");
    assert!(remains.contains("and at its next run"), "{remains}");
    assert!(!here.path("runs").exists());
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

/// A manifest is valid if a cluster can run it but this machine cannot. A person would not guess that, so `check` says it.
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

/// This once took five minutes after a Job of one second.
#[test]
fn what_a_job_of_this_machine_wrote_is_read_at_once_unless_the_manifest_says_otherwise() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5").replace("    settle: 0s\n", "")]);
    let begun = std::time::Instant::now();
    assert_eq!(local(&here).code, Some(0));
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

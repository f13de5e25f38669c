//! Whether a Job has ended, and how.

use super::*;

#[test]
fn an_end_follows_from_the_jobs_own_condition() {
    let complete = json!({ "succeeded": 1, "completionTime": AT, "conditions": [
        condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"),
        condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods"),
    ] });
    let mut done = terminated(json!({ "exitCode": 0, "reason": "Completed", "message": "12 rows for 1 dates\n" }));
    done["phase"] = "Succeeded".into();
    let evicted = "Pod nba/evicted-cqcxn has condition DisruptionTarget matching FailJob rule at index 4";
    let nothing = "2026-01-03: the provider has nothing for this date";
    check([
        ("exit 0, pod gone", complete.clone(), None, "Succeeded"),
        ("exit 0", complete, Some(done), "Succeeded: 12 rows for 1 dates"),
        ("deadline", late(1), None, "Deadline: Job was active longer than specified deadline"),
        (
            "exit 65",
            by_rule(65, 0),
            Some(terminated(json!({ "exitCode": 65, "message": nothing }))),
            "Exit(65): 2026-01-03: the provider has nothing for this date",
        ),
        ("exit 65, pod gone", by_rule(65, 0), None, "Exit(65): exit code 65"),
        ("exit 69", by_rule(69, 1), None, "Exit(69): exit code 69"),
        ("exit 75", by_rule(75, 2), None, "Exit(75): exit code 75"),
        ("exit 77", by_rule(77, 3), None, "Exit(77): exit code 77"),
        ("rules that were changed: the text has the code", by_rule(75, 19), None, "Exit(75): exit code 75"),
        (
            "evicted",
            failed("PodFailurePolicy", evicted),
            None,
            "Disrupted: Pod nba/evicted-cqcxn has condition DisruptionTarget matching FailJob rule at index 4",
        ),
        ("an unknown message", failed("PodFailurePolicy", "eh"), None, "Killed: eh"),
    ]);
}

#[test]
fn an_end_that_the_job_does_not_show_follows_from_its_filler() {
    let no_entry = json!({ "exitCode": 128, "reason": "StartError", "message": "exec: \"/nowhere\": no such file" });
    check([
        (
            "exit 1",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 1, "reason": "Error" }))),
            "Exit(1): exit code 1",
        ),
        (
            "its words",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 1, "message": "no\u{7} way" }))),
            "Exit(1): no  way",
        ),
        (
            "exit 137",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 137, "reason": "Error" }))),
            "Exit(137): exit code 137",
        ),
        (
            "memory",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 137, "reason": "OOMKilled" }))),
            "Exit(137): OOMKilled",
        ),
        (
            "signal",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 1, "signal": 9, "reason": "Error" }))),
            "Killed: Job has reached the specified backoff limit",
        ),
        (
            "no such program",
            beyond_limit(),
            Some(terminated(no_entry)),
            "NeverStarted: its command cannot be started, correct it in the CronJob: exec: \"/nowhere\": no such file",
        ),
        (
            "no such program, of another runtime",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 127, "reason": "ContainerCannotRun", "message": "no such file" }))),
            "NeverStarted: its command cannot be started, correct it in the CronJob: no such file",
        ),
        (
            "a program that its shell does not find",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 127, "reason": "Error" }))),
            "Exit(127): exit code 127",
        ),
        (
            "another container's code",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 0, "reason": "Completed" }))),
            "Killed: Job has reached the specified backoff limit",
        ),
    ]);
}

#[test]
fn without_its_filler_an_end_follows_from_its_pod() {
    let disrupted = json!({ "phase": "Failed", "conditions": [{ "type": "DisruptionTarget", "status": "True" }] });
    let refused = json!({ "phase": "Failed", "reason": "OutOfcpu", "message": "node has no room" });
    let late = json!({ "phase": "Failed", "reason": "DeadlineExceeded", "message": "Pod was active too long" });
    let still = json!({ "phase": "Running" });
    check([
        ("pod deleted by hand", beyond_limit(), None, "Killed: Job has reached the specified backoff limit"),
        ("disrupted", beyond_limit(), Some(disrupted), "Disrupted: Job has reached the specified backoff limit"),
        ("refused by its node", beyond_limit(), Some(refused), "Disrupted: OutOfcpu: node has no room"),
        ("its pod's own deadline", beyond_limit(), Some(late), "Deadline: DeadlineExceeded: Pod was active too long"),
        ("a pod is left", beyond_limit(), Some(still), "live"),
        (
            "another controller's word",
            failed("Weird", "?"),
            Some(terminated(json!({ "exitCode": 75 }))),
            "Exit(75): exit code 75",
        ),
    ]);
}

#[test]
fn a_job_is_live_until_it_says_otherwise_and_no_pod_is_left() {
    let early = |type_: &str| json!({ "terminating": 1, "conditions": [condition(type_, "DeadlineExceeded", "")] });
    let with = |field: &str| {
        let mut status = by_rule(65, 0);
        status[field] = json!(1);
        status
    };
    let no_instant = json!({ "conditions": [{ "type": "Failed", "status": "True" }] });
    let both = json!({ "failed": 1, "conditions": [
        condition("Complete", "", ""),
        condition("Failed", "DeadlineExceeded", ""),
    ] });
    let no_more = json!({ "conditions": [{ "type": "Failed", "status": "False", "lastTransitionTime": AT }] });
    let lost = json!({ "phase": "Unknown", "reason": "NodeLost" });
    check([
        ("nothing yet", json!({}), None, "live"),
        ("running", running(), Some(json!({ "phase": "Running" })), "live"),
        ("announced: fails", early("FailureTarget"), None, "live"),
        ("announced: succeeds", early("SuccessCriteriaMet"), None, "live"),
        ("active", with("active"), None, "live"),
        ("terminating", with("terminating"), None, "live"),
        ("its node is lost", by_rule(65, 0), Some(lost), "live"),
        ("an end without an instant", no_instant, None, "live"),
        ("not true", no_more, None, "live"),
        ("both ends", both, None, "Deadline"),
    ]);
}

/// It has the end of a Job past its deadline, because that is how `gapless stop` ends it.
#[test]
fn an_end_that_a_person_asked_for_is_no_failure_of_the_filler() {
    let mut stopped = serde_json::to_value(job_with(late(1))).unwrap();
    stopped["metadata"]["annotations"][crate::kubernetes::STOPPED] = "gapless stop".into();
    let whole: Job = serde_json::from_value(stopped.clone()).unwrap();
    for form in [whole, kept(&stopped).job] {
        assert_eq!(say(&job(&form, &[], now()).unwrap()), "Disrupted: stopped by gapless stop");
    }
}

//! What must hold of every status: the rules of kstatus, and counts that add up (docs/conditions.md). Called on every rendered
//! status in debug builds, and in tests.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::reasons::{ConditionType, Reason};
use super::size::{LIMIT, size};
use super::text::{MAX_SENTENCE, parse_dates};
use crate::api::kinds::{CoverageStatus, GameDateStatus};
use crate::domain::dates::DateSet;

/// Everything wrong with the conditions of an object of this generation.
pub fn conditions(conditions: &[Condition], observed: i64, generation: i64) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut rule = |holds: bool, said: &str| (!holds).then(|| wrong.push(said.to_string()));
    let find = |kind: ConditionType| conditions.iter().find(|c| c.type_ == kind.word());
    let is = |kind: ConditionType, status: &str| find(kind).is_some_and(|c| c.status == status);
    let (ready, reconciling, stalled) = (ConditionType::Ready, ConditionType::Reconciling, ConditionType::Stalled);
    rule(ConditionType::ALL.iter().all(|k| find(*k).is_some()), "a condition is absent");
    rule(conditions.len() == ConditionType::ALL.len(), "a condition appears twice, or is of an unknown type");
    rule(conditions.is_sorted_by(|a, b| a.type_ < b.type_), "the conditions are not sorted");
    rule(!(is(reconciling, "True") && is(stalled, "True")), "Reconciling and Stalled at once");
    rule(!is(ready, "True") || !(is(reconciling, "True") || is(stalled, "True")), "Ready, and yet something is wrong");
    rule(!is(stalled, "True") || is(ready, "False"), "Stalled, and Ready is not False");
    for abnormal in [reconciling, stalled].into_iter().filter(|k| is(*k, "True")).filter_map(find) {
        let repeated = find(ready).is_some_and(|r| r.reason == abnormal.reason && r.message == abnormal.message);
        rule(repeated, "Ready does not repeat the reason and the message of what is wrong");
    }
    rule(observed <= generation, "a generation that does not exist yet");
    rule(
        conditions.iter().all(|c| c.observed_generation == Some(observed)),
        "the conditions speak of another generation",
    );
    let known = |c: &Condition| Reason::ALL.iter().any(|r| r.word() == c.reason);
    rule(conditions.iter().all(known), "a reason that docs/conditions.md does not explain");
    rule(conditions.iter().all(|c| c.message.len() <= MAX_SENTENCE), "a message is too long");
    rule(conditions.iter().all(|c| c.last_transition_time.0.subsec_nanosecond() == 0), "a transition within a second");
    wrong
}

/// Everything wrong with the status of a coverage of this generation.
pub fn coverage(status: &CoverageStatus, generation: i64) -> Vec<String> {
    let mut wrong = conditions(&status.conditions, status.observed_generation, generation);
    let mut all = DateSet::new();
    for row in &status.states {
        let at = |what: &str| format!("states {}/{}: {what}", row.state, row.reason);
        if row.dates.contains(" more") {
            continue;
        }
        match parse_dates(&row.dates) {
            Err(why) => wrong.push(at(&why.to_string())),
            Ok(dates) if dates.len() != row.count => wrong.push(at("the count is not that of the dates")),
            Ok(dates) if !all.intersect(&dates).is_empty() => wrong.push(at("a date is in two states")),
            Ok(dates) => all.extend(&dates),
        }
    }
    let count = |state: &str| status.states.iter().filter(|r| r.state == state).map(|r| r.count).sum::<u32>();
    let total = status.states.iter().map(|r| r.count).sum::<u32>();
    let summary = &status.summary;
    let sums = [
        ("complete", summary.complete, count("Complete")),
        ("running", summary.running, count("Running")),
        ("exhausted", summary.exhausted, count("Exhausted")),
        ("expected", summary.expected, total - count("NotExpected")),
        ("late", summary.late, status.states.iter().filter(|r| r.late).map(|r| r.count).sum()),
    ];
    for (name, told, counted) in sums {
        if told != counted {
            wrong.push(format!("summary.{name} is {told}, the states say {counted}"));
        }
    }
    let ledger = status.ledger.is_some() && size(&CoverageStatus { states: Vec::new(), ..status.clone() }) > LIMIT;
    if size(status) > LIMIT && !ledger {
        wrong.push(format!("it has {} bytes of {LIMIT}", size(status)));
    }
    wrong
}

/// Everything wrong with the status of a GameDate.
pub fn game_date(status: &GameDateStatus) -> Vec<String> {
    let count = |is: &dyn Fn(&crate::api::kinds::DateCoverage) -> bool| {
        u32::try_from(status.coverages.iter().filter(|c| is(c)).count()).unwrap_or(u32::MAX)
    };
    let complete = format!("{}/{}", count(&|c| c.state == "Complete"), status.coverages.len());
    let rules = [
        (status.complete == complete, "`complete` is not what the coverages say"),
        (status.late == count(&|c| c.late), "`late` is not what the coverages say"),
        (status.open == 0 || status.completed_at.is_none(), "completed, and yet open"),
        (status.took.is_none() || status.completed_at.is_some(), "`took` without `completedAt`"),
        (status.tokens.len() <= 8, "more than eight tokens"),
        (status.open > 0 || status.worst.is_empty(), "the worst of nothing open"),
        (status.coverages.iter().all(|c| c.missing.len() <= 20), "more than twenty missing units"),
    ];
    rules.into_iter().filter(|(holds, _)| !holds).map(|(_, said)| said.to_string()).collect()
}

/// In debug builds a coverage's status that breaks a rule stops the test that made it.
pub(super) fn expect_coverage(status: &CoverageStatus, generation: i64) {
    if cfg!(debug_assertions) {
        expect(&coverage(status, generation));
    }
}

/// Likewise, for findings of any kind.
pub(super) fn expect(wrong: &[String]) {
    debug_assert!(wrong.is_empty(), "a status breaks its rules: {}", wrong.join("; "));
}

//! Ladders: which way is taken, and which date comes first.

use super::*;

#[test]
fn the_first_way_that_its_breaker_lets_through_is_taken() {
    let a = named("a");
    let ladder = Want { ways: vec![Way { passed: true, ..way("live") }, way("archive")], ..want("2025-11-12") };
    let wants = [ladder.clone(), Want { date: day("2025-11-11"), ..ladder }];
    let decide = |gates: &[(&str, Passes)]| {
        let gates = gates.iter().map(|(rung, passes)| ((*rung).into(), *passes)).collect();
        let decision = admit(&[Wanting { gates, ..wanting(&a, &wants) }], &pools(), at(NOW));
        let rungs: Vec<String> = decision.launches.iter().map(|l| l.admitted.rung.to_string()).collect();
        (rungs, refusals(&decision))
    };
    assert_eq!(
        decide(&[("live", Passes::OneTrial)]).0,
        ["live", "archive"],
        "one date is the trial of the rung that is passed over"
    );
    assert_eq!(decide(&[("live", Passes::Nothing)]).0, ["archive", "archive"]);
    let until = Passes::Requested(at("2025-11-15T12:15:00Z"));
    let held = decide(&[("live", Passes::Nothing), ("archive", until)]).1;
    assert!(held.iter().all(|told| told.contains("HoldUntil(BreakerOpen, 2025-11-15T12:15:00Z)")), "{held:?}");
}

#[test]
fn what_is_lost_soon_comes_before_priorities_and_before_tonight() {
    let a = named("a");
    let lost = |hours: &str, date| Want { lost_at: Some(at(hours)), ..want(date) };
    let urgent = Want { priority: 5, ..want("2025-11-01") };
    let wants = [
        want("2025-11-14"),
        urgent,
        lost("2025-11-15T20:00:00Z", "2025-11-03"),
        lost("2025-11-15T13:00:00Z", "2025-11-02"),
    ];
    let decision = admit(&[wanting(&a, &wants)], &pools(), at(NOW));
    let order = ["a 2025-11-02", "a 2025-11-03", "a 2025-11-01", "a 2025-11-14"];
    assert_eq!(launches(&decision), order);
}

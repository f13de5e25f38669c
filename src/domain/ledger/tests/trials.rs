//! A changed template is tried once.

use super::*;

/// The coverage with another template.
fn with_template(mark: u64) -> Coverage {
    let mut coverage = coverage();
    coverage.fill.ladder[0].template = Some(mark);
    coverage
}

#[test]
fn a_changed_template_is_tried_once_and_what_it_brings_clears_its_rung() {
    let mut ledger = Ledger::default();
    ledger.rebase(&with_template(1), at(NOW));
    for date in [DATE, "2025-11-15"] {
        ledger = attempt(&ledger, &[date], End::Exit(65));
    }
    ledger.rebase(&with_template(1), at(NOW));
    assert!(!ledger.has_trial("reload"), "the same template");
    ledger.rebase(&with_template(2), at(NOW));
    assert!(ledger.has_trial("reload"));
    let dates: DateSet = [day(DATE)].into_iter().collect();
    let admitted = Admitted {
        rung: "reload".into(),
        target: target(),
        aliases: vec![],
        dates,
        number: 1,
        tokens: BTreeMap::new(),
        trial: true,
        draw: None,
        window: None,
    };
    let tried = ledger.record(&admitted, [(day(DATE), before(1, 10))].into(), at(NOW));
    assert!(!tried.has_trial("reload"), "one trial at a time");
    let mut refused = tried.clone();
    refused.forget(tried.launches);
    assert!(refused.has_trial("reload"), "a create that was refused tried nothing");
    for (after, end, cleared) in [
        (after(1, 10), End::Exit(65), false),
        (after(2, 10), End::Exit(1), true),
        (After { complete: true, ..after(0, 0) }, End::Succeeded, true),
    ] {
        let mut ended = tried.clone();
        ended.ended(tried.launches, at(NOW), end, String::new());
        let settled = ended.settle(
            &coverage(),
            tried.launches,
            &Read { after: [(day(DATE), after)].into(), ..Read::default() },
            at(NOW),
        );
        assert_eq!(settled.ledger.tallies.is_empty(), cleared, "{after:?}");
        assert!(!settled.ledger.has_trial("reload"));
    }
}

/// Two rungs, of which the first has this template.
fn two_rungs(mark: u64) -> Coverage {
    let mut coverage = with_template(mark);
    let mut second = coverage.fill.ladder[0].clone();
    (second.name, second.template) = ("rebuild".into(), Some(1));
    coverage.fill.ladder.push(second);
    coverage
}

#[test]
fn a_changed_template_is_tried_where_its_own_rung_is_used_up() {
    let mut ledger = Ledger::default();
    ledger.rebase(&two_rungs(1), at(NOW));
    let tried = attempt(&ledger, &[DATE], End::Exit(75));
    let mut changed = tried.clone();
    changed.rebase(&two_rungs(2), at(NOW));
    assert!(!changed.has_trial("reload"), "nothing is used up");
    let mut used_up = attempt(&tried, &[DATE], End::Exit(65));
    used_up.rebase(&two_rungs(2), at(NOW));
    assert!(used_up.has_trial("reload") && !used_up.has_trial("rebuild"));
    let mut second = two_rungs(2);
    second.fill.ladder[1].template = Some(2);
    used_up.rebase(&second, at(NOW));
    assert!(!used_up.has_trial("rebuild"), "the first rung alone is used up");
}

#[test]
fn a_trial_is_ended_by_its_own_launch_and_clears_its_own_rung() {
    let mut ledger = Ledger::default();
    ledger.rebase(&two_rungs(1), at(NOW));
    ledger = recorded(&attempt(&ledger, &[DATE], End::Exit(65)), &["2025-11-16"]);
    ledger.rebase(&two_rungs(2), at(NOW));
    ledger.tallies.insert(("rebuild".into(), day(DATE)), tally(&ledger).unwrap());
    let (rung, target, dates) = ("reload".into(), target(), [day(DATE)].into_iter().collect());
    let trial = Admitted {
        rung,
        target,
        aliases: vec![],
        dates,
        number: 1,
        tokens: BTreeMap::new(),
        trial: true,
        draw: None,
        window: None,
    };
    let mut tried = ledger.record(&trial, [(day(DATE), before(1, 10))].into(), at(NOW));
    let settle = |ledger: &mut Ledger, launch, date: &str| {
        ledger.ended(launch, at(NOW), End::Succeeded, String::new());
        let filled = After { complete: true, ..after(2, 10) };
        *ledger = ledger
            .settle(&coverage(), launch, &Read { after: [(day(date), filled)].into(), ..Read::default() }, at(NOW))
            .ledger;
    };
    settle(&mut tried, 2, "2025-11-16");
    assert!(tally(&tried).is_some(), "an earlier launch was not a trial");
    settle(&mut tried, 3, DATE);
    let left: Vec<_> = tried.tallies.keys().map(|(rung, _)| &**rung).collect();
    assert_eq!(left, ["rebuild"]);
}

//! What a want says to those who admit it.

use super::*;

/// The open dates of one coverage, in the order of its wants.
fn wanted(order: FillOrder) -> Vec<Want> {
    let mut coverage = coverage();
    coverage.fill.order = order;
    let dates = ["2025-11-12", "2025-11-13", "2025-11-14"];
    let calendar = calendar(dates.map(|d| calendar_of(day(d), &GAMES)), "2025-11-14");
    let nothing = facts(&[]);
    let judge = |d: &Date| (*d, judge(&coverage, &calendar, *d, Known::Fresh(&nothing), at(NOW)));
    let judged: Vec<_> = calendar.days.keys().map(judge).collect();
    let orders = [(day("2025-11-12"), DateOrder { priority: 7, rerun: None })].into();
    let ledger = &Ledger::default();
    let (coverage, calendar, judged, orders) = (&coverage, &calendar, &judged[..], Some(&orders));
    assess(&Situation {
        sources: &BTreeMap::new(),
        coverage,
        calendar,
        judged,
        ledger,
        jobs: &[],
        orders,
        hold: None,
        now: at(NOW),
    })
    .wants
}

#[test]
fn a_want_says_its_order_its_lane_and_its_priority() {
    let days = |order| wanted(order).iter().map(|want| want.date.day()).collect::<Vec<_>>();
    assert_eq!((days(FillOrder::NewestFirst), days(FillOrder::OldestFirst)), (vec![14, 13, 12], vec![12, 13, 14]));
    let told: Vec<_> = wanted(FillOrder::OldestFirst).iter().map(|w| (w.tonight, w.priority)).collect();
    assert_eq!(told, [(false, 7), (true, 0), (true, 0)], "tonight is yesterday and later");
}

#[test]
fn a_want_says_which_attempt_it_is_and_whether_it_runs_alone() {
    let passed = "2025-11-15T10:00:00Z";
    let want = |case: Case| case.assess().wants.remove(0);
    let first = |want: &Want| want.ways[0].clone();
    let new = first(&want(case()));
    assert_eq!((new.number, new.alone), (1, false));
    let tried = want(case().tally(Tally { alone: true, ..tally(2, Outcome::Failed, passed) }));
    assert_eq!((first(&tried).number, first(&tried).alone), (3, true));
    let rerun = want(case().tally(tally(2, Outcome::Failed, passed)).token("again"));
    let way = first(&rerun);
    assert_eq!((way.number, rerun.token.as_deref(), way.trial), (1, Some("again"), false), "all is forgotten");
}

//! Dates that run again: a new token, a changed template.

use super::*;

#[test]
fn a_new_token_reruns_a_date_regardless_of_charges() {
    let used_up = || case().tally(tally(3, Outcome::Failed, "2025-11-15T12:00:00Z"));
    check(&used_up().token("again"), "Missing/NoRows wants a Job");
    check(&Case { facts: Ok(complete()), ..case() }.token("again"), "Complete/ wants a Job");
    let mut spent = used_up().token("again");
    spent.ledger.tokens.insert(day(DATE), "again".into());
    check(&spent, "Exhausted/Failed");
    check(&Case { hold: Some(Hold::Suspended), ..used_up() }.token("again"), "Blocked/Suspended");
}

#[test]
fn a_token_names_everything_that_it_waits_for() {
    let unknown = |reason| Err(Unknown::new(reason, "why"));
    let mut waived = case();
    waived.coverage.waivers.push(waiver(None));
    let mut ended = case().recorded();
    ended.ledger.ended(1, at("2025-11-15T10:58:00Z"), End::Succeeded, String::new());
    let mut observed = Case { facts: unknown(UnknownReason::ProbeFailed), hold: Some(Hold::Suspended), ..case() };
    observed.coverage.fill.mode = Mode::Observe;
    let unread = Case { now: "2025-11-05T12:00:00Z", facts: unknown(UnknownReason::NotProbed), ..case() };
    for (case, waits) in [
        (case(), vec![]),
        (Case { facts: Ok(complete()), ..case() }, vec![]),
        (Case { now: "2025-11-15T05:59:59Z", ..case() }, vec![]),
        (case().tally(tally(3, Outcome::Failed, NOW)), vec![]),
        (case().recorded(), vec![Wait::Job]),
        (ended, vec![Wait::Job]),
        (Case { games: vec![], ..case() }, vec![Wait::NotExpected]),
        (waived, vec![Wait::Waived]),
        (unread, vec![Wait::Unread]),
        (Case { facts: unknown(UnknownReason::NotProbed), ..case() }, vec![Wait::Unknown]),
        (Case { hold: Some(Hold::Suspended), ..case() }, vec![Wait::Hold(Hold::Suspended)]),
        (
            Case { facts: Ok(complete()), hold: Some(Hold::LaunchRefused), ..case() },
            vec![Wait::Hold(Hold::LaunchRefused)],
        ),
        (observed, vec![Wait::Observed, Wait::Unknown, Wait::Hold(Hold::Suspended)]),
    ] {
        let assessment = case.token("again").assess();
        let [rerun] = &assessment.reruns[..] else { panic!("{assessment:?}") };
        assert_eq!(rerun.waits, waits, "{:?}", assessment.cells[0].cause);
        assert_eq!(assessment.wants.len(), usize::from(waits.is_empty()), "{:?}", assessment.cells[0].cause);
    }
    let mut spent = case().token("again");
    spent.ledger.tokens.insert(day(DATE), "again".into());
    assert_eq!(spent.assess().reruns, []);
}

#[test]
fn a_changed_template_is_tried_on_a_date_that_is_exhausted_without_waiting() {
    let mut changed = case().tally(tally(3, Outcome::Failed, "2025-11-16T12:00:00Z"));
    changed.ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Open });
    check(&changed, "Missing/NoRows wants a Job");
    let wants = changed.assess().wants;
    let way = &wants[0].ways[0];
    assert!(way.trial && way.alone && way.number == 4, "{wants:?}");
    changed.ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Launch(9) });
    check(&changed, "Exhausted/Failed");
    let waiting =
        Case { ledger: changed.ledger.clone(), ..case() }.tally(tally(1, Outcome::Failed, "2025-11-16T12:00:00Z"));
    check(&waiting, "Waiting/Failed");
}

/// The newest date is open, an older one is exhausted.
#[test]
fn a_changed_template_is_tried_on_the_newest_date_that_is_exhausted() {
    let dates = ["2025-11-11", "2025-11-12", "2025-11-13"];
    let mut ledger = Ledger::default();
    for date in &dates[..2] {
        ledger.tallies.insert(("reload".into(), day(date)), tally(3, Outcome::Failed, NOW));
    }
    ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Open });
    let calendar = calendar(dates.map(|d| calendar_of(day(d), &GAMES)), "2025-11-15");
    let (coverage, nothing) = (coverage(), facts(&[]));
    let judge = |d: &Date| (*d, judge(&coverage, &calendar, *d, Known::Fresh(&nothing), at(NOW)));
    let judged: Vec<_> = calendar.days.keys().map(judge).collect();
    let (calendar, judged, now) = (&calendar, &judged[..], at(NOW));
    let s = Situation {
        sources: &BTreeMap::new(),
        coverage: &coverage,
        calendar,
        judged,
        ledger: &ledger,
        jobs: &[],
        orders: None,
        hold: None,
        now,
    };
    let wants: Vec<_> = assess(&s).wants.iter().map(|want| (want.date.day(), want.ways[0].trial)).collect();
    assert_eq!(wants, [(13, false), (12, true)]);
}

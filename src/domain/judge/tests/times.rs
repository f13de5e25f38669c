//! Freshness, snapshots and starts.

use super::*;

#[test]
fn freshness_freezes_at_its_anchor() {
    let mut coverage = coverage();
    let until = Anchor::FirstStart;
    coverage.criteria.rules =
        vec![Rule { measure: 0, check: Check::Fresh { within: Span::hours(2), until }, what: "updated_at".into() }];
    let held = |newest| {
        let unit = UnitFacts { rows: 2, measures: [Measured::Newest(newest)].into() };
        DateFacts {
            rows: 6,
            units: GAMES.iter().map(|g| (UnitKey::from(*g), unit.clone())).collect(),
            ..DateFacts::default()
        }
    };
    let newest = |text: &str| held(Some(at(text)));
    let verdict = |newest_at: &str, now: &str| judged(&coverage, Known::Fresh(&newest(newest_at)), now).verdict;
    let stale = Verdict::Partial(Flaw::NotFresh);
    assert_eq!(verdict("2025-11-14T20:00:00Z", "2025-11-14T21:00:00Z"), Verdict::Complete);
    assert_eq!(verdict("2025-11-14T20:00:00Z", "2025-11-14T22:30:00Z"), stale, "older than two hours now");
    assert_eq!(
        verdict("2025-11-14T22:30:00Z", "2025-12-24T00:00:00Z"),
        Verdict::Complete,
        "judged at the first start, for good"
    );
    assert_eq!(verdict("2025-11-14T21:59:59Z", "2025-12-24T00:00:00Z"), stale);
    let message = |facts: &DateFacts| judged(&coverage, Known::Fresh(facts), AFTER).message.to_string();
    let old = Some(at("2025-11-14T20:00:00Z"));
    assert!(
        message(&held(old)).ends_with("updated_at: 3 of 3 units have none newer than 2h"),
        "{}",
        message(&held(old))
    );
    for (newest, said) in [
        (old, "BOS@NYK: updated_at is older than 2h"),
        (None, "BOS@NYK: no updated_at by the time freshness is judged"),
    ] {
        let fresh = Some(at("2025-11-14T22:30:00Z"));
        let unit =
            |n: usize| UnitFacts { rows: 2, measures: [Measured::Newest(if n == 0 { newest } else { fresh })].into() };
        let units = GAMES.iter().enumerate().map(|(n, game)| (UnitKey::from(*game), unit(n))).collect();
        let message = message(&DateFacts { units, ..held(fresh) });
        assert!(message.ends_with(said), "{message}");
    }
}

#[test]
fn the_last_snapshot_is_judged_once_the_unit_has_started() {
    let mut coverage = coverage();
    coverage.criteria.rules =
        vec![Rule { measure: 0, check: Check::BeforeStart(Span::minutes(45)), what: "snapshot".into() }];
    let newest = UnitFacts { rows: 2, measures: [Measured::Newest(Some(at("2025-11-14T23:14:59Z")))].into() };
    let found = DateFacts {
        rows: 6,
        units: GAMES.iter().map(|g| (UnitKey::from(*g), newest.clone())).collect(),
        ..DateFacts::default()
    };
    assert_eq!(judged(&coverage, Known::Fresh(&found), "2025-11-14T23:59:00Z").verdict, Verdict::Complete);
    let verdict = judged(&coverage, Known::Fresh(&found), "2025-11-15T00:00:00Z").verdict;
    assert_eq!(verdict, Verdict::Partial(Flaw::ValuesMissing), "45 minutes and one second before the start");
}

#[test]
fn what_needs_starts_is_unknown_without_them() {
    let mut coverage = coverage();
    coverage.criteria.needs_starts = true;
    let (date, mut one) = calendar_of(day(DATE), &GAMES);
    if let Day::On(expected) = &mut one {
        expected.units[1].start = None;
    }
    let calendar = calendar([(date, one)], DATE);
    let judged = judge(&coverage, &calendar, date, Known::Fresh(&facts(&[])), at(AFTER));
    assert_eq!(judged.judgement.verdict, Verdict::Unknown(UnknownReason::StartUnknown));
}

/// A coverage with one rule on the newest value, and its verdict if all games have this value.
fn newest_judged(check: Check, newest: &str, now: &str) -> Judged {
    let mut coverage = coverage();
    coverage.criteria.rules = vec![Rule { measure: 0, check, what: "updated_at".into() }];
    let unit = UnitFacts { rows: 2, measures: [Measured::Newest(Some(at(newest)))].into() };
    let units = GAMES.iter().map(|game| (UnitKey::from(*game), unit.clone())).collect();
    let read = DateFacts { rows: 6, units, ..DateFacts::default() };
    let calendar = calendar([calendar_of(day(DATE), &GAMES)], DATE);
    judge(&coverage, &calendar, day(DATE), Known::Fresh(&read), at(now))
}

#[test]
fn a_newest_value_at_the_edge_is_new_enough_and_a_judgement_says_how_long_it_is_valid() {
    let fresh = Check::Fresh { within: Span::hours(2), until: Anchor::FirstStart };
    let told = |check, newest: &str, now: &str| {
        let Judged { judgement, valid_until } = newest_judged(check, newest, now);
        (judgement.verdict == Verdict::Complete, valid_until)
    };
    let until = |text: &str| Some(at(text));
    assert_eq!(
        told(fresh, "2025-11-14T20:00:00Z", "2025-11-14T22:00:00Z"),
        (true, until("2025-11-14T22:00:01Z")),
        "a moment later it is too old"
    );
    assert!(!told(fresh, "2025-11-14T20:00:00Z", "2025-11-14T22:00:01Z").0);
    assert_eq!(told(fresh, "2025-11-14T22:00:00Z", "2025-11-14T23:00:00Z"), (true, None), "at the first start it is");
    let before = Check::BeforeStart(Span::minutes(45));
    assert_eq!(
        told(before, "2025-11-14T20:00:00Z", "2025-11-14T21:00:00Z"),
        (true, until("2025-11-15T00:00:00Z")),
        "judged when the games start"
    );
    assert_eq!(told(before, "2025-11-14T23:15:00Z", "2025-11-15T00:00:00Z"), (true, None));
}

/// A game that begins at this instant.
fn game(key: &str, start: &str, is_final: bool) -> Unit {
    Unit { key: key.into(), values: key.split('@').map(Arc::from).collect(), start: Some(at(start)), is_final }
}

#[test]
fn a_date_that_is_its_own_unit_begins_with_its_first_game_and_is_final_with_its_last() {
    let units = vec![game("BOS@NYK", "2025-11-14T23:00:00Z", true), game("PHX@DEN", "2025-11-15T02:00:00Z", false)];
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let anchors = Anchors::new(day(DATE), &zone, units.iter().map(|unit| unit.start));
    let expected = Expected { units, dropped: vec![], anchors, warm_up: false, mark: 0 };
    let calendar = calendar([(day(DATE), Day::On(expected))], DATE);
    let mut whole = coverage();
    whole.criteria.grain = Grain::Date;
    whole.criteria.rules =
        vec![Rule { measure: 0, check: Check::BeforeStart(Span::minutes(45)), what: "snapshot".into() }];
    let unit = UnitFacts { rows: 2, measures: [Measured::Newest(Some(at("2025-11-14T20:00:00Z")))].into() };
    let read = DateFacts { rows: 2, units: [(WHOLE_DATE.into(), unit)].into_iter().collect(), ..DateFacts::default() };
    let judged = judge(&whole, &calendar, day(DATE), Known::Fresh(&read), at("2025-11-14T23:00:00Z"));
    assert_eq!(judged.judgement.verdict, Verdict::Partial(Flaw::ValuesMissing), "the first game has begun");
    whole.criteria.rules.clear();
    whole.criteria.expects = Expects::Final;
    let judged = judge(&whole, &calendar, day(DATE), Known::Fresh(&read), at(AFTER));
    assert_eq!(judged.judgement.verdict, Verdict::Partial(Flaw::NotFinal), "the last game is not over");
}

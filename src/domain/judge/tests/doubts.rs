//! What raises a doubt, and what is a gap nevertheless.

use alloc::boxed::Box;

use super::*;

/// The judgement of a due date with three games, where `BOS@NYK=3` has three rows.
#[track_caller]
fn told(change: impl Fn(&mut Coverage), facts: &DateFacts) -> (String, String) {
    let mut coverage = coverage();
    change(&mut coverage);
    let judgement = judged(&coverage, Known::Fresh(facts), AFTER);
    (tell(&judgement), judgement.message.to_string())
}

fn same(_: &mut Coverage) {}

#[test]
fn as_many_missing_units_as_there_are_strangers_are_doubted() {
    let short = |missing| move |c: &mut Coverage| c.criteria.units = Tolerance::Missing(missing);
    let final_only = |c: &mut Coverage| c.criteria.expects = Expects::Final;
    let each = |c: &mut Coverage| c.criteria.grain = Grain::EachValue;
    let any = |c: &mut Coverage| c.criteria.grain = Grain::UnitAnyOrder;
    let whole = |c: &mut Coverage| c.criteria.grain = Grain::Date;
    type Case<'a> = (&'a dyn Fn(&mut Coverage), &'a [(&'a str, u64)], &'a str);
    let cases: &[Case<'_>] = &[
        (&same, &[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHO@DEN", 9)], "Unknown/UnitsUnmatched 2/3 [PHX@DEN]"),
        (&same, &[("BOS@NYK", 2), ("LAC@MIN", 2), ("PHO@DEN", 9)], "Unknown/UnitsUnmatched 1/3 [LAL@MIN PHX@DEN]"),
        (&same, &[("BOS@NYK", 2), ("PHO@DEN", 9)], "Partial/UnitsMissing 1/3 [LAL@MIN PHX@DEN]"),
        // The unexpected unit may be the missing one, but another unit with too few rows is a gap anyway.
        (&same, &[("BOS@NYK", 1), ("LAL@MIN", 2), ("PHO@DEN", 9)], "Partial/ValuesMissing 1/3 [BOS@NYK PHX@DEN]"),
        (&same, &[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 2), ("A@B", 9)], "Complete 3/3 []"),
        (&same, &[("BOS@NYK", 2), ("LAL@MIN", 2), ("A@B", 0)], "Partial/UnitsMissing 2/3 [PHX@DEN]"),
        (&short(1), &[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHO@DEN", 9)], "Complete 2/3 [PHX@DEN]"),
        // Two are missing and one is tolerated, so a single renamed unit makes the difference.
        (&short(1), &[("BOS@NYK", 2), ("PHO@DEN", 9)], "Unknown/UnitsUnmatched 1/3 [LAL@MIN PHX@DEN]"),
        (&final_only, &[("BOS@NYK", 2), ("PHO@DEN", 9)], "Unknown/UnitsUnmatched 1/3 [PHX@DEN]"),
        (&any, &[("BOS@NYK", 2), ("LAL@MIN", 2), ("DEN@PHO", 9)], "Unknown/UnitsUnmatched 2/3 [DEN@PHX]"),
        (
            &each,
            &[("BOS", 2), ("DEN", 2), ("LAL", 2), ("MIN", 2), ("NYK", 2), ("PHO", 9)],
            "Unknown/UnitsUnmatched 5/6 [PHX]",
        ),
        (&whole, &[(WHOLE_DATE, 1)], "Partial/ValuesMissing 0/1 [*]"),
    ];
    for (change, units, expected) in cases {
        assert_eq!(told(change, &facts(units)).0, *expected, "{units:?}");
    }
}

#[test]
fn strangers_and_missing_units_are_named_with_what_to_do() {
    let renamed = facts(&[("BOS@NYK", 2), ("LAC@MIN", 9), ("PHO@DEN", 9)]);
    assert_eq!(
        told(same, &renamed).1,
        "2 units without rows may be there under other names: add spec.aliases to the Season, or correct spec.unit; 1 of 3 \
         units covered; not covered: LAL@MIN, PHX@DEN; 18 rows of unexpected units: LAC@MIN, PHO@DEN"
    );
    let more_missing = facts(&[("BOS@NYK", 2), ("PHO@DEN", 9)]);
    assert!(told(same, &more_missing).1.ends_with("; 9 rows of unexpected units: PHO@DEN"));
    let nameless = DateFacts { rows: 5, blank: 1, ..facts(&[("BOS@NYK", 2), ("LAL@MIN", 2)]) };
    assert!(told(same, &nameless).1.ends_with("; not covered: PHX@DEN; 1 row names no unit"));
    let complete = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 2), ("A@B", 1)]);
    assert_eq!(told(same, &complete).1, "everything expected is present; 1 row of unexpected units: A@B");
    let names: Vec<String> = (10..40).map(|n| alloc::format!("X@{n}")).collect();
    let many: Vec<(&str, u64)> = [("BOS@NYK", 2)].into_iter().chain(names.iter().map(|n| (&**n, 1))).collect();
    let message = told(same, &facts(&many)).1;
    assert!(message.ends_with("X@28, X@29 and 10 more"), "{message}");
}

#[test]
fn names_are_doubted_once_the_date_is_due_and_the_judgement_says_when_that_is() {
    let renamed = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHO@DEN", 9)]);
    let calendar = calendar([calendar_of(day(DATE), &GAMES)], DATE);
    let early = judge(&coverage(), &calendar, day(DATE), Known::Fresh(&renamed), at("2025-11-15T01:00:00Z"));
    assert_eq!(early.judgement.verdict, Verdict::Partial(Flaw::UnitsMissing));
    assert_eq!(early.valid_until, Some(at("2025-11-15T06:00:00Z")), "six hours after the last start");
}

#[test]
fn a_unit_that_was_dropped_from_the_schedule_is_not_a_stranger() {
    let (date, mut one) = calendar_of(day(DATE), &GAMES);
    if let Day::On(expected) = &mut one {
        expected.dropped = vec![Unit { key: "UTA@SAS".into(), ..expected.units[0].clone() }];
    }
    let found = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("UTA@SAS", 7)]);
    let judged = judge(&coverage(), &calendar([(date, one)], DATE), date, Known::Fresh(&found), at(AFTER)).judgement;
    assert_eq!((judged.verdict, judged.unexpected_rows), (Verdict::Partial(Flaw::UnitsMissing), 7));
}

/// What the date holds in columns without a match.
fn instead(facts: DateFacts, rows: u64, found: &[(&str, &[&str])]) -> DateFacts {
    let values = |values: &[&str]| Found { values: values.iter().map(|v| Arc::from(*v)).collect(), more: false };
    let found = found.iter().map(|(column, texts)| ((*column).into(), values(texts))).collect();
    DateFacts { instead: Some(Box::new(Instead { rows, found })), ..facts }
}

fn filtered(filters: Vec<Filter>) -> impl Fn(&mut Coverage) {
    move |c| Arc::make_mut(&mut c.question).filters = filters.clone()
}

fn filter(column: &str, test: Test) -> Filter {
    Filter { column: column.into(), test }
}

fn word(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn rows_none_of_which_passes_the_filters_are_a_doubted_filter_not_a_gap() {
    let head = "40 rows on this date, but none passes the filters: correct spec.where, or the data; ";
    let market = || filter("market", Test::In(vec![word("points"), word("player_assists")]));
    let book = || filter("book", Test::Equals(word("draftkings")));
    type Case<'a> = (Vec<Filter>, Vec<(&'a str, &'a [&'a str])>, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (
            vec![market()],
            vec![("market", &["Points", "blocks", "player assists"])],
            "`market` must be one of 'points', 'player_assists', but has 'Points', 'player assists', 'blocks'",
        ),
        // If one filter alone finds no match, the sentence names only that one.
        (
            vec![market(), book()],
            vec![("market", &["points"]), ("book", &["DraftKings "])],
            "`book` must be 'draftkings', but has 'DraftKings '",
        ),
        (
            vec![market(), book()],
            vec![("market", &["points"]), ("book", &["draftkings"])],
            "`market` must be one of 'points', 'player_assists', but has 'points'; `book` must be 'draftkings', but has \
             'draftkings'",
        ),
        (
            vec![filter("id", Test::StartsWith(vec!["002".into()]))],
            vec![("id", &["0052300101"])],
            "`id` must begin with '002', but has '0052300101'",
        ),
        (
            vec![filter("n", Test::AtLeast(Value::Int(5)))],
            vec![("n", &["1", "4"])],
            "`n` must be at least '5', but has '1', '4'",
        ),
        (vec![filter("n", Test::IsNull(false))], vec![("n", &[])], "`n` must not be NULL, but has no value"),
        (
            vec![filter("n", Test::Equals(Value::Int(7)))],
            vec![("n", &["1", "07"])],
            "`n` must be '7', but has '07', '1'",
        ),
    ];
    for (filters, found, said) in cases {
        let read = instead(facts(&[]), 40, &found);
        let (verdict, message) = told(filtered(filters), &read);
        assert_eq!(verdict, "Unknown/FilterUnmatched 0/3 [BOS@NYK LAL@MIN PHX@DEN]");
        assert_eq!(message.strip_prefix(head), Some(said), "{message}");
    }
}

#[test]
fn values_that_were_found_are_shown_within_bounds() {
    let texts: Vec<String> = (100..150).map(|n| alloc::format!("v{n}")).chain(["x\n".repeat(99)]).collect();
    let texts: Vec<&str> = texts.iter().map(|t| &**t).collect();
    let mut read = instead(facts(&[]), 9, &[("market", &texts)]);
    let by_market = filtered(vec![filter("market", Test::Equals(word("points")))]);
    assert!(told(&by_market, &read).1.ends_with("'v118', 'v119' and 31 more"));
    read.instead.as_mut().unwrap().found[0].1.more = true;
    assert!(told(&by_market, &read).1.ends_with("'v118', 'v119' and at least 31 more"));
    let long = instead(facts(&[]), 9, &[("market", &texts[50..])]);
    let message = told(&by_market, &long).1;
    assert!(message.len() < 400 && !message.contains('\n'), "{message}");
}

#[test]
fn a_date_of_which_nothing_is_expected_or_that_is_not_due_doubts_no_filter() {
    let read = instead(facts(&[]), 40, &[("market", &["Points"])]);
    let mut coverage = coverage();
    filtered(vec![filter("market", Test::Equals(word("points")))])(&mut coverage);
    assert_eq!(judged(&coverage, Known::Fresh(&read), "2025-11-14T12:00:00Z").verdict, Verdict::Missing);
    let off = calendar([calendar_of(day(DATE), &[])], DATE);
    let judged = judge(&coverage, &off, day(DATE), Known::Fresh(&read), at(AFTER)).judgement;
    assert_eq!(judged.verdict, Verdict::NotExpected(Off::OffDay));
    assert_eq!(told(same, &facts(&[])).0, "Missing/NoRows 0/3 [BOS@NYK LAL@MIN PHX@DEN]", "an empty date is a gap");
}

/// Each game needs a row of each of these systems.
fn systems(names: &'static [&'static str]) -> impl Fn(&mut Coverage) {
    move |c| {
        let question = Arc::make_mut(&mut c.question);
        question.measures =
            names.iter().map(|n| Measure { of: Of::Rows, only: vec![("sys".into(), word(n))] }).collect();
        let rule = |(measure, n): (usize, &&str)| Rule {
            measure,
            check: Check::AtLeast(1),
            what: alloc::format!("rows with sys {n}").into(),
        };
        c.criteria.rules = names.iter().enumerate().map(rule).collect();
    }
}

/// Every game with this many rows of each system.
fn counts(counts: &[u64]) -> DateFacts {
    let unit = UnitFacts { rows: 5, measures: counts.iter().map(|n| Measured::Count(*n)).collect() };
    DateFacts {
        rows: 15,
        units: GAMES.iter().map(|g| (UnitKey::from(*g), unit.clone())).collect(),
        ..DateFacts::default()
    }
}

#[test]
fn a_listed_value_that_is_there_under_another_spelling_is_doubted_and_one_that_is_not_is_a_gap() {
    let both = systems(&["model_a", "model_v9"]);
    let cases: [(&[&str], &str); 5] = [
        (&["model_a", "Model-V9"], "Unknown/FilterUnmatched 0/3 [BOS@NYK LAL@MIN PHX@DEN]"),
        (&["model_a", "other"], "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]"),
        // Another number means another model.
        (&["model_a", "model_v8"], "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]"),
        // The value is present, but its rows do not count: they are after the start, or without a line.
        (&["Model-V9", "model_v9"], "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]"),
        (&[], "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]"),
    ];
    for (found, expected) in cases {
        assert_eq!(told(&both, &instead(counts(&[5, 0]), 15, &[("sys", found)])).0, expected, "{found:?}");
    }
    let wanted_itself = systems(&["assists", "assist"]);
    let read = instead(counts(&[5, 0]), 15, &[("sys", &["assists"])]);
    assert_eq!(
        told(wanted_itself, &read).0,
        "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]",
        "another value that is looked for is itself"
    );
    let read = instead(counts(&[0, 0]), 15, &[("sys", &["Model-V9"])]);
    assert_eq!(
        told(&both, &read).0,
        "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]",
        "that model_a is not there is a gap, whatever the other one's name"
    );
    let read = instead(counts(&[5, 0]), 15, &[("sys", &["Model-V9"])]);
    assert_eq!(
        told(both, &read).1,
        "no row has 'model_v9' in `sys`, but some have 'Model-V9': correct spec.complete.perUnit.contains, or the data; 0 of 3 units \
         covered; not covered: BOS@NYK, LAL@MIN, PHX@DEN; rows with sys model_v9: 3 of 3 units have fewer than 1"
    );
}

#[test]
fn every_rule_that_units_fail_is_named_with_how_many_fail_it() {
    let both = systems(&["a", "b"]);
    let mixed = |rows: [(&str, [u64; 2]); 2]| {
        let unit = |n: [u64; 2]| UnitFacts { rows: 5, measures: n.map(Measured::Count).into() };
        DateFacts {
            rows: 10,
            units: rows.map(|(key, n)| (key.into(), unit(n))).into_iter().collect(),
            ..DateFacts::default()
        }
    };
    let covered = "0 of 3 units covered; not covered: BOS@NYK, LAL@MIN, PHX@DEN";
    let of_all = "rows with sys a: 3 of 3 units have fewer than 1; rows with sys b: 3 of 3 units have fewer than 1";
    assert_eq!(told(&both, &counts(&[0, 0])).1, alloc::format!("{covered}; {of_all}"));
    assert_eq!(
        told(&both, &mixed([("BOS@NYK", [0, 0]), ("LAL@MIN", [1, 0])])).1,
        alloc::format!(
            "{covered}; no rows: 1 of 3 units; BOS@NYK: 0 rows with sys a, at least 1; rows with sys b: 2 of 3 units have fewer \
             than 1"
        )
    );
    let whole = |c: &mut Coverage| {
        both(c);
        c.criteria.grain = Grain::Date;
    };
    let unit = UnitFacts { rows: 5, measures: [Measured::Count(0), Measured::Count(0)].into() };
    let date = DateFacts { rows: 5, units: [(WHOLE_DATE.into(), unit)].into_iter().collect(), ..DateFacts::default() };
    assert_eq!(
        told(whole, &date).1,
        "0 of 1 unit covered; 0 rows with sys a, at least 1; 0 rows with sys b, at least 1"
    );
}

#[test]
fn a_date_with_more_units_than_are_counted_says_so_and_blames_no_mapping() {
    let many = DateFacts { overflow: true, rows: 90_000, ..facts(&[("A@B", 90_000)]) };
    for now in [AFTER, "2025-11-14T12:00:00Z"] {
        let judged = judged(&coverage(), Known::Fresh(&many), now);
        assert_eq!((judged.verdict, judged.unexpected_rows), (Verdict::Unknown(UnknownReason::ProbeBudget), 0));
        assert_eq!(
            judged.message,
            "more than 20000 units on this date, too many to count one by one: name fewer columns in spec.unit, or narrow \
             spec.where"
        );
    }
}

#[test]
fn rows_that_lack_a_needed_value_are_named_if_a_count_is_zero() {
    let lines = |c: &mut Coverage| Arc::make_mut(&mut c.question).needed = vec!["line".into()];
    let unit = |n| UnitFacts { rows: 6, measures: [Measured::Count(n)].into() };
    let read = |n| DateFacts {
        rows: 18,
        units: GAMES.iter().map(|g| (UnitKey::from(*g), unit(n))).collect(),
        ..DateFacts::default()
    };
    let hint = "; rows without a value in `line` do not count";
    assert_eq!(told(lines, &read(0)).0, "Partial/ValuesMissing 0/3 [BOS@NYK LAL@MIN PHX@DEN]");
    assert!(told(lines, &read(0)).1.ends_with(hint), "{}", told(lines, &read(0)).1);
    assert!(!told(lines, &read(1)).1.contains(hint) && !told(same, &read(0)).1.contains(hint));
}

#[test]
fn rows_of_unexpected_units_are_counted_for_every_verdict() {
    let read = DateFacts { rows: 12, blank: 3, ..facts(&[("BOS@NYK", 2), ("A@B", 7)]) };
    let failure = Unknown::new(UnknownReason::ProbeFailed, "no answer");
    let count = |coverage: &Coverage, day: (Date, Day), known, now| {
        judge(coverage, &calendar([day], DATE), super::day(DATE), known, at(now)).judgement.unexpected_rows
    };
    let games = || calendar_of(day(DATE), &GAMES);
    let fresh = Known::Fresh(&read);
    assert_eq!(count(&coverage(), games(), fresh, AFTER), 10, "Unknown, as one is missing and one is a stranger");
    assert_eq!(count(&coverage(), games(), fresh, "2025-11-14T12:00:00Z"), 10, "not due");
    assert_eq!(count(&coverage(), games(), Known::Old(&read, &failure), AFTER), 10, "known from an old read");
    assert_eq!(count(&coverage(), games(), Known::Never(&failure), AFTER), 0);
    assert_eq!(count(&coverage(), calendar_of(day(DATE), &["BOS@NYK"]), fresh, AFTER), 10, "Complete");
    assert_eq!(count(&coverage(), (day(DATE), Day::Break("AllStar".into())), fresh, AFTER), 12, "of a day off: all");
    let mut needs_starts = coverage();
    needs_starts.criteria.needs_starts = true;
    let (date, mut one) = games();
    if let Day::On(expected) = &mut one {
        expected.units[1].start = None;
    }
    assert_eq!(count(&needs_starts, (date, one), fresh, AFTER), 10, "StartUnknown");
}

#[test]
fn what_is_expected_of_a_date_is_counted_alike_before_and_after_it_is_read() {
    let failure = Unknown::new(UnknownReason::NotProbed, "not read yet");
    for (grain, expected) in [(Grain::Unit, 3), (Grain::UnitAnyOrder, 3), (Grain::EachValue, 6), (Grain::Date, 1)] {
        let mut coverage = coverage();
        coverage.criteria.grain = grain;
        for known in [Known::Never(&failure), Known::Fresh(&facts(&[]))] {
            assert_eq!(judged(&coverage, known, AFTER).expected, expected, "{grain:?}");
        }
    }
}

proptest::proptest! {
    /// The oracle knows which games were renamed and which are missing; the judge only sees names.
    #[test]
    fn a_renamed_unit_is_never_a_gap_and_a_unit_that_is_gone_always_is(
        renamed in 0..4usize,
        gone in 0..4usize,
        tolerated in 0..4usize,
    ) {
        let gone = gone.min(3 - renamed);
        let mut coverage = coverage();
        coverage.criteria.units = Tolerance::Missing(tolerated as u32);
        let name = |(n, game): (usize, &&'static str)| if n < renamed { ["X@1", "X@2", "X@3"][n] } else { *game };
        let there = GAMES.iter().enumerate().filter(|(n, _)| !(renamed..renamed + gone).contains(n));
        let read: Vec<(&str, u64)> = there.map(|game| (name(game), 2)).collect();
        let expected = match renamed + gone {
            3 if renamed > 0 => Verdict::Unknown(UnknownReason::UnitsUnmatched),
            missing if missing <= tolerated => Verdict::Complete,
            3 => Verdict::Missing,
            _ if gone <= tolerated => Verdict::Unknown(UnknownReason::UnitsUnmatched),
            _ => Verdict::Partial(Flaw::UnitsMissing),
        };
        let judged = judged(&coverage, Known::Fresh(&facts(&read)), AFTER);
        proptest::prop_assert_eq!(judged.verdict, expected, "{} renamed, {} gone: {}", renamed, gone, judged.message);
        proptest::prop_assert_eq!(judged.unexpected_rows, 2 * renamed as u64);
    }
}

//! What the data says about a date, as a specification.

mod doubts;

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::domain::anchors::Anchors;
use crate::domain::fingerprint::{FORM, Fingerprints};
use crate::domain::policy::*;
use crate::domain::probe::*;
use crate::domain::schedule::Unit;
use crate::domain::share::Share;
use crate::domain::span::Span;
use crate::domain::verdict::Flaw;

pub(crate) const DATE: &str = "2025-11-14";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The fingerprints of a coverage with the one rung `reload`.
pub(crate) fn fingerprints(of: u64) -> Fingerprints {
    Fingerprints { form: FORM, question: of, rungs: [("reload".into(), of)].into() }
}

/// A coverage of games by (away, home), every game at least two rows, filled by one rung.
pub(crate) fn coverage() -> Coverage {
    let key = |kind: &str, name: &str| Key { namespace: "default".into(), kind: kind.into(), name: name.into() };
    let question = Question {
        date: DateColumn::new("game_date", DateReading::Plain),
        filters: vec![],
        unit: UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order: false },
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![Measure { of: Of::Rows, only: vec![] }],
        unique: vec![],
        shares: vec![],
    };
    let criteria = Criteria {
        grain: Grain::Unit,
        expects: Expects::Scheduled,
        units: Tolerance::Share(Share::ALL),
        rules: vec![Rule { measure: 0, check: Check::AtLeast(2), what: "rows".into() }],
        shares: vec![],
        needs_starts: false,
        after_warm_up: false,
    };
    let repairs = [Flaw::UnitsMissing, Flaw::ValuesMissing, Flaw::NotFresh].map(Repairs::Flaw);
    let rung = Rung {
        name: "reload".into(),
        cron_job: "load".into(),
        container: None,
        template: None,
        repairs: [Repairs::NoRows].into_iter().chain(repairs).collect(),
        attempts: 3,
        backoff_initial: Span::minutes(5),
        backoff_max: Span::hours(12),
    };
    let fill = Fill {
        mode: Mode::Fill,
        ladder: vec![rung],
        dates_per_job: 1,
        max_concurrent_jobs: 3,
        order: FillOrder::NewestFirst,
        deadline: Span::hours(2),
        settle: Span::minutes(5),
    };
    Coverage {
        key: key("TableCoverage", "boxscores"),
        uid: "uid-boxscores".into(),
        generation: 1,
        season: key("Season", "nba"),
        table: Table { place: "files:/data".into(), name: "boxscores".into() },
        from: None,
        through: None,
        question: Arc::new(question),
        criteria,
        names: FieldNames { unit: "spec.unit", filters: "spec.where", values: "spec.complete.perUnit.contains" },
        due: Moment { after: Anchor::LastStart, offset: Span::hours(6) },
        late: Moment { after: Anchor::LastStart, offset: Span::hours(12) },
        fill,
        waivers: vec![],
        suspend: false,
        fingerprints: fingerprints(1),
    }
}

/// A calendar of one date with these games, all starting at midnight UTC after the date.
pub(crate) fn calendar_of(date: Date, games: &[&str]) -> (Date, Day) {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let start = crate::domain::anchors::midnight(crate::domain::dates::next_day(date), &jiff::tz::TimeZone::UTC);
    let units: Vec<Unit> = games
        .iter()
        .map(|g| Unit {
            key: (*g).into(),
            values: g.split('@').map(Arc::from).collect(),
            start: Some(start),
            is_final: !g.starts_with('L'),
        })
        .collect();
    let anchors = Anchors::new(date, &zone, units.iter().map(|u| u.start));
    let day = if units.is_empty() {
        Day::Off(Off::OffDay)
    } else {
        Day::On(Expected { units, dropped: vec![], anchors, warm_up: false, mark: 0 }.marked())
    };
    (date, day)
}

pub(crate) fn calendar(days: impl IntoIterator<Item = (Date, Day)>, today: &str) -> Calendar {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    Calendar { zone, today: day(today), days: days.into_iter().collect(), valid_until: Timestamp::MAX }
}

/// `BOS@NYK=3` is a unit with three rows.
pub(crate) fn facts(units: &[(&str, u64)]) -> DateFacts {
    let unit = |rows: u64| UnitFacts { rows, measures: [Measured::Count(rows)].into() };
    let units: Units = units.iter().map(|(k, n)| ((*k).into(), unit(*n))).collect();
    DateFacts { rows: units.iter().map(|(_, u)| u.rows).sum(), units, ..DateFacts::default() }
}

const GAMES: [&str; 3] = ["BOS@NYK", "LAL@MIN", "PHX@DEN"];
const AFTER: &str = "2025-11-15T12:00:00Z";

fn judged(coverage: &Coverage, known: Known<'_>, now: &str) -> Judgement {
    let calendar = calendar([calendar_of(day(DATE), &GAMES)], DATE);
    judge(coverage, &calendar, day(DATE), known, at(now)).judgement.as_ref().clone()
}

fn tell(j: &Judgement) -> alloc::string::String {
    let reason = if j.verdict.reason().is_empty() { String::new() } else { format!("/{}", j.verdict.reason()) };
    format!("{}{reason} {}/{} [{}]", j.verdict.word(), j.covered, j.expected, j.missing.join(" "))
}

#[track_caller]
fn check(change: impl Fn(&mut Coverage), facts: &DateFacts, expected: &str) {
    let mut coverage = coverage();
    change(&mut coverage);
    assert_eq!(tell(&judged(&coverage, Known::Fresh(facts), AFTER)), expected);
}

#[test]
fn a_date_is_measured_in_units_and_missing_units_are_named() {
    let same = |_: &mut Coverage| {};
    check(same, &facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 9)]), "Complete 3/3 []");
    check(same, &facts(&[("BOS@NYK", 2), ("PHX@DEN", 9)]), "Partial/UnitsMissing 2/3 [LAL@MIN]");
    check(same, &facts(&[("BOS@NYK", 1), ("LAL@MIN", 2), ("PHX@DEN", 9)]), "Partial/ValuesMissing 2/3 [BOS@NYK]");
    check(same, &facts(&[("BOS@NYK", 1), ("PHX@DEN", 9)]), "Partial/UnitsMissing 1/3 [BOS@NYK LAL@MIN]");
    check(same, &facts(&[]), "Missing/NoRows 0/3 [BOS@NYK LAL@MIN PHX@DEN]");
}

#[test]
fn a_date_that_is_its_own_unit_is_described_without_a_name() {
    let mut coverage = coverage();
    coverage.criteria.grain = Grain::Date;
    let judgement = judged(&coverage, Known::Fresh(&facts(&[(WHOLE_DATE, 1)])), AFTER);
    assert_eq!(judgement.message, "0 of 1 unit covered; 1 row, at least 2");
    assert_eq!(tell(&judgement), "Partial/ValuesMissing 0/1 [*]", "scripts have it by its name");
}

#[test]
fn rows_that_match_no_unit_are_a_wrong_mapping_not_a_gap() {
    let wrong = facts(&[("0022500644", 20), ("0022500645", 20)]);
    let judgement = judged(&coverage(), Known::Fresh(&wrong), AFTER);
    assert_eq!(judgement.verdict, Verdict::Unknown(UnknownReason::UnitsUnmatched));
    assert!(judgement.message.contains("0022500644, 0022500645"), "{}", judgement.message);
    let early = judged(&coverage(), Known::Fresh(&wrong), "2025-11-14T12:00:00Z");
    assert_eq!(early.verdict, Verdict::Partial(Flaw::UnitsMissing), "before the date is due nothing is concluded");
}

#[test]
fn rows_of_other_units_warn_and_never_complete() {
    let found = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("UTA@SAS", 7)]);
    let judgement = judged(&coverage(), Known::Fresh(&found), AFTER);
    assert_eq!((judgement.covered, judgement.unexpected_rows), (2, 7));
}

#[test]
fn tolerance_forgives_units_but_never_duplicates() {
    let one_missing = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2)]);
    check(|c| c.criteria.units = Tolerance::Missing(1), &one_missing, "Complete 2/3 [PHX@DEN]");
    check(|c| c.criteria.units = Tolerance::Share("66%".parse().unwrap()), &one_missing, "Complete 2/3 [PHX@DEN]");
    check(
        |c| c.criteria.units = Tolerance::Share("67%".parse().unwrap()),
        &one_missing,
        "Partial/UnitsMissing 2/3 [PHX@DEN]",
    );
    let doubled = DateFacts { surplus: 1, ..one_missing };
    check(|c| c.criteria.units = Tolerance::Missing(1), &doubled, "Partial/Duplicated 2/3 [PHX@DEN]");
}

#[test]
fn too_many_rows_of_a_unit_are_excess() {
    let limit = |c: &mut Coverage| {
        c.criteria.rules.push(Rule { measure: 0, check: Check::AtMost(5), what: "rows".into() });
    };
    check(limit, &facts(&[("BOS@NYK", 2), ("LAL@MIN", 6), ("PHX@DEN", 5)]), "Partial/Excess 2/3 [LAL@MIN]");
}

#[test]
fn a_share_is_judged_only_over_rows() {
    let no_line = |c: &mut Coverage| {
        c.criteria.shares = vec![ShareRule { name: "no-line".into(), max: "10%".parse().unwrap() }];
    };
    let with = |n: u64| DateFacts { shares: vec![n], ..facts(&[("BOS@NYK", 10), ("LAL@MIN", 5), ("PHX@DEN", 5)]) };
    check(no_line, &with(2), "Complete 3/3 []");
    check(no_line, &with(3), "Partial/ShareExceeded 3/3 []");
    check(no_line, &DateFacts { shares: vec![0], ..facts(&[]) }, "Missing/NoRows 0/3 [BOS@NYK LAL@MIN PHX@DEN]");
}

#[test]
fn a_unit_that_is_not_final_is_not_missing_and_not_complete() {
    let only_final = |c: &mut Coverage| c.criteria.expects = Expects::Final;
    check(only_final, &facts(&[("BOS@NYK", 2), ("PHX@DEN", 2)]), "Partial/NotFinal 2/3 []");
    check(only_final, &facts(&[("BOS@NYK", 2)]), "Partial/UnitsMissing 1/3 [PHX@DEN]");
}

#[test]
fn each_value_of_a_unit_may_be_expected_by_itself() {
    let teams = |c: &mut Coverage| c.criteria.grain = Grain::EachValue;
    let found = facts(&[("BOS", 2), ("NYK", 2), ("LAL", 2), ("MIN", 2), ("PHX", 2)]);
    check(teams, &found, "Partial/UnitsMissing 5/6 [DEN]");
}

#[test]
fn values_in_any_order_are_compared_as_a_set() {
    let any = |c: &mut Coverage| c.criteria.grain = Grain::UnitAnyOrder;
    check(any, &facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("DEN@PHX", 2)]), "Complete 3/3 []");
}

#[test]
fn a_failed_read_proves_completeness_and_never_a_gap() {
    let failure = Unknown::new(UnknownReason::ProbeFailed, "no answer in 30s");
    let full = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 9)]);
    assert_eq!(judged(&coverage(), Known::Old(&full, &failure), AFTER).verdict, Verdict::Complete);
    let unknown = Verdict::Unknown(UnknownReason::ProbeFailed);
    assert_eq!(judged(&coverage(), Known::Old(&facts(&[]), &failure), AFTER).verdict, unknown);
    assert_eq!(judged(&coverage(), Known::Never(&failure), AFTER).verdict, unknown);
}

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

#[test]
fn a_date_off_stays_off_regardless_of_the_table() {
    let calendar = calendar([calendar_of(day(DATE), &[])], DATE);
    let judged = judge(&coverage(), &calendar, day(DATE), Known::Fresh(&facts(&[("BOS@NYK", 2)])), at(AFTER));
    assert_eq!(judged.judgement.verdict.to_word(), "NotExpected/OffDay");
    assert_eq!(judged.judgement.unexpected_rows, 2, "a warning: a game was moved, or the schedule lacks it");
    assert_eq!(judged.judgement.message, "no units on this date, yet the table has 2 rows for it: BOS@NYK");
}

#[test]
fn a_date_of_the_warm_up_is_skipped_by_coverages_that_opted_in() {
    let (date, mut one) = calendar_of(day(DATE), &GAMES);
    if let Day::On(expected) = &mut one {
        expected.warm_up();
    }
    let calendar = calendar([(date, one)], DATE);
    let verdict = |after_warm_up| {
        let mut coverage = coverage();
        coverage.criteria.after_warm_up = after_warm_up;
        judge(&coverage, &calendar, date, Known::Fresh(&facts(&[])), at(AFTER)).judgement.verdict
    };
    assert_eq!((verdict(true), verdict(false)), (Verdict::NotExpected(Off::WarmUp), Verdict::Missing));
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

#[test]
fn a_unit_without_rows_is_not_there() {
    let none_of_one = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 0)]);
    check(|_| {}, &none_of_one, "Partial/UnitsMissing 2/3 [PHX@DEN]");
}

#[test]
fn what_a_date_holds_is_its_rows_without_repeated_keys_and_its_distinct_values() {
    let mut coverage = coverage();
    let players = Measure { of: Of::Distinct("player".into()), only: vec![] };
    Arc::make_mut(&mut coverage.question).measures.push(players);
    let unit = |rows, players| UnitFacts { rows, measures: [Measured::Count(rows), Measured::Count(players)].into() };
    let units = [("BOS@NYK".into(), unit(10, 7)), ("PHX@DEN".into(), unit(5, 3))].into_iter().collect();
    let read = DateFacts { rows: 15, surplus: 4, units, ..DateFacts::default() };
    assert_eq!(values_of(&coverage, &read), 15 - 4 + 7 + 3);
}

impl Verdict {
    fn to_word(self) -> alloc::string::String {
        [self.word(), self.reason()].join("/").to_string()
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn any_facts() -> impl Strategy<Value = DateFacts> {
        let unit = (proptest::sample::select(vec!["BOS@NYK", "LAL@MIN", "PHX@DEN", "X@Y"]), 0..4u64);
        let units = proptest::collection::btree_map(unit.clone().prop_map(|u| u.0), 0..4u64, 0..5);
        (units, 0..3u64, 0..3u64, any::<bool>()).prop_map(|(units, blank, surplus, overflow)| {
            let units: Vec<_> = units.into_iter().collect();
            let read = facts(&units);
            DateFacts { rows: read.rows + blank, blank, surplus, overflow, ..read }
        })
    }

    proptest! {
        #[test]
        fn a_verdict_says_no_more_than_was_read(
            read in any_facts(),
            missing in proptest::option::of(0..4u32),
            is_final in any::<bool>(),
            how in 0..3usize,
        ) {
            let mut coverage = coverage();
            coverage.criteria.units = missing.map_or(Tolerance::Share(Share::ALL), Tolerance::Missing);
            coverage.criteria.expects = if is_final { Expects::Final } else { Expects::Scheduled };
            let unknown = Unknown::new(UnknownReason::ProbeFailed, "no answer");
            let known = [Known::Never(&unknown), Known::Old(&read, &unknown), Known::Fresh(&read)][how];
            let judged = judged(&coverage, known, AFTER);
            prop_assert!(judged.covered <= judged.expected);
            prop_assert!(judged.missing.iter().all(|unit| GAMES.contains(&&**unit)), "{:?}", judged.missing);
            match judged.verdict {
                Verdict::Missing | Verdict::Partial(_) => prop_assert_eq!(how, 2, "an old read proves no gap"),
                Verdict::Complete => {
                    prop_assert!(how > 0 && !read.overflow && read.surplus == 0);
                    prop_assert!(judged.covered + missing.unwrap_or(0) >= judged.expected);
                }
                Verdict::Unknown(_) | Verdict::NotExpected(_) => {}
            }
        }
    }
}

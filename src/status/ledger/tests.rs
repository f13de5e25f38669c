//! What was written is read back exactly; anything else is rejected.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::api::kinds::CoverageStatus;
use crate::domain::breaker::{Breaker, Failed, Opened};
use crate::domain::dates::{Date, DateSet, Timestamp, shift};
use crate::domain::ledger::{Attempt, Before, End, Ledger, Outcome, Settled, Stage, Tally, Template, Trial};
use crate::domain::policy::{Fingerprints, Table};
use crate::domain::source::{Draw, Spent};

pub(crate) fn date() -> impl Strategy<Value = Date> {
    (0..800).prop_map(|n| shift(jiff::civil::date(2024, 10, 1), n))
}

fn dates() -> impl Strategy<Value = DateSet> {
    prop::collection::vec(date(), 0..12).prop_map(|dates| dates.into_iter().collect())
}

pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000, prop_oneof![Just(0), 0..1_000_000_000]).prop_map(|(s, ns)| Timestamp::new(s, ns).unwrap())
}

fn word() -> impl Strategy<Value = Arc<str>> {
    "[a-z][a-z0-9-]{0,8}".prop_map(Arc::from)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(Outcome::ALL.to_vec())
}

fn tally() -> impl Strategy<Value = Tally> {
    (any::<u8>(), any::<u8>(), outcome(), instant(), any::<bool>(), any::<u8>()).prop_map(
        |(charged, free, last, retry_at, alone, complete_reads)| Tally {
            charged,
            free,
            last,
            retry_at,
            alone,
            complete_reads,
        },
    )
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        any::<i32>().prop_map(End::Exit),
        prop::sample::select(vec![
            End::Succeeded,
            End::Deadline,
            End::Killed,
            End::Disrupted,
            End::Lost,
            End::NeverStarted
        ]),
    ]
}

fn stage() -> impl Strategy<Value = Stage> {
    prop_oneof![
        Just(Stage::Recorded),
        word().prop_map(|uid| Stage::Created { uid }),
        (instant(), end(), ".{0,40}").prop_map(|(at, end, message)| Stage::Ended { at, end, message }),
    ]
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let before = (any::<u64>(), any::<u64>(), any::<u32>(), any::<u64>(), any::<bool>())
        .prop_map(|(mark, rows, covered, values, complete)| Before { mark, rows, covered, values, complete });
    let before = prop::collection::btree_map(date(), before, 0..5);
    let tokens = prop::collection::btree_map(date(), word(), 0..3);
    let end = (stage(), any::<u32>(), prop::option::of(draw()));
    (any::<u32>(), word(), dates(), before, tokens, instant(), end).prop_map(
        |(launch, rung, dates, before, tokens, recorded_at, (stage, number, draw))| Attempt {
            launch: launch.into(),
            rung: rung.clone(),
            target: Table { place: format!("files:/{rung}").into(), name: rung.clone() },
            aliases: (0..launch % 3)
                .map(|n| Table { place: format!("device:{n}").into(), name: rung.clone() })
                .collect(),
            dates,
            before,
            number,
            tokens,
            recorded_at,
            draw,
            stage,
        },
    )
}

fn draw() -> impl Strategy<Value = Draw> {
    (word(), any::<u64>(), any::<u32>()).prop_map(|(source, credits, requests)| Draw { source, credits, requests })
}

fn spent() -> impl Strategy<Value = Spent> {
    (instant(), any::<u64>()).prop_map(|(start, credits)| Spent { start, credits })
}

fn settled() -> impl Strategy<Value = Settled> {
    let outcomes = prop::collection::btree_map(date(), outcome(), 0..6);
    (any::<u32>(), word(), instant(), outcomes, ".{0,40}").prop_map(|(launch, rung, at, outcomes, message)| Settled {
        launch: launch.into(),
        rung,
        at,
        outcomes,
        message,
    })
}

pub(crate) fn breaker() -> impl Strategy<Value = Breaker> {
    let opened = (instant(), instant(), any::<u8>(), any::<u32>(), outcome(), ".{0,40}").prop_map(
        |(since, until, trials, launch, outcome, message)| Opened {
            since,
            until,
            trials,
            launch: launch.into(),
            outcome,
            message,
        },
    );
    (dates(), prop::option::of(opened)).prop_map(|(failed, opened)| {
        let failed = Failed((!failed.is_empty()).then(|| ("".into(), failed)).into_iter().collect());
        Breaker { failed, opened }
    })
}

pub(crate) fn ledgers() -> impl Strategy<Value = Ledger> {
    let breakers = prop::collection::btree_map(word(), breaker(), 0..3);
    let tallies = prop::collection::btree_map((word(), date()), tally(), 0..20);
    let tokens = prop::collection::btree_map(date(), word(), 0..6);
    let lists = (prop::collection::vec(attempt(), 0..4), prop::collection::vec(settled(), 0..4));
    let trial = prop_oneof![Just(Trial::None), Just(Trial::Open), any::<u64>().prop_map(Trial::Launch)];
    let template = (any::<u64>(), trial).prop_map(|(mark, trial)| Template { mark, trial });
    let templates = prop::collection::btree_map(word(), template, 0..3);
    let spent = prop::collection::btree_map(word(), spent(), 0..3);
    (lists, (tallies, templates, breakers, spent), any::<u64>(), tokens, dates(), 0_u64..1000).prop_map(
        |((attempts, recent), (tallies, templates, breakers, spent), fingerprint, tokens, complete, more)| {
            let numbers = attempts.iter().map(|a| a.launch).chain(recent.iter().map(|s| s.launch));
            let launches = numbers.max().unwrap_or(0) + more;
            let marks = templates.iter().map(|(rung, template)| (rung.clone(), template.mark)).collect();
            Ledger {
                launches,
                attempts,
                tallies,
                breakers,
                recent: recent.into(),
                fingerprints: Fingerprints { form: fingerprint % 5, question: fingerprint, rungs: marks },
                templates,
                spent,
                earlier: tokens.iter().map(|(d, token)| (*d, ["z".into(), token.clone(), "a".into()].into())).collect(),
                tokens,
                spare: i64::try_from(launches).ok().filter(|_| more > 1).map(|_| launches - 1).into_iter().collect(),
                complete: complete.into(),
            }
        },
    )
}

/// Through JSON, as the API server keeps it.
fn stored(ledger: &Ledger) -> CoverageStatus {
    let mut status = CoverageStatus::default();
    write(ledger, "boxscores", "uid", &mut status);
    serde_json::from_str(&serde_json::to_string(&status).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn a_ledger_survives_the_wire(written in ledgers()) {
        prop_assert_eq!(ledger(&stored(&written)), Ok(written));
    }

    #[test]
    fn a_ledger_without_an_object_is_stored_the_same_way(written in ledgers()) {
        prop_assert_eq!(from_json(&to_json(&written, "boxscores", "uid").unwrap()), Ok(written));
    }

    #[test]
    fn no_edit_by_hand_makes_it_panic(written in ledgers(), field in 0_usize..11, text in ".{0,20}") {
        let mut status = stored(&written);
        let Some(stored) = status.ledger.as_mut() else { unreachable!() };
        match field {
            0 => stored.fingerprint = text,
            1 => stored.complete = text,
            2 => stored.tokens.iter_mut().for_each(|t| t.dates = text.clone()),
            3 => stored.charges.iter_mut().flat_map(|c| &mut c.dates).for_each(|d| *d = text.clone()),
            4 => status.attempts.iter_mut().for_each(|a| a.dates = text.clone()),
            5 => status.attempts.iter_mut().flat_map(|a| &mut a.before).for_each(|b| *b = text.clone()),
            6 => status.attempts.iter_mut().for_each(|a| a.stage = text.clone()),
            7 => status.recent.iter_mut().for_each(|r| r.at = text.clone()),
            8 => stored.spent.iter_mut().for_each(|s| *s = text.clone()),
            9 => status.attempts.iter_mut().for_each(|a| a.draws = Some(text.clone())),
            _ => status.recent.iter_mut().flat_map(|r| &mut r.outcomes).for_each(|o| o.outcome = text.clone()),
        }
        let _ = ledger(&status);
    }
}

fn open_breaker() -> Breaker {
    let (since, until) = (at("2025-11-20T12:00:00Z"), at("2025-11-20T12:15:00Z"));
    let (trials, launch, outcome, message) = (0, 7, Outcome::Failed, String::new());
    Breaker { failed: Failed::default(), opened: Some(Opened { since, until, trials, launch, outcome, message }) }
}

#[test]
fn an_absent_ledger_is_a_new_one_and_rubbish_is_told() {
    assert_eq!(ledger(&CoverageStatus::default()), Ok(Ledger::default()));
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let day = jiff::civil::date(2025, 11, 14);
    let tally = Tally {
        charged: 2,
        free: 0,
        last: Outcome::Failed,
        retry_at: at("2025-11-20T12:05:00Z"),
        alone: true,
        complete_reads: 1,
    };
    let good = Ledger {
        launches: 7,
        fingerprints: Fingerprints { question: u64::MAX, ..Fingerprints::default() },
        tallies: BTreeMap::from([(("reload".into(), day), tally)]),
        breakers: BTreeMap::from([("reload".into(), open_breaker())]),
        spent: BTreeMap::new(),
        ..Ledger::default()
    };
    let status = stored(&good);
    let line = &status.ledger.as_ref().unwrap().charges[0].dates[0];
    assert_eq!(line, "2025-11-14 Failed charged=2 reads=1 alone retry=2025-11-20T12:05:00Z");

    type Edit = fn(&mut CoverageStatus);
    let edits: [(Edit, &str); 7] = [
        (|s| s.ledger.as_mut().unwrap().launches = 6, "status.ledger.launches is 6, and there was a launch 7"),
        (|s| s.ledger = None, "status.ledger is gone, its attempts are not"),
        (|s| s.ledger.as_mut().unwrap().fingerprint = "-".into(), "status.ledger.fingerprint: '-' is not a hash"),
        (
            |s| s.ledger.as_mut().unwrap().complete = "2025-11-14,2025-11-13..2025-11-15".into(),
            "status.ledger.complete: '2025-11-14,2025-11-13..2025-11-15' names a date twice",
        ),
        (
            |s| s.ledger.as_mut().unwrap().charges[0].dates.push("2025-11-14 Lost retry=2025-11-20T12:05:00Z".into()),
            "charges: rung reload names 2025-11-14 twice",
        ),
        (
            |s| s.ledger.as_mut().unwrap().breakers[0].until = None,
            "status.ledger.breakers[0]: 'reload' lacks `since` or `until`",
        ),
        (|s| s.recent[0].at = "noon".into(), "status.recent[0]: 'noon' is not a timestamp"),
    ];
    for (edit, said) in edits {
        let settled = Settled {
            launch: 7,
            rung: "reload".into(),
            at: at("2025-11-20T12:00:00Z"),
            outcomes: BTreeMap::from([(day, Outcome::Failed)]),
            message: String::new(),
        };
        let mut status = stored(&Ledger { recent: vec![settled].into(), ..good.clone() });
        edit(&mut status);
        assert_eq!(ledger(&status).map_err(|why| why.to_string()), Err(said.to_string()));
        assert_eq!(ledger_launches(&status).launches, 7, "no number is used twice: {said}");
    }
}

#[test]
fn credits_that_cannot_be_read_are_told() {
    let credits = |line: &str| {
        let mut status = stored(&Ledger { launches: 1, ..Ledger::default() });
        status.ledger.as_mut().unwrap().spent.push(line.into());
        ledger(&status).map(|ledger| ledger.spent["odds-api"].credits).map_err(|why| why.to_string())
    };
    assert_eq!(credits("odds-api 2025-11-01T00:00:00Z 120"), Ok(120));
    let told = Err("status.ledger.spent[0]: 'odds-api 2025-11-01T00:00:00Z' lacks its credits".into());
    assert_eq!(credits("odds-api 2025-11-01T00:00:00Z"), told);
}

/// What a later version writes beside what this one knows costs no charge.
#[test]
fn words_and_fields_of_a_later_version_are_skipped() {
    let json = r#"{"ledger":{"launches":9,"fingerprint":"5f","pace":3,"charges":[{"rung":"reload","dates":[
        "2025-11-14 Throttled charged=2 quietly pace=3 retry=2025-11-20T12:05:00Z"]}]},
        "recent":[{"launch":8,"rung":"reload","at":"2025-11-20T12:00:00Z","outcomes":[
            {"outcome":"Throttled","dates":"2025-11-14"},{"outcome":"Lost","dates":"2025-11-15"}]}]}"#;
    let read = from_json(json.as_bytes()).unwrap();
    let tally = read.tallies[&("reload".into(), jiff::civil::date(2025, 11, 14))];
    assert_eq!((tally.charged, tally.last), (2, Outcome::Failed));
    let outcomes = BTreeMap::from([(jiff::civil::date(2025, 11, 15), Outcome::Lost)]);
    assert_eq!((read.recent[0].launch, &read.recent[0].outcomes), (8, &outcomes));
}

/// The status of the version before: it knew no form of a fingerprint, none of a rung, and one name of a table.
#[test]
fn a_status_of_the_version_before_is_read_to_the_same_ledger() {
    let status = serde_json::from_str(include_str!("../../../tests/it/older/status.json")).unwrap();
    assert_eq!(ledger(&status), Ok(of_the_version_before()));
    assert_eq!(from_json(&to_json(&of_the_version_before(), "boxscores", "uid").unwrap()), Ok(of_the_version_before()));
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(n: i8) -> Date {
    jiff::civil::date(2025, 11, n)
}

fn attempts_of_the_version_before() -> Vec<Attempt> {
    let attempt = |launch, rung: &str, number, dates: &[i8], recorded_at, stage| Attempt {
        launch,
        rung: rung.into(),
        target: Table { place: "files:/data/raw".into(), name: "boxscores".into() },
        aliases: Vec::new(),
        draw: None,
        dates: dates.iter().map(|n| day(*n)).collect(),
        before: BTreeMap::new(),
        number,
        tokens: BTreeMap::new(),
        recorded_at: at(recorded_at),
        stage,
    };
    let empty = Before { mark: 0x5f, ..Before::default() };
    let held = Before { mark: 0x5f, rows: 120, covered: 8, values: 240, complete: true };
    let ended =
        Stage::Ended { at: at("2025-11-22T04:10:00.5Z"), end: End::Exit(75), message: "too many requests".into() };
    let created = Stage::Created { uid: "0c1d2e3f-aaaa-bbbb-cccc-0123456789ab".into() };
    let mut attempts = vec![
        attempt(7, "reload", 1, &[20, 21], "2025-11-22T06:00:00Z", Stage::Recorded),
        attempt(6, "reload", 3, &[14], "2025-11-22T05:00:00Z", created),
        attempt(5, "backfill", 2, &[10], "2025-11-22T04:00:00Z", ended),
    ];
    attempts[0].before = [20, 21].map(|n| (day(n), empty)).into();
    attempts[1].before = [(day(14), held)].into();
    attempts[1].tokens = [(day(14), "again-2".into())].into();
    attempts
}

fn of_the_version_before() -> Ledger {
    let tally = |charged, free, last, retry_at: &str, alone, complete_reads| Tally {
        charged,
        free,
        last,
        retry_at: at(retry_at),
        alone,
        complete_reads,
    };
    let failed = tally(2, 0, Outcome::Failed, "2025-11-23T12:05:00Z", false, 1);
    Ledger {
        launches: 8,
        attempts: attempts_of_the_version_before(),
        tallies: BTreeMap::from([
            (("backfill".into(), day(10)), tally(0, 2, Outcome::RateLimited, "2025-11-22T07:00:00Z", false, 0)),
            (("reload".into(), day(10)), tally(1, 0, Outcome::Permanent, "2025-11-21T06:30:00Z", true, 0)),
            (("reload".into(), day(12)), failed),
            (("reload".into(), day(13)), failed),
        ]),
        recent: [settled_of_the_version_before()].into(),
        fingerprints: Fingerprints { question: 0xc3ab_8ff1_3720_e8ad, ..Fingerprints::default() },
        templates: BTreeMap::from([
            ("backfill".into(), Template { mark: 0x2a, trial: Trial::Launch(5) }),
            ("reload".into(), Template { mark: 0x5f, trial: Trial::None }),
        ]),
        tokens: [(day(14), "again-2".into())].into(),
        earlier: [(day(14), vec!["again-1".into()])].into(),
        breakers: BTreeMap::new(),
        spent: BTreeMap::new(),
        spare: vec![8],
        complete: Arc::new((0..20).map(|n| shift(jiff::civil::date(2025, 10, 21), n)).collect()),
    }
}

fn settled_of_the_version_before() -> Settled {
    let outcomes = [(8, Outcome::Filled), (9, Outcome::Filled), (12, Outcome::Failed), (13, Outcome::Failed)];
    Settled {
        launch: 4,
        rung: "reload".into(),
        at: "2025-11-21T12:05:00Z".parse().unwrap(),
        outcomes: outcomes.map(|(n, outcome)| (jiff::civil::date(2025, 11, n), outcome)).into(),
        message: "two dates lack rows".into(),
    }
}

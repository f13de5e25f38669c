//! The attempt protocol, as a specification.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;

use super::record::Admitted;
use super::settle::{After, outcome};
use super::*;
use crate::domain::dates::shift;
use crate::domain::judge::tests::{at, coverage, day, fingerprints};
use crate::domain::policy::Coverage;

const DATE: &str = "2025-11-14";
const NOW: &str = "2025-11-15T12:00:00Z";

fn target() -> Table {
    Table { place: "files:/data".into(), name: "props".into() }
}

fn before(covered: u32, values: u64) -> Before {
    Before { covered, values, ..Before::default() }
}

fn after(covered: u32, values: u64) -> After {
    After { complete: false, mark: 0, covered, values }
}

/// One whole attempt on dates: recorded, created, ended, settled with nothing changed.
fn attempt(ledger: &Ledger, dates: &[&str], end: End) -> Ledger {
    attempt_after(ledger, dates, end, after(1, 10))
}

fn rerun_of_complete(ledger: &Ledger, end: End) -> Ledger {
    let admitted = Admitted {
        rung: "reload".into(),
        target: coverage().table,
        aliases: vec![],
        dates: [day(DATE)].into_iter().collect(),
        number: 1,
        tokens: [(day(DATE), "again".into())].into(),
        trial: false,
    };
    let held = Before { complete: true, ..before(1, 10) };
    let mut next = ledger.record(&admitted, [(day(DATE), held)].into(), at(NOW));
    let launch = next.launches;
    next.ended(launch, at(NOW), end, String::new());
    let still = After { complete: true, ..after(1, 10) };
    next.settle(&coverage(), launch, &Read { after: [(day(DATE), still)].into(), ..Read::default() }, at(NOW))
}

fn attempt_that_fills(ledger: &Ledger, dates: &[&str]) -> Ledger {
    attempt_after(ledger, dates, End::Succeeded, After { complete: true, ..after(1, 10) })
}

fn attempt_after(ledger: &Ledger, dates: &[&str], end: End, after: After) -> Ledger {
    let dates: DateSet = dates.iter().map(|d| day(d)).collect();
    let admitted = Admitted {
        rung: "reload".into(),
        target: target(),
        aliases: vec![],
        dates: dates.clone(),
        number: 1,
        tokens: BTreeMap::new(),
        trial: false,
    };
    let mut next = ledger.record(&admitted, dates.iter().map(|d| (d, before(1, 10))).collect(), at(NOW));
    let launch = next.launches;
    next.created(launch, &"job".into());
    next.ended(launch, at(NOW), end, String::new());
    next.settle(
        &coverage(),
        launch,
        &Read { after: dates.iter().map(|d| (d, after)).collect(), ..Read::default() },
        at(NOW),
    )
}

fn tally(ledger: &Ledger) -> Option<Tally> {
    ledger.tallies.get(&("reload".into(), day(DATE))).copied()
}

#[test]
fn data_decides_the_outcome_before_the_exit_code_does() {
    let rows = [
        (after(1, 10), End::Succeeded, Outcome::Ineffective),
        (after(1, 10), End::Exit(1), Outcome::Failed),
        (after(1, 10), End::Exit(65), Outcome::Permanent),
        (after(1, 10), End::Exit(69), Outcome::SourceDown),
        (after(1, 10), End::Exit(75), Outcome::RateLimited),
        (after(1, 10), End::Exit(77), Outcome::CredentialsRefused),
        (after(1, 10), End::Deadline, Outcome::Failed),
        (after(1, 10), End::Lost, Outcome::Lost),
        (after(1, 10), End::NeverStarted, Outcome::NeverStarted),
        (after(1, 10), End::Disrupted, Outcome::Disrupted),
        (after(2, 5), End::Exit(1), Outcome::Improved),
        (after(1, 11), End::Exit(65), Outcome::Improved),
        (after(0, 20), End::Succeeded, Outcome::Regressed),
        (after(1, 9), End::Exit(75), Outcome::Regressed),
        (After { complete: true, ..after(0, 0) }, End::Exit(1), Outcome::Filled),
    ];
    for (after, end, expected) in rows {
        assert_eq!(outcome(&before(1, 10), &after, end), expected, "{after:?} after {end:?}");
    }
}

/// A date that was complete before was not filled by its Job, whether the Job failed or succeeded.
#[test]
fn the_end_of_its_job_decides_the_outcome_of_a_rerun_of_a_complete_date() {
    let complete = Before { complete: true, ..before(1, 10) };
    let still = After { complete: true, ..after(1, 10) };
    for (after, end, expected) in [
        (still, End::Succeeded, Outcome::Rebuilt),
        (still, End::Exit(1), Outcome::Failed),
        (still, End::Exit(65), Outcome::Permanent),
        (still, End::Exit(75), Outcome::RateLimited),
        (still, End::Deadline, Outcome::Failed),
        (still, End::Lost, Outcome::Lost),
        (still, End::Disrupted, Outcome::Disrupted),
        (After { values: 4, ..still }, End::Exit(1), Outcome::Failed),
        (After { values: 40, ..still }, End::Exit(1), Outcome::Failed),
        (after(0, 2), End::Succeeded, Outcome::Regressed),
        (after(0, 2), End::Exit(1), Outcome::Regressed),
    ] {
        assert_eq!(outcome(&complete, &after, end), expected, "{after:?} after {end:?}");
    }
    let rebuilt = rerun_of_complete(&Ledger::default(), End::Succeeded);
    assert_eq!((tally(&rebuilt), rebuilt.recent[0].outcomes[&day(DATE)]), (None, Outcome::Rebuilt));
    let mut failed = rerun_of_complete(&Ledger::default(), End::Exit(1));
    assert_eq!(tally(&failed).map(|t| (t.charged, t.last)), Some((1, Outcome::Failed)));
    failed.note_read(day(DATE), true);
    assert_eq!(tally(&failed), None, "the second read in a row that found it complete");
}

#[test]
fn charged_failures_count_and_uncharged_ones_do_not() {
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    assert_eq!(tally(&ledger).map(|t| (t.charged, t.free)), Some((1, 0)));
    ledger = attempt(&ledger, &[DATE], End::Exit(75));
    ledger = attempt(&ledger, &[DATE], End::Exit(75));
    assert_eq!(tally(&ledger).map(|t| (t.charged, t.free)), Some((1, 2)));
    ledger = attempt(&ledger, &[DATE], End::Exit(3));
    assert_eq!(tally(&ledger).map(|t| (t.charged, t.free)), Some((2, 0)), "a row of uncharged ones ends");
    assert_eq!(ledger.launches, 4, "every launch has a number of its own");
    assert!(tally(&ledger).is_some_and(|t| t.retry_at > at(NOW)));
}

#[test]
fn an_exit_65_of_several_dates_makes_each_run_alone() {
    let ledger = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Exit(65));
    assert!(tally(&ledger).is_some_and(|t| t.alone));
    assert!(tally(&attempt(&ledger, &[DATE], End::Exit(65))).is_some_and(|t| !t.alone && t.last == Outcome::Permanent));
}

#[test]
fn a_date_that_loses_what_was_filled_waits_longer_each_time() {
    let mut ledger = Ledger::default();
    let mut waits = Vec::new();
    for _ in 0..3 {
        ledger.note_read(day(DATE), true);
        ledger = attempt_that_fills(&ledger, &[DATE]);
        let lost: Vec<_> = ledger.lost([(day(DATE), false)].into_iter()).collect();
        ledger.note_losses(&coverage(), lost.into_iter(), at(NOW));
        ledger.note_read(day(DATE), false);
        let tally = tally(&ledger).unwrap();
        assert_eq!((tally.charged, tally.last), (0, Outcome::Regressed), "the cause of the loss is unknown");
        waits.push(tally.retry_at);
    }
    assert!(at(NOW) < waits[0] && waits.is_sorted());
    let kept = ledger.clone();
    ledger.note_losses(&coverage(), [day("2025-11-20")].into_iter(), at(NOW));
    assert_eq!(ledger, kept, "a date that no attempt has filled does not wait");
}

#[test]
fn two_complete_reads_clear_what_was_charged() {
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    ledger.note_read(day(DATE), true);
    ledger.note_read(day(DATE), false);
    ledger.note_read(day(DATE), true);
    assert!(tally(&ledger).is_some(), "not in a row");
    ledger.note_read(day(DATE), true);
    assert!(tally(&ledger).is_none());
}

#[test]
fn reads_of_many_dates_are_noted_like_each_of_them() {
    let charged = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Succeeded);
    for found in 0..256_u32 {
        let (mut together, mut apart) = (charged.clone(), charged.clone());
        for round in 0..2 {
            let complete = |n: i32| found >> (4 * round + n) & 1 == 1;
            let reads = (0..4).map(|n| (shift(day("2025-11-13"), n), complete(n)));
            together.note_reads(reads.clone());
            reads.for_each(|(date, complete)| apart.note_read(date, complete));
        }
        assert_eq!(together, apart, "{found:b}");
    }
}

#[test]
fn a_rerun_token_is_spent_by_the_record_and_clears_the_date() {
    let ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    let tokens = BTreeMap::from([(day(DATE), "again".into())]);
    let dates = [day(DATE)].into_iter().collect();
    let next = ledger.record(
        &Admitted { rung: "reload".into(), target: target(), aliases: vec![], dates, number: 1, tokens, trial: false },
        BTreeMap::new(),
        at(NOW),
    );
    assert!(tally(&next).is_none());
    assert_eq!(next.tokens.get(&day(DATE)).map(|t| &**t), Some("again"));
}

#[test]
fn another_fill_fingerprint_clears_charges_and_keeps_launch_numbers() {
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    ledger.rebase(&of(1));
    assert!(tally(&ledger).is_some(), "the ledger of an earlier version");
    ledger.rebase(&of(1));
    assert!(tally(&ledger).is_some(), "the same fingerprint");
    ledger.rebase(&of(7));
    assert!(tally(&ledger).is_none());
    assert_eq!(ledger.launches, 1);
}

#[test]
fn a_rung_that_is_added_changed_or_removed_clears_no_charge_of_another() {
    let with = |rungs: &[(&str, u64)]| Coverage {
        fingerprints: Fingerprints {
            rungs: rungs.iter().map(|(name, of)| ((*name).into(), *of)).collect(),
            ..fingerprints(1)
        },
        ..coverage()
    };
    let mut ledger = Ledger::default();
    ledger.rebase(&of(1));
    let mut ledger = attempt(&ledger, &[DATE], End::Succeeded);
    for others in [&[("reload", 1), ("archive", 2)][..], &[("archive", 3), ("reload", 1)], &[("reload", 1)]] {
        ledger.rebase(&with(others));
        assert!(tally(&ledger).is_some(), "{others:?}");
    }
    ledger.rebase(&with(&[("archive", 3)]));
    assert!(ledger.tallies.is_empty(), "charges of a rung that is gone");
}

/// The coverage with these fingerprints.
fn of(fingerprint: u64) -> Coverage {
    Coverage { fingerprints: fingerprints(fingerprint), ..coverage() }
}

#[test]
fn job_names_fit_labels_for_every_name_of_a_coverage() {
    let long = "a".repeat(52);
    let name = job_name(&long, "uid", u64::MAX);
    assert!(name.len() <= 63 + 9, "{name}");
    assert_ne!(job_name(&long, "uid-1", 1), job_name(&long, "uid-2", 1), "names differ by uid");
    assert!(job_name("odds-api-points", "uid", 12).ends_with("-l12"));
}

/// The coverage with another template.
fn with_template(mark: u64) -> Coverage {
    let mut coverage = coverage();
    coverage.fill.ladder[0].template = Some(mark);
    coverage
}

#[test]
fn a_changed_template_is_tried_once_and_what_it_brings_clears_its_rung() {
    let mut ledger = Ledger::default();
    ledger.rebase(&with_template(1));
    for date in [DATE, "2025-11-15"] {
        ledger = attempt(&ledger, &[date], End::Exit(65));
    }
    ledger.rebase(&with_template(1));
    assert!(!ledger.has_trial("reload"), "the same template");
    ledger.rebase(&with_template(2));
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
        assert_eq!(settled.tallies.is_empty(), cleared, "{after:?}");
        assert!(!settled.has_trial("reload"));
    }
}

fn kept(ledger: &Ledger) -> Vec<u64> {
    ledger.recent.iter().map(|settled| settled.launch).collect()
}

/// A date fails, and many others are filled after it.
#[test]
fn the_last_attempt_of_an_open_date_is_kept_however_much_was_filled_since() {
    let failed = attempt(&attempt(&Ledger::default(), &["2025-11-01"], End::Exit(1)), &["2025-11-02"], End::Exit(1));
    let mut ledger = attempt(&failed, &["2025-11-01"], End::Exit(3));
    for n in 0..25 {
        let date = shift(day("2025-12-01"), n);
        ledger = attempt_that_fills(&ledger, &[&date.to_string()]);
        ledger.note_read(date, true);
    }
    assert_eq!(kept(&ledger)[..2], [2, 3], "the first was followed by another attempt of its date");
    assert_eq!(ledger.recent.len(), MAX_RECENT + 2);
    ledger.note_read(day("2025-11-02"), true);
    assert_eq!(kept(&ledger)[..2], [3, 9], "a date that is complete needs none");
    ledger.forget_before(day("2025-11-02"));
    assert_eq!(kept(&ledger)[0], 9, "nor one that has left the window");
    assert_eq!(ledger.recent.len(), MAX_RECENT);
}

#[test]
fn what_is_kept_of_open_dates_is_bounded_by_bytes() {
    let mut ledger = Ledger::default();
    for n in 0..2_000 {
        let date = shift(day("2020-01-01"), n).to_string();
        ledger = attempt(&ledger, &[&date], End::Exit(1));
        let long = "x".repeat(1_000);
        ledger.recent.back_mut().into_iter().for_each(|settled| settled.message.clone_from(&long));
    }
    let bytes: usize = ledger.recent.iter().map(|settled| settled.message.len()).sum();
    assert!((40_000..MAX_OLD_BYTES + MAX_RECENT * 1_024).contains(&bytes), "{bytes}");
    assert_eq!(ledger.recent.back().map(|s| s.launch), Some(2_000));
}

/// The seconds that the date waits on its rung.
fn wait(ledger: &Ledger) -> i64 {
    tally(ledger).unwrap().retry_at.duration_since(at(NOW)).as_secs()
}

#[test]
fn charged_and_uncharged_outcomes_back_off_by_their_own_number() {
    let limited = |ledger: &Ledger| attempt(ledger, &[DATE], End::Exit(75));
    let once = limited(&Ledger::default());
    assert!((150..=300).contains(&wait(&once)));
    assert!((600..=1200).contains(&wait(&limited(&limited(&once)))), "the third in a row");
    let failed = attempt(&attempt(&Ledger::default(), &[DATE], End::Exit(1)), &[DATE], End::Exit(1));
    assert!((301..=600).contains(&wait(&failed)), "the second that is charged: {}", wait(&failed));
    assert!((150..=300).contains(&wait(&limited(&failed))), "the first in a row that is not");
    let failed_again = attempt(&limited(&limited(&failed)), &[DATE], End::Exit(1));
    assert!((600..=1200).contains(&wait(&failed_again)), "the third that is charged");
}

#[test]
fn what_is_charged_is_an_attempt_that_brought_nothing_or_took_something_away() {
    let charged = Outcome::ALL.into_iter().filter(|outcome| outcome.is_charged()).collect::<Vec<_>>();
    assert_eq!(charged, [Outcome::Regressed, Outcome::Failed, Outcome::Lost, Outcome::Ineffective]);
}

#[test]
fn a_date_that_expects_something_else_now_is_charged_for_a_failed_job_alone() {
    let moved = |covered| After { mark: 7, ..after(covered, 10) };
    for (after, end, charged) in [
        (moved(0), End::Succeeded, 0),
        (moved(2), End::Succeeded, 0),
        (after(1, 10), End::Succeeded, 1),
        (after(0, 10), End::Succeeded, 1),
        (moved(1), End::Exit(1), 1),
        (moved(1), End::Lost, 1),
    ] {
        let ledger = attempt_after(&Ledger::default(), &[DATE], end, after);
        assert_eq!(tally(&ledger).map(|t| t.charged), Some(charged), "{after:?} after {end:?}");
    }
    assert_eq!(outcome(&before(3, 10), &moved(1), End::Succeeded), Outcome::Ineffective, "fewer units are expected");
    assert_eq!(outcome(&before(1, 10), &moved(3), End::Succeeded), Outcome::Ineffective, "more are");
    let less = After { values: 9, ..moved(3) };
    assert_eq!(outcome(&before(1, 10), &less, End::Succeeded), Outcome::Regressed, "data is gone regardless");
}

fn recorded(ledger: &Ledger, dates: &[&str]) -> Ledger {
    let dates: DateSet = dates.iter().map(|d| day(d)).collect();
    let before = dates.iter().map(|d| (d, before(1, 10))).collect();
    let (rung, target) = ("reload".into(), target());
    ledger.record(
        &Admitted { rung, target, aliases: vec![], dates, number: 1, tokens: BTreeMap::new(), trial: false },
        before,
        at(NOW),
    )
}

#[test]
fn a_refused_number_is_taken_by_the_next_launch_the_smallest_first() {
    let mut ledger = recorded(&recorded(&recorded(&Ledger::default(), &[DATE]), &["2025-11-15"]), &["2025-11-16"]);
    for launch in [3, 1, 9] {
        ledger.refused(launch);
    }
    let numbers = |ledger: &Ledger| ledger.attempts.iter().map(|a| a.launch).collect::<Vec<_>>();
    assert_eq!((numbers(&ledger), ledger.launches), (vec![2], 3), "9 was never launched");
    let mut next = ledger;
    for date in ["2025-11-17", "2025-11-18", "2025-11-19"] {
        next = recorded(&next, &[date]);
    }
    assert_eq!((numbers(&next), next.launches), (vec![2, 1, 3, 4], 4));
}

#[test]
fn each_step_of_an_attempt_is_taken_once() {
    let mut ledger = recorded(&Ledger::default(), &[DATE]);
    let nothing = |ledger: &Ledger| ledger.settle(&coverage(), 1, &Read::default(), at(NOW)) == *ledger;
    assert!(nothing(&ledger), "its Job may still come to be");
    ledger.created(1, &"first".into());
    ledger.created(1, &"second".into());
    assert_eq!(ledger.attempts[0].stage, Stage::Created { uid: "first".into() });
    assert!(nothing(&ledger), "its Job is live");
    ledger.ended(1, at(NOW), End::Exit(1), "first".into());
    let ended = ledger.clone();
    ledger.ended(1, at("2025-11-16T12:00:00Z"), End::Succeeded, "second".into());
    ledger.created(1, &"third".into());
    assert_eq!(ledger, ended, "what is over stays as it is");
}

#[test]
fn a_date_that_has_left_the_season_is_not_charged() {
    let mut ledger = recorded(&Ledger::default(), &[DATE]);
    ledger.ended(1, at(NOW), End::Exit(1), String::new());
    let settled = ledger.settle(&coverage(), 1, &Read::default(), at(NOW));
    assert!(settled.tallies.is_empty() && settled.attempts.is_empty());
}

#[test]
fn dates_that_cannot_be_judged_stay_open_and_are_settled_later() {
    let mut ledger = recorded(&Ledger::default(), &[DATE, "2025-11-15"]);
    ledger.ended(1, at(NOW), End::Succeeded, String::new());
    let open: DateSet = [day("2025-11-15")].into_iter().collect();
    let first =
        ledger.settle(&coverage(), 1, &Read { after: [(day(DATE), after(1, 10))].into(), open: open.clone() }, at(NOW));
    assert_eq!(first.attempts[0].dates, open);
    assert_eq!(first.tallies.keys().map(|(_, date)| *date).collect::<Vec<_>>(), [day(DATE)]);
    let read = Read { after: [(day("2025-11-15"), after(1, 10))].into(), open: DateSet::new() };
    let second = first.settle(&coverage(), 1, &read, at(NOW));
    assert_eq!((second.attempts.len(), second.tallies.len(), second.recent.len()), (0, 2, 2));
}

#[test]
fn a_date_that_was_filled_need_not_run_alone_any_more() {
    let alone = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Exit(65));
    let filled = tally(&attempt_that_fills(&alone, &[DATE])).unwrap();
    assert_eq!((filled.alone, filled.last, filled.complete_reads), (false, Outcome::Filled, 1));
}

#[test]
fn a_used_up_rung_is_not_charged_beyond_its_attempts() {
    let mut ledger = Ledger::default();
    for _ in 0..5 {
        ledger = attempt(&ledger, &[DATE], End::Exit(1));
    }
    assert_eq!(tally(&ledger).map(|t| t.charged), Some(3));
}

#[test]
fn a_lost_date_waits_longer_each_time_it_was_filled_and_not_where_its_last_attempt_failed() {
    let mut ledger = Ledger::default();
    let mut frees = Vec::new();
    for _ in 0..3 {
        ledger = attempt_that_fills(&ledger, &[DATE]);
        ledger.note_losses(&coverage(), [day(DATE)].into_iter(), at(NOW));
        frees.push(tally(&ledger).unwrap().free);
    }
    assert_eq!(frees, [1, 2, 3]);
    let failed = attempt(&ledger, &[DATE], End::Exit(1));
    let mut kept = failed.clone();
    kept.note_losses(&coverage(), [day(DATE)].into_iter(), at(NOW));
    assert_eq!(kept, failed, "another program had filled it");
}

#[test]
fn a_read_that_is_not_complete_takes_a_date_from_those_that_were() {
    let mut ledger = Ledger::default();
    ledger.note_read(day(DATE), true);
    assert!(ledger.complete.contains(day(DATE)));
    ledger.note_read(day(DATE), false);
    assert!(ledger.complete.is_empty());
}

fn spend(ledger: &Ledger, token: &str) -> Ledger {
    let (rung, target, dates) = ("reload".into(), target(), [day(DATE)].into_iter().collect());
    let tokens = [(day(DATE), token.into())].into();
    ledger.record(
        &Admitted { rung, target, aliases: vec![], dates, number: 1, tokens, trial: false },
        BTreeMap::new(),
        at(NOW),
    )
}

#[test]
fn the_last_eight_tokens_of_a_date_are_spent_and_another_one_is_new() {
    let mut ledger = Ledger::default();
    // Names do not show age.
    let token = |n: u8| String::from(char::from(b'z' - n));
    for n in 0..12 {
        ledger = spend(&ledger, &token(n));
    }
    let spent = |n: u8| ledger.has_spent(day(DATE), &token(n).into());
    assert!((4..12).all(spent));
    assert!(!spent(3) && !spent(12));
    assert!(!ledger.has_spent(day("2025-11-15"), &token(11).into()), "of another date");
}

#[test]
fn a_token_of_a_launch_that_ran_nothing_is_not_spent() {
    let mut ledger = spend(&Ledger::default(), "again");
    ledger.refused(1);
    assert!(!ledger.has_spent(day(DATE), &"again".into()));
}

#[test]
fn a_token_clears_its_own_date_alone() {
    let charged = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Exit(1));
    assert_eq!(spend(&charged, "again").tallies.keys().map(|(_, d)| *d).collect::<Vec<_>>(), [day("2025-11-15")]);
}

#[test]
fn what_was_noted_of_dates_that_left_the_window_is_forgotten() {
    let dates = ["2025-11-13", DATE, "2025-11-15"];
    let mut ledger = attempt(&Ledger::default(), &dates, End::Exit(1));
    for date in dates.map(day) {
        ledger.tokens.insert(date, "now".into());
        ledger.earlier.insert(date, ["before".into()].into());
        Arc::make_mut(&mut ledger.complete).insert(date);
    }
    ledger.forget_before(day(DATE));
    let left = [day(DATE), day("2025-11-15")];
    assert_eq!(ledger.tallies.keys().map(|(_, date)| *date).collect::<Vec<_>>(), left);
    assert_eq!(ledger.complete.iter().collect::<Vec<_>>(), left);
    assert_eq!((ledger.tokens.keys().copied().collect::<Vec<_>>(), ledger.earlier.len()), (left.to_vec(), 2));
}

#[test]
fn nothing_waits_for_a_clock_that_was_ahead() {
    let ahead = at("2035-11-15T12:00:00Z");
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Exit(1));
    ledger = recorded(&ledger, &["2025-11-15"]);
    ledger.ended(2, ahead, End::Exit(1), String::new());
    ledger.attempts[0].recorded_at = ahead;
    ledger.recent[0].at = ahead;
    ledger.tallies.values_mut().for_each(|tally| tally.retry_at = ahead);
    ledger.none_ahead(&coverage(), at(NOW));
    assert_eq!((ledger.attempts[0].recorded_at, ledger.recent[0].at), (at(NOW), at(NOW)));
    assert!(matches!(ledger.attempts[0].stage, Stage::Ended { at: ended, .. } if ended == at(NOW)));
    assert_eq!(tally(&ledger).map(|t| t.retry_at), Some(at("2025-11-16T00:00:00Z")), "as long as the longest wait");
}

#[test]
fn what_waits_moves_along_with_a_clock_that_is_set() {
    let ledger = attempt(&Ledger::default(), &[DATE], End::Exit(1));
    let mut moved = ledger.clone();
    moved.clock_moved(jiff::SignedDuration::from_hours(-24));
    let hours = |ledger: &Ledger| tally(ledger).unwrap().retry_at.duration_since(at(NOW)).as_secs() / 3_600;
    assert_eq!((hours(&ledger), hours(&moved)), (0, -23));
    assert_eq!(moved.recent[0].at, at("2025-11-14T12:00:00Z"));
}

#[test]
fn another_fill_fingerprint_makes_no_data_that_could_be_gone() {
    let mut ledger = Ledger::default();
    ledger.rebase(&coverage());
    ledger.note_read(day(DATE), true);
    ledger.rebase(&coverage());
    assert!(!ledger.complete.is_empty());
    ledger.rebase(&of(7));
    assert!(ledger.complete.is_empty());
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
    ledger.rebase(&two_rungs(1));
    let tried = attempt(&ledger, &[DATE], End::Exit(75));
    let mut changed = tried.clone();
    changed.rebase(&two_rungs(2));
    assert!(!changed.has_trial("reload"), "nothing is used up");
    let mut used_up = attempt(&tried, &[DATE], End::Exit(65));
    used_up.rebase(&two_rungs(2));
    assert!(used_up.has_trial("reload") && !used_up.has_trial("rebuild"));
    let mut second = two_rungs(2);
    second.fill.ladder[1].template = Some(2);
    used_up.rebase(&second);
    assert!(!used_up.has_trial("rebuild"), "the first rung alone is used up");
}

#[test]
fn a_trial_is_ended_by_its_own_launch_and_clears_its_own_rung() {
    let mut ledger = Ledger::default();
    ledger.rebase(&two_rungs(1));
    ledger = recorded(&attempt(&ledger, &[DATE], End::Exit(65)), &["2025-11-16"]);
    ledger.rebase(&two_rungs(2));
    ledger.tallies.insert(("rebuild".into(), day(DATE)), tally(&ledger).unwrap());
    let (rung, target, dates) = ("reload".into(), target(), [day(DATE)].into_iter().collect());
    let trial = Admitted { rung, target, aliases: vec![], dates, number: 1, tokens: BTreeMap::new(), trial: true };
    let mut tried = ledger.record(&trial, [(day(DATE), before(1, 10))].into(), at(NOW));
    let settle = |ledger: &mut Ledger, launch, date: &str| {
        ledger.ended(launch, at(NOW), End::Succeeded, String::new());
        let filled = After { complete: true, ..after(2, 10) };
        *ledger = ledger.settle(
            &coverage(),
            launch,
            &Read { after: [(day(date), filled)].into(), ..Read::default() },
            at(NOW),
        );
    };
    settle(&mut tried, 2, "2025-11-16");
    assert!(tally(&tried).is_some(), "an earlier launch was not a trial");
    settle(&mut tried, 3, DATE);
    let left: Vec<_> = tried.tallies.keys().map(|(rung, _)| &**rung).collect();
    assert_eq!(left, ["rebuild"]);
}

//! What a journal survives.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::domain::dates::shift;
use crate::domain::ledger::{Attempt, Before, End, Outcome, Settled, Stage, Tally, Template, Trial};
use crate::domain::policy::Table;

fn key(name: &str) -> Key {
    Key { namespace: "default".into(), kind: "TableCoverage".into(), name: name.into() }
}

fn day(n: i32) -> jiff::civil::Date {
    shift(jiff::civil::date(2025, 10, 21), n)
}

fn any_end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Succeeded),
        (-9..300i32).prop_map(End::Exit),
        Just(End::Lost),
        Just(End::Deadline),
        Just(End::NeverStarted)
    ]
}

fn any_ledger() -> impl Strategy<Value = Ledger> {
    let attempt =
        (1..99u64, 0..200i32, any_end(), ".{0,20}", 0..3u8).prop_map(|(launch, n, end, message, stage)| Attempt {
            launch,
            rung: "reload".into(),
            target: Table { place: "files:/data/raw".into(), name: "props".into() },
            dates: [day(n), day(n + 1), day(n + 7)].into_iter().collect(),
            before: [(day(n), Before { mark: u64::MAX, rows: 3, covered: 1, values: 9 })].into(),
            number: 2,
            tokens: [(day(n), "again".into())].into(),
            recorded_at: jiff::Timestamp::MAX,
            stage: match stage {
                0 => Stage::Recorded,
                1 => Stage::Created { uid: "u".into() },
                _ => Stage::Ended { at: jiff::Timestamp::MIN, end, message },
            },
        });
    (any::<u64>(), proptest::collection::vec(attempt, 0..4)).prop_map(|(launches, attempts)| Ledger {
        launches,
        fingerprint: launches,
        templates: [("reload".into(), Template { mark: 7, trial: Trial::Launch(launches) })].into(),
        tallies: attempts
            .iter()
            .map(|a| {
                let last = Outcome::Ineffective;
                let tally =
                    Tally { charged: 3, free: 1, last, retry_at: a.recorded_at, alone: true, complete_reads: 1 };
                ((a.rung.clone(), day(a.launch as i32)), tally)
            })
            .collect(),
        recent: VecDeque::from([Settled {
            launch: 1,
            rung: "reload".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            outcomes: [(day(1), Outcome::Filled)].into(),
            message: "42 rows".into(),
        }]),
        tokens: [(day(4), "t".into())].into(),
        complete: Arc::new([day(-9000), day(3)].into_iter().collect()),
        attempts,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_ledger_is_read_as_it_was_written(ledger in any_ledger()) {
        let mut writer = Writer::default();
        writer.put(&ledger);
        prop_assert_eq!(Reader::new(&writer.0).all::<Ledger>(), Some(ledger));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let with_magic = [MAGIC, &bytes].concat();
        let _ = decode(&bytes, Path::new("journal"));
        let _ = decode(&with_magic, Path::new("journal"));
        let _ = Reader::new(&bytes).all::<Ledger>();
    }

    #[test]
    fn a_torn_tail_is_cut_and_everything_before_it_stands(first in any_ledger(), second in any_ledger(), cut in 0..1000usize) {
        let (a, b) = (record(&key("a"), &"u".into(), 1, &first), record(&key("b"), &"u".into(), 1, &second));
        let whole = [MAGIC, &a, &b].concat();
        let keep = whole.len() - 1 - cut % b.len();
        let (records, good) = decode(&whole[..keep], Path::new("journal")).unwrap();
        prop_assert_eq!(good, MAGIC.len() + a.len());
        prop_assert_eq!(records.get(&key("a")).map(|r| &r.2), Some(&first));
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let uid: Arc<str> = "uid".into();
    let ledger = Ledger { launches: 7, ..Ledger::default() };
    {
        let journal = Arc::new(Journal::open(folder.path()).unwrap());
        assert!(Journal::open(folder.path()).unwrap_err().contains("another gapless works in"), "one writer");
        journal.save(&key("a"), &uid, 0, &ledger, None).await.unwrap();
        assert_eq!(journal.save(&key("a"), &uid, 0, &ledger, None).await.unwrap_err(), SaveFault::Conflict);
    }
    let again = Arc::new(Journal::open(folder.path()).unwrap());
    let stored = again.load().await.unwrap();
    assert_eq!((stored[0].version, stored[0].ledger.launches), (1, 7));
}

#[test]
fn damage_before_the_end_is_told_and_not_repaired() {
    let record = record(&key("a"), &"u".into(), 1, &Ledger::default());
    let mut bytes = [MAGIC, &record, &record].concat();
    bytes[MAGIC.len() + HEAD + 2] ^= 1;
    let error = decode(&bytes, Path::new("journal")).unwrap_err();
    assert!(error.contains("is damaged at byte 18, before its end"), "{error}");
}

#[test]
fn a_long_journal_is_folded() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let uid: Arc<str> = "uid".into();
    let big = Ledger { tokens: (0..2_000).map(|n| (day(n), "x".repeat(40).into())).collect(), ..Ledger::default() };
    for version in 0..30 {
        journal.put(&key("a"), &uid, version, &big).unwrap();
    }
    let size = std::fs::metadata(folder.path().join("journal")).unwrap().len();
    assert!(size < 2 * FOLD_AT, "{size}");
    drop(journal);
    assert_eq!(Journal::open(folder.path()).unwrap().stored().unwrap()[&key("a")].1, 30);
}

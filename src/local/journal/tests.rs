//! What a journal survives.

use std::fs::File;

use proptest::prelude::*;

use super::decode::{HEAD, decode};
use super::encode::framed;
use super::file::FOLD_AT;
use super::*;
use crate::domain::dates::shift;
use crate::host::codec::Reader;
use crate::status::ledger::tests::ledgers;
use crate::status::tests::source::records as source_records;

fn record(key: &Key, uid: &Arc<str>, version: Version, ledger: &Ledger) -> Vec<u8> {
    super::encode::record(key, uid, version, &body(ledger)).unwrap()
}

fn body(ledger: &Ledger) -> Body {
    Body::Ledger(Box::new(ledger.clone()))
}

fn key(name: &str) -> Key {
    Key { namespace: "default".into(), kind: "TableCoverage".into(), name: name.into() }
}

fn day(n: i32) -> jiff::civil::Date {
    shift(jiff::civil::date(2025, 10, 21), n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_ledger_is_read_as_it_was_written(ledger in ledgers()) {
        let bytes = [MAGIC, &record(&key("a"), &"u".into(), 4, &ledger)].concat();
        let decoded = decode(&bytes, Path::new("journal")).unwrap();
        let read = &decoded.records[&key("a")];
        prop_assert_eq!((read.version, read.ledger(), decoded.end), (4, Some(&ledger), bytes.len()));
    }

    #[test]
    fn a_source_is_read_as_it_was_written(stored in source_records(), ledger in ledgers()) {
        let source = Key { kind: "Source".into(), ..key("a") };
        let written = super::encode::record(&source, &"s".into(), 2, &Body::Source(Box::new(stored.clone()))).unwrap();
        let bytes = [MAGIC, &record(&key("a"), &"u".into(), 4, &ledger), &written].concat();
        let decoded = decode(&bytes, Path::new("journal")).unwrap();
        let read = &decoded.records[&source];
        prop_assert_eq!((read.version, &read.body), (2, &Body::Source(Box::new(stored))));
        prop_assert_eq!(decoded.records[&key("a")].ledger(), Some(&ledger), "a coverage of that name stands beside it");
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let with_magic = [MAGIC, &bytes].concat();
        let _ = decode(&bytes, Path::new("journal"));
        let _ = decode(&with_magic, Path::new("journal"));
        let _ = decode(&[older::MAGIC, &bytes].concat(), Path::new("journal"));
        let _ = older::ledger(&mut Reader::new(&bytes));
    }

    #[test]
    fn a_torn_tail_is_cut_and_everything_before_it_stands(first in ledgers(), second in ledgers(), cut in 0..1000usize) {
        let (a, b) = (record(&key("a"), &"u".into(), 1, &first), record(&key("b"), &"u".into(), 1, &second));
        let whole = [MAGIC, &a, &b].concat();
        let keep = whole.len() - 1 - cut % b.len();
        // Where the rest is zeros, these make it whole.
        for zeros in [0, 300, keep].into_iter().filter(|zeros| *zeros == 0 || whole[keep..].iter().any(|b| *b != 0)) {
            let torn = [&whole[..keep], &vec![0; zeros]].concat();
            let decoded = decode(&torn, Path::new("journal")).unwrap();
            prop_assert_eq!(decoded.end, MAGIC.len() + a.len(), "what a power cut left of it can be zeros");
            prop_assert_eq!(decoded.records.get(&key("a")).and_then(Record::ledger), Some(&first));
        }
    }

    #[test]
    fn one_damaged_byte_before_the_last_record_is_told(ledger in ledgers(), at in 0..10_000usize, bits in 1..=255u8) {
        let record = record(&key("a"), &"u".into(), 1, &ledger);
        let mut bytes = [MAGIC, &record, &record].concat();
        bytes[MAGIC.len() + at % record.len()] ^= bits;
        let told = decode(&bytes, Path::new("journal")).unwrap_err().to_string();
        prop_assert!(told.contains("is damaged at byte 18"), "{}", told);
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let uid: Arc<str> = "uid".into();
    let ledger = Ledger { launches: 7, ..Ledger::default() };
    {
        let journal = Arc::new(Journal::open(folder.path()).unwrap());
        assert!(
            Journal::open(folder.path()).unwrap_err().to_string().contains("another gapless process is using"),
            "one writer"
        );
        journal.save(&key("a"), &uid, 0, &ledger, None).await.unwrap();
        assert_eq!(journal.save(&key("a"), &uid, 0, &ledger, None).await.unwrap_err(), SaveFault::Conflict);
    }
    let again = Arc::new(Journal::open(folder.path()).unwrap());
    let stored = again.load().await.unwrap();
    assert_eq!((stored.ledgers[0].version, stored.ledgers[0].ledger.launches), (1, 7));
}

/// A second writer gets a lock file of its own: two would cut each other's records.
#[tokio::test]
async fn whoever_loses_the_lock_to_another_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (uid, ledger): (Arc<str>, _) = ("uid".into(), Ledger { launches: 7, ..Ledger::default() });
    let first = Arc::new(Journal::open(folder.path()).unwrap());
    first.save(&key("a"), &uid, 0, &ledger, None).await.unwrap();
    fs::remove_file(folder.path().join("lock")).unwrap();
    let second = Arc::new(Journal::open(folder.path()).unwrap());
    let SaveFault::Unclear(told) = first.save(&key("a"), &uid, 1, &ledger, None).await.unwrap_err() else { panic!() };
    assert!(told.contains("another gapless process is using"), "{told}");
    second.save(&key("a"), &uid, 1, &ledger, None).await.unwrap();
    drop(second);
    let SaveFault::Unclear(told) = first.save(&key("a"), &uid, 1, &ledger, None).await.unwrap_err() else { panic!() };
    assert!(told.contains("another gapless wrote here"), "{told}");
    assert_eq!(Journal::read_only(folder.path()).unwrap().stored().unwrap()[&key("a")].version, 2);
}

/// A power cut leaves zeros only behind what was synced. A journal without its first line was damaged by something else, and
/// an empty ledger in its place would count every attempt again.
#[test]
fn a_journal_without_its_first_line_is_damaged_and_not_a_new_one() {
    let whole = [MAGIC, &record(&key("a"), &"u".into(), 1, &Ledger::default())].concat();
    let flipped = [&b"gbpless"[..], &whole[7..]].concat();
    let cleared = [&[0; MAGIC.len()], &whole[MAGIC.len()..]].concat();
    for bytes in [vec![0; whole.len()], vec![0; MAGIC.len() + 1], flipped, cleared] {
        let told = decode(&bytes, Path::new("journal")).unwrap_err().to_string();
        assert!(told.contains("is damaged at byte 0"), "{told}");
    }
    for torn in [&b""[..], b"gapless", b"gapless\0\0\0", &[0; MAGIC.len()]] {
        assert_eq!(decode(torn, Path::new("journal")).unwrap().end, 0, "nothing was acknowledged in it yet");
    }
    let other = decode(b"gapless journal 4\nrest", Path::new("journal")).unwrap_err().to_string();
    assert!(other.contains("is not a journal of this version"), "{other}");
}

#[test]
fn damage_before_the_end_is_told_and_not_repaired() {
    let record = record(&key("a"), &"u".into(), 1, &Ledger::default());
    let mut bytes = [MAGIC, &record, &record].concat();
    bytes[MAGIC.len() + HEAD + 2] ^= 1;
    let error = decode(&bytes, Path::new("journal")).unwrap_err().to_string();
    assert!(error.contains("is damaged at byte 18, before its end"), "{error}");
}

#[test]
fn a_long_journal_is_folded() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let uid: Arc<str> = "uid".into();
    let big = Ledger { tokens: (0..2_000).map(|n| (day(n), format!("{n:040}").into())).collect(), ..Ledger::default() };
    for version in 0..30 {
        journal.put(&key("a"), &uid, version, body(&big)).unwrap();
    }
    let size = std::fs::metadata(folder.path().join("journal")).unwrap().len();
    assert!(size < 2 * FOLD_AT, "{size}");
    drop(journal);
    assert_eq!(Journal::open(folder.path()).unwrap().stored().unwrap()[&key("a")].version, 30);
}

fn ledger(launches: u64) -> Ledger {
    Ledger { launches, ..Ledger::default() }
}

fn put(journal: &Journal, at: Version, ledger: &Ledger) -> Result<Recorded, SaveFault> {
    journal.put(&key("a"), &"uid".into(), at, body(ledger)).map(Recorded::acknowledged)
}

fn launches(journal: &Journal) -> u64 {
    journal.stored().unwrap()[&key("a")].ledger().unwrap().launches
}

/// Half a record, as a write leaves it that finds the disk full; the larger it is, the more of what follows it would hide.
#[test]
fn what_is_acknowledged_after_a_write_that_failed_in_its_middle_survives() {
    let large = Ledger { tokens: (0..400).map(|n| (day(n), "t".into())).collect(), ..ledger(8) };
    for (failed, cut) in [(ledger(8), 20), (large, 40)] {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        put(&journal, 0, &ledger(7)).unwrap();
        let half = &record(&key("b"), &"uid".into(), 1, &failed)[..cut];
        let path = folder.path().join("journal");
        fs::write(&path, [&fs::read(&path).unwrap(), half].concat()).unwrap();
        put(&journal, 1, &ledger(8)).unwrap();
        put(&journal, 2, &ledger(9)).unwrap();
        drop(journal);
        assert_eq!(launches(&Journal::open(folder.path()).unwrap()), 9);
    }
}

#[test]
fn a_journal_that_another_hand_removed_replaced_or_cut_is_written_again() {
    let hands: [fn(&Path); 3] = [
        |path| fs::remove_file(path).unwrap(),
        |path| {
            let other = path.with_extension("other");
            fs::write(&other, "").unwrap();
            fs::rename(&other, path).unwrap();
        },
        |path| File::options().write(true).open(path).unwrap().set_len(20).unwrap(),
    ];
    for hand in hands {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.put(&key("b"), &"uid".into(), 0, body(&ledger(3))).unwrap();
        put(&journal, 0, &ledger(7)).unwrap();
        hand(&folder.path().join("journal"));
        put(&journal, 1, &ledger(8)).unwrap();
        drop(journal);
        let again = Journal::open(folder.path()).unwrap();
        assert_eq!((launches(&again), again.stored().unwrap().len()), (8, 2));
    }
}

#[test]
fn nothing_is_acknowledged_while_it_cannot_be_written_and_all_goes_on_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let journal = Journal::open(&state).unwrap();
    put(&journal, 0, &ledger(7)).unwrap();
    fs::remove_dir_all(&state).unwrap();
    let SaveFault::Unclear(why) = put(&journal, 1, &ledger(8)).unwrap_err() else { panic!("it can be tried again") };
    assert!(why.contains("state/journal cannot be written"), "{why}");
    fs::create_dir(&state).unwrap();
    put(&journal, 1, &ledger(8)).unwrap();
    assert_eq!(launches(&Journal::read_only(&state).unwrap()), 8);
}

#[test]
fn a_journal_whose_first_line_a_power_cut_tore_is_a_new_one() {
    for bytes in [vec![], vec![0; 18], MAGIC[..5].to_vec(), [&MAGIC[..5], &[0; 13]].concat()] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("journal"), bytes).unwrap();
        put(&Journal::open(folder.path()).unwrap(), 0, &ledger(7)).unwrap();
        assert_eq!(launches(&Journal::open(folder.path()).unwrap()), 7);
    }
}

#[test]
fn a_journal_that_cannot_be_read_is_not_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("journal")).unwrap();
    for told in [Journal::open(folder.path()).map(|_| ()), Journal::read_only(folder.path()).map(|_| ())] {
        let told = told.unwrap_err().to_string();
        assert!(told.ends_with("`journal` is a folder, not a file; move it away"), "{told}");
    }
    let none = tempfile::tempdir().unwrap();
    assert_eq!(Journal::read_only(none.path()).unwrap().stored().unwrap().len(), 0, "one that is not there is empty");
}

/// Only another user than root can be refused.
#[test]
fn a_journal_that_may_not_be_read_is_not_an_empty_one() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    put(&Journal::open(folder.path()).unwrap(), 0, &ledger(7)).unwrap();
    let path = folder.path().join("journal");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o200)).unwrap();
    let told = Journal::open(folder.path()).unwrap_err().to_string();
    assert!(told.ends_with("let the user that runs gapless read and write it"), "{told}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(launches(&Journal::open(folder.path()).unwrap()), 7);
}

/// A journal of many large ledgers is longer than what makes one of few be folded.
#[test]
fn a_save_writes_what_is_saved_and_not_what_was_saved_before() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let large = Ledger { tokens: (0..2_000).map(|n| (day(n), format!("{n:040}").into())).collect(), ..ledger(1) };
    for n in 0..40 {
        journal.put(&key(&format!("c{n}")), &"uid".into(), 0, body(&large)).unwrap();
    }
    let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(folder.path().join("journal")).unwrap());
    let mut written_again = 0;
    for version in 0..80 {
        let before = inode();
        put(&journal, version, &large).unwrap();
        written_again += u32::from(inode() != before);
    }
    assert!((1..=2).contains(&written_again), "{written_again}");
}

#[test]
fn what_a_process_that_died_left_aside_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal.new-1"), "half").unwrap();
    let _journal = Journal::open(folder.path()).unwrap();
    assert!(!folder.path().join("journal.new-1").exists());
}

/// The journal that the version before wrote, with a torn record at its end.
#[test]
fn a_journal_of_the_version_before_takes_the_new_form_at_the_first_write() {
    let older = include_bytes!("../../../tests/it/older/journal");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fs::write(&path, [&older[..], &older[18..40]].concat()).unwrap();
    let before = Journal::read_only(folder.path()).unwrap().stored().unwrap();
    assert!(before.values().any(|record| !record.ledger().unwrap().tallies.is_empty()), "{before:?}");
    let journal = Journal::open(folder.path()).unwrap();
    assert!(fs::read(&path).unwrap().starts_with(older::MAGIC), "what is only read is left as it is");
    put(&journal, 0, &ledger(7)).unwrap();
    drop(journal);
    assert!(fs::read(&path).unwrap().starts_with(MAGIC));
    let after = Journal::open(folder.path()).unwrap().stored().unwrap();
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|(key, record)| after[key].ledger() == record.ledger()), "{after:?}");
}

#[test]
fn a_ledger_that_no_version_up_to_this_one_wrote_is_told_and_left() {
    let mut body = crate::host::codec::Writer::default();
    body.put(&key("a")).put(&"u".to_string()).put(&1_u64);
    body.0.extend(br#"{"ledger":{"launches":-1}}"#);
    let told = decode(&[MAGIC, &framed(&body.0)].concat(), Path::new("journal")).unwrap_err().to_string();
    assert!(told.contains("holds a ledger of TableCoverage/a that cannot be read: "), "{told}");
}

/// How long a save of a season's ledger takes to encode; run by hand: `cargo test --lib -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn how_long_a_record_of_ten_years_takes() {
    use crate::domain::ledger::{Outcome, Tally};
    let tally = |n: i32| {
        let retry_at = jiff::Timestamp::from_second(1_700_000_000 + i64::from(n)).unwrap();
        let tally = Tally { charged: 1, free: 0, last: Outcome::Failed, retry_at, alone: false, complete_reads: 0 };
        (("reload".into(), day(n)), tally)
    };
    let full = Ledger { tallies: (0..3_660).map(tally).collect(), ..ledger(3_660) };
    let before = std::time::Instant::now();
    let bytes = record(&key("a"), &"u".into(), 1, &full);
    let written = before.elapsed();
    let _ = decode(&[MAGIC, &bytes].concat(), Path::new("journal")).unwrap();
    println!("{} bytes, written in {written:?}, read in {:?}", bytes.len(), before.elapsed() - written);
}

//! A folder that is not listed again has the same content as before.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use proptest::prelude::*;

use super::super::Files;
use crate::domain::dates::Timestamp;
use crate::domain::mark::{Again, TableMark};
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::verdict::Unknown;

/// Longer than a tick of any kernel: a change within one tick leaves the times of a folder unchanged.
const TICK: Duration = Duration::from_millis(12);

fn look_if_possible(files: &Files, now: Timestamp) -> Result<TableMark, Unknown> {
    let date = DateColumn::new("day", DateReading::Plain);
    files.mark("t", &date, now)
}

fn look(files: &Files, now: Timestamp) -> TableMark {
    look_if_possible(files, now).unwrap()
}

/// The current time of the file system.
fn now(root: &Path) -> Timestamp {
    fs::write(root.join("clock"), "").unwrap();
    fs::metadata(root.join("clock")).unwrap().modified().unwrap().try_into().unwrap()
}

/// Folders are trusted once they are two seconds old. With this, at once.
fn soon(root: &Path) -> Timestamp {
    now(root) + jiff::SignedDuration::from_secs(10)
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let aside = path.with_file_name("_new");
    fs::write(&aside, text).unwrap();
    fs::rename(aside, path).unwrap();
}

/// A change to a table between two looks.
#[derive(Clone, Debug)]
enum Deed {
    Put(PathBuf),
    /// Written in place: the folder's times are unchanged.
    Grow(PathBuf),
    Remove(PathBuf),
    RemoveFolder(PathBuf),
    Move(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
}

const PARTS: [&str; 5] =
    ["a.csv", "day=2025-11-14/a.csv", "day=2025-11-14/b.csv", "day=2025-11-15/a.csv", "day=2025-11-15/h=1/a.csv"];

fn parts() -> impl Strategy<Value = PathBuf> {
    prop::sample::select(&PARTS[..]).prop_map(PathBuf::from)
}

fn deeds() -> impl Strategy<Value = Deed> {
    let folders = || {
        prop::sample::select(&["day=2025-11-14", "day=2025-11-15", "day=2025-11-15/h=1"][..]).prop_map(PathBuf::from)
    };
    prop_oneof![
        3 => parts().prop_map(Deed::Put),
        2 => parts().prop_map(Deed::Grow),
        2 => parts().prop_map(Deed::Remove),
        1 => folders().prop_map(Deed::RemoveFolder),
        1 => (folders(), folders()).prop_map(|(from, to)| Deed::Move(from, to)),
        1 => (parts(), parts()).prop_map(|(from, to)| Deed::Link(from, to)),
    ]
}

/// An impossible change is skipped: only the resulting table matters.
fn perform(table: &Path, deed: &Deed, n: usize) {
    let text = format!("x\n{n}\n");
    match deed {
        Deed::Put(part) => put(&table.join(part), &text),
        Deed::Grow(part) => _ = fs::metadata(table.join(part)).map(|_| fs::write(table.join(part), text)),
        Deed::Remove(part) => _ = fs::remove_file(table.join(part)),
        Deed::RemoveFolder(folder) => _ = fs::remove_dir_all(table.join(folder)),
        Deed::Move(from, to) => _ = fs::rename(table.join(from), table.join(to)),
        Deed::Link(from, to) => _ = std::os::unix::fs::symlink(table.join(from), table.join(to)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_table_that_was_seen_before_is_read_as_if_it_were_new(deeds in prop::collection::vec(deeds(), 1..12)) {
        let root = tempfile::tempdir().unwrap();
        let table = root.path().join("t");
        put(&table.join("day=2025-11-14/a.csv"), "x\n0\n");
        let files = Files::new(root.path().into());
        for (n, deed) in deeds.iter().enumerate() {
            sleep(TICK);
            let _ = look_if_possible(&files, soon(root.path()));
            sleep(TICK);
            perform(&table, deed, n);
            let stranger = Files::new(root.path().into());
            let seen = [&files, &stranger].map(|files| look_if_possible(files, soon(root.path())));
            prop_assert_eq!(&seen[0], &seen[1], "after {:?}", deed);
        }
    }
}

#[test]
fn a_folder_that_stands_is_not_listed_again_and_a_young_one_is() {
    let root = tempfile::tempdir().unwrap();
    for day in ["2025-11-14", "2025-11-15"] {
        put(&root.path().join(format!("t/day={day}/a.csv")), "x\n1\n");
    }
    let known = |files: &Files| files.learnt().folders.get("t").map_or(0, |folders| folders.len());
    let files = Files::new(root.path().into());
    look(&files, now(root.path()));
    assert_eq!(known(&files), 0, "a change in this very tick would not show");
    look(&files, soon(root.path()));
    assert_eq!(known(&files), 3, "the table's folder and two of dates");
    let learnt = files.learnt();
    let again = Files::new(root.path().into());
    again.restore(learnt);
    assert_eq!(
        look(&again, soon(root.path())),
        look(&files, soon(root.path())),
        "what was learnt is true in the next process too"
    );
    fs::remove_dir_all(root.path().join("t/day=2025-11-15")).unwrap();
    look(&files, soon(root.path()));
    assert_eq!(known(&files), 2, "what is gone is forgotten");
}

#[test]
fn a_folder_in_which_a_link_stands_is_always_listed() {
    let root = tempfile::tempdir().unwrap();
    put(&root.path().join("else/a.csv"), "x\n1\n");
    fs::create_dir_all(root.path().join("t")).unwrap();
    std::os::unix::fs::symlink("../else", root.path().join("t/day=2025-11-14")).unwrap();
    let files = Files::new(root.path().into());
    let before = look(&files, soon(root.path()));
    assert_eq!(before.parts.len(), 1);
    assert!(files.learnt().folders.is_empty());
    put(&root.path().join("else/b.csv"), "x\n2\n");
    assert_eq!(look(&files, soon(root.path())).parts.len(), 2);
}

/// Another clock wrote them, or this clock was wrong for a minute.
#[test]
fn times_of_the_future_hide_nothing_and_hasten_nothing() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("t/day=2025-11-14");
    let ahead = std::time::SystemTime::from(soon(root.path())) + Duration::from_secs(10 * 365 * 86_400);
    let set_ahead = |path: &Path| fs::File::open(path).unwrap().set_modified(ahead).unwrap();
    let files = Files::new(root.path().into());
    for (n, name) in ["a.csv", "b.csv"].into_iter().enumerate() {
        put(&folder.join(name), "x\n1\n");
        set_ahead(&folder.join(name));
        set_ahead(&folder);
        let mark = look(&files, soon(root.path()));
        assert_eq!((mark.parts.len(), mark.again), (n + 1, Again::AtCadence), "{name}");
    }
    assert_eq!(look(&files, soon(root.path())), look(&files, soon(root.path())), "at rest nothing is read again");
}

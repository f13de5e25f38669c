//! What becomes of the state on one machine when another hand moves or removes it.

use std::fs;

use super::gapless::{Done, Place, SEASON, filled};

fn local(here: &Place) -> Done {
    here.run("local", &["--once", "--slow-start", "0s"], &[])
}

/// Three dates, each of which was run once and is used up.
fn used_up() -> Place {
    let here = Place::new(&[SEASON, &filled("echo $GAPLESS_DATE >> runs; exit 65", "datesPerJob: 1")]);
    local(&here);
    assert_eq!(here.runs().len(), 3);
    here
}

#[test]
fn a_journal_that_is_lost_while_its_jobs_are_there_is_told() {
    for lose in [|path| fs::remove_file(path).unwrap(), |path: std::path::PathBuf| fs::write(path, "").unwrap()] {
        let here = used_up();
        lose(here.path("state/journal"));
        let told = local(&here);
        let rebuilt = "AttemptHistoryRebuilt";
        assert!(told.out.contains(rebuilt) && told.out.contains("launches go on above 3"), "{}", told.out);
        assert!(!local(&here).out.contains(rebuilt), "it is told once");
    }
}

#[test]
fn a_journal_of_zeros_is_damaged() {
    let here = used_up();
    let path = here.path("state/journal");
    let length = fs::metadata(&path).unwrap().len() as usize;
    fs::write(&path, vec![0; length]).unwrap();
    let told = local(&here);
    assert!(told.err.contains("is damaged at byte 0") && told.code == Some(1), "{}", told.err);
    assert_eq!(fs::read(&path).unwrap(), vec![0; length], "what stands there is left for a person to see");
}

/// The absolute place of the table was part of what a charge belongs to.
#[test]
fn a_folder_that_is_moved_keeps_its_charges() {
    let here = used_up();
    let there = tempfile::tempdir().unwrap();
    let moved = Place { folder: there };
    for entry in fs::read_dir(here.folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::rename(entry.path(), moved.folder.path().join(entry.file_name())).unwrap();
    }
    let told = local(&moved);
    assert_eq!(moved.runs().len(), 3, "{}", told.out);
    assert!(told.out.contains("Exhausted/Permanent, 3 dates"), "{}", told.out);
}

//! The state of one machine after someone else moves or removes it.

use std::fs;

use super::gapless::{Done, Place, SEASON, filled};

fn local(here: &Place) -> Done {
    here.run("local", &["--once", "--slow-start", "0s"], &[])
}

/// Three dates, each of which ran once and is exhausted.
fn used_up() -> Place {
    let here = Place::new(&[SEASON, &filled("echo $GAPLESS_DATE >> runs; exit 65", "datesPerJob: 1")]);
    local(&here);
    assert_eq!(here.runs().len(), 3);
    here
}

#[test]
fn a_lost_journal_is_reported_if_its_jobs_exist() {
    for lose in [|path| fs::remove_file(path).unwrap(), |path: std::path::PathBuf| fs::write(path, "").unwrap()] {
        let here = used_up();
        lose(here.path("state/journal"));
        let told = local(&here);
        let rebuilt = "AttemptHistoryRebuilt";
        assert!(told.out.contains(rebuilt) && told.out.contains("launches go on above 3"), "{}", told.out);
        assert!(!local(&here).out.contains(rebuilt), "it is reported once");
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

/// Two dates are exhausted, one of them after a retry, one of them waived. Six Jobs ran.
#[test]
fn a_journal_of_an_earlier_version_keeps_charges_waivers_and_launch_numbers() {
    let here = Place::new(&[include_str!("older/manifests.yaml")]);
    here.write("data/t/day=2026-01-05/part.csv", "x\n1\n");
    here.write("gamedates/s-2026-01-03.yaml", include_str!("older/gamedates/s-2026-01-03.yaml"));
    here.write("gamedates/s-2026-01-04.yaml", include_str!("older/gamedates/s-2026-01-04.yaml"));
    fs::create_dir(here.path("state")).unwrap();
    fs::write(here.path("state/journal"), include_bytes!("older/journal")).unwrap();
    let told = local(&here);
    assert_eq!(here.runs(), Vec::<String>::new(), "{}", told.out);
    assert!(told.out.contains("Exhausted/Failed, 1 date: 2026-01-04"), "{}", told.out);
    let retried = here.run("retry", &["TableCoverage/t", "2026-01-04"], &[]);
    assert_eq!(retried.code, Some(0), "{}", retried.err);
    local(&here);
    assert_eq!(here.runs(), ["2026-01-04", "2026-01-04"]);
    let told = here.run("explain", &["TableCoverage/t", "2026-01-04"], &[]);
    assert!(told.out.contains("-l8"), "launches go on above 6: {}", told.out);
}

/// Charges once depended on the table's absolute path.
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

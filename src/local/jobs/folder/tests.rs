//! What a folder of a Job says, whatever is left of it.

use super::super::process;
use super::*;
use crate::host::files::tests::pipe;

fn written() -> Written {
    let dates = [jiff::civil::date(2025, 11, 14)].into_iter().collect();
    Written {
        coverage: "uid".into(),
        launch: 1,
        dates,
        target: Table { place: "files:/data".into(), name: "props".into() },
        deadline_seconds: 60,
        program: "sh".into(),
        args: Vec::new(),
        env: Vec::new(),
        folder: "/".into(),
        grace_seconds: 1,
    }
}

/// The folder of a Job that was started, by a runner that left no other trace.
fn started(root: &Path) -> JobFolder {
    let folder = JobFolder::new(root, "load-l1");
    fs::create_dir_all(&folder.path).unwrap();
    let mut bytes = Writer::default();
    bytes.put(&written());
    fs::write(folder.path.join("job"), bytes.0).unwrap();
    fs::write(folder.path.join("started"), "").unwrap();
    folder
}

/// The visible state of a Job: it is live, it ended in some way, it does not exist, or that is unknown.
fn seen(folder: &JobFolder) -> Result<Option<Option<End>>, String> {
    folder.job().map(|job| job.map(|job| job.ended.map(|(_, end)| end)))
}

/// So that a Job whose ledger is lost still counts on its Source. Earlier versions do not write it.
#[test]
fn a_job_says_what_it_draws() {
    let root = tempfile::tempdir().unwrap();
    let folder = started(root.path());
    let told = || folder.job().unwrap().unwrap().draw.map(|draw| draw.to_string());
    assert_eq!(told(), None);
    fs::write(folder.path.join("draws"), "odds-api credits=12 requests=15 later=1").unwrap();
    assert_eq!(told().as_deref(), Some("odds-api credits=12 requests=15"));
    fs::write(folder.path.join("draws"), "odds-api credits=many").unwrap();
    assert_eq!(told(), None, "damaged");
}

fn replace_by_folder(path: &Path) {
    let _ = fs::remove_file(path);
    fs::create_dir(path).unwrap();
}

/// A folder in the place of a file cannot be read, as a file under EIO, EACCES or EMFILE.
#[test]
fn a_job_of_which_a_file_cannot_be_read_is_neither_gone_nor_lost() {
    for file in ["job", "end", "lock", "draws"] {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        replace_by_folder(&folder.path.join(file));
        let told = seen(&folder).unwrap_err();
        assert!(told.contains("load-l1 cannot be read: "), "{file}: {told}");
    }
}

#[test]
fn a_job_whose_file_is_damaged_keeps_every_date_while_it_lives_and_none_afterwards() {
    for bytes in [None, Some(""), Some("half")] {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        let job = folder.path.join("job");
        bytes.map_or_else(|| fs::remove_file(&job), |bytes| fs::write(&job, bytes)).unwrap();
        let held = folder.lock().unwrap();
        assert!(seen(&folder).unwrap_err().contains("it is live"), "{bytes:?}");
        drop(held);
        assert_eq!(seen(&folder), Ok(None), "{bytes:?}");
    }
}

#[test]
fn a_job_is_followed_by_what_is_left_of_its_files() {
    for lost in ["job", "started", "lock"] {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        let held = folder.lock().unwrap();
        let begun = Started { at: Timestamp::UNIX_EPOCH, job: written(), session: None };
        folder.mark_started(&begun).unwrap();
        let mut filler = std::process::Command::new("sleep")
            .arg("60")
            .env("GAPLESS_TERMINATION_LOG", folder.termination())
            .spawn()
            .unwrap();
        while !process::is_alive(None, &folder.termination()) {
            std::thread::yield_now();
        }
        fs::remove_file(folder.path.join(lost)).unwrap();
        assert_eq!(seen(&folder), Ok(Some(None)), "it lives without `{lost}`");
        drop(held);
        assert_eq!(seen(&folder), Ok(Some(None)), "its filler lives without `{lost}` and without its runner");
        filler.kill().unwrap();
        filler.wait().unwrap();
        folder.write_end(Timestamp::UNIX_EPOCH, End::Exit(69)).unwrap();
        assert_eq!(seen(&folder), Ok(Some(Some(End::Exit(69)))), "it ended without `{lost}`");
    }
}

#[test]
fn a_job_whose_end_is_written_lives_until_its_lock_is_free() {
    let root = tempfile::tempdir().unwrap();
    let folder = started(root.path());
    let held = folder.lock().unwrap();
    folder.write_end(Timestamp::UNIX_EPOCH, End::Succeeded).unwrap();
    assert_eq!(seen(&folder), Ok(Some(None)));
    drop(held);
    // A child that another test forks has the lock, too, until it runs its own program.
    let is_free = || seen(&folder) == Ok(Some(Some(End::Succeeded)));
    assert!((0..100).any(|_| is_free() || {
        std::thread::sleep(std::time::Duration::from_millis(10));
        false
    }));
}

#[test]
fn a_job_without_runner_is_overdue_after_its_deadline_and_grace() {
    let begun = Started { at: Timestamp::UNIX_EPOCH, job: written(), session: None };
    for (second, overdue) in [(0, None), (60, None), (61, Some(0)), (71, Some(10))] {
        let told = begun.overdue(Timestamp::from_second(second).unwrap());
        assert_eq!(told, overdue.map(SignedDuration::from_secs), "{second}");
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_holds_nothing_up() {
    for name in ["job", "started", "lock", "end", "draws", "termination"] {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        let path = folder.path.join(name);
        let _ = fs::remove_file(&path);
        pipe(&path);
        let told = seen(&folder);
        assert_eq!(told.is_ok(), name == "termination", "{name}: {told:?}");
    }
}

#[test]
fn a_job_ends_as_its_folder_says() {
    let root = tempfile::tempdir().unwrap();
    let folder = started(root.path());
    let held = folder.lock().unwrap();
    assert_eq!(seen(&folder), Ok(Some(None)), "it lives");
    drop(held);
    assert_eq!(seen(&folder), Ok(Some(Some(End::Lost))));
    fs::write(folder.path.join("end"), "").unwrap();
    assert_eq!(seen(&folder), Ok(Some(Some(End::Lost))), "a power cut left nothing of its end");
    folder.write_end(Timestamp::UNIX_EPOCH, End::Exit(3)).unwrap();
    assert_eq!(seen(&folder), Ok(Some(Some(End::Exit(3)))));
}

#[test]
fn what_is_half_written_or_half_removed_is_no_job() {
    let root = tempfile::tempdir().unwrap();
    let folder = started(root.path());
    fs::remove_file(folder.path.join("started")).unwrap();
    assert_eq!(seen(&folder), Ok(None), "its runner has not begun");
    let folder = started(root.path());
    folder.write_end(Timestamp::UNIX_EPOCH, End::Succeeded).unwrap();
    fs::remove_file(folder.path.join("job")).unwrap();
    assert_eq!(seen(&folder), Ok(None), "what a process left that died in the middle of its removal");
    folder.remove().unwrap();
    folder.remove().unwrap();
    fs::write(root.path().join("notes"), "").unwrap();
    assert_eq!(seen(&JobFolder::new(root.path(), "notes")), Ok(None), "a file is not the folder of a Job");
}

#[test]
fn how_a_job_ended_stands_before_the_words_of_its_filler() {
    let rows = [
        ("", End::Exit(3), "exit status 3; its output is jobs/load-l1/log in the state folder"),
        (
            "",
            End::Lost,
            "none of its processes is alive, and its file `end`, which says how it ended, is missing; its output is \
             jobs/load-l1/log in the state folder",
        ),
        ("", End::Deadline, "stopped at its deadline; its output is jobs/load-l1/log in the state folder"),
        ("", End::Succeeded, ""),
        ("no such game\n", End::Exit(3), "exit status 3: no such game"),
        ("no such game\n", End::Exit(65), "no such game"),
        ("12 of 30 games\n", End::Deadline, "stopped at its deadline: 12 of 30 games"),
        ("30 games\n", End::Succeeded, "30 games"),
    ];
    for (said, end, expected) in rows {
        let root = tempfile::tempdir().unwrap();
        let folder = JobFolder::new(root.path(), "load-l1");
        fs::create_dir(&folder.path).unwrap();
        fs::write(folder.termination(), said).unwrap();
        fs::write(folder.log(), "").unwrap();
        assert_eq!(folder.message(end), expected);
    }
}

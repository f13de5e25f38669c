//! What is read of a table, and what is said of rows and reads.

use std::fs;
use std::process::Stdio;

use super::{Running, local, until};
use crate::gapless::{Done, GOOD, Place, SEASON, filled};

/// The bytes of data that a run has read, from its summary.
fn read(done: &Done) -> u64 {
    let line = done.out.lines().find_map(|l| l.strip_prefix("Read      ")).unwrap();
    line.strip_suffix(" bytes of data").unwrap().parse().unwrap()
}

#[test]
fn a_complete_folder_costs_no_child_and_not_one_byte_of_data_on_the_second_run() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    for day in 1..=5 {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "x\n1\n");
    }
    here.age("data/t");
    let first = local(&here);
    assert!(read(&first) > 0, "{}", first.out);
    let again = local(&here);
    assert_eq!(read(&again), 0, "{}", again.out);
    assert!(again.out.contains("Launched  0 Jobs\n"), "{}", again.out);
    assert_eq!((first.code, again.code), (Some(0), Some(0)), "{}", again.err);
    assert!(!here.path("runs").exists());
    here.write("data/t/day=2026-01-03/part.csv", "x\n12\n");
    here.age("data/t/day=2026-01-03");
    let changed = local(&here);
    assert!((1..read(&first)).contains(&read(&changed)), "one changed date costs one date: {}", changed.out);
}

#[test]
fn rows_without_a_date_are_counted_apart_and_shown() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1").replace("table: t", "table: flat")]);
    here.write("data/flat/part.csv", "day,x\n2026-01-01,1\n,2\n,3\n0001-01-01,4\n");
    for (verb, args) in [("status", vec![]), ("explain", vec!["tc/t", "2026-01-01"])] {
        let done = here.run(verb, &args, &[]);
        let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "2 rows of its table have no date, 1 row of its table has a date before 1970-01-01 or after \
                    2199-12-31: counted for no date at all";
        assert!(out.contains(told), "{verb}: {}{}", done.out, done.err);
        assert_eq!(done.out.matches("Unknown").count(), 0, "the dates are known regardless: {}", done.out);
    }
}

/// A season of games, without those of two nights. Rows of such games were shown only for their own date.
#[test]
fn rows_of_no_expected_unit_are_shown_for_the_whole_coverage() {
    let schedule = ", schedule: {table: games, date: date, unit: [unit], where: [{column: kind, equals: season}]}}";
    let season = SEASON.replace("through: 2026-01-05}}", &format!("through: 2026-01-05}}{schedule}"));
    let coverage = filled(GOOD, "datesPerJob: 1").replace("unit: {whole: Date}", "unit: {columns: [unit]}");
    let here = Place::new(&[&season, &coverage]);
    here.write(
        "data/games/part.csv",
        "date,unit,kind\n2026-01-01,a,season\n2026-01-02,b,cup\n2026-01-03,c,cup\n2026-01-05,d,season\n",
    );
    for (day, units) in [(1, "a\na\nx\n"), (2, "b\nb\n"), (3, "c\n"), (5, "d\n")] {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), &format!("unit\n{units}"));
    }
    let told = "4 rows of 3 dates belong to no expected unit: 2026-01-01..2026-01-03";
    for args in [vec!["calendar", "--color", "never"], vec!["status"]] {
        let done = here.run(args[0], &args[1..], &[]);
        assert_eq!(done.out.matches(told).count(), 1, "{}{}", done.out, done.err);
        assert_eq!(done.code, here.run("plan", &[], &[]).code, "a warning changes no exit status");
    }
    let json: serde_json::Value = serde_json::from_str(&here.run("calendar", &["-o", "json"], &[]).out).unwrap();
    let coverage = &json["coverages"][0];
    assert_eq!((&coverage["unexpectedRows"], &coverage["unexpectedDates"]), (&4.into(), &3.into()));
    let cells = coverage["cells"].as_array().unwrap();
    let of_cells: Vec<u64> = cells.iter().map(|c| c["unexpectedRows"].as_u64().unwrap()).collect();
    assert_eq!(of_cells, [1, 2, 1, 0, 0]);
    assert_eq!(cells[0]["message"], "everything expected is present; 1 row of unexpected units: x");
    assert_eq!(cells[1]["message"], "no units on this date, yet the table has 2 rows for it: b");
}

/// Different spellings of a name in the schedule and the table once caused a gap and a Job.
#[test]
fn a_unit_under_another_name_launches_nothing_and_an_alias_completes_it() {
    let schedule = ", schedule: {table: games, date: date, unit: [unit]}}";
    let season = SEASON.replace("through: 2026-01-05}}", &format!("through: 2026-01-05}}{schedule}"));
    let coverage = filled(GOOD, "datesPerJob: 1").replace("unit: {whole: Date}", "unit: {columns: [unit]}");
    let games: String = (1..=5).map(|day| format!("2026-01-0{day},a\n2026-01-0{day},washington\n")).collect();
    let aliased = season.replace("unit: [unit]}}", "unit: [unit]}, aliases: {was: washington}}");
    for (season, code) in [(&season, 3), (&aliased, 0)] {
        let here = Place::new(&[season, &coverage]);
        here.write("data/games/part.csv", &format!("date,unit\n{games}"));
        for day in 1..=5 {
            here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "unit\na\nwas\n");
        }
        let done = local(&here);
        assert_eq!((here.runs(), done.code), (Vec::<String>::new(), Some(code)), "{}{}", done.out, done.err);
        assert_eq!(
            done.out.contains("Unknown/UnitsUnmatched, 5 dates: 2026-01-01..2026-01-05"),
            code == 3,
            "{}",
            done.out
        );
    }
}

#[test]
fn a_read_that_passes_a_limit_of_its_warehouse_is_unknown_and_says_what_to_do() {
    let limited = SEASON.replace("files: {folder: data}", "files: {folder: data}, limits: {maxBytesPerQuery: \"8\"}");
    let here = Place::new(&[&limited, &filled(GOOD, "datesPerJob: 1").replace("table: t", "table: flat")]);
    here.write("data/flat/part.csv", "day,x\n2026-01-01,1\n");
    let done = here.run("explain", &["tc/t", "2026-01-01"], &[]);
    let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "this read needs 19 bytes, more than 8 bytes of the Warehouse's limits.maxBytesPerQuery; raise it";
    assert!(out.contains("Unknown/ProbeBudget") && out.contains(told), "{}{}", done.out, done.err);
    assert_eq!(done.code, Some(3));
}

/// A schedule of five days, one unit each, that was last updated when the third day was over.
const STALE: &str = "date,unit,updated
2026-01-01,a,2026-01-04T06:00:00Z
2026-01-02,a,2026-01-04T06:00:00Z
2026-01-03,a,2026-01-04T06:00:00Z
2026-01-04,a,2026-01-04T06:00:00Z
2026-01-05,a,2026-01-04T06:00:00Z
";

#[test]
fn a_stale_schedule_launches_nothing_and_says_since_when() {
    let schedule = ", schedule: {table: games, date: date, unit: [unit], updatedAt: updated, maxAge: 24h}}";
    let season = SEASON.replace("through: 2026-01-05}}", &format!("through: 2026-01-05}}{schedule}"));
    let coverage = filled(GOOD, "datesPerJob: 1").replace("unit: {whole: Date}", "unit: {columns: [unit]}");
    let here = Place::new(&[&season, &coverage]);
    here.write("data/games/part.csv", STALE);
    for day in 1..=2 {
        here.write(&format!("data/t/day=2026-01-0{day}/part.csv"), "unit\na\n");
    }
    let done = local(&here);
    assert_eq!(here.runs(), Vec::<String>::new(), "{}{}", done.out, done.err);
    assert!(done.out.contains("Unknown/ScheduleStale, 4 dates: 2026-01-02..2026-01-05"), "{}", done.out);
    let said = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("schedule `games` was last updated at 2026-01-04T06:00:00Z, longer ago than maxAge"),
        "{said}"
    );
    assert_eq!(done.code, Some(3));
}

/// The facts are kept while it runs, not only at its end.
#[test]
fn what_gapless_read_before_it_was_killed_is_not_read_again() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5").replace("mode: Fill", "mode: Observe")]);
    here.age("data");
    let watching = Running(here.command("local", &[]).stdout(Stdio::null()).spawn().unwrap());
    // The file is written more than once while a run begins.
    let written = || here.path("state/facts").metadata().and_then(|file| file.modified()).ok();
    until(|| written().is_some_and(|at| at.elapsed().is_ok_and(|since| since.as_millis() > 1_500)));
    drop(watching);
    let again = here.run("local", &["--once"], &[]);
    assert!(again.out.contains("0 bytes of data"), "{}{}", again.out, again.err);
}

#[test]
fn a_gap_that_the_last_run_reported_is_counted_and_not_reported_again() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1").replace("mode: Fill", "mode: Observe")]);
    let told = |done: Done| {
        assert!(done.out.contains("Found     3 dates with gaps in 1 coverage: 0 filled, 3 remain\n"), "{}", done.out);
        done.out
            .lines()
            .filter(|line| line.contains("GapFound"))
            .map(|line| line.contains("2026-01-03.."))
            .collect::<Vec<bool>>()
    };
    assert_eq!(told(local(&here)), [true]);
    here.run("plan", &[], &[]);
    assert_eq!(told(local(&here)), Vec::<bool>::new());
    fs::remove_file(here.path("data/t/day=2026-01-02/part.csv")).unwrap();
    here.write("data/t/day=2026-01-05/part.csv", "x\n1\n");
    assert_eq!(told(local(&here)), Vec::<bool>::new());
}

#[test]
fn a_folder_that_does_not_exist_says_what_to_do_and_is_not_called_empty() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    for (folder, told) in [
        ("data/t", "table `t`: its folder `t` does not exist: create it, or correct the name of the table"),
        (
            "data",
            "table `t`: its warehouse folder does not exist: create it, mount its volume, or correct spec.files.folder",
        ),
    ] {
        fs::remove_dir_all(here.path(folder)).unwrap();
        let plan = here.run("plan", &[], &[]);
        let said = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.starts_with("Nothing would be launched now.") && said.contains(told), "{}", plan.out);
    }
    fs::create_dir_all(here.path("data/t")).unwrap();
    let plan = here.run("plan", &[], &[]);
    assert!(plan.out.contains("Missing/NoRows") && plan.out.contains("would be launched now"), "{}", plan.out);
}

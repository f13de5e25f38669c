//! What the simulated world tells, rendered into objects and read back: the same pictures.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::coverage::coverage_status;
use super::super::game_date::{Row, rows};
use super::super::lint;
use super::super::patch::StoredStatus;
use super::super::read::{ClusterOverview, Objects, overview, reported};
use super::fixtures::{day, now, view};
use crate::api::kinds::{CoverageStatus, GameDateStatus, StateStatus};
use crate::domain::assess::Wait;
use crate::domain::dates::Date;
use crate::domain::ledger::{End, Ledger, Outcome};
use crate::domain::state::{Cause, Hold, Running};
use crate::domain::verdict::{UnknownReason, Verdict};
use crate::engine::overview::{CoverageView, Overview, SeasonView};
use crate::engine::tests::sim::{FULL, Sim, spec, world};
use crate::view;
use crate::view::commands::Commands;

/// Fills the third at once, the fifth with one game, the rest never.
fn filler(date: Date, _: u32) -> (i64, End, Option<Vec<(&'static str, u64)>>) {
    match date.day() {
        3 => (60, End::Succeeded, Some(FULL.to_vec())),
        5 => (90, End::Exit(75), Some(FULL[..1].to_vec())),
        7 => (90, End::Exit(65), None),
        _ => (4_000, End::Exit(1), None),
    }
}

fn object(view: &CoverageView, status: &CoverageStatus) -> Value {
    let mode = if view.mode == crate::domain::policy::Mode::Fill { "Fill" } else { "Observe" };
    let ladder: Vec<Value> = view.limits.iter().map(|(r, n)| json!({"name": &**r, "attempts": {"max": n}})).collect();
    json!({
        "kind": &*view.key.kind,
        "metadata": {"name": &*view.key.name, "namespace": &*view.key.namespace, "uid": &*view.uid, "generation": view.generation},
        "spec": {"season": &*view.season.name, "table": &*view.table.name, "fill": {"mode": mode, "ladder": ladder, "settle": "5m"}},
        "status": status,
    })
}

fn season() -> Value {
    json!({"kind": "Season", "metadata": {"namespace": "default", "name": "nba"}, "spec": {"timeZone": "America/New_York"}})
}

fn game_dates(season: &SeasonView, views: &[&CoverageView]) -> Vec<Value> {
    let object = |row: Row<'_>| {
        Some(json!({
            "kind": "GameDate", "metadata": {"namespace": "default"},
            "spec": {"season": &*season.key.name, "date": row.date.to_string()}, "status": row.status(None, 1, now())?,
        }))
    };
    rows(season, views).filter_map(object).collect()
}

/// The objects of a world, as stored.
fn objects(sim: &Sim, told: &Overview) -> Objects {
    let views: Vec<&CoverageView> = told.coverages.iter().collect();
    let ledger = |v: &CoverageView| sim.state().ledgers.get(&v.key).map_or(Ledger::default(), |(_, l, _)| l.clone());
    let rendered = views.iter().map(|v| {
        let status = coverage_status(v, "uid-boxscores", &ledger(v), &CoverageStatus::default(), told.now);
        assert_eq!(lint::coverage(&status, v.generation), Vec::<String>::new());
        object(v, &status)
    });
    Objects { coverages: rendered.collect(), seasons: vec![season()], game_dates: game_dates(&told.seasons[0], &views) }
}

/// The JSON of scripts without what the objects do not hold.
fn scripted(told: &Overview, without: &[&str]) -> Value {
    let mut json = serde_json::to_value(view::json::calendar(told, &view::status::judged)).unwrap();
    for cell in json["coverages"][0]["cells"].as_array_mut().unwrap() {
        let unknown = ["dueAt", "lateAt"].iter().chain(without);
        unknown.for_each(|field| _ = cell.as_object_mut().unwrap().remove(*field));
    }
    ["undated", "bytesRead", "nextLook"].iter().for_each(|field| _ = json["coverages"][0][*field].take());
    json
}

/// Off days have no GameDate, so unexpected rows of the whole coverage are in its own status.
#[tokio::test(start_paused = true)]
async fn rows_of_no_expected_unit_are_read_back_with_their_dates() {
    let sim = world(filler, &[]);
    let clean = sim.settle(&spec()).await;
    let status = |told: &Overview| objects(&sim, told).coverages[0]["status"]["summary"].clone();
    assert_eq!(status(&clean)["unexpectedRows"], Value::Null, "nothing is written of what is not there");
    for n in [1, 2, 5] {
        sim.state().table.insert(jiff::civil::date(2025, 11, n), vec![("A@B", 3), ("BOS@NYK", 2), ("LAL@MIN", 2)]);
    }
    let told = sim.run_for(&spec(), 2 * 86_400).await;
    assert_eq!(
        (&status(&told)["unexpectedRows"], &status(&told)["unexpectedDates"], &status(&told)["unexpectedOn"]),
        (&json!(9), &json!(3), &json!("2025-11-01..2025-11-02,2025-11-05"))
    );
    let read = overview(&Objects { game_dates: vec![], ..objects(&sim, &told) }, told.now).overview;
    assert_eq!(read.coverages[0].unexpected, told.coverages[0].unexpected);
}

#[tokio::test(start_paused = true)]
async fn scripts_read_the_same_from_the_objects_as_from_the_engine() {
    let mut seen = std::collections::BTreeSet::new();
    for seconds in [1, 30, 75, 400, 3_000, 5_000, 40_000, 400_000] {
        let sim = world(filler, &[2, 3, 5, 7]);
        let told = sim.run_for(&spec(), seconds).await;
        let objects = objects(&sim, &told);
        let read = overview(&objects, told.now).overview;
        assert_eq!(scripted(&read, &["rows"]), scripted(&told, &["rows"]), "after {seconds} s");

        let alone = overview(&Objects { game_dates: vec![], ..objects }, told.now).overview;
        let lost = ["rows", "expected", "covered", "missing", "message"];
        assert_eq!(scripted(&alone, &lost), scripted(&told, &lost), "without GameDates, after {seconds} s");
        seen.extend(told.coverages[0].cells.iter().map(|c| c.state().word()));
    }
    let all = ["Complete", "Exhausted", "Running", "Verifying", "Waiting"];
    assert!(all.iter().all(|state| seen.contains(state)), "the world was dull: {seen:?}");
}

#[tokio::test(start_paused = true)]
async fn people_see_the_same_calendar_table_and_story() {
    let sim = world(filler, &[2, 3, 5, 7]);
    let mut told = sim.run_for(&spec(), 6_000).await;
    // The objects tell what the data says within the sentence of the state.
    for cell in &mut told.coverages[0].cells {
        Arc::make_mut(&mut cell.judgement).message = "".into();
    }
    let ClusterOverview { overview: read, ready } = overview(&objects(&sim, &told), told.now);
    let options = view::calendar::Options::default();
    assert_eq!(view::calendar::calendar(&read, options), view::calendar::calendar(&told, options));
    let stored = |c: &CoverageView| ready[&c.key].clone();
    assert_eq!(view::status::status(&read, stored), view::status::status(&told, view::status::judged));
    let story = |told: &Overview, n: i8| {
        let (commands, date) = (Commands::of_cluster([]), jiff::civil::date(2025, 11, n));
        let text = view::explain::explain(&told.coverages[0], date, told, &commands, &[], |_| None).unwrap();
        let told = |line: &&str| ["  rows", "  as of", "  due", "  late"].iter().all(|lost| !line.starts_with(lost));
        text.lines().filter(told).map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    for n in [1, 2, 3, 5, 7] {
        assert_eq!(story(&read, n), story(&told, n));
    }
}

#[tokio::test(start_paused = true)]
async fn at_rest_there_is_nothing_to_write_for_days_and_over_restarts() {
    let sim = world(filler, &[2, 3, 5, 7]);
    let told = sim.settle(&spec()).await;
    let status = |told: &Overview, old: &CoverageStatus| {
        let view = &told.coverages[0];
        coverage_status(view, "uid-boxscores", &sim.state().ledgers[&view.key].1, old, told.now)
    };
    let dates_of = |told: &Overview, old: &BTreeMap<Date, GameDateStatus>| {
        let views: Vec<&CoverageView> = told.coverages.iter().collect();
        let status = |row: Row<'_>| Some((row.date, row.status(old.get(&row.date), 1, told.now)?));
        rows(&told.seasons[0], &views).filter_map(status).collect::<BTreeMap<_, _>>()
    };
    let (stored, dates) = (status(&told, &CoverageStatus::default()), dates_of(&told, &BTreeMap::new()));
    for seconds in [90, 7_200, 400_000] {
        let later = sim.run_for(&spec(), seconds).await;
        let kept = serde_json::to_value(&stored).unwrap();
        assert_eq!(StoredStatus::of(kept).patch_to(&status(&later, &stored)), None, "after {seconds} s");
        assert_eq!(dates_of(&later, &dates), dates, "after {seconds} s");
    }
}

#[test]
fn a_status_that_people_edited_is_corrected_and_stops_no_coverage() {
    let gap = view(&[Cause::Missing, Cause::Complete]);
    let status = coverage_status(&gap, "uid", &Ledger::default(), &CoverageStatus::default(), now());
    let mut edited = status.clone();
    edited.summary.complete = 99;
    edited.states.push(edited.states[0].clone());
    edited.conditions[0].last_transition_time.0 += jiff::SignedDuration::from_millis(7);
    edited.conditions[1].type_ = "Happy".into();
    let set_right = coverage_status(&gap, "uid", &Ledger::default(), &edited, now());
    assert_eq!(set_right, status);
    super::super::stalled_status(&edited, gap.generation, "spec.table: must be a table", now());
}

#[test]
fn what_cannot_be_read_spoils_itself_alone_and_says_so() {
    let gap = view(&[Cause::Missing]);
    let status = coverage_status(&gap, "uid", &Ledger::default(), &CoverageStatus::default(), now());
    let good = object(&gap, &status);
    let mut rubbish = good.clone();
    rubbish["metadata"]["name"] = "rubbish".into();
    rubbish["status"]["states"] = json!("none");
    let mut newer = good.clone();
    newer["metadata"]["name"] = "newer".into();
    newer["status"]["states"][0]["state"] = json!("Dreaming");
    let mut unseen = good.clone();
    unseen["metadata"]["name"] = "unseen".into();
    unseen["status"] = Value::Null;
    let told = overview(&Objects { coverages: vec![good, rubbish, newer, unseen], ..Objects::default() }, now());
    let views = &told.overview.coverages;
    let names: Vec<_> = views.iter().map(|c| (&*c.key.name, c.stalled.is_some(), c.cells.len())).collect();
    assert_eq!(names, [("boxscores", false, 1), ("newer", false, 1), ("rubbish", true, 0), ("unseen", false, 0)]);
    assert!(views[1].cells[0].message.starts_with("Dreaming/NoRows: "), "{}", views[1].cells[0].message);
    assert_eq!(told.ready[&views[3].key], ("Unknown".to_string(), "NotProbed".to_string()));
}

#[test]
fn what_a_coverage_has_from_its_season_is_read_from_there() {
    let done = view(&[Cause::Complete]);
    let status = coverage_status(&done, "uid", &Ledger::default(), &CoverageStatus::default(), now());
    let told = |seasons: Vec<Value>, now: &str| {
        let objects = Objects { coverages: vec![object(&done, &status)], seasons, ..Objects::default() };
        let view = overview(&objects, now.parse().unwrap()).overview.coverages.remove(0);
        (view.today.to_string(), view.suspended)
    };
    let mut suspended = season();
    suspended["spec"]["suspend"] = true.into();
    assert_eq!(told(vec![season()], "2025-11-20T04:59:59Z"), ("2025-11-19".into(), false));
    assert_eq!(told(vec![suspended], "2025-11-20T05:00:00Z"), ("2025-11-20".into(), true));
    assert_eq!(told(vec![], "2025-11-20T04:59:59Z"), ("2025-11-20".into(), false), "nothing tells its zone");
}

#[test]
fn the_next_process_knows_what_the_status_tells() {
    let view = view(&[Cause::Missing, Cause::Complete, Cause::Waiting(Outcome::Failed), Cause::Missing]);
    let mut status = coverage_status(&view, "uid", &Ledger::default(), &CoverageStatus::default(), now());
    let newer = StateStatus { state: "Dreaming".into(), ..status.states[0].clone() };
    status.states.push(newer);
    let told: Vec<_> = reported(&status).into_iter().map(|(cause, dates)| (cause, dates.to_string())).collect();
    let expected = [
        (Cause::Complete, "2025-11-02"),
        (Cause::Waiting(Outcome::Failed), "2025-11-03"),
        (Cause::Missing, "2025-11-01, 2025-11-04"),
    ];
    assert_eq!(told, expected.map(|(cause, dates)| (cause, dates.to_string())));
}

#[test]
fn a_rerun_that_did_not_run_yet_is_told_from_the_objects_in_the_words_of_the_engine() {
    let causes = [
        Cause::Complete,
        Cause::Running(Running::Started),
        Cause::NotDue { unscheduled: false },
        Cause::Waived,
        Cause::Complete,
        Cause::Complete,
    ];
    let mut view = view(&causes);
    let unread = Verdict::Unknown(UnknownReason::NotProbed);
    Arc::make_mut(&mut view.cells[2].judgement).verdict = unread;
    let ledger = Ledger { tokens: [(day(4), "again".into())].into(), ..Ledger::default() };
    let status = coverage_status(&view, "uid", &ledger, &CoverageStatus::default(), now());
    let game_date = |n: i32| {
        let coverage = if n == 5 { "another" } else { "boxscores" };
        let rerun = json!({"token": "again", "coverages": [{"kind": "TableCoverage", "name": coverage}]});
        json!({"metadata": {"namespace": "default"}, "spec": {"season": "nba", "date": day(n).to_string(), "rerun": rerun}})
    };
    let told = |suspend: bool| {
        let mut coverage = object(&view, &status);
        coverage["spec"]["suspend"] = suspend.into();
        let game_dates = (0..6).map(game_date).collect();
        let read = overview(&Objects { coverages: vec![coverage], game_dates, ..Objects::default() }, now()).overview;
        let reruns = read.coverages[0].reruns.iter().map(|rerun| (rerun.date, rerun.waits.clone()));
        let commands = Commands::of_cluster([]);
        let story = view::explain::explain(&read.coverages[0], day(2), &read, &commands, &[], |_| None).unwrap();
        assert!(
            story.contains("rerun requested by token 'again'; waits: the date is too far in the future"),
            "{story}"
        );
        reruns.collect::<Vec<_>>()
    };
    let waits = [vec![], vec![Wait::Job], vec![Wait::Unread], vec![Wait::Waived]];
    let expected = |hold: Option<Wait>| {
        let dated = waits.iter().enumerate();
        dated.map(|(n, w)| (day(n as i32), w.iter().copied().chain(hold).collect::<Vec<_>>())).collect::<Vec<_>>()
    };
    assert_eq!(told(false), expected(None), "spent on the fifth, and not asked of this coverage on the sixth");
    assert_eq!(told(true), expected(Some(Wait::Hold(Hold::Suspended))));
}

#[test]
fn a_date_without_a_game_date_does_not_borrow_the_sentence_of_another() {
    let gaps = view(&[Cause::Missing, Cause::Missing, Cause::Complete]);
    let status = coverage_status(&gaps, "uid", &Ledger::default(), &CoverageStatus::default(), now());
    let told = overview(&Objects { coverages: vec![object(&gaps, &status)], ..Objects::default() }, now());
    let said: Vec<&str> = told.overview.coverages[0].cells.iter().map(|c| &*c.message).collect();
    assert_eq!(said[0], "no rows; 2 units expected; what happens next");
    assert_eq!(said[1], "as 2025-11-01: no rows; 2 units expected; what happens next");
}

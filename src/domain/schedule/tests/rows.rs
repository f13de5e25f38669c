//! Which row of the schedule counts.

use super::*;

#[test]
fn a_void_row_loses_a_tie_regardless_of_its_date() {
    let stands = row("2025-10-22", "BOS@NYK", "1", UPDATED);
    for date in ["2025-10-22", "2025-10-23"] {
        let void = ScheduleRow { void: true, ..row(date, "BOS@NYK", "1", UPDATED) };
        for rows in [vec![stands.clone(), void.clone()], vec![void.clone(), stands.clone()]] {
            check(&season(), rows, "2025-10-27T12:00:00Z", &[("2025-10-22", "BOS@NYK")]);
        }
        let newer = ScheduleRow { void: true, ..row(date, "BOS@NYK", "1", "2025-10-25T13:00:00Z") };
        check(&season(), vec![stands.clone(), newer], "2025-10-27T12:00:00Z", &[("2025-10-22", "ScheduleMissing")]);
    }
}

#[test]
fn two_ids_that_name_one_unit_on_a_date_identify_none() {
    let now = "2025-10-27T12:00:00Z";
    let doubleheader = |change: fn(ScheduleRow) -> ScheduleRow| {
        vec![
            row("2025-10-21", "BOS@NYK", "1", UPDATED),
            row("2025-10-22", "BOS@NYK", "3", UPDATED),
            change(row("2025-10-22", "BOS@NYK", "2", UPDATED)),
            row("2025-10-22", "LAL@MIN", "4", UPDATED),
        ]
    };
    let both = doubleheader(|row| row);
    assert_eq!(
        said(&season(), both.clone(), now, "2025-10-22"),
        "the schedule has BOS@NYK twice on this date, with ids 2 and 3: add a column that tells them apart to \
         spec.schedule.unit of the Season, and to the unit of its coverages"
    );
    check(&season(), both, now, &[("2025-10-21", "BOS@NYK"), ("2025-10-22", "UnitsUnmatched")]);
    // A row that is void, has moved in its newest version, or has no id does not count as a second game.
    let one = [("2025-10-22", "BOS@NYK LAL@MIN")];
    check(&season(), doubleheader(|row| ScheduleRow { void: true, ..row }), now, &one);
    check(&season(), doubleheader(|row| ScheduleRow { id: None, ..row }), now, &one);
    let mut moved = doubleheader(|row| row);
    moved.push(row("2025-10-23", "BOS@NYK", "2", "2025-10-25T13:00:00Z"));
    check(&season(), moved, now, &one);
    let numbered = doubleheader(|row| ScheduleRow { unit: unit_key(["BOS", "NYK", "2"]), ..row });
    check(&season(), numbered, now, &[("2025-10-22", "BOS@NYK BOS@NYK@2 LAL@MIN")]);
}

#[test]
fn an_id_on_two_dates_counts_only_in_its_newest_row() {
    let mut moved = two_games();
    moved.push(row("2025-10-23", "BOS@NYK", "1", "2025-10-25T13:00:00Z"));
    for _ in 0..moved.len() {
        moved.rotate_left(1);
        check(
            &season(),
            moved.clone(),
            "2025-10-27T12:00:00Z",
            &[("2025-10-21", "ScheduleMissing"), ("2025-10-23", "BOS@NYK")],
        );
    }
}

#[test]
fn a_void_row_is_not_a_unit_and_voids_its_id() {
    let mut rows = two_games();
    rows.push(ScheduleRow { void: true, ..row("2025-10-24", "LAL@MIN", "2", "2025-10-25T13:00:00Z") });
    rows.push(row("2025-10-25", "PHX@DEN", "3", UPDATED));
    check(&season(), rows, "2025-10-27T12:00:00Z", &[("2025-10-24", "OffDay"), ("2025-10-25", "PHX@DEN")]);
}

#[test]
fn a_schedule_was_updated_when_its_newest_row_was_or_else_the_table() {
    let rows =
        || vec![row("2025-10-21", "BOS@NYK", "1", "2025-10-20T12:00:00Z"), row("2025-10-24", "LAL@MIN", "2", UPDATED)];
    assert_eq!(facts(rows()).updated, Some(at(UPDATED)));
    let silent = rows().into_iter().map(|row| ScheduleRow { updated: None, ..row }).collect();
    let modified = Some(at("2025-10-23T12:00:00Z"));
    assert_eq!(fold(&ScheduleReading { rows: silent, modified, ..ScheduleReading::default() }).updated, modified);
}

#[test]
fn the_order_that_is_named_comes_before_the_stamp_of_a_row() {
    let first = ScheduleRow { order: Some(Order(2)), ..row("2025-10-21", "BOS@NYK", "1", "2025-10-20T12:00:00Z") };
    let later = ScheduleRow { order: Some(Order(1)), ..row("2025-10-24", "BOS@NYK", "1", UPDATED) };
    let dates: Vec<Date> = facts(vec![later, first]).units.into_keys().collect();
    assert_eq!(dates, [day("2025-10-21")]);
}

//! Tables whose marks come late, or do not show every change. Nothing is judged by what such a mark leaves out, and at rest
//! the reads are few.

use proptest::prelude::*;

use super::script::{edit, outcomes, play, turn};
use super::sim::*;
use crate::domain::dates::{Date, DateRange};
use crate::domain::judge::tests::{at, day};
use crate::domain::ledger::{End, Outcome, Stage};
use crate::domain::mark::{Again, Blind};
use crate::domain::policy::Dates;
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::overview::Overview;
use crate::engine::spec::Spec;

/// Changes show up to a minute late.
const LATE: fn() -> Marking = || Marking { lag: 60, ..Marking::default() };
/// Rows lie in a buffer for hours before they show.
const BUFFERED: fn() -> Marking = || Marking { blind: Blind::Recent, buffer: 5 * 3600, ..Marking::default() };
/// No change ever shows.
const BLIND: fn() -> Marking = || Marking { blind: Blind::All, ..Marking::default() };

fn marked(filler: Filler, missing: &[i8], marking: Marking) -> Sim {
    let sim = world(filler, missing);
    sim.state().marking = marking;
    sim
}

/// The season of [`spec`], without a wait between the end of a Job and the look at its data.
fn unsettled() -> Spec {
    let mut spec = spec();
    spec.coverages[0].fill.settle = Span::default();
    spec
}

/// The same season, ten days long and just ending.
fn recent() -> Spec {
    let mut spec = spec();
    spec.seasons[0].dates = Dates::Closed(DateRange::new(day("2025-11-09"), day("2025-11-18")).unwrap());
    spec
}

/// A world of [`recent`] in which nothing is missing.
fn recent_world(marking: Marking) -> Sim {
    let sim = marked(good, &[], marking);
    let dates = || (9..=18).map(|n| jiff::civil::date(2025, 11, n));
    let mut state = sim.state();
    state.table = dates().map(|date| (date, FULL.to_vec())).collect();
    state.schedule = dates().flat_map(|d| GAMES.map(|g| schedule_row(d, g, &format!("{d}-{g}")))).collect();
    drop(state);
    sim
}

#[tokio::test(start_paused = true)]
async fn rows_that_a_mark_does_not_show_yet_are_not_judged_away() {
    for (what, marking) in [("late", LATE()), ("buffered", BUFFERED()), ("blind", BLIND())] {
        let sim = marked(good, &[3, 4, 9], marking);
        let overview = sim.settle(&unsettled()).await;
        assert_eq!((tell(&overview), sim.state().creates.len()), (vec![], 3), "{what}: each Job ran once");
        assert_eq!(outcomes(&overview), [Outcome::Filled; 3], "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_wrote_nothing_is_charged_once_that_is_certain() {
    for (what, marking, seconds) in
        [("late", LATE(), 60), ("blind", BLIND(), 0), ("both", Marking { lag: 60, ..BLIND() }, 60)]
    {
        let sim = marked(useless, &[3], marking);
        let mut engine = sim.engine(unsettled());
        // The Job ends a minute after it was created, and is listed a moment later.
        let (overview, _) = play(&sim, &mut engine, 60 + seconds - 10, vec![]).await;
        assert_eq!(outcomes(&overview), [], "{what}");
        let (overview, _) = play(&sim, &mut engine, 20 + 15, vec![]).await;
        assert_eq!(outcomes(&overview), [Outcome::Ineffective], "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_whose_mark_lags_is_confirmed_as_of_that_much_earlier() {
    let sim = marked(good, &[], LATE());
    let overview = sim.run_for(&spec(), 30).await;
    let confirmed = overview.coverages[0].confirmed_at.unwrap();
    assert!(confirmed < at("2025-11-20T11:59:01Z") && confirmed >= at("2025-11-20T11:59:00Z"), "{confirmed}");
}

#[tokio::test(start_paused = true)]
async fn a_date_for_which_nothing_waits_is_left_to_a_mark_that_is_blind_for_recent_writes_only() {
    let sim = marked(good, &[3], BUFFERED());
    sim.settle(&spec()).await;
    let probes = sim.state().probes;
    let read = sim.state().dates_read;
    sim.run_for(&spec(), 4 * HOUR).await;
    let state = sim.state();
    assert_eq!((state.probes, state.dates_read), (probes + 1, read + 10), "a new process reads once");
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_without_a_trace_are_found_at_the_next_interval() {
    let sim = marked(useless, &[3], BLIND());
    sim.settle(&spec()).await;
    let mut engine = sim.engine(spec());
    play(&sim, &mut engine, HOUR, vec![]).await;
    sim.commit(day("2025-11-03"), &FULL);
    let (overview, _) = play(&sim, &mut engine, HOUR + 60, vec![]).await;
    assert_eq!(tell(&overview), Vec::<String>::new(), "a date of two weeks is read hourly");
}

#[tokio::test(start_paused = true)]
async fn a_day_of_a_blind_table_costs_a_bounded_number_of_reads() {
    let probes = |sim: &Sim| sim.state().probes;
    let sim = marked(good, &[], BLIND());
    sim.run_for(&spec(), 24 * HOUR).await;
    assert!((24..=25).contains(&probes(&sim)), "dates of two weeks are read hourly, not {} times", probes(&sim));
    let sim = recent_world(BLIND());
    sim.run_for(&recent(), 24 * HOUR).await;
    assert!(
        (150..=289).contains(&probes(&sim)),
        "recent dates are read every five minutes, not {} times",
        probes(&sim)
    );
    assert!(sim.state().dates_read < 2 * 289 + 25 * 10, "older ones hourly: {}", sim.state().dates_read);
}

#[tokio::test(start_paused = true)]
async fn a_season_that_is_long_over_is_read_once_a_day_where_the_mark_is_blind_and_never_where_it_is_not() {
    for (marking, most) in [(BLIND(), 11), (LATE(), 1), (BUFFERED(), 1)] {
        let sim = marked(good, &[], marking);
        // The dates are older than 30 days after the first three weeks.
        let mut engine = sim.engine(spec());
        play(&sim, &mut engine, 21 * 24 * HOUR, vec![]).await;
        let before = sim.state().probes;
        play(&sim, &mut engine, 10 * 24 * HOUR, vec![]).await;
        let probes = sim.state().probes - before;
        assert!(probes < most, "{probes} reads in ten days");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_of_a_blind_table_is_tried_again_at_its_intervals() {
    let sim = marked(good, &[], BLIND());
    sim.state().broken_dates.insert(day("2025-11-03"), failed().lasting());
    let mut engine = sim.engine(spec());
    let (overview, _) = play(&sim, &mut engine, 10 * HOUR, vec![]).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-03"]);
    assert!(sim.state().probes <= 12, "{} reads in ten hours", sim.state().probes);
    sim.state().broken_dates.clear();
    let (overview, _) = play(&sim, &mut engine, HOUR + 60, vec![]).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_loss_of_much_data_that_leaves_no_trace_is_read_again_before_it_is_believed() {
    let sim = recent_world(BLIND());
    sim.settle(&recent()).await;
    let mut engine = sim.engine(recent());
    sim.state().table.clear();
    let back = turn(90, |sim| {
        sim.state().table = (9..=18).map(|n| (jiff::civil::date(2025, 11, n), FULL.to_vec())).collect();
    });
    let (overview, events) = play(&sim, &mut engine, 600, vec![back]).await;
    assert_eq!((tell(&overview), sim.state().creates.len()), (vec![], 0), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn facts_of_a_blind_table_hold_for_three_of_their_own_intervals() {
    let sim = recent_world(BLIND());
    let mut engine = sim.engine(recent());
    let table = recent().coverages[0].table.name.clone();
    let breaks = turn(2 * HOUR + 60, |sim| _ = sim.state().unseen.insert(table));
    let (overview, _) = play(&sim, &mut engine, 4 * HOUR, vec![breaks]).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-18"], "this date was to be read every five minutes");
    let (overview, _) = play(&sim, &mut engine, HOUR + 600, vec![]).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-09..2025-11-18"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_reads_nothing_of_a_blind_table_confirms_nothing() {
    let confirmed = |overview: Overview| overview.coverages[0].confirmed_at.unwrap();
    let sim = recent_world(BLIND());
    assert!(confirmed(sim.run_for(&recent(), 280).await) < at("2025-11-20T12:00:30Z"));
    let sim = recent_world(Marking::default());
    assert!(confirmed(sim.run_for(&recent(), 280).await) > at("2025-11-20T12:03:30Z"));
}

#[tokio::test(start_paused = true)]
async fn a_table_with_a_part_that_may_still_be_written_is_looked_at_again_within_seconds() {
    for (again, looks) in [(Again::AtCadence, 1..=1), (YOUNG, 4..=6)] {
        let sim = recent_world(Marking { again, ..Marking::default() });
        sim.run_for(&recent(), 10).await;
        // Beside the looks: one of the schedule, and one with each of the two reads.
        let marks = sim.state().marks - 3;
        assert!(looks.contains(&marks), "{marks} looks");
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_whose_mark_is_blind_is_read_every_quarter_of_an_hour() {
    let sim = world(good, &[]);
    sim.state().schedule_blind = Blind::All;
    sim.run_for(&spec(), 24 * HOUR).await;
    let reads = sim.state().schedule_reads;
    assert!((96..=97).contains(&reads), "{reads} reads in a day");
    let sim = world(good, &[]);
    sim.run_for(&spec(), 24 * HOUR).await;
    assert_eq!(sim.state().schedule_reads, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_at_before_its_mark_allows_it() {
    let sim = recent_world(Marking { again: Again::NotBefore(Span::minutes(30)), ..Marking::default() });
    let mut engine = sim.engine(recent());
    let mut edited = recent();
    edited.coverages[0].fill.dates_per_job = 2;
    play(&sim, &mut engine, 60, vec![]).await;
    // The other marks are those of the schedule, which is looked at every minute.
    let tables = |sim: &Sim| sim.state().probes;
    let before = tables(&sim);
    sim.commit(day("2025-11-18"), &[("BOS@NYK", 9), ("LAL@MIN", 9)]);
    play(&sim, &mut engine, HOUR / 2 - 120, vec![edit(60, &edited)]).await;
    assert_eq!(tables(&sim), before, "neither a change nor an edit brings a look forward");
    play(&sim, &mut engine, 120, vec![]).await;
    assert_eq!(tables(&sim), before + 1);
}

#[tokio::test(start_paused = true)]
async fn an_edit_looks_again_at_once_where_the_last_look_failed() {
    let sim = recent_world(Marking { again: Again::NotBefore(Span::minutes(30)), ..Marking::default() });
    sim.state().broken_dates.insert(day("2025-11-18"), Unknown::new(UnknownReason::ProbeBudget, "used up"));
    let mut engine = sim.engine(recent());
    let (overview, _) = play(&sim, &mut engine, 1200, vec![]).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeBudget 2025-11-18"]);
    assert_eq!(sim.state().probes, 1);
    sim.state().broken_dates.clear();
    let (overview, _) = play(&sim, &mut engine, 60, vec![edit(1, &recent())]).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
}

/// What a script leaves behind: what became of every date, by how many Jobs, and what still waits.
#[derive(Debug, PartialEq)]
struct End_ {
    cells: Vec<String>,
    runs: Vec<(Date, u32)>,
    outcomes: Vec<(Date, Outcome)>,
    waiting: usize,
}

impl End_ {
    fn of(sim: &Sim, overview: &Overview) -> Self {
        let view = &overview.coverages[0];
        let mut outcomes: Vec<_> = view.recent.iter().flat_map(|s| s.outcomes.iter().map(|(d, o)| (*d, *o))).collect();
        outcomes.sort_by_key(|(date, _)| *date);
        let waiting = view.attempts.iter().filter(|a| matches!(a.stage, Stage::Ended { .. })).count();
        let runs = sim.state().runs.clone().into_iter().collect();
        Self { cells: tell(overview), runs, outcomes, waiting }
    }
}

/// Jobs that do well at once, at their second run, or never; each takes its own time.
fn varied(date: Date, run: u32) -> Done {
    let takes = 5 + 37 * i64::from(date.day());
    match date.day() % 4 {
        0 => (takes, End::Succeeded, None),
        1 if run == 1 => (takes, End::Succeeded, None),
        2 if run == 1 => (takes, End::Exit(1), None),
        _ => (takes, End::Succeeded, Some(FULL.to_vec())),
    }
}

fn ends(missing: &[i8], settle: i64, marking: Marking) -> End_ {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let sim = marked(varied, missing, marking);
        let mut spec = spec();
        spec.coverages[0].fill.settle = Span::seconds(settle);
        let overview = sim.settle(&spec).await;
        End_::of(&sim, &overview)
    })
}

fn marking() -> impl Strategy<Value = Marking> {
    let again = prop_oneof![Just(Again::AtCadence), Just(YOUNG), Just(Again::NotBefore(Span::minutes(1)))];
    let blind = prop::sample::select(&[Blind::No, Blind::Recent, Blind::All][..]);
    (0_i64..120, blind, 0_i64..20_000, again).prop_map(|(lag, blind, buffer, again)| Marking {
        lag,
        blind,
        buffer,
        again,
        ..Marking::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_world_whose_marks_come_late_or_are_blind_ends_as_one_whose_marks_show_everything(
        missing in proptest::collection::vec(1_i8..=10, 0..6),
        settle in 0_i64..400,
        marking in marking(),
    ) {
        let shows = ends(&missing, settle, Marking::default());
        prop_assert_eq!(ends(&missing, settle, marking), shows);
    }
}

//! What is known of each date, and since when. One date, one question or one look that fails takes nothing else along,
//! and nothing is launched or charged on what is too old to say anything.

use std::sync::Arc;
use std::time::Duration;

use super::script::{edit, outcomes, play, turn};
use super::sim::*;
use crate::domain::dates::{Date, shift};
use crate::domain::judge::tests::{day, fingerprints};
use crate::domain::ledger::{End, Outcome};
use crate::domain::mark::{Again, TableMark};
use crate::domain::policy::*;
use crate::domain::probe::*;
use crate::domain::span::Span;
use crate::domain::verdict::Unknown;
use crate::engine::overview::Overview;
use crate::engine::ports::Warehouse;
use crate::engine::spec::{Cadence, Limits, Spec};

/// Two coverages of one table, of which the first filters by a column that is not there.
fn one_bad_question() -> Spec {
    let mut spec = spec();
    spec.coverages.push(second("good"));
    let filter = Filter { column: ABSENT.into(), test: Test::IsNull(false) };
    Arc::make_mut(&mut spec.coverages[0].question).filters.push(filter);
    spec
}

/// The states of one coverage.
fn tell_of(overview: &Overview, name: &str) -> Vec<String> {
    let mut overview = overview.clone();
    overview.coverages.retain(|view| &*view.key.name == name);
    tell(&overview)
}

#[tokio::test(start_paused = true)]
async fn one_question_that_cannot_be_answered_stops_no_other_of_its_table() {
    let sim = world(good, &[3]);
    let overview = sim.settle(&one_bad_question()).await;
    assert_eq!(tell_of(&overview, "boxscores"), ["Unknown/SchemaMismatch 2025-11-01..2025-11-10"]);
    assert_eq!(tell_of(&overview, "good"), Vec::<String>::new(), "judged, filled and verified");
    let cell = &overview.coverages.iter().find(|view| &*view.key.name == "boxscores").unwrap().cells[0];
    assert_eq!(cell.message, "the table has no column `absent`");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_answered_is_asked_again_when_the_data_changes_and_not_before() {
    let sim = world(good, &[]);
    let script = vec![
        turn(2 * HOUR, |s| assert_eq!(s.state().dates_read, 20, "two coverages, ten dates")),
        turn(24 * HOUR, |s| {
            assert_eq!(s.state().dates_read, 20, "nothing is read at rest");
            s.state().table.get_mut(&day("2025-11-05")).unwrap()[0].1 += 1;
        }),
        turn(26 * HOUR, |s| assert_eq!(s.state().dates_read, 22, "one date of both")),
    ];
    play(&sim, &mut sim.engine(one_bad_question()), 30 * HOUR, script).await;
}

#[tokio::test(start_paused = true)]
async fn a_broken_part_of_one_date_leaves_every_other_date_to_be_filled_and_settled() {
    for why in [failed(), failed().lasting()] {
        let sim = world(good, &[3]);
        sim.state().broken_dates.insert(day("2025-11-02"), why);
        let overview = sim.settle(&spec()).await;
        assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-02"]);
        assert_eq!(outcomes(&overview), [Outcome::Filled]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_part_is_read_again_when_it_changes_and_not_before() {
    let sim = world(good, &[]);
    sim.state().broken_dates.insert(day("2025-11-02"), failed().lasting());
    let script = vec![turn(24 * HOUR, |s| {
        assert_eq!(s.state().dates_read, 10, "once each");
        s.state().broken_dates.clear();
        s.state().table.get_mut(&day("2025-11-02")).unwrap()[0].1 += 1;
    })];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 26 * HOUR, script).await;
    assert_eq!((tell(&overview), sim.state().dates_read), (vec![], 11));
}

#[tokio::test(start_paused = true)]
async fn a_date_that_may_be_read_the_next_time_is_tried_soon_and_then_at_each_look() {
    let sim = world(good, &[]);
    sim.state().broken_dates.insert(day("2025-11-02"), failed());
    let script = vec![
        turn(60, |s| assert_eq!(s.state().dates_read, 12, "twice more within seconds")),
        turn(10 * HOUR + 60, |s| {
            assert_eq!(s.state().dates_read, 22, "then as often as the table is looked at");
            s.state().broken_dates.clear();
        }),
    ];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 12 * HOUR, script).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
}

/// A filler that writes what cannot be read: its outcome is not known, and waiting for it would never end.
#[tokio::test(start_paused = true)]
async fn a_job_whose_own_date_cannot_be_read_is_not_charged_and_not_waited_for() {
    let sim = world(good, &[3]);
    let breaks = sim.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        breaks.state().broken_dates.insert(day("2025-11-03"), failed().lasting());
    });
    let overview = sim.settle(&spec()).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-03"]);
    assert!(overview.coverages[0].tallies.is_empty());
    assert_eq!(
        overview.coverages[0].cells[2].message,
        "no answer; when last read: no rows; 2 units expected; its Job has ended; its outcome is decided once the \
         date can be judged"
    );
}

/// A Job of two dates, one of which cannot be read: the other is settled without it.
#[tokio::test(start_paused = true)]
async fn a_date_that_cannot_be_read_holds_up_no_other_date_of_its_job() {
    let sim = world(good, &[3, 4]);
    let breaks = turn(30, |sim| _ = sim.state().broken_dates.insert(day("2025-11-03"), failed().lasting()));
    let heals = turn(HOUR, |sim| {
        let mut state = sim.state();
        state.broken_dates.clear();
        state.table.insert(day("2025-11-03"), FULL.iter().map(|(unit, rows)| (*unit, rows + 1)).collect());
    });
    let mut spec = spec();
    spec.coverages[0].fill.dates_per_job = 2;
    let mut engine = sim.engine(spec);
    let (overview, _) = play(&sim, &mut engine, HOUR / 2, vec![breaks]).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-03"]);
    assert_eq!(outcomes(&overview), [Outcome::Filled]);
    let (overview, _) = play(&sim, &mut engine, 3 * HOUR, vec![heals]).await;
    assert_eq!((tell(&overview), outcomes(&overview)), (vec![], vec![Outcome::Filled; 2]));
    assert_eq!(sim.state().creates.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn complete_dates_stay_complete_through_failed_looks_until_three_cadences_have_passed() {
    let sim = world(good, &[]);
    sim.state().look_takes = 1;
    let steps = vec![turn(HOUR - 60, |s| s.state().broken = Some(failed()))];
    let mut engine = sim.engine(spec());
    let (overview, events) = play(&sim, &mut engine, 3 * HOUR - 60, steps).await;
    assert_eq!((tell(&overview), events), (vec![], vec![]), "the table is looked at once an hour");
    let (overview, _) = play(&sim, &mut engine, 120, vec![]).await;
    assert_eq!(tell(&overview), ["Unknown/ProbeFailed 2025-11-01..2025-11-10"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_launched_on_facts_of_a_table_whose_look_hangs() {
    let sim = world(good, &[10]);
    let mut spec = spec();
    // Date 10 ends on 2025-11-11T05:00Z: it is due five hours after the start.
    spec.coverages[0].due = Moment { after: Anchor::DateEnd, offset: Span::hours(9 * 24 + 7 + 5) };
    let hangs = turn(60, |s| s.state().look_takes = 100 * HOUR);
    let (overview, _) = play(&sim, &mut sim.engine(spec), 6 * HOUR, vec![hangs]).await;
    assert!(sim.state().creates.is_empty());
    assert_eq!(
        tell(&overview),
        ["Unknown/ProbeFailed 2025-11-01..2025-11-10"],
        "its state is unknown after three hours"
    );
}

/// A warehouse that does as that of files does: a mark takes a while to come in, and a probe answers with the mark of the
/// look before it.
#[derive(Clone)]
struct Slow(Sim);

impl Warehouse for Slow {
    async fn mark(&self, reader: &Arc<str>, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let mark = self.0.mark(reader, table, date).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        mark
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        let answer = self.0.probe(reader, table, seen.clone(), probes).await?;
        Ok(Answer { mark: (*seen).clone(), ..answer })
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        question: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        self.0.schedule(reader, table, question).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_one_date_confirms_no_other() {
    fn slow(_: Date, _: u32) -> Done {
        (100, End::Succeeded, Some(FULL.to_vec()))
    }
    let sim = world(slow, &[3]);
    let mut spec = spec();
    spec.coverages[0].fill.settle = Span::default();
    let mut engine = sim.engine_over(Slow(sim.clone()), spec.clone(), Limits::default());
    // The Job is created after a minute. A look begins ten seconds before it ends, sees another date change, and reads that
    // one after the end.
    let changes = turn(150, |s| s.state().table.get_mut(&day("2025-11-09")).unwrap()[0].1 += 1);
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![changes, edit(150, &spec)]).await;
    assert_eq!(outcomes(&overview), [Outcome::Filled], "nothing was charged on what was listed before the Job ended");
}

#[tokio::test(start_paused = true)]
async fn only_looks_a_cadence_apart_agree_that_data_is_gone() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    sim.state().table.clear();
    let edits = || vec![edit(5, &spec()), edit(10, &spec()), edit(15, &spec())];
    for again in [Again::AtCadence, YOUNG] {
        sim.state().marking.again = again;
        let (overview, _) = play(&sim, &mut sim.engine(spec()), 1800, edits()).await;
        assert_eq!(tell(&overview), ["Blocked/SuspectProbe 2025-11-01..2025-11-10"], "the table is looked at hourly");
    }
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 2 * HOUR + 30, vec![]).await;
    assert_eq!(tell(&overview), ["Running/Started 2025-11-08..2025-11-10", "Missing/NoRows 2025-11-01..2025-11-07"]);
}

#[tokio::test(start_paused = true)]
async fn an_edited_threshold_does_not_make_data_that_is_gone_believed() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    sim.state().table.clear();
    let mut raised = spec();
    raised.coverages[0].fingerprints = fingerprints(2);
    raised.coverages[0].criteria.rules = vec![Rule { measure: 0, check: Check::AtLeast(1_000), what: "rows".into() }];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 60, vec![edit(10, &raised)]).await;
    assert_eq!(tell(&overview), ["Blocked/SuspectProbe 2025-11-01..2025-11-10"]);
}

#[tokio::test(start_paused = true)]
async fn a_doubted_read_charges_no_date() {
    let sim = world(good, &[3]);
    // The mount vanishes after the Job has ended, and before its data is read.
    let gone = turn(200, |s| s.state().table.clear());
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 380, vec![gone]).await;
    assert_eq!(outcomes(&overview), []);
    assert!(overview.coverages[0].tallies.is_empty());
}

/// What was complete before the window moved on is no date of it.
#[tokio::test(start_paused = true)]
async fn a_rolling_window_that_loses_all_its_dates_is_doubted_also_after_months() {
    fn whole(_: Date, _: u32) -> Done {
        (60, End::Succeeded, Some(vec![(WHOLE_DATE, 2)]))
    }
    let sim = world(whole, &[]);
    let spec = window_of_whole_dates();
    sim.state().table = (0..120).map(|n| (shift(day("2025-11-01"), n), vec![(WHOLE_DATE, 2)])).collect();
    play(&sim, &mut sim.engine_with(spec.clone(), seldom()), 30 * 24 * HOUR, vec![]).await;
    sim.state().table.clear();
    let overview = sim.run_for(&spec, 30).await;
    assert!(sim.state().creates.is_empty(), "{:?}", tell(&overview));
}

/// Limits under which weeks pass in few looks.
pub(super) fn seldom() -> Limits {
    let hours = Span::hours(4);
    let cadence = Cadence { hot: hours, warm: hours, cold: hours };
    Limits { cadence, job_poll: jiff::SignedDuration::from_secs(60), ..Limits::default() }
}

/// A coverage of the last ten dates, each of which is one unit.
pub(super) fn window_of_whole_dates() -> Spec {
    let mut spec = spec();
    (spec.seasons[0].schedule, spec.seasons[0].dates) = (None, Dates::Last(10));
    let coverage = &mut spec.coverages[0];
    coverage.criteria.grain = Grain::Date;
    coverage.criteria.rules.clear();
    coverage.due = Moment { after: Anchor::DateEnd, offset: Span::hours(1) };
    Arc::make_mut(&mut coverage.question).unit = UnitForm::Whole;
    spec
}

#[tokio::test(start_paused = true)]
async fn a_doubt_ends_with_the_first_read_that_finds_the_data_again() {
    let sim = world(good, &[]);
    sim.settle(&spec()).await;
    let table = std::mem::take(&mut sim.state().table);
    let mut engine = sim.engine(spec());
    let (overview, _) = play(&sim, &mut engine, 60, vec![]).await;
    assert_eq!(tell(&overview), ["Blocked/SuspectProbe 2025-11-01..2025-11-10"]);
    sim.state().table = table;
    play(&sim, &mut engine, HOUR + 60, vec![]).await;
    sim.state().table.remove(&day("2025-11-03"));
    play(&sim, &mut engine, HOUR + 60, vec![]).await;
    assert_eq!(sim.state().creates.len(), 1, "one date is no more than a gap");
}

#[tokio::test(start_paused = true)]
async fn a_date_that_loses_what_a_job_filled_waits_before_it_is_filled_again() {
    let sim = world(good, &[3]);
    let mut engine = sim.engine(spec());
    play(&sim, &mut engine, 1000, vec![]).await;
    sim.state().table.remove(&day("2025-11-03"));
    for _ in 0..100 {
        let (overview, _) = play(&sim, &mut engine, 60, vec![]).await;
        if !tell(&overview).is_empty() {
            return assert_eq!(tell(&overview), ["Waiting/Regressed 2025-11-03"]);
        }
    }
    panic!("its absence was not noticed");
}

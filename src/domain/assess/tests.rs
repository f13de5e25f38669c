//! The state of a cell, as a specification: every rule, and the rules that precede it.

mod properties;

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::*;
use crate::domain::dates::DateSet;
use crate::domain::judge::tests::{at, calendar, calendar_of, coverage, day, facts};
use crate::domain::judge::{Known, judge};
use crate::domain::ledger::{Admitted, Before, End, Outcome, Pending, Tally, Template, Trial};
use crate::domain::policy::{DateOrder, FillOrder, Repairs, Rerun, Waiver};
use crate::domain::probe::DateFacts;
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};

const DATE: &str = "2025-11-14";
const GAMES: [&str; 2] = ["BOS@NYK", "PHX@DEN"];
/// Twelve hours after the date's games have started, six after it was due.
const NOW: &str = "2025-11-15T11:00:00Z";

/// One date and everything around it.
#[derive(Debug)]
struct Case {
    coverage: Coverage,
    games: Vec<&'static str>,
    facts: Result<DateFacts, Unknown>,
    ledger: Ledger,
    jobs: Vec<Job>,
    orders: DateOrders,
    hold: Option<Hold>,
    now: &'static str,
}

fn case() -> Case {
    Case {
        coverage: coverage(),
        games: GAMES.to_vec(),
        facts: Ok(facts(&[])),
        ledger: Ledger::default(),
        jobs: vec![],
        orders: DateOrders::new(),
        hold: None,
        now: NOW,
    }
}

impl Case {
    fn assess(&self) -> Assessment {
        let calendar = calendar([calendar_of(day(DATE), &self.games)], "2025-11-15");
        let known = match &self.facts {
            Ok(facts) => Known::Fresh(facts),
            Err(unknown) => Known::Never(unknown),
        };
        let judged = [(day(DATE), judge(&self.coverage, &calendar, day(DATE), known, at(self.now)))];
        assess(&Situation {
            coverage: &self.coverage,
            calendar: &calendar,
            judged: &judged,
            ledger: &self.ledger,
            jobs: &self.jobs,
            orders: Some(&self.orders),
            hold: self.hold,
            now: at(self.now),
        })
    }

    fn recorded(mut self) -> Self {
        let dates: DateSet = [day(DATE)].into_iter().collect();
        let admitted = Admitted {
            rung: "reload".into(),
            target: coverage().table,
            aliases: vec![],
            dates,
            number: 1,
            tokens: Default::default(),
            trial: false,
        };
        self.ledger = self.ledger.record(&admitted, [(day(DATE), Before::default())].into(), at(NOW));
        self
    }

    fn tally(mut self, tally: Tally) -> Self {
        self.ledger.tallies.insert(("reload".into(), day(DATE)), tally);
        self
    }

    fn token(mut self, token: &str) -> Self {
        let rerun = Some(Rerun { token: token.into(), coverages: vec![] });
        self.orders.insert(day(DATE), DateOrder { priority: 0, rerun });
        self
    }
}

fn tally(charged: u8, last: Outcome, retry_at: &str) -> Tally {
    Tally { charged, free: 0, last, retry_at: at(retry_at), alone: false, complete_reads: 0 }
}

#[track_caller]
fn check(case: &Case, expected: &str) {
    let assessment = case.assess();
    let cell = &assessment.cells[0];
    let wants = if assessment.wants.is_empty() { "" } else { " wants a Job" };
    let told: String = format!("{}/{}{wants}", cell.state().word(), cell.cause.reason());
    assert_eq!(told, expected);
    assert!(!cell.message.contains("2025-11-15T"), "a message has no time that changes: {}", cell.message);
}

fn complete() -> DateFacts {
    facts(&[("BOS@NYK", 2), ("PHX@DEN", 2)])
}

#[test]
fn an_open_due_date_wants_a_job() {
    check(&case(), "Missing/NoRows wants a Job");
    check(&Case { facts: Ok(facts(&[("BOS@NYK", 2)])), ..case() }, "Partial/UnitsMissing wants a Job");
}

#[test]
fn a_live_job_comes_before_everything_the_data_says() {
    check(&case().recorded(), "Running/Started");
    check(&Case { facts: Ok(complete()), ..case() }.recorded(), "Running/Started");
    let mut queued = case().recorded();
    queued.jobs.push(job(Some(Pending::Queued)));
    check(&queued, "Running/Queued");
    let mut stuck = case().recorded();
    stuck.jobs.push(job(Some(Pending::Pod("ImagePullBackOff".into()))));
    check(&stuck, "Running/PodPending");
    let mut forgotten = case();
    forgotten.jobs.push(job(None));
    check(&forgotten, "Running/Started");
}

fn job(pending: Option<Pending>) -> Job {
    Job {
        namespace: "default".into(),
        name: "j".into(),
        uid: "u".into(),
        coverage: "uid-boxscores".into(),
        launch: 1,
        dates: [day(DATE)].into_iter().collect(),
        target: coverage().table,
        aliases: vec![],
        ended: None,
        message: String::new(),
        pending,
    }
}

#[test]
fn an_ended_job_is_verified_after_its_settle_time() {
    let mut ended = case().recorded();
    ended.ledger.ended(1, at("2025-11-15T10:58:00Z"), End::Succeeded, String::new());
    check(&ended, "Verifying/Settling");
    assert_eq!(ended.assess().cells[0].next, Some(at("2025-11-15T11:03:00Z")));
    check(&Case { now: "2025-11-15T11:03:00Z", ..ended }, "Verifying/Probing");
}

#[test]
fn complete_data_wins_over_waivers_exhaustion_and_suspension() {
    let mut waived = Case { facts: Ok(complete()), hold: Some(Hold::Suspended), ..case() };
    waived.coverage.waivers.push(waiver(None));
    check(&waived.tally(tally(3, Outcome::Failed, NOW)), "Complete/");
}

fn waiver(expires: Option<&str>) -> Waiver {
    let dates = crate::domain::dates::DateRange::day(day(DATE));
    Waiver { dates, reason: "no source".into(), expires: expires.map(day) }
}

#[test]
fn a_waiver_covers_gaps_and_the_unknown_until_it_expires() {
    let waived = |expires| {
        let mut case = case();
        case.coverage.waivers.push(waiver(expires));
        case
    };
    check(&waived(None), "Waived/Waiver");
    check(&waived(Some("2025-11-15")), "Waived/Waiver");
    check(&waived(Some("2025-11-14")), "Missing/NoRows wants a Job");
    let unknown = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    check(&Case { facts: unknown, ..waived(None) }, "Waived/Waiver");
}

#[test]
fn a_waived_date_is_judged_again_when_its_waiver_expires() {
    let ends = |expires| {
        let mut case = case();
        case.coverage.waivers.push(waiver(expires));
        let assessed = case.assess();
        (assessed.cells[0].next, assessed.valid_until)
    };
    let (next, valid_until) = ends(Some("2025-11-16"));
    assert!(next.is_some() && valid_until == next, "{next:?} {valid_until:?}");
    let last = at("2025-11-17T12:00:00Z");
    assert!(next.is_some_and(|at| at > at_start() && at < last), "{next:?}");
    assert_eq!(ends(None).0, None, "it never expires");
}

/// The waiver's last day has begun in every zone.
fn at_start() -> Timestamp {
    at("2025-11-16T23:59:59Z")
}

#[test]
fn nothing_is_launched_on_the_unknown_nor_before_it_is_due() {
    let unknown = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    check(&Case { facts: unknown, ..case() }.token("again"), "Unknown/ProbeFailed");
    check(&Case { now: "2025-11-15T05:59:59Z", ..case() }, "NotDue/Due");
    check(&Case { now: "2025-11-15T06:00:00Z", ..case() }, "Missing/NoRows wants a Job");
    check(&Case { games: vec![], ..case() }.token("again"), "NotExpected/OffDay");
}

#[test]
fn a_date_that_is_too_far_ahead_to_be_read_is_not_due() {
    let unread = || Case { facts: Err(Unknown::new(UnknownReason::NotProbed, "not read yet")), ..case() };
    let ahead = || Case { now: "2025-11-05T12:00:00Z", ..unread() };
    check(&ahead(), "NotDue/Due");
    assert_eq!(ahead().assess().cells[0].next, Some(at("2025-11-15T06:00:00Z")));
    check(&ahead().token("again"), "NotDue/Due");
    check(&unread(), "Unknown/NotProbed");
    let failed = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    check(&Case { facts: failed, ..ahead() }, "Unknown/ProbeFailed");
}

#[test]
fn what_no_rung_repairs_needs_a_person() {
    let doubled = DateFacts { surplus: 3, ..complete() };
    check(&Case { facts: Ok(doubled.clone()), ..case() }, "Unrecoverable/NoRung");
    let mut repairs = Case { facts: Ok(doubled.clone()), ..case() };
    repairs.coverage.fill.ladder[0].repairs.push(Repairs::Flaw(crate::domain::verdict::Flaw::Duplicated));
    check(&repairs, "Partial/Duplicated wants a Job");
    let both = DateFacts { surplus: 3, ..facts(&[("BOS@NYK", 2)]) };
    check(&Case { facts: Ok(both), ..case() }, "Partial/UnitsMissing wants a Job");
}

#[test]
fn a_rung_is_used_up_by_charges_by_65_and_by_ten_uncharged_in_a_row() {
    let passed = "2025-11-15T10:00:00Z";
    check(&case().tally(tally(2, Outcome::Ineffective, passed)), "Missing/NoRows wants a Job");
    check(&case().tally(tally(3, Outcome::Ineffective, passed)), "Exhausted/Ineffective");
    check(&case().tally(tally(0, Outcome::Permanent, passed)), "Exhausted/Permanent");
    check(&case().tally(Tally { alone: true, ..tally(0, Outcome::Permanent, passed) }), "Missing/NoRows wants a Job");
    check(&case().tally(Tally { free: 9, ..tally(0, Outcome::RateLimited, passed) }), "Missing/NoRows wants a Job");
    check(&case().tally(Tally { free: 10, ..tally(0, Outcome::RateLimited, passed) }), "Exhausted/RateLimited");
    let held = Case { hold: Some(Hold::Suspended), ..case() };
    check(&held.tally(tally(3, Outcome::Ineffective, passed)), "Exhausted/Ineffective");
}

#[test]
fn a_date_waits_for_its_backoff_and_a_hold_comes_first() {
    let waiting = case().tally(tally(1, Outcome::Failed, "2025-11-15T12:00:00Z"));
    check(&waiting, "Waiting/Failed");
    assert_eq!(waiting.assess().valid_until, Some(at("2025-11-15T12:00:00Z")));
    check(&Case { hold: Some(Hold::Suspended), ..waiting }, "Blocked/Suspended");
    check(&Case { hold: Some(Hold::SuspectProbe), ..case() }, "Blocked/SuspectProbe");
}

#[test]
fn a_new_token_reruns_a_date_regardless_of_charges() {
    let used_up = || case().tally(tally(3, Outcome::Failed, "2025-11-15T12:00:00Z"));
    check(&used_up().token("again"), "Missing/NoRows wants a Job");
    check(&Case { facts: Ok(complete()), ..case() }.token("again"), "Complete/ wants a Job");
    let mut spent = used_up().token("again");
    spent.ledger.tokens.insert(day(DATE), "again".into());
    check(&spent, "Exhausted/Failed");
    check(&Case { hold: Some(Hold::Suspended), ..used_up() }.token("again"), "Blocked/Suspended");
}

#[test]
fn a_token_names_everything_that_it_waits_for() {
    let unknown = |reason| Err(Unknown::new(reason, "why"));
    let mut waived = case();
    waived.coverage.waivers.push(waiver(None));
    let mut ended = case().recorded();
    ended.ledger.ended(1, at("2025-11-15T10:58:00Z"), End::Succeeded, String::new());
    let mut observed = Case { facts: unknown(UnknownReason::ProbeFailed), hold: Some(Hold::Suspended), ..case() };
    observed.coverage.fill.mode = Mode::Observe;
    let unread = Case { now: "2025-11-05T12:00:00Z", facts: unknown(UnknownReason::NotProbed), ..case() };
    for (case, waits) in [
        (case(), vec![]),
        (Case { facts: Ok(complete()), ..case() }, vec![]),
        (Case { now: "2025-11-15T05:59:59Z", ..case() }, vec![]),
        (case().tally(tally(3, Outcome::Failed, NOW)), vec![]),
        (case().recorded(), vec![Wait::Job]),
        (ended, vec![Wait::Job]),
        (Case { games: vec![], ..case() }, vec![Wait::NotExpected]),
        (waived, vec![Wait::Waived]),
        (unread, vec![Wait::Unread]),
        (Case { facts: unknown(UnknownReason::NotProbed), ..case() }, vec![Wait::Unknown]),
        (Case { hold: Some(Hold::Suspended), ..case() }, vec![Wait::Hold(Hold::Suspended)]),
        (Case { facts: Ok(complete()), hold: Some(Hold::Quota), ..case() }, vec![Wait::Hold(Hold::Quota)]),
        (observed, vec![Wait::Observed, Wait::Unknown, Wait::Hold(Hold::Suspended)]),
    ] {
        let assessment = case.token("again").assess();
        let [rerun] = &assessment.reruns[..] else { panic!("{assessment:?}") };
        assert_eq!(rerun.waits, waits, "{:?}", assessment.cells[0].cause);
        assert_eq!(assessment.wants.len(), usize::from(waits.is_empty()), "{:?}", assessment.cells[0].cause);
    }
    let mut spent = case().token("again");
    spent.ledger.tokens.insert(day(DATE), "again".into());
    assert_eq!(spent.assess().reruns, []);
}

#[test]
fn a_changed_template_is_tried_on_a_date_that_is_exhausted_without_waiting() {
    let mut changed = case().tally(tally(3, Outcome::Failed, "2025-11-16T12:00:00Z"));
    changed.ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Open });
    check(&changed, "Missing/NoRows wants a Job");
    let wants = changed.assess().wants;
    assert!(wants[0].trial && wants[0].alone && wants[0].number == 4, "{wants:?}");
    changed.ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Launch(9) });
    check(&changed, "Exhausted/Failed");
    let waiting =
        Case { ledger: changed.ledger.clone(), ..case() }.tally(tally(1, Outcome::Failed, "2025-11-16T12:00:00Z"));
    check(&waiting, "Waiting/Failed");
}

#[test]
fn observe_reports_and_knows_no_attempts() {
    let mut observe = case().tally(tally(3, Outcome::Failed, NOW));
    observe.coverage.fill.mode = Mode::Observe;
    check(&observe, "Missing/NoRows");
    check(&observe.token("again"), "Missing/NoRows");
}

/// Dates in sequence, with what each of them holds.
fn in_sequence<const N: usize>(days: [(Date, Day); N], held: [DateFacts; N], ledger: &Ledger, now: &str) -> Assessment {
    let mut coverage = coverage();
    coverage.fill.order = FillOrder::Sequential;
    let calendar = calendar(days, "2025-11-15");
    let judge = |(date, f): (&Date, &DateFacts)| (*date, judge(&coverage, &calendar, *date, Known::Fresh(f), at(now)));
    let judged: Vec<_> = calendar.days.keys().zip(&held).map(judge).collect();
    let (coverage, calendar, judged, now) = (&coverage, &calendar, &judged, at(now));
    assess(&Situation { coverage, calendar, judged, ledger, jobs: &[], orders: None, hold: None, now })
}

fn reasons(assessment: &Assessment) -> Vec<&str> {
    assessment.cells.iter().map(|c| c.cause.reason()).collect()
}

#[test]
fn in_sequence_a_date_waits_for_every_expected_date_before_it() {
    let dates = ["2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let out = in_sequence(dates, [complete(), facts(&[]), facts(&[])], &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["", "NoRows", "Sequence"]);
    let told = &out.cells[2].message;
    assert!(told.ends_with("; waits for 2025-11-13, which is not done yet: the order is Sequential"), "{told}");
}

/// Its last game begins so late that the date after it is due before it.
#[test]
fn in_sequence_a_date_waits_for_one_before_it_that_is_not_due_yet() {
    let mut dates = ["2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let Day::On(first) = &mut dates[0].1 else { panic!("it expects games") };
    first.anchors = Anchors::new(day("2025-11-13"), &zone, [Some(at("2025-11-15T23:00:00Z"))]);
    let out = in_sequence(dates, [facts(&[]), facts(&[])], &Ledger::default(), NOW);
    assert_eq!((reasons(&out), out.wants.len()), (vec!["Due", "Sequence"], 0));
}

/// The others wait for the oldest: a changed template is tried on that one.
#[test]
fn in_sequence_a_changed_template_is_tried_on_the_oldest_exhausted_date() {
    let dates = ["2025-11-12", "2025-11-13"];
    let mut ledger = Ledger::default();
    ledger.tallies.extend(dates.map(|d| (("reload".into(), day(d)), tally(3, Outcome::Failed, NOW))));
    ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Open });
    let days = dates.map(|d| calendar_of(day(d), &GAMES));
    let out = in_sequence(days, [facts(&[]), facts(&[])], &ledger, NOW);
    let wants: Vec<_> = out.wants.iter().map(|want| (want.date, want.trial)).collect();
    assert_eq!(wants, [(day(dates[0]), true)]);
}

#[test]
fn a_date_is_late_only_while_it_is_not_done() {
    assert!(!Case { now: "2025-11-15T11:59:00Z", ..case() }.assess().cells[0].late);
    assert!(Case { now: "2025-11-15T12:00:00Z", ..case() }.assess().cells[0].late);
    assert!(!Case { now: "2025-11-16T12:00:00Z", facts: Ok(complete()), ..case() }.assess().cells[0].late);
    assert_eq!(case().assess().valid_until, Some(at("2025-11-15T12:00:00Z")), "looked at again when it becomes late");
}

#[test]
fn in_sequence_nothing_waits_for_a_date_that_no_job_can_help() {
    let doubled = DateFacts { surplus: 3, ..complete() };
    let dates = ["2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let out = in_sequence(dates, [complete(), doubled, facts(&[])], &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["", "NoRung", "NoRows"], "what no rung repairs needs a person");
    let mut dates = ["2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    dates[1].1 = Day::Unscheduled;
    let out = in_sequence(dates, [complete(), facts(&[]), facts(&[])], &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["", "Unscheduled", "NoRows"]);
}

#[test]
fn in_sequence_one_date_that_is_open_holds_all_that_follow() {
    let dates = ["2025-11-11", "2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let held = [facts(&[]), complete(), complete(), facts(&[])];
    let out = in_sequence(dates, held, &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["NoRows", "", "", "Sequence"]);
    assert_eq!(out.wants.len(), 1);
}

#[test]
fn a_token_waits_for_the_dates_before_its_own_in_sequence() {
    let (mut coverage, date) = (coverage(), day("2025-11-14"));
    coverage.fill.order = FillOrder::Sequential;
    let calendar = calendar(["2025-11-13", DATE].map(|d| calendar_of(day(d), &GAMES)), "2025-11-15");
    let nothing = facts(&[]);
    let judge = |d: &Date| (*d, judge(&coverage, &calendar, *d, Known::Fresh(&nothing), at(NOW)));
    let judged: Vec<_> = calendar.days.keys().map(judge).collect();
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
    let orders = [(date, DateOrder { priority: 0, rerun })].into();
    let out = assess(&Situation {
        coverage: &coverage,
        calendar: &calendar,
        judged: &judged,
        ledger: &Ledger::default(),
        jobs: &[],
        orders: Some(&orders),
        hold: None,
        now: at(NOW),
    });
    assert_eq!(out.reruns[0].waits, [Wait::Hold(Hold::Sequence)]);
    assert!(out.wants.iter().all(|want| want.date != date), "{:?}", out.wants);
}

/// The open dates of one coverage, in the order of its wants.
fn wanted(order: FillOrder) -> Vec<Want> {
    let mut coverage = coverage();
    coverage.fill.order = order;
    let dates = ["2025-11-12", "2025-11-13", "2025-11-14"];
    let calendar = calendar(dates.map(|d| calendar_of(day(d), &GAMES)), "2025-11-14");
    let nothing = facts(&[]);
    let judge = |d: &Date| (*d, judge(&coverage, &calendar, *d, Known::Fresh(&nothing), at(NOW)));
    let judged: Vec<_> = calendar.days.keys().map(judge).collect();
    let orders = [(day("2025-11-12"), DateOrder { priority: 7, rerun: None })].into();
    let ledger = &Ledger::default();
    let (coverage, calendar, judged, orders) = (&coverage, &calendar, &judged[..], Some(&orders));
    assess(&Situation { coverage, calendar, judged, ledger, jobs: &[], orders, hold: None, now: at(NOW) }).wants
}

#[test]
fn a_want_says_its_order_its_lane_and_its_priority() {
    let days = |order| wanted(order).iter().map(|want| want.date.day()).collect::<Vec<_>>();
    assert_eq!((days(FillOrder::NewestFirst), days(FillOrder::OldestFirst)), (vec![14, 13, 12], vec![12, 13, 14]));
    let told: Vec<_> = wanted(FillOrder::OldestFirst).iter().map(|w| (w.tonight, w.priority)).collect();
    assert_eq!(told, [(false, 7), (true, 0), (true, 0)], "tonight is yesterday and later");
}

#[test]
fn a_want_says_which_attempt_it_is_and_whether_it_runs_alone() {
    let passed = "2025-11-15T10:00:00Z";
    let want = |case: Case| case.assess().wants.remove(0);
    assert_eq!((want(case()).number, want(case()).alone), (1, false));
    let tried = want(case().tally(Tally { alone: true, ..tally(2, Outcome::Failed, passed) }));
    assert_eq!((tried.number, tried.alone), (3, true));
    let rerun = want(case().tally(tally(2, Outcome::Failed, passed)).token("again"));
    assert_eq!((rerun.number, rerun.token.as_deref(), rerun.trial), (1, Some("again"), false), "all is forgotten");
}

/// Two rungs: the second repairs what the first does not.
#[test]
fn a_date_is_tried_on_the_first_rung_that_repairs_it_and_rerun_from_the_first_of_all() {
    let mut case = case();
    let mut second = case.coverage.fill.ladder[0].clone();
    second.name = "rebuild".into();
    case.coverage.fill.ladder[0].repairs = vec![Repairs::Flaw(Flaw::NotFresh)];
    case.coverage.fill.ladder.push(second);
    assert_eq!(&*case.assess().wants[0].rung, "rebuild");
    assert_eq!(&*case.token("again").assess().wants[0].rung, "reload");
}

#[test]
fn a_rung_repairs_what_it_lists_and_nothing_else() {
    let only = |repairs: Repairs, found: DateFacts| {
        let mut case = Case { facts: Ok(found), ..case() };
        case.coverage.fill.ladder[0].repairs = vec![repairs];
        case
    };
    let part = || facts(&[("BOS@NYK", 2)]);
    check(&only(Repairs::NoRows, facts(&[])), "Missing/NoRows wants a Job");
    check(&only(Repairs::NoRows, part()), "Unrecoverable/NoRung");
    check(&only(Repairs::Flaw(Flaw::UnitsMissing), facts(&[])), "Unrecoverable/NoRung");
    check(&only(Repairs::Flaw(Flaw::UnitsMissing), part()), "Partial/UnitsMissing wants a Job");
    check(&only(Repairs::Flaw(Flaw::NotFresh), part()), "Unrecoverable/NoRung");
}

#[test]
fn a_date_that_only_waits_for_units_to_be_final_wants_no_job() {
    let mut waits = Case { games: vec!["BOS@NYK", "LAL@MIN"], facts: Ok(facts(&[("BOS@NYK", 2)])), ..case() };
    waits.coverage.criteria.expects = crate::domain::policy::Expects::Final;
    check(&waits, "Partial/NotFinal");
    check(&waits.tally(tally(3, Outcome::Failed, NOW)), "Partial/NotFinal");
}

#[test]
fn what_is_settled_and_cannot_be_judged_says_why_and_not_that_it_is_verified() {
    let unknown = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    let mut ended = Case { facts: unknown, ..case() }.recorded();
    ended.ledger.ended(1, at("2025-11-15T10:00:00Z"), End::Succeeded, String::new());
    check(&ended, "Unknown/ProbeFailed");
}

#[test]
fn a_job_that_has_ended_covers_no_date_without_a_record() {
    let mut ended = case();
    ended.jobs.push(Job { ended: Some((at(NOW), End::Succeeded)), ..job(None) });
    check(&ended, "Missing/NoRows wants a Job");
}

#[test]
fn an_assessment_says_when_time_alone_changes_it() {
    let until = |case: &Case| case.assess().valid_until;
    let early = Case { now: "2025-11-15T05:00:00Z", ..case() };
    assert_eq!(until(&early), Some(at("2025-11-15T06:00:00Z")), "due");
    let mut ended = case().recorded();
    ended.ledger.ended(1, at("2025-11-15T10:58:00Z"), End::Succeeded, String::new());
    assert_eq!(until(&ended), Some(at("2025-11-15T11:03:00Z")), "settled");
    assert_eq!(until(&Case { facts: Ok(complete()), ..case() }), None, "never");
    let waits = case().tally(tally(1, Outcome::Failed, "2025-11-15T11:20:00Z"));
    assert_eq!(until(&waits), Some(at("2025-11-15T11:20:00Z")), "its backoff is over");
    check(&Case { now: "2025-11-15T11:20:00Z", ..waits }, "Missing/NoRows wants a Job");
    let mut fresh = Case { now: "2025-11-14T20:30:00Z", ..case() };
    fresh.coverage.criteria.rules = vec![crate::domain::policy::Rule {
        measure: 0,
        check: crate::domain::policy::Check::BeforeStart(Span::minutes(45)),
        what: "snapshot".into(),
    }];
    fresh.facts = Ok(DateFacts { rows: 4, ..newest("2025-11-14T20:00:00Z") });
    assert_eq!(until(&fresh), Some(at("2025-11-15T00:00:00Z")), "the games start, and the last snapshot is judged");
}

/// Both games with a newest value.
fn newest(text: &str) -> DateFacts {
    use crate::domain::probe::{Measured, UnitFacts, UnitKey};
    let unit = UnitFacts { rows: 2, measures: [Measured::Newest(Some(at(text)))].into() };
    let units = GAMES.iter().map(|game| (UnitKey::from(*game), unit.clone())).collect();
    DateFacts { rows: 4, units, ..DateFacts::default() }
}

/// The newest date is open, an older one is exhausted.
#[test]
fn a_changed_template_is_tried_on_the_newest_date_that_is_exhausted() {
    let dates = ["2025-11-11", "2025-11-12", "2025-11-13"];
    let mut ledger = Ledger::default();
    for date in &dates[..2] {
        ledger.tallies.insert(("reload".into(), day(date)), tally(3, Outcome::Failed, NOW));
    }
    ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Open });
    let calendar = calendar(dates.map(|d| calendar_of(day(d), &GAMES)), "2025-11-15");
    let (coverage, nothing) = (coverage(), facts(&[]));
    let judge = |d: &Date| (*d, judge(&coverage, &calendar, *d, Known::Fresh(&nothing), at(NOW)));
    let judged: Vec<_> = calendar.days.keys().map(judge).collect();
    let (calendar, judged, now) = (&calendar, &judged[..], at(NOW));
    let s =
        Situation { coverage: &coverage, calendar, judged, ledger: &ledger, jobs: &[], orders: None, hold: None, now };
    let wants: Vec<_> = assess(&s).wants.iter().map(|want| (want.date.day(), want.trial)).collect();
    assert_eq!(wants, [(13, false), (12, true)]);
}

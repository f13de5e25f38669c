//! Properties of every cell in arbitrary situations.

use super::*;
use crate::domain::dates::shift;
use alloc::vec::Vec;
use proptest::prelude::*;

fn any_case() -> impl Strategy<Value = Case> {
    let facts = prop_oneof![
        Just(Ok(facts(&[]))),
        Just(Ok(complete())),
        Just(Ok(facts(&[("BOS@NYK", 2)]))),
        Just(Ok(facts(&[("X@Y", 2)]))),
        Just(Ok(DateFacts { surplus: 2, ..complete() })),
        Just(Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"))),
    ];
    let outcome =
        prop_oneof![Just(Outcome::Failed), Just(Outcome::Permanent), Just(Outcome::RateLimited), Just(Outcome::Filled)];
    let tally =
        (0..5u8, 0..12u8, outcome, 0..30i64, any::<bool>()).prop_map(|(charged, free, last, hours, alone)| Tally {
            charged,
            free,
            last,
            alone,
            complete_reads: 0,
            retry_at: Span::hours(hours - 5).after(at(NOW), &jiff::tz::TimeZone::UTC),
        });
    let hold = prop_oneof![
        Just(None),
        Just(Some(Hold::Suspended)),
        Just(Some(Hold::SuspectProbe)),
        Just(Some(Hold::LaunchRefused))
    ];
    (facts, proptest::option::of(tally), hold, any::<[bool; 5]>(), 0..3usize).prop_map(
        |(facts, tally, hold, flags, when)| {
            let mut case =
                Case { facts, hold, now: ["2025-11-14T20:00:00Z", NOW, "2026-01-01T00:00:00Z"][when], ..case() };
            if flags[0] {
                case.coverage.waivers.push(waiver(None));
            }
            if flags[1] {
                case.coverage.fill.mode = Mode::Observe;
            }
            if flags[2] {
                case.games.clear();
            }
            case = if flags[3] { case.token("again") } else { case };
            case = if let Some(t) = tally { case.tally(t) } else { case };
            if flags[4] { case.recorded() } else { case }
        },
    )
}

proptest! {
    #[test]
    fn nothing_is_wanted_where_nothing_may_be_launched(case in any_case()) {
        let assessment = case.assess();
        let cell = &assessment.cells[0];
        let never = [State::Running, State::Verifying, State::NotExpected, State::Waived, State::Unknown, State::Blocked];
        if never.contains(&cell.state()) || case.coverage.fill.mode == Mode::Observe || case.hold.is_some() {
            prop_assert!(assessment.wants.is_empty(), "{:?}", cell.cause);
        }
        prop_assert!(assessment.wants.len() <= 1);
        prop_assert_eq!(assessment.cells.len(), 1, "every date in exactly one state");
    }

    #[test]
    fn every_date_is_in_exactly_one_state_and_the_counts_add_up(
        cases in proptest::collection::vec(any_case(), 1..8),
        sequential in any::<bool>(),
    ) {
        let dates: Vec<Date> = (0..cases.len()).map(|n| shift(day(DATE), n as i32)).collect();
        let days = dates.iter().zip(&cases).map(|(date, case)| calendar_of(*date, &case.games));
        let (calendar, first) = (calendar(days, "2025-11-15"), &cases[0]);
        let mut coverage = first.coverage.clone();
        coverage.fill.order = if sequential { FillOrder::Sequential } else { FillOrder::NewestFirst };
        let judged: Vec<_> = dates.iter().zip(&cases).map(|(date, case)| {
            let known = match &case.facts { Ok(facts) => Known::Fresh(facts), Err(unknown) => Known::Never(unknown) };
            (*date, judge(&coverage, &calendar, *date, known, at(first.now)))
        }).collect();
        let assessment = assess(&Situation { sources: &BTreeMap::new(),
            coverage: &coverage, calendar: &calendar, judged: &judged, ledger: &first.ledger, jobs: &first.jobs,
            orders: Some(&first.orders), hold: first.hold, now: at(first.now),
        });
        let told: Vec<Date> = assessment.cells.iter().map(|c| c.date).collect();
        prop_assert_eq!(&told, &dates, "each date once, in order");
        let count = |state: State| assessment.cells.iter().filter(|c| c.state() == state).count();
        prop_assert_eq!(State::ALL.into_iter().map(count).sum::<usize>(), dates.len());
        let mut wanted: Vec<Date> = assessment.wants.iter().map(|w| w.date).collect();
        wanted.dedup();
        prop_assert_eq!(wanted.len(), assessment.wants.len(), "a date is wanted once");
        prop_assert!(wanted.iter().all(|date| dates.contains(date)));
    }

    #[test]
    fn each_open_date_wants_one_job_and_the_same_input_decides_the_same(
        days in proptest::collection::vec((any::<bool>(), 0..4u64, proptest::option::of(0..4u8)), 0..12),
        order in proptest::sample::select(vec![FillOrder::NewestFirst, FillOrder::OldestFirst, FillOrder::Sequential]),
    ) {
        let mut coverage = coverage();
        coverage.fill.order = order;
        let dates: Vec<Date> = (0..days.len() as i32).map(|n| shift(day("2025-11-08"), n)).collect();
        let on = |(date, (plays, ..)): (&Date, &(bool, u64, Option<u8>))| calendar_of(*date, if *plays { &GAMES } else { &[] });
        let calendar = calendar(dates.iter().zip(&days).map(on), "2025-11-15");
        let mut ledger = Ledger::default();
        let mut judged = Vec::new();
        for (date, (_, rows, charged)) in dates.iter().zip(&days) {
            let found = facts(&[("BOS@NYK", *rows), ("PHX@DEN", 2)]);
            judged.push((*date, judge(&coverage, &calendar, *date, Known::Fresh(&found), at(NOW))));
            let charged = charged.map(|n| tally(n, Outcome::Failed, NOW));
            ledger.tallies.extend(charged.map(|t| (("reload".into(), *date), t)));
        }
        let situation = Situation { sources: &BTreeMap::new(),
            coverage: &coverage, calendar: &calendar, judged: &judged, ledger: &ledger, jobs: &[], orders: None,
            hold: None, now: at(NOW),
        };
        let assessment = assess(&situation);
        prop_assert_eq!(assessment.cells.iter().map(|c| c.date).collect::<Vec<_>>(), dates);
        let count = |is: &dyn Fn(State) -> bool| assessment.cells.iter().filter(|c| is(c.state())).count();
        let counted: usize = State::ALL.iter().map(|s| count(&|state| state == *s)).sum();
        prop_assert_eq!(counted, days.len());
        let parts = count(&State::is_done) + count(&State::is_open) + count(&|s| s == State::NotDue);
        prop_assert_eq!(parts, days.len(), "done, open or not due");
        let open = count(&|s| matches!(s, State::Partial | State::Missing));
        prop_assert_eq!(assessment.wants.len(), open, "each open date wants one Job");
        prop_assert_eq!(assess(&situation), assessment, "same input, same decision");
    }

    #[test]
    fn a_result_is_valid_until_the_instant_it_names(case in any_case()) {
        let first = case.assess();
        let end = first.valid_until.unwrap_or(at("2026-06-01T00:00:00Z"));
        let just_before = end.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        if just_before > at(case.now) {
            let calendar = calendar([calendar_of(day(DATE), &case.games)], "2025-11-15");
            let known = match &case.facts { Ok(f) => Known::Fresh(f), Err(u) => Known::Never(u) };
            let judged = [(day(DATE), judge(&case.coverage, &calendar, day(DATE), known, just_before))];
            let later = assess(&Situation { sources: &BTreeMap::new(),
                coverage: &case.coverage, calendar: &calendar, judged: &judged, ledger: &case.ledger, jobs: &case.jobs,
                orders: Some(&case.orders), hold: case.hold, now: just_before,
            });
            prop_assert_eq!(later.cells[0].cause, first.cells[0].cause);
            prop_assert_eq!(later.cells[0].late, first.cells[0].late);
            prop_assert_eq!(later.wants, first.wants);
        }
    }
}

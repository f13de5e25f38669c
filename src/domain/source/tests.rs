//! Windows, and what is used in them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::domain::dates::DateSet;
use crate::domain::judge::tests::{at, coverage, day};
use crate::domain::ledger::{Admitted, End, Ledger, Read, Stage};
use crate::domain::policy::{Budget, Per, Table};

fn budget(per: Per, zone: &str) -> Budget {
    Budget { credits: 10, per, zone: TimeZone::get(zone).unwrap(), reserve: 2 }
}

fn spent(start: &str, credits: u64) -> Spent {
    Spent { start: at(start), credits }
}

#[test]
fn a_window_ends_at_midnight_of_its_zone_on_days_of_23_and_25_hours_too() {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    for (now, start, end) in [
        ("2026-01-26T15:00:00Z", "2026-01-26T08:00:00Z", "2026-01-27T08:00:00Z"),
        ("2026-03-08T12:00:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
        ("2025-11-02T12:00:00Z", "2025-11-02T07:00:00Z", "2025-11-03T08:00:00Z"),
    ] {
        assert_eq!(window(Per::Day, &zone, at(now)), Window { start: at(start), end: at(end) });
    }
    let month = Window { start: at("2026-02-01T08:00:00Z"), end: at("2026-03-01T08:00:00Z") };
    assert_eq!(window(Per::Month, &zone, at("2026-02-28T23:00:00Z")), month);
}

#[test]
fn history_may_not_use_the_reserve() {
    let budget = budget(Per::Day, "UTC");
    assert_eq!((budget.left(7, true), budget.left(7, false)), (3, 1));
    assert_eq!((budget.left(9, true), budget.left(9, false)), (1, 0));
    assert_eq!((budget.left(12, true), budget.left(12, false)), (0, 0), "a smaller budget than what is used");
}

#[test]
fn a_clock_that_jumps_ten_years_and_comes_back_gives_nothing_back_and_holds_nothing() {
    let budget = budget(Per::Day, "UTC");
    let ahead = spent("2026-01-01T00:00:00Z", 7).at(&budget, 1, at("2036-01-01T05:00:00Z"));
    assert_eq!(ahead, spent("2036-01-01T00:00:00Z", 1));
    let back = Spent { credits: 3, ..ahead }.at(&budget, 0, at("2026-01-01T06:00:00Z"));
    assert_eq!(back, spent("2026-01-01T00:00:00Z", 3));
    let next = back.at(&budget, 0, at("2026-01-02T06:00:00Z"));
    assert_eq!(next, spent("2026-01-02T00:00:00Z", 0));
    let same = Spent { credits: 5, ..next }.at(&budget, 0, at("2026-01-01T23:59:00Z"));
    assert_eq!(same.credits, 5, "a clock that is set back by a day stays in its window");
}

#[test]
fn a_purse_that_was_ahead_of_the_clock_keeps_what_was_spent() {
    let budget = budget(Per::Day, "UTC");
    let mut purse = Purse::default();
    purse.turn(&budget, 0, at("2026-01-01T12:00:00Z"));
    purse.see(&"a".into(), 6);
    purse.turn(&budget, 0, at("2036-01-01T12:00:00Z"));
    purse.see(&"a".into(), 4);
    purse.turn(&budget, 0, at("2026-01-01T13:00:00Z"));
    assert_eq!(purse.spent(), Some(spent("2026-01-01T00:00:00Z", 4)));
}

/// The budget of a month becomes one of a day, of another zone, and of a month again.
#[test]
fn whoever_gives_a_budget_other_windows_does_not_fill_it() {
    let shapes = [budget(Per::Month, "UTC"), budget(Per::Day, "UTC"), budget(Per::Month, "America/New_York")];
    let starts = ["2026-01-01T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-01T05:00:00Z"];
    let now = at("2026-01-09T12:00:00Z");
    let mut purse = Purse::default();
    purse.turn(&shapes[0], 0, now);
    purse.see(&"a".into(), 6);
    for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 2), (2, 1), (1, 0)] {
        let record =
            Record { spent: purse.spent(), until: purse.window(&shapes[from]).map(|w| w.end), ..Record::default() };
        purse.reshape(&shapes[from], &shapes[to], now);
        purse.turn(&shapes[to], 0, now);
        assert_eq!(purse.spent(), Some(spent(starts[to], 6)), "{from} {to}");
        assert_eq!(record.spent_at(&shapes[to], now), purse.spent(), "the same after a restart");
        let over = record.until.unwrap();
        assert_eq!(record.spent_at(&shapes[to], over), record.spent, "its window has ended");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Record(usize, u64),
    Create(usize),
    Refuse(usize),
    End(usize),
    Settle(usize),
    Crash,
    Delete(usize),
    Wipe(usize),
    Hours(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = || 0..3_usize;
    let step = prop_oneof![
        5 => (one(), 1..5_u64).prop_map(|(c, n)| Step::Record(c, n)),
        5 => one().prop_map(Step::Create),
        1 => one().prop_map(Step::Refuse),
        2 => one().prop_map(Step::End),
        2 => one().prop_map(Step::Settle),
        1 => Just(Step::Crash),
        1 => one().prop_map(Step::Delete),
        1 => one().prop_map(Step::Wipe),
        2 => (1..30_i64).prop_map(Step::Hours),
    ];
    proptest::collection::vec(step, 0..140)
}

/// Three coverages that draw on one source, and the provider, which counts by itself.
struct Account {
    budget: Budget,
    now: Timestamp,
    uids: Vec<Arc<str>>,
    ledgers: BTreeMap<Arc<str>, Ledger>,
    purse: Purse,
    /// What is stored of the source.
    stored: Option<Spent>,
    /// Live Jobs with what they cost, by coverage and launch.
    alive: BTreeMap<(Arc<str>, u64), u64>,
    /// What the provider was paid, by window.
    paid: BTreeMap<Timestamp, u64>,
    births: usize,
}

impl Account {
    fn new() -> Self {
        Self {
            budget: budget(Per::Day, "America/New_York"),
            now: at("2026-01-01T12:00:00Z"),
            uids: (0..3).map(|n| alloc::format!("{n}").into()).collect(),
            ledgers: BTreeMap::new(),
            purse: Purse::default(),
            stored: None,
            alive: BTreeMap::new(),
            paid: BTreeMap::new(),
            births: 3,
        }
    }

    fn start(&self) -> Timestamp {
        self.budget.window(self.now).start
    }

    /// A decision looks at every ledger.
    fn account(&mut self) {
        let known = |(uid, launch): &&(Arc<str>, u64)| {
            self.ledgers.get(uid).is_some_and(|ledger| ledger.attempt(*launch).is_some())
        };
        let strangers = self.alive.iter().filter(|(key, _)| !known(key)).map(|(_, credits)| credits).sum();
        self.purse.turn(&self.budget, strangers, self.now);
        for (uid, ledger) in &self.ledgers {
            self.purse.see(uid, ledger.spent_on(&"s".into(), &self.budget, self.now));
        }
    }

    fn record(&mut self, uid: &Arc<str>, credits: u64) {
        let spent = self.purse.spent().unwrap();
        if credits > self.budget.left(spent.credits, true) {
            return;
        }
        let admitted = Admitted {
            rung: "reload".into(),
            target: Table { place: "".into(), name: "t".into() },
            aliases: vec![],
            dates: [day("2025-11-01")].into_iter().collect::<DateSet>(),
            number: 1,
            tokens: BTreeMap::new(),
            trial: false,
            draw: Some(Draw { source: "s".into(), credits, requests: 0 }),
            window: Some(spent.start),
        };
        let ledger = self.ledgers.entry(uid.clone()).or_default();
        *ledger = ledger.record(&admitted, BTreeMap::new(), self.now);
    }

    fn recorded(&self, uid: &Arc<str>) -> Option<(u64, u64)> {
        let attempts = self.ledgers.get(uid)?.attempts.iter().rev();
        let mut open = attempts.filter(|attempt| attempt.stage == Stage::Recorded);
        open.next().map(|attempt| (attempt.launch, attempt.draw.as_ref().map_or(0, |draw| draw.credits)))
    }

    fn create(&mut self, uid: &Arc<str>) {
        let Some((launch, credits)) = self.recorded(uid) else { return };
        self.ledgers.get_mut(uid).unwrap().created(launch, &"job".into());
        self.alive.insert((uid.clone(), launch), credits);
        *self.paid.entry(self.start()).or_default() += credits;
    }

    fn refuse(&mut self, uid: &Arc<str>) {
        let Some((launch, credits)) = self.recorded(uid) else { return };
        self.ledgers.get_mut(uid).unwrap().refused(launch);
        self.purse.refund(uid, credits);
    }

    fn settle(&mut self, uid: &Arc<str>) {
        let Some(ledger) = self.ledgers.get_mut(uid) else { return };
        let is_over = |launch| !self.alive.contains_key(&(uid.clone(), launch));
        let created = ledger.attempts.iter().filter(|a| a.stage != Stage::Recorded).map(|a| a.launch);
        for launch in created.filter(|launch| is_over(*launch)).collect::<Vec<_>>() {
            ledger.ended(launch, self.now, End::Exit(1), String::new());
            ledger.turn(&"s".into(), &self.budget, self.now);
            *ledger = ledger.settle(&coverage(), launch, &Read::default(), self.now).ledger;
        }
    }

    fn pass(&mut self, hours: i64) {
        let before = self.start();
        self.now = self.now.checked_add(SignedDuration::from_hours(hours)).unwrap();
        if self.start() > before {
            *self.paid.entry(self.start()).or_default() += self.alive.values().sum::<u64>();
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Record(n, credits) => self.record(&self.uids[*n].clone(), *credits),
            Step::Create(n) => self.create(&self.uids[*n].clone()),
            Step::Refuse(n) => self.refuse(&self.uids[*n].clone()),
            Step::Settle(n) => self.settle(&self.uids[*n].clone()),
            Step::End(n) => {
                let own = self.alive.keys().find(|(uid, _)| *uid == self.uids[*n]).cloned();
                own.iter().for_each(|key| _ = self.alive.remove(key));
            }
            // The ledgers were loaded, then what was stored of the source.
            Step::Crash => {
                self.purse = Purse::default();
                self.account();
                self.purse.load(self.stored, &self.budget, self.now);
            }
            // Its Jobs are ended with it.
            Step::Delete(n) => {
                self.ledgers.remove(&self.uids[*n]);
                self.alive.retain(|(uid, _), _| *uid != self.uids[*n]);
                self.births += 1;
                self.uids[*n] = alloc::format!("{}", self.births).into();
            }
            // A person empties its status. Its live Jobs are found again.
            Step::Wipe(n) => {
                if let Some(ledger) = self.ledgers.get_mut(&self.uids[*n]) {
                    *ledger = Ledger { launches: ledger.launches, ..Ledger::default() };
                }
            }
            Step::Hours(hours) => self.pass(*hours),
        }
    }
}

proptest! {
    /// The provider counts a Job in the window in which it starts, and in each in which it is still alive. Coverages are deleted
    /// and wiped, creates are refused, the process dies anywhere.
    #[test]
    fn no_window_is_overspent(steps in steps()) {
        let mut world = Account::new();
        for step in steps {
            world.account();
            world.take(&step);
            world.account();
            world.stored = world.purse.spent();
            for (window, credits) in &world.paid {
                prop_assert!(*credits <= world.budget.credits, "{credits} credits in the window of {window}: {step:?}");
            }
        }
    }
}

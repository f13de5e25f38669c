//! Runs a timeline: first the world, then what happens at which instant, and what is expected then. The lines are explained
//! in the README beside this file.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::words::*;
use crate::domain::dates::{Date, DateRange};
use crate::domain::judge::tests::day;
use crate::domain::ledger::End;
use crate::domain::policy::{Budget, Coverage, Delivers, FillOrder, Per, Repairs, Rung};
use crate::domain::span::Span;
use crate::domain::state::State;
use crate::engine::tests::rig::*;

/// A rule for Jobs: the last one that fits says what a Job does.
#[derive(Clone)]
struct Rule {
    rung: String,
    dates: Option<DateRange>,
    what: What,
    takes: i64,
}

#[derive(Clone)]
enum What {
    Writes(Writes),
    Ends(End),
    /// It copies what another table holds; without that it ends with 65.
    From(String),
    /// The provider serves so many Jobs in one window of its source and then answers 75.
    Quota(u32),
}

struct Reader {
    rig: Rig,
    rules: Vec<Rule>,
    /// Jobs, writes and events until the last instant.
    before: (usize, u32, usize),
}

pub fn run(name: &str, text: &str) {
    let about = text.lines().take_while(|line| line.starts_with('#')).count();
    assert!(about >= 1, "{name} begins with what happened to whom");
    let mut reader = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap().trim();
        if line.is_empty() {
            continue;
        }
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&mut reader, line)));
        if let Err(panic) = told {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            let shown = reader.as_mut().map(Reader::show).unwrap_or_default();
            panic!(
                "src/engine/tests/incidents/{name}.txt:{}: {line}\n{}\n{shown}",
                number + 1,
                said.unwrap_or_default()
            );
        }
    }
}

fn read(reader: &mut Option<Reader>, line: &str) {
    let mut words = Words::of(line);
    match (words.word(), reader) {
        ("start", reader) => {
            let start = words.word();
            *reader = Some(Reader { rig: Rig::new(start), rules: vec![], before: (0, 0, 0) });
        }
        (verb, Some(reader)) => {
            reader.line(verb, &mut words);
            let left = words.rest();
            assert!(left.is_empty(), "what is {left}?");
        }
        (verb, None) => panic!("{verb} comes before start"),
    }
}

impl Reader {
    fn line(&mut self, verb: &str, words: &mut Words<'_>) {
        match verb {
            "at" => self.at(words.word()),
            "season" | "games" => {
                let (dates, games) = (words.range(), words.number() as usize);
                if verb == "season" { self.rig.season(dates, games) } else { self.rig.games(dates, games) }
            }
            "move" => self.move_game(words),
            "source" => self.source(words),
            "coverage" => self.coverage(words),
            "rung" => self.rung(words),
            "template" => self.template(words),
            "rows" => self.rows(words),
            "fills" => self.fills(words),
            "crash" => self.rig.crash(),
            "expect" => self.expect(words),
            "jobs" => {
                let (rung, bounds) = (words.word(), bounds(words.word()));
                let jobs = self.rig.jobs_of(rung) as u64;
                assert!(bounds.contains(&jobs), "there were {jobs} Jobs on {rung}");
            }
            "more" => {
                let bounds = bounds(words.word());
                let jobs = (self.rig.made.len() - self.before.0) as u64;
                assert!(bounds.contains(&jobs), "there were {jobs} more Jobs");
            }
            "quiet" => {
                let (jobs, writes, _) = self.before;
                let more = (self.rig.made.len() - jobs, self.rig.writes - writes);
                assert_eq!(more, (0, 0), "Jobs and writes since the last instant");
            }
            "spent" => {
                let (source, bounds) = (words.word(), bounds(words.word()));
                let spent = self.rig.providers[source].paid_ever;
                assert!(bounds.contains(&spent), "{spent} credits were paid to {source}");
            }
            "told" => {
                let (reason, bounds) = (words.word(), bounds(words.word()));
                let told = self.rig.events.iter().filter(|event| event.reason == reason).count() as u64;
                assert!(bounds.contains(&told), "{reason} was told {told} times");
            }
            "holds" => {
                let (table, bounds) = (words.word(), bounds(words.word()));
                let rows = self.rig.tables.get(table);
                let units: usize = rows.iter().flat_map(|rows| rows.dates.values()).map(|units| units.len()).sum();
                assert!(bounds.contains(&(units as u64)), "{table} holds {units} games");
            }
            _ => panic!("{verb} is not known"),
        }
    }

    fn at(&mut self, word: &str) {
        self.before = (self.rig.made.len(), self.rig.writes, self.rig.events.len());
        let at = instant(word, self.rig.start);
        assert!(at >= self.rig.now, "{at} is over");
        self.rig.run_until(at);
    }

    /// A game is moved to another date.
    fn move_game(&mut self, words: &mut Words<'_>) {
        let (from, unit, to) = (day(words.word()), words.word(), day(words.word()));
        let is_it =
            |row: &&mut crate::domain::probe::ScheduleRow| row.date == Some(from) && row.unit.as_deref() == Some(unit);
        let row = self.rig.schedule.iter_mut().find(is_it).expect("there is no such game");
        (row.date, row.updated) = (Some(to), Some(self.rig.now));
    }

    fn source(&mut self, words: &mut Words<'_>) {
        let name = words.word();
        let mut own = source(name);
        while let Some(word) = words.next() {
            match word {
                "budget" => {
                    let (credits, per) = words.word().split_once('/').expect("budget 100/day ZONE");
                    let per = if per == "day" { Per::Day } else { Per::Month };
                    let zone = jiff::tz::TimeZone::get(words.word()).unwrap();
                    own.budget = Some(Budget { credits: number(credits), per, zone, reserve: 0 });
                }
                "reserve" => own.budget.as_mut().unwrap().reserve = words.number(),
                "slots" => own.max_jobs = Some(words.number() as u32),
                "requests" => own.requests_per_minute = Some(words.number() as u32),
                "suspended" => own.suspend = true,
                _ => panic!("what is {word}?"),
            }
        }
        self.rig.edit(|spec| {
            spec.sources.retain(|old| old.key != own.key);
            spec.sources.push(own);
        });
    }

    fn coverage(&mut self, words: &mut Words<'_>) {
        let mut own = covering(words.word(), vec![]);
        while let Some(word) = words.next() {
            match word {
                "table" => own.table.name = words.word().into(),
                "jobs" => own.fill.max_concurrent_jobs = words.number() as u32,
                "dates-per-job" => own.fill.dates_per_job = words.number() as u32,
                "oldest-first" => own.fill.order = FillOrder::OldestFirst,
                "due" => own.due.offset = Span::hours(words.word().parse().unwrap()),
                _ => panic!("what is {word}?"),
            }
        }
        self.rig.edit(|spec| spec.coverages.push(own));
    }

    fn edit_coverage(&mut self, name: &str, edit: impl FnOnce(&mut Coverage)) {
        self.rig.edit(|spec| {
            let own = spec.coverages.iter_mut().find(|own| &*own.key.name == name);
            edit(own.expect("there is no such coverage"));
        });
    }

    fn rung(&mut self, words: &mut Words<'_>) {
        let coverage = words.word();
        let mut own = Rung { template: Some(1), ..rung(words.word()) };
        while let Some(word) = words.next() {
            match word {
                "source" => own.source = Some(words.word().into()),
                "per-date" => own.cost.per_date = words.number(),
                "per-game" => own.cost.per_unit = words.number(),
                "attempts" => own.attempts = words.number() as u8,
                "max-age" => own.delivers.max_age = Some(Span::days(words.number() as i32)),
                "since" => own.delivers = Delivers { since: Some(day(words.word())), ..own.delivers },
                "until-start" => own.delivers.until_start = true,
                "no-rows-only" => own.repairs = vec![Repairs::NoRows],
                _ => panic!("what is {word}?"),
            }
        }
        self.edit_coverage(coverage, |coverage| coverage.fill.ladder.push(own));
    }

    /// The CronJob of a rung is changed.
    fn template(&mut self, words: &mut Words<'_>) {
        let (coverage, name, template) = (words.word(), words.word(), words.number());
        self.edit_coverage(coverage, |own| {
            let rung = own.fill.ladder.iter_mut().find(|rung| &*rung.name == name);
            rung.expect("there is no such rung").template = Some(template);
        });
    }

    fn rows(&mut self, words: &mut Words<'_>) {
        let (table, dates, what) = (words.word(), words.range(), words.word());
        for date in dates.iter().collect::<Vec<Date>>() {
            match what {
                "none" => self.rig.erase(table, date),
                "all" => self.rig.write(table, date, Writes::Units(usize::MAX)),
                "thin" => self.rig.write(table, date, Writes::Thin),
                some => self.rig.write(table, date, Writes::Units(number(some) as usize)),
            }
        }
    }

    fn fills(&mut self, words: &mut Words<'_>) {
        let (rung, dates) = (words.word().to_string(), words.maybe_range());
        let what = match words.word() {
            "all" => What::Writes(Writes::Units(usize::MAX)),
            "nothing" => What::Writes(Writes::Nothing),
            "thin" => What::Writes(Writes::Thin),
            "first" => What::Writes(Writes::Units(words.number() as usize)),
            "exit" => What::Ends(End::Exit(words.number() as i32)),
            "evicted" => What::Ends(End::Disrupted),
            "from" => What::From(words.word().to_string()),
            "quota" => What::Quota(words.number() as u32),
            what => panic!("what is {what}?"),
        };
        let takes = if words.next() == Some("takes") { words.number() as i64 } else { 60 };
        self.rules.push(Rule { rung, dates, what, takes });
        let rules = self.rules.clone();
        self.rig.filler = Rc::new(move |scene| act(&rules, scene));
    }

    /// `expect COVERAGE STATE[/REASON] DATES`, or how many dates.
    fn expect(&mut self, words: &mut Words<'_>) {
        let (coverage, state) = (words.word(), words.word());
        let (state, reason) = state.split_once('/').map_or((state, None), |(state, reason)| (state, Some(reason)));
        let state = State::ALL.iter().find(|own| own.word() == state).expect("there is no such state");
        let overview = self.rig.overview();
        let view = overview.coverages.iter().find(|view| &*view.key.name == coverage);
        let cells = view.expect("there is no such coverage").cells.iter();
        let is_it = |cell: &&crate::domain::state::Cell| {
            cell.state() == *state && reason.is_none_or(|reason| cell.cause.reason() == reason)
        };
        let dates: BTreeSet<Date> = cells.filter(is_it).map(|cell| cell.date).collect();
        match words.maybe_range() {
            Some(range) => assert_eq!(dates, range.iter().collect(), "{}", state.word()),
            None => {
                let bounds = bounds(words.word());
                assert!(bounds.contains(&(dates.len() as u64)), "{} dates are {}", dates.len(), state.word());
            }
        }
    }

    /// Everything that is not complete, and the Jobs.
    fn show(&mut self) -> String {
        let overview = self.rig.overview();
        let cells = crate::engine::tests::sim::tell(&overview).join("\n");
        let mut jobs: std::collections::BTreeMap<&str, usize> = Default::default();
        self.rig.made.iter().for_each(|made| *jobs.entry(&made.rung).or_default() += 1);
        let events: Vec<String> =
            self.rig.events.iter().rev().take(12).map(|e| format!("{} {} {}", e.at, e.reason, e.message)).collect();
        format!("{}: {jobs:?}\n{cells}\n{}", self.rig.now, events.join("\n"))
    }
}

fn act(rules: &[Rule], scene: &Scene<'_>) -> Act {
    let own = |rule: &&Rule| {
        (rule.rung == "all"
            || rule.rung == scene.rung
            || rule.rung.split_once('/') == Some((scene.coverage, scene.rung)))
            && rule.dates.is_none_or(|dates| dates.contains(scene.date))
    };
    let Some(rule) = rules.iter().rev().find(own) else { return fills() };
    let act = match &rule.what {
        What::Writes(writes) => Act { writes: *writes, ..fills() },
        What::Ends(end) => ends(*end),
        What::From(table) => {
            let there = scene.tables.get(&**table).is_some_and(|rows| rows.dates.contains_key(&scene.date));
            if there { fills() } else { ends(End::Exit(65)) }
        }
        What::Quota(most) => {
            let is_over = scene.provider.is_some_and(|provider| provider.started > *most);
            if is_over { ends(End::Exit(75)) } else { fills() }
        }
    };
    Act { takes: rule.takes, ..act }
}

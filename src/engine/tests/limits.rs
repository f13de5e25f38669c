//! Whatever happens, no budget is overspent, no slot and no share is taken twice, and one trial runs at a time. The
//! provider's own account says so, and the rig asks it after every step.

use std::rc::Rc;

use jiff::SignedDuration;

use super::rig::*;
use crate::domain::dates::DateRange;
use crate::domain::judge::tests::day;
use crate::domain::ledger::End;
use crate::domain::mark::stable_hash;
use crate::domain::policy::{Source, Stalled};
use crate::engine::spec::Spec;

/// Numbers that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = stable_hash(&self.0);
        self.0 % most
    }
}

/// A few coverages of one account with little money, slots and requests; fillers that do anything, for up to 30 hours.
fn world(draw: &mut Draw) -> Rig {
    let mut rig = Rig::new("2025-11-20T12:00:00Z");
    let last = day("2025-11-01").saturating_add(jiff::Span::new().days(7 + draw.below(14) as i64));
    rig.season(DateRange::new(day("2025-11-01"), last).unwrap(), 1 + draw.below(3) as usize);
    let (credits, slots) = (3 + draw.below(10), 1 + draw.below(3) as u32);
    let odds = Source {
        budget: daily(credits, draw.below(3)),
        max_jobs: Some(slots),
        requests_per_minute: Some(slots * 7 + draw.below(7) as u32),
        ..source("odds")
    };
    let names = &["lines", "props", "scores"][..1 + draw.below(3) as usize];
    let (per_date, per_unit) = (draw.below(3), draw.below(2));
    rig.edit(|spec| {
        spec.sources = vec![odds, source("mirror")];
        let ladder = || vec![drawing("live", "odds", per_date, per_unit), drawing("mirror", "mirror", 0, 0)];
        let one = |name: &&str| {
            let mut own = covering(name, ladder());
            own.fill.dates_per_job = 1 + (stable_hash(name) % 3) as u32;
            own
        };
        spec.coverages = names.iter().map(one).collect();
    });
    let (seed, health) = (draw.below(1 << 30), draw.below(11));
    rig.filler = Rc::new(move |scene| {
        let chance = stable_hash(&(seed, scene.coverage, scene.rung, scene.date, scene.run));
        let takes = [20, 60, 3_600, 20 * 3_600, 30 * 3_600][(chance / 100 % 5) as usize];
        let act = match chance % 12 {
            n if n < health => fills(),
            9 => ends(End::Disrupted),
            8 => ends(End::Exit(65)),
            7 => ends(End::Exit(1)),
            6 => ends(End::Succeeded),
            5 => ends(End::Exit(75)),
            _ => ends(End::Exit(69)),
        };
        Act { takes, ..act }
    });
    rig
}

/// Something that happens to the objects, the operator or its clock. What is spent stands in ledgers and in the Source's status:
/// who loses both in one window has forgotten it, so a world loses one of them.
fn happen(rig: &mut Rig, draw: &mut Draw, loses_ledgers: bool) {
    let hours = draw.below(6 * 24) as i64;
    let n = draw.below(1 << 30);
    match draw.below(9) {
        0 => rig.later(hours, Rig::crash),
        1 if loses_ledgers => rig.later(hours, |rig| rig.wipe("lines")),
        2 if loses_ledgers => rig.later(hours, move |rig| recreate_coverage(rig, n)),
        3 if !loses_ledgers => rig.later(hours, move |rig| recreate_source(rig, n)),
        4 => rig.later(hours, |rig| rig.edit(|spec| spec.sources[0].suspend ^= true)),
        5 => rig.later(hours, move |rig| rig.edit(|spec| template(spec, n))),
        6 => rig.later(hours, move |rig| rig.edit(|spec| budget(spec, 2 + n % 12))),
        7 => {
            let by = SignedDuration::from_mins(n as i64 % (60 * 60) - 30 * 60);
            rig.later(hours, move |rig| rig.clock_off = by);
            rig.later(hours + 1 + n as i64 % 9, |rig| rig.clock_off = SignedDuration::ZERO);
        }
        8 if loses_ledgers => {
            rig.later(hours, Rig::crash);
            rig.later(hours, |rig| rig.wipe("props"));
        }
        _ => {}
    }
}

fn template(spec: &mut Spec, n: u64) {
    spec.coverages.iter_mut().for_each(|own| own.fill.ladder[0].template = Some(n));
}

fn budget(spec: &mut Spec, credits: u64) {
    spec.sources[0].budget.iter_mut().for_each(|budget| budget.credits = credits);
}

/// Another object of the same name.
fn recreate_coverage(rig: &mut Rig, n: u64) {
    let own = rig.spec.coverages.first().cloned();
    let Some(mut own) = own else { return };
    own.uid = format!("uid-{n}").into();
    rig.edit(|spec| _ = spec.coverages.remove(0));
    let after = rig.now.duration_since(rig.start).as_hours() + 1;
    rig.later(after, |rig| {
        if !rig.spec.coverages.iter().chain(rig.spec.coverages.first()).any(|other| other.key == own.key) {
            rig.edit(|spec| spec.coverages.insert(0, own));
        }
    });
}

/// A source is deleted, so its coverages are refused; an hour later another one of its name is there.
fn recreate_source(rig: &mut Rig, n: u64) {
    let own = Source { uid: format!("uid-{n}").into(), ..rig.spec.sources[0].clone() };
    let coverages = std::mem::take(&mut rig.spec.coverages);
    let refused = coverages.iter().map(|own| Stalled {
        key: own.key.clone(),
        uid: own.uid.clone(),
        season: Some(own.season.clone()),
        why: "there is no Source odds".into(),
    });
    let refused: Vec<Stalled> = refused.collect();
    rig.edit(|spec| (spec.stalled, _) = (refused, spec.sources.remove(0)));
    let again = move |rig: &mut Rig| {
        rig.edit(|spec| {
            spec.stalled.clear();
            spec.sources.insert(0, own);
            spec.coverages.extend(coverages);
        });
    };
    // Nothing else happens meanwhile.
    rig.run_until(rig.now + SignedDuration::from_mins(20));
    again(rig);
}

fn anything(seed: u64) {
    let mut draw = Draw(seed * 7_919 + 13);
    let mut rig = world(&mut draw);
    rig.look_every = 40;
    let all = [Trouble::Unanswered, Trouble::ReplyLost, Trouble::Refused, Trouble::DiesBefore, Trouble::DiesAfter];
    let troubles = (0..draw.below(60)).map(|_| (draw.below(600) as u32, all[draw.below(5) as usize])).collect();
    rig.weather = Weather { troubles, slowness: [0, 0, 4_000, 40_000][draw.below(4) as usize] };
    for _ in 0..draw.below(7) {
        happen(&mut rig, &mut draw, seed.is_multiple_of(2));
    }
    rig.run_hours(7 * 24);
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    match number("GAPLESS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("GAPLESS_SEEDS").unwrap_or(40),
    }
}

#[test]
fn no_limit_is_exceeded_whatever_happens() {
    for seed in seeds() {
        let again = format!("GAPLESS_SEED={seed} cargo test --lib no_limit_is_exceeded");
        let lived = std::panic::catch_unwind(|| anything(seed));
        assert!(lived.is_ok(), "seed {seed} fails; to repeat it: {again}");
    }
}

/// Every call once, with each trouble: among them the calls while a breaker is half-open and while the last credits go.
#[test]
fn no_limit_is_exceeded_whichever_call_goes_wrong() {
    let live = |trouble: Option<(u32, Trouble)>| {
        let mut rig = Rig::new("2025-11-20T22:30:00Z");
        rig.season(DateRange::new(day("2025-11-01"), day("2025-11-07")).unwrap(), 1);
        let source = Source { budget: daily(5, 0), max_jobs: Some(2), ..source("odds") };
        rig.edit(|spec| {
            spec.sources = vec![source];
            spec.coverages = vec![covering("lines", vec![drawing("live", "odds", 1, 0)])];
        });
        let is_back = rig.start + SignedDuration::from_mins(50);
        let act = move |scene: &Scene<'_>| if scene.now < is_back { ends(End::Exit(69)) } else { fills() };
        rig.filler = Rc::new(move |scene| Act { takes: 600, ..act(scene) });
        rig.weather.troubles = trouble.into_iter().collect();
        rig.run_hours(5);
        rig
    };
    let calls = live(None).calls;
    assert!((40..400).contains(&calls), "{calls} calls");
    for call in 1..=calls {
        for trouble in
            [Trouble::Unanswered, Trouble::ReplyLost, Trouble::Refused, Trouble::DiesBefore, Trouble::DiesAfter]
        {
            let lived = std::panic::catch_unwind(|| drop(live(Some((call, trouble)))));
            assert!(lived.is_ok(), "call {call}: {trouble:?}");
        }
    }
}

#[test]
fn the_order_of_manifests_changes_no_decision() {
    let live = |seed: u64, is_turned: bool| {
        let mut rig = world(&mut Draw(seed));
        if is_turned {
            rig.edit(|spec| {
                spec.coverages.reverse();
                spec.sources.reverse();
            });
        }
        rig.run_hours(3 * 24);
        rig.made.iter().map(|made| format!("{made:?}")).collect::<Vec<_>>()
    };
    for seed in 0..6 {
        assert_eq!(live(seed, false), live(seed, true), "seed {seed}");
    }
}

/// The trial was recorded while the clock was ahead. After a start with the right clock it looks older than it is.
#[test]
fn a_clock_that_was_ahead_makes_no_room_for_a_second_trial() {
    let mut rig = Rig::new("2025-11-20T12:00:00Z");
    rig.season(DateRange::new(day("2025-11-01"), day("2025-11-07")).unwrap(), 1);
    rig.edit(|spec| {
        spec.sources = vec![source("odds")];
        let own = covering("own", vec![rung("run")]);
        spec.coverages = vec![covering("lines", vec![drawing("live", "odds", 1, 0)]), own];
    });
    let start = rig.start;
    let is_trial = move |scene: &Scene<'_>| scene.now > start + SignedDuration::from_hours(4);
    rig.filler =
        Rc::new(move |scene| Act { takes: if is_trial(scene) { 24 * 3_600 } else { 60 }, ..ends(End::Exit(69)) });
    rig.later(3, |rig| rig.clock_off = SignedDuration::from_hours(3));
    rig.run_hours(9);
    let live = |rig: &Rig| rig.jobs.values().filter(|own| own.job.ended.is_none()).count();
    let (before, jobs) = (live(&rig), rig.made.len());
    assert_eq!(before, 2, "a trial on the source, and one on the other rung");
    rig.clock_off = SignedDuration::ZERO;
    rig.crash();
    rig.run_hours(10);
    assert_eq!(rig.made.len(), jobs, "both trials are still under way");
}

/// A coverage is deleted and its Job is left alone, or its status is wiped: the Job may be the trial.
#[test]
fn a_trial_whose_ledger_is_gone_is_still_the_only_one() {
    let mut rig = Rig::new("2025-11-20T12:00:00Z");
    rig.season(DateRange::new(day("2025-11-01"), day("2025-11-07")).unwrap(), 1);
    rig.edit(|spec| {
        spec.sources = vec![source("odds")];
        spec.coverages = ["lines", "props"].map(|name| covering(name, vec![drawing("live", "odds", 1, 0)])).into();
    });
    let start = rig.start;
    let is_trial = move |scene: &Scene<'_>| scene.now > start + SignedDuration::from_hours(4);
    rig.filler =
        Rc::new(move |scene| Act { takes: if is_trial(scene) { 24 * 3_600 } else { 60 }, ..ends(End::Exit(69)) });
    rig.run_hours(12);
    let jobs = rig.made.len();
    rig.crash();
    rig.wipe("lines");
    rig.wipe("props");
    rig.run_hours(10);
    assert_eq!(rig.made.len(), jobs, "the trial is still under way");
}

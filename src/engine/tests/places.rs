//! A table can have several names: its folder can be declared in two ways, mounted twice, linked to, or moved while a Job
//! runs. Under all of them it is one, and its dates are free once.

use super::launches::{slow, two_coverages};
use super::script::{Step, edit, play, turn};
use super::sim::*;
use crate::domain::ledger::Job;
use crate::domain::policy::Table;
use crate::engine::spec::Spec;

/// Two coverages of one folder: the second names it by a link.
fn two_names() -> (Sim, Spec) {
    let sim = world(slow, &[1, 2, 3]);
    let mut spec = two_coverages();
    spec.coverages[1].table.name = "link".into();
    sim.state().homes.insert("link".into(), vec![spec.coverages[0].table.clone()]);
    (sim, spec)
}

fn other_folder() -> Table {
    Table { place: "files:/data".into(), name: "other".into() }
}

#[tokio::test(start_paused = true)]
async fn two_names_of_one_table_are_one_target() {
    let (sim, spec) = two_names();
    let (overview, _) = play(&sim, &mut sim.engine(spec), 2 * HOUR, vec![]).await;
    assert_eq!((tell(&overview), sim.state().creates.len()), (vec![], 3), "each date is filled once");
}

/// The process dies between record and create, and the next one cannot look at the table.
#[tokio::test(start_paused = true)]
async fn a_record_keeps_its_dates_of_a_table_that_cannot_be_looked_at_any_more() {
    for call in 1..20 {
        let (sim, spec) = two_names();
        sim.state().deaths.insert(call, true);
        sim.run_for(&spec, 5).await;
        sim.state().unseen.insert(spec.coverages[1].table.name.clone());
        let seen = turn(300, |s| s.state().unseen.clear());
        play(&sim, &mut sim.engine(spec), HOUR, vec![seen]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_job_keeps_the_folder_that_it_was_made_for_when_a_link_is_turned_round() {
    let (sim, mut spec) = two_names();
    spec.coverages[0].suspend = true;
    let mut both = spec.clone();
    both.coverages[0].suspend = false;
    both.coverages[1].suspend = true;
    let turned = turn(100, |s| _ = s.state().homes.insert("link".into(), vec![other_folder()]));
    let only_three = |s: &Sim| assert!(s.state().creates.len() <= 3, "the dates are not free");
    let steps = vec![turned, edit(300, &both), turn(500, only_three)];
    play(&sim, &mut sim.engine(spec), HOUR, steps).await;
}

fn at(place: &str, name: &str) -> Table {
    Table { place: place.into(), name: name.into() }
}

/// What the tables of two coverages are called at first, and later.
struct Names {
    told: &'static str,
    first: [Vec<Table>; 2],
    later: [Vec<Table>; 2],
    /// Something of the old names is left.
    is_traced: bool,
}

fn names() -> Vec<Names> {
    let (old, new, inode) = (at("files:/a", "t"), at("files:/b", "t"), at("device:1", "7"));
    let both = |names: &[&Table]| [(); 2].map(|()| names.iter().copied().cloned().collect::<Vec<_>>());
    let mounts = [vec![old.clone(), inode.clone()], vec![new.clone(), inode.clone()]];
    let (here, there) = (both(&[&old, &inode]), both(&[&new, &inode]));
    let copied = both(&[&new, &at("device:2", "9")]);
    let (plain, moved) = (both(&[&old]), both(&[&new]));
    vec![
        Names { told: "mounted twice", first: mounts.clone(), later: mounts, is_traced: true },
        Names { told: "moved", first: here.clone(), later: there, is_traced: true },
        Names { told: "moved to another file system", first: here, later: copied, is_traced: false },
        Names { told: "moved, where nothing is numbered", first: plain, later: moved, is_traced: false },
    ]
}

fn call(sim: &Sim, [first, second]: &[Vec<Table>; 2]) {
    let names = [("boxscores", first), ("link", second)];
    names.into_iter().for_each(|(table, names)| _ = sim.state().homes.insert(table.into(), names.clone()));
}

/// The first coverage fills three dates, for ten minutes; meanwhile the folder moves, and then the second wants them, too.
#[tokio::test(start_paused = true)]
async fn a_folder_keeps_its_dates_under_every_name_that_it_has_or_had() {
    for names in names() {
        for (restarts, goes) in [(false, false), (true, false), (false, true), (true, true)] {
            // A process that starts after such a move can have looked at one of the tables alone.
            if restarts && !names.is_traced {
                continue;
            }
            let (sim, both) = two_names();
            call(&sim, &names.first);
            let mut alone = both.clone();
            alone.coverages[1].suspend = true;
            let mut then = both;
            then.coverages.drain(..usize::from(goes));
            let later = names.later.clone();
            let moves: Step = turn(100, move |sim| call(sim, &later));
            if restarts {
                play(&sim, &mut sim.engine(alone), 110, vec![moves]).await;
                play(&sim, &mut sim.engine(then), HOUR, vec![]).await;
            } else {
                play(&sim, &mut sim.engine(alone), HOUR, vec![moves, edit(300, &then)]).await;
            }
            let why = format!("{}, restarts {restarts}, goes {goes}", names.told);
            assert_eq!(sim.state().created.len(), 3, "each date is filled once: {why}");
            assert_eq!(sim.state().table.len(), 10, "{why}");
        }
    }
}

/// Whoever may create Jobs can write what table they fill.
#[tokio::test(start_paused = true)]
async fn an_alias_of_a_job_counts_in_its_own_namespace_alone() {
    for (namespace, created) in [("default", 0), ("another", 1)] {
        let sim = world(slow, &[3]);
        call(&sim, &names()[0].first);
        let target = at("files:/elsewhere", "t");
        let stranger = super::strangers::forged(1);
        let aliases = vec![at("device:1", "7")];
        sim.put(Job { coverage: "".into(), namespace: namespace.into(), target, aliases, ..stranger });
        play(&sim, &mut sim.engine(spec()), 300, vec![]).await;
        assert_eq!(sim.state().created.len(), created, "{namespace}");
    }
}

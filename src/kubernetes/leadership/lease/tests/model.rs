//! Every interleaving of a small world, breadth first: two or three candidates (the real [`Candidate`]), one API server, a
//! network that delays, loses and delivers late, clocks that run at different speeds, crashes, and people who edit the lease.
//!
//! A pause needs no step of its own: a candidate may do nothing for as long as it likes while time goes on, between any two
//! of its steps. What must hold in every state: at most one process could write, that is, believes that no other leads
//! before an instant which has not passed (this outlives its renew deadline by what a write may take).
//!
//! One assumption: people do not delete the lease and apply another while a candidate runs that has never seen one, or just
//! before one starts. Without it the search finds the two leaders that the module's own words admit.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::super::decide::Step;
use world::{Mutant, Scope, State};

mod world;

/// A step of the world, for the story of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Tick,
    Read(usize),
    Act(usize),
    Release(usize),
    Crash(usize),
    Arrive(usize),
    Deliver(usize),
    GiveUp(usize),
    Vanish(usize),
    Edit(Edit),
}

/// What people do to a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Delete,
    /// The manifests are applied; a lease that is there is deleted first.
    Apply,
    Clear,
    Foreign,
    Candidate(usize),
    Shorten,
    Touch,
}

const EDITS: [Edit; 8] = [
    Edit::Delete,
    Edit::Apply,
    Edit::Clear,
    Edit::Foreign,
    Edit::Candidate(0),
    Edit::Candidate(1),
    Edit::Shorten,
    Edit::Touch,
];

/// Every step that is possible, with what it leads to.
fn steps(state: &State, scope: &Scope, mut to: impl FnMut(Move, State)) {
    let mut take = |step: Move, next: Option<State>| {
        if let Some(next) = next {
            to(step, next);
        }
    };
    take(Move::Tick, Some(state.tick()));
    for i in 0..scope.candidates {
        take(Move::Read(i), state.read(i, scope));
        take(Move::Act(i), state.act(i, scope));
        take(Move::Release(i), state.release(i, scope));
        take(Move::Crash(i), state.crash(i, scope));
    }
    for m in 0..state.messages.len() {
        take(Move::Arrive(m), state.arrive(m, scope));
        take(Move::Deliver(m), state.deliver(m, scope));
        take(Move::GiveUp(m), state.give_up(m));
        take(Move::Vanish(m), state.vanish(m));
    }
    for edit in EDITS {
        take(Move::Edit(edit), state.edit(edit, scope));
    }
}

/// Searches to a depth. How many states there are, or the shortest story that ends with two leaders.
fn search(scope: &Scope) -> Result<usize, String> {
    let mut from: FxHashMap<State, Option<(State, Move)>> = FxHashMap::default();
    let mut queue = VecDeque::new();
    for start in State::starts(scope) {
        from.insert(start, None);
        queue.push_back((start, 0));
    }
    while let Some((state, depth)) = queue.pop_front() {
        if state.leaders(scope) > 1 {
            return Err(story(&from, state));
        }
        if depth == scope.depth {
            continue;
        }
        steps(&state, scope, |step, next| {
            if let Entry::Vacant(new) = from.entry(next.canonical()) {
                queue.push_back((*new.key(), depth + 1));
                new.insert(Some((state, step)));
            }
        });
    }
    Ok(from.len())
}

fn story(from: &FxHashMap<State, Option<(State, Move)>>, mut state: State) -> String {
    let mut steps = Vec::new();
    while let Some(Some((before, step))) = from.get(&state) {
        steps.push(*step);
        state = *before;
    }
    steps.iter().rev().fold(String::new(), |mut text, step| {
        let _ = write!(text, "{step:?} ");
        text
    })
}

fn holds(scope: &Scope, at_least: usize) {
    let states = search(scope).unwrap_or_else(|story| panic!("two leaders after: {story}"));
    println!("{states} states, {scope:?}");
    assert!(states > at_least, "only {states} states");
}

fn is_caught(scope: &Scope) {
    let story = search(scope).expect_err("this mutant makes two leaders");
    println!("{:?}: {story}", scope.mutant);
}

const TWO: Scope = Scope {
    candidates: 2,
    messages: 2,
    edits: 0,
    crashes: 0,
    drift: false,
    left: false,
    depth: 14,
    mutant: Mutant::None,
};

#[test]
fn two_candidates_never_lead_at_once() {
    holds(&TWO, 50_000);
}

#[test]
fn nor_with_clocks_of_different_speed() {
    holds(&Scope { drift: true, depth: 13, ..TWO }, 50_000);
}

#[test]
fn nor_when_processes_crash_and_come_back() {
    holds(&Scope { crashes: 1, depth: 12, ..TWO }, 50_000);
}

#[test]
fn nor_when_people_edit_the_lease() {
    holds(&Scope { edits: 2, depth: 10, ..TWO }, 50_000);
}

#[test]
fn nor_when_they_race_for_what_a_dead_one_left() {
    holds(&Scope { left: true, edits: 1, depth: 11, ..TWO }, 50_000);
}

#[test]
fn nor_do_three() {
    holds(&Scope { candidates: 3, depth: 10, ..TWO }, 50_000);
}

#[test]
fn a_take_without_the_version_is_caught() {
    is_caught(&Scope { mutant: Mutant::UnguardedTake, left: true, depth: 12, ..TWO });
}

#[test]
fn expiry_by_the_wall_clock_is_caught() {
    is_caught(&Scope { mutant: Mutant::WallClock, ..TWO });
}

#[test]
fn leadership_counted_from_the_answer_is_caught() {
    is_caught(&Scope { mutant: Mutant::CountedFromAnswer, ..TWO });
}

#[test]
fn no_allowance_for_clocks_is_caught() {
    is_caught(&Scope { mutant: Mutant::NoAllowance, drift: true, ..TWO });
}

#[test]
fn a_put_without_the_uid_is_caught() {
    is_caught(&Scope { mutant: Mutant::NoUid, left: true, edits: 1, depth: 12, ..TWO });
}

#[test]
fn a_name_that_lives_twice_is_caught() {
    is_caught(&Scope { mutant: Mutant::ForgedName, edits: 1, ..TWO });
}

#[test]
fn the_assumption_is_needed() {
    is_caught(&Scope { mutant: Mutant::DeletedBeforeSeen, edits: 1, ..TWO });
}

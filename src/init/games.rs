//! A schedule: a table with one row per game, or per whatever starts at a time of a date and has two sides or an id.

use std::collections::{BTreeMap, BTreeSet};

use super::Given;
use super::dating::{Dated, How};
use super::matching::Match;
use super::profile::{Profile, is_moment};
use super::text;
use super::zone::{WRITTEN, proved};
use crate::domain::dates::Date;
use crate::warehouse::files::sample::{Form, Sampled};

const CALLED: [&str; 5] = ["schedule", "fixture", "games", "matches", "calendar"];
const FINAL: [&str; 8] = ["final", "ft", "finished", "played", "completed", "complete", "closed", "over"];
const VOID: [&str; 8] = ["postponed", "ppd", "cancelled", "canceled", "abandoned", "void", "suspended", "forfeit"];

/// What a schedule says.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub table: String,
    pub dated: Dated,
    pub unit: Vec<String>,
    /// The column of starts, and whether its times name no zone.
    pub starts: Option<(String, bool)>,
    pub updated: Option<(String, bool)>,
    pub id: Option<String>,
    /// Columns of states, with the values that say so.
    pub is_final: Option<(String, String)>,
    pub void: Option<(String, Vec<String>)>,
    /// A column of states whose values mean something that the data does not say.
    pub states: Option<(String, Vec<String>)>,
    /// The zone that the starts prove, and how.
    pub zone: Option<(String, String)>,
    /// Units that a date has twice.
    pub twice: Vec<String>,
    /// The units of each date.
    pub units: BTreeMap<Date, BTreeSet<Vec<String>>>,
}

impl Schedule {
    /// The table that is a schedule, if one is.
    pub fn among(profiles: &[Profile<'_>], given: &Given) -> Option<Self> {
        let scored = profiles.iter().filter_map(|profile| Some((score(profile)?, profile)));
        let (_, profile) = scored.max_by_key(|(score, _)| *score)?;
        let matched = |schedule: &Self| {
            let others = profiles.iter().filter(|p| p.table.name != profile.table.name);
            others.filter(|other| Match::of(other, schedule).is_some()).count()
        };
        let pair = pair(profile).map(|unit| Self::new(profile, unit, given));
        let id = id(profile).map(|id| Self::new(profile, vec![id], given));
        match (pair, id) {
            (Some(pair), Some(id)) if matched(&id) > matched(&pair) => Some(id),
            (Some(pair), _) => Some(pair),
            (None, id) => id,
        }
    }

    fn new(profile: &Profile<'_>, unit: Vec<String>, given: &Given) -> Self {
        let moments = || profile.table.sample.columns.iter().filter(|column| is_moment(column));
        let is_update = |column: &&Sampled| WRITTEN.iter().any(|word| column.name.to_lowercase().contains(word));
        let zoneless = |column: &Sampled| column.values.iter().any(|value| value.form == Form::Local);
        let is_own = |column: &&Sampled| column.name == profile.dated.column;
        let starts =
            moments().find(|column| !is_update(column) && (!is_own(column) || profile.dated.how != How::Plain));
        let updated = moments().find(|column| is_update(column) && !is_own(column));
        let (id, void) = (id(profile), state(profile, &VOID));
        let order = updated.filter(|column| !zoneless(column)).map(|column| column.name.as_str());
        let newest = newest(profile, id.as_deref(), order);
        let (mut units, mut twice) = (BTreeMap::<Date, BTreeSet<Vec<String>>>::new(), Vec::new());
        for (date, rows) in &profile.by_date {
            let counts = |row: &&usize| newest.contains(row) && !is_void(profile, void.as_ref(), **row);
            let mut own: BTreeSet<Vec<String>> = BTreeSet::new();
            for unit in rows.iter().filter(counts).filter_map(|row| values(profile, &unit, *row)) {
                if !own.insert(unit.clone()) {
                    twice.push(format!("{} on {date}", unit.join("@")));
                }
            }
            units.extend((!own.is_empty()).then_some((*date, own)));
        }
        Self {
            table: profile.table.name.clone(),
            dated: profile.dated.clone(),
            zone: starts.and_then(|starts| proved(profile, starts, given)),
            starts: starts.map(|column| (column.name.clone(), zoneless(column))),
            updated: updated.map(|column| (column.name.clone(), zoneless(column))),
            is_final: final_state(profile, given.today),
            states: states(profile).map(|column| (column.name.clone(), texts_of(column))),
            id,
            void,
            unit,
            twice,
            units,
        }
    }

    pub fn first(&self) -> Option<Date> {
        self.units.keys().next().copied()
    }

    pub fn last(&self) -> Option<Date> {
        self.units.keys().next_back().copied()
    }

    /// The number of units.
    pub fn count(&self) -> usize {
        self.units.values().map(BTreeSet::len).sum()
    }

    /// What the schedule leaves open, seen beside the other tables.
    pub fn notes(&self, matched: &[&Match]) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.twice.is_empty() {
            notes.push(format!(
                "`{}` has some games twice on a date: {}. If they are two games, add a column to `schedule.unit` that tells \
                 them apart.",
                self.table,
                text::examples(&self.twice)
            ));
        }
        let first = matched.iter().filter_map(|m| m.first()).min();
        let last = matched.iter().filter_map(|m| m.last()).max();
        if let (Some(first), Some(last)) = (first, last) {
            let has = |date: &Date, unit: &Vec<String>| matched.iter().any(|m| m.has(*date, unit));
            let absent = self.units.range(first..=last).flat_map(|(date, units)| units.iter().map(move |u| (date, u)));
            let absent: Vec<String> = absent
                .filter(|(date, unit)| !has(date, unit))
                .map(|(date, unit)| format!("{} on {date}", unit.join("@")))
                .collect();
            if !absent.is_empty() {
                notes.push(format!(
                    "No table has a row of {}: {}. If they do not count, leave them out by `schedule.where`.",
                    text::counted(absent.len(), "scheduled games"),
                    text::examples(&absent)
                ));
            }
        }
        notes
    }
}

/// The unit of a row; `None` if a value is missing.
pub(super) fn values(profile: &Profile<'_>, columns: &[String], row: usize) -> Option<Vec<String>> {
    columns.iter().map(|name| Some(profile.column(name)?.value(row)?.text.to_string())).collect()
}

/// How much a table looks like a schedule.
fn score(profile: &Profile<'_>) -> Option<usize> {
    let name = profile.table.name.to_lowercase();
    let has_start = profile
        .table
        .sample
        .columns
        .iter()
        .any(|column| is_moment(column) && !WRITTEN.iter().any(|word| column.name.to_lowercase().contains(word)));
    let is_called = CALLED.iter().any(|word| name.contains(word));
    let pair = pair(profile);
    let has_sides = pair.iter().flatten().any(|column| column.to_lowercase().contains("home"));
    let counts: Vec<usize> = profile.by_date.values().map(Vec::len).collect();
    let is_small = counts.iter().filter(|n| **n <= 64).count() * 10 >= counts.len() * 9;
    let score = 2 * usize::from(has_start) + 2 * usize::from(is_called) + usize::from(has_sides);
    let is_one = pair.is_some() || (is_called && id(profile).is_some());
    (is_one && is_small && score >= 2).then_some(score)
}

/// Two columns of the same names, each pair of them once a date.
fn pair(profile: &Profile<'_>) -> Option<Vec<String>> {
    let texts: Vec<&Sampled> = profile.texts().collect();
    let pairs = texts.iter().enumerate().flat_map(|(at, a)| texts[at + 1..].iter().map(move |b| (*a, *b)));
    let found = pairs.filter(|(a, b)| share_names(a, b) && is_once(profile, a, b));
    found.map(|(a, b)| vec![a.name.clone(), b.name.clone()]).next()
}

fn share_names(a: &Sampled, b: &Sampled) -> bool {
    let names = |column: &Sampled| column.values.iter().map(|v| v.text.clone()).collect::<BTreeSet<_>>();
    let (a, b) = (names(a), names(b));
    let both = a.intersection(&b).count();
    both >= 3 && both * 2 >= a.union(&b).count()
}

/// A table of one row per side has each pair twice.
fn is_once(profile: &Profile<'_>, a: &Sampled, b: &Sampled) -> bool {
    let (mut rows, mut pairs) = (0, 0);
    for own in profile.by_date.values() {
        let pair = |row: &usize| {
            let (a, b) = (a.value(*row)?.text.clone(), b.value(*row)?.text.clone());
            Some(if a < b { (a, b) } else { (b, a) })
        };
        rows += own.len();
        pairs += own.iter().filter_map(pair).collect::<BTreeSet<_>>().len();
    }
    pairs * 10 >= rows * 9
}

/// A column that numbers the games.
fn id(profile: &Profile<'_>) -> Option<String> {
    let is_id = |column: &&Sampled| {
        let name = column.name.to_lowercase();
        let is_called = name == "id" || name.ends_with("_id") || name.ends_with("id") && name.starts_with("game");
        is_called && column.values.len() * 10 >= profile.table.sample.rows * 8
    };
    profile.names().find(is_id).map(|column| column.name.clone())
}

/// A column of states, and those of its values that are among these words.
fn state(profile: &Profile<'_>, words: &[&str]) -> Option<(String, Vec<String>)> {
    profile.texts().filter(|column| column.values.len() <= 20).find_map(|column| {
        let texts = column.values.iter().map(|value| value.text.to_string());
        let own: Vec<String> = texts.filter(|text| words.contains(&text.to_lowercase().as_str())).collect();
        (!own.is_empty()).then(|| (column.name.clone(), own))
    })
}

/// A column of states.
fn states<'p>(profile: &'p Profile<'_>) -> Option<&'p Sampled> {
    let is_state = |column: &&Sampled| {
        let name = column.name.to_lowercase();
        (name.contains("status") || name.contains("state")) && column.values.len() <= 20
    };
    profile.table.sample.columns.iter().find(is_state)
}

fn texts_of(column: &Sampled) -> Vec<String> {
    column.values.iter().map(|value| value.text.to_string()).collect()
}

/// The state of games that were played: a word that says so, or the state of most past games and of no other.
fn final_state(profile: &Profile<'_>, today: Date) -> Option<(String, String)> {
    let worded = state(profile, &FINAL).and_then(|(column, mut values)| Some((column, values.pop()?)));
    worded.or_else(|| {
        let column = states(profile)?;
        let mut past: BTreeMap<u32, usize> = BTreeMap::new();
        let mut ahead: BTreeSet<u32> = BTreeSet::new();
        for (row, date) in profile.dated.rows.iter().enumerate() {
            match date {
                Some(date) if *date < today => *past.entry(column.cells[row]).or_default() += 1,
                _ => _ = ahead.insert(column.cells[row]),
            }
        }
        let (cell, n) = past.iter().max_by_key(|(_, n)| **n)?;
        let is_clear = *n * 5 >= past.values().sum::<usize>() * 4 && !ahead.contains(cell);
        let value = column.values.get((*cell as usize).checked_sub(1)?)?;
        is_clear.then(|| (column.name.clone(), value.text.to_string()))
    })
}

fn is_void(profile: &Profile<'_>, void: Option<&(String, Vec<String>)>, row: usize) -> bool {
    void.is_some_and(|(column, words)| {
        let value = profile.column(column).and_then(|column| column.value(row));
        value.is_some_and(|value| words.iter().any(|word| **word == *value.text))
    })
}

/// The rows that count: of each id the newest.
fn newest(profile: &Profile<'_>, id: Option<&str>, order: Option<&str>) -> BTreeSet<usize> {
    let all = 0..profile.table.sample.rows;
    let (Some(id), Some(order)) = (id.and_then(|id| profile.column(id)), order.and_then(|o| profile.column(o))) else {
        return all.collect();
    };
    let time = |row: usize| order.value(row).map(|value| value.text.clone());
    let mut newest: BTreeMap<u32, usize> = BTreeMap::new();
    for row in all {
        let before = newest.entry(id.cells[row]).or_insert(row);
        if time(row) > time(*before) {
            *before = row;
        }
    }
    newest.into_values().collect()
}

//! The rows of a season. A thousand rows at once would take more memory than all that is known of them, so each is made when its
//! turn comes, and only if it may differ from the stored one.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::core::DynamicObject;
use serde_json::json;

use super::{Write, Writes, differs};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::schedule::Day;
use crate::engine::overview::{CoverageView, SeasonView};
use crate::kubernetes::watching::feed::Mirrors;
use crate::kubernetes::watching::object::{Kind, Name, Object};
use crate::status::{self, Row};

/// Rows that are stored as they should be, by their marks and the versions of their objects: until one of both changes they need
/// not be made again. Those that a round does not meet are forgotten by the next.
#[derive(Default)]
pub(super) struct Unchanged {
    before: HashSet<u64>,
    met: HashSet<u64>,
}

impl Unchanged {
    /// A round begins.
    pub fn turn(&mut self) {
        self.before = std::mem::take(&mut self.met);
    }

    fn holds(&mut self, mark: u64) -> bool {
        let holds = self.before.contains(&mark);
        if holds {
            self.add(mark);
        }
        holds
    }

    fn add(&mut self, mark: u64) {
        self.met.insert(mark);
    }
}

/// What is to be written of a season's rows: those that are absent are created, those that changed are patched.
pub(super) fn of<'a>(
    mirrors: &Mirrors,
    season: &'a SeasonView,
    coverages: &'a [CoverageView],
    unchanged: &'a mut Unchanged,
    now: Timestamp,
) -> Writes<'a> {
    let name = Name { namespace: season.key.namespace.clone(), name: season.key.name.clone() };
    let Some(owner) = mirrors.of(Kind::Season).get(&name).filter(|o| !o.deleting) else {
        return Box::new(std::iter::empty());
    };
    let there = present(mirrors, &name);
    let creates = season.creates_game_dates && season.is_known && season.failure.is_none();
    let present = there.clone();
    let days = season.calendar.days.iter().filter(move |(d, day)| creates && expects(day) && !present.contains_key(d));
    let absent = days.map(move |(date, _)| Write::Create(Box::new(game_date(&owner, *date))));
    let own: Vec<&CoverageView> = coverages.iter().filter(|c| c.season == season.key).collect();
    // After a start, what was not read yet is not assessed: the rows stay as they are.
    if own.iter().any(|c| status::is_unread(season, c)) {
        return Box::new(absent);
    }
    let gone = gone(season, &there).into_iter().map(Row::gone);
    let changed = move |row: Row<'_>| {
        let object = there.get(&row.date)?;
        let mark = mix(row.mark(), stable_hash(&*object.version));
        if unchanged.holds(mark) {
            return None;
        }
        let write = differs(Kind::GameDate, object, |old| row.status(Some(old), object.generation, now));
        if write.is_none() {
            unchanged.add(mark);
        }
        write
    };
    Box::new(absent.chain(status::rows(season, &own).chain(gone).filter_map(changed)))
}

/// The existing rows of a season, including those of dates that no longer belong to it.
fn present(mirrors: &Mirrors, season: &Name) -> Arc<BTreeMap<Date, Arc<Object>>> {
    let end = |sign| Name { namespace: season.namespace.clone(), name: format!("{}-{sign}", season.name).into() };
    let of = |name: &Name| name.name.strip_prefix(&*season.name)?.strip_prefix('-')?.parse().ok();
    // A date begins with a digit, and ':' follows the last of them.
    let there = mirrors.of(Kind::GameDate).between(end('0'), end(':'));
    Arc::new(there.into_iter().filter(|(_, o)| !o.deleting).filter_map(|(n, o)| Some((of(&n)?, o))).collect())
}

/// Dates that have a row and no longer belong to the season: it was narrowed, or its days roll on. Otherwise their rows would
/// show their last state forever.
fn gone(season: &SeasonView, there: &BTreeMap<Date, Arc<Object>>) -> Vec<Date> {
    let days = &season.calendar.days;
    if !season.is_known || days.is_empty() {
        return Vec::new();
    }
    there.keys().filter(|date| !days.contains_key(date)).copied().collect()
}

fn expects(day: &Day) -> bool {
    matches!(day, Day::On(_))
}

/// The name of a season's row.
fn row(season: &Name, date: Date) -> Name {
    Name { namespace: season.namespace.clone(), name: format!("{}-{date}", season.name).into() }
}

/// A row without a request, owned by its season.
fn game_date(season: &Object, date: Date) -> DynamicObject {
    let name = row(&season.name, date);
    let resource = Kind::Season.resource();
    let owner = OwnerReference {
        api_version: resource.api_version,
        kind: resource.kind,
        name: season.name.name.to_string(),
        uid: season.uid.to_string(),
        controller: Some(true),
        block_owner_deletion: None,
    };
    let mut object = DynamicObject::new(&name.name, &Kind::GameDate.resource())
        .within(&name.namespace)
        .data(json!({ "spec": { "season": &*season.name.name, "date": date.to_string() } }));
    object.metadata.owner_references = Some(vec![owner]);
    object
}

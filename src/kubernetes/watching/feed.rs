//! From what the watches hold to the engine's spec: the same checks and the same lowering as `gapless check`, namespace by
//! namespace. Nothing here waits or calls.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::grants::Grants;
use super::mirror::Mirror;
use super::object::{Kind, Name, Object};
use super::template::Template;
use crate::api::manifest::Document;
use crate::api::{Loaded, Problem, load_documents};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::policy::{Key, ReadLimits, Reader};
use crate::engine::spec::Spec;

/// What the watches hold.
#[derive(Clone, Debug, Default)]
pub struct Mirrors {
    /// gapless's own kinds.
    pub own: BTreeMap<Kind, Mirror<Object>>,
    /// The CronJobs that Jobs are made from.
    pub cron_jobs: Mirror<Template>,
}

impl Mirrors {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self { own: Kind::ALL.into_iter().map(|k| (k, Mirror::default())).collect(), ..Self::default() }
    }

    /// The objects of a kind.
    pub fn of(&self, kind: Kind) -> Mirror<Object> {
        self.own.get(&kind).cloned().unwrap_or_default()
    }

    /// Whether every first list is complete: before, nothing is decided.
    pub fn are_ready(&self) -> bool {
        self.own.values().all(Mirror::is_ready) && self.cron_jobs.is_ready()
    }

    /// Changes with the result of [`parse`]: a changed status does not change it.
    pub fn revision(&self) -> u64 {
        let mut revision = 0;
        for (kind, mirror) in &self.own {
            for (_, o) in mirror.all().iter().filter(|(_, o)| !o.wants_nothing) {
                let own = stable_hash(&format!("{kind:?} {:?} {} {} {}", o.name, o.uid, o.generation, o.deleting));
                revision = mix(revision, own);
            }
        }
        for (_, template) in self.cron_jobs.all() {
            revision = mix(revision, stable_hash(&template.revision()));
        }
        revision
    }
}

/// What the engine gets, and what the statuses of invalid objects say.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// For the engine.
    pub spec: Spec,
    /// The limits of each namespace at each place that it reads.
    pub limits: BTreeMap<Reader, ReadLimits>,
    /// Who reads what through each valid Warehouse.
    pub warehouses: BTreeMap<Key, Reader>,
    /// Why an object is invalid, in one text.
    pub problems: BTreeMap<(Kind, Name), String>,
    /// The generation of each object that this speaks of.
    pub generations: BTreeMap<(Kind, Name), i64>,
}

/// Everything that the watches hold, parsed.
pub fn parse(mirrors: &Mirrors, grants: &Grants, launches_off: &BTreeSet<Arc<str>>) -> Parsed {
    let load = |namespace: &str, documents| load_documents(documents, &grants.of(namespace), BTreeSet::new());
    let mut parsed = each(by_namespace(mirrors), load);
    parsed.spec.launches_off.clone_from(launches_off);
    parsed.generations = generations(mirrors);
    parsed
}

/// One bad object must never stop another namespace. Its own namespace is left as it is, with its statuses and ledgers.
fn each(namespaces: BTreeMap<Arc<str>, Vec<Document>>, load: impl Fn(&str, Vec<Document>) -> Loaded) -> Parsed {
    let mut parsed = Parsed::default();
    for (namespace, documents) in namespaces {
        match catch_unwind(AssertUnwindSafe(|| load(&namespace, documents))) {
            Ok(loaded) => parsed.take(&namespace, loaded),
            Err(_) => tracing::error!(
                namespace = &*namespace,
                "internal error while reading the objects of this namespace; please report the log lines before this one"
            ),
        }
    }
    parsed
}

impl Parsed {
    /// What is said of objects, without the engine's spec.
    pub fn of_objects(&self) -> Self {
        Self {
            problems: self.problems.clone(),
            generations: self.generations.clone(),
            warehouses: self.warehouses.clone(),
            ..Self::default()
        }
    }

    /// Whether this speaks of an object as it is now. Until it does, nothing may be said of the object's generation.
    pub fn speaks_of(&self, kind: Kind, object: &Object) -> bool {
        let known = self.generations.get(&(kind, object.name.clone()));
        known.map_or(object.wants_nothing, |generation| *generation == object.generation)
    }

    fn take(&mut self, namespace: &Arc<str>, loaded: Loaded) {
        self.spec.seasons.extend(loaded.seasons);
        self.spec.coverages.extend(loaded.coverages);
        self.spec.sources.extend(loaded.sources);
        self.spec.orders.extend(loaded.orders);
        self.spec.stalled.extend(loaded.stalled);
        self.limits.extend(loaded.limits);
        self.warehouses.extend(loaded.warehouses);
        let mut by_object: BTreeMap<(Kind, Name), Vec<&Problem>> = BTreeMap::new();
        for problem in &loaded.problems {
            let Some((kind, name)) = problem.object.split_once('/') else { continue };
            let Some(kind) = Kind::of(kind) else { continue };
            let name = Name { namespace: namespace.clone(), name: name.into() };
            by_object.entry((kind, name)).or_default().push(problem);
        }
        self.problems.extend(by_object.into_iter().map(|(object, problems)| (object, Problem::together(&problems))));
    }
}

/// Whether an object is passed on at all.
fn is_wanted(object: &Object) -> bool {
    !object.deleting && !object.wants_nothing
}

fn generations(mirrors: &Mirrors) -> BTreeMap<(Kind, Name), i64> {
    let of_kind = |(kind, mirror): (&Kind, &Mirror<Object>)| {
        let kind = *kind;
        let wanted = mirror.all().into_iter().filter(|(_, object)| is_wanted(object));
        wanted.map(move |(name, object)| ((kind, name), object.generation)).collect::<Vec<_>>()
    };
    mirrors.own.iter().flat_map(of_kind).collect()
}

fn by_namespace(mirrors: &Mirrors) -> BTreeMap<Arc<str>, Vec<Document>> {
    let mut out: BTreeMap<Arc<str>, Vec<Document>> = BTreeMap::new();
    for (kind, mirror) in &mirrors.own {
        for (name, object) in mirror.all().iter().filter(|(_, object)| is_wanted(object)) {
            out.entry(name.namespace.clone()).or_default().push(Document::of_object(object.manifest(*kind)));
        }
    }
    for (name, template) in mirrors.cron_jobs.all() {
        if let Some(documents) = out.get_mut(&name.namespace).filter(|_| !template.deleting) {
            documents.push(Document::of_object(template.manifest()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::watching::object::Wire;

    #[test]
    fn nothing_is_said_of_a_generation_that_was_not_parsed() {
        let object = |generation: i64, spec: &str| {
            let metadata = format!(r#"{{"name":"a","namespace":"n","generation":{generation}}}"#);
            let wire: Wire = serde_json::from_str(&format!(r#"{{"metadata":{metadata},"spec":{spec}}}"#)).unwrap();
            Object::from(wire)
        };
        let name = Name { namespace: "n".into(), name: "a".into() };
        let parsed = Parsed { generations: [((Kind::Season, name), 2)].into(), ..Parsed::default() };
        let nothing = r#"{"season":"s","date":"d"}"#;
        for (kind, object, expected) in [
            (Kind::Season, object(2, "{}"), true),
            (Kind::Season, object(3, "{}"), false),
            (Kind::Warehouse, object(1, "{}"), false),
            (Kind::GameDate, object(1, nothing), true),
            (Kind::GameDate, object(2, r#"{"season":"s","date":"d","priority":1}"#), false),
        ] {
            assert_eq!(parsed.speaks_of(kind, &object), expected, "{kind:?} {}", object.generation);
        }
    }

    #[test]
    fn a_panic_costs_its_namespace_and_no_other() {
        let namespaces = ["a", "bad", "c"].map(|name| (Arc::from(name), Vec::new())).into();
        let parsed = each(namespaces, |namespace, _| {
            assert_ne!(namespace, "bad", "what no check foresees");
            let problem = Problem { object: "Season/s".into(), ..Problem::file("", 0, "must be fixed") };
            Loaded { problems: vec![problem], ..Loaded::default() }
        });
        let namespaces: Vec<&str> = parsed.problems.keys().map(|(_, name)| &*name.namespace).collect();
        assert_eq!(namespaces, ["a", "c"]);
    }
}

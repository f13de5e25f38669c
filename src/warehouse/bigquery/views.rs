//! The marks of views: those of the tables below, which a dry run names, and the date. What cannot be seen through is blind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::BigQuery;
use super::errors::Refused;
use super::job;
use super::marks::{Stamp, stamp};
use super::name::TableName;
use super::wire::{Meta, Referenced};
use crate::domain::mark::{Blind, Holds, PartMark, TableMark, mix, stable_hash};
use crate::domain::verdict::Unknown;
use crate::warehouse::tables::Call;

/// A job names no more tables than that.
const MOST: usize = 50;
/// Words of a view whose rows can change although no table does.
const RESTLESS: [&str; 9] = [
    "CURRENT_TIMESTAMP",
    "CURRENT_DATETIME",
    "CURRENT_TIME",
    "RAND",
    "GENERATE_UUID",
    "SESSION_USER",
    "EXTERNAL_QUERY",
    "SYSTEM_TIME",
    "INFORMATION_SCHEMA",
];

/// What was below a view when it was last looked through.
#[derive(Debug)]
pub(super) struct Below {
    /// The stamps of all views by then, itself included: with the same ones, the same tables are below.
    views: BTreeMap<TableName, Stamp>,
    /// Tables and views.
    names: Vec<TableName>,
}

impl BigQuery {
    /// The mark of a view, which is one part.
    pub(super) async fn view_mark(&self, call: &Call, name: &TableName, meta: &Meta) -> Result<TableMark, Unknown> {
        let own = |hash| self.mark_of(name, meta, vec![PartMark { holds: Holds::Any, hash }]);
        let blind = TableMark { blind: Blind::All, ..own(stable_hash(&stamp(meta))) };
        if is_restless(meta) {
            return Ok(blind);
        }
        let known = self.known(name).and_then(|known| known.below);
        let known = known.filter(|below| below.views.get(name) == Some(&stamp(meta)));
        let below = match known {
            Some(below) => Some(below),
            None => self.look_through(call, name, meta).await?,
        };
        let Some(below) = below else { return Ok(blind) };
        let Some(mut metas) = self.metas(call, &below).await? else { return Ok(blind) };
        if !below.is_of(&metas) {
            // A view below has changed, and with it perhaps the tables.
            self.remember(name, |known| known.below = None);
            let Some(below) = self.look_through(call, name, meta).await? else { return Ok(blind) };
            let Some(again) = self.metas(call, &below).await? else { return Ok(blind) };
            metas = again;
        }
        if !metas.values().all(can_be_seen) || !metas.values().any(|meta| meta.view.is_none()) {
            return Ok(blind);
        }
        // A view can select by the date of today.
        let today = call.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let hash =
            metas.values().fold(stable_hash(&(stamp(meta), today)), |hash, meta| mix(hash, stable_hash(&stamp(meta))));
        let streamed = metas.values().any(|meta| meta.is_streamed());
        Ok(TableMark { blind: if streamed { Blind::Recent } else { Blind::No }, ..own(hash) })
    }

    /// Asks what a view reads. `None` if the server does not say.
    async fn look_through(&self, call: &Call, name: &TableName, meta: &Meta) -> Result<Option<Arc<Below>>, Unknown> {
        let text = format!("SELECT COUNT(*) AS n FROM {} AS t", self.table_sql(name));
        let terms = self.terms(call, meta);
        let dry = job::dry_run(&*self.rest, &terms, name, &text, &[]).await;
        let Some(dry) = self.allowed(dry, name, call)? else { return Ok(None) };
        let names: Vec<_> = dry.referenced_tables.iter().map(table).filter(|own| own != name).collect();
        if names.is_empty() || names.len() >= MOST {
            return Ok(None);
        }
        let mut below = Below { views: [(name.clone(), stamp(meta))].into(), names };
        let Some(metas) = self.metas(call, &below).await? else { return Ok(None) };
        let views = metas.into_iter().filter(|(_, meta)| meta.view.is_some());
        below.views.extend(views.map(|(name, meta)| (name, stamp(&meta))));
        let below = Arc::new(below);
        self.remember(name, |known| known.below = Some(below.clone()));
        Ok(Some(below))
    }

    /// An answer; `None` if it is refused for good. Another failure passes, and is not taken for blindness.
    fn allowed<T>(&self, answer: Result<T, Refused>, name: &TableName, call: &Call) -> Result<Option<T>, Unknown> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(refused) if refused.is_final() => Ok(None),
            Err(refused) => Err(self.unknown(&refused, name, call, None)),
        }
    }

    /// What is below, as it is now. `None` if it may not be looked at.
    async fn metas(&self, call: &Call, below: &Below) -> Result<Option<BTreeMap<TableName, Arc<Meta>>>, Unknown> {
        let mut metas = BTreeMap::new();
        for name in &below.names {
            let Some(meta) = self.allowed(self.get(call, name).await, name, call)? else { return Ok(None) };
            metas.insert(name.clone(), meta);
        }
        Ok(Some(metas))
    }
}

impl Below {
    fn is_of(&self, metas: &BTreeMap<TableName, Arc<Meta>>) -> bool {
        metas
            .iter()
            .filter(|(_, meta)| meta.view.is_some())
            .all(|(name, meta)| self.views.get(name) == Some(&stamp(meta)))
    }
}

fn table(referenced: &Referenced) -> TableName {
    let Referenced { project_id, dataset_id, table_id } = referenced.clone();
    TableName { project: project_id.into(), dataset: dataset_id, table: table_id }
}

/// Whether a change of its rows shows in its metadata.
fn can_be_seen(meta: &Arc<Meta>) -> bool {
    match meta.kind.as_str() {
        "TABLE" | "SNAPSHOT" => true,
        "VIEW" => !is_restless(meta),
        _ => false,
    }
}

fn is_restless(meta: &Meta) -> bool {
    let query = meta.view.as_ref().map(|view| view.query.to_ascii_uppercase()).unwrap_or_default();
    let mut words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.any(|word| RESTLESS.contains(&word))
}

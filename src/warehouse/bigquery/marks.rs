//! Marks by metadata alone, with no query: a table that has not changed is one call. One that has is two, and the second lists
//! its partitions.

use std::sync::Arc;

use super::BigQuery;
use super::errors::Refused;
use super::name::TableName;
use super::page::{Broken, Page, Reader};
use super::partitions::dating;
use super::rest::{Replying, Wanted, repeated};
use super::wire::Meta;
use crate::domain::dates::Timestamp;
use crate::domain::mark::{Blind, Holds, PartMark, TableMark, stable_hash};
use crate::domain::names::Table;
use crate::domain::probe::DateColumn;
use crate::domain::verdict::Unknown;
use crate::warehouse::sql::bound::Answered;
use crate::warehouse::sql::server::Cell;
use crate::warehouse::tables::Call;

/// What changes with every change of a table that is not streamed to: when it was made and last changed, and its rows.
pub(super) type Stamp = (u64, u64, u64);

pub(super) fn stamp(meta: &Meta) -> Stamp {
    (meta.creation_time.0, meta.last_modified_time.0, meta.num_rows.0)
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Partition {
    pub id: String,
    /// When it was made and when it was last changed.
    times: [i64; 2],
}

/// The partitions of a table, and what its stamp was when they were listed.
#[derive(Debug)]
pub(super) struct Listed {
    stamp: Stamp,
    /// `None`: the server does not list them, so the table is one part.
    partitions: Option<Vec<Partition>>,
}

/// The columns of the list of partitions.
const COLUMNS: &str = "partition_id,creation_time,last_modified_time";
const TYPES: [Answered; 3] = [Answered::Text, Answered::Int, Answered::Int];
/// No table has more partitions than that.
const MOST: usize = 10_000;

impl BigQuery {
    /// The mark of a table with partitions, or of one part.
    pub(super) async fn table_mark(
        &self,
        call: &Call,
        name: &TableName,
        date: &DateColumn,
        meta: &Meta,
    ) -> Result<TableMark, Unknown> {
        let blind = if meta.is_streamed() { Blind::Recent } else { Blind::No };
        let listed = if meta.time_partitioning.is_some() { self.listed(call, name, meta).await? } else { None };
        let partitions = listed.as_ref().and_then(|listed| listed.partitions.as_deref());
        let parts = match partitions {
            Some(partitions) => parts(meta, date, partitions),
            None => vec![PartMark { holds: Holds::Any, hash: stable_hash(&stamp(meta)) }],
        };
        Ok(TableMark { blind, ..self.mark_of(name, meta, parts) })
    }

    /// A mark of these parts.
    pub(super) fn mark_of(&self, name: &TableName, meta: &Meta, parts: Vec<PartMark>) -> TableMark {
        let own = Table { place: format!("bigquery:{}", self.project).into(), name: name.to_string().into() };
        let modified = i64::try_from(meta.last_modified_time.0).ok();
        let modified = modified.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        TableMark { parts, modified, names: vec![own], ..TableMark::default() }
    }

    /// The partitions, listed again only if the table has changed.
    async fn listed(&self, call: &Call, name: &TableName, meta: &Meta) -> Result<Option<Arc<Listed>>, Unknown> {
        let known = self.known(name).and_then(|known| known.listed);
        let stamp = stamp(meta);
        if let Some(known) = known.filter(|known| known.stamp == stamp && !meta.is_streamed()) {
            return Ok(Some(known));
        }
        let partitions = match self.list(call, name).await {
            Ok(partitions) => Some(partitions),
            Err(refused) if refused.is_final() => None,
            Err(refused) => return Err(self.unknown(&refused, name, call, None)),
        };
        let listed = Arc::new(Listed { stamp, partitions });
        self.remember(name, |known| known.listed = Some(listed.clone()));
        Ok(Some(listed))
    }

    async fn list(&self, call: &Call, name: &TableName) -> Result<Vec<Partition>, Refused> {
        let (table, until) = (name.partitions(), call.deadline);
        let (mut reader, mut partitions) = (Reader::new(&TYPES), Vec::new());
        let mut token: Option<String> = None;
        loop {
            let wanted = Wanted { token: token.as_deref(), rows: MOST, wait: std::time::Duration::ZERO };
            let ask = || -> Replying<'_, Page> {
                Box::pin(async { Page::of_rows(&self.rest.rows(&table, COLUMNS, wanted, until).await?) })
            };
            let page = repeated(until, ask).await?;
            let read = reader.page(page, &mut |cells| {
                partitions.extend(partition(cells));
                Ok(())
            });
            match read {
                Ok(Some(next)) => token = Some(next),
                Ok(None) => break,
                Err(Broken::Answer(_) | Broken::Taker(_)) => return Err(super::errors::Failure::Unreadable.into()),
            }
        }
        partitions.sort_unstable();
        Ok(partitions)
    }
}

/// A row of the list. One without an id or a time still counts, so that its changes show.
fn partition(cells: &[Cell<'_>]) -> Option<Partition> {
    let [id, created, modified] = cells else { return None };
    let number = |cell: &Cell<'_>| if let Cell::Int(n) = cell { *n } else { 0 };
    let id = if let Cell::Text(id) = id { (*id).to_string() } else { String::new() };
    Some(Partition { id, times: [number(created), number(modified)] })
}

/// The part of each partition, in the order of their ids. Rows count by the type of the column that dates them.
fn parts(meta: &Meta, date: &DateColumn, partitions: &[Partition]) -> Vec<PartMark> {
    let dating = dating(meta, date);
    let of = meta.schema.fields.iter().find(|field| field.name == date.column).map(|field| field.of.as_str());
    let part = |own: &Partition| PartMark { holds: dating.holds(&own.id), hash: stable_hash(&(own, of)) };
    partitions.iter().map(part).collect()
}

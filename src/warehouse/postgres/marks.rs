//! Marks: the number, file and counters of every relation that a table consists of, from the catalog alone.

use std::collections::BTreeMap;

use super::bounds::{both, holds};
use super::catalog::{Relation, Surroundings, relations, surroundings};
use super::known::Part;
use super::name::Name;
use super::transaction::Transaction;
use super::{Postgres, errors};
use crate::domain::mark::{Blind, Holds, PartMark, TableMark, stable_hash};
use crate::domain::names::Table;
use crate::domain::probe::DateColumn;
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::tables::Call;

/// A process of the server reports what it has committed within this time.
const LAG: Span = Span::seconds(60);
/// Objects of the server itself have smaller numbers. Nothing counts what changes in them.
const FIRST_OF_USERS: u32 = 16_384;

impl Postgres {
    /// The mark of a table. Two questions to the catalog, whatever the table is.
    pub(super) async fn mark_of(&self, call: &Call, table: &str, date: &DateColumn) -> Result<TableMark, Unknown> {
        let name = Name::parse(table)?;
        let mut transaction = Transaction::begin(&self.pool, call, table).await?;
        let asked = ask(&mut transaction, &name).await;
        transaction.end().await;
        let (relations, around) = asked?;
        let around = around.ok_or_else(|| {
            errors::said(
                &self.pool.source.connection,
                table,
                UnknownReason::ProbeFailed,
                "its server does not know the database it is asked in",
            )
        })?;
        let Some(own) = root(&relations) else { return Err(self.absent(&name, table)) };
        let parts = parts(&relations, date);
        let mark = TableMark {
            parts: parts.iter().map(|(part, relation)| part_mark(part, relation, &around)).collect(),
            modified: None,
            lag: LAG,
            blind: blindness(&relations, &around),
            names: self.names(&name, own, &around),
            ..TableMark::default()
        };
        self.known.keep_parts(table, date, around.columns, parts.into_iter().map(|(part, _)| part).collect());
        Ok(mark)
    }

    /// The table by its place; and by its server, through whichever connection it is read.
    fn names(&self, name: &Name, own: &Relation, around: &Surroundings) -> Vec<Table> {
        let here = Table { place: self.place.clone(), name: name.whole().into() };
        let server = around.system.map(|system| Table {
            place: format!("postgres-server:{:x}/{}", system.cast_unsigned(), around.database).into(),
            name: own.oid.to_string().into(),
        });
        std::iter::once(here).chain(server).collect()
    }
}

async fn ask(transaction: &mut Transaction<'_>, name: &Name) -> Result<(Vec<Relation>, Option<Surroundings>), Unknown> {
    Ok((relations(transaction, name).await?, surroundings(transaction, name).await?))
}

/// The table itself. A view can name it again, as something that it reads.
fn root(relations: &[Relation]) -> Option<&Relation> {
    relations.iter().find(|relation| relation.is_root)
}

/// The relations that hold rows, and views, whose definition can change; sorted by number.
pub(super) fn parts<'r>(relations: &'r [Relation], date: &DateColumn) -> Vec<(Part, &'r Relation)> {
    let by_oid: BTreeMap<u32, &Relation> = relations.iter().map(|relation| (relation.oid, relation)).collect();
    let seen_through = root(relations).is_some_and(|root| root.kind == "v");
    let held = |relation: &Relation| if seen_through { Holds::Any } else { held(relation, &by_oid, date, DEEPEST) };
    let parts = by_oid.values().filter(|relation| relation.kind != "p");
    parts.map(|relation| (Part { oid: relation.oid, holds: held(relation) }, *relation)).collect()
}

/// Partitions of partitions are rarely more than three deep.
const DEEPEST: usize = 32;

/// What a relation can hold: what its own bounds and those of all above it allow.
fn held(relation: &Relation, all: &BTreeMap<u32, &Relation>, date: &DateColumn, depth: usize) -> Holds {
    let own = match (&relation.bound, &relation.key) {
        (Some(bound), Some(key)) => holds(bound, key, date),
        _ => Holds::Any,
    };
    match all.get(&relation.parent).filter(|_| depth > 0) {
        Some(parent) => both(own, held(parent, all, date, depth - 1)),
        None => own,
    }
}

fn part_mark(part: &Part, relation: &Relation, around: &Surroundings) -> PartMark {
    let Relation { oid, filenode, counters, definition, .. } = relation;
    let hash =
        stable_hash(&format!("{oid} {filenode:?} {counters:?} {definition:?} {} {}", around.since, around.columns));
    PartMark { holds: part.holds, hash }
}

/// A server process sends what it counted between two statements, and a long statement delays that without a limit: recent rows
/// may be there that no counter shows.
fn blindness(relations: &[Relation], around: &Surroundings) -> Blind {
    let through_view = root(relations).is_some_and(|root| root.kind == "v");
    let is_blind = |relation: &Relation| {
        relation.hidden
            || relation.oid < FIRST_OF_USERS
            || !matches!(relation.kind.as_str(), "r" | "p" | "m" | "v")
            || relation.row_security && (through_view || relation.row_security_here)
    };
    let is_blind = around.is_standby || around.counts_off || relations.iter().any(is_blind);
    if is_blind { Blind::All } else { Blind::Recent }
}

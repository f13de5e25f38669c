//! Warehouse → where it is, and the limits of its namespace.

use super::fields::{Fields, bytes};
use super::known::{Engine, Home, Known, key, name, namespace, of_kind};
use crate::api::access::Access;
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::api::problem::Problem;
use crate::domain::policy::{ReadLimits, Reader};

/// A Warehouse that can be read, unless another one contradicts it.
struct Lowered<'a> {
    document: &'a Document,
    fields: Fields<'a>,
    home: Home,
    limits: ReadLimits,
}

pub(super) fn lower(documents: &[Document], known: &mut Known<'_>, problems: &mut Vec<Problem>) {
    let mut all: Vec<Lowered<'_>> = Vec::new();
    for (document, spec) in of_kind::<WarehouseSpec>(documents, "Warehouse", problems) {
        let mut fields = Fields::new(document);
        match warehouse(&spec, known.access, &mut fields) {
            Some((home, limits)) => all.push(Lowered { document, fields, home, limits }),
            None => _ = fields.report(problems),
        }
    }
    let told: Vec<_> = all.iter().map(|one| (name(one.document), one.home.clone(), one.limits.clone())).collect();
    for Lowered { document, mut fields, home, limits } in all {
        for (other, _, theirs) in told.iter().filter(|(_, other, _)| other.place == home.place) {
            contradictions(&home, &limits, other, theirs, &mut fields);
        }
        if fields.report(problems) {
            let reader = Reader { namespace: namespace(document).into(), place: home.place.clone() };
            known.warehouses.insert(key(document, "Warehouse", name(document)), reader.clone());
            known.limits.entry(reader).and_modify(|old| *old = old.clone().tighter(limits.clone())).or_insert(limits);
            known.places.insert(name(document).into(), home);
        }
    }
}

/// What two Warehouses of one place may not say differently: the place is read once for both.
fn contradictions(home: &Home, own: &ReadLimits, other: &str, theirs: &ReadLimits, fields: &mut Fields<'_>) {
    let mut same = |field: &str, own: String, theirs: String, place: &str| {
        if own != theirs {
            let text =
                format!("is {own}, and {theirs} in Warehouse '{other}' of the same {place}; must be the same in both");
            fields.problem(field, text);
        }
    };
    match &home.engine {
        Engine::Files => {
            let encoding = |limits: &ReadLimits| if limits.latin1 { "Latin1" } else { "Utf8" }.to_string();
            same("spec.files.encoding", encoding(own), encoding(theirs), "folder");
        }
        Engine::BigQuery(project) => {
            let payer = |limits: &ReadLimits| format!("'{}'", limits.bill_to.as_deref().unwrap_or(project));
            same("spec.bigquery.billTo", payer(own), payer(theirs), "project");
            let location = |limits: &ReadLimits| match &limits.location {
                Some(location) => format!("'{location}'"),
                None => "absent".to_string(),
            };
            same("spec.bigquery.location", location(own), location(theirs), "project");
        }
        Engine::Postgres => {}
    }
}

fn warehouse(spec: &WarehouseSpec, access: &dyn Access, fields: &mut Fields<'_>) -> Option<(Home, ReadLimits)> {
    let limits = &spec.limits;
    let own = ReadLimits {
        timeout: fields.positive("spec.limits.queryTimeout", &limits.query_timeout),
        concurrent: limits.max_concurrent_queries,
        bytes_per_query: bytes(&limits.max_bytes_per_query),
        bytes_per_day: bytes(&limits.max_bytes_per_day),
        latin1: spec.files.as_ref().is_some_and(|files| files.encoding == Some(Encoding::Latin1)),
        bill_to: spec.bigquery.as_ref().and_then(|engine| payer(engine).map(Into::into)),
        location: spec.bigquery.as_ref().and_then(|engine| engine.location.as_ref()).map(|at| at.0.as_str().into()),
    };
    match home(spec, access) {
        Ok(home) => Some((home, own)),
        Err((field, why)) => {
            fields.problem(field, why);
            None
        }
    }
}

/// The project that pays, if it is not the one of the tables.
fn payer(engine: &BigQueryEngine) -> Option<&str> {
    engine.bill_to.as_ref().filter(|payer| **payer != engine.project).map(|payer| payer.0.as_str())
}

/// Where a Warehouse is, or which field is why it may not be read.
fn home(spec: &WarehouseSpec, access: &dyn Access) -> Result<Home, (&'static str, String)> {
    match (&spec.files, &spec.bigquery, &spec.postgres) {
        (Some(files), _, _) => {
            let declared = &files.folder.0;
            let place = access.folder(declared).map_err(|why| ("spec.files.folder", why))?;
            let (place, declared) = (format!("files:{place}").into(), format!("files:{declared}").into());
            Ok(Home { engine: Engine::Files, place, declared })
        }
        (None, Some(engine), _) => {
            let project = &engine.project.0;
            access.project(project).map_err(|why| ("spec.bigquery.project", why))?;
            if let Some(payer) = payer(engine) {
                access.payer(payer).map_err(|why| ("spec.bigquery.billTo", why))?;
            }
            Ok(of_server(Engine::BigQuery(project.clone()), &format!("bigquery:{project}")))
        }
        (None, None, Some(PostgresEngine { connection, database })) => {
            access.connection(&connection.0, &database.0).map_err(|why| ("spec.postgres.connection", why))?;
            Ok(of_server(Engine::Postgres, &format!("postgres:{}/{}", connection.0, database.0)))
        }
        // A rule of the schema has reported it.
        (None, None, None) => Err(("spec", "names no engine".into())),
    }
}

/// A server has one name, wherever gapless runs.
fn of_server(engine: Engine, place: &str) -> Home {
    Home { engine, place: place.into(), declared: place.into() }
}

#[cfg(test)]
mod tests;

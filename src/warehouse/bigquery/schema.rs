//! The columns of a table, in the terms of all servers.

use std::collections::BTreeSet;

use super::dialect::COLLATED;
use super::wire::{Field, Meta};
use crate::warehouse::sql::schema::{Column, Schema, Type};

/// When a row of a table that is partitioned by time of arrival came.
pub(super) const ARRIVED: &str = "_PARTITIONTIME";
/// The UTC date of that.
pub(super) const ARRIVED_ON: &str = "_PARTITIONDATE";

/// The columns that were asked for, and the names of all.
pub(super) fn schema(meta: &Meta, columns: &BTreeSet<&str>) -> Schema {
    let fields = meta.schema.fields.iter().map(|field| (field.name.as_str(), column(field)));
    let known = fields.chain(arrival(meta)).filter(|(name, _)| columns.contains(name));
    Schema {
        columns: known.map(|(name, column)| (name.to_string(), column)).collect(),
        names: meta.schema.fields.iter().map(|field| field.name.clone()).collect(),
        must_filter: must_filter(meta, columns),
    }
}

/// The columns that a table has without naming them.
fn arrival(meta: &Meta) -> Vec<(&'static str, Column)> {
    let by_arrival = meta.time_partitioning.as_ref().is_some_and(|partitioning| partitioning.field.is_none());
    let column = |of, native: &str| Column { of, native: native.into() };
    let both = vec![(ARRIVED, column(Type::Instant, "TIMESTAMP")), (ARRIVED_ON, column(Type::Date, "DATE"))];
    if by_arrival { both } else { Vec::new() }
}

fn column(field: &Field) -> Column {
    if field.mode == "REPEATED" {
        return Column { of: Type::Other, native: format!("ARRAY of {}", field.of) };
    }
    let collation = if field.collation.is_empty() { String::new() } else { format!("{COLLATED}{}", field.collation) };
    Column { of: type_of(&field.of), native: format!("{}{collation}", field.of) }
}

fn type_of(native: &str) -> Type {
    match native {
        "BOOL" | "BOOLEAN" => Type::Bool,
        "INT64" | "INTEGER" => Type::Int,
        "FLOAT64" | "FLOAT" => Type::Float,
        "NUMERIC" | "BIGNUMERIC" => Type::Decimal,
        "STRING" => Type::Text,
        "DATE" => Type::Date,
        "TIMESTAMP" => Type::Instant,
        "DATETIME" => Type::Local,
        _ => Type::Other,
    }
}

/// The column that every query must filter by.
fn must_filter(meta: &Meta, columns: &BTreeSet<&str>) -> Option<String> {
    let time = meta.time_partitioning.as_ref();
    if !meta.require_partition_filter && !time.is_some_and(|time| time.require_partition_filter) {
        return None;
    }
    let by_range = meta.range_partitioning.as_ref().map(|range| range.field.as_str());
    let by_arrival = if columns.contains(ARRIVED) { ARRIVED } else { ARRIVED_ON };
    time.map(|time| time.field.as_deref().unwrap_or(by_arrival)).or(by_range).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(rest: &str) -> Meta {
        let fields = r#"{"name":"game_date","type":"DATE"},{"name":"tags","type":"STRING","mode":"REPEATED"},
            {"name":"bookmaker","type":"STRING","collation":"und:ci"},{"name":"odds","type":"RECORD","mode":"NULLABLE"}"#;
        let text = format!(
            r#"{{"type":"TABLE","creationTime":"1","lastModifiedTime":"1","schema":{{"fields":[{fields}]}}{rest}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn nested_and_repeated_columns_are_of_another_type() {
        let schema = schema(&meta(""), &["tags", "odds", "bookmaker", "absent"].into());
        let types: Vec<_> = schema.columns.values().map(|c| (c.of, c.native.as_str())).collect();
        assert_eq!(
            types,
            [(Type::Text, "STRING COLLATE und:ci"), (Type::Other, "RECORD"), (Type::Other, "ARRAY of STRING")]
        );
        assert_eq!(schema.names.len(), 4);
        assert_eq!(schema.must_filter, None);
    }

    #[test]
    fn a_required_filter_is_known_beforehand() {
        let of = |rest: &str, column: &str| schema(&meta(rest), &[column].into()).must_filter;
        let daily = r#","timePartitioning":{"type":"DAY","field":"game_date"},"requirePartitionFilter":true"#;
        assert_eq!(of(daily, "bookmaker").as_deref(), Some("game_date"));
        let old = r#","timePartitioning":{"type":"DAY","requirePartitionFilter":true}"#;
        assert_eq!(of(old, "bookmaker").as_deref(), Some(ARRIVED_ON));
        assert_eq!(of(old, ARRIVED).as_deref(), Some(ARRIVED));
        let range = r#","rangePartitioning":{"field":"game"},"requirePartitionFilter":true"#;
        assert_eq!(of(range, "bookmaker").as_deref(), Some("game"));
    }
}

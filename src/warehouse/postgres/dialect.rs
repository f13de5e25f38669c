//! SQL as PostgreSQL writes it.

use super::name::{quoted, quoted_table};
use crate::domain::dates::Timestamp;
use crate::warehouse::sql::bound::Bound;
use crate::warehouse::sql::dialect::Dialect;
use crate::warehouse::sql::schema::{Column, Type};

/// The SQL of PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PostgresDialect;

/// The name of a type in a cast.
pub(super) fn type_name(of: Type) -> &'static str {
    match of {
        Type::Bool => "bool",
        Type::Int => "int8",
        Type::Float => "float8",
        Type::Float32 => "float4",
        Type::Decimal => "numeric",
        Type::Text | Type::Other => "text",
        Type::Date => "date",
        Type::Instant => "timestamptz",
        Type::Local => "timestamp",
    }
}

impl Dialect for PostgresDialect {
    fn table(&self, name: &str) -> String {
        quoted_table(name)
    }

    fn name(&self, name: &str) -> String {
        quoted(name)
    }

    fn placeholder(&self, n: usize, value: &Bound) -> String {
        match value {
            Bound::One(value) => format!("${}::{}", n + 1, type_name(value.of())),
            Bound::List(of, _) => format!("${}::{}[]", n + 1, type_name(*of)),
        }
    }

    fn rows(&self, alias: &str, columns: &[(&str, String)]) -> String {
        let (names, lists): (Vec<&str>, Vec<&str>) = columns.iter().map(|(name, list)| (*name, list.as_str())).unzip();
        format!("unnest({}) AS {alias}({})", lists.join(", "), names.join(", "))
    }

    fn value(&self, sql: &str, column: &Column) -> String {
        match column.of {
            Type::Text if column.native == "text" => format!("({sql} COLLATE \"C\")"),
            // Enumerations, fixed lengths and domains are compared as the text that they show.
            Type::Text => format!("({sql}::text COLLATE \"C\")"),
            Type::Float | Type::Float32 | Type::Decimal => format!("nullif({sql}, 'NaN'::{})", type_name(column.of)),
            _ => sql.into(),
        }
    }

    fn one_of(&self, sql: &str, list: &str) -> String {
        format!("{sql} = ANY ({list})")
    }

    fn starts_with_any(&self, text: &str, list: &str) -> String {
        format!("{text} ^@ ANY ({list})")
    }

    // Infinite dates cannot be subtracted.
    fn day(&self, date: &str) -> String {
        let days = format!("{date} - date '1970-01-01'");
        format!("(CASE {date} WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE {days} END)::int8")
    }

    fn bucket(&self, instant: &str, boundaries: &str) -> String {
        format!("width_bucket({instant}, {boundaries})::int8")
    }

    // The server knows instants long after the last one of gapless, and none before the first but the infinite one.
    fn micros(&self, instant: &str) -> String {
        let (first, last) = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
        format!(
            "(CASE WHEN {instant} >= '9999-12-30 22:00:00+00' THEN {last} WHEN {instant} = '-infinity' THEN {first} \
             ELSE extract(epoch FROM {instant}) * 1000000 END)::int8"
        )
    }

    fn text(&self, sql: &str, of: Type) -> String {
        match of {
            Type::Text => sql.into(),
            Type::Instant | Type::Local => format!("({}::text COLLATE \"C\")", self.micros(sql)),
            Type::Decimal => format!("(trim_scale({sql})::text COLLATE \"C\")"),
            // Digits without an exponent, and no more than the float needs.
            Type::Float | Type::Float32 => format!("({sql}::text::numeric::text COLLATE \"C\")"),
            _ => format!("({sql}::text COLLATE \"C\")"),
        }
    }

    fn short(&self, text: &str) -> String {
        format!("CASE WHEN octet_length({text}) <= 512 THEN {text} ELSE left({text}, 100) || md5({text}) END")
    }

    fn split(&self, text: &str, separator: &str, part: u8) -> String {
        format!("nullif(split_part({text}, {separator}, {part}), '')")
    }

    fn count_if(&self, condition: &str) -> String {
        format!("COUNT(*) FILTER (WHERE {condition})")
    }

    fn distinct_if(&self, condition: Option<&str>, sql: &str) -> String {
        format!("COUNT(DISTINCT {sql}){}", filter(condition))
    }

    fn max_if(&self, condition: Option<&str>, sql: &str) -> String {
        format!("MAX({sql}){}", filter(condition))
    }

    fn whole(&self, sum: &str) -> String {
        format!("({sum})::int8")
    }
}

fn filter(condition: Option<&str>) -> String {
    condition.map(|condition| format!(" FILTER (WHERE {condition})")).unwrap_or_default()
}

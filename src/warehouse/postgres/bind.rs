//! Bound values on the wire, as texts: the server reads them in the type of their placeholder.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tokio_postgres::types::{Format, IsNull, ToSql, Type as Wire, to_sql_checked};

use crate::domain::dates::Date;
use crate::warehouse::sql::bound::{Bound, Scalar};
use crate::warehouse::sql::schema::Type;

/// A value as text.
pub(super) struct Value(String);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value")
    }
}

impl ToSql for Value {
    fn to_sql(&self, _: &Wire, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Wire) -> bool {
        true
    }

    fn encode_format(&self, _: &Wire) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A bound value with the type of its placeholder. `None`: it has a zero byte, which no text of the server has.
pub(super) fn bind(value: &Bound) -> Option<(Value, Wire)> {
    let (text, wire) = match value {
        Bound::One(value) => (text(value), one(value.of())),
        Bound::List(of, values) => (list(values), many(*of)),
    };
    (!text.contains('\0')).then_some((Value(text), wire))
}

fn list(values: &[Scalar]) -> String {
    let mut all = String::from("{");
    for (n, value) in values.iter().enumerate() {
        all.push_str(if n > 0 { ",\"" } else { "\"" });
        for c in text(value).chars() {
            if matches!(c, '"' | '\\') {
                all.push('\\');
            }
            all.push(c);
        }
        all.push('"');
    }
    all.push('}');
    all
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Float32(value) => value.to_string(),
        Scalar::Decimal(value) | Scalar::Text(value) => value.clone(),
        Scalar::Date(value) => in_era(*value, ""),
        Scalar::Instant(value) => local(value.to_zoned(TimeZone::UTC).datetime(), "+00"),
        Scalar::Local(value) => local(*value, ""),
    }
}

fn local(value: DateTime, offset: &str) -> String {
    in_era(value.date(), &format!(" {}{offset}", value.time().strftime("%H:%M:%S%.6f")))
}

/// A date before the year 1 is one of another era. None of the server's is before the year 4713 of it.
fn in_era(date: Date, rest: &str) -> String {
    match date.year() {
        ..-4711 => "-infinity".into(),
        year @ ..=0 => format!("{:04}-{:02}-{:02}{rest} BC", 1 - year, date.month(), date.day()),
        year => format!("{year:04}-{:02}-{:02}{rest}", date.month(), date.day()),
    }
}

fn one(of: Type) -> Wire {
    match of {
        Type::Bool => Wire::BOOL,
        Type::Int => Wire::INT8,
        Type::Float => Wire::FLOAT8,
        Type::Float32 => Wire::FLOAT4,
        Type::Decimal => Wire::NUMERIC,
        Type::Text | Type::Other => Wire::TEXT,
        Type::Date => Wire::DATE,
        Type::Instant => Wire::TIMESTAMPTZ,
        Type::Local => Wire::TIMESTAMP,
    }
}

fn many(of: Type) -> Wire {
    match of {
        Type::Bool => Wire::BOOL_ARRAY,
        Type::Int => Wire::INT8_ARRAY,
        Type::Float => Wire::FLOAT8_ARRAY,
        Type::Float32 => Wire::FLOAT4_ARRAY,
        Type::Decimal => Wire::NUMERIC_ARRAY,
        Type::Text | Type::Other => Wire::TEXT_ARRAY,
        Type::Date => Wire::DATE_ARRAY,
        Type::Instant => Wire::TIMESTAMPTZ_ARRAY,
        Type::Local => Wire::TIMESTAMP_ARRAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_list_keeps_every_text_apart() {
        let texts = ["", "a,b", "\"", "\\", "{}", "NULL", "Dončić"].map(|t| Scalar::Text(t.into()));
        assert_eq!(list(&texts), r#"{"","a,b","\"","\\","{}","NULL","Dončić"}"#);
        assert_eq!(list(&[]), "{}");
    }

    #[test]
    fn a_time_is_written_to_the_microsecond() {
        let at = |text: &str| super::text(&Scalar::Instant(text.parse().unwrap()));
        assert_eq!(at("2025-11-14T19:00:00.123456Z"), "2025-11-14 19:00:00.123456+00");
        assert_eq!(at("-000001-03-15T00:00:00Z"), "0002-03-15 00:00:00.000000+00 BC");
        assert_eq!(super::text(&Scalar::Local(date(2025, 1, 2).at(3, 4, 5, 0))), "2025-01-02 03:04:05.000000");
        assert_eq!(super::text(&Scalar::Date(Date::MIN)), "-infinity");
        assert_eq!(super::text(&Scalar::Date(date(0, 1, 1))), "0001-01-01 BC");
    }

    #[test]
    fn a_zero_byte_is_refused_and_no_value_is_printed() {
        assert!(bind(&Bound::One(Scalar::Text("a\0".into()))).is_none());
        let (value, _) = bind(&Bound::One(Scalar::Text("canary".into()))).unwrap();
        assert_eq!(format!("{value:?}"), "Value");
    }
}

//! Bound values, as BigQuery takes them: every value is a text beside its type.

use serde_json::{Value, json};

use crate::warehouse::sql::bound::{Bound, Scalar};
use crate::warehouse::sql::schema::Type;

/// The parameters of a query, by the names that the dialect gives them.
pub(super) fn parameters(bound: &[Bound]) -> Vec<Value> {
    bound.iter().enumerate().map(|(n, bound)| parameter(&format!("p{n}"), bound)).collect()
}

fn parameter(name: &str, bound: &Bound) -> Value {
    let (of, value) = match bound {
        Bound::One(scalar) => (json!({"type": type_of(scalar.of())}), json!({"value": text(scalar)})),
        Bound::List(of, list) => {
            let values: Vec<Value> = list.iter().map(|scalar| json!({"value": text(scalar)})).collect();
            (json!({"type": "ARRAY", "arrayType": {"type": type_of(*of)}}), json!({"arrayValues": values}))
        }
    };
    json!({"name": name, "parameterType": of, "parameterValue": value})
}

/// A NUMERIC column is compared with the wider type.
fn type_of(of: Type) -> &'static str {
    match of {
        Type::Bool => "BOOL",
        Type::Int => "INT64",
        Type::Float | Type::Float32 => "FLOAT64",
        Type::Decimal => "BIGNUMERIC",
        Type::Date => "DATE",
        Type::Instant => "TIMESTAMP",
        Type::Local => "DATETIME",
        Type::Text | Type::Other => "STRING",
    }
}

fn text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Float32(value) => f64::from(*value).to_string(),
        Scalar::Decimal(digits) => digits.clone(),
        Scalar::Text(text) => text.clone(),
        Scalar::Date(date) => date.to_string(),
        Scalar::Instant(at) => at.strftime("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string(),
        Scalar::Local(time) => time.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_written_as_its_own() {
        let texts = [
            Scalar::Bool(true),
            Scalar::Float(-0.5),
            Scalar::Float(f64::INFINITY),
            Scalar::Date(jiff::civil::date(2025, 11, 14)),
            Scalar::Instant("2025-11-14T23:00:00.0000015Z".parse().unwrap()),
            Scalar::Local("2025-11-14T23:00:00.5".parse().unwrap()),
        ]
        .map(|scalar| text(&scalar));
        assert_eq!(
            texts,
            ["true", "-0.5", "inf", "2025-11-14", "2025-11-14 23:00:00.000001+00:00", "2025-11-14T23:00:00.500000"]
        );
    }

    #[test]
    fn a_list_without_values_has_its_type() {
        assert_eq!(
            parameter("p3", &Bound::List(Type::Date, Vec::new())),
            json!({"name": "p3", "parameterType": {"type": "ARRAY", "arrayType": {"type": "DATE"}},
                   "parameterValue": {"arrayValues": []}})
        );
    }
}

//! Values that a statement answers as texts, in the form of [`Dialect::text`](super::dialect::Dialect::text).

use super::schema::Type;
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::number::plain;

/// The value of a text; `None` if the text is no value of this type.
pub(super) fn datum(of: Type, text: &str) -> Option<Datum> {
    Some(match of {
        Type::Bool => Datum::Bool(text.parse().ok()?),
        Type::Int => Datum::Int(text.parse().ok()?),
        Type::Float => Datum::Float(positive_zero(text.parse().ok()?).to_bits()),
        Type::Float32 => Datum::Float32((text.parse::<f32>().ok()? + 0.0).to_bits()),
        Type::Decimal => decimal(text)?,
        Type::Text => Datum::Text(text.into()),
        Type::Date => Datum::Date(text.parse().ok()?),
        Type::Instant => Datum::Instant(text.parse::<i128>().ok()? * 1000),
        Type::Local => Datum::Local(text.parse::<i128>().ok()? * 1000),
        Type::Other => return None,
    })
}

/// Both zeros are equal.
fn positive_zero(n: f64) -> f64 {
    n + 0.0
}

/// A decimal. One with more digits than fit is compared by its digits, as a text without a type.
fn decimal(text: &str) -> Option<Datum> {
    let digits = plain(text)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let exact = i8::try_from(fraction.len()).ok().zip(format!("{whole}{fraction}").parse().ok());
    Some(
        exact.map_or_else(|| Datum::Loose(digits.as_ref().into()), |(scale, unscaled)| Datum::Decimal(unscaled, scale)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_the_type_of_its_column() {
        for (of, text, shown) in [
            (Type::Int, "-7", "-7"),
            (Type::Float, "1.0", "1"),
            (Type::Float, "-0", "0"),
            (Type::Float32, "1.1", "1.1"),
            (Type::Decimal, "12.50", "12.5"),
            (
                Type::Decimal,
                "99999999999999999999999999999999999999999999",
                "99999999999999999999999999999999999999999999",
            ),
            (Type::Bool, "true", "true"),
            (Type::Date, "2025-11-14", "2025-11-14"),
            (Type::Instant, "1763150400000000", "2025-11-14T20:00:00Z"),
            (Type::Text, " 7", " 7"),
        ] {
            assert_eq!(&*datum(of, text).unwrap().text(), shown, "{of:?} {text}");
        }
        assert_eq!(datum(Type::Int, "seven"), None);
    }
}

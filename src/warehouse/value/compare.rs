//! How a value compares with what a user wrote: in the column's own type, or refused with the valid forms.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::date::parse_date;
use super::datum::Datum;
use super::instant::{Moment, Nanos};
use super::number;
use crate::domain::probe::{Test, Value};

/// Why a value cannot be compared: the type of the column, and the form of a value for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::warehouse) struct Refused {
    /// The type of the column.
    pub found: &'static str,
    /// The valid forms of a value.
    pub forms: &'static str,
}

impl Refused {
    /// The error for a filter on a column.
    pub fn of_filter(self, column: &str) -> String {
        let Self { found, forms } = self;
        if forms.is_empty() {
            return format!(
                "column `{column}` holds texts that are not numbers, and a filter asks which are larger than a number; correct the \
                 data, or ask for other values"
            );
        }
        format!("column `{column}` is of type {found}, and a filter or listed value of spec is none; write {forms}")
    }
}

pub(in crate::warehouse) const NUMBER: &str = "a number such as 12 or \"12.5\"";
/// Texts compare letter by letter: 9 is larger than 10.
pub(in crate::warehouse) const TEXT: &str = "a text in quotes such as \"12\", which compares by its letters";
pub(in crate::warehouse) const BOOLEAN: &str = "\"true\" or \"false\"";
pub(in crate::warehouse) const DATE: &str = "a date such as \"2025-10-21\"";
pub(in crate::warehouse) const INSTANT: &str = "an instant such as \"2025-10-21T00:00:00Z\"";
pub(in crate::warehouse) const LOCAL: &str = "a time without a zone such as \"2025-10-21T00:00:00\"";

/// Whether a value, or NULL, satisfies a test.
pub(in crate::warehouse) fn satisfies(datum: Option<&Datum>, test: &Test) -> Result<bool, Refused> {
    let Some(datum) = datum else { return Ok(matches!(test, Test::IsNull(true))) };
    let is = |value: &Value| Ok(datum.order(value, false)? == Ordering::Equal);
    let any = |values: &[Value]| values.iter().try_fold(false, |found, v| Ok(found | is(v)?));
    match test {
        Test::Equals(value) => is(value),
        Test::NotEquals(value) => is(value).map(|same| !same),
        Test::In(values) => any(values),
        Test::NotIn(values) => any(values).map(|found| !found),
        Test::StartsWith(heads) => Ok(heads.iter().any(|head| datum.starts_with(head))),
        Test::IsNull(wanted) => Ok(!*wanted),
        Test::LessThan(value) => Ok(datum.order(value, true)? == Ordering::Less),
        Test::AtLeast(value) => Ok(datum.order(value, true)? != Ordering::Less),
    }
}

impl Datum {
    /// How it compares with a user's value. Equality requires less than order: a text that is not a number equals no number.
    pub fn order(&self, value: &Value, ordered: bool) -> Result<Ordering, Refused> {
        let refused = |forms| Refused { found: self.type_name(), forms };
        let text = text_of(value);
        match self {
            Self::Int(_) | Self::Decimal(..) | Self::Float(_) | Self::Float32(_) => {
                let (own, other) = self.digits().zip(self.read(&text)).ok_or_else(|| refused(NUMBER))?;
                Ok(number::compare(&own, &other))
            }
            Self::Bool(own) => Ok(own.cmp(&boolean(&text).ok_or_else(|| refused(BOOLEAN))?)),
            Self::Date(own) => Ok(own.cmp(&parse_date(&text).ok_or_else(|| refused(DATE))?)),
            Self::Instant(own) => Ok(own.cmp(&instant(&text).ok_or_else(|| refused(INSTANT))?)),
            Self::Local(own) => Ok(own.cmp(&local(&text).ok_or_else(|| refused(LOCAL))?)),
            Self::Text(_) if ordered && matches!(value, Value::Int(_)) => Err(refused(TEXT)),
            Self::Text(own) => Ok((**own).cmp(&*text)),
            Self::Loose(own) => match (number::plain(own), number::plain(&text)) {
                (Some(own), Some(other)) => Ok(number::compare(&own, &other)),
                (None, Some(_)) if ordered => Err(refused("")),
                _ => Ok((**own).cmp(&*text)),
            },
        }
    }

    /// The digits of a user's number, read in the column's own type.
    fn read(&self, text: &str) -> Option<String> {
        match self {
            Self::Float(_) => text.parse().ok().filter(|n: &f64| !n.is_nan()).map(number::of_float),
            Self::Float32(_) => text.parse().ok().filter(|n: &f32| !n.is_nan()).map(number::of_float),
            _ => number::plain(text).map(Cow::into_owned),
        }
    }

    fn starts_with(&self, head: &str) -> bool {
        match self {
            Self::Loose(text) if number::plain(text).is_some() => number::starts_with(text, head),
            Self::Text(text) | Self::Loose(text) => text.starts_with(head),
            other => {
                other.digits().map_or_else(|| other.text().starts_with(head), |own| number::starts_with(&own, head))
            }
        }
    }
}

pub(in crate::warehouse) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Int(n) => n.to_string().into(),
        Value::Text(t) => t.into(),
    }
}

pub(in crate::warehouse) fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

pub(in crate::warehouse) fn instant(text: &str) -> Option<Nanos> {
    Moment::parse(text)?.instant(None)
}

/// A date is its first moment. No zone is guessed.
pub(in crate::warehouse) fn local(text: &str) -> Option<Nanos> {
    let midnight = || Moment::parse(&format!("{text}T00:00:00")).filter(|_| parse_date(text).is_some());
    match Moment::parse(text).or_else(midnight)? {
        Moment::Local(nanos) => Some(nanos),
        Moment::At(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> Value {
        Value::Text(t.into())
    }

    #[test]
    fn a_users_value_is_read_in_the_columns_type() {
        let at = |t| Datum::Instant(instant(t).unwrap());
        for (datum, value, order) in [
            (Datum::Int(9_007_199_254_740_993), text("9007199254740992"), Some(Ordering::Greater)),
            (Datum::Int(18_446_744_073_709_551_615), Value::Int(-1), Some(Ordering::Greater)),
            (Datum::Int(7), text("7.0"), Some(Ordering::Equal)),
            (Datum::Int(7), text("seven"), None),
            (Datum::Int(7), text("7e0"), None),
            (Datum::Decimal(1250, 2), text("12.5"), Some(Ordering::Equal)),
            (Datum::Float(0.1_f64.to_bits()), text("0.1"), Some(Ordering::Equal)),
            (Datum::Float32(0.1_f32.to_bits()), text("0.1"), Some(Ordering::Equal)),
            (Datum::Float32(1.1_f32.to_bits()), text("1.1"), Some(Ordering::Equal)),
            (Datum::Float(f64::INFINITY.to_bits()), Value::Int(i64::MAX), Some(Ordering::Greater)),
            (Datum::Float(1000.0_f64.to_bits()), text("1e3"), Some(Ordering::Equal)),
            (Datum::Bool(true), text("TRUE"), Some(Ordering::Equal)),
            (Datum::Bool(true), Value::Int(1), None),
            (at("2025-10-21T00:00:00Z"), text("2025-10-20T20:00:00-04:00"), Some(Ordering::Equal)),
            (at("2025-10-21T00:00:00Z"), text("2025-10-21"), None),
            (Datum::Local(0), text("1970-01-01"), Some(Ordering::Equal)),
            (Datum::Local(0), text("1970-01-01T00:00:00Z"), None),
            (Datum::Text("01".into()), Value::Int(1), None),
            (Datum::Text("01".into()), text("1"), Some(Ordering::Less)),
            (Datum::Loose("01".into()), Value::Int(1), None),
            (Datum::Loose("1".into()), text("1.0"), Some(Ordering::Equal)),
            (Datum::Loose("0e12".into()), text("0e99"), Some(Ordering::Less)),
            (Datum::Loose("2025-10-21".into()), text("2025-10-20"), Some(Ordering::Greater)),
        ] {
            assert_eq!(datum.order(&value, true).ok(), order, "{datum:?} {value:?}");
        }
        assert_eq!(satisfies(Some(&Datum::Loose("01".into())), &Test::Equals(Value::Int(1))), Ok(false));
    }
}

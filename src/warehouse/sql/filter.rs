//! Filters: each value that a user wrote is bound in the type of its column, or refused with the forms that are valid.

use super::bound::{Bound, Scalar};
use super::build::Build;
use super::schema::{Type, mismatch};
use crate::domain::probe::{Filter, Test, Value};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::compare::{self, Refused};
use crate::warehouse::value::date::parse_date;
use crate::warehouse::value::instant::Nanos;
use crate::warehouse::value::number::plain;

impl Build<'_> {
    /// That every filter holds, over columns of the table; `None` without filters.
    pub fn all_of_table(&mut self, filters: &[Filter]) -> Result<Option<String>, Unknown> {
        let each = |build: &mut Self, filter: &Filter| {
            let sql = build.value(&filter.column)?;
            build.test(&sql, filter)
        };
        self.all(filters, each)
    }

    /// That every filter holds, over the rows that count; `None` without filters.
    pub fn all_of_counted(&mut self, filters: &[Filter]) -> Result<Option<String>, Unknown> {
        let each = |build: &mut Self, filter: &Filter| {
            let sql = build.counted(&filter.column)?;
            build.test(&sql, filter)
        };
        self.all(filters, each)
    }

    fn all(
        &mut self,
        filters: &[Filter],
        mut each: impl FnMut(&mut Self, &Filter) -> Result<String, Unknown>,
    ) -> Result<Option<String>, Unknown> {
        let all = filters.iter().map(|filter| each(self, filter)).collect::<Result<Vec<_>, _>>()?;
        Ok((!all.is_empty()).then(|| all.join(" AND ")))
    }

    /// That a column of the rows that count equals a value.
    pub fn equals(&mut self, column: &str, value: &Value) -> Result<String, Unknown> {
        let filter = Filter { column: column.into(), test: Test::Equals(value.clone()) };
        let sql = self.counted(column)?;
        self.test(&sql, &filter)
    }

    fn test(&mut self, sql: &str, Filter { column, test }: &Filter) -> Result<String, Unknown> {
        Ok(match test {
            Test::IsNull(true) => format!("{sql} IS NULL"),
            Test::IsNull(false) => format!("{sql} IS NOT NULL"),
            Test::Equals(value) => format!("{sql} = {}", self.one(column, value, false)?),
            Test::NotEquals(value) => format!("{sql} <> {}", self.one(column, value, false)?),
            Test::LessThan(value) => format!("{sql} < {}", self.one(column, value, true)?),
            Test::AtLeast(value) => format!("{sql} >= {}", self.one(column, value, true)?),
            Test::In(values) => self.list(sql, column, values)?,
            Test::NotIn(values) => format!("NOT ({})", self.list(sql, column, values)?),
            Test::StartsWith(heads) => {
                let of = self.type_of(column)?;
                if !matches!(of, Type::Text | Type::Int | Type::Date | Type::Bool) {
                    return Err(mismatch(format!(
                        "column `{column}` is of type {}, and startsWith needs a text, a whole number or a date; use another filter",
                        of.name()
                    )));
                }
                let text = self.dialect().text(sql, of);
                let heads = self.texts(heads.iter().cloned());
                self.dialect().starts_with_any(&text, &heads)
            }
        })
    }

    fn one(&mut self, column: &str, value: &Value, ordered: bool) -> Result<String, Unknown> {
        let scalar = scalar(column, self.type_of(column)?, value, ordered)?;
        Ok(self.bind(Bound::One(scalar)))
    }

    fn list(&mut self, sql: &str, column: &str, values: &[Value]) -> Result<String, Unknown> {
        let of = self.type_of(column)?;
        let scalars = values.iter().map(|value| scalar(column, of, value, false)).collect::<Result<Vec<_>, _>>()?;
        let list = self.bind(one_type(of, scalars));
        Ok(self.dialect().one_of(sql, &list))
    }
}

/// A list of one type: whole numbers beside others are decimals.
fn one_type(of: Type, scalars: Vec<Scalar>) -> Bound {
    let Some(other) = scalars.iter().map(Scalar::of).find(|own| *own != of) else { return Bound::List(of, scalars) };
    let widen = |scalar| match scalar {
        Scalar::Int(n) => Scalar::Decimal(n.to_string()),
        other => other,
    };
    Bound::List(other, scalars.into_iter().map(widen).collect())
}

/// A user's value in the type of a column. `ordered`: it is asked which is larger.
fn scalar(column: &str, of: Type, value: &Value, ordered: bool) -> Result<Scalar, Unknown> {
    let text = &*compare::text_of(value);
    let refused = |forms| mismatch(Refused { found: of.name(), forms }.of_filter(column));
    match of {
        Type::Int => plain(text).map(|digits| whole(&digits)).ok_or_else(|| refused(compare::NUMBER)),
        Type::Decimal => plain(text).map(|d| Scalar::Decimal(d.into())).ok_or_else(|| refused(compare::NUMBER)),
        Type::Float => number(text).map(Scalar::Float).ok_or_else(|| refused(compare::NUMBER)),
        Type::Float32 => number::<f32>(text).map(Scalar::Float32).ok_or_else(|| refused(compare::NUMBER)),
        Type::Bool => compare::boolean(text).map(Scalar::Bool).ok_or_else(|| refused(compare::BOOLEAN)),
        Type::Date => parse_date(text).map(Scalar::Date).ok_or_else(|| refused(compare::DATE)),
        Type::Text if ordered && matches!(value, Value::Int(_)) => Err(refused(compare::TEXT)),
        Type::Text => Ok(Scalar::Text(text.into())),
        Type::Instant => micros(column, compare::instant(text).ok_or_else(|| refused(compare::INSTANT))?)
            .map(|nanos| Scalar::Instant(crate::warehouse::value::instant::timestamp(nanos))),
        Type::Local => micros(column, compare::local(text).ok_or_else(|| refused(compare::LOCAL))?).map(|nanos| {
            let at = crate::warehouse::value::instant::timestamp(nanos);
            Scalar::Local(at.to_zoned(jiff::tz::TimeZone::UTC).datetime())
        }),
        Type::Other => Err(refused("isNull, or name another column")),
    }
}

fn number<T: std::str::FromStr + PartialEq>(text: &str) -> Option<T> {
    // NaN alone differs from itself.
    #[expect(clippy::eq_op, reason = "NaN differs from itself")]
    text.parse().ok().filter(|n: &T| n == n)
}

/// Digits as a whole number, or as a decimal if they are none of 64 bits.
fn whole(digits: &str) -> Scalar {
    digits.parse().map_or_else(|_| Scalar::Decimal(digits.into()), Scalar::Int)
}

/// Servers know instants to the microsecond.
fn micros(column: &str, nanos: Nanos) -> Result<Nanos, Unknown> {
    if nanos % 1000 == 0 {
        return Ok(nanos);
    }
    Err(mismatch(format!(
        "column `{column}` has microseconds, and a filter compares it with nanoseconds; write at most six decimal places"
    )))
}

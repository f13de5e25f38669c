//! Which row groups of a Parquet part can hold a row that counts. A group that its statistics rule out is neither read nor
//! decoded. In doubt a group is read.

use std::cmp::Ordering;

use arrow_schema::DataType;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::footer::{Footer, compressed};
use super::format::Format;
use super::meter::Meter;
use super::parts::Part;
use super::quiet::quietly;
use super::source::Source;
use crate::domain::dates::DateSet;
use crate::domain::probe::{DateColumn, Filter, Test, Value};
use crate::warehouse::value::datum::Datum;

/// Whether a row group can hold a row of these dates that satisfies all of some filters.
pub(super) fn can_hold(
    footer: &Footer,
    group: &RowGroupMetaData,
    dates: Option<(&DateColumn, &DateSet)>,
    filters: &[&[Filter]],
) -> bool {
    let is_dated = dates.is_none_or(|(date, dates)| {
        let range = footer.group_range(group, date);
        range.is_none_or(|r| dates.ranges().iter().any(|d| d.intersect(&r).is_some()))
    });
    is_dated && filters.iter().any(|filters| may_hold(footer, group, filters))
}

/// The bytes that a read of these columns takes of a part, by its footer. 0 if the part cannot be read.
pub(super) fn weight(
    part: &Part,
    columns: &[String],
    dates: Option<(&DateColumn, &DateSet)>,
    filters: &[&[Filter]],
) -> u64 {
    if part.format != Format::Parquet {
        return part.size;
    }
    let read = || {
        let footer = Footer::read(&Source::of(part.open().ok()?, Meter::unbounded()).ok()?).ok()?;
        let leaves: Vec<usize> = columns.iter().filter_map(|column| footer.leaf(column)).collect();
        let groups = footer.groups().iter().filter(|group| can_hold(&footer, group, dates, filters));
        Some(groups.map(|group| compressed(group, &leaves)).sum())
    };
    quietly(read).flatten().unwrap_or(0)
}

/// Whether a group can hold a row that satisfies all of some filters.
fn may_hold(footer: &Footer, group: &RowGroupMetaData, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| may_satisfy(footer, group, filter))
}

fn may_satisfy(footer: &Footer, group: &RowGroupMetaData, Filter { column, test }: &Filter) -> bool {
    let own = footer.leaf(column).filter(|_| !footer.is_twice(column)).and_then(|leaf| group.columns().get(leaf));
    let Some(statistics) = own.and_then(|c| c.statistics()) else { return true };
    let nulls = statistics.null_count_opt();
    match test {
        Test::IsNull(true) => nulls != Some(0) || is_float(footer, column),
        // NULL satisfies only `isNull`.
        _ if nulls.is_some() && nulls == u64::try_from(group.num_rows()).ok() => false,
        _ => bounds(statistics, footer, column).is_none_or(|bounds| bounds.may_satisfy(test)),
    }
}

/// NaN is not a value either, and statistics do not count it.
fn is_float(footer: &Footer, column: &str) -> bool {
    let of = footer.schema().field_with_name(column).map(|field| field.data_type());
    of.is_ok_and(|of| matches!(of, DataType::Float16 | DataType::Float32 | DataType::Float64))
}

/// No value is smaller than the first or larger than the second. A truncated bound is still a bound.
struct Bounds(Datum, Datum);

/// The bounds of whole numbers and of texts. For other types the file's order may differ from ours.
fn bounds(statistics: &Statistics, footer: &Footer, column: &str) -> Option<Bounds> {
    let of = footer.schema().field_with_name(column).ok()?.data_type();
    let text = |bytes: &parquet::data_type::ByteArray| Some(Datum::Text(bytes.as_utf8().ok()?.into()));
    match (statistics, of) {
        _ if statistics.is_min_max_deprecated() => None,
        (Statistics::Int32(s), DataType::Int8 | DataType::Int16 | DataType::Int32) => {
            Some(Bounds(Datum::Int((*s.min_opt()?).into()), Datum::Int((*s.max_opt()?).into())))
        }
        (Statistics::Int64(s), DataType::Int64) => {
            Some(Bounds(Datum::Int((*s.min_opt()?).into()), Datum::Int((*s.max_opt()?).into())))
        }
        (Statistics::ByteArray(s), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            Some(Bounds(text(s.min_opt()?)?, text(s.max_opt()?)?))
        }
        _ => None,
    }
}

impl Bounds {
    /// A value that cannot be compared rules nothing out: the rows will show.
    fn may_satisfy(&self, test: &Test) -> bool {
        let Self(min, max) = self;
        let is = |bound: &Datum, value: &Value, order| bound.order(value, true) == Ok(order);
        let may_be = |value: &Value| !is(min, value, Ordering::Greater) && !is(max, value, Ordering::Less);
        match test {
            Test::Equals(value) => may_be(value),
            Test::In(values) => values.iter().any(may_be),
            Test::LessThan(value) => !is(min, value, Ordering::Greater) && !is(min, value, Ordering::Equal),
            Test::AtLeast(value) => !is(max, value, Ordering::Less),
            Test::StartsWith(heads) => heads.iter().any(|head| self.may_start_with(head)),
            Test::NotEquals(_) | Test::NotIn(_) | Test::IsNull(_) => true,
        }
    }

    fn may_start_with(&self, head: &str) -> bool {
        let Self(Datum::Text(min), Datum::Text(max)) = self else { return true };
        **max >= *head && (**min <= *head || min.starts_with(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_value_between_the_bounds_satisfies_is_ruled_out() {
        let numbers = Bounds(Datum::Int(10), Datum::Int(20));
        let texts = Bounds(Datum::Text("0022".into()), Datum::Text("0041".into()));
        let text = |t: &str| Value::Text(t.into());
        let heads = |heads: &[&str]| Test::StartsWith(heads.iter().map(|h| (*h).to_string()).collect());
        for (bounds, test, may) in [
            (&numbers, Test::Equals(Value::Int(10)), true),
            (&numbers, Test::Equals(Value::Int(9)), false),
            (&numbers, Test::Equals(text("20.5")), false),
            (&numbers, Test::Equals(text("no number")), true),
            (&numbers, Test::In(vec![Value::Int(9), Value::Int(21)]), false),
            (&numbers, Test::In(vec![Value::Int(9), Value::Int(15)]), true),
            (&numbers, Test::LessThan(Value::Int(10)), false),
            (&numbers, Test::LessThan(Value::Int(11)), true),
            (&numbers, Test::AtLeast(Value::Int(21)), false),
            (&numbers, Test::AtLeast(Value::Int(20)), true),
            (&numbers, Test::NotEquals(Value::Int(10)), true),
            (&numbers, heads(&["3"]), true),
            (&texts, heads(&["002", "004"]), true),
            (&texts, heads(&["001", "005"]), false),
            (&texts, heads(&["0"]), true),
            (&texts, heads(&["00220"]), true),
            (&texts, heads(&["0021"]), false),
            (&texts, Test::Equals(text("0030")), true),
            (&texts, Test::Equals(text("1")), false),
        ] {
            assert_eq!(bounds.may_satisfy(&test), may, "{test:?}");
        }
    }
}

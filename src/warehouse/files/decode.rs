//! From Arrow arrays to what a scan counts with: ids of values, or bits where nobody asks for more.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::column::{Column, NULL};
use super::datum::Datum;
use super::read::{ReadFault, Values};
use crate::domain::dates::{Date, Timestamp, shift};
use crate::domain::mark::{mix, mix_bytes};
use crate::domain::verdict::{Unknown, UnknownReason};

/// What a NULL adds to the bits of a key: NULL equals NULL.
const NULL_BITS: u64 = 0x6e75_6c6c;

/// A dictionary of the row group that is read, and what its entries were translated to.
pub(super) type Translated = Option<(ArrayRef, Values)>;

/// Texts are read as dictionaries: each distinct value is then translated once, not once a row.
pub(super) fn dictionaries(schema: &Schema) -> Schema {
    let field = |f: &Arc<Field>| match f.data_type() {
        DataType::Utf8 => {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Field::new(f.name(), dictionary, f.is_nullable())
        }
        _ => f.as_ref().clone(),
    };
    Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>())
}

/// The values of a column of a batch.
pub(super) fn values(
    column: &mut Column,
    array: &ArrayRef,
    seen: &mut Translated,
    part: &str,
) -> Result<Values, ReadFault> {
    column.begin(array.data_type());
    let int = |v: i64| Some(Datum::Int(v));
    let made = match array.data_type() {
        DataType::Dictionary(_, _) => return dictionary(column, array, seen, part),
        DataType::Utf8 => texts(column, array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => texts(column, array.as_string::<i64>().iter()),
        DataType::Boolean => fixed(column, array.as_boolean().iter(), u64::from, |v| Some(Datum::Bool(v))),
        DataType::Int8 => numbers::<Int8Type>(column, array, |v| v as i64 as u64, |v| int(v.into())),
        DataType::Int16 => numbers::<Int16Type>(column, array, |v| v as i64 as u64, |v| int(v.into())),
        DataType::Int32 => numbers::<Int32Type>(column, array, |v| v as i64 as u64, |v| int(v.into())),
        DataType::Int64 => numbers::<Int64Type>(column, array, |v| v as u64, int),
        DataType::UInt8 => numbers::<UInt8Type>(column, array, u64::from, |v| int(v.into())),
        DataType::UInt16 => numbers::<UInt16Type>(column, array, u64::from, |v| int(v.into())),
        DataType::UInt32 => numbers::<UInt32Type>(column, array, u64::from, |v| int(v.into())),
        DataType::UInt64 => numbers::<UInt64Type>(column, array, |v| v, |v| i64::try_from(v).ok().map(Datum::Int)),
        DataType::Float32 => numbers::<Float32Type>(column, array, |v| float(v.into()), |v| Some(datum(v.into()))),
        DataType::Float64 => numbers::<Float64Type>(column, array, float, |v| Some(datum(v))),
        DataType::Decimal128(_, scale) => decimals(column, array, *scale),
        DataType::Date32 => {
            numbers::<Date32Type>(column, array, |v| v as i64 as u64, |v| Some(Datum::Date(epoch_day(v))))
        }
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => instants::<TimestampSecondType>(column, array, 1_000_000_000),
            TimeUnit::Millisecond => instants::<TimestampMillisecondType>(column, array, 1_000_000),
            TimeUnit::Microsecond => instants::<TimestampMicrosecondType>(column, array, 1_000),
            TimeUnit::Nanosecond => instants::<TimestampNanosecondType>(column, array, 1),
        },
        other => {
            let text =
                format!("column `{}` of part `{part}` is of type {other}, which cannot be compared", column.name);
            return Err(ReadFault::Table(Unknown::new(UnknownReason::SchemaMismatch, text)));
        }
    };
    Ok(made?)
}

/// The text of a CSV field or of a partition; nobody declared its type.
pub(super) fn loose(column: &mut Column, text: &str, into: &mut Values) -> Result<(), Unknown> {
    match into {
        Values::Ids(ids) => ids.push(if text.is_empty() { NULL } else { column.intern_text(text, true)? }),
        Values::Bits(bits) => bits.push(if text.is_empty() { NULL_BITS } else { mix_bytes(0, text.as_bytes()) }),
    }
    Ok(())
}

fn dictionary(column: &mut Column, array: &ArrayRef, seen: &mut Translated, part: &str) -> Result<Values, ReadFault> {
    let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else {
        return Err(ReadFault::Part("has a dictionary of an unknown form".into()));
    };
    let entries = dictionary.values();
    // The array itself is kept and compared: an address alone may be used again by another one.
    if !seen.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, entries)) {
        let translated = values(column, entries, &mut None, part)?;
        *seen = Some((entries.clone(), translated));
    }
    let keys = dictionary.keys();
    Ok(match seen.as_ref().map(|(_, t)| t) {
        Some(Values::Ids(ids)) => Values::Ids(looked_up(keys, ids, NULL)),
        Some(Values::Bits(bits)) => Values::Bits(looked_up(keys, bits, NULL_BITS)),
        None => Values::Ids(Vec::new()),
    })
}

fn looked_up<T: Copy>(keys: &arrow_array::Int32Array, translated: &[T], null: T) -> Vec<T> {
    let entry = |key: i32| translated.get(key as usize).copied().unwrap_or(null);
    if keys.null_count() == 0 {
        return keys.values().iter().map(|k| entry(*k)).collect();
    }
    keys.iter().map(|k| k.map_or(null, entry)).collect()
}

fn texts<'a>(column: &mut Column, texts: impl Iterator<Item = Option<&'a str>>) -> Result<Values, Unknown> {
    if !column.interned {
        return Ok(Values::Bits(texts.map(|t| t.map_or(NULL_BITS, |t| mix_bytes(0, t.as_bytes()))).collect()));
    }
    let ids: Result<_, _> = texts.map(|v| v.map_or(Ok(NULL), |text| column.intern_text(text, false))).collect();
    Ok(Values::Ids(ids?))
}

fn numbers<T: ArrowPrimitiveType>(
    column: &mut Column,
    array: &ArrayRef,
    bits: impl Fn(T::Native) -> u64,
    make: impl Fn(T::Native) -> Option<Datum>,
) -> Result<Values, Unknown> {
    let array = array.as_primitive::<T>();
    if array.null_count() == 0 {
        return fixed(column, array.values().iter().map(|v| Some(*v)), bits, make);
    }
    fixed(column, array.iter(), bits, make)
}

fn instants<T: ArrowPrimitiveType<Native = i64>>(
    column: &mut Column,
    array: &ArrayRef,
    nanos: i64,
) -> Result<Values, Unknown> {
    // An instant that no calendar has is the first or the last of all: it is not NULL.
    let fallback = |v: i64| if v < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let at = |v: i64| Timestamp::from_nanosecond(i128::from(v) * i128::from(nanos)).unwrap_or(fallback(v));
    let make = |v: i64| Some(Datum::Instant(at(v)));
    numbers::<T>(column, array, |v| v.wrapping_mul(nanos) as u64, make)
}

fn fixed<V: Copy>(
    column: &mut Column,
    values: impl Iterator<Item = Option<V>>,
    bits: impl Fn(V) -> u64,
    make: impl Fn(V) -> Option<Datum>,
) -> Result<Values, Unknown> {
    if !column.interned {
        return Ok(Values::Bits(values.map(|v| v.map_or(NULL_BITS, &bits)).collect()));
    }
    let mut ids = Vec::with_capacity(values.size_hint().0);
    for value in values {
        ids.push(match value {
            Some(value) => column.intern_bits(bits(value), || make(value))?,
            None => NULL,
        });
    }
    Ok(Values::Ids(ids))
}

/// Decimals have more bits than a word: their ids go by value.
fn decimals(column: &mut Column, array: &ArrayRef, scale: i8) -> Result<Values, Unknown> {
    let array = array.as_primitive::<Decimal128Type>();
    if !column.interned {
        let bits = |v: i128| mix(v as u64, (v >> 64) as u64);
        return Ok(Values::Bits(array.iter().map(|v| v.map_or(NULL_BITS, bits)).collect()));
    }
    let id = |v: Option<i128>| v.map_or(Ok(NULL), |v| column.intern(Datum::Decimal(v, scale)));
    Ok(Values::Ids(array.iter().map(id).collect::<Result<_, _>>()?))
}

/// The bits of a float: every NaN is the same, and so are both zeros.
fn float(value: f64) -> u64 {
    let value = if value.is_nan() { f64::NAN } else { value };
    if value == 0.0 { 0 } else { value.to_bits() }
}

fn datum(value: f64) -> Datum {
    Datum::Float(float(value))
}

/// The day count of a date since 1970.
pub(super) fn day_number(date: Date) -> i32 {
    (date - jiff::civil::date(1970, 1, 1)).get_days()
}

/// The date of a day count since 1970; one that no calendar has is the first or the last of all.
pub(super) fn epoch_day(days: i32) -> Date {
    shift(jiff::civil::date(1970, 1, 1), days)
}

//! From Arrow arrays to the values of a scan: ids, or bits if no question needs more.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{AnyDictionaryArray, Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::column::{BitsOf, Column, NULL};
use super::rows::{NULL_BITS, Values};
use crate::domain::dates::Date;
use crate::domain::mark::{mix, mix_bytes};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::instant::epoch_day;

/// A dictionary of the current row group, and its translated entries.
pub(super) type Translated = Option<(ArrayRef, Values)>;

/// How columns are read: texts as dictionaries, so that each distinct value is translated once and not once per row; 96-bit
/// instants in microseconds, because nanoseconds exceed their range.
pub(super) fn readable(schema: &Schema, is_int96: impl Fn(&str) -> bool) -> Schema {
    let field = |f: &Arc<Field>| {
        let of = match f.data_type() {
            DataType::Utf8 => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            DataType::Timestamp(TimeUnit::Nanosecond, None) if is_int96(f.name()) => {
                DataType::Timestamp(TimeUnit::Microsecond, None)
            }
            _ => return f.as_ref().clone(),
        };
        Field::new(f.name(), of, f.is_nullable())
    };
    Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>())
}

/// The values of a column of a batch.
pub(super) fn values(column: &mut Column, array: &ArrayRef, seen: &mut Translated) -> Result<Values, Unknown> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        return dictionary_values(column, dictionary, seen);
    }
    column.begin(array.data_type());
    let int = |v: i128| Some(Datum::Int(v));
    match array.data_type() {
        DataType::Null => Ok(Values::nulls(column, array.len())),
        DataType::Utf8 => texts(column, array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => texts(column, array.as_string::<i64>().iter()),
        DataType::Boolean => {
            fixed(column, BitsOf::Boolean, array.as_boolean().iter(), u64::from, |v| Some(Datum::Bool(v)))
        }
        DataType::Int8 => numbers::<Int8Type>(column, array, BitsOf::Integer, |v| v as i64 as u64, |v| int(v.into())),
        DataType::Int16 => numbers::<Int16Type>(column, array, BitsOf::Integer, |v| v as i64 as u64, |v| int(v.into())),
        DataType::Int32 => numbers::<Int32Type>(column, array, BitsOf::Integer, |v| v as i64 as u64, |v| int(v.into())),
        DataType::Int64 => numbers::<Int64Type>(column, array, BitsOf::Integer, |v| v as u64, |v| int(v.into())),
        DataType::UInt8 => numbers::<UInt8Type>(column, array, BitsOf::Integer, u64::from, |v| int(v.into())),
        DataType::UInt16 => numbers::<UInt16Type>(column, array, BitsOf::Integer, u64::from, |v| int(v.into())),
        DataType::UInt32 => numbers::<UInt32Type>(column, array, BitsOf::Integer, u64::from, |v| int(v.into())),
        DataType::UInt64 => numbers::<UInt64Type>(column, array, BitsOf::Integer, |v| v, |v| int(v.into())),
        DataType::Float16 => {
            numbers::<Float16Type>(column, array, BitsOf::Float32, |v| narrow(v.to_f32()), |v| float32(v.to_f32()))
        }
        DataType::Float32 => numbers::<Float32Type>(column, array, BitsOf::Float32, narrow, float32),
        DataType::Float64 => numbers::<Float64Type>(column, array, BitsOf::Float, wide, float),
        DataType::Decimal128(_, scale) => decimals(column, array, *scale),
        DataType::Date32 => {
            numbers::<Date32Type>(column, array, BitsOf::Date, |v| v as i64 as u64, |v| Some(Datum::Date(epoch_day(v))))
        }
        DataType::Timestamp(unit, zone) => timestamps(column, array, *unit, zone.is_some()),
        other => {
            let text = format!("column `{}` is of type {other}, which gapless does not compare", column.name);
            Err(Unknown::new(UnknownReason::SchemaMismatch, text))
        }
    }
}

/// The text of a CSV field or of a partition, without a declared type.
pub(super) fn loose(column: &mut Column, text: &str, into: &mut Values) -> Result<(), Unknown> {
    let is_null = matches!(text, "" | "NaN" | "nan");
    match into {
        Values::Ids(ids) => ids.push(if is_null { NULL } else { column.intern_loose(text)? }),
        Values::Bits(bits) if is_null => bits.push(NULL_BITS),
        Values::Bits(bits) => {
            let digits = column.loose_digits(text);
            bits.push(mix_bytes(0, digits.as_deref().unwrap_or(text).as_bytes()));
        }
    }
    Ok(())
}

/// One text for this many rows.
pub(super) fn constant(column: &mut Column, text: &str, len: usize) -> Result<Values, Unknown> {
    column.begin_loose(false);
    let mut one = Values::for_column(column, 1);
    loose(column, text, &mut one)?;
    Ok(match one {
        Values::Ids(ids) => Values::Ids(vec![ids[0]; len]),
        Values::Bits(bits) => Values::Bits(vec![bits[0]; len]),
    })
}

fn dictionary_values(
    column: &mut Column,
    dictionary: &dyn AnyDictionaryArray,
    seen: &mut Translated,
) -> Result<Values, Unknown> {
    let entries = dictionary.values();
    // The array itself is kept and compared, because an address can be reused by another array.
    if !seen.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, entries)) {
        let translated = values(column, entries, &mut None)?;
        *seen = Some((entries.clone(), translated));
    }
    let Some(keys) = dictionary.keys().as_primitive_opt::<Int32Type>() else {
        let text = format!("column `{}` has a dictionary of an unknown form", column.name);
        return Err(Unknown::new(UnknownReason::SchemaMismatch, text));
    };
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
        column.bits_of(BitsOf::Text);
        return Ok(Values::Bits(texts.map(|t| t.map_or(NULL_BITS, |t| mix_bytes(0, t.as_bytes()))).collect()));
    }
    let ids: Result<_, _> = texts.map(|v| v.map_or(Ok(NULL), |text| column.intern_text(text))).collect();
    Ok(Values::Ids(ids?))
}

fn numbers<T: ArrowPrimitiveType>(
    column: &mut Column,
    array: &ArrayRef,
    kind: BitsOf,
    bits: impl Fn(T::Native) -> u64,
    make: impl Fn(T::Native) -> Option<Datum>,
) -> Result<Values, Unknown> {
    let array = array.as_primitive::<T>();
    if array.null_count() == 0 {
        return fixed(column, kind, array.values().iter().map(|v| Some(*v)), bits, make);
    }
    fixed(column, kind, array.iter(), bits, make)
}

fn timestamps(column: &mut Column, array: &ArrayRef, unit: TimeUnit, is_instant: bool) -> Result<Values, Unknown> {
    match unit {
        TimeUnit::Second => moments::<TimestampSecondType>(column, array, 1_000_000_000, is_instant),
        TimeUnit::Millisecond => moments::<TimestampMillisecondType>(column, array, 1_000_000, is_instant),
        TimeUnit::Microsecond => moments::<TimestampMicrosecondType>(column, array, 1_000, is_instant),
        TimeUnit::Nanosecond => moments::<TimestampNanosecondType>(column, array, 1, is_instant),
    }
}

fn moments<T: ArrowPrimitiveType<Native = i64>>(
    column: &mut Column,
    array: &ArrayRef,
    nanos: i64,
    is_instant: bool,
) -> Result<Values, Unknown> {
    let wide = move |v: i64| i128::from(v) * i128::from(nanos);
    let make = |v: i64| Some(if is_instant { Datum::Instant(wide(v)) } else { Datum::Local(wide(v)) });
    let kind = if is_instant { BitsOf::Instant } else { BitsOf::Local };
    // An id identifies the exact number. Bits that are equal by chance only cause a second check.
    let scale = if column.interned { 1 } else { nanos };
    numbers::<T>(column, array, kind, |v| v.wrapping_mul(scale) as u64, make)
}

fn fixed<V: Copy>(
    column: &mut Column,
    kind: BitsOf,
    values: impl Iterator<Item = Option<V>>,
    bits: impl Fn(V) -> u64,
    make: impl Fn(V) -> Option<Datum>,
) -> Result<Values, Unknown> {
    if !column.interned {
        column.bits_of(kind);
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

/// Decimals have more bits than a word, so their ids go by value.
fn decimals(column: &mut Column, array: &ArrayRef, scale: i8) -> Result<Values, Unknown> {
    let array = array.as_primitive::<Decimal128Type>();
    if !column.interned {
        column.bits_of(BitsOf::Decimal(scale));
        let bits = |v: i128| mix(v as u64, (v >> 64) as u64);
        return Ok(Values::Bits(array.iter().map(|v| v.map_or(NULL_BITS, bits)).collect()));
    }
    let id = |v: Option<i128>| v.map_or(Ok(NULL), |v| column.intern(Datum::Decimal(v, scale)));
    Ok(Values::Ids(array.iter().map(id).collect::<Result<_, _>>()?))
}

/// The bits of a float: NaN is not a value, and both zeros are equal.
fn wide(value: f64) -> u64 {
    if value.is_nan() {
        NULL_BITS
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}

fn float(value: f64) -> Option<Datum> {
    (!value.is_nan()).then(|| Datum::Float(wide(value)))
}

fn narrow(value: f32) -> u64 {
    if value.is_nan() {
        NULL_BITS
    } else if value == 0.0 {
        0
    } else {
        value.to_bits().into()
    }
}

fn float32(value: f32) -> Option<Datum> {
    (!value.is_nan()).then(|| Datum::Float32(if value == 0.0 { 0 } else { value.to_bits() }))
}

/// The day count of a date since 1970.
pub(super) fn day_number(date: Date) -> i32 {
    (date - jiff::civil::date(1970, 1, 1)).get_days()
}

//! A table as a Parquet part in a folder.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;

use super::data::Data;
use crate::domain::dates::FIRST_DATE;
use crate::warehouse::sql::bound::Scalar;
use crate::warehouse::sql::schema::Type;

/// The places behind the point of a decimal column.
pub(super) const SCALE: usize = 4;

/// Writes the table as the only part of a folder.
pub(super) fn write(folder: &Path, data: &Data) {
    std::fs::create_dir_all(folder).unwrap();
    let columns = data.columns.iter().enumerate();
    let columns = columns.map(|(n, (name, of))| (name.clone(), array(*of, data.column(n).collect()), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let file = std::fs::File::create(folder.join("part.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn array(of: Type, values: Vec<Option<&Scalar>>) -> ArrayRef {
    macro_rules! of {
        ($kind:ident, $array:ty, $make:expr) => {{
            let make = $make;
            let values = values.into_iter().map(|value| match value {
                Some(Scalar::$kind(value)) => Some(make(value)),
                Some(other) => panic!("{other:?}"),
                None => None,
            });
            values.collect::<$array>()
        }};
    }
    match of {
        Type::Bool => Arc::new(of!(Bool, BooleanArray, |v: &bool| *v)),
        Type::Int => Arc::new(of!(Int, Int64Array, |v: &i64| *v)),
        Type::Float => Arc::new(of!(Float, Float64Array, |v: &f64| *v)),
        Type::Float32 => Arc::new(of!(Float32, Float32Array, |v: &f32| *v)),
        Type::Decimal => {
            let array = of!(Decimal, Decimal128Array, |v: &String| unscaled(v));
            Arc::new(array.with_precision_and_scale(38, SCALE as i8).unwrap())
        }
        Type::Text => Arc::new(of!(Text, StringArray, |v: &String| v.clone())),
        Type::Date => Arc::new(of!(Date, Date32Array, |v: &jiff::civil::Date| (*v - FIRST_DATE).get_days())),
        Type::Instant => {
            let array = of!(Instant, TimestampMicrosecondArray, |v: &jiff::Timestamp| v.as_microsecond());
            Arc::new(array.with_timezone("UTC"))
        }
        Type::Local => Arc::new(of!(Local, TimestampMicrosecondArray, |v: &jiff::civil::DateTime| {
            v.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond()
        })),
        Type::Other => unreachable!("no test has such a column"),
    }
}

fn unscaled(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<SCALE$}").parse().unwrap()
}

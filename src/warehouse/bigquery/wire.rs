//! What BigQuery answers, as far as gapless reads it. What it does not know is skipped; what it needs must be there.

use std::fmt;

use serde::de::{Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};

use super::errors::{Flawed, Refused};

/// A number, which BigQuery writes as a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Number(pub u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_u64<E: Error>(self, n: u64) -> Result<Number, E> {
                Ok(Number(n))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map(Number).map_err(|_| E::custom("not a whole number"))
            }
        }
        deserializer.deserialize_any(Digits)
    }
}

/// A table or view, of `tables.get`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    #[serde(rename = "type")]
    pub kind: String,
    pub location: Option<String>,
    #[serde(default)]
    pub schema: Fields,
    /// In milliseconds since 1970.
    pub creation_time: Number,
    /// In milliseconds since 1970.
    pub last_modified_time: Number,
    #[serde(default)]
    pub num_rows: Number,
    #[serde(default)]
    pub num_bytes: Number,
    pub time_partitioning: Option<TimePartitioning>,
    pub range_partitioning: Option<RangePartitioning>,
    #[serde(default)]
    pub require_partition_filter: bool,
    streaming_buffer: Option<IgnoredAny>,
    pub view: Option<View>,
    /// A success with errors is none.
    #[serde(default)]
    errors: Vec<Flawed>,
}

/// The parts of [`Meta`] that are asked for.
pub(super) const META: &str = "type,location,schema/fields(name,type,mode,collation),creationTime,lastModifiedTime,numRows,\
                               numBytes,timePartitioning,rangePartitioning,requirePartitionFilter,streamingBuffer,view/query";

impl Meta {
    /// The metadata, unless the server says that it is flawed.
    pub fn whole(mut self) -> Result<Self, Refused> {
        match self.errors.pop() {
            Some(flawed) => Err(Refused::of(flawed)),
            None => Ok(self),
        }
    }

    /// Whether rows are streamed to it, which its marks do not show.
    pub fn is_streamed(&self) -> bool {
        self.streaming_buffer.is_some()
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    pub fields: Vec<Field>,
}

/// A column.
#[derive(Debug, Deserialize)]
pub(super) struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub of: String,
    #[serde(default)]
    pub mode: String,
    #[serde(default)]
    pub collation: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimePartitioning {
    /// The column; without one, rows are dated by when they came.
    pub field: Option<String>,
    #[serde(default)]
    pub require_partition_filter: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct RangePartitioning {
    pub field: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct View {
    #[serde(default)]
    pub query: String,
}

/// A job, of `jobs.insert`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Job {
    pub status: Status,
    pub statistics: Statistics,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    pub error_result: Option<Flawed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Statistics {
    pub query: QueryStatistics,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct QueryStatistics {
    /// Absent where row policies hide it.
    pub total_bytes_processed: Option<Number>,
    pub referenced_tables: Vec<Referenced>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Referenced {
    pub project_id: String,
    pub dataset_id: String,
    pub table_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_types_that_gapless_does_not_know_is_read() {
        let body = r#"{"kind":"bigquery#table","type":"TABLE","location":"US","creationTime":"1","lastModifiedTime":"1764500000000",
            "numRows":"5","schema":{"fields":[{"name":"a","type":"RANGE","rangeElementType":{"type":"DATE"}},
            {"name":"b","type":"SOMETHING_NEW","mode":"NULLABLE"}]},"streamingBuffer":{"estimatedRows":"3"}}"#;
        let meta: Meta = serde_json::from_str(body).unwrap();
        assert!(meta.is_streamed() && meta.num_rows == Number(5) && meta.schema.fields.len() == 2);
    }

    #[test]
    fn a_table_without_a_schema_is_read_and_one_without_its_times_is_not() {
        let external = r#"{"type":"EXTERNAL","creationTime":"1","lastModifiedTime":"1"}"#;
        assert!(serde_json::from_str::<Meta>(external).is_ok());
        assert!(serde_json::from_str::<Meta>(r#"{"type":"TABLE","creationTime":"1"}"#).is_err());
        assert!(
            serde_json::from_str::<Meta>(r#"{"type":"TABLE","creationTime":"1","lastModifiedTime":"-1"}"#).is_err()
        );
    }
}

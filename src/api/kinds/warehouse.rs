//! Warehouse: where the data is. It never contains an address or a credential.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ObjectStatus;
use crate::api::schema::*;

/// Where the data is: exactly one engine, and limits on reads.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "Warehouse",
    doc = "Where the data is: exactly one engine, and limits on reads.",
    namespaced,
    status = "ObjectStatus",
    shortname = "wh",
    category = "gapless",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].message","priority":1}"#
)]
#[kube(validation = Rule::new(r"self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')").message("name must be at most 52 characters: a letter, then letters, digits or dashes"))]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.files), has(self.bigquery), has(self.postgres)].filter(x, x).size() == 1").message("must name exactly one of 'files', 'bigquery', 'postgres'"))]
#[x_kube(validation = Rule::new("has(self.files) == has(oldSelf.files) && has(self.bigquery) == has(oldSelf.bigquery) && has(self.postgres) == has(oldSelf.postgres)").message("the engine is immutable; create a new Warehouse"))]
pub struct WarehouseSpec {
    /// Folders of Parquet and CSV files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FilesEngine>,
    /// BigQuery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new Warehouse"))]
    pub bigquery: Option<BigQueryEngine>,
    /// PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new Warehouse"))]
    pub postgres: Option<PostgresEngine>,
    /// Limits on reads for the coverages and Seasons of its namespace.
    #[serde(default)]
    pub limits: WarehouseLimits,
}

/// Folders of Parquet and CSV files.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesEngine {
    /// The folder that contains the tables, below the operator's files root: table `a.b` is its folder `a/b`.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new Warehouse"))]
    pub folder: FolderText,
    /// The encoding of CSV files without a byte order mark. Default: Utf8. It must be the same in every Warehouse of a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

/// The encoding of CSV files without a byte order mark.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8; files with other encodings are refused.
    #[default]
    Utf8,
    /// ISO 8859-1: each byte is a character.
    Latin1,
}

/// BigQuery, with the operator's credentials.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BigQueryEngine {
    /// The project that holds the datasets.
    pub project: ProjectText,
    /// The only location where tables may be, for example `us-west2` or `US`; a table elsewhere is refused. Default: each query runs
    /// where its table is. It must be the same in every Warehouse of a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationText>,
    /// The project that pays for the queries. Default: `project`. It must be the same in every Warehouse of a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<ProjectText>,
}

/// PostgreSQL, through one of the operator's connections.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostgresEngine {
    /// The name of a folder in the operator's connections folder. Its files hold the address and the credentials.
    pub connection: NameText,
    /// The database.
    pub database: DatabaseText,
}

/// Limits on reads for the coverages and Seasons of its namespace.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WarehouseLimits {
    /// The maximum duration of a read. A read that takes longer is Unknown, never a gap.
    pub query_timeout: SpanText,
    /// The maximum number of simultaneous reads.
    #[schemars(range(min = 1, max = 64))]
    pub max_concurrent_queries: u32,
    /// The maximum number of bytes per read. A larger read is Unknown, never a gap. BigQuery: the maximum that a query is billed.
    pub max_bytes_per_query: BytesText,
    /// The maximum number of bytes of all reads per UTC day. Reads beyond it are Unknown, never a gap. If gapless stores no facts on
    /// a disk, the count restarts at zero when it starts.
    pub max_bytes_per_day: BytesText,
}

impl Default for WarehouseLimits {
    fn default() -> Self {
        Self {
            query_timeout: SpanText("30s".into()),
            max_concurrent_queries: 4,
            max_bytes_per_query: BytesText("2Gi".into()),
            max_bytes_per_day: BytesText("50Gi".into()),
        }
    }
}

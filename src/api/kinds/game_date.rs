//! GameDate: one date across all coverages of its season, and what people want of it now.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GameDateStatus;
use crate::api::schema::*;

/// One date across all coverages of its season: what people want of that date now.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "GameDate",
    doc = "One date across all coverages of its season: what people want of that date now.",
    namespaced,
    status = "GameDateStatus",
    shortname = "gd",
    category = "gapless",
    printcolumn = r#"{"name":"Date","type":"string","jsonPath":".spec.date"}"#,
    printcolumn = r#"{"name":"Games","type":"integer","jsonPath":".status.games"}"#,
    printcolumn = r#"{"name":"Complete","type":"string","jsonPath":".status.complete"}"#,
    printcolumn = r#"{"name":"Open","type":"integer","jsonPath":".status.open"}"#,
    printcolumn = r#"{"name":"Late","type":"integer","jsonPath":".status.late"}"#,
    printcolumn = r#"{"name":"Worst","type":"string","jsonPath":".status.worst"}"#,
    printcolumn = r#"{"name":"Took","type":"string","jsonPath":".status.took"}"#,
    printcolumn = r#"{"name":"Last start","type":"string","jsonPath":".status.lastStart","priority":1}"#,
    printcolumn = r#"{"name":"Completed","type":"string","jsonPath":".status.completedAt","priority":1}"#
)]
#[kube(validation = Rule::new("self.metadata.name == self.spec.season + '-' + self.spec.date").message("name must be the season, a dash and the date: 'nba-2025-26-2025-11-14'"))]
#[serde(rename_all = "camelCase")]
pub struct GameDateSpec {
    /// The Season.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new GameDate"))]
    pub season: NameText,
    /// The date.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new GameDate"))]
    pub date: DateText,
    /// Higher first, before tonight.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
    /// A new token runs the named coverages once more, from the first rung.
    #[serde(default)]
    pub rerun: RerunSpec,
    /// Coverages that a person has given up for this date.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["kind", "name"]))]
    pub waived: Vec<WaivedSpec>,
}

impl GameDateSpec {
    /// A date of a season without any wish yet.
    pub fn of(season: &str, date: crate::domain::dates::Date) -> Self {
        Self {
            season: NameText(season.into()),
            date: DateText(date.to_string()),
            priority: 0,
            rerun: RerunSpec::default(),
            waived: Vec::new(),
        }
    }
}

/// A wish to run a date once more.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RerunSpec {
    /// Spent once; empty: no wish.
    pub token: TokenText,
    /// Which coverages; empty: all.
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["kind", "name"]))]
    pub coverages: Vec<CoverageRef>,
}

/// One coverage.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRef {
    /// Its kind.
    pub kind: KindText,
    /// Its name.
    pub name: NameText,
}

/// A coverage that a person has given up for this date.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedSpec {
    /// Its kind.
    pub kind: KindText,
    /// Its name.
    pub name: NameText,
    /// Why; required.
    pub reason: ReasonText,
    /// The last date on which it holds; without it: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateText>,
}

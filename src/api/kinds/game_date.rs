//! GameDate: one date across all coverages of its season, with the priority, retries and waivers that users request.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GameDateStatus;
use crate::api::schema::*;

/// One date across all coverages of its season, with the priority, retries and waivers that users request for it.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "GameDate",
    doc = "One date across all coverages of its season, with the priority, retries and waivers that users request for it.",
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
    /// Dates with a higher priority are filled first, even before tonight's date.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
    /// A new token reruns the named coverages, from the first rung.
    #[serde(default)]
    pub rerun: RerunSpec,
    /// Coverages that are waived for this date.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["kind", "name"]))]
    pub waived: Vec<WaivedSpec>,
}

impl GameDateSpec {
    /// A date of a season without any request yet.
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

/// A request to rerun a date.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RerunSpec {
    /// Each token causes one rerun; empty: no request.
    pub token: TokenText,
    /// The coverages to rerun; empty: all.
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["kind", "name"]))]
    pub coverages: Vec<CoverageRef>,
}

/// One coverage.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRef {
    /// The coverage's kind.
    pub kind: KindText,
    /// The coverage's name.
    pub name: NameText,
}

/// A coverage that is waived for this date.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedSpec {
    /// The coverage's kind.
    pub kind: KindText,
    /// The coverage's name.
    pub name: NameText,
    /// The reason for the waiver.
    pub reason: ReasonText,
    /// The last date on which the waiver applies. Default: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateText>,
}

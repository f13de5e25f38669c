//! Text types with a bound and an anchored pattern each: what a pattern can say is refused by the API server itself.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

macro_rules! texts {
    ($($(#[doc = $doc:literal])* $name:ident($pattern:literal, $max:literal, $example:literal$(, $rules:expr)?);)*) => {
        /// Every pattern with texts that match it.
        pub(super) const PATTERNS: &[(&str, &str)] = &[$(($pattern, $example)),*];
        $(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                #[allow(unused_mut, reason = "most texts have no rule")]
                let mut schema = json_schema!({ "type": "string", "pattern": $pattern, "maxLength": $max });
                $(schema.insert("x-kubernetes-validations".into(), $rules);)?
                schema
            }
        }
    )*};
}

/// Texts that match a pattern.
pub fn example(pattern: &str) -> Option<&'static str> {
    PATTERNS.iter().find(|(own, _)| *own == pattern).map(|(_, example)| *example)
}

/// The first and the last date that there is.
pub const DATE_BOUNDS: &str = "must be between '1970-01-01' and '2199-12-31'";

texts! {
    /// A calendar date, `YYYY-MM-DD`.
    DateText(
        r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        10,
        "`2025-11-14`",
        serde_json::json!([
            {
                "rule": "!self.matches('-(02-3[01]|(04|06|09|11)-31)$') && (!self.endsWith('-02-29') || (int(self.substring(0, 4)) % 4 == 0 && (int(self.substring(0, 4)) % 100 != 0 || int(self.substring(0, 4)) % 400 == 0)))",
                "message": "is not a calendar date",
                "messageExpression": "\"'\" + self + \"' is not a calendar date\"",
            },
            { "rule": "self >= '1970-01-01' && self <= '2199-12-31'", "message": DATE_BOUNDS },
        ])
    );
    /// A duration: `90d`, `6h`, `-1h30m`. A day is a calendar day, the rest elapsed time.
    SpanText(r"^-?([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$", 24, "`90d`, `6h` or `-1h30m`");
    /// A share: `95%`, `99.5%`.
    ShareText(r"^(100|[0-9]{1,2}(\.[0-9]{1,2})?)%$", 6, "`95%` or `99.5%`");
    /// The name of an object of the same namespace.
    NameText(r"^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$", 52, "`nba-2025-26`");
    /// The name of a CronJob of the same namespace.
    CronJobText(r"^[a-z0-9]([-.a-z0-9]{0,50}[a-z0-9])?$", 52, "`load-boxscores`");
    /// A column, as its table spells it: any printable text that neither begins nor ends with white space. It is a name to
    /// look up, never a part of a path or of a query.
    ColumnText(
        r"^[^\p{Cc}\p{Z}]([^\p{Cc}\p{Zl}\p{Zp}]*[^\p{Cc}\p{Z}])?$",
        128,
        "`game_date` or `FG %`, without white space at either end"
    );
    /// How dates are written, in the directives of `strptime`.
    DateFormatText(r"^[^\p{Cc}]+$", 128, "`%Y%m%d` or `year=%Y/month=%m/day=%d`");
    /// A database of PostgreSQL: letters, digits and underscores.
    DatabaseText(r"^[A-Za-z_][A-Za-z0-9_]{0,127}$", 128, "`sports`");
    /// A project of Google Cloud.
    ProjectText(r"^[a-z][-a-z0-9:.]{4,61}[a-z0-9]$", 63, "`my-project`");
    /// A location of Google Cloud.
    LocationText(r"^[A-Za-z][-A-Za-z0-9]{1,31}$", 32, "`us-west2` or `US`");
    /// A table: up to three names joined by dots.
    TableText(
        r"^[A-Za-z_][A-Za-z0-9_-]{0,127}(\.[A-Za-z_][A-Za-z0-9_-]{0,127}){0,2}$",
        386,
        "`nba_raw.boxscores`; a wildcard cannot be checked for changes: name a view over it"
    );
    /// A folder below the operator's root; never absolute, never `..`.
    FolderText(r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}){0,7}$", 512, "`warehouse/nba`");
    /// An IANA time zone, `America/New_York`.
    ZoneText(r"^[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}$", 96, "`America/New_York`");
    /// A time of day, `06:00`.
    TimeText(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", 5, "`06:00`");
    /// A sentence for people.
    /// It is shown to people who did not write it: nothing in it may turn their line around.
    ReasonText(
        r"^[^\x00-\x1f\x7f-\x9f\x{202a}-\x{202e}\x{2066}-\x{2069}]+$",
        256,
        "`the source is gone`"
    );
    /// A size in bytes: `2Gi`.
    BytesText(r"^[1-9][0-9]{0,8}(Ki|Mi|Gi|Ti)?$", 12, "`2Gi`");
    /// A value of a table: a text that a column is compared with.
    ValueText(r"^[^\x00-\x1f\x7f-\x9f]*$", 128, "`draftkings`");
    /// The separator between the parts of a column.
    SeparatorText(r"^[^\x00-\x1f\x7f-\x9f]+$", 8, "`_`");
    /// A token: letters, digits, dots, dashes and underscores.
    TokenText(r"^[A-Za-z0-9._-]*$", 64, "`again-1`");
    /// A kind of coverage.
    KindText(r"^(TableCoverage|PropCoverage)$", 16, "`TableCoverage`");
}

/// A whole number or a text; compared in the column's type. Decimals are quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrText {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

impl JsonSchema for IntOrText {
    fn schema_name() -> Cow<'static, str> {
        "IntOrText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// A text is bounded as any other value is; bounds of texts say nothing of numbers.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = ValueText::json_schema(generator);
        schema.remove("type");
        schema.insert("x-kubernetes-int-or-string".into(), true.into());
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_that_of_one_text_alone_or_its_examples_would_be_anothers() {
        let patterns: std::collections::BTreeSet<&str> = PATTERNS.iter().map(|(pattern, _)| *pattern).collect();
        assert_eq!(patterns.len(), PATTERNS.len());
    }
}

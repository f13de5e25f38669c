//! GoogleSQL, as BigQuery takes it.

use std::sync::Arc;

use crate::warehouse::sql::bound::Bound;
use crate::warehouse::sql::dialect::Dialect;
use crate::warehouse::sql::schema::{Column, Type};

/// What [`Column::native`] says of a text with a collation of its own.
pub(super) const COLLATED: &str = " COLLATE ";

/// The statements of one project.
#[derive(Clone, Debug)]
pub(super) struct GoogleSql {
    pub project: Arc<str>,
}

impl Dialect for GoogleSql {
    fn table(&self, name: &str) -> String {
        quoted(&format!("{}.{name}", self.project))
    }

    fn name(&self, name: &str) -> String {
        quoted(name)
    }

    fn placeholder(&self, n: usize, _: &Bound) -> String {
        format!("@p{n}")
    }

    fn rows(&self, alias: &str, columns: &[(&str, String)]) -> String {
        let Some(((first, list), others)) = columns.split_first() else { return format!("(SELECT 1) AS {alias}") };
        let others: String = others.iter().map(|(name, list)| format!(", {list}[OFFSET(o)] AS {name}")).collect();
        format!("(SELECT {first}{others} FROM UNNEST({list}) AS {first} WITH OFFSET AS o) AS {alias}")
    }

    fn value(&self, sql: &str, column: &Column) -> String {
        match column.of {
            Type::Float | Type::Float32 => format!("IF(IS_NAN({sql}), NULL, {sql})"),
            Type::Text if column.native.contains(COLLATED) => format!("COLLATE({sql}, '')"),
            _ => sql.into(),
        }
    }

    fn one_of(&self, sql: &str, list: &str) -> String {
        format!("{sql} IN UNNEST({list})")
    }

    fn starts_with_any(&self, text: &str, list: &str) -> String {
        format!("EXISTS (SELECT 1 FROM UNNEST({list}) AS h WHERE STARTS_WITH({text}, h))")
    }

    fn day(&self, date: &str) -> String {
        format!("UNIX_DATE({date})")
    }

    fn bucket(&self, instant: &str, boundaries: &str) -> String {
        format!("RANGE_BUCKET({instant}, {boundaries})")
    }

    /// The cast does nothing to an instant. A time becomes one in the zone of the job, which is UTC.
    fn micros(&self, instant: &str) -> String {
        format!("UNIX_MICROS(CAST({instant} AS TIMESTAMP))")
    }

    fn text(&self, sql: &str, of: Type) -> String {
        match of {
            Type::Text => sql.into(),
            Type::Instant | Type::Local => format!("CAST({} AS STRING)", self.micros(sql)),
            _ => format!("CAST({sql} AS STRING)"),
        }
    }

    fn short(&self, text: &str) -> String {
        format!("IF(BYTE_LENGTH({text}) <= 512, {text}, CONCAT(SUBSTR({text}, 1, 100), TO_HEX(MD5({text}))))")
    }

    fn split(&self, text: &str, separator: &str, part: u8) -> String {
        format!("SPLIT({text}, {separator})[SAFE_ORDINAL({part})]")
    }

    fn count_if(&self, condition: &str) -> String {
        format!("COUNTIF({condition})")
    }

    fn distinct_if(&self, condition: Option<&str>, sql: &str) -> String {
        format!("COUNT(DISTINCT {})", only_if(condition, sql))
    }

    fn max_if(&self, condition: Option<&str>, sql: &str) -> String {
        format!("MAX({})", only_if(condition, sql))
    }

    fn whole(&self, sum: &str) -> String {
        sum.into()
    }
}

fn only_if(condition: Option<&str>, sql: &str) -> String {
    condition.map_or_else(|| sql.into(), |condition| format!("IF({condition}, {sql}, NULL)"))
}

/// A quoted identifier. It follows the escapes of texts.
fn quoted(name: &str) -> String {
    let escaped = name.chars().map(|c| match c {
        '`' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\U{:08x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("`{}`", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sql() -> GoogleSql {
        GoogleSql { project: "my-project".into() }
    }

    #[test]
    fn a_table_is_named_with_its_project() {
        assert_eq!(sql().table("nba_raw.props"), "`my-project.nba_raw.props`");
    }

    #[test]
    fn bound_lists_stand_side_by_side() {
        assert_eq!(
            sql().rows("s", &[("d", "@p5".into()), ("u0", "@p6".into())]),
            "(SELECT d, @p6[OFFSET(o)] AS u0 FROM UNNEST(@p5) AS d WITH OFFSET AS o) AS s"
        );
    }

    #[test]
    fn a_text_with_a_collation_is_compared_without_it() {
        let column = |native: &str| Column { of: Type::Text, native: native.into() };
        assert_eq!(sql().value("t.`a`", &column("STRING COLLATE und:ci")), "COLLATE(t.`a`, '')");
        assert_eq!(sql().value("t.`a`", &column("STRING")), "t.`a`");
    }

    proptest! {
        #[test]
        fn a_quoted_name_is_one_word_whatever_it_holds(name in "[a-z`\\\\\"'\n\u{0}\u{2028}\u{85};$-]{0,12}") {
            let quoted = quoted(&name);
            let inner = quoted.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap();
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                prop_assert!(c != '`' && !c.is_control(), "{quoted}");
                if c == '\\' {
                    prop_assert!(chars.next().is_some(), "the closing quote is escaped: {quoted}");
                }
            }
        }
    }
}

//! Names of tables and how names are quoted.

use crate::domain::verdict::{Unknown, UnknownReason};

/// A longer name would be cut by the server, and name another table.
const LONGEST: usize = 63;

/// A table of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub schema: String,
    pub table: String,
}

impl Name {
    /// The table that a spec names: `schema.table`, or `table` in the schema `public`.
    pub fn parse(name: &str) -> Result<Self, Unknown> {
        let refused =
            |why: &str| Unknown::new(UnknownReason::SchemaMismatch, format!("table `{name}`: {why}")).lasting();
        let (schema, table) = split(name);
        if schema.is_empty() || table.is_empty() || table.contains('.') || name.contains('\0') {
            return Err(refused("its name must be `schema.table`, or `table` in the schema `public`"));
        }
        if schema.len() > LONGEST || table.len() > LONGEST {
            return Err(refused("names in PostgreSQL have at most 63 bytes; correct the name of the table"));
        }
        Ok(Self { schema: schema.into(), table: table.into() })
    }

    /// Its whole name, which is equal however a spec names the table.
    pub fn whole(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("public", name))
}

/// A name, quoted.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table by the name that a spec gives it, quoted.
pub(super) fn quoted_table(name: &str) -> String {
    let (schema, table) = split(name);
    format!("{}.{}", quoted(schema), quoted(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_schema_is_in_public() {
        assert_eq!(Name::parse("props").unwrap().whole(), "public.props");
        assert_eq!(Name::parse("nba_raw.props").unwrap().whole(), "nba_raw.props");
        assert_eq!(quoted_table("props"), r#""public"."props""#);
        assert_eq!(quoted_table(r#"a"b.Props"#), r#""a""b"."Props""#);
    }

    #[test]
    fn a_name_that_the_server_would_read_as_another_is_refused() {
        for name in ["", "a.", ".b", "a.b.c", "a.b\0"] {
            assert!(Name::parse(name).unwrap_err().text.contains("must be `schema.table`"), "{name:?}");
        }
        let long = format!("nba_raw.{}", "x".repeat(64));
        assert!(Name::parse(&long).unwrap_err().text.contains("at most 63 bytes"));
        assert!(Name::parse(&long[..long.len() - 1]).is_ok());
    }
}

//! Names of tables: `dataset.table`, in the project of a place.

use std::fmt;
use std::sync::Arc;

use crate::domain::verdict::{Unknown, UnknownReason};

/// What a name must be.
const FORM: &str = "must be 'dataset.table'; another project is another Warehouse";
/// Of a wildcard.
const WILDCARD: &str = "cannot be told from its marks; name a view over it";

/// A table or view of a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TableName {
    pub project: Arc<str>,
    pub dataset: String,
    pub table: String,
}

impl TableName {
    /// The table that a spec names.
    pub fn parse(project: &Arc<str>, name: &str) -> Result<Self, Unknown> {
        let refused = |why: &str| {
            let text = format!("table `{}`: {why}", name.escape_debug());
            Err(Unknown::new(UnknownReason::SchemaMismatch, text).lasting())
        };
        if name.contains('*') {
            return refused(WILDCARD);
        }
        match name.split_once('.') {
            Some((dataset, table)) if is_dataset(dataset) && is_table(table) => {
                Ok(Self { project: project.clone(), dataset: dataset.into(), table: table.into() })
            }
            _ => refused(FORM),
        }
    }

    /// The table whose rows are the partitions of this one.
    pub fn partitions(&self) -> Self {
        Self { table: format!("{}$__PARTITIONS_SUMMARY__", self.table), ..self.clone() }
    }
}

/// As a spec writes it.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.dataset, self.table)
    }
}

fn is_dataset(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// BigQuery takes letters, marks and numbers of every script, connectors, dashes and spaces.
fn is_table(name: &str) -> bool {
    let fits = |c: char| if c.is_ascii() { c.is_ascii_alphanumeric() || "_- ".contains(c) } else { !c.is_control() };
    !name.is_empty() && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_dataset_and_a_table() {
        let name = TableName::parse(&"p".into(), "nba_raw.props").unwrap();
        assert_eq!(
            (name.to_string().as_str(), &*name.partitions().table),
            ("nba_raw.props", "props$__PARTITIONS_SUMMARY__")
        );
        assert!(TableName::parse(&"p".into(), "nba_raw.Wettlinien 2025-26 ä").is_ok());
    }

    #[test]
    fn other_forms_are_refused_with_what_to_do() {
        for name in ["props", "p.d.t", "d.t$20250101", "d.`t`", "d.t\\", "d.", ".t", "d.t\n", "d d.t", "d.t;"] {
            let why = TableName::parse(&"p".into(), name).unwrap_err();
            assert!(why.text.ends_with(FORM) && why.lasts, "{name}: {}", why.text);
        }
        assert!(TableName::parse(&"p".into(), "d.t_*").unwrap_err().text.ends_with(WILDCARD));
    }
}

//! What each kind of warehouse calls its tables, and what a table of it cannot answer.

use super::fields::Fields;
use super::known::{Engine, Home, Known};
use crate::domain::policy::Table;
use crate::domain::probe::{DateColumn, DateFormat, UnitForm};

const DATASET: &str = "must be 'dataset.table'; another project is another Warehouse";
const SCHEMA: &str = "must be 'table' or 'schema.table'; another database is another Warehouse";
const TOO_LONG: &str = "each name must have at most 63 characters, as PostgreSQL cuts longer ones";
const FOLDERS: &str = "names folders of files, which a SQL warehouse does not have; for a column of dates leave it out, for a \
                       column of texts name their format, for example '%Y%m%d'";
/// PostgreSQL cuts names behind this many bytes.
const LONGEST: usize = 63;
/// Where PostgreSQL has a table whose name has no schema.
const PUBLIC: &str = "public";

impl Home {
    /// A table by its one full name, so that two ways to write it are one table.
    pub fn table(&self, field: &str, written: &str, known: &Known<'_>, fields: &mut Fields<'_>) -> Table {
        let name = self.full_name(written, known);
        let name = name.unwrap_or_else(|why| {
            fields.problem(field, why);
            written.to_string()
        });
        Table { place: self.place.clone(), name: name.into() }
    }

    fn full_name(&self, written: &str, known: &Known<'_>) -> Result<String, String> {
        let names: Vec<&str> = written.split('.').collect();
        match (&self.engine, names.as_slice()) {
            (Engine::Files, _) => Ok(written.into()),
            (Engine::BigQuery(project), [dataset, _]) => {
                known.access.dataset(project, dataset).map(|()| written.into())
            }
            (Engine::BigQuery(_), _) => Err(DATASET.into()),
            (Engine::Postgres, [_] | [_, _]) if names.iter().any(|name| name.len() > LONGEST) => Err(TOO_LONG.into()),
            (Engine::Postgres, [table]) => Ok(format!("{PUBLIC}.{table}")),
            (Engine::Postgres, [_, _]) => Ok(written.into()),
            (Engine::Postgres, _) => Err(SCHEMA.into()),
        }
    }

    fn is_sql(&self) -> bool {
        !matches!(self.engine, Engine::Files)
    }

    /// Whether a date column is one that this kind of warehouse can have; `field` is the parent of its fields.
    pub fn can_date(&self, field: &str, date: &DateColumn, fields: &mut Fields<'_>) {
        if self.is_sql() && matches!(date.format, Some(DateFormat::Folders(..))) {
            fields.problem(&format!("{field}.dateFormat"), FOLDERS);
        }
    }

    /// Whether rows can name their units in this way; `field` is the unit.
    pub fn can_name(&self, field: &str, unit: &UnitForm, fields: &mut Fields<'_>) {
        let UnitForm::Columns { columns, any_order: true } = unit else { return };
        if self.is_sql() && columns.len() != 2 {
            fields.problem(&format!("{field}.anyOrder"), "needs exactly two columns on a SQL warehouse");
        }
    }
}

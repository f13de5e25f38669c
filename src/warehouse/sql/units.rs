//! How a row names its unit in a statement: the values with aliases applied, one SQL value for each.

use super::build::Build;
use super::schema::{Type, mismatch};
use crate::domain::probe::{Question, UnitForm};
use crate::domain::verdict::Unknown;

/// The unit of the rows that are counted.
pub(super) struct Units {
    /// The values of the unit.
    pub values: Vec<String>,
    /// The tables of aliases that they need.
    pub join: String,
}

impl Units {
    pub fn new(build: &mut Build<'_>, question: &Question) -> Result<Self, Unknown> {
        let mut units = Self { values: values(build, &question.unit)?, join: String::new() };
        if !question.aliases.is_empty() && !units.values.is_empty() {
            let from = build.texts(question.aliases.keys().cloned());
            let to = build.texts(question.aliases.values().cloned());
            for (n, value) in units.values.iter_mut().enumerate() {
                let table = build.dialect().rows(&format!("a{n}"), &[("f", from.clone()), ("v", to.clone())]);
                units.join.push_str(&format!("\n  LEFT JOIN {table} ON a{n}.f = {value}"));
                *value = format!("COALESCE(a{n}.v, {value})");
            }
        }
        if matches!(question.unit, UnitForm::Columns { any_order: true, .. }) {
            units.values = sorted(&units.values)?;
        }
        if is_text(build, &question.unit)? {
            units.values.iter_mut().for_each(|value| *value = build.dialect().short(value));
        }
        Ok(units)
    }
}

/// Whether a value of the unit may be long.
fn is_text(build: &Build<'_>, unit: &UnitForm) -> Result<bool, Unknown> {
    let columns = match unit {
        UnitForm::Whole => &[][..],
        UnitForm::Columns { columns, .. } => columns,
        UnitForm::Split { column, .. } => std::slice::from_ref(column),
    };
    columns.iter().try_fold(false, |found, column| Ok(found || build.type_of(column)? == Type::Text))
}

fn values(build: &mut Build<'_>, unit: &UnitForm) -> Result<Vec<String>, Unknown> {
    match unit {
        UnitForm::Whole => Ok(Vec::new()),
        UnitForm::Columns { columns, .. } => columns.iter().map(|column| text(build, column)).collect(),
        UnitForm::Split { column, separator, parts } => {
            let text = text(build, column)?;
            let separator = build.bind(super::bound::Bound::One(super::bound::Scalar::Text(separator.clone())));
            Ok(parts.iter().map(|part| build.dialect().split(&text, &separator, *part)).collect())
        }
    }
}

/// A column as the text that names a unit.
fn text(build: &mut Build<'_>, column: &str) -> Result<String, Unknown> {
    let of = build.type_of(column)?;
    if !matches!(of, Type::Text | Type::Int | Type::Date | Type::Bool) {
        return Err(mismatch(format!(
            "column `{column}` is of type {}, which cannot name a unit; name a column of texts, whole numbers or dates",
            of.name()
        )));
    }
    Ok(build.dialect().text(&build.value(column)?, of))
}

/// Two values in ascending order. NULL makes both NULL.
fn sorted(values: &[String]) -> Result<Vec<String>, Unknown> {
    let [a, b] = values else {
        return Err(mismatch("unit.anyOrder needs exactly two columns on a SQL warehouse"));
    };
    let ordered =
        |small: &str, large: &str| format!("CASE WHEN {a} <= {b} THEN {small} WHEN {b} < {a} THEN {large} END");
    Ok(vec![ordered(a, b), ordered(b, a)])
}

//! How a unit is identified within its date.

use alloc::string::String;
use alloc::sync::Arc;

/// A unit's identity within its date: its values, aliases applied, joined by `@` in the season's order (`BOS@MIA`).
pub type UnitKey = Arc<str>;

/// Joins the values of a unit. `None` if one is blank: such a row does not name a unit.
pub fn unit_key<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<UnitKey> {
    let mut key = String::new();
    for (n, value) in values.into_iter().enumerate() {
        if value.trim().is_empty() {
            return None;
        }
        if n > 0 {
            key.push('@');
        }
        key.push_str(value);
    }
    Some(key.into())
}

/// The unit of a table that is not per game: the date itself.
pub const WHOLE_DATE: &str = "*";

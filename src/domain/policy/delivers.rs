//! Which dates a rung can still deliver.

use crate::domain::dates::Date;
use crate::domain::span::Span;

/// The dates that a rung delivers. Without a limit it delivers every date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivers {
    /// The first date.
    pub since: Option<Date>,
    /// For how long after its end a date is delivered.
    pub max_age: Option<Span>,
    /// Whether a unit is delivered only until it starts.
    pub until_start: bool,
}

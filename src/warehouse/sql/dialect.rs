//! How a kind of server writes SQL. Every method takes and gives SQL that is already safe: identifiers are quoted here, values
//! are placeholders.

use super::bound::Bound;
use super::schema::{Column, Type};

/// The SQL of one kind of server.
pub(crate) trait Dialect: Send + Sync {
    /// A table by the name that a spec gives it, quoted.
    fn table(&self, name: &str) -> String;
    /// A name, quoted.
    fn name(&self, name: &str) -> String;
    /// The placeholder of the bound value with this number, from 0, with a cast if the server needs one.
    fn placeholder(&self, n: usize, value: &Bound) -> String;
    /// Lists side by side as a table `alias` with these columns.
    fn rows(&self, alias: &str, columns: &[(&str, String)]) -> String;
    /// The value of a column as it is compared: a text by its code points, whatever its collation; NaN as NULL.
    fn value(&self, sql: &str, column: &Column) -> String;
    /// Whether a value is in a list. NULL if it is NULL.
    fn one_of(&self, sql: &str, list: &str) -> String;
    /// Whether a text begins with one of a list of texts.
    fn starts_with_any(&self, text: &str, list: &str) -> String;
    /// The days of a date since 1970.
    fn day(&self, date: &str) -> String;
    /// The number of boundaries in an ascending list that are not later than an instant or time.
    fn bucket(&self, instant: &str, boundaries: &str) -> String;
    /// The microseconds of an instant since 1970, or of a time as if it were in UTC. Infinite ones are those of the first and
    /// last instant that gapless knows.
    fn micros(&self, instant: &str) -> String;
    /// A value as text: digits of numbers, ISO dates, `true`, microseconds of an instant or time.
    fn text(&self, sql: &str, of: Type) -> String;
    /// A text of at most 512 bytes: of a longer one its beginning and a hash, so that two long texts stay different.
    fn short(&self, text: &str) -> String;
    /// A part of a text, from 1; NULL if there are fewer.
    fn split(&self, text: &str, separator: &str, part: u8) -> String;
    /// How many rows satisfy a condition.
    fn count_if(&self, condition: &str) -> String;
    /// How many different values other than NULL the rows have that satisfy a condition.
    fn distinct_if(&self, condition: Option<&str>, sql: &str) -> String;
    /// The largest value of the rows that satisfy a condition.
    fn max_if(&self, condition: Option<&str>, sql: &str) -> String;
    /// A sum of counts, or a literal, as a whole number of 64 bits.
    fn whole(&self, sql: &str) -> String;
}

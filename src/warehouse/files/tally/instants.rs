//! The instants of a column, each computed once.

use jiff::tz::TimeZone;

use crate::domain::dates::Timestamp;
use crate::domain::probe::InstantColumn;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::{Column, Memo};
use crate::warehouse::files::scan::Needs;

/// A column of instants.
pub(super) struct Instants<'a> {
    /// Its index.
    pub at: usize,
    column: &'a InstantColumn,
    home: &'a TimeZone,
    memo: Memo<Option<Timestamp>>,
}

impl<'a> Instants<'a> {
    pub fn new(column: &'a InstantColumn, home: &'a TimeZone, needs: &mut Needs) -> Self {
        Self { at: needs.column(&column.column), column, home, memo: Memo::default() }
    }

    /// The instant of an id. `None` for NULL.
    #[inline]
    pub fn of(&mut self, columns: &[Column], id: u32) -> Result<Option<Timestamp>, Unknown> {
        let (at, column, home) = (self.at, self.column, self.home);
        self.memo.get(id, || {
            let instant = columns[at].value(id).map(|datum| datum.instant(column, home)).transpose();
            instant.map_err(|why| {
                let text = format!("column `{}` {why}", column.column);
                Unknown::new(UnknownReason::SchemaMismatch, text).lasting()
            })
        })
    }
}

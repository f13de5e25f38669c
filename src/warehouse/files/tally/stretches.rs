//! Cells in rows. Each row stores the stretch of columns that it uses: the values of a date were added at about the same
//! time, so their ids are close together.

/// A stretch begins and ends at a multiple of this.
const BLOCK: u32 = 4;

/// Cells by row and column, as many as fit.
pub(super) struct Stretches<T> {
    rows: Vec<Stretch>,
    cells: Vec<T>,
    empty: T,
    /// No stretch is longer.
    longest: u32,
    /// All stretches together have no more cells, including those that are abandoned when a stretch moves.
    most: usize,
}

/// The location of a row's cells.
#[derive(Clone, Copy, Default)]
struct Stretch {
    first: u32,
    len: u32,
    at: usize,
    /// It could not be extended once: cells beside it are stored elsewhere, so it stays as it is.
    fixed: bool,
}

impl<T: Copy> Stretches<T> {
    pub fn new(empty: T, longest: u32, most: usize) -> Self {
        Self { rows: Vec::new(), cells: Vec::new(), empty, longest, most }
    }

    /// A cell that is stored here.
    #[inline]
    pub fn get(&self, row: u32, column: u32) -> Option<&T> {
        let stretch = self.rows.get(row as usize)?;
        let beside = column.wrapping_sub(stretch.first);
        if beside < stretch.len { self.cells.get(stretch.at + beside as usize) } else { None }
    }

    /// A cell, created if necessary. `None` if it does not fit, which is final.
    #[inline]
    pub fn place(&mut self, row: u32, column: u32) -> Option<&mut T> {
        let stretch = self.rows.get(row as usize).copied().unwrap_or_default();
        let beside = column.wrapping_sub(stretch.first);
        let at = if beside < stretch.len { stretch.at + beside as usize } else { self.lengthen(row, column)? };
        self.cells.get_mut(at)
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> &[T] {
        self.rows.get(row).map_or(&[], |stretch| &self.cells[stretch.at..][..stretch.len as usize])
    }

    /// Extends a row to a column: in place if it is the last row, as it is with ordered rows, else at the end and to at
    /// least twice the length, so that moves are rare.
    #[cold]
    fn lengthen(&mut self, row: u32, column: u32) -> Option<usize> {
        if self.cells.len() + BLOCK as usize > self.most {
            return None;
        }
        if self.rows.len() <= row as usize {
            self.rows.resize(row as usize + 1, Stretch::default());
        }
        let old = self.rows[row as usize];
        let is_last = old.at + old.len as usize == self.cells.len();
        let new = old.reaching(column, if is_last { 0 } else { old.len });
        let at = if is_last { old.at } else { self.cells.len() };
        if old.fixed || new.len > self.longest || at + new.len as usize > self.most {
            self.rows[row as usize].fixed = true;
            return None;
        }
        self.cells.resize(at + new.len as usize, self.empty);
        // An empty one has no beginning.
        let moved = at + old.first.saturating_sub(new.first) as usize;
        self.cells.copy_within(old.at..old.at + old.len as usize, moved);
        self.cells[at..moved].fill(self.empty);
        self.rows[row as usize] = Stretch { at, ..new };
        Some(at + (column - new.first) as usize)
    }
}

impl Stretch {
    /// A stretch with this column and all of its own, longer by at least this many cells.
    fn reaching(self, column: u32, more: u32) -> Self {
        let block = column - column % BLOCK;
        if self.len == 0 {
            return Self { first: block, len: BLOCK, ..self };
        }
        let end = self.first + self.len;
        if block >= end {
            return Self { len: (block + BLOCK).max(end + more) - self.first, ..self };
        }
        let first = block.min(self.first.saturating_sub(more));
        Self { first, len: end - first, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In any order of rows and columns, each cell keeps its value, or is refused for good.
        #[test]
        fn a_cell_keeps_its_value_or_never_has_a_place(
            steps in prop::collection::vec((0..6u32, prop_oneof![0..9u32, 100..140u32, 0..900u32]), 0..200),
        ) {
            let (mut stretches, mut put, mut refused) = (Stretches::new(0u32, 256, 700), BTreeMap::new(), Vec::new());
            for (value, (row, column)) in (1..).zip(steps) {
                match stretches.place(row, column) {
                    Some(place) => {
                        prop_assert_eq!(*place, put.insert((row, column), value).unwrap_or(0));
                        *place = value;
                    }
                    None => refused.push((row, column)),
                }
                prop_assert!(stretches.cells.len() <= 700);
            }
            for row in 0..6 {
                for column in 0..900 {
                    let expected = put.get(&(row, column)).copied();
                    prop_assert_eq!(stretches.get(row, column).copied().filter(|v| *v != 0), expected);
                }
                let of_row = put.iter().filter(|((r, _), _)| *r == row).count();
                prop_assert_eq!(stretches.row(row as usize).iter().filter(|v| **v != 0).count(), of_row);
            }
            for (row, column) in refused {
                prop_assert!(stretches.get(row, column).is_none());
            }
        }
    }

    /// Ordered rows waste nothing: a row grows in place.
    #[test]
    fn rows_in_order_stand_side_by_side() {
        let mut stretches = Stretches::new(0u8, 64, 1000);
        for (row, columns) in [[3, 9, 1], [20, 27, 21], [40, 41, 42]].iter().enumerate() {
            for column in columns {
                *stretches.place(row as u32, *column).unwrap() += 1;
            }
        }
        assert_eq!(stretches.cells.len(), 12 + 8 + 4);
        assert_eq!(stretches.row(0), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}

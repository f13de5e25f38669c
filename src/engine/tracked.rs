//! Values that count their changes. Whatever follows from a value is worked out again when its revision is no longer the
//! one that the last result rests on, so no change has to be announced.

use std::iter::Sum;
use std::ops::{Add, Deref, DerefMut};

/// How often something has changed. It only rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Revision(u64);

impl Revision {
    pub fn raise(&mut self) {
        self.0 += 1;
    }

    pub fn get(self) -> u64 {
        self.0
    }
}

/// Revisions only rise, so a sum of them changes when one of them does.
impl Add for Revision {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sum for Revision {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// A value with its revision: every mutable access raises it.
#[derive(Debug, Default)]
pub(super) struct Tracked<T> {
    value: T,
    revision: Revision,
}

impl<T> Tracked<T> {
    pub fn new(value: T) -> Self {
        Self { value, revision: Revision::default() }
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Access for a change on which no result rests.
    pub fn quietly(&mut self) -> &mut T {
        &mut self.value
    }

    /// A change that says itself whether it changed anything.
    pub fn change(&mut self, change: impl FnOnce(&mut T) -> bool) {
        if change(&mut self.value) {
            self.revision.raise();
        }
    }

    /// Replaces the value. An equal one is not a change.
    pub fn set(&mut self, value: T)
    where
        T: PartialEq,
    {
        if self.value != value {
            **self = value;
        }
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.revision.raise();
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_rises_with_every_change_and_with_no_read() {
        let mut list = Tracked::<Vec<u8>>::default();
        list.push(1);
        let first = list.revision();
        assert_eq!((list.len(), list.revision()), (1, first));
        list.set(vec![1]);
        assert_eq!(list.revision(), first, "an equal value is not a change");
        list.change(|_| false);
        list.quietly().reserve(1);
        assert_eq!(list.revision(), first);
        list.set(vec![2]);
        let second = list.revision();
        list.push(3);
        assert!(first < second && second < list.revision());
    }
}

//! Values of the domain as bytes: compact and versioned. Reading arbitrary bytes returns `None` and never panics.

mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rustc_hash::FxHashMap;

use crate::domain::dates::{DateRange, DateSet, days_between};

/// Dates are counted from here.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

#[derive(Debug, Default)]
pub(crate) struct Writer(pub Vec<u8>);

/// Reads what [`Writer`] wrote. Equal texts become one.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    texts: FxHashMap<&'a [u8], Arc<str>>,
    /// The values read last: the next date mostly follows soon, and the next instant is mostly the same. A date is stored
    /// with its number, and the first has 1.
    date: (i32, Date),
    instant: ((i64, i64), Timestamp),
}

pub(crate) trait Code: Sized {
    fn write(&self, to: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

impl Writer {
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push((n as u8) | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    /// A hash has no small values: its variable-length encoding would be longer.
    pub fn word(&mut self, word: u64) -> &mut Self {
        self.0.extend_from_slice(&word.to_le_bytes());
        self
    }

    /// Writes the length of a list, then its items.
    pub fn list<T: Code>(&mut self, items: &[T]) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| item.write(self));
    }

    pub fn put<T: Code>(&mut self, value: &T) -> &mut Self {
        value.write(self);
        self
    }
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, texts: FxHashMap::default(), date: (1, EPOCH), instant: ((0, 0), Timestamp::UNIX_EPOCH) }
    }

    /// What was not read.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(text)
    }

    pub fn number(&mut self) -> Option<u64> {
        // Most numbers are small.
        if let [small @ ..0x80, rest @ ..] = self.bytes {
            self.bytes = rest;
            return Some(u64::from(*small));
        }
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            n |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(u64::from_le_bytes(*word))
    }

    pub fn get<T: Code>(&mut self) -> Option<T> {
        T::read(self)
    }

    /// Reads a list after its length. The length is not trusted: memory grows with the items that are really there.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let len = self.number()?;
        let mut items = Vec::with_capacity(len.min(4_096).min(self.bytes.len() as u64) as usize);
        for _ in 0..len {
            items.push(item(self)?);
        }
        Some(items)
    }

    /// Reads a value that fills the rest exactly.
    pub fn all<T: Code>(mut self) -> Option<T> {
        let value = self.get()?;
        self.bytes.is_empty().then_some(value)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Code for $type {
            fn write(&self, to: &mut Writer) {
                to.number(u64::from(*self));
            }
            fn read(from: &mut Reader<'_>) -> Option<Self> {
                from.number()?.try_into().ok()
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64);

impl Code for bool {
    fn write(&self, to: &mut Writer) {
        to.number(u64::from(*self));
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        [false, true].get(usize::try_from(from.number()?).ok()?).copied()
    }
}

impl Code for i64 {
    fn write(&self, to: &mut Writer) {
        to.number(((self << 1) ^ (self >> 63)).cast_unsigned());
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let n = from.number()?;
        Some((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }
}

impl Code for i32 {
    fn write(&self, to: &mut Writer) {
        i64::from(*self).write(to);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        i64::read(from)?.try_into().ok()
    }
}

impl Code for String {
    fn write(&self, to: &mut Writer) {
        to.number(self.len() as u64);
        to.0.extend_from_slice(self.as_bytes());
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        String::from_utf8(from.text()?.to_vec()).ok()
    }
}

impl Code for Arc<str> {
    fn write(&self, to: &mut Writer) {
        to.number(self.len() as u64);
        to.0.extend_from_slice(self.as_bytes());
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let text = from.text()?;
        if let Some(known) = from.texts.get(text) {
            return Some(known.clone());
        }
        let new: Self = std::str::from_utf8(text).ok()?.into();
        from.texts.insert(text, new.clone());
        Some(new)
    }
}

impl Code for Timestamp {
    fn write(&self, to: &mut Writer) {
        self.as_second().write(to);
        i64::from(self.subsec_nanosecond()).write(to);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let written = (i64::read(from)?, i64::read(from)?);
        if written != from.instant.0 {
            from.instant = (written, Timestamp::new(written.0, written.1.try_into().ok()?).ok()?);
        }
        Some(from.instant.1)
    }
}

impl Code for Date {
    fn write(&self, to: &mut Writer) {
        days_between(EPOCH, *self).write(to);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let days = i32::read(from)?;
        let date = match i64::from(days) - i64::from(from.date.0) {
            ahead @ 0..=7 => (0..ahead).try_fold(from.date.1, |date, _| date.tomorrow().ok()),
            _ => EPOCH.checked_add(jiff::Span::new().try_days(days.checked_sub(1)?).ok()?).ok(),
        };
        from.date = (days, date?);
        date
    }
}

impl<T: Code> Code for Option<T> {
    fn write(&self, to: &mut Writer) {
        self.is_some().write(to);
        self.iter().for_each(|v| v.write(to));
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        if bool::read(from)? { Some(Some(T::read(from)?)) } else { Some(None) }
    }
}

impl<T: Code> Code for Vec<T> {
    fn write(&self, to: &mut Writer) {
        to.list(self);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.list(T::read)
    }
}

impl<T: Code> Code for Arc<[T]> {
    fn write(&self, to: &mut Writer) {
        to.list(self);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.list(T::read).map(Into::into)
    }
}

impl<T: Code> Code for Arc<T> {
    fn write(&self, to: &mut Writer) {
        T::write(self, to);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.get::<T>().map(Self::new)
    }
}

impl<T: Code> Code for Box<T> {
    fn write(&self, to: &mut Writer) {
        T::write(self, to);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.get::<T>().map(Self::new)
    }
}

impl<T: Code> Code for Box<[T]> {
    fn write(&self, to: &mut Writer) {
        to.list(self);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.list(T::read).map(Into::into)
    }
}

impl<K: Code + Ord, V: Code> Code for BTreeMap<K, V> {
    fn write(&self, to: &mut Writer) {
        to.number(self.len() as u64);
        for (key, value) in self {
            to.put(key).put(value);
        }
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let len = from.number()?;
        (0..len).map(|_| Some((K::read(from)?, V::read(from)?))).collect()
    }
}

/// Sorted by hash, so that equal maps are equal bytes.
impl<V: Code> Code for FxHashMap<u64, V> {
    fn write(&self, to: &mut Writer) {
        let mut entries: Vec<(&u64, &V)> = self.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| **key);
        to.number(self.len() as u64);
        entries.into_iter().for_each(|(key, value)| _ = to.word(*key).put(value));
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let len = from.number()?;
        (0..len).map(|_| Some((from.word()?, from.get()?))).collect()
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn write(&self, to: &mut Writer) {
        to.put(&self.0).put(&self.1);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some((from.get()?, from.get()?))
    }
}

impl<A: Code, B: Code, C: Code> Code for (A, B, C) {
    fn write(&self, to: &mut Writer) {
        to.put(&self.0).put(&self.1).put(&self.2);
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some((from.get()?, from.get()?, from.get()?))
    }
}

impl Code for DateSet {
    fn write(&self, to: &mut Writer) {
        to.number(self.ranges().len() as u64);
        self.ranges().iter().for_each(|r| _ = to.put(&r.from()).put(&r.through()));
    }
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let len = from.number()?;
        (0..len).map(|_| DateRange::new(from.get()?, from.get()?)).collect()
    }
}

/// A struct, field by field in this order.
macro_rules! fields {
    ($type:path { $($field:ident),* $(,)? }) => {
        impl Code for $type {
            fn write(&self, to: &mut Writer) {
                let Self { $($field),* } = self;
                $($field.write(to);)*
            }
            fn read(from: &mut Reader<'_>) -> Option<Self> {
                $(let $field = from.get()?;)*
                Some(Self { $($field),* })
            }
        }
    };
}

pub(crate) use fields;

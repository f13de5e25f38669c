//! One needed column over a whole scan. Every distinct value gets a small id once, so that filters, dates and units are
//! worked out per value and not per row. A column that is only part of a unique key is not interned: its values give
//! their bits. Where parts hold a column in several types, equal values keep ids of their own, for each is compared in the
//! type of its part; which of them are the same is known beside.

use std::borrow::Cow;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use arrow_schema::DataType;
use rustc_hash::FxHashMap;

use super::datum::Datum;
use super::number;
use crate::domain::mark::mix_bytes;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::size;

/// The id of NULL.
pub(super) const NULL: u32 = 0;
/// A column with more distinct values than this is refused: interning it would not be bounded.
const MAX_VALUES: usize = 16_000_000;
/// And so are more bytes of distinct texts than this.
const MAX_BYTES: usize = 64 << 20;
/// A text of more bytes is known by its beginning, its length and its hash. What a user compares with has 128 characters,
/// which are fewer bytes, so the beginning decides every comparison.
const LONG: usize = 512;
/// The characters of that beginning.
const BEGINNING: usize = 129;
/// Numbers that lie so close to the first one are found by their place, not by a hash.
const DENSE: usize = 1 << 16;
/// So many of the others are found without their hash table.
const RECENT: usize = 256;

/// The values of one column, by id.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    /// Whether somebody needs ids; else bits suffice.
    pub interned: bool,
    /// Whether somebody takes its texts apart, and must know them whole.
    pub is_whole: bool,
    /// Whose questions need it.
    pub users: Vec<usize>,
    /// The bytes of its distinct texts.
    bytes: usize,
    ids: FxHashMap<Datum, u32>,
    values: Vec<Datum>,
    texts: FxHashMap<Arc<str>, u32>,
    /// Beside its id: whether it is no number, and whether it is one by other digits.
    loose: FxHashMap<Arc<str>, (u32, bool, bool)>,
    class: Class,
    numbers: Numbers,
    /// The first kind of value that was met.
    kind: Option<Discriminant<Datum>>,
    /// Once a second kind was met.
    same: Option<Same>,
    bits: Bits,
}

/// Which ids are of equal values.
#[derive(Debug, Default)]
struct Same {
    /// The first id of each text.
    first: FxHashMap<Arc<str>, u32>,
    /// Of each id the first that has its text.
    of: Vec<u32>,
}

impl Same {
    fn push(&mut self, text: Arc<str>, id: u32) {
        self.of.push(*self.first.entry(text).or_insert(id));
    }
}

/// What the texts of the present part are.
#[derive(Debug, Default)]
struct Class {
    as_texts: bool,
    has_text: bool,
    has_shortened: bool,
}

impl Class {
    /// Whether a text is no number, and the digits of one that is not written by them.
    fn note(&mut self, text: &str) -> (bool, Option<String>) {
        let digits = number::plain(text);
        let is_text = digits.is_none();
        let digits = digits.filter(|digits| digits != text).map(Cow::into_owned);
        self.has_text |= is_text;
        self.has_shortened |= digits.is_some();
        (is_text, digits)
    }
}

/// What bits were made of so far.
#[derive(Debug, Default)]
struct Bits {
    of: Option<BitsOf>,
    /// Made of several types: equal values may have other bits, and only ids can tell.
    are_mixed: bool,
}

/// What bits are made of: equal values of one kind have equal bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BitsOf {
    Integer,
    Float,
    Float32,
    Decimal(i8),
    Boolean,
    Date,
    Instant,
    Local,
    Text,
}

/// The ids of fixed-size values, by their bits in the column's present type.
#[derive(Debug, Default)]
struct Numbers {
    of: Option<DataType>,
    base: u64,
    dense: Vec<u32>,
    sparse: FxHashMap<u64, u32>,
    /// What was found last among the sparse, by some of its bits: few instants come again and again.
    recent: Vec<(u64, u32)>,
}

impl Column {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            interned: false,
            is_whole: false,
            users: Vec::new(),
            bytes: 0,
            ids: FxHashMap::default(),
            values: Vec::new(),
            texts: FxHashMap::default(),
            loose: FxHashMap::default(),
            class: Class::default(),
            numbers: Numbers::default(),
            kind: None,
            same: None,
            bits: Bits::default(),
        }
    }

    /// Whether equal values may have other bits.
    pub fn has_mixed_bits(&self) -> bool {
        self.bits.are_mixed && !self.interned
    }

    /// Bits are made of values of this type now.
    pub fn bits_of(&mut self, kind: BitsOf) {
        self.bits.are_mixed |= self.bits.of.replace(kind).is_some_and(|before| before != kind);
    }

    /// The ids under which equal values are one.
    pub fn identities<'a>(&self, ids: &'a [u32]) -> Cow<'a, [u32]> {
        let Some(same) = &self.same else { return ids.into() };
        let first = |id: &u32| (*id as usize).checked_sub(1).and_then(|at| same.of.get(at)).copied().unwrap_or(NULL);
        ids.iter().map(first).collect()
    }

    /// The id of a value, a new one when it was not seen before.
    pub fn intern(&mut self, datum: Datum) -> Result<u32, Unknown> {
        if let Some(id) = self.ids.get(&datum) {
            return Ok(*id);
        }
        let id = self.push(datum.clone())?;
        self.ids.insert(datum, id);
        Ok(id)
    }

    /// The id of a text, without making a datum of one that was seen before.
    pub fn intern_text(&mut self, text: &str) -> Result<u32, Unknown> {
        let text = self.kept(text);
        if let Some(id) = self.texts.get(&*text) {
            return Ok(*id);
        }
        let shared: Arc<str> = text.into();
        let id = self.push(Datum::Text(shared.clone()))?;
        self.texts.insert(shared, id);
        Ok(id)
    }

    /// A part begins whose texts have no declared type: numbers where all of them are, or texts as they stand.
    pub fn begin_loose(&mut self, as_texts: bool) {
        self.class = Class { as_texts, ..Class::default() };
        if !self.interned {
            self.bits_of(BitsOf::Text);
        }
    }

    /// Whether the part holds numbers whose digits are not as they stand, and texts that are no numbers: then all are texts.
    pub fn is_of_texts(&self) -> bool {
        self.class.has_text && self.class.has_shortened && !self.class.as_texts
    }

    /// The id of a text whose type nobody declared: one that is a number is known by its digits.
    pub fn intern_loose(&mut self, text: &str) -> Result<u32, Unknown> {
        if self.class.as_texts {
            return self.intern_text(text);
        }
        let kept = self.kept(text);
        if let Some((id, has_text, has_shortened)) = self.loose.get(&*kept) {
            self.class.has_text |= has_text;
            self.class.has_shortened |= has_shortened;
            return Ok(*id);
        }
        let shared: Arc<str> = kept.into();
        let (has_text, digits) = self.class.note(text);
        let has_shortened = digits.is_some();
        let id = self.intern(Datum::Loose(digits.map_or_else(|| shared.clone(), Arc::from)))?;
        self.loose.insert(shared, (id, has_text, has_shortened));
        Ok(id)
    }

    /// The digits that stand for such a text, where it is not as it stands.
    pub fn loose_digits(&mut self, text: &str) -> Option<String> {
        if self.class.as_texts { None } else { self.class.note(text).1 }
    }

    /// Bits mean what the present part's type says: those of another type are forgotten.
    pub fn begin(&mut self, of: &DataType) {
        if self.numbers.of.as_ref() != Some(of) {
            self.numbers = Numbers { of: Some(of.clone()), ..Numbers::default() };
        }
    }

    /// The id of a fixed-size value, by its bits.
    #[inline]
    pub fn intern_bits(&mut self, bits: u64, make: impl FnOnce() -> Option<Datum>) -> Result<u32, Unknown> {
        let known = self.numbers.get(bits);
        if known != NULL { Ok(known) } else { self.intern_new(bits, make()) }
    }

    #[cold]
    fn intern_new(&mut self, bits: u64, datum: Option<Datum>) -> Result<u32, Unknown> {
        let Some(datum) = datum else { return Ok(NULL) };
        let id = self.intern(datum)?;
        self.numbers.insert(bits, id);
        Ok(id)
    }

    /// What is kept of a text.
    fn kept<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.len() <= LONG || self.is_whole {
            return text.into();
        }
        let beginning = text.char_indices().nth(BEGINNING).map_or(text, |(end, _)| &text[..end]);
        let hash = |seed| mix_bytes(seed, text.as_bytes());
        format!("{beginning}… ({} bytes, {:016x}{:016x})", text.len(), hash(0), hash(1)).into()
    }

    fn push(&mut self, datum: Datum) -> Result<u32, Unknown> {
        if let Datum::Text(text) | Datum::Loose(text) = &datum {
            self.bytes += text.len();
        }
        if self.values.len() >= MAX_VALUES || self.bytes > MAX_BYTES {
            let most = if self.bytes > MAX_BYTES { size(MAX_BYTES as u64) + " of" } else { MAX_VALUES.to_string() };
            let text =
                format!("column `{}` has more than {most} distinct values; narrow spec.where or spec.dates", self.name);
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        self.note_kind(&datum);
        self.values.push(datum);
        let id = self.values.len() as u32;
        if let Some(same) = &mut self.same {
            same.push(self.values[id as usize - 1].text(), id);
        }
        Ok(id)
    }

    /// A second kind of value: from now on equal texts are looked for.
    fn note_kind(&mut self, datum: &Datum) {
        let kind = *self.kind.get_or_insert_with(|| discriminant(datum));
        if self.same.is_some() || (kind == discriminant(datum) && self.has_scale_of(datum)) {
            return;
        }
        let mut same = Same::default();
        (1..).zip(&self.values).for_each(|(id, value)| same.push(value.text(), id));
        self.same = Some(same);
    }

    /// Decimals of another scale are another type: 7.0 is no 7.00 to a hash.
    fn has_scale_of(&self, datum: &Datum) -> bool {
        match (self.values.first(), datum) {
            (Some(Datum::Decimal(_, a)), Datum::Decimal(_, b)) => a == b,
            _ => true,
        }
    }

    /// The value of an id; nothing for NULL.
    pub fn value(&self, id: u32) -> Option<&Datum> {
        self.values.get((id as usize).wrapping_sub(1))
    }
}

impl Numbers {
    #[inline]
    fn get(&mut self, bits: u64) -> u32 {
        if let Some(id) = self.dense.get(bits.wrapping_sub(self.base) as usize) {
            return *id;
        }
        let at = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - RECENT.ilog2());
        let Some(recent) = self.recent.get_mut(at as usize) else { return NULL };
        if recent.0 != bits || recent.1 == NULL {
            *recent = (bits, self.sparse.get(&bits).copied().unwrap_or(NULL));
        }
        recent.1
    }

    fn insert(&mut self, bits: u64, id: u32) {
        if self.dense.is_empty() {
            self.base = bits.wrapping_sub(DENSE as u64 / 2);
            self.dense = vec![NULL; DENSE];
            self.recent = vec![(0, NULL); RECENT];
        }
        match self.dense.get_mut(bits.wrapping_sub(self.base) as usize) {
            Some(slot) => *slot = id,
            None => _ = self.sparse.insert(bits, id),
        }
    }
}

/// Something worked out once per id.
#[derive(Debug)]
pub(super) struct Memo<T>(Vec<Option<T>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Memo<T> {
    #[inline]
    pub fn get<E>(&mut self, id: u32, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        match self.0.get(id as usize) {
            Some(Some(known)) => Ok(*known),
            _ => self.make(id as usize, make),
        }
    }

    #[cold]
    fn make<E>(&mut self, at: usize, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let made = make()?;
        if self.0.len() <= at {
            self.0.resize((at + 1).next_power_of_two(), None);
        }
        self.0[at] = Some(made);
        Ok(made)
    }
}

//! One needed column over a whole scan. Every distinct value gets a small id once, so that filters, dates and units are
//! computed per value and not per row. A column that is only part of a unique key has no ids: its values give their bits. If
//! parts store a column in several types, equal values keep separate ids, because each is compared in the type of its part.
//! Which ids are equal is stored beside them.

use std::borrow::Cow;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use arrow_schema::DataType;
use rustc_hash::FxHashMap;

use crate::domain::mark::mix_bytes;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::size;
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::number;

/// The id of NULL.
pub(super) const NULL: u32 = 0;
/// A column with more distinct values than this is refused: its memory would not be bounded.
const MAX_VALUES: usize = 16_000_000;
/// A column with more bytes of distinct texts is refused, too.
const MAX_BYTES: usize = 64 << 20;
/// A longer text is identified by its beginning, length and hash. A value in a filter has at most 128 characters, which are
/// fewer bytes, so the beginning decides every comparison.
const LONG: usize = 512;
/// The characters of that beginning.
const BEGINNING: usize = 129;
/// Numbers this close to the first one are found by index, not by a hash.
const DENSE: usize = 1 << 16;
/// This many of the other numbers are found without their hash table.
const RECENT: usize = 256;

/// The values of one column, by id.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    /// Whether a question needs ids. Otherwise bits are enough.
    pub interned: bool,
    /// Whether a question takes its texts apart, and needs them whole.
    pub is_whole: bool,
    /// Which questions need it.
    pub users: Vec<usize>,
    /// The bytes of its distinct texts.
    bytes: usize,
    ids: FxHashMap<Datum, u32>,
    values: Vec<Datum>,
    texts: FxHashMap<Arc<str>, u32>,
    /// Beside its id: whether it is not a number, and whether it is a number with other digits.
    loose: FxHashMap<Arc<str>, (u32, bool, bool)>,
    class: Class,
    numbers: Numbers,
    /// The first kind of value that was found.
    kind: Option<Discriminant<Datum>>,
    /// Set when a second kind is found.
    same: Option<Same>,
    bits: Bits,
}

/// Which ids are of equal values.
#[derive(Debug, Default)]
struct Same {
    /// The first id of each text.
    first: FxHashMap<Arc<str>, u32>,
    /// For each id, the first id that has its text.
    of: Vec<u32>,
}

impl Same {
    fn push(&mut self, text: Arc<str>, id: u32) {
        self.of.push(*self.first.entry(text).or_insert(id));
    }
}

/// What the texts of the current part are.
#[derive(Debug, Default)]
struct Class {
    as_texts: bool,
    has_text: bool,
    has_shortened: bool,
}

impl Class {
    /// Whether a text is not a number, and the digits of a number that is written differently.
    fn note(&mut self, text: &str) -> (bool, Option<String>) {
        let digits = number::plain(text);
        let is_text = digits.is_none();
        let digits = digits.filter(|digits| digits != text).map(Cow::into_owned);
        self.has_text |= is_text;
        self.has_shortened |= digits.is_some();
        (is_text, digits)
    }
}

/// What the bits were made from so far.
#[derive(Debug, Default)]
struct Bits {
    of: Option<BitsOf>,
    /// Several types: equal values can have different bits, and only ids are reliable.
    are_mixed: bool,
}

/// What bits are made from: equal values of one kind have equal bits.
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

/// The ids of fixed-size values, by their bits in the column's current type.
#[derive(Debug, Default)]
struct Numbers {
    of: Option<DataType>,
    base: u64,
    dense: Vec<u32>,
    sparse: FxHashMap<u64, u32>,
    /// The latest results among the sparse ones, by some of their bits: a few instants occur again and again.
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

    /// Whether equal values can have different bits.
    pub fn has_mixed_bits(&self) -> bool {
        self.bits.are_mixed && !self.interned
    }

    /// From now on bits are made from values of this type.
    pub fn bits_of(&mut self, kind: BitsOf) {
        self.bits.are_mixed |= self.bits.of.replace(kind).is_some_and(|before| before != kind);
    }

    /// Maps each id to one id for all equal values.
    pub fn identities<'a>(&self, ids: &'a [u32]) -> Cow<'a, [u32]> {
        let Some(same) = &self.same else { return ids.into() };
        let first = |id: &u32| (*id as usize).checked_sub(1).and_then(|at| same.of.get(at)).copied().unwrap_or(NULL);
        ids.iter().map(first).collect()
    }

    /// The id of a value, a new one if the value is new.
    pub fn intern(&mut self, datum: Datum) -> Result<u32, Unknown> {
        if let Some(id) = self.ids.get(&datum) {
            return Ok(*id);
        }
        let id = self.push(datum.clone())?;
        self.ids.insert(datum, id);
        Ok(id)
    }

    /// The id of a text. A known text is not converted to a datum.
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

    /// Begins a part whose texts have no declared type: they are numbers if all of them are, else texts.
    pub fn begin_loose(&mut self, as_texts: bool) {
        self.class = Class { as_texts, ..Class::default() };
        if !self.interned {
            self.bits_of(BitsOf::Text);
        }
    }

    /// Whether the part mixes texts with numbers that are written differently from their digits: then all are texts.
    pub fn is_of_texts(&self) -> bool {
        self.class.has_text && self.class.has_shortened && !self.class.as_texts
    }

    /// The id of a text without a declared type. A number is identified by its digits.
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

    /// The digits of such a text, if they differ from it.
    pub fn loose_digits(&mut self, text: &str) -> Option<String> {
        if self.class.as_texts { None } else { self.class.note(text).1 }
    }

    /// Bits have the meaning of the current part's type. Those of another type are dropped.
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

    /// The stored form of a text.
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

    /// A second kind of value was found: from now on equal texts are looked up.
    fn note_kind(&mut self, datum: &Datum) {
        let kind = *self.kind.get_or_insert_with(|| discriminant(datum));
        if self.same.is_some() || (kind == discriminant(datum) && self.has_scale_of(datum)) {
            return;
        }
        let mut same = Same::default();
        (1..).zip(&self.values).for_each(|(id, value)| same.push(value.text(), id));
        self.same = Some(same);
    }

    /// Decimals of another scale are another type: 7.0 and 7.00 have different hashes.
    fn has_scale_of(&self, datum: &Datum) -> bool {
        match (self.values.first(), datum) {
            (Some(Datum::Decimal(_, a)), Datum::Decimal(_, b)) => a == b,
            _ => true,
        }
    }

    /// The value of an id. `None` for NULL.
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

/// A value that is computed once per id.
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

//! The mark of a date, compared with a plain walk over all parts.

use proptest::prelude::*;

use super::*;
use crate::domain::dates::shift;

fn day(n: i32) -> Date {
    shift(jiff::civil::date(2025, 11, 1), n)
}

fn parts() -> impl Strategy<Value = Vec<PartMark>> {
    let range = |(from, more)| DateRange::new(day(from), day(from + more)).map_or(Holds::Any, Holds::Dates);
    let holds = prop_oneof![
        2 => Just(Holds::Any),
        1 => Just(Holds::Nothing),
        6 => (0..12, 0..5).prop_map(range),
    ];
    prop::collection::vec((holds, any::<u64>()).prop_map(|(holds, hash)| PartMark { holds, hash }), 0..12)
}

proptest! {
    #[test]
    fn the_mark_of_a_date_is_that_of_the_parts_that_can_hold_it(parts in parts()) {
        let marks = TableMark { parts: parts.clone(), ..TableMark::default() }.dates();
        for date in (-2..20).map(day) {
            let holds = |p: &&PartMark| match p.holds {
                Holds::Any => true,
                Holds::Nothing => false,
                Holds::Dates(range) => range.from() <= date && date <= range.through(),
            };
            let is_own = |p: &&PartMark| matches!(p.holds, Holds::Dates(range) if range.days() == 1);
            let (own, wide): (Vec<&PartMark>, Vec<&PartMark>) = parts.iter().filter(holds).partition(is_own);
            let naive = own.into_iter().chain(wide).fold(SEED, |mark, part| mix(mark, part.hash));
            prop_assert_eq!(marks.of(date), naive, "{}", date);
        }
    }
}

#[test]
fn a_part_meets_dates_of_which_it_can_hold_one() {
    let part = DateRange::new(day(1), day(3)).map_or(Holds::Any, Holds::Dates);
    for (dates, expected) in [([0, 4], false), ([0, 3], true), ([1, 9], true)] {
        let dates: DateSet = dates.into_iter().map(day).collect();
        let met = [Holds::Any, Holds::Nothing, part].map(|holds| holds.meets(&dates));
        assert_eq!(met, [true, false, expected], "{dates}");
    }
}

/// A hasher without overrides: it hashes every number by its bytes.
#[derive(Default)]
struct ByBytes(StableHasher);

impl core::hash::Hasher for ByBytes {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

fn by_bytes(value: &impl core::hash::Hash) -> u64 {
    let mut hasher = ByBytes::default();
    value.hash(&mut hasher);
    core::hash::Hasher::finish(&hasher)
}

#[test]
fn hashes_are_those_that_stand_in_statuses() {
    let texts = ["", "BOS", "BOS@MIA", "2025-10", "20260115_ATL_POR"].map(stable_hash);
    let said = texts.map(|hash| alloc::format!("{hash:016x}"));
    assert_eq!(
        said,
        ["5c28bc6b6bc57586", "b7df51396795fe6c", "05b45909bf320df1", "2de5b7a27817566b", "a9da63eb6c967c04"]
    );
}

proptest! {
    #[test]
    fn a_number_is_hashed_as_its_bytes(
        numbers: (u8, u32, u64, i64, i32), others: (bool, usize), text in ".{0,20}", bytes: Vec<u8>, some: Option<u16>,
    ) {
        let value = (numbers, others, text, bytes, some);
        prop_assert_eq!(stable_hash(&value), by_bytes(&value));
    }
}

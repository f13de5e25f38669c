//! The mark of a date, against all parts gone through one by one.

use proptest::prelude::*;

use super::*;
use crate::domain::dates::shift;

fn day(n: i32) -> Date {
    shift(jiff::civil::date(2025, 11, 1), n)
}

fn parts() -> impl Strategy<Value = Vec<PartMark>> {
    let dates = prop_oneof![
        2 => Just(None),
        6 => (0..12, 0..5).prop_map(|(from, more)| DateRange::new(day(from), day(from + more))),
    ];
    prop::collection::vec((dates, any::<u64>()).prop_map(|(dates, hash)| PartMark { dates, hash }), 0..12)
}

proptest! {
    #[test]
    fn the_mark_of_a_date_is_that_of_the_parts_that_can_hold_it(parts in parts()) {
        let marks = TableMark { parts: parts.clone(), ..TableMark::default() }.dates();
        for date in (-2..20).map(day) {
            let holds = |p: &&PartMark| p.dates.is_none_or(|r| r.contains(date));
            let is_own = |p: &&PartMark| p.dates.is_some_and(|r| r.days() == 1);
            let (own, wide): (Vec<&PartMark>, Vec<&PartMark>) = parts.iter().filter(holds).partition(is_own);
            let naive = own.into_iter().chain(wide).fold(SEED, |mark, part| mix(mark, part.hash));
            prop_assert_eq!(marks.of(date), naive, "{}", date);
        }
    }
}

//! Two implementations, one suite: the ranges against a plain ordered set.

use super::*;
use alloc::collections::BTreeSet;
use proptest::prelude::*;

fn day(n: i32) -> Date {
    shift(jiff::civil::date(2025, 10, 21), n)
}

fn plain(set: &DateSet) -> BTreeSet<Date> {
    set.iter().collect()
}

fn any_set() -> impl Strategy<Value = (DateSet, BTreeSet<Date>)> {
    let step = (0..60i32, 0..8i32, any::<bool>());
    proptest::collection::vec(step, 0..20).prop_map(|steps| {
        let (mut set, mut naive) = (DateSet::new(), BTreeSet::new());
        for (from, len, add) in steps {
            let range = DateRange::new(day(from), day(from + len)).unwrap();
            if add {
                set.insert_range(range);
                naive.extend(range.iter());
            } else {
                range.iter().for_each(|d| set.remove(d));
                naive.retain(|d| !range.contains(*d));
            }
        }
        (set, naive)
    })
}

proptest! {
    #[test]
    fn a_set_of_ranges_is_a_set_of_dates((set, naive) in any_set(), (other, other_naive) in any_set()) {
        prop_assert_eq!(plain(&set), naive.clone());
        prop_assert_eq!(set.len() as usize, naive.len());
        prop_assert!((0..70).all(|n| set.contains(day(n)) == naive.contains(&day(n))));
        let mut in_order = set.in_order();
        prop_assert!((0..70).all(|n| in_order(day(n)) == naive.contains(&day(n))));
        prop_assert!(other.ranges().iter().all(|r| set.overlaps(r) == naive.iter().any(|d| r.contains(*d))));
        prop_assert!(set.ranges().windows(2).all(|w| next_day(w[0].through()) < w[1].from()), "ranges stay apart");
        prop_assert_eq!(plain(&set.intersect(&other)), naive.intersection(&other_naive).copied().collect::<BTreeSet<_>>());
        let mut both = set.clone();
        both.extend(&other);
        prop_assert_eq!(plain(&both), naive.union(&other_naive).copied().collect::<BTreeSet<_>>());
        prop_assert!(set.iter().rev().eq(naive.iter().rev().copied()));
    }
}

#[test]
fn ranges_read_as_people_write_them() {
    let set: DateSet = [day(0), day(1), day(2), day(5)].into_iter().collect();
    assert_eq!(set.to_string(), "2025-10-21..2025-10-23, 2025-10-26");
    assert_eq!(DateRange::new(day(3), day(1)), None, "a range must not end before it starts");
}

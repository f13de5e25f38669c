//! Properties of every verdict.

use super::*;
use proptest::prelude::*;

fn any_facts() -> impl Strategy<Value = DateFacts> {
    let unit = (proptest::sample::select(vec!["BOS@NYK", "LAL@MIN", "PHX@DEN", "X@Y"]), 0..4u64);
    let units = proptest::collection::btree_map(unit.clone().prop_map(|u| u.0), 0..4u64, 0..5);
    (units, 0..3u64, 0..3u64, any::<bool>()).prop_map(|(units, blank, surplus, overflow)| {
        let units: Vec<_> = units.into_iter().collect();
        let read = facts(&units);
        DateFacts { rows: read.rows + blank, blank, surplus, overflow, ..read }
    })
}

proptest! {
    #[test]
    fn a_verdict_says_no_more_than_was_read(
        read in any_facts(),
        missing in proptest::option::of(0..4u32),
        is_final in any::<bool>(),
        how in 0..3usize,
    ) {
        let mut coverage = coverage();
        coverage.criteria.units = missing.map_or(Tolerance::Share(Share::ALL), Tolerance::Missing);
        coverage.criteria.expects = if is_final { Expects::Final } else { Expects::Scheduled };
        let unknown = Unknown::new(UnknownReason::ProbeFailed, "no answer");
        let known = [Known::Never(&unknown), Known::Old(&read, &unknown), Known::Fresh(&read)][how];
        let judged = judged(&coverage, known, AFTER);
        prop_assert!(judged.covered <= judged.expected);
        prop_assert!(judged.missing.iter().all(|unit| GAMES.contains(&&**unit)), "{:?}", judged.missing);
        match judged.verdict {
            Verdict::Missing | Verdict::Partial(_) => prop_assert_eq!(how, 2, "an old read proves no gap"),
            Verdict::Complete => {
                prop_assert!(how > 0 && !read.overflow && read.surplus == 0);
                prop_assert!(judged.covered + missing.unwrap_or(0) >= judged.expected);
            }
            Verdict::Unknown(_) | Verdict::NotExpected(_) => {}
        }
    }
}

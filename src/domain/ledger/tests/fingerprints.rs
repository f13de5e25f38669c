//! A changed question clears what was charged.

use super::*;

#[test]
fn another_fill_fingerprint_clears_charges_and_keeps_launch_numbers() {
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    ledger.rebase(&of(1), at(NOW));
    assert!(tally(&ledger).is_some(), "the ledger of an earlier version");
    ledger.rebase(&of(1), at(NOW));
    assert!(tally(&ledger).is_some(), "the same fingerprint");
    ledger.rebase(&of(7), at(NOW));
    assert!(tally(&ledger).is_none());
    assert_eq!(ledger.launches, 1);
}

#[test]
fn a_rung_that_is_added_changed_or_removed_clears_no_charge_of_another() {
    let with = |rungs: &[(&str, u64)]| Coverage {
        fingerprints: Fingerprints {
            rungs: rungs.iter().map(|(name, of)| ((*name).into(), *of)).collect(),
            ..fingerprints(1)
        },
        ..coverage()
    };
    let mut ledger = Ledger::default();
    ledger.rebase(&of(1), at(NOW));
    let mut ledger = attempt(&ledger, &[DATE], End::Succeeded);
    for others in [&[("reload", 1), ("archive", 2)][..], &[("archive", 3), ("reload", 1)], &[("reload", 1)]] {
        ledger.rebase(&with(others), at(NOW));
        assert!(tally(&ledger).is_some(), "{others:?}");
    }
    ledger.rebase(&with(&[("archive", 3)]), at(NOW));
    assert!(ledger.tallies.is_empty(), "charges of a rung that is gone");
}

/// The coverage with these fingerprints.
fn of(fingerprint: u64) -> Coverage {
    Coverage { fingerprints: fingerprints(fingerprint), ..coverage() }
}

#[test]
fn another_fill_fingerprint_makes_no_data_that_could_be_gone() {
    let mut ledger = Ledger::default();
    ledger.rebase(&coverage(), at(NOW));
    ledger.note_read(day(DATE), true);
    ledger.rebase(&coverage(), at(NOW));
    assert!(!ledger.complete.is_empty());
    ledger.rebase(&of(7), at(NOW));
    assert!(ledger.complete.is_empty());
}
